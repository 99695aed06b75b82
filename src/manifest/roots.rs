//! Decides which workspace a package belongs to. No other module does.
//!
//! In: the directory of a manifest, and the manifests that are already loaded. Out: the directory
//! of the workspace root. Follows `find_root`, `get_ws_root`, and `find_workspace_root_with_loader`
//! in cargo's `workspace/workspace.rs`, and `load_inheritable_fields` in `workspace/parser/mod.rs`.
//! Reads manifests only, and those above a package only if cargo would.

use super::members::Manifests;
use super::schema::WorkspaceTable;
use crate::error::{Result, fail};
use crate::path::normalize;
use std::path::{Path, PathBuf};

/// A root, which need not exist, and the directory of the manifest whose `package.workspace` names
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub dir: PathBuf,
    pointed_from: Option<PathBuf>,
}

impl Manifests {
    /// Returns the workspace root of the manifest in `dir`, or `None` if it is in no workspace.
    /// Loaded roots come first, as in cargo (`GlobalContext::ws_roots`). A nested root that is not
    /// loaded hides no other root.
    pub(super) fn find_root(&mut self, dir: &Path) -> Result<Option<Root>> {
        self.load(dir)?;
        if let Some(root) = self.root_by(dir, dir) {
            return Ok(Some(root));
        }
        let known = |above: &&Path| self.loaded(above).is_some_and(|m| m.workspace.is_some());
        let mut known = dir.ancestors().filter(known);
        if let Some(root) = known.find(|root| !self.is_excluded(root, dir)) {
            return Ok(Some(Root { dir: root.to_owned(), pointed_from: None }));
        }
        let home = self.config.given.environment.cargo_home();
        for above in above(dir, home.as_deref()) {
            if above.join("Cargo.toml").exists() {
                self.load(above)?;
                if let Some(root) = self.root_by(above, dir) {
                    return Ok(Some(root));
                }
            }
        }
        Ok(None)
    }

    /// Returns the root of the manifest in `from`, as far as the loaded manifest in `dir` decides
    /// it. Does not read the root.
    fn root_by(&self, dir: &Path, from: &Path) -> Option<Root> {
        let manifest = self.get(dir);
        if manifest.workspace.is_some() {
            return (!self.is_excluded(dir, from)).then(|| Root { dir: dir.to_owned(), pointed_from: None });
        }
        let pointer = manifest.package.as_ref().and_then(|p| p.workspace.as_ref())?;
        Some(Root { dir: normalize(&dir.join(pointer)), pointed_from: Some(dir.to_owned()) })
    }

    /// Loads a root.
    ///
    /// # Errors
    /// `package.workspace` names a directory without a root.
    pub(super) fn load_root(&mut self, root: &Root) -> Result<()> {
        let Some(from) = &root.pointed_from else { return self.load(&root.dir).map(drop) };
        let names = (self.name(from), self.name(&root.dir));
        let manifest = self.load(&root.dir);
        let manifest =
            manifest.map_err(|e| e.within(&format!("`package.workspace` of `{}` points to `{}`", names.0, names.1)))?;
        if manifest.workspace.is_none() {
            fail!("`package.workspace` of `{}` points to `{}`, which has no `[workspace]`", names.0, names.1);
        }
        Ok(())
    }

    /// Finds and loads the root that the package in `dir` inherits from. This happens once, when
    /// the package is loaded.
    ///
    /// # Errors
    /// A manifest above is invalid, or `package.workspace` names a missing root.
    pub(super) fn find_inherited(&mut self, dir: &Path) -> Result<Option<PathBuf>> {
        if let Some(root) = self.inherits_from.get(dir) {
            return Ok(Some(root.clone()));
        }
        if self.load(dir)?.workspace.is_none() {
            let Some(root) = self.find_root(dir)? else { return Ok(None) };
            self.load_root(&root)?;
            self.inherits_from.insert(dir.to_owned(), root.dir);
        } else {
            self.inherits_from.insert(dir.to_owned(), dir.to_owned());
        }
        Ok(self.inherits_from.get(dir).cloned())
    }

    /// Returns the root that the package in `dir` inherits from, with its `[workspace]`. Returns
    /// `None` if the package inherits nothing.
    pub(crate) fn inherited(&self, dir: &Path) -> Option<(&Path, &WorkspaceTable)> {
        let root = self.inherits_from.get(dir)?;
        Some((root, self.get(root).workspace.as_ref()?))
    }

    /// Returns whether a root excludes `dir` (`WorkspaceRootConfig::is_excluded`). As in cargo,
    /// `..` in listed paths is not resolved.
    pub(super) fn is_excluded(&self, root: &Path, dir: &Path) -> bool {
        let Some(workspace) = &self.get(root).workspace else { return false };
        let manifest = dir.join("Cargo.toml");
        let below = |paths: &[String]| paths.iter().any(|p| manifest.starts_with(root.join(p)));
        below(&workspace.exclude) && !below(&workspace.members)
    }

    /// Checks that every member belongs to this workspace (`validate_members`).
    ///
    /// # Errors
    /// cargo finds a member in another workspace, or in none.
    pub(super) fn refuse_strange_members(&mut self) -> Result<()> {
        for member in self.members.clone() {
            let found = self.find_root(&member)?.map(|root| root.dir);
            if found.as_ref() == Some(&self.root) {
                continue;
            }
            let (member, expected) = (self.name(&member), self.name(&self.root));
            match found {
                Some(other) => fail!(
                    "package `{member}` is a member of the wrong workspace:\nexpected: `{expected}`\nactual:   `{}`\nhelp: list it in `workspace.exclude` of the former, or leave the latter without `[workspace]`",
                    self.name(&other)
                ),
                None => fail!(
                    "workspace member `{member}` is not hierarchically below the workspace root `{expected}`\nhelp: let `package.workspace` of the former point to the latter"
                ),
            }
        }
        Ok(())
    }
}

/// Returns the directories above `dir`, but not those above cargo's home or above a package that
/// `cargo package` unpacks (`find_root_iter`).
fn above<'a>(dir: &'a Path, home: Option<&'a Path>) -> impl Iterator<Item = &'a Path> {
    let mut was_home = false;
    dir.ancestors().skip(1).take_while(move |above| {
        let goes_on = !was_home && !above.ends_with("target/package");
        was_home = home == Some(above);
        goes_on
    })
}
