//! Reduces a workspace to the part that dependencies of any build can depend on.
//!
//! In: a [`Workspace`] as read. Out: a workspace with the same quotient by every scope, without
//! what no quotient reads. That includes directories and versions of packages, names and numbers of
//! their targets, and features that reach nothing. An unscoped recipe holds this workspace. Maps
//! values to values and cannot fail.

use crate::carried;
use crate::quotient::{implied, names};
use crate::workspace::lockfile::LocalEntry;
use crate::workspace::profile;
use crate::workspace::{Below, Dependency, DependencyKind, Package, Resolved, SOURCE_KEYS, Target, Workspace};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// A reduced workspace, and the current package in it.
pub struct Reduced {
    /// The workspace.
    pub workspace: Workspace,
    /// Directory of the current package, unless it is the root.
    pub here: Option<String>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Reduces a workspace.
pub fn reduce(workspace: &Workspace) -> Reduced {
    let mut workspace = carried::as_third_parties(workspace);
    let direct = workspace.packages.iter().flat_map(|p| &p.dependencies).filter_map(|d| d.to.locked()).collect();
    let (on_bound, warnings) = carried::above_bound(&workspace, &direct);
    for dependency in workspace.packages.iter_mut().flat_map(|p| &mut p.dependencies) {
        if dependency.to.locked().is_some_and(|i| on_bound.contains(&i)) {
            dependency.to = Resolved::Absent;
        }
    }
    workspace.packages = implied::without(&workspace.packages);
    let workspace = &workspace;
    let live: Vec<BTreeSet<String>> = live_features(workspace);
    let counts = |p: &Package, d: &Dependency| d.kind != DependencyKind::Dev || p.is_member || !p.is_carried();
    let dependencies = workspace.packages.iter().flat_map(|p| p.dependencies.iter().filter(move |d| counts(p, d)));
    let reach = workspace.lock.reach(dependencies.filter_map(|d| d.to.locked()));
    // If a carried member is selected, a package of its own stands for its targets, such as tests.
    let own = workspace.packages.iter().enumerate().filter(|(_, p)| p.is_member || !p.is_carried());
    let places = Places { members: free(workspace, "members"), outside: free(workspace, "outside") };
    let mut targets = names::kept(workspace);
    let mut packages: Vec<(usize, Package)> =
        own.map(|(i, p)| (i, package(workspace, p, &places, &live, i, std::mem::take(&mut targets[i])))).collect();
    packages.sort_by(|(_, a), (_, b)| a.dir.cmp(&b.dir));
    let reduced = packages.len();
    // Carried packages stay unchanged, and keep their lockfile entries.
    let carried = workspace.packages.iter().enumerate().filter(|(_, p)| p.is_carried());
    packages.extend(carried.map(|(i, p)| (i, Package { is_member: false, ..p.clone() })));
    let position = |old: usize| packages.iter().position(|(i, _)| *i == old).expect("every package is kept");
    let renewed_local: Vec<usize> = (0..workspace.packages.len()).map(position).collect();

    let entries = packages[..reduced].iter().map(|(_, p)| LocalEntry {
        name: p.name.clone(),
        version: p.version.clone(),
        locked: p.dependencies.iter().filter_map(|d| d.to.locked()).collect(),
        local: p.dependencies.iter().filter_map(|d| d.to.local()).map(|i| renewed_local[i]).collect(),
    });
    let (lock, renewed_locked) = workspace.lock.restricted(&reach, entries.collect());
    let mut renewed: Vec<Package> = packages.into_iter().map(|(_, p)| p).collect();
    for dependency in renewed[..reduced].iter_mut().flat_map(|p| &mut p.dependencies) {
        dependency.to = match dependency.to {
            Resolved::Local(i) => Resolved::Local(renewed_local[i]),
            Resolved::Locked(i) => Resolved::Locked(renewed_locked[&i]),
            Resolved::Absent => Resolved::Absent,
        };
    }
    let mut default_members: Vec<usize> = workspace.default_members.iter().map(|i| renewed_local[*i]).collect();
    default_members.sort_unstable();
    let current = workspace.current.map(|i| renewed_local[i]);
    let carried: BTreeSet<String> = renewed[reduced..].iter().map(|p| p.dir.clone()).collect();
    let is_third_party = |i: usize| workspace.lock.packages[i].source.is_some() || workspace.carried(i).is_some();
    let names: BTreeSet<&str> =
        reach.iter().filter(|i| is_third_party(**i)).map(|i| workspace.lock.packages[*i].name.as_str()).collect();
    let mut config = workspace.config.clone();
    if let Some(Value::Table(profiles)) = config.get_mut("profile") {
        profiles_of_third_parties(profiles, &names);
    }
    let mut root_tables = workspace.root_tables.clone();
    profiles_of_third_parties(&mut root_tables.profile, &names);
    root_tables.patch = crate::quotient::patches(&root_tables.patch, &names, &carried);
    root_tables.replace = crate::quotient::of_carried(&root_tables.replace, &carried);
    let here = current.map(|i| renewed[i].dir.clone()).filter(|dir| !dir.is_empty());
    let workspace = Workspace {
        packages: renewed,
        stubs: BTreeSet::new(),
        current,
        default_members,
        root_tables,
        lock,
        config,
        ..workspace.clone()
    };
    Reduced { workspace, here, warnings }
}

fn profiles_of_third_parties(profiles: &mut Table, names: &BTreeSet<&str>) {
    let all = profiles.keys().cloned().collect();
    profile::restrict(profiles, &all, &|name| names.contains(name));
}

/// Returns for each package the features that reach something, or that a target requires.
fn live_features(workspace: &Workspace) -> Vec<BTreeSet<String>> {
    let required = |p: &Package| p.targets.iter().flat_map(|t| t.required_features.clone()).collect();
    let mut live: Vec<BTreeSet<String>> = workspace.packages.iter().map(required).collect();
    let mut above = BTreeMap::<(usize, &str), Vec<(usize, &str)>>::new();
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (i, package) in workspace.packages.iter().enumerate() {
        for (feature, values) in &package.features {
            if live[i].contains(feature) || values.iter().any(|v| reaches(package, v, &live, i)) {
                live[i].insert(feature.clone());
                open.push((i, feature));
            }
            for value in values {
                let below = features_in(package, value, i);
                if let [first, others @ ..] = &below[..] {
                    // One key may name several packages, in tables of different kinds. Each must
                    // have the feature.
                    if is_of_third_party(package, value) {
                        open.extend(below.iter().filter(|(i, f)| live[*i].insert((*f).to_owned())));
                    }
                    for other in others {
                        above.entry(*first).or_default().push(*other);
                        above.entry(*other).or_default().push(*first);
                    }
                }
                for below in below {
                    above.entry(below).or_default().push((i, feature));
                }
            }
        }
    }
    while let Some(found) = open.pop() {
        for (i, feature) in above.remove(&found).unwrap_or_default() {
            if live[i].insert(feature.to_owned()) {
                open.push((i, feature));
            }
        }
    }
    live
}

/// Returns the features of local packages that a feature value activates.
fn features_in<'a>(package: &'a Package, value: &'a str, own: usize) -> Vec<(usize, &'a str)> {
    match value.split_once('/') {
        None => vec![(own, value)],
        Some((key, feature)) => {
            let key = key.trim_end_matches('?');
            let locals = package.dependencies.iter().filter(|d| d.key == key).filter_map(|d| d.to.local());
            locals.map(|i| (i, feature)).collect()
        }
    }
}

