//! The model: what cargo knows of a workspace once it has read manifests, lockfile and config.
//!
//! Values only. `read` makes one from a directory, `reduce` and `quotient` map one to another, `skeleton` turns one
//! into files. A stub workspace is a [`Workspace`] like any other. Nothing here touches the disk.

pub mod condition;
pub mod lockfile;
pub mod profile;
pub mod scope;

use crate::config::layers::Layers;
use lockfile::Lockfile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use toml::Table;

/// A workspace, with the packages outside its root that it depends on by path.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Absolute path of the root directory. Never written anywhere.
    pub root: PathBuf,
    /// The resolver that decides how features unify.
    pub resolver: Resolver,
    /// Local packages, sorted by directory.
    pub packages: Vec<Package>,
    /// Index of the package whose manifest is the current one; none for a virtual manifest.
    pub current: Option<usize>,
    /// Indices of the members that cargo takes when no package is named.
    pub default_members: Vec<usize>,
    /// Directories of packages that are stubs, as the skeleton of a scoped recipe says of its own
    /// (`workspace.metadata.larder.stubs`). Names tell nothing.
    pub stubs: BTreeSet<String>,
    /// What only the root manifest can say.
    pub root_tables: RootTables,
    /// Cargo.lock.
    pub lock: Lockfile,
    /// `.cargo/config.toml`, merged over the directories from the current one up to the root of the checkout.
    pub config: Table,
    /// How many directories above the workspace root the highest of them stands.
    pub config_above: usize,
    /// `rust-toolchain.toml` or `rust-toolchain`.
    pub toolchain: Option<Toolchain>,
    /// What variables of the environment say of profiles, by their names; it reaches cargo by itself and is never written.
    pub profile_variables: BTreeMap<String, String>,
    /// All that says something of the configuration; what is no part of `config` counts and is never written.
    pub layers: Layers,
}

/// cargo's feature resolvers. Version 3 differs from 2 only in which versions it picks, and those are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolver {
    /// One set of features per package.
    V1,
    /// Features of host and target, and of inactive platforms, are kept apart.
    V2,
}

/// The tables of a root manifest that reach third-party packages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RootTables {
    /// `[profile]`.
    pub profile: Table,
    /// `[patch]`.
    pub patch: Table,
    /// `[replace]`.
    pub replace: Table,
    /// `cargo-features`.
    pub cargo_features: Vec<String>,
    /// Keys of `[workspace]` that this crate does not know.
    pub workspace_rest: Table,
}

/// A toolchain file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// `rust-toolchain.toml` or `rust-toolchain`.
    pub file_name: String,
    /// Its text, in a form that formatting and comments do not change.
    pub text: String,
}

/// A local package.
#[derive(Clone, Debug)]
pub struct Package {
    /// `package.name`.
    pub name: String,
    /// `package.version`, after inheritance.
    pub version: String,
    /// Directory, relative to the workspace root, with forward slashes; `""` for the root.
    pub dir: String,
    /// Whether it is a member of the workspace.
    pub is_member: bool,
    /// Targets, in cargo's order.
    pub targets: Vec<Target>,
    /// Whether it has a build script.
    pub build_script: bool,
    /// Dependencies of all kinds and platforms.
    pub dependencies: Vec<Dependency>,
    /// `[features]` with the implicit ones of optional dependencies.
    pub features: BTreeMap<String, Vec<String>>,
    /// `cargo-features`.
    pub cargo_features: Vec<String>,
    /// Keys of `[package]` that this crate does not know.
    pub package_rest: Table,
    /// Top-level tables that this crate does not know.
    pub rest: Table,
    /// Whether third-party packages depend on it, as `[patch]` and `[replace]` with a path make them.
    pub below: Below,
}

/// Whether third-party packages depend on a local one, which then is compiled for real below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Below {
    /// None does.
    #[default]
    Nothing,
    /// Some do, and its sources can travel.
    Carried(Sources),
    /// Some do, and it can only be compiled where it stands, for this reason.
    Bound(&'static str),
}

/// The sources of a package that is compiled for real.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Cargo.toml, with all that it would inherit.
    pub manifest: String,
    /// Every other file, by its path in the package.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Files that may be secret and were left out, relative to the root.
    pub secrets: Vec<String>,
}

