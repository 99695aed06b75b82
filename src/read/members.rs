//! Which packages belong to a workspace.
//!
//! In: the path of the current manifest. Out: every manifest that the workspace needs, loaded once each, with the root,
//! the members and the packages outside it. Follows `find_root`, `find_members` and `find_path_deps` in cargo's
//! `workspace/workspace.rs` (formerly `core/workspace.rs`). Reads manifests only.

use super::patterns;
use super::schema::{self, Manifest, StringOr};
use crate::config::files::{self, Config};
use crate::config::layers::Given;
use crate::error::{Error, Result, fail};
use crate::path::{display, normalize};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::Value;

/// The manifests of a workspace, by absolute directory.
pub struct Manifests {
    /// Directory of the workspace root.
    pub root: PathBuf,
    /// Directory of the current manifest.
    pub current: PathBuf,
    /// Directories of the members.
    pub members: BTreeSet<PathBuf>,
    /// Directories of the members that cargo takes when none is named.
    pub default_members: Vec<PathBuf>,
    /// Directories of all local packages: members, path dependencies, packages of `[patch]` by path.
    pub packages: BTreeSet<PathBuf>,
    /// For each of those, the directory of the manifest it inherits from.
    pub inherits_from: BTreeMap<PathBuf, PathBuf>,
    /// The config, with its paths relative to the root.
    pub config: Config,
    /// By directory as plain bytes: comparing paths part by part would take more time than parsing.
    loaded: BTreeMap<OsString, Manifest>,
    path_dependencies: BTreeMap<OsString, Vec<(String, PathBuf)>>,
    has_workspace: bool,
    /// The directory that cargo is called in, to which messages are relative.
    pub here: PathBuf,
}

/// How to get on without a manifest that is missing.
const ALL_ARE_NEEDED: &str =
    "help: every manifest of the workspace is needed; add this one, or remove what refers to it";

/// Loads the root and the members of the workspace of the manifest in `current`; `here` is the directory that cargo is called
/// in.
///
/// # Errors
/// A manifest that is broken, missing or in no workspace that lists it; a pattern of members that matches nothing.
pub fn load(current: &Path, here: &Path, given: &Given) -> Result<Manifests> {
    let mut manifests = begin(current, here)?;
    manifests.config = files::read(here, &manifests.root, given)?;
    manifests.find_members()?;
    Ok(manifests)
}

/// The root of the workspace of the manifest in `current`.
///
/// # Errors
/// A manifest that is broken, missing or in no workspace that lists it.
pub fn root(current: &Path) -> Result<PathBuf> {
    begin(current, current).map(|manifests| manifests.root)
}

fn begin(current: &Path, here: &Path) -> Result<Manifests> {
    let mut manifests = Manifests {
        root: current.to_owned(),
        current: current.to_owned(),
        members: BTreeSet::new(),
        default_members: Vec::new(),
        packages: BTreeSet::new(),
        inherits_from: BTreeMap::new(),
        config: Config::default(),
        loaded: BTreeMap::new(),
        path_dependencies: BTreeMap::new(),
        has_workspace: false,
        here: here.to_owned(),
    };
    manifests.load(current)?;
    if let Some(root) = manifests.find_root(current)? {
        manifests.has_workspace = true;
        manifests.root = root;
    }
    Ok(manifests)
}

impl Manifests {
    /// The manifest in `dir`, which must have been loaded.
    pub(crate) fn get(&self, dir: &Path) -> &Manifest {
        &self.loaded[dir.as_os_str()]
    }

