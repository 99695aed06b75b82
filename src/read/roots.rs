//! Which workspace a package belongs to.
//!
//! In: the directory of a manifest, and the manifests that were loaded before. Out: the directory of the workspace root.
//! This is the only place that decides it, as cargo does it: `find_root`, `get_ws_root` and
//! `find_workspace_root_with_loader` in cargo's `workspace/workspace.rs`, `load_inheritable_fields` in
//! `workspace/parser/mod.rs`. Reads manifests only, and those above a package only when cargo would.

use super::members::Manifests;
use super::schema::WorkspaceTable;
use crate::error::{Result, fail};
use crate::path::normalize;
use std::path::{Path, PathBuf};

/// A root, which need not be there, and the directory of the manifest whose `package.workspace` points to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub dir: PathBuf,
    pointed_from: Option<PathBuf>,
}

impl Manifests {
    /// The root of the workspace of the manifest in `dir`; none for a package in no workspace. Roots that were loaded before
    /// come first, as in cargo (`GlobalContext::ws_roots`): a nested root that nobody has looked at hides nothing.
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

    /// What the manifest in `dir`, which is loaded, says of the root of the one in `from`. That root is not looked at.
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
    /// `package.workspace` points to where there is none.
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

    /// Finds the root that the package in `dir` inherits from, and loads it. It is decided once, when the package is loaded.
    ///
    /// # Errors
    /// A manifest above that is broken, or a pointer that leads nowhere.
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

    /// The root that the package in `dir` inherits from, with its `[workspace]`; none where it inherits nothing.
    pub(crate) fn inherited(&self, dir: &Path) -> Option<(&Path, &WorkspaceTable)> {
        let root = self.inherits_from.get(dir)?;
        Some((root, self.get(root).workspace.as_ref()?))
    }

    /// `WorkspaceRootConfig::is_excluded`; as there, `..` in a path that is listed is not resolved.
    pub(super) fn is_excluded(&self, root: &Path, dir: &Path) -> bool {
        let Some(workspace) = &self.get(root).workspace else { return false };
        let manifest = dir.join("Cargo.toml");
        let below = |paths: &[String]| paths.iter().any(|p| manifest.starts_with(root.join(p)));
        below(&workspace.exclude) && !below(&workspace.members)
    }

    /// Refuses members that cargo finds in another workspace, or in none (`validate_members`).
    ///
    /// # Errors
    /// That.
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

/// `find_root_iter`: the directories above `dir`, but none above cargo's home, nor above what `cargo package` unpacks.
fn above<'a>(dir: &'a Path, home: Option<&'a Path>) -> impl Iterator<Item = &'a Path> {
    let mut was_home = false;
    dir.ancestors().skip(1).take_while(move |above| {
        let goes_on = !was_home && !above.ends_with("target/package");
        was_home = home == Some(above);
        goes_on
    })
}