/// One crate of a package (never a build script).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// What kind of target.
    pub kind: TargetKind,
    /// Its name.
    pub name: String,
    /// Crate types of a library or an example.
    pub crate_types: Vec<String>,
    /// `required-features`.
    pub required_features: Vec<String>,
    /// Whether `--tests` takes it.
    pub tested: bool,
    /// Whether `--benches` takes it.
    pub benched: bool,
}

/// cargo's kinds of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetKind {
    /// A library, or a proc-macro.
    Lib,
    /// A binary.
    Bin,
    /// An example.
    Example,
    /// An integration test.
    Test,
    /// A benchmark.
    Bench,
}

impl Target {
    /// Whether it is a proc-macro.
    pub fn is_proc_macro(&self) -> bool {
        self.crate_types.iter().any(|t| t == "proc-macro")
    }
}

impl Workspace {
    /// The entry of a local package in Cargo.lock; its version may lag behind the manifest.
    pub fn entry_of(&self, package: &Package) -> Option<usize> {
        self.lock.local_entry(&package.name, &package.version)
    }

    /// The package whose sources stand behind an entry of Cargo.lock without a source.
    pub fn carried(&self, locked: usize) -> Option<usize> {
        let is_local = self.lock.packages[locked].source.is_none();
        let carried = |p: &Package| p.is_carried() && self.entry_of(p) == Some(locked);
        is_local.then(|| self.packages.iter().position(carried)).flatten()
    }
}

impl Package {
    /// Whether its sources travel.
    pub fn is_carried(&self) -> bool {
        matches!(self.below, Below::Carried(_))
    }

    /// Its library, if it has one.
    pub fn lib(&self) -> Option<&Target> {
        self.targets.iter().find(|t| t.kind == TargetKind::Lib)
    }

    /// Whether its library is a proc-macro.
    pub fn is_proc_macro(&self) -> bool {
        self.lib().is_some_and(Target::is_proc_macro)
    }
}

/// cargo's kinds of dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyKind {
    /// `[dependencies]`.
    Normal,
    /// `[dev-dependencies]`.
    Dev,
    /// `[build-dependencies]`.
    Build,
}

impl DependencyKind {
    /// The table's name.
    pub fn table(self) -> &'static str {
        match self {
            DependencyKind::Normal => "dependencies",
            DependencyKind::Dev => "dev-dependencies",
            DependencyKind::Build => "build-dependencies",
        }
    }
}

/// One entry of a dependency table, after inheritance.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The key in the table, by which features name it.
    pub key: String,
    /// The package's name.
    pub package: String,
    /// Which table it stands in.
    pub kind: DependencyKind,
    /// `[target.'…']` that it stands below, in cargo's own spelling.
    pub platform: Option<String>,
    /// Version requirement, as written.
    pub version: Option<String>,
    /// `features`.
    pub features: Vec<String>,
    /// `default-features`.
    pub default_features: bool,
    /// `optional`.
    pub optional: bool,
    /// All other keys: where it comes from (`git`, `registry`, …), and what this crate does not know.
    pub rest: Table,
    /// What it was resolved to.
    pub to: Resolved,
}

/// Keys of a dependency that say where it comes from. Packages may say it differently and mean the same entry of the
/// lockfile (`git = "…"` with and without `.git`, `registry = "crates-io"`).
pub const SOURCE_KEYS: &[&str] = &["branch", "git", "registry", "registry-index", "rev", "tag"];

impl Dependency {
    /// The keys that are not known here, as text: dependencies on the same package that differ in these stay apart.
    pub fn variant(&self) -> String {
        let known = |key: &str| SOURCE_KEYS.contains(&key) || key == "public";
        let rest: Table = self.rest.iter().filter(|(k, _)| !known(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if rest.is_empty() { String::new() } else { rest.to_string() }
    }
}

/// What a dependency is in this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A local package, by index.
    Local(usize),
    /// An entry of Cargo.lock, by index.
    Locked(usize),
    /// Not in Cargo.lock, because cargo never activates it (an optional dependency of a package that is no member).
    Absent,
}

impl Resolved {
    /// The index of a local package.
    pub fn local(self) -> Option<usize> {
        if let Resolved::Local(i) = self { Some(i) } else { None }
    }

    /// The index of an entry of Cargo.lock.
    pub fn locked(self) -> Option<usize> {
        if let Resolved::Locked(i) = self { Some(i) } else { None }
    }
}
