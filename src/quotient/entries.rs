//! The dependencies of stubs on third-party packages, in canonical form.
//!
//! In: the classes in which third-party packages are built, and the features requested from them.
//! Out: a sorted list of [`Entry`]s. An entry depends on what is requested, when, and in which
//! class. It depends neither on the local package that requests it nor on the number of requests.
//! Touches nothing.

use crate::quotient::class::{Class, Emit};
use crate::quotient::features::{Asked, DEFAULT, Features};
use crate::quotient::units::Built;
use crate::workspace::condition::{Atom, Chain, Condition, Side};
use crate::workspace::{Resolved, Resolver, SOURCE_KEYS, Workspace};
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// Where an entry belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// In units of this class.
    Built(Class),
    /// In no unit. Only its features count, because cargo unifies features over all selected
    /// packages, built or not.
    Resolved(Side),
}

/// A dependency of a stub.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The stub that has it.
    pub role: Role,
    /// The platforms that must match.
    pub chain: Chain,
    /// Index in the lockfile.
    pub locked: usize,
    /// The variant of its declaration.
    pub variant: String,
    /// The keys of the declaration that name its source, and unknown keys.
    pub rest: Table,
    /// Features.
    pub features: BTreeSet<String>,
    /// `default-features`.
    pub default_features: bool,
}

/// The parts in which entries differ: role, conditions, lockfile entry, and variant.
type Key = (Role, Chain, usize, String);

/// Collects the entries.
pub fn entries(workspace: &Workspace, features: &Features<'_>, built: &Built) -> Vec<Entry> {
    let rests = declarations(workspace);
    let side_of = |class: &Class| match (workspace.resolver, class) {
        (Resolver::V2, Class::Host(..)) => Side::Host,
        _ => Side::Target,
    };
    let mut entries = BTreeMap::<Key, BTreeSet<String>>::new();
    let mut more = BTreeMap::<Key, BTreeSet<String>>::new();
    for ((locked, variant), classes) in built {
        for (class, condition) in classes {
            let asked = features.requests.get(&(*locked, side_of(class))).cloned().unwrap_or_default();
            let is_checked = is_checked(Role::Built(*class));
            for chain in condition.chains() {
                // Nothing above a selected proc-macro can be judged on the target. The target is
                // the host unless this is a cross build.
                let chain = if is_checked { judged_on(Side::Host, chain) } else { chain.clone() };
                let key = |role| (role, chain.clone(), *locked, variant.clone());
                let mut holding = holding(&asked, &chain);
                if is_checked && workspace.resolver == Resolver::V2 {
                    // A selected proc-macro also counts for the target, and must not request more
                    // features there.
                    let on_target = features.requests.get(&(*locked, Side::Target)).cloned().unwrap_or_default();
                    let (both, host_only) = holding.into_iter().partition(|f| {
                        on_target.features.get(f).is_some_and(|c| c.holds_under(&judged_on(Side::Target, &chain)))
                    });
                    holding = both;
                    if !host_only.is_empty() {
                        more.insert(key(Role::Resolved(Side::Host)), host_only);
                    }
                }
                entries.insert(key(Role::Built(*class)), holding);
            }
        }
    }
    for ((locked, side), asked) in &features.requests {
        let own = entries
            .keys()
            .filter(|(role, _, l, _)| l == locked && matches!(role, Role::Built(class) if side_of(class) == *side));
        let own: Vec<_> = own.cloned().collect();
        let checked =
            entries.keys().filter(|(role, _, l, _)| l == locked && *side == Side::Target && is_checked(*role));
        let checked: Vec<Chain> = checked.map(|(_, chain, _, _)| judged_on(Side::Target, chain)).collect();
        for (chain, missing) in uncovered(asked, &own, &checked, workspace.resolver) {
            // If a stub builds the package anyway, it makes the request. Otherwise a stub does that
            // only resolves.
            let building = own.iter().find(|(role, c, _, _)| c.is_subset(&chain) && !is_checked(*role));
            let (role, variant) = match building {
                Some((role, _, _, variant)) => (*role, variant.clone()),
                None => (Role::Resolved(*side), rests[locked].keys().next().cloned().unwrap_or_default()),
            };
            more.entry((role, chain, *locked, variant)).or_default().extend(missing);
        }
    }
    entries.extend(more);
    let entry = |((role, chain, locked, variant), mut features): (Key, BTreeSet<String>)| Entry {
        role,
        chain,
        locked,
        rest: rests[&locked].get(&variant).cloned().unwrap_or_default(),
        variant,
        default_features: features.remove(DEFAULT),
        features,
    };
    entries.into_iter().map(entry).collect()
}

/// Returns whether the role is below a selected proc-macro that is checked for the host.
fn is_checked(role: Role) -> bool {
    matches!(role, Role::Built(Class::Host(Emit::Metadata, _)))
}

/// Returns the features that are requested whenever `chain` holds.
fn holding(asked: &Asked, chain: &Chain) -> BTreeSet<String> {
    asked.features.iter().filter(|(_, c)| c.holds_under(chain)).map(|(f, _)| f.clone()).collect()
}

/// Returns the same platforms, all judged on one side.
fn judged_on(side: Side, chain: &Chain) -> Chain {
    chain.iter().map(|atom| Atom { side, ..atom.clone() }).collect()
}

/// Returns the features requested under conditions that no entry has, by condition. Entries of a
/// selected proc-macro also count for the target under the `checked` conditions.
fn uncovered(asked: &Asked, own: &[Key], checked: &[Chain], resolver: Resolver) -> BTreeMap<Chain, BTreeSet<String>> {
    let mut missing = BTreeMap::<Chain, BTreeSet<String>>::new();
    if resolver == Resolver::V1 && !own.is_empty() {
        return missing; // Features do not depend on platforms there, so any entry carries them all.
    }
    let chains = |condition: &Condition| condition.chains().cloned().collect::<Vec<_>>();
    let standing: Vec<&Chain> = own.iter().map(|(_, chain, _, _)| chain).chain(checked).collect();
    for chain in chains(&asked.at_all).into_iter().filter(|c| !standing.iter().any(|o| o.is_subset(c))) {
        missing.entry(chain).or_default();
    }
    for (feature, condition) in &asked.features {
        for chain in chains(condition).into_iter().filter(|c| !own.iter().any(|(_, o, _, _)| o == c)) {
            missing.entry(chain).or_default().insert(feature.clone());
        }
    }
    missing
}

/// Returns the keys with which local packages declare each lockfile entry and variant. cargo
/// accepts a package under one name only, so the keys of its source are merged. The first value in
/// order wins.
fn declarations(workspace: &Workspace) -> BTreeMap<usize, BTreeMap<String, Table>> {
    let mut sorted = BTreeMap::<(usize, String, String), &Table>::new();
    for dependency in workspace.packages.iter().flat_map(|p| &p.dependencies) {
        if let Resolved::Locked(locked) = dependency.to {
            sorted.insert((locked, dependency.variant(), dependency.rest.to_string()), &dependency.rest);
        }
    }
    let mut rests = BTreeMap::<usize, BTreeMap<String, Table>>::new();
    for ((locked, variant, _), rest) in sorted {
        let keys = rests.entry(locked).or_default().entry(variant).or_default();
        let source_is_known = keys.keys().any(|k| SOURCE_KEYS.contains(&k.as_str()));
        let new = rest.iter().filter(|(k, _)| !(source_is_known && SOURCE_KEYS.contains(&k.as_str())));
        keys.extend(new.map(|(k, v)| (k.clone(), v.clone())));
    }
    rests
}
