//! Cases as a proptest strategy. A case shrinks by its model, one dependency, feature, or flag at a
//! time. So a failure becomes small, and is still a workspace that cargo accepts.

use proptest::prelude::any;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use toml::{Table, Value};

use super::generate;
use super::scope::{Host, Scope, Selection};
use super::tidy::tidy;
use super::workspace::{Case, Dependency, From, Kind, Library, Package, Place, Workspace};

/// Random cases.
pub fn cases() -> impl Strategy<Value = Case> {
    Cases
}

#[derive(Debug)]
struct Cases;

impl Strategy for Cases {
    type Tree = Shrinking;
    type Value = Case;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = any::<u64>().new_tree(runner)?.current();
        let current = generate::case(seed);
        Ok(Shrinking { before: current.clone(), current, next: 0, progress: false })
    }
}

/// The case that fails, with the next of its reductions to try.
struct Shrinking {
    before: Case,
    current: Case,
    next: usize,
    progress: bool,
}

impl ValueTree for Shrinking {
    type Value = Case;

    fn current(&self) -> Case {
        self.current.clone()
    }

    /// The current case fails as well: go on from it.
    fn simplify(&mut self) -> bool {
        self.progress |= self.current != self.before;
        self.before = self.current.clone();
        self.step()
    }

    /// The current case does not fail: go back, and try the next reduction.
    fn complicate(&mut self) -> bool {
        self.current = self.before.clone();
        self.next += 1;
        self.step()
    }
}

impl Shrinking {
    fn step(&mut self) -> bool {
        loop {
            if let Some(smaller) = reductions(&self.before).into_iter().nth(self.next) {
                self.current = smaller;
                return true;
            }
            if !std::mem::take(&mut self.progress) {
                return false;
            }
            self.next = 0;
        }
    }
}

/// The cases that lack one thing, the largest things first.
pub fn reductions(case: &Case) -> Vec<Case> {
    let mut found = Reductions { case, cases: Vec::new() };
    for i in (0..case.workspace.packages.len()).rev() {
        found.with(|it| drop(it.workspace.packages.remove(i)));
    }
    found.everywhere();
    found.scope();
    found.root();
    for i in 0..case.workspace.packages.len() {
        for j in (0..case.workspace.packages[i].dependencies.len()).rev() {
            found.with(|it| drop(it.workspace.packages[i].dependencies.remove(j)));
        }
        found.package(i);
    }
    found.cases
}

struct Reductions<'a> {
    case: &'a Case,
    cases: Vec<Case>,
}

