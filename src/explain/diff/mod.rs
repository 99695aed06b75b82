//! The differences between two recipes.
//!
//! In: two [`View`]s. Out: [`Change`]s, the most important first: those that touch most packages.
//! Complete: different recipes have at least one change, equal ones have none. Touches nothing.

mod members;
mod packages;
mod required;
mod settings;

use super::change::{Change, Kind};
use crate::recipe::view::View;
use crate::workspace::lockfile::Lockfile;
use packages::Pairs;
use std::collections::BTreeSet;

/// Two recipes, and which packages correspond.
struct Both<'a> {
    old: &'a View,
    new: &'a View,
    pairs: Pairs,
    /// The third-party packages of the new recipe.
    all: BTreeSet<usize>,
}

impl Both<'_> {
    /// Returns these packages of the new lockfile and all third-party packages above them.
    fn above(&self, packages: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let above = packages.into_iter().flat_map(|package| self.new.lock.dependents_of(package));
        above.filter(|package| self.all.contains(package)).collect()
    }
}

/// Returns the differences.
pub fn diff(old: &View, new: &View) -> Vec<Change> {
    let pairs = packages::pairs(old, new);
    let both = Both { old, new, pairs, all: new.third_party() };
    let mut changes = settings::settings(&both);
    let mut required = if of_one_kind(&both) { required::required(&both) } else { Vec::new() };
    changes.extend(packages::packages(&both, &mut required));
    changes.extend(required);
    if of_one_kind(&both) {
        changes.extend(members::members(&both));
    }
    changes.extend(members::carried(&both));
    if changes.is_empty() {
        changes.extend(forms(&both));
    }
    changes.sort_by(|a, b| (b.touches, a.kind, &a.subject, &a.place).cmp(&(a.touches, b.kind, &b.subject, &b.place)));
    changes
}

/// Returns whether both recipes have stubs, or both have members. If not, only the build that they
/// are for is comparable.
fn of_one_kind(both: &Both<'_>) -> bool {
    both.old.recipe.scope.is_some() == both.new.recipe.scope.is_some()
}

/// Returns the files that differ, of recipes that mean the same.
fn forms(both: &Both<'_>) -> Vec<Change> {
    let (old, new) = (&both.old.recipe.files, &both.new.recipe.files);
    let names: BTreeSet<&String> =
        old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name)).collect();
    names.into_iter().map(|name| Change::new(Kind::Form, name)).collect()
}

/// Returns a package with its version, and with its source if name and version do not identify it.
fn label(lock: &Lockfile, package: usize) -> String {
    let it = &lock.packages[package];
    let twins = lock.packages.iter().filter(|p| (&p.name, &p.version) == (&it.name, &it.version)).count();
    let source = it.source.as_ref().filter(|_| twins > 1).map(|source| format!(" ({source})")).unwrap_or_default();
    format!("{} {}{source}", it.name, it.version)
}

/// Returns the name of a package, with its version if there are several of that name.
fn subject(lock: &Lockfile, package: usize) -> String {
    let name = &lock.packages[package].name;
    let is_alone = lock.packages.iter().filter(|p| p.name == *name).count() == 1;
    if is_alone { name.clone() } else { label(lock, package) }
}
