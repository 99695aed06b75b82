//! Makes a case that cargo accepts of one that was drawn, or made smaller, carelessly: whatever
//! refers to something that is not there, or that cargo's rules forbid, is dropped. Applied until
//! nothing changes.

use std::collections::{BTreeMap, BTreeSet};

use super::registry;
use super::scope::{Selection, TargetFlag};
use super::workspace::{Case, Dependency, From, Kind, Library, Package, Place, Root, Workspace};

pub fn tidy(mut case: Case) -> Case {
    loop {
        let before = case.clone();
        workspace(&mut case.workspace);
        scope(&mut case);
        if case == before {
            return case;
        }
    }
}

fn workspace(workspace: &mut Workspace) {
    places(workspace);
    let whole = workspace.clone();
    workspace.shared.retain(|it| known(&whole, it));
    for it in &mut workspace.shared {
        let offered = whole.offered(it);
        it.features.retain(|feature| offered.contains(feature));
    }
    if let Some(names) = &mut workspace.default_members {
        names.retain(|name| whole.package(name).is_some_and(Package::is_member));
    }
    workspace.default_members.take_if(|names| names.is_empty() || whole.root == Root::Lone);
    for package in &mut workspace.packages {
        dependencies(&whole, package);
        features(&whole, package);
        targets(package);
    }
}

/// The first package is in the root, unless the root is virtual. A package out of reach does not
/// belong to the case.
fn places(workspace: &mut Workspace) {
    for (i, package) in workspace.packages.iter_mut().enumerate() {
        match package.place {
            _ if i == 0 && workspace.root != Root::Virtual => package.place = Place::Root,
            Place::Root => package.place = Place::Member(package.name.clone()),
            Place::Member(ref dir) if workspace.root == Root::Lone => package.place = Place::Excluded(dir.clone()),
            Place::Member(_) | Place::Excluded(_) | Place::Outside(_) => {}
        }
        package.inherits &= package.is_member() && workspace.root != Root::Lone && package.edition == "2021";
    }
    // A virtual workspace has at least one member.
    if workspace.root == Root::Virtual && workspace.members().next().is_none() {
        workspace.packages[0].place = Place::Member(workspace.packages[0].name.clone());
    }
    let whole = workspace.clone();
    let mut reached: BTreeSet<&str> = whole.members().map(|it| it.name.as_str()).collect();
    let mut open: Vec<&str> = reached.iter().copied().collect();
    while let Some(package) = open.pop().and_then(|name| whole.package(name)) {
        let used = package.dependencies.iter().filter_map(|it| whole.inherited(it));
        let locals = used
            .chain(&whole.shared)
            .filter_map(|it| if let From::Local(name) = &it.from { Some(name.as_str()) } else { None });
        open.extend(locals.filter(|name| reached.insert(name)));
    }
    workspace.packages.retain(|it| reached.contains(it.name.as_str()));
}

fn known(workspace: &Workspace, dependency: &Dependency) -> bool {
    match &dependency.from {
        From::Registry { package, requirement } => registry::lookup(package, requirement).is_some(),
        From::Local(name) => workspace.package(name).is_some(),
        From::Shared => workspace.shared.iter().any(|it| it.key == dependency.key),
    }
}

fn dependencies(workspace: &Workspace, package: &mut Package) {
    let inherits = package.is_member() && workspace.root != Root::Lone;
    let mut tables = BTreeSet::new();
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    let mut identities: BTreeMap<String, String> = BTreeMap::new();
    let name = package.name.clone();
    package.dependencies.retain(|it| {
        let Some(source) = workspace.inherited(it).filter(|source| known(workspace, source)) else { return false };
        // One crate under two names, or two under one, would clash where both are in scope.
        let identity = format!("{:?}", source.from);
        let one_name = identities.entry(identity.clone()).or_insert_with(|| it.key.clone()) == &it.key;
        let one_crate = keys.entry(it.key.clone()).or_insert_with(|| identity.clone()) == &identity;
        let myself = source.from == From::Local(name.clone()) && it.kind != Kind::Dev;
        (inherits || it.from != From::Shared)
            && one_name
            && one_crate
            && !myself
            && tables.insert((it.kind, it.platform, it.key.clone()))
    });
    for it in &mut package.dependencies {
        it.optional &= it.kind != Kind::Dev;
        let offered = workspace.offered(it);
        it.features.retain(|feature| offered.contains(feature));
        if it.from == From::Shared && it.default_features == Some(false) && package.edition == "2024" {
            let all = workspace.inherited(it).is_none_or(|shared| shared.default_features != Some(false));
            it.default_features.take_if(|_| all);
        }
    }
}

