//! Resolves the features of local packages, and what they request from third-party packages.
//!
//! In: a workspace, its selected packages, and the platforms. Out: [`Features`]. This is cargo's
//! feature resolver (`core/resolver/features.rs`) for local packages alone. If the platform is
//! unknown, an answer is a [`Condition`] instead of yes or no. Third-party packages never activate
//! features of local ones, so the local part needs no others. Touches nothing.

use crate::quotient::platform::{Platforms, Question};
use crate::quotient::select::Selection;
use crate::workspace::condition::{Condition, Side};
use crate::workspace::{Dependency, DependencyKind, Package, Resolved, Resolver, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// A local package in a context: cargo's `PackageFeaturesKey`.
pub type Node = (usize, Side);

/// The feature that stands for `default-features = true`. No real feature has an empty name.
pub const DEFAULT: &str = "";

/// Something that became active under one more condition and must be followed.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Open {
    /// A feature of a package.
    Feature(Node, String),
    /// The dependencies of a package that are not optional.
    Required(Node),
    /// The optional dependencies with this key, and features that wait for them (`key?/feature`).
    Optional(Node, String),
}

/// What is active of one package in one context.
#[derive(Default)]
struct State {
    reached: Condition,
    features: BTreeMap<String, Condition>,
    optional: BTreeMap<String, Condition>,
}

/// The resolved features.
pub struct Features<'a> {
    workspace: &'a Workspace,
    platforms: &'a Platforms,
    selection: &'a Selection,
    needs_dev: bool,
    index: Vec<Index<'a>>,
    states: BTreeMap<Node, State>,
    open: BTreeSet<Open>,
    /// What local packages request from each lockfile entry, in each context.
    pub requests: BTreeMap<(usize, Side), Asked>,
}

/// What is requested from a third-party package.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// When anything is requested.
    pub at_all: Condition,
    /// When each feature is requested.
    pub features: BTreeMap<String, Condition>,
}

/// The places where a package refers to its dependencies, by their keys.
struct Index<'a> {
    /// Indices of the dependencies.
    of_key: BTreeMap<&'a str, Vec<usize>>,
    /// Features with a value `key?/feature`, each with this value.
    waiting: BTreeMap<&'a str, Vec<(&'a str, &'a str)>>,
}

impl<'a> Index<'a> {
    fn of(package: &'a Package) -> Self {
        let mut index = Index { of_key: BTreeMap::new(), waiting: BTreeMap::new() };
        for (i, dependency) in package.dependencies.iter().enumerate() {
            index.of_key.entry(dependency.key.as_str()).or_default().push(i);
        }
        for (feature, value) in package.features.iter().flat_map(|(f, values)| values.iter().map(move |v| (f, v))) {
            if let Some((key, _)) = value.split_once("?/") {
                index.waiting.entry(key).or_default().push((feature, value));
            }
        }
        index
    }
}

/// Resolves the features of all local packages that the selection reaches.
pub fn resolve<'a>(
    workspace: &'a Workspace,
    platforms: &'a Platforms,
    selection: &'a Selection,
    needs_dev: bool,
) -> Features<'a> {
    let mut features = Features {
        workspace,
        platforms,
        selection,
        needs_dev,
        index: workspace.packages.iter().map(Index::of).collect(),
        states: BTreeMap::new(),
        open: BTreeSet::new(),
        requests: BTreeMap::new(),
    };
    for (package, asked) in &selection.roots {
        let has_proc_macro = workspace.packages[*package].targets.iter().any(crate::workspace::Target::is_proc_macro);
        let also_host = workspace.resolver == Resolver::V2 && has_proc_macro;
        for side in std::iter::once(Side::Target).chain(also_host.then_some(Side::Host)) {
            features.activate((*package, side), asked, &Condition::always());
        }
    }
    while let Some(open) = features.open.pop_first() {
        features.follow(open);
    }
    features
}

