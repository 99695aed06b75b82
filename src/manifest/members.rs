//! Finds the packages of a workspace.
//!
//! In: the path of the current manifest. Out: every manifest that the workspace needs, each loaded
//! once, with the root, the members, and the packages outside. Follows `find_members` and
//! `find_path_deps` in cargo's `workspace/workspace.rs` (formerly `core/workspace.rs`). `roots.rs`
//! decides which root a package belongs to. Reads manifests only.

use super::patterns;
use super::schema::{self, Manifest, StringOr};
use crate::config::files::{self, Config};
use crate::config::layers::Given;
use crate::error::{Error, Result, fail};
use crate::path::{display, normalize};
use crate::workspace::DependencyKind;
use crate::workspace::lockfile::Lockfile;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The manifests of a workspace, by absolute directory.
pub struct Manifests {
    /// Directory of the workspace root.
    pub root: PathBuf,
    /// Directory of the current manifest.
    pub current: PathBuf,
    /// Directories of the members.
    pub members: BTreeSet<PathBuf>,
    /// Directories of the members that cargo selects by default.
    pub default_members: Vec<PathBuf>,
    /// Directories of all local packages: members, path dependencies, packages of `[patch]` by
    /// path.
    pub packages: BTreeSet<PathBuf>,
    /// For each package that inherits something, the directory of the manifest that it inherits
    /// from.
    pub(super) inherits_from: BTreeMap<PathBuf, PathBuf>,
    /// The lockfile, if it exists.
    pub(crate) lock: Option<Lockfile>,
    /// The config, with its paths relative to the root.
    pub config: Config,
    /// By directory as bytes, because comparing paths by component would take longer than parsing.
    loaded: BTreeMap<OsString, Manifest>,
    path_dependencies: BTreeMap<OsString, Vec<PathDependency>>,
    has_workspace: bool,
    /// The current directory of cargo. Paths in messages are relative to it.
    pub here: PathBuf,
}

/// A dependency with a path.
#[derive(Clone, Debug)]
pub(super) struct PathDependency {
    pub key: String,
    pub package: String,
    pub is_dev: bool,
    pub is_optional: bool,
    pub dir: PathBuf,
}

/// The help for a missing manifest.
const ALL_ARE_NEEDED: &str =
    "help: every manifest of the workspace is needed; add this one, or remove what refers to it";

/// Loads the root and the members of the workspace of the manifest in `current`. `here` is the
/// current directory of cargo.
///
/// # Errors
/// A manifest is invalid, missing, or not listed by its workspace. A member pattern matches
/// nothing.
pub fn load(current: &Path, here: &Path, given: &Given) -> Result<Manifests> {
    let mut manifests = begin(current, here, given)?;
    manifests.config = files::read(here, &manifests.root, given)?;
    manifests.find_members()?;
    Ok(manifests)
}

/// Returns the root of the workspace of the manifest in `current`.
///
/// # Errors
/// A manifest is invalid, missing, or not listed by its workspace.
pub fn root(current: &Path) -> Result<PathBuf> {
    begin(current, current, &Given::default()).map(|manifests| manifests.root)
}

fn begin(current: &Path, here: &Path, given: &Given) -> Result<Manifests> {
    let mut manifests = Manifests {
        root: current.to_owned(),
        current: current.to_owned(),
        members: BTreeSet::new(),
        default_members: Vec::new(),
        packages: BTreeSet::new(),
        inherits_from: BTreeMap::new(),
        lock: None,
        config: Config { given: given.clone(), ..Config::default() },
        loaded: BTreeMap::new(),
        path_dependencies: BTreeMap::new(),
        has_workspace: false,
        here: here.to_owned(),
    };
    if let Some(root) = manifests.find_root(current)? {
        manifests.load_root(&root)?;
        manifests.has_workspace = true;
        manifests.root = root.dir;
    }
    Ok(manifests)
}

impl Manifests {
    /// Returns the manifest in `dir`, which must be loaded.
    pub(crate) fn get(&self, dir: &Path) -> &Manifest {
        &self.loaded[dir.as_os_str()]
    }

