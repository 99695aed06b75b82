//! Differences between two lockfiles: packages that are new, gone, or have another version.
//!
//! In: two views. Out: which packages correspond ([`Pairs`]), and [`Change`]s. A new package that
//! only other packages need is part of the change that brings it. Touches nothing.

use super::super::change::{Change, Kind};
use super::{Both, label, subject};
use crate::recipe::view::View;
use crate::workspace::lockfile::{LockedPackage, Lockfile};
use semver::Version;
use std::collections::{BTreeMap, BTreeSet};

/// Which third-party packages of two lockfiles correspond, by index.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// From the old index to the new one.
    pub forward: BTreeMap<usize, usize>,
    /// Packages of the old lockfile that have no counterpart.
    pub gone: BTreeSet<usize>,
    /// Packages of the new lockfile that have no counterpart.
    pub new: BTreeSet<usize>,
}

/// Whether two packages of one name correspond.
type Rule = dyn Fn(&LockedPackage, &LockedPackage) -> bool;

/// Finds the packages that correspond: the same ones, else the same version from another source,
/// else compatible versions, else the highest ones.
pub(super) fn pairs(old: &View, new: &View) -> Pairs {
    let mut pairs = Pairs { gone: old.third_party(), new: new.third_party(), ..Pairs::default() };
    let same = |o: &LockedPackage, n: &LockedPackage| (&o.version, &o.source) == (&n.version, &n.source);
    let same_version = |o: &LockedPackage, n: &LockedPackage| o.version == n.version;
    let compatible = |o: &LockedPackage, n: &LockedPackage| line(&o.version) == line(&n.version);
    let rules: [&Rule; 4] = [&same, &same_version, &compatible, &|_: &LockedPackage, _: &LockedPackage| true];
    for rule in rules {
        let mut by_name = BTreeMap::<&str, Vec<usize>>::new();
        for n in &pairs.new {
            by_name.entry(&new.lock.packages[*n].name).or_default().push(*n);
        }
        // The lockfile is sorted by version, so the highest come last.
        for o in pairs.gone.clone().into_iter().rev() {
            let package = &old.lock.packages[o];
            let Some(candidates) = by_name.get_mut(package.name.as_str()) else { continue };
            let found = candidates.iter().rposition(|n| rule(package, &new.lock.packages[*n]));
            if let Some(n) = found.map(|at| candidates.remove(at)) {
                pairs.gone.remove(&o);
                pairs.new.remove(&n);
                pairs.forward.insert(o, n);
            }
        }
    }
    pairs
}

/// Returns what identifies compatible versions: `1`, `0.4`, or `0.0.3`.
fn line(version: &str) -> String {
    match Version::parse(version) {
        Ok(Version { major: 0, minor: 0, patch, .. }) => format!("0.0.{patch}"),
        Ok(Version { major: 0, minor, .. }) => format!("0.{minor}"),
        Ok(Version { major, .. }) => major.to_string(),
        Err(_) => version.to_owned(),
    }
}

