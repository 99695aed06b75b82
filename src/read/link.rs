//! What each dependency resolves to.
//!
//! In: the local packages with what they declare, and Cargo.lock. Out: for each declaration a local package or an entry
//! of the lockfile. cargo's own choice is never second-guessed: an entry is taken only from what the lockfile lists for
//! the package that asks. Touches nothing.

use super::dependencies::Declared;
use super::source::agreement;
use crate::error::{Result, fail};
use crate::workspace::lockfile::{LockedPackage, Lockfile};
use crate::workspace::{Dependency, DependencyKind, Package, Resolved};
use semver::{Version, VersionReq};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use toml::Table;

/// What is needed to resolve the dependencies of any package.
pub struct Linker<'a> {
    /// The index of the local package in each directory.
    pub by_dir: &'a BTreeMap<&'a OsStr, usize>,
    /// The local packages.
    pub packages: &'a [Package],
    /// Cargo.lock.
    pub lock: &'a Lockfile,
    /// How messages name it.
    pub lock_name: &'a str,
    /// The packages that some `[patch]` names: what they are locked to need not come from where a manifest says.
    pub patched: &'a BTreeSet<String>,
    /// The config, which says where registries are.
    pub config: &'a Table,
}

impl Linker<'_> {
    /// Resolves what the package at index `from` declares.
    ///
    /// # Errors
    /// A dependency that a lockfile which is up to date would list, and this one does not.
    pub fn resolve(&self, from: usize, manifest_name: &str, declared: Vec<Declared>) -> Result<Vec<Dependency>> {
        let package = &self.packages[from];
        let entry = self.lock.local_entry(&package.name, &package.version).map(|i| &self.lock.packages[i]);
        if entry.is_none() && package.is_member {
            fail!(
                "`{}` is behind the manifests: it does not list the package `{}` of `{manifest_name}`\nhelp: run `cargo update --workspace`",
                self.lock_name,
                package.name
            );
        }
        let resolve = |declared: Declared| -> Result<Dependency> {
            let Declared { mut dependency, path } = declared;
            dependency.to = match path.as_ref().and_then(|p| self.by_dir.get(p.as_os_str())) {
                Some(local) => Resolved::Local(*local),
                None => self.locked(package, entry, manifest_name, &dependency)?,
            };
            Ok(dependency)
        };
        declared.into_iter().map(resolve).collect()
    }

    fn locked(
        &self,
        package: &Package,
        entry: Option<&LockedPackage>,
        manifest_name: &str,
        dependency: &Dependency,
    ) -> Result<Resolved> {
        let Some(entry) = entry else { return Ok(Resolved::Absent) };
        let named: Vec<usize> = entry
            .dependencies
            .iter()
            .map(|i| self.lock.packages[*i].replace.unwrap_or(*i))
            .filter(|i| self.lock.packages[*i].name == dependency.package)
            .collect();
        let best = named.iter().copied().filter(|i| fits(&self.lock.packages[*i], dependency));
        let best = best.max_by_key(|i| {
            let locked = &self.lock.packages[*i];
            (agreement(locked.source.as_deref(), &dependency.rest, self.config), Version::parse(&locked.version).ok())
        });
        let asked = || {
            format!(
                "{}{}",
                dependency.package,
                dependency.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default()
            )
        };
        // A package that is no member is locked only with the features that are used of it.
        let may_be_absent = !package.is_member && (dependency.optional || dependency.kind == DependencyKind::Dev);
        match best {
            Some(i) => match self.moved_to_git(i, dependency) {
                None => Ok(self.entry_or_local(i)),
                Some(_) if may_be_absent => Ok(Resolved::Absent),
                Some(url) => fail!(
                    "`{}` is behind the manifests: `{manifest_name}` depends on `{}` from `{url}`, and the lockfile has `{} {}` from a registry\nhelp: run `cargo update --workspace`",
                    self.lock_name,
                    asked(),
                    dependency.package,
                    self.lock.packages[i].version
                ),
            },
            None if may_be_absent || (named.is_empty() && !package.is_member) => Ok(Resolved::Absent),
            None if named.is_empty() => fail!(
                "`{}` is behind the manifests: `{manifest_name}` depends on `{}`, which the lockfile does not list for `{}`\nhelp: run `cargo update --workspace`",
                self.lock_name,
                asked(),
                package.name
            ),
            None => fail!(
                "`{}` is behind the manifests: `{manifest_name}` depends on `{}`, and the lockfile has `{} {}`\nhelp: run `cargo update --workspace`",
                self.lock_name,
                asked(),
                dependency.package,
                self.lock.packages[named[0]].version
            ),
        }
    }

    /// The repository that the dependency names, where the entry is still the registry's and no `[patch]` made it so.
    fn moved_to_git<'d>(&self, i: usize, dependency: &'d Dependency) -> Option<&'d str> {
        let url = dependency.rest.get("git")?.as_str()?;
        let is_of_registry = self.lock.packages[i]
            .source
            .as_deref()
            .is_some_and(|s| ["registry+", "sparse+"].iter().any(|p| s.starts_with(p)));
        (is_of_registry && !self.patched.contains(&dependency.package)).then_some(url)
    }

    /// An entry without a source is a local package: one that `[patch]` put in the place of another.
    fn entry_or_local(&self, i: usize) -> Resolved {
        let locked = &self.lock.packages[i];
        let local = |p: &Package| locked.source.is_none() && p.name == locked.name;
        let exact = self.packages.iter().position(|p| local(p) && p.version == locked.version);
        exact.or_else(|| self.packages.iter().position(local)).map_or(Resolved::Locked(i), Resolved::Local)
    }
}

/// Whether a locked version is one that the dependency asks for. A requirement that cannot be parsed is cargo's matter.
fn fits(locked: &LockedPackage, dependency: &Dependency) -> bool {
    let requirement = dependency.version.as_deref().map(VersionReq::parse);
    match (requirement, Version::parse(&locked.version)) {
        (Some(Ok(requirement)), Ok(version)) => requirement.matches(&version),
        _ => true,
    }
}
