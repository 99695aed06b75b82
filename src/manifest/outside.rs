//! Finds the packages that a workspace needs in addition to its members.
//!
//! In: the members and the lockfile. Out: the manifests of patches by path, and of path
//! dependencies that are not members. Only packages that cargo would load count: the others need
//! not exist. Reads manifests only.

use super::members::{Manifests, PathDependency};
use super::schema::StringOr;
use crate::error::{Result, fail};
use crate::path::normalize;
use std::path::{Path, PathBuf};
use toml::Value;

impl Manifests {
    /// Loads the packages that members need: path dependencies that are not members, and patches by
    /// path, including those of the config. If a package is not a member, cargo loads only its
    /// dependencies that the lockfile lists. The others need not exist.
    ///
    /// # Errors
    /// A manifest is missing or invalid.
    pub(super) fn find_packages(&mut self) -> Result<()> {
        self.packages.clear();
        let mut open: Vec<PathBuf> = self.members.iter().cloned().collect();
        let root = self.root.clone();
        for (source, key, dir) in self.patches_by_path() {
            self.load(&dir).map(drop).map_err(|e| {
                e.within(&format!("failed to load patch `{key}` of `{source}` in `{}`", self.name(&root)))
            })?;
            open.push(dir);
        }
        while let Some(dir) = open.pop() {
            let manifest = self.load(&dir)?;
            let inherits = manifest.inherits();
            if manifest.package.is_none() || !self.packages.insert(dir.clone()) {
                continue;
            }
            if inherits {
                self.find_inherited(&dir)?;
            }
            let is_member = self.members.contains(&dir);
            let entry = self.entry(&dir);
            for dependency in self.path_dependencies(&dir)? {
                let need = if is_member { Need::Must } else { self.need(entry, &dependency) };
                if need == Need::Not {
                    continue;
                }
                match self.load_package(&dependency.dir) {
                    Ok(()) => open.push(dependency.dir),
                    Err(error) if need == Need::Must => return Err(self.in_dependency(error, &dir, &dependency.key)),
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Loads a package and the root that it inherits from.
    fn load_package(&mut self, dir: &Path) -> Result<()> {
        let manifest = self.load(dir)?;
        if manifest.package.is_none() {
            fail!("`{}` is a virtual manifest: it has no `[package]`", self.name(dir));
        }
        if manifest.inherits() {
            self.find_inherited(dir)?;
        }
        Ok(())
    }

    /// Returns the lockfile entry of a loaded package.
    fn entry(&self, dir: &Path) -> Option<usize> {
        let package = self.get(dir).package.as_ref()?;
        let version = match &package.version {
            Some(StringOr::Short(version)) => version,
            Some(StringOr::Full(_)) => self.inherited(dir)?.1.package.get("version")?.as_str()?,
            None => "0.0.0",
        };
        self.lock.as_ref()?.local_entry(&package.name, version)
    }

    /// Returns whether a path dependency is needed by a package with this entry that is not a
    /// member.
    fn need(&self, entry: Option<usize>, dependency: &PathDependency) -> Need {
        let packages = self.lock.as_ref().map_or(&[][..], |lock| &lock.packages);
        let is_it = |i: &usize| packages[*i].source.is_none() && packages[*i].name == dependency.package;
        match entry {
            Some(entry) if packages[entry].dependencies.iter().any(is_it) => Need::Must,
            Some(_) if dependency.is_optional => Need::Not,
            _ if dependency.is_dev => Need::Not,
            // The lockfile does not decide it.
            _ => Need::May,
        }
    }

    /// Returns the patches and replacements of the root that are paths: source, key, and directory.
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
}

/// Whether a package has to be loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
    Not,
}
