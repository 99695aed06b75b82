//! The model: everything that cargo knows about a workspace after it has read the manifests, the
//! lockfile, and the config.
//!
//! In: nothing. Out: plain values. `read` makes a [`Workspace`] from a directory, `reduce` and
//! `quotient` map one to another, and `skeleton` turns one into files. A stub workspace is a
//! [`Workspace`] like any other. Touches nothing.

pub mod condition;
pub mod lockfile;
pub mod profile;
pub mod scope;

use crate::config::files::Toolchain;
use crate::config::layers::Layers;
use lockfile::Lockfile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use toml::Table;

/// A workspace, including the packages outside its root that it depends on by path.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Absolute path of the root directory. Never written to a recipe.
    pub root: PathBuf,
    /// The resolver that decides how features unify.
    pub resolver: Resolver,
    /// Local packages, sorted by directory.
    pub packages: Vec<Package>,
    /// Index of the package with the current manifest; `None` for a virtual manifest.
    pub current: Option<usize>,
    /// Indices of the members that cargo selects by default.
    pub default_members: Vec<usize>,
    /// Directories of the stubs, which the skeleton of a scoped recipe lists in
    /// `workspace.metadata.larder.stubs`. A name does not identify a stub, because any package may
    /// have it.
    pub stubs: BTreeSet<String>,
    /// The tables that count only in the root manifest.
    pub root_tables: RootTables,
    /// Cargo.lock.
    pub lock: Lockfile,
    /// `.cargo/config.toml`, merged from the current directory up to the root of the checkout.
    pub config: Table,
    /// The number of directories between the workspace root and the highest of these files.
    pub config_above: usize,
    /// `rust-toolchain.toml` or `rust-toolchain`.
    pub toolchain: Option<Toolchain>,
    /// Environment variables that set profile keys, by name. cargo reads them itself, so they are
    /// never written.
    pub profile_variables: BTreeMap<String, String>,
    /// All layers of the configuration. Layers that are not part of `config` count, but are never
    /// written.
    pub layers: Layers,
}

/// cargo's feature resolvers. Version 3 differs from 2 only in the versions that it selects, and
/// the lockfile decides those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolver {
    /// One set of features per package.
    V1,
    /// Features of the host, of the target, and of inactive platforms are separate.
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

/// A local package.
#[derive(Clone, Debug)]
pub struct Package {
    /// `package.name`.
    pub name: String,
    /// `package.version`, after inheritance.
    pub version: String,
    /// Directory relative to the workspace root, with forward slashes; `""` for the root.
    pub dir: String,
    /// Whether it is a member of the workspace.
    pub is_member: bool,
    /// Targets, in cargo's order.
    pub targets: Vec<Target>,
    /// Whether it has a build script.
    pub build_script: bool,
    /// Dependencies of all kinds and platforms.
    pub dependencies: Vec<Dependency>,
    /// `[features]`, including the implicit features of optional dependencies.
    pub features: BTreeMap<String, Vec<String>>,
    /// `cargo-features`.
    pub cargo_features: Vec<String>,
    /// Keys of `[package]` that this crate does not know.
    pub package_rest: Table,
    /// Top-level tables that this crate does not know.
    pub rest: Table,
    /// Whether third-party packages depend on it, through `[patch]` or `[replace]` with a path.
    pub below: Below,
}

/// Whether third-party packages depend on a local one, and whether its sources can travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Below {
    /// No third-party package depends on it.
    #[default]
    Nothing,
    /// Third-party packages depend on it, and its sources can travel.
    Carried(Sources),
    /// Third-party packages depend on it, but only the project can compile it, for this reason.
    Bound(&'static str),
}

/// The sources of a carried package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Cargo.toml, with inherited values filled in.
    pub manifest: String,
    /// Every other file, by its path in the package.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Files that were left out because they may be secret, relative to the root.
    pub secrets: Vec<String>,
}

