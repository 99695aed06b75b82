//! What the stubs have to ask of third-party packages, in canonical form.
//!
//! In: the classes in which third-party packages are built, and the features asked of them. Out: a sorted list of
//! [`Entry`]s. The form depends on what is asked, when and in which class, and on nothing else: not on which local
//! package asks, nor how often. Touches nothing.

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
    /// Below units of this class.
    Built(Class),
    /// Nowhere: only its features count, because cargo unifies features over all that is selected, built or not.
    Resolved(Side),
}

/// A dependency of a stub.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which stub.
    pub role: Role,
    /// The platforms that must match.
    pub chain: Chain,
    /// Index in the lockfile.
    pub locked: usize,
    /// The variant of the declaration.
    pub variant: String,
    /// The keys of the declaration that say where it comes from, and those that are not known here.
    pub rest: Table,
    /// Features.
    pub features: BTreeSet<String>,
    /// `default-features`.
    pub default_features: bool,
}

/// What tells entries apart: role, conditions, entry of the lockfile, variant.
type Key = (Role, Chain, usize, String);

/// Gathers the entries.
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
                // Nothing stands above a selected proc-macro that could be judged on the target, which is the host unless one
                // is cross-compiling.
                let chain = if is_checked { judged_on(Side::Host, chain) } else { chain.clone() };
                let key = |role| (role, chain.clone(), *locked, variant.clone());
                let mut holding = holding(&asked, &chain);
                if is_checked && workspace.resolver == Resolver::V2 {
                    // A selected proc-macro counts for the target, too, and must not ask for more there.
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
            // Where the package is built anyway, the stub that builds it asks; else one that only resolves.
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

/// Whether it is below a proc-macro that is selected, and checked for the host.
fn is_checked(role: Role) -> bool {
    matches!(role, Role::Built(Class::Host(Emit::Metadata, _)))
}

/// The features that are asked for whenever `chain` holds.
fn holding(asked: &Asked, chain: &Chain) -> BTreeSet<String> {
    asked.features.iter().filter(|(_, c)| c.holds_under(chain)).map(|(f, _)| f.clone()).collect()
}

/// The same platforms, all judged on one side.
fn judged_on(side: Side, chain: &Chain) -> Chain {
    chain.iter().map(|atom| Atom { side, ..atom.clone() }).collect()
}

/// What is asked under conditions that no entry stands under, by condition. Entries of a selected proc-macro count for the
/// target under the `checked` conditions, too.
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

/// For each entry of the lockfile and variant, the keys with which local packages declare it. cargo takes a package under
/// one name only, so what they say of its source is put together; the first in order wins.
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