    /// The variables that say a part of a profile.
    pub fn profile_variables(&self) -> BTreeMap<String, String> {
        let variables = self.config.given.environment.texts().filter(|(name, _)| name.starts_with("CARGO_PROFILE_"));
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// How messages name the manifest in `dir`.
    pub fn name(&self, dir: &Path) -> String {
        self.display(&dir.join("Cargo.toml"))
    }

    /// How messages name a path.
    pub fn display(&self, path: &Path) -> String {
        display(path, &self.here)
    }

    fn load(&mut self, dir: &Path) -> Result<&Manifest> {
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

    /// The directory of the workspace root of the manifest in `dir`, none for a package in no workspace.
    fn find_root(&mut self, dir: &Path) -> Result<Option<PathBuf>> {
        if let Some(root) = self.root_by(dir, dir)? {
            return Ok(Some(root));
        }
        for ancestor in dir.ancestors().skip(1) {
            if ancestor.join("Cargo.toml").is_file()
                && let Some(root) = self.root_by(ancestor, dir)?
            {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }

    /// `WorkspaceConfig::get_ws_root`: what the manifest in `dir` says of the root of the one in `from`.
    fn root_by(&mut self, dir: &Path, from: &Path) -> Result<Option<PathBuf>> {
        let manifest = self.load(dir)?;
        if manifest.workspace.is_some() {
            return Ok((!self.is_excluded(dir, from)).then(|| dir.to_owned()));
        }
        let pointer = manifest.package.as_ref().and_then(|p| p.workspace.as_ref());
        let Some(root) = pointer.map(|p| normalize(&dir.join(p))) else { return Ok(None) };
        let names = (self.name(dir), self.name(&root));
        let manifest = self
            .load(&root)
            .map_err(|e| e.within(&format!("`package.workspace` of `{}` points to `{}`", names.0, names.1)))?;
        if manifest.workspace.is_none() {
            fail!("`package.workspace` of `{}` points to `{}`, which has no `[workspace]`", names.0, names.1);
        }
        Ok(Some(root))
    }

    /// `WorkspaceRootConfig::is_excluded`; as there, `..` in a path that is listed is not resolved.
    fn is_excluded(&self, root: &Path, dir: &Path) -> bool {
        let Some(workspace) = &self.get(root).workspace else { return false };
        let below = |paths: &[String]| paths.iter().any(|p| dir.starts_with(root.join(p)));
        below(&workspace.exclude) && !below(&workspace.members)
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
        if is_path_dependency && !dir.starts_with(&root) && self.find_root(&dir)?.as_ref() != Some(&root) {
            return Ok(());
        }
        if self.is_excluded(&root, &dir) {
            return Ok(());
        }
        self.load(&dir)?;
        self.members.insert(dir.clone());
        for (key, path) in self.path_dependencies(&dir)? {
            self.find_path_deps(&path, true).map_err(|e| self.in_dependency(e, &dir, &key))?;
        }
        Ok(())
    }

    /// Loads what members need beside each other: path dependencies that are no members, and patches by path, those of the
    /// config included.
    ///
    /// # Errors
    /// A manifest that is missing or broken.
    pub fn find_packages(&mut self) -> Result<()> {
        let mut open: Vec<PathBuf> = self.members.iter().cloned().collect();
        let root = self.root.clone();
        for (source, key, dir) in self.patches_by_path() {
            self.load(&dir).map(drop).map_err(|e| {
                e.within(&format!("failed to load patch `{key}` of `{source}` in `{}`", self.name(&root)))
            })?;
            open.push(dir);
        }
        while let Some(dir) = open.pop() {
            self.load(&dir)?;
            if self.get(&dir).package.is_none() || !self.packages.insert(dir.clone()) {
                continue;
            }
            let from = if self.members.contains(&dir) {
                root.clone()
            } else {
                self.find_root(&dir)?.unwrap_or_else(|| dir.clone())
            };
            self.inherits_from.insert(dir.clone(), from);
            for (key, path) in self.path_dependencies(&dir)? {
                let has_package = self.load(&path).map(|m| m.package.is_some());
                let has_package = has_package.map_err(|e| self.in_dependency(e, &dir, &key))?;
                // All that a member depends on is locked; of others, cargo may never look at this one.
                if !has_package && self.members.contains(&dir) {
                    let error = format!("`{}` is a virtual manifest: it has no `[package]`", self.name(&path));
                    return Err(self.in_dependency(Error::Failed(error), &dir, &key));
                }
                open.push(path);
            }
        }
        Ok(())
    }

    /// The patches and replacements of the root that are paths: source, key and directory.
    fn patches_by_path(&self) -> Vec<(String, String, PathBuf)> {
        let root = self.get(&self.root);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let mut found = Vec::new();
        for (source, patches) in &root.patch {
            found.extend(patches.iter().map(|(key, patch)| (source.clone(), key.clone(), patch.table().path)));
        }
        for (source, patches) in self.config.table.get("patch").and_then(Value::as_table).into_iter().flatten() {
            let patches = patches.as_table().into_iter().flatten();
            found.extend(patches.map(|(key, patch)| (source.clone(), key.clone(), text(patch.get("path")))));
        }
        let replaced = root.replace.iter();
        found.extend(replaced.map(|(key, by)| ("replace".to_owned(), key.clone(), text(by.get("path")))));
        let dir = |path: String| normalize(&self.root.join(path));
        found.into_iter().filter_map(|(source, key, path)| Some((source, key, dir(path?)))).collect()
    }

    /// The path dependencies of a package, after inheritance: key and directory.
    fn path_dependencies(&mut self, dir: &Path) -> Result<Vec<(String, PathBuf)>> {
        if let Some(known) = self.path_dependencies.get(dir.as_os_str()) {
            return Ok(known.clone());
        }
        let inherits_from = if self.get(dir).package.is_some() && self.has_workspace && dir.starts_with(&self.root) {
            Some(self.root.clone())
        } else {
            self.find_root(dir)?
        };
        let mut paths = Vec::new();
        for (_, _, key, entry) in super::dependencies::tables(self.get(dir)) {
            let StringOr::Full(table) = entry else { continue };
            if let Some(path) = &table.path {
                paths.push((key.to_owned(), normalize(&dir.join(path))));
            } else if let (Some(true), Some(root)) = (table.workspace, &inherits_from) {
                let workspace = self.get(root).workspace.as_ref();
                let inherited = workspace.and_then(|w| w.dependencies.get(key)).and_then(|d| d.table().path);
                paths.extend(inherited.map(|path| (key.to_owned(), normalize(&root.join(path)))));
            }
        }
        self.path_dependencies.insert(dir.as_os_str().to_owned(), paths.clone());
        Ok(paths)
    }

    fn in_dependency(&self, error: Error, dir: &Path, key: &str) -> Error {
        error.within(&format!("failed to load path dependency `{key}` of `{}`", self.name(dir)))
    }
}
