//! A workspace as plain data: what [`super::generate`] makes, [`super::render`] writes to disk and
//! [`super::shrink`] makes smaller. Packages refer to each other by name.

use std::collections::{BTreeMap, BTreeSet};

use super::registry;
use super::scope::Scope;

/// A workspace and the scope of one build of it: what every law is about.
#[derive(Clone, PartialEq)]
pub struct Case {
    pub workspace: Workspace,
    pub scope: Scope,
    /// Where a test takes further choices from, such as which place an edit touches.
    pub seed: u64,
}

#[derive(Clone, PartialEq)]
pub struct Workspace {
    pub root: Root,
    /// The `resolver` key; without one, the edition of the root package decides.
    pub resolver: Option<u8>,
    /// `packages[0]` is in the root directory, unless the root is virtual.
    pub packages: Vec<Package>,
    /// `[workspace.dependencies]`
    pub shared: Vec<Dependency>,
    pub default_members: Option<BTreeSet<String>>,
    /// Members in this folder are listed as `crates/*`, not one by one.
    pub globs: bool,
    /// `[profile]` of the root manifest.
    pub profiles: toml::Table,
    /// `.cargo/config.toml`
    pub config: toml::Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    Virtual,
    /// A root package with a `[workspace]` table.
    Package,
    /// A root package without one: path dependencies are no members.
    Lone,
}

#[derive(Clone, PartialEq)]
pub struct Package {
    pub name: String,
    pub version: Option<String>,
    pub edition: &'static str,
    /// Version and edition are inherited from `[workspace.package]`.
    pub inherits: bool,
    pub place: Place,
    pub library: Library,
    /// `[lib] test`: whether the library has unit tests.
    pub unit_tests: bool,
    /// `src/main.rs`, a binary named as the package.
    pub main: bool,
    pub bins: Vec<Target>,
    pub examples: Vec<Target>,
    pub tests: Vec<Target>,
    pub benches: Vec<Target>,
    /// The file of the build script.
    pub build_script: Option<&'static str>,
    pub dependencies: Vec<Dependency>,
    pub features: BTreeMap<String, Vec<String>>,
}

/// The place of a package: a directory relative to the workspace root, or next to it for `Outside`.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Root,
    Member(String),
    Excluded(String),
    Outside(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Library {
    None,
    Plain,
    ProcMacro,
    Types(Vec<&'static str>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub name: String,
    pub required_features: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    pub key: String,
    pub kind: Kind,
    pub platform: Option<&'static str>,
    pub from: From,
    pub optional: bool,
    pub default_features: Option<bool>,
    pub features: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Normal,
    Build,
    Dev,
}

#[derive(Debug, Clone, PartialEq)]
pub enum From {
    Registry {
        package: &'static str,
        requirement: String,
    },
    Local(String),
    /// `workspace = true`
    Shared,
}

impl Workspace {
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|it| it.name == name)
    }

    pub fn root_package(&self) -> Option<&Package> {
        if self.root == Root::Virtual { None } else { self.packages.first() }
    }

    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|it| it.is_member())
    }

    pub fn resolver(&self) -> u8 {
        let implied = match self.root_package().map(|it| it.edition) {
            Some("2024") => 3,
            Some("2021") => 2,
            _ => 1,
        };
        self.resolver.unwrap_or(implied)
    }

    /// What a build without a selection of packages builds in the root directory.
    pub fn default_members(&self) -> BTreeSet<String> {
        match (&self.default_members, self.root_package()) {
            (Some(names), _) => names.clone(),
            (None, Some(root)) => BTreeSet::from([root.name.clone()]),
            (None, None) => self.members().map(|it| it.name.clone()).collect(),
        }
    }

    /// The dependency that `[workspace.dependencies]` makes of one that inherits.
    pub fn inherited<'a>(&'a self, dependency: &'a Dependency) -> Option<&'a Dependency> {
        match dependency.from {
            From::Shared => self.shared.iter().find(|it| it.key == dependency.key),
            _ => Some(dependency),
        }
    }

    /// Returns the features that may be requested from a dependency.
    pub fn offered(&self, dependency: &Dependency) -> BTreeSet<String> {
        match self.inherited(dependency).map(|it| &it.from) {
            Some(From::Registry { package, requirement }) => {
                registry::lookup(package, requirement).map(registry::Crate::features)
            }
            Some(From::Local(name)) => self.package(name).map(Package::offered),
            _ => None,
        }
        .unwrap_or_default()
    }
}

impl Package {
    pub fn is_member(&self) -> bool {
        matches!(self.place, Place::Root | Place::Member(_))
    }

    /// The directory, relative to the directory that holds the workspace's.
    pub fn dir(&self) -> String {
        match &self.place {
            Place::Root => "ws".to_owned(),
            Place::Member(dir) | Place::Excluded(dir) => format!("ws/{dir}"),
            Place::Outside(dir) => dir.clone(),
        }
    }

    pub fn optional_keys(&self) -> BTreeSet<&str> {
        self.dependencies.iter().filter(|it| it.optional).map(|it| it.key.as_str()).collect()
    }

    /// Optional dependencies that are features of their own, since no feature says `dep:` of them.
    pub fn implicit_features(&self) -> BTreeSet<&str> {
        let hidden = |key: &str| self.features.values().flatten().any(|it| it.strip_prefix("dep:") == Some(key));
        self.optional_keys().into_iter().filter(|key| !hidden(key) && !self.features.contains_key(*key)).collect()
    }

    /// Features that a dependent, a feature or a command line may name.
    pub fn offered(&self) -> BTreeSet<String> {
        self.features.keys().cloned().chain(self.implicit_features().into_iter().map(str::to_owned)).collect()
    }

    pub fn has_library(&self) -> bool {
        self.library != Library::None
    }

    pub fn has_target(&self) -> bool {
        self.has_library()
            || self.main
            || !(self.bins.is_empty() && self.examples.is_empty() && self.tests.is_empty() && self.benches.is_empty())
    }
}

impl Dependency {
    /// A plain dependency on the crate that a requirement takes.
    pub fn registry(package: &'static str, requirement: &str) -> Self {
        Self::new(package, From::Registry { package, requirement: requirement.to_owned() })
    }

    pub fn local(package: &str) -> Self {
        Self::new(package, From::Local(package.to_owned()))
    }

    fn new(key: &str, from: From) -> Self {
        let key = key.to_owned();
        Self {
            key,
            kind: Kind::Normal,
            platform: None,
            from,
            optional: false,
            default_features: None,
            features: Vec::new(),
        }
    }

    /// Returns whether the key differs from the package's name.
    pub fn is_renamed(&self) -> bool {
        match &self.from {
            From::Registry { package, .. } => self.key != *package,
            From::Local(name) => self.key != *name,
            From::Shared => false,
        }
    }
}