/// Returns the changes of packages. `required` has the changes of features: what these bring is
/// added to them.
pub(super) fn packages(both: &Both<'_>, required: &mut [Change]) -> Vec<Change> {
    let (old, new) = (both.old, both.new);
    let direct = |view: &View| -> BTreeSet<usize> { view.asks.iter().map(|ask| ask.package).collect() };
    let (old_direct, new_direct) = (direct(old), direct(new));
    let mut rows = Vec::new();
    for n in both.pairs.new.iter().filter(|n| new_direct.contains(n)) {
        let package = &new.lock.packages[*n];
        let change = Change::new(Kind::New, &package.name).from_to(None, Some(package.version.clone()));
        rows.push(Row { change, old: None, new: Some(*n) });
    }
    for o in both.pairs.gone.iter().filter(|o| old_direct.contains(o)) {
        let package = &old.lock.packages[*o];
        let change = Change::new(Kind::Gone, &package.name).from_to(Some(package.version.clone()), None);
        rows.push(Row { change, old: Some(*o), new: None });
    }
    for (o, n) in &both.pairs.forward {
        if let Some(change) = pair(both, *o, *n) {
            rows.push(Row { change, old: Some(*o), new: Some(*n) });
        }
    }
    rows.sort_by(|a, b| (a.change.kind, &a.change.subject).cmp(&(b.change.kind, &b.change.subject)));

    let mut brought: BTreeSet<usize> = rows.iter().filter(|r| r.old.is_none()).filter_map(|r| r.new).collect();
    let mut dropped: BTreeSet<usize> = rows.iter().filter(|r| r.new.is_none()).filter_map(|r| r.old).collect();
    for row in &mut rows {
        let below = row.new.map(|n| along(&new.lock, n, &both.pairs.new, &mut brought)).unwrap_or_default();
        let left = row.old.map(|o| along(&old.lock, o, &both.pairs.gone, &mut dropped)).unwrap_or_default();
        row.change.brings = below.iter().map(|n| label(&new.lock, *n)).collect();
        row.change.drops = left.iter().map(|o| label(&old.lock, *o)).collect();
        let above = both.above(row.new.into_iter().chain(below));
        row.change = row.change.clone().touching(above);
        let (view, package) = row.new.map_or((old, row.old), |n| (new, Some(n)));
        row.change.asked_by = package.map(|package| view.askers(package, None)).unwrap_or_default();
    }
    let mut changes = Vec::new();
    for Row { change, .. } in rows {
        // Another set of features says why a package depends on others.
        let why = |r: &&mut Change| {
            change.kind == Kind::Dependencies && r.kind == Kind::Features && r.subject == change.subject
        };
        if let Some(features) = required.iter_mut().find(why) {
            let touched = &features.touched | &change.touched;
            let (brings, drops) = (change.brings, change.drops);
            *features = Change { brings, drops, ..features.clone() }.touching(touched);
        } else {
            changes.push(change);
        }
    }
    changes
}

/// A change, and its package in both lockfiles.
struct Row {
    change: Change,
    old: Option<usize>,
    new: Option<usize>,
}

/// Returns how a package differs that both lockfiles have.
fn pair(both: &Both<'_>, o: usize, n: usize) -> Option<Change> {
    let (old, new) = (&both.old.lock.packages[o], &both.new.lock.packages[n]);
    let kind = if old.version != new.version {
        Kind::Updated
    } else if old.source != new.source {
        Kind::Source
    } else if old.checksum != new.checksum {
        Kind::Checksum
    } else {
        return edges(both, o, n);
    };
    let change = Change::new(kind, &new.name);
    Some(match kind {
        Kind::Updated if old.source == new.source => {
            change.from_to(Some(old.version.clone()), Some(new.version.clone()))
        }
        Kind::Updated | Kind::Source => change.from_to(Some(with_source(old)), Some(with_source(new))),
        _ => change.from_to(old.checksum.clone(), new.checksum.clone()),
    })
}

fn with_source(package: &LockedPackage) -> String {
    let source = package.source.as_deref().unwrap_or("a local directory");
    format!("{} from {}", package.version, source.trim_start_matches("registry+"))
}

/// Returns the dependencies that a package of the same version has gained or lost.
fn edges(both: &Both<'_>, o: usize, n: usize) -> Option<Change> {
    let below = |package: &LockedPackage| -> BTreeSet<usize> {
        package.dependencies.iter().chain(&package.replace).copied().collect()
    };
    let (old, new) = (below(&both.old.lock.packages[o]), below(&both.new.lock.packages[n]));
    let mapped: BTreeSet<usize> = old.iter().filter_map(|i| both.pairs.forward.get(i).copied()).collect();
    let label_new = |i: &usize| label(&both.new.lock, *i);
    let gained: BTreeSet<String> = new.difference(&mapped).map(label_new).collect();
    let gone = old.iter().filter(|i| both.pairs.gone.contains(i)).map(|i| label(&both.old.lock, *i));
    let lost: BTreeSet<String> = mapped.difference(&new).map(label_new).chain(gone).collect();
    let version = Some(both.new.lock.packages[n].version.clone());
    let change = Change { gained, lost, new: version, ..Change::new(Kind::Dependencies, subject(&both.new.lock, n)) };
    (!change.gained.is_empty() || !change.lost.is_empty()).then_some(change)
}

/// Returns the packages of `among` that can be reached from one through `among` alone, and that no
/// earlier call has returned.
fn along(lock: &Lockfile, from: usize, among: &BTreeSet<usize>, taken: &mut BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(i) = open.pop() {
        for below in lock.packages[i].dependencies.iter().chain(&lock.packages[i].replace) {
            if among.contains(below) && taken.insert(*below) {
                found.insert(*below);
                open.push(*below);
            }
        }
    }
    found
}