impl Reductions<'_> {
    fn with(&mut self, change: impl FnOnce(&mut Case)) {
        let mut smaller = self.case.clone();
        change(&mut smaller);
        if smaller.workspace.packages.is_empty() {
            return;
        }
        let smaller = tidy(smaller);
        if smaller != *self.case {
            self.cases.push(smaller);
        }
    }

    /// One simplification of all packages at once: most of a case has no part in a failure.
    fn everywhere(&mut self) {
        let packages: [fn(&mut Package); 8] = [
            |it| it.features.clear(),
            |it| it.dependencies.retain(|it| it.kind == Kind::Normal),
            |it| it.dependencies.retain(|it| it.kind != Kind::Dev),
            |it| it.dependencies.retain(|it| matches!(it.from, From::Local(_))),
            |it| (it.main, it.bins, it.examples) = (false, Vec::new(), Vec::new()),
            |it| (it.tests, it.benches, it.unit_tests) = (Vec::new(), Vec::new(), true),
            |it| (it.inherits, it.version, it.edition) = (false, Some("0.1.0".to_owned()), "2021"),
            |it| (it.place, it.library, it.build_script) = (Place::Member(it.name.clone()), Library::Plain, None),
        ];
        self.with(|it| it.workspace.profiles.clear());
        self.with(|it| it.workspace.config.clear());
        for change in packages {
            self.with(|it| it.workspace.packages.iter_mut().for_each(change));
        }
        let dependencies: [fn(&mut Dependency); 4] = [
            |it| it.platform = None,
            |it| it.optional = false,
            |it| it.default_features = None,
            |it| it.features.clear(),
        ];
        for change in dependencies {
            self.with(|it| {
                let owned = it.workspace.packages.iter_mut().flat_map(|it| &mut it.dependencies);
                owned.chain(&mut it.workspace.shared).for_each(change);
            });
        }
        self.with(|it| {
            let whole = it.workspace.clone();
            it.workspace
                .packages
                .iter_mut()
                .flat_map(|it| &mut it.dependencies)
                .for_each(|it| *it = spelled_out(&whole, it));
            it.workspace.shared.clear();
        });
    }

    fn scope(&mut self) {
        let clear: [fn(&mut Scope); 9] = [
            |it| it.packages = Selection::Default,
            |it| it.packages = Selection::Workspace { exclude: Vec::new() },
            |it| it.targets.clear(),
            |it| it.profile = None,
            |it| it.from_member = None,
            |it| (it.target, it.host) = (false, Host::Unknown),
            |it| it.all_features = false,
            |it| it.no_default_features = false,
            |it| it.check = false,
        ];
        for change in clear {
            self.with(|it| change(&mut it.scope));
        }
        for i in 0..self.case.scope.features.len() {
            self.with(|it| drop(it.scope.features.remove(i)));
        }
        if let Selection::Packages(names) = &self.case.scope.packages {
            for name in names.clone() {
                self.with(|it| {
                    it.scope.packages = Selection::Packages(names.iter().filter(|&it| *it != name).cloned().collect());
                });
            }
        }
    }

    fn root(&mut self) {
        let tables: [fn(&mut Workspace) -> &mut Table; 2] = [|it| &mut it.profiles, |it| &mut it.config];
        for table in tables {
            let mut case = self.case.clone();
            for smaller in smaller_tables(table(&mut case.workspace)) {
                self.with(|it| *table(&mut it.workspace) = smaller);
            }
        }
        self.with(|it| it.workspace.default_members = None);
        self.with(|it| it.workspace.globs = false);
        self.with(|it| it.workspace.resolver = None);
        for i in 0..self.case.workspace.shared.len() {
            self.with(|it| drop(it.workspace.shared.remove(i)));
            for change in simpler_dependencies(&self.case.workspace.shared[i]) {
                self.with(|it| it.workspace.shared[i] = change);
            }
        }
    }

    fn package(&mut self, i: usize) {
        let package = &self.case.workspace.packages[i];
        let plain: [fn(&mut Package); 12] = [
            |it| it.place = Place::Member(it.name.clone()),
            |it| it.library = Library::Plain,
            |it| it.unit_tests = true,
            |it| it.main = false,
            |it| it.bins.clear(),
            |it| it.tests.clear(),
            |it| it.examples.clear(),
            |it| it.benches.clear(),
            |it| it.build_script = None,
            |it| it.inherits = false,
            |it| it.version = Some("0.1.0".to_owned()),
            |it| it.edition = "2021",
        ];
        for change in plain {
            self.with(|it| change(&mut it.workspace.packages[i]));
        }
        for (name, values) in &package.features {
            self.with(|it| drop(it.workspace.packages[i].features.remove(name)));
            for value in values {
                let change = |it: &mut Case| {
                    if let Some(values) = it.workspace.packages[i].features.get_mut(name) {
                        values.retain(|it| it != value);
                    }
                };
                self.with(change);
            }
        }
        for (j, dependency) in package.dependencies.iter().enumerate() {
            for change in
                simpler_dependencies(dependency).into_iter().chain([spelled_out(&self.case.workspace, dependency)])
            {
                self.with(|it| it.workspace.packages[i].dependencies[j] = change);
            }
        }
    }
}

/// The dependency without inheritance.
fn spelled_out(workspace: &Workspace, dependency: &Dependency) -> Dependency {
    let Some(shared) = workspace.inherited(dependency).filter(|_| dependency.from == From::Shared) else {
        return dependency.clone();
    };
    let features = shared.features.iter().chain(&dependency.features).cloned().collect();
    Dependency { from: shared.from.clone(), default_features: shared.default_features, features, ..dependency.clone() }
}

fn simpler_dependencies(dependency: &Dependency) -> Vec<Dependency> {
    let key = match &dependency.from {
        From::Registry { package, .. } => (*package).to_owned(),
        From::Local(name) => name.clone(),
        From::Shared => dependency.key.clone(),
    };
    let mut simpler = vec![
        Dependency { platform: None, ..dependency.clone() },
        Dependency { optional: false, ..dependency.clone() },
        Dependency { default_features: None, ..dependency.clone() },
        Dependency { features: Vec::new(), ..dependency.clone() },
        Dependency { kind: Kind::Normal, ..dependency.clone() },
        Dependency { key, ..dependency.clone() },
    ];
    for i in 0..dependency.features.len().min(4) {
        let mut fewer = dependency.clone();
        fewer.features.remove(i);
        simpler.push(fewer);
    }
    simpler.retain(|it| it != dependency);
    simpler
}

/// Every table that lacks one key, however deep it is.
fn smaller_tables(table: &Table) -> Vec<Table> {
    let mut found = Vec::new();
    for (key, value) in table {
        let mut without = table.clone();
        without.remove(key);
        found.push(without);
        for inner in value.as_table().map(smaller_tables).unwrap_or_default() {
            let mut with = table.clone();
            with.insert(key.clone(), Value::Table(inner));
            found.push(with);
        }
    }
    found
}
