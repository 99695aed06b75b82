//! Resolves each dependency to a package.
//!
//! In: the local packages with their declared dependencies, and Cargo.lock. Out: a local package or
//! a lockfile entry for each dependency. cargo's choice stands: a dependency resolves only to
//! entries that the lockfile lists for its package. A new package may share the entries of others.
//! An entry without a source is a local package; it never becomes a requirement for a registry.
//! Touches nothing.

use super::dependencies::Declared;
use super::source::{Agreement, agreement};
use crate::error::{Error, Result};
use crate::workspace::lockfile::{LockedPackage, Lockfile};
use crate::workspace::{Dependency, DependencyKind, Package, Resolved};
use semver::{Version, VersionReq};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use toml::Table;

/// The values that resolve the dependencies of any package.
pub struct Linker<'a> {
    /// The index of the local package in each directory.
    pub by_dir: &'a BTreeMap<&'a OsStr, usize>,
    /// The local packages.
    pub packages: &'a [Package],
    /// Cargo.lock.
    pub lock: &'a Lockfile,
    /// How messages name it.
    pub lock_name: &'a str,
    /// The packages in `[patch]`, whose lockfile entries may have another source than the manifests
    /// name.
    pub patched: &'a BTreeSet<String>,
    /// The config, which has the URLs of registries.
    pub config: &'a Table,
}