/// Returns whether a value `key/feature` requests something from a third-party package. It may also
/// do so from local ones.
fn is_of_third_party(package: &Package, value: &str) -> bool {
    let Some((key, _)) = value.split_once('/') else { return false };
    let key = key.trim_end_matches('?');
    package.dependencies.iter().any(|d| d.key == key && d.to.locked().is_some())
}

/// Returns a feature value that reaches something, as the reduced workspace needs it. `key/feature`
/// also activates an optional dependency. It does nothing else if the local packages have lost the
/// feature.
///
/// `of` is the feature that has the value. cargo refuses a feature that activates itself.
fn renewed(package: &Package, of: &str, value: &str, live: &[BTreeSet<String>], own: usize) -> Vec<String> {
    let below = features_in(package, value, own);
    let is_lost = value.contains('/')
        && !is_of_third_party(package, value)
        && below.iter().all(|(i, feature)| !live[*i].contains(*feature));
    let Some((key, _)) = value.split_once('/').filter(|_| is_lost) else { return vec![value.to_owned()] };
    let dependency = format!("dep:{key}");
    let implied = (key != of && live[own].contains(key)).then(|| key.to_owned());
    let is_implied = implied.is_some() && package.features[key].contains(&dependency);
    (!is_implied).then_some(dependency).into_iter().chain(implied).collect()
}