/// One crate of a package (never a build script).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Its kind.
    pub kind: TargetKind,
    /// Its name.
    pub name: String,
    /// Crate types of a library or an example.
    pub crate_types: Vec<String>,
    /// `required-features`.
    pub required_features: Vec<String>,
    /// Whether `--tests` selects it.
    pub tested: bool,
    /// Whether `--benches` selects it.
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
    /// Returns whether it is a proc-macro.
    pub fn is_proc_macro(&self) -> bool {
        self.crate_types.iter().any(|t| t == "proc-macro")
    }

    /// Returns whether it is a library of crate types that cargo links only into other crates.
    pub fn is_plain_library(&self) -> bool {
        self.kind == TargetKind::Lib && self.crate_types.iter().all(|t| matches!(t.as_str(), "lib" | "rlib"))
    }
}

impl Workspace {
    /// Returns the entry of a local package in Cargo.lock, whose version may be older than the
    /// manifest.
    pub fn entry_of(&self, package: &Package) -> Option<usize> {
        self.lock.local_entry(&package.name, &package.version)
    }

    /// Returns the carried package of a Cargo.lock entry without a source.
    pub fn carried(&self, locked: usize) -> Option<usize> {
        let is_local = self.lock.packages[locked].source.is_none();
        let carried = |p: &Package| p.is_carried() && self.entry_of(p) == Some(locked);
        is_local.then(|| self.packages.iter().position(carried)).flatten()
    }
}

impl Package {
    /// Returns whether its sources travel.
    pub fn is_carried(&self) -> bool {
        matches!(self.below, Below::Carried(_))
    }

    /// Returns its library, if it has one.
    pub fn lib(&self) -> Option<&Target> {
        self.targets.iter().find(|t| t.kind == TargetKind::Lib)
    }

    /// Returns whether its library is a proc-macro.
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
    /// Returns the name of the table.
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
    /// The key in the table, which features use.
    pub key: String,
    /// The package's name.
    pub package: String,
    /// The table that lists it.
    pub kind: DependencyKind,
    /// The platform of its `[target.'…']` table, in cargo's own spelling.
    pub platform: Option<String>,
    /// Version requirement, as written.
    pub version: Option<String>,
    /// `features`.
    pub features: Vec<String>,
    /// `default-features`.
    pub default_features: bool,
    /// `optional`.
    pub optional: bool,
    /// All other keys: its source (`git`, `registry`, …), and keys that this crate does not know.
    pub rest: Table,
    /// The package that it resolves to.
    pub to: Resolved,
}

/// Keys of a dependency that name its source. Different values can mean the same lockfile entry,
/// such as `git = "…"` with and without `.git`, or `registry = "crates-io"`.
pub const SOURCE_KEYS: &[&str] = &["branch", "git", "registry", "registry-index", "rev", "tag"];

impl Dependency {
    /// Returns the unknown keys as text. Dependencies on the same package are not merged if these
    /// differ.
    pub fn variant(&self) -> String {
        let known = |key: &str| SOURCE_KEYS.contains(&key) || key == "public";
        let rest: Table = self.rest.iter().filter(|(k, _)| !known(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if rest.is_empty() { String::new() } else { rest.to_string() }
    }
}

/// The package that a dependency resolves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A local package, by index.
    Local(usize),
    /// An entry of Cargo.lock, by index.
    Locked(usize),
    /// Not in Cargo.lock, because cargo never activates it: an optional dependency of a package
    /// that is not a member.
    Absent,
}

impl Resolved {
    /// Returns the index of the local package, if it is one.
    pub fn local(self) -> Option<usize> {
        if let Resolved::Local(i) = self { Some(i) } else { None }
    }

    /// Returns the index of the Cargo.lock entry, if it is one.
    pub fn locked(self) -> Option<usize> {
        if let Resolved::Locked(i) = self { Some(i) } else { None }
    }
}