impl Linker<'_> {
    /// Resolves the dependencies of the package at index `from`, which are in `declared`.
    ///
    /// # Errors
    /// The lockfile lacks a dependency that an up-to-date lockfile would list.
    pub fn resolve(&self, from: usize, manifest_name: &str, declared: &[Vec<Declared>]) -> Result<Vec<Dependency>> {
        let package = &self.packages[from];
        let entry = self.entry(package);
        let resolve = |declaration: &Declared| -> Result<Dependency> {
            let mut dependency = declaration.dependency.clone();
            dependency.to = match &declaration.path {
                // cargo does not resolve this package, or reports that it is missing.
                Some(path) => self.by_dir.get(path.as_os_str()).map_or(Resolved::Absent, |i| Resolved::Local(*i)),
                None => self.locked(package, entry, manifest_name, &dependency, declared)?,
            };
            Ok(dependency)
        };
        declared[from].iter().map(resolve).collect()
    }

    fn entry(&self, package: &Package) -> Option<&LockedPackage> {
        self.lock.local_entry(&package.name, &package.version).map(|i| &self.lock.packages[i])
    }

    fn locked(
        &self,
        package: &Package,
        entry: Option<&LockedPackage>,
        manifest_name: &str,
        dependency: &Dependency,
        declared: &[Vec<Declared>],
    ) -> Result<Resolved> {
        let named: Vec<usize> = entry
            .into_iter()
            .flat_map(|entry| &entry.dependencies)
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
        // The lockfile lists only the used features of a package that is not a member.
        let may_be_absent = !package.is_member && (dependency.optional || dependency.kind == DependencyKind::Dev);
        let behind = |why: String| {
            let help = "help: run `cargo update --workspace`";
            Err(Error::Behind(format!("`{}` is behind the manifests: {why}\n{help}", self.lock_name)))
        };
        let depends = format!("`{manifest_name}` depends on `{}`", asked());
        match best.map(|i| (i, self.moved_to_git(i, dependency))) {
            Some((i, None)) => match self.entry_or_local(i) {
                Some(resolved) => Ok(resolved),
                None if may_be_absent => Ok(Resolved::Absent),
                None => behind(format!("{depends}, and the lockfile has it as a local package, which is not there")),
            },
            _ if may_be_absent => Ok(Resolved::Absent),
            Some((i, Some(url))) => behind(format!(
                "`{manifest_name}` depends on `{}` from `{url}`, and the lockfile has `{} {}` from a registry",
                asked(),
                dependency.package,
                self.lock.packages[i].version
            )),
            None if named.is_empty() => match self.of_others(dependency, declared) {
                Some(i) => Ok(Resolved::Locked(i)),
                None => behind(format!("{depends}, which the lockfile does not list for `{}`", package.name)),
            },
            None => behind(format!(
                "{depends}, and the lockfile has `{} {}`",
                dependency.package, self.lock.packages[named[0]].version
            )),
        }
    }

    /// Returns the entry that cargo would select for a new dependency. It must be the only entry of
    /// its name and meet the requirement. Other packages must already activate all requested
    /// features, so that the lockfile lists everything that the features need.
    fn of_others(&self, dependency: &Dependency, declared: &[Vec<Declared>]) -> Option<usize> {
        let mut named = (0..self.lock.packages.len()).filter(|i| self.lock.packages[*i].name == dependency.package);
        let (only, None) = (named.next()?, named.next()) else { return None };
        let locked = &self.lock.packages[only];
        let is_same = agreement(Some(locked.source.as_ref()?), &dependency.rest, self.config) == Agreement::Same;
        let is_listed = |p: &Package| self.entry(p).is_some_and(|entry| entry.dependencies.contains(&only));
        let by_others = self.packages.iter().zip(declared).filter(|(p, _)| is_listed(p)).flat_map(|(_, d)| d);
        let by_others: Vec<&Dependency> =
            by_others.map(|d| &d.dependency).filter(|d| d.package == dependency.package && !d.optional).collect();
        let is_asked = |feature: &String| by_others.iter().any(|d| d.features.contains(feature));
        let is_covered = dependency.features.iter().all(is_asked)
            && (!dependency.default_features || by_others.iter().any(|d| d.default_features));
        (is_same && fits(locked, dependency) && is_covered && locked.replace.is_none()).then_some(only)
    }

    /// Returns the repository that a dependency names if its entry is still from a registry, and
    /// not through `[patch]`.
    fn moved_to_git<'d>(&self, i: usize, dependency: &'d Dependency) -> Option<&'d str> {
        let url = dependency.rest.get("git")?.as_str()?;
        let is_of_registry = self.lock.packages[i]
            .source
            .as_deref()
            .is_some_and(|s| ["registry+", "sparse+"].iter().any(|p| s.starts_with(p)));
        (is_of_registry && !self.patched.contains(&dependency.package)).then_some(url)
    }

    /// Returns an entry, or the local package of an entry without a source, which `[patch]` put
    /// there.
    fn entry_or_local(&self, i: usize) -> Option<Resolved> {
        let locked = &self.lock.packages[i];
        if locked.source.is_some() {
            return Some(Resolved::Locked(i));
        }
        let mut local = (0..self.packages.len()).filter(|p| self.packages[*p].name == locked.name);
        let exact = local.clone().find(|p| self.packages[*p].version == locked.version);
        exact.or_else(|| local.next()).map(Resolved::Local)
    }

    /// Checks that every local entry is a package of this workspace, also below third-party
    /// packages, and that every dependency has an entry.
    ///
    /// # Errors
    /// An entry has no package, so that cargo would ask a registry for its name.
    pub fn refuse_strangers(&self, resolved: &[Vec<Dependency>]) -> Result<()> {
        let reached = self.lock.reach(resolved.iter().flatten().filter_map(|d| d.to.locked()));
        if let Some((i, reference)) = self.lock.dropped.iter().find(|(i, _)| reached.contains(i)) {
            let LockedPackage { name, version, .. } = &self.lock.packages[*i];
            return Err(Error::Behind(format!(
                "`{}` is behind the manifests: `{name} {version}` depends on `{reference}`, which it does not list\nhelp: run `cargo update --workspace`",
                self.lock_name
            )));
        }
        let stranger = reached.into_iter().find(|i| self.entry_or_local(*i).is_none());
        stranger.map_or(Ok(()), |i| {
            let LockedPackage { name, version, .. } = &self.lock.packages[i];
            Err(Error::Behind(format!(
                "`{}` is behind the manifests: it lists `{name} {version}` as a local package, which is not there\nhelp: run `cargo update --workspace`",
                self.lock_name
            )))
        })
    }
}

/// Returns whether a locked version meets the requirement. cargo reports a requirement that it
/// cannot parse.
fn fits(locked: &LockedPackage, dependency: &Dependency) -> bool {
    let requirement = dependency.version.as_deref().map(VersionReq::parse);
    match (requirement, Version::parse(&locked.version)) {
        (Some(Ok(requirement)), Ok(version)) => requirement.matches(&version),
        _ => true,
    }
}