/// Returns whether a feature value reaches a dependency, or a feature that does.
fn reaches(package: &Package, value: &str, live: &[BTreeSet<String>], own: usize) -> bool {
    let present = |key: &str| {
        package.dependencies.iter().filter(move |d| d.key == key && d.to != Resolved::Absent).collect::<Vec<_>>()
    };
    if let Some(key) = value.strip_prefix("dep:") {
        return !present(key).is_empty();
    }
    let Some((key, feature)) = value.split_once('/') else { return live[own].contains(value) };
    present(key.trim_end_matches('?')).iter().any(|d| match d.to {
        Resolved::Local(i) => live[i].contains(feature) || d.optional && !key.ends_with('?'),
        _ => true,
    })
}

/// The directories of the packages of a reduced workspace.
struct Places {
    members: String,
    outside: String,
}

fn package(
    workspace: &Workspace,
    package: &Package,
    places: &Places,
    live: &[BTreeSet<String>],
    own: usize,
    targets: Vec<Target>,
) -> Package {
    let twins =
        workspace.packages[..own].iter().filter(|p| p.name == package.name && p.is_member == package.is_member).count();
    let below = |place: &str| format!("{place}/{}", package.name);
    let dir = match (package.dir.is_empty(), package.is_member, twins) {
        (true, _, _) => String::new(),
        (_, true, _) => below(&places.members),
        (_, false, 0) => below(&places.outside),
        (_, false, n) => format!("{}-{n}", below(&places.outside)),
    };
    let features = package.features.iter().filter(|(f, _)| live[own].contains(*f));
    let features = features.map(|(f, values)| {
        let reaching = values.iter().filter(|v| reaches(package, v, live, own));
        let renewed: BTreeSet<String> = reaching.flat_map(|v| renewed(package, f, v, live, own)).collect();
        (f.clone(), renewed.into_iter().collect())
    });
    // The version distinguishes packages of the same name outside the workspace, and carried ones,
    // in the lockfile.
    let version = format!("0.0.{twins}");
    let is_carried = |p: &Package| p.is_carried() && p.name == package.name && p.version == version;
    let version = if workspace.packages.iter().any(is_carried) { format!("{version}-selected") } else { version };
    let counts = |d: &&Dependency| d.to != Resolved::Absent && (d.kind != DependencyKind::Dev || package.is_member);
    let dependencies: Vec<Dependency> =
        package.dependencies.iter().filter(counts).map(|d| dependency(workspace, d, live)).collect();
    Package {
        version,
        dir,
        targets,
        build_script: package.build_script && dependencies.iter().any(|d| d.kind == DependencyKind::Build),
        features: features.collect(),
        dependencies,
        below: Below::Nothing,
        ..package.clone()
    }
}

/// Returns a directory like this one that contains no carried package.
fn free(workspace: &Workspace, place: &str) -> String {
    let is_taken = |dir: &str| {
        workspace.packages.iter().any(|p| p.is_carried() && p.dir.split('/').next().is_some_and(|first| first == dir))
    };
    let mut place = place.to_owned();
    while is_taken(&place) {
        place.push('-');
    }
    place
}

fn dependency(workspace: &Workspace, dependency: &Dependency, live: &[BTreeSet<String>]) -> Dependency {
    let mut reduced = dependency.clone();
    match dependency.to {
        Resolved::Local(i) => {
            reduced.version = None;
            reduced.features.retain(|f| live[i].contains(f));
            reduced.default_features &= live[i].contains("default");
            reduced.rest.retain(|key, _| !SOURCE_KEYS.contains(&key));
        }
        Resolved::Locked(i) => reduced.version = Some(workspace.lock.packages[i].requirement()),
        Resolved::Absent => {}
    }
    reduced
}
