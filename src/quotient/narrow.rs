//! Narrows a workspace to what builds of a few members can depend on, for `prepare --bin NAME`.
//!
//! In: a workspace and names of packages or binaries. Out: the workspace without what neither `-p
//! NAME` nor `--bin NAME` builds. Other members stay if they can change features of built packages,
//! because cargo unifies features over all default members. Touches nothing.

use crate::quotient::names;
use crate::workspace::scope::Scope;
use crate::workspace::{DependencyKind, Package, Resolved, TargetKind, Workspace};
use std::collections::BTreeSet;

/// Returns the members that `prepare --bin` means by these names, as in cargo-chef: the member with
/// the name, else the one with such a binary. Returns `None` if there is no match for a name.
pub fn meant(workspace: &Workspace, names: &[String]) -> Option<BTreeSet<usize>> {
    let position = |is: &dyn Fn(&Package) -> bool| workspace.packages.iter().position(|p| p.is_member && is(p));
    let member = |name: &String| {
        let has = |p: &Package| p.targets.iter().any(|t| t.kind == TargetKind::Bin && t.name == *name);
        position(&|p| p.name == *name).or_else(|| position(&has))
    };
    names.iter().map(member).collect()
}

/// Returns the workspace without what these members cannot depend on.
pub fn narrow(workspace: &Workspace, members: &BTreeSet<usize>) -> Workspace {
    let mut narrow = workspace.clone();
    let below = below(workspace, members);
    let relevant = relevant(workspace, &below, members);
    for (i, package) in narrow.packages.iter_mut().enumerate() {
        if !members.contains(&i) {
            package.targets.retain(|t| t.kind == TargetKind::Lib);
        }
        for dependency in package.dependencies.iter_mut().filter(|_| !below.contains(&i)) {
            let counts = match dependency.to {
                Resolved::Local(local) => relevant.packages.contains(&local),
                Resolved::Locked(locked) => relevant.locked.contains(&locked),
                Resolved::Absent => false,
            };
            if !counts {
                dependency.to = Resolved::Absent;
            }
        }
    }
    let kept: Vec<usize> = (0..narrow.packages.len())
        .filter(|i| relevant.packages.contains(i) || narrow.packages[*i].is_carried())
        .collect();
    let renewed = |old: usize| kept.iter().position(|i| *i == old);
    narrow.packages = kept.iter().map(|i| narrow.packages[*i].clone()).collect();
    for dependency in narrow.packages.iter_mut().flat_map(|p| &mut p.dependencies) {
        if let Resolved::Local(local) = dependency.to {
            dependency.to = renewed(local).map_or(Resolved::Absent, Resolved::Local);
        }
    }
    narrow.default_members = workspace.default_members.iter().filter_map(|i| renewed(*i)).collect();
    if narrow.default_members.is_empty() {
        narrow.default_members = members.iter().filter_map(|i| renewed(*i)).collect();
    }
    narrow.current = workspace.current.and_then(renewed);
    narrow
}

/// Returns the members, and all local packages below them.
fn below(workspace: &Workspace, members: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut below = BTreeSet::new();
    let mut open: Vec<usize> = members.iter().copied().collect();
    while let Some(i) = open.pop() {
        if below.insert(i) {
            let counts = |kind: DependencyKind| kind != DependencyKind::Dev || members.contains(&i);
            let dependencies = workspace.packages[i].dependencies.iter().filter(|d| counts(d.kind));
            open.extend(dependencies.filter_map(|d| d.to.local()));
        }
    }
    below
}

/// What can change a feature of a package below the members.
struct Relevant {
    packages: BTreeSet<usize>,
    locked: BTreeSet<usize>,
}

/// Returns everything that reaches what the packages `below` reach, by the lockfile, and the local
/// packages above that.
fn relevant(workspace: &Workspace, below: &BTreeSet<usize>, members: &BTreeSet<usize>) -> Relevant {
    let counts = |i: usize, kind| kind != DependencyKind::Dev || members.contains(&i);
    let direct = below.iter().flat_map(|i| workspace.packages[*i].dependencies.iter().filter(|d| counts(*i, d.kind)));
    let reach = workspace.lock.reach(direct.filter_map(|d| d.to.locked()));
    let touches = |i: &usize| !workspace.lock.reach([*i]).is_disjoint(&reach);
    let all: BTreeSet<usize> =
        workspace.packages.iter().flat_map(|p| &p.dependencies).filter_map(|d| d.to.locked()).collect();
    let locked: BTreeSet<usize> = all.into_iter().filter(touches).collect();
    // With resolver 1, flags belong to the current package.
    let mut packages: BTreeSet<usize> = below.iter().copied().chain(workspace.current).collect();
    loop {
        let is_above = |p: &Package| {
            p.dependencies.iter().any(|d| match d.to {
                Resolved::Local(local) => packages.contains(&local),
                Resolved::Locked(entry) => locked.contains(&entry),
                Resolved::Absent => false,
            })
        };
        let more = workspace.packages.iter().enumerate().filter(|(i, p)| !packages.contains(i) && is_above(p));
        let more: Vec<usize> = more.map(|(i, _)| i).collect();
        if more.is_empty() {
            return Relevant { packages, locked };
        }
        packages.extend(more);
    }
}

/// A build that `cook` means.
pub struct Meant {
    /// In the user's words.
    pub said: Scope,
    /// In the names of the recipe.
    pub scope: Scope,
}

/// Returns the builds that `cook` means if its flags name neither packages nor binaries. If the
/// recipe is narrowed `to` packages, these are their own builds (`-p`), and the builds of their
/// binaries among all default members (`--bin`).
pub fn scopes(workspace: &Workspace, to: &Scope, asked: &Scope) -> Vec<Meant> {
    let plain = |scope: Scope| Meant { said: scope.clone(), scope };
    if asked.workspace || !asked.package.is_empty() || !asked.bin.is_empty() || to.package.is_empty() {
        return vec![plain(asked.clone())];
    }
    let names = &to.package;
    let alone = Scope { package: names.clone(), ..asked.clone() };
    let own = workspace.packages.iter().enumerate().filter(|(_, p)| p.is_member && names.contains(&p.name));
    let bins: BTreeSet<String> =
        own.clone().flat_map(|(_, p)| names::binaries(workspace, p)).map(str::to_owned).collect();
    let is_default = own.into_iter().all(|(i, _)| workspace.default_members.contains(&i));
    if asked.names_targets() || bins.is_empty() || !is_default {
        return vec![plain(alone)];
    }
    let said = Scope { bin: to.bin.clone(), ..asked.clone() };
    vec![plain(alone), Meant { said, scope: Scope { bin: bins.into_iter().collect(), ..asked.clone() } }]
}