/// Features refer to features before them, to optional dependencies and to the features of
/// dependencies.
fn features(workspace: &Workspace, package: &mut Package) {
    let whole = package.clone();
    let optional = whole.optional_keys();
    let implicit = whole.implicit_features();
    let rank = |name: &str| (name == "default", !optional.contains(name), name.to_owned());
    let offered = |key: &str| {
        let mut all = whole
            .dependencies
            .iter()
            .filter(|it| it.key == key && it.kind != Kind::Dev)
            .map(|it| workspace.offered(it));
        let first = all.next()?;
        Some(all.fold(first, |sum, it| &sum & &it))
    };
    for (name, values) in &mut package.features {
        values.retain(|value| match (value.strip_prefix("dep:"), value.split_once('/')) {
            (Some(key), _) => optional.contains(key),
            (None, Some((key, feature))) => match key.strip_suffix('?') {
                Some(key) => optional.contains(key) && offered(key).is_some_and(|it| it.contains(feature)),
                None => offered(key).is_some_and(|it| it.contains(feature)),
            },
            (None, None) => {
                implicit.contains(value.as_str()) || whole.features.contains_key(value) && rank(value) < rank(name)
            }
        });
    }
    package
        .features
        .retain(|name, values| !optional.contains(name.as_str()) || values.contains(&format!("dep:{name}")));
}

fn targets(package: &mut Package) {
    if !package.has_target() {
        package.library = Library::Plain;
    }
    let features: BTreeSet<String> = package.features.keys().cloned().collect();
    for target in package.bins.iter_mut().chain(&mut package.examples) {
        target.required_features.retain(|it| features.contains(it));
    }
}

fn scope(case: &mut Case) {
    let workspace = &case.workspace;
    let scope = &mut case.scope;
    let member = |name: &String| workspace.package(name).is_some_and(Package::is_member);
    scope.from_member.take_if(|name| !member(name) || workspace.root == Root::Lone);
    match &mut scope.packages {
        Selection::Default => {}
        Selection::Workspace { exclude } => {
            exclude.retain(|it| member(it));
            if exclude.len() == workspace.members().count() {
                exclude.clear();
            }
        }
        Selection::Packages(names) => {
            names.retain(|it| member(it));
            if names.is_empty() {
                scope.packages = Selection::Default;
            }
        }
    }
    let names = scope.selected(workspace);
    let selected: Vec<&Package> = workspace.packages.iter().filter(|it| names.contains(&it.name)).collect();
    scope.targets.retain(|flag| match flag {
        TargetFlag::Lib => selected.iter().any(|it| it.has_library()),
        TargetFlag::Bin(name) => {
            let free = |it: &&Package| {
                it.bins.iter().any(|bin| bin.name == *name && bin.required_features.is_empty())
                    || it.main && it.name == *name
            };
            selected.iter().any(free)
        }
        TargetFlag::Test(name) => selected.iter().any(|it| it.tests.iter().any(|test| test.name == *name)),
        TargetFlag::Example(name) => {
            selected.iter().any(|it| it.examples.iter().any(|ex| ex.name == *name && ex.required_features.is_empty()))
        }
        _ => true,
    });
    let own = |name: &str| workspace.package(name).map(Package::offered).unwrap_or_default();
    // Under resolver 1 plain features are those of the package that cargo is called in.
    let old = workspace.resolver() == 1 && workspace.root != Root::Virtual;
    let current = scope.from_member.clone().or_else(|| workspace.root_package().map(|it| it.name.clone()));
    let plain: BTreeSet<String> = if old {
        current.iter().flat_map(|it| own(it)).collect()
    } else {
        names.iter().flat_map(|it| own(it)).collect()
    };
    scope.features.retain(|feature| match feature.split_once('/') {
        Some((name, feature)) => {
            names.contains(name) && (!old || current.as_deref() != Some(name)) && own(name).contains(feature)
        }
        None => plain.contains(feature),
    });
    scope.profile.take_if(|name| {
        !matches!(name.as_str(), "release" | "dev" | "test" | "bench")
            && !workspace.profiles.contains_key(name.as_str())
    });
}