impl Features<'_> {
    /// Returns whether something had too many conditions to distinguish them.
    pub fn is_coarse(&self) -> bool {
        let of_state = |s: &State| s.reached.is_coarse() || s.optional.values().any(Condition::is_coarse);
        let of_request = |a: &Asked| a.at_all.is_coarse() || a.features.values().any(Condition::is_coarse);
        self.states.values().any(of_state) || self.requests.values().any(of_request)
    }

    /// Returns when the package takes part in resolution.
    pub fn reached(&self, node: Node) -> Condition {
        self.states.get(&node).map(|s| s.reached.clone()).unwrap_or_default()
    }

    /// Returns when a feature of the package is active.
    pub fn feature(&self, node: Node, feature: &str) -> Condition {
        self.states.get(&node).and_then(|s| s.features.get(feature)).cloned().unwrap_or_default()
    }

    /// Returns when a dependency of the package is active, apart from its platform.
    pub fn dependency(&self, node: Node, dependency: &Dependency) -> Condition {
        let Some(state) = self.states.get(&node) else { return Condition::never() };
        if dependency.optional {
            state.optional.get(&dependency.key).cloned().unwrap_or_default()
        } else {
            state.reached.clone()
        }
    }

    /// Returns the context in which a dependency of a package in `side` has its features. A
    /// build-dependency or a proc-macro switches to the host for everything below it. Resolver 1
    /// has one context.
    pub fn side_of(&self, side: Side, dependency: &Dependency) -> Side {
        match self.workspace.resolver {
            Resolver::V1 => Side::Target,
            Resolver::V2 if dependency.kind == DependencyKind::Build || self.is_proc_macro(dependency) => Side::Host,
            Resolver::V2 => side,
        }
    }

    /// Returns whether a dependency is a local proc-macro.
    pub fn is_proc_macro(&self, dependency: &Dependency) -> bool {
        matches!(dependency.to, Resolved::Local(i) if self.workspace.packages[i].is_proc_macro())
    }

    /// Returns whether a dependency takes part. Dev-dependencies do so only for selected packages.
    /// With resolver 2, something must also need them.
    pub fn counts(&self, package: usize, dependency: &Dependency) -> bool {
        dependency.kind != DependencyKind::Dev
            || self.selection.roots.contains_key(&package)
                && (self.needs_dev || self.workspace.resolver == Resolver::V1)
    }

    /// Returns the condition of a platform table for features. Resolver 1 has none.
    fn platform(&self, side: Side, dependency: &Dependency) -> Condition {
        if self.workspace.resolver == Resolver::V1 {
            return Condition::always();
        }
        let side = if dependency.kind == DependencyKind::Build { Side::Host } else { side };
        self.platforms.condition(dependency.platform.as_deref(), side, Question::Activated)
    }

    /// Makes `features` of a package active under `condition`.
    fn activate(&mut self, node: Node, features: &BTreeSet<String>, condition: &Condition) {
        if condition.is_never() {
            return;
        }
        let state = self.states.entry(node).or_default();
        if state.reached.add(condition) {
            self.open.insert(Open::Required(node));
        }
        for feature in features {
            if state.features.entry(feature.clone()).or_default().add(condition) {
                self.open.insert(Open::Feature(node, feature.clone()));
            }
        }
    }

    /// Follows something that became active. Each part is followed alone, so that a package is not
    /// visited again for each of its features.
    fn follow(&mut self, open: Open) {
        let workspace = self.workspace;
        match open {
            Open::Feature(node, feature) => {
                let condition = self.feature(node, &feature);
                match workspace.packages[node.0].features.get(&feature) {
                    Some(values) => values.iter().for_each(|value| self.activate_value(node, value, &condition)),
                    None => self.activate_value(node, &feature, &condition),
                }
            }
            Open::Required(node) => {
                let required = workspace.packages[node.0].dependencies.iter().filter(|d| !d.optional);
                required.for_each(|dependency| self.depend(node, dependency));
            }
            Open::Optional(node, key) => {
                for i in self.index[node.0].of_key.get(key.as_str()).cloned().unwrap_or_default() {
                    let dependency = &workspace.packages[node.0].dependencies[i];
                    if dependency.optional {
                        self.depend(node, dependency);
                    }
                }
                for (feature, value) in self.index[node.0].waiting.get(key.as_str()).cloned().unwrap_or_default() {
                    let condition = self.feature(node, feature);
                    self.activate_value(node, value, &condition);
                }
                // The command line can also contain `key?/feature`.
                let waits = |f: &&String| f.strip_prefix(&key).is_some_and(|rest| rest.starts_with("?/"));
                let asked: Vec<String> = self.states[&node].features.keys().filter(waits).cloned().collect();
                self.open.extend(asked.into_iter().map(|feature| Open::Feature(node, feature)));
            }
        }
    }

    /// Requests what the declaration of a dependency requests.
    fn depend(&mut self, node: Node, dependency: &Dependency) {
        if !self.counts(node.0, dependency) {
            return;
        }
        let condition = self.dependency(node, dependency).and(&self.platform(node.1, dependency));
        let mut features: BTreeSet<String> = dependency.features.iter().cloned().collect();
        if dependency.default_features {
            features.insert(DEFAULT.to_owned());
        }
        self.ask(node, dependency, &features, &condition);
    }

    /// `activate_fv`.
    fn activate_value(&mut self, node: Node, value: &str, condition: &Condition) {
        if let Some(key) = value.strip_prefix("dep:") {
            let state = self.states.get_mut(&node).expect("an active package has a state");
            if state.optional.entry(key.to_owned()).or_default().add(condition) {
                self.open.insert(Open::Optional(node, key.to_owned()));
            }
        } else if let Some((key, feature)) = value.split_once('/') {
            self.activate_dep_feature(node, key, feature, condition);
        } else if self.workspace.packages[node.0].features.contains_key(value) {
            self.activate(node, &BTreeSet::from([value.to_owned()]), condition);
        }
    }

    /// `activate_dep_feature`: `key/feature` also activates an optional dependency, and the feature
    /// with its name if there is one. `key?/feature` waits for the dependency.
    fn activate_dep_feature(&mut self, node: Node, key: &str, feature: &str, condition: &Condition) {
        let (key, weak) = key.strip_suffix('?').map_or((key, false), |key| (key, true));
        let workspace = self.workspace;
        let package = &workspace.packages[node.0];
        for i in self.index[node.0].of_key.get(key).cloned().unwrap_or_default() {
            let dependency = &package.dependencies[i];
            if !self.counts(node.0, dependency) {
                continue;
            }
            let mut condition = condition.and(&self.platform(node.1, dependency));
            if dependency.optional && weak {
                condition = condition.and(&self.dependency(node, dependency));
            } else if dependency.optional {
                self.activate_value(node, &format!("dep:{key}"), &condition);
                self.activate_value(node, key, &condition);
            }
            self.ask(node, dependency, &BTreeSet::from([feature.to_owned()]), &condition);
        }
    }

    /// Requests features of a dependency, local or not.
    fn ask(&mut self, node: Node, dependency: &Dependency, features: &BTreeSet<String>, condition: &Condition) {
        if condition.is_never() {
            return;
        }
        let side = self.side_of(node.1, dependency);
        match dependency.to {
            Resolved::Absent => {}
            Resolved::Local(package) => {
                let known = &self.workspace.packages[package].features;
                let own = features.iter().filter_map(|f| match f.as_str() {
                    DEFAULT => known.contains_key("default").then(|| "default".to_owned()),
                    _ => Some(f.clone()),
                });
                self.activate((package, side), &own.collect(), condition);
            }
            Resolved::Locked(locked) => {
                let asked = self.requests.entry((locked, side)).or_default();
                asked.at_all.add(condition);
                for feature in features {
                    asked.features.entry(feature.clone()).or_default().add(condition);
                }
            }
        }
    }
}