    /// Returns the environment variables that set profile keys.
    pub fn profile_variables(&self) -> BTreeMap<String, String> {
        let variables = self.config.given.environment.texts().filter(|(name, _)| name.starts_with("CARGO_PROFILE_"));
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Returns the name of the manifest in `dir` for messages.
    pub fn name(&self, dir: &Path) -> String {
        self.display(&dir.join("Cargo.toml"))
    }

    /// Returns a path for messages.
    pub fn display(&self, path: &Path) -> String {
        display(path, &self.here)
    }

    /// Returns the manifest in `dir`, if it is loaded.
    pub(super) fn loaded(&self, dir: &Path) -> Option<&Manifest> {
        self.loaded.get(dir.as_os_str())
    }

    /// Returns the directories of all loaded manifests.
    pub(crate) fn looked_at(&self) -> impl Iterator<Item = &Path> {
        self.loaded.keys().map(Path::new)
    }

    pub(super) fn load(&mut self, dir: &Path) -> Result<&Manifest> {
        if !self.loaded.contains_key(dir.as_os_str()) {
            let text = match fs_err::read_to_string(dir.join("Cargo.toml")) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    fail!("no manifest at `{}`\n{ALL_ARE_NEEDED}", self.name(dir))
                }
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    fail!("failed to parse manifest `{}`\nit is not UTF-8 text", self.name(dir))
                }
                Err(error) => return Err(error.into()),
            };
            let manifest = schema::parse(&self.name(dir), &text)?;
            self.loaded.insert(dir.as_os_str().to_owned(), manifest);
        }
        Ok(self.get(dir))
    }

    fn find_members(&mut self) -> Result<()> {
        let (root, current) = (self.root.clone(), self.current.clone());
        if !self.has_workspace {
            self.members.insert(current.clone());
            self.default_members.push(current);
            return Ok(());
        }
        let workspace = self.get(&root).workspace.as_ref().expect("a root has a workspace table");
        let listed = patterns::expand(&root, &workspace.members, &self.name(&root))?;
        let default = match (&workspace.default_members, root == current) {
            (Some(default), true) => Some(patterns::expand(&root, default, &self.name(&root))?),
            _ => None,
        };
        for (dir, pattern) in &listed {
            if !self.is_excluded(&root, dir) {
                patterns::refuse_empty_match(dir, pattern, &root, &self.here)?;
            }
            self.find_path_deps(dir, false).map_err(|e| match e {
                Error::Failed(_) => {
                    e.within(&format!("failed to load workspace member `{pattern}` of `{}`", self.name(&root)))
                }
                other => other,
            })?;
        }
        self.find_path_deps(&root, false)?;
        self.refuse_strange_members()?;
        self.default_members = match default {
            Some(default) => self.default_members(&listed, &default)?,
            None if self.get(&current).package.is_none() => self.members.iter().cloned().collect(),
            None => vec![current.clone()],
        };
        let default = std::mem::take(&mut self.default_members);
        self.default_members = default.into_iter().filter(|dir| self.get(dir).package.is_some()).collect();
        if !self.members.contains(&current) {
            let (member, root) = (self.name(&current), self.name(&root));
            fail!(
                "current package believes it is in a workspace when it is not:\ncurrent:   `{member}`\nworkspace: `{root}`\nhelp: list it in `workspace.members` or `workspace.exclude` of the latter, or add an empty `[workspace]` table to the former"
            );
        }
        Ok(())
    }

    fn default_members(&self, listed: &[(PathBuf, String)], default: &[(PathBuf, String)]) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for (dir, pattern) in default {
            if self.members.contains(dir) {
                found.push(dir.clone());
            } else if !(self.is_excluded(&self.root, dir) && listed.iter().any(|(l, _)| l == dir)) {
                fail!(
                    "`{pattern}` is listed in `workspace.default-members` of `{}` but is not a member",
                    self.name(&self.root)
                );
            }
        }
        Ok(found)
    }

    fn find_path_deps(&mut self, dir: &Path, is_path_dependency: bool) -> Result<()> {
        let dir = normalize(dir);
        if self.members.contains(&dir) {
            return Ok(());
        }
        let root = self.root.clone();
        if is_path_dependency && !dir.starts_with(&root) && self.find_root(&dir)?.is_none_or(|it| it.dir != root) {
            return Ok(());
        }
        if self.is_excluded(&root, &dir) {
            return Ok(());
        }
        self.load(&dir)?;
        self.members.insert(dir.clone());
        for dependency in self.path_dependencies(&dir)? {
            self.find_path_deps(&dependency.dir, true).map_err(|e| self.in_dependency(e, &dir, &dependency.key))?;
        }
        Ok(())
    }

    /// Returns the path dependencies of a package, after inheritance.
    pub(super) fn path_dependencies(&mut self, dir: &Path) -> Result<Vec<PathDependency>> {
        if let Some(known) = self.path_dependencies.get(dir.as_os_str()) {
            return Ok(known.clone());
        }
        let manifest = self.get(dir);
        let inherits = manifest.package.is_some() && manifest.inherits();
        let root = if inherits { self.find_inherited(dir)? } else { None };
        let inherited = root.as_ref().and_then(|root| Some((root, self.get(root).workspace.as_ref()?)));
        let mut paths = Vec::new();
        for (kind, _, key, entry) in schema::tables(self.get(dir)) {
            let StringOr::Full(own) = entry else { continue };
            let inherited = inherited.filter(|_| own.workspace == Some(true));
            let (base, table) = match inherited {
                Some((root, workspace)) => (&**root, workspace.dependencies.get(key).map(StringOr::table)),
                None => (dir, Some(own.clone())),
            };
            let Some((table, path)) = table.and_then(|table| Some((table.clone(), table.path?))) else { continue };
            paths.push(PathDependency {
                key: key.to_owned(),
                package: table.package.unwrap_or_else(|| key.to_owned()),
                is_dev: kind == DependencyKind::Dev,
                is_optional: own.optional == Some(true),
                dir: normalize(&base.join(path)),
            });
        }
        self.path_dependencies.insert(dir.as_os_str().to_owned(), paths.clone());
        Ok(paths)
    }

    pub(super) fn in_dependency(&self, error: Error, dir: &Path, key: &str) -> Error {
        error.within(&format!("failed to load path dependency `{key}` of `{}`", self.name(dir)))
    }
}
