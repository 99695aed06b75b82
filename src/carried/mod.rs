//! Carried packages: local packages that third-party ones depend on, through `[patch]` or
//! `[replace]` with a path.
//!
//! In: a [`Workspace`] as read. Out: the same workspace, in which other packages depend on a
//! carried package as on a third-party one. Features, units, and entries then need no special case.
//! Also out: the list of carried packages. Touches nothing.

pub mod doubt;
mod manifest;
mod mtime;
pub mod private;
pub mod script;
pub mod settle;
mod sources;
pub mod travel;

use crate::workspace::lockfile::Lockfile;
use crate::workspace::{Below, Dependency, DependencyKind, Package, Resolved, Workspace};
use std::collections::BTreeSet;
use toml::Table;

/// The key of the dependency that a selected carried package has on itself.
const ITSELF: &str = "larder-itself";

/// Returns the indices of the local packages that third-party ones depend on, directly or not.
pub fn below_third_parties(packages: &[Package], lock: &Lockfile) -> BTreeSet<usize> {
    let entries =
        lock.packages.iter().filter(|p| p.source.is_some()).flat_map(|p| p.dependencies.iter().chain(&p.replace));
    let entries: BTreeSet<usize> = entries.copied().filter(|i| lock.packages[*i].source.is_none()).collect();
    let is_entry = |p: &Package| lock.local_entry(&p.name, &p.version).is_some_and(|i| entries.contains(&i));
    let mut open: Vec<usize> = (0..packages.len()).filter(|i| is_entry(&packages[*i])).collect();
    let mut found = BTreeSet::new();
    while let Some(i) = open.pop() {
        if found.insert(i) {
            open.extend(needed(&packages[i]).filter_map(|d| d.to.local()));
        }
    }
    found
}

/// Returns all dependencies of a package except dev-dependencies.
pub fn needed(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|d| d.kind != DependencyKind::Dev)
}

/// Returns the workspace in which other packages depend on the lockfile entries of carried
/// packages.
pub fn as_third_parties(workspace: &Workspace) -> Workspace {
    let mut apart = workspace.clone();
    if !workspace.packages.iter().any(Package::is_carried) {
        return apart;
    }
    let entry =
        |i: usize| workspace.packages[i].is_carried().then(|| workspace.entry_of(&workspace.packages[i])).flatten();
    for package in &mut apart.packages {
        for dependency in &mut package.dependencies {
            if let Some(entry) = dependency.to.local().and_then(entry) {
                dependency.to = Resolved::Locked(entry);
                dependency.rest.remove("path");
            }
        }
    }
    for (i, package) in apart.packages.iter_mut().enumerate() {
        let Some(own) = entry(i) else { continue };
        // Nothing depends on the tests, benchmarks, and examples of a carried package.
        let kept: BTreeSet<usize> = needed(package).filter_map(|d| d.to.locked()).collect();
        apart.lock.packages[own].dependencies.retain(|below| kept.contains(below));
        depend_on_itself(package, own);
    }
    apart
}

/// Makes a selected carried package depend on its own library as a third-party package. Every
/// feature of the package activates the same feature of that library.
fn depend_on_itself(package: &mut Package, own: usize) {
    package.dependencies.push(Dependency {
        key: ITSELF.to_owned(),
        package: package.name.clone(),
        kind: DependencyKind::Normal,
        platform: None,
        version: None,
        features: Vec::new(),
        default_features: false,
        optional: false,
        rest: Table::new(),
        to: Resolved::Locked(own),
    });
    for (feature, values) in &mut package.features {
        values.push(format!("{ITSELF}/{feature}"));
        values.sort_unstable();
    }
}

/// Returns the carried packages of these lockfile entries, as they were read. A package of an
/// unscoped recipe is a member if a member stands for its selected targets.
pub fn among(workspace: &Workspace, reach: &BTreeSet<usize>) -> Vec<Package> {
    let stands_for = |d: &Dependency, i: usize| d.key == ITSELF && d.to == Resolved::Locked(i);
    let is_member =
        |i: usize| workspace.packages.iter().any(|p| p.is_member && p.dependencies.iter().any(|d| stands_for(d, i)));
    let package = |i: usize| Some((i, &workspace.packages[workspace.carried(i)?]));
    let mut packages: Vec<Package> = reach
        .iter()
        .filter_map(|i| package(*i))
        .map(|(i, p)| Package { is_member: is_member(i), ..p.clone() })
        .collect();
    packages.sort_by(|a, b| a.dir.cmp(&b.dir));
    packages
}

/// Returns the lockfile entries that depend on local packages which cannot travel. Only the real
/// build can compile these entries. Also returns a warning for those among `direct`.
pub fn above_bound(workspace: &Workspace, direct: &BTreeSet<usize>) -> (BTreeSet<usize>, Vec<String>) {
    let (mut all, mut warnings) = (BTreeSet::new(), Vec::new());
    for package in &workspace.packages {
        let Below::Bound(why) = package.below else { continue };
        let Some(bound) = workspace.entry_of(package) else { continue };
        let above = workspace.lock.dependents_of(bound);
        let names = direct.iter().filter(|i| above.contains(i)).map(|i| &workspace.lock.packages[*i].name);
        let names: BTreeSet<String> = names.map(|name| format!("`{name}`")).collect();
        let names: Vec<String> = names.into_iter().collect();
        let (depend, them) = if names.len() == 1 { ("depends", "it") } else { ("depend", "them") };
        if !names.is_empty() {
            warnings.push(format!(
                "left out {}, which {depend} on the local package `{}`, which {why}: the real build compiles {them}",
                names.join(", "),
                package.name
            ));
        }
        all.extend(above);
    }
    (all, warnings)
}

/// Returns a warning that names the possible secrets in these packages, or `None`.
pub fn left_out_secrets(workspace: &Workspace, travels: &[&str]) -> Option<String> {
    let packages = workspace.packages.iter().filter(|package| travels.contains(&package.dir.as_str()));
    let secrets = packages.filter_map(|package| match &package.below {
        Below::Carried(sources) => Some(&sources.secrets),
        _ => None,
    });
    let names: Vec<String> = secrets.flatten().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "left out what may be secret: {}\nhelp: keep such files outside of packages that travel in a recipe",
            names.join(", ")
        )
    })
}
