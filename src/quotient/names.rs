//! Decides which targets an unscoped recipe keeps, and under which names.
//!
//! In: a workspace as read. Out: for each package, the targets that some scope can distinguish. For
//! `cook`: a workspace from such a recipe and the names of a scope, which it makes findable.
//! Touches nothing.
//!
//! A recipe must not change because of another binary. Yet `cook --bin NAME` must cook what `cargo
//! build --bin NAME` builds. So names are kept if they make a difference:
//!
//! - A binary with the name of its package is left out if it adds nothing to the library of the
//!   package. Every such library then stands for a binary of its name.
//! - Targets of one package that differ only in their names are one group. If all targets of a kind
//!   in the workspace are one group, any name selects it, and none is kept.
//! - If there are more groups, names are kept.

use crate::workspace::profile;
use crate::workspace::scope::Scope;
use crate::workspace::{Package, Target, TargetKind, Workspace};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The name of the target that stands for all targets of its kind.
const ANY: &str = "any";

/// Targets of one package that differ only in their names, by the index of the package and a target
/// without name.
type Groups = BTreeMap<(usize, Target), BTreeSet<String>>;

/// Returns the targets of each package, as an unscoped recipe holds them.
pub fn kept(workspace: &Workspace) -> Vec<Vec<Target>> {
    let mut groups = BTreeMap::<TargetKind, Groups>::new();
    let members = workspace.packages.iter().enumerate().filter(|(_, p)| p.is_member);
    for (i, package) in members {
        let counts = |t: &&Target| t.kind != TargetKind::Lib && !is_left_out(workspace, i, t);
        for target in package.targets.iter().filter(counts) {
            let nameless = Target { name: String::new(), ..target.clone() };
            let groups = groups.entry(target.kind).or_default();
            groups.entry((i, nameless)).or_default().insert(target.name.clone());
        }
    }
    let lib = |p: &Package| p.lib().map(|lib| Target { name: p.name.replace('-', "_"), ..lib.clone() });
    let mut kept: Vec<Vec<Target>> = workspace.packages.iter().map(|p| lib(p).into_iter().collect()).collect();
    for (kind, groups) in groups {
        let are_told_apart = groups.len() > 1 || kind == TargetKind::Bin && any_is_of_another(workspace, &groups);
        for ((i, nameless), names) in groups {
            let names = if are_told_apart { names } else { BTreeSet::from([ANY.to_owned()]) };
            kept[i].extend(names.into_iter().map(|name| Target { name, ..nameless.clone() }));
        }
    }
    for (targets, package) in kept.iter_mut().zip(&workspace.packages) {
        if targets.is_empty() {
            // cargo accepts no package without a target.
            targets.push(binary(package));
        }
        targets.sort();
    }
    kept
}

/// Returns whether a binary has the name of another member.
fn any_is_of_another(workspace: &Workspace, groups: &Groups) -> bool {
    let member = |name: &str| workspace.packages.iter().position(|p| p.is_member && p.name == name);
    groups.iter().any(|((i, _), names)| names.iter().any(|name| member(name).is_some_and(|other| other != *i)))
}

/// Returns whether a target is a binary that its library stands for.
fn is_left_out(workspace: &Workspace, package: usize, target: &Target) -> bool {
    let own = &workspace.packages[package];
    let Some(lib) = own.lib().filter(|_| target.kind == TargetKind::Bin && target.name == own.name) else {
        return false;
    };
    let is_alike = target.required_features.is_empty() && target.tested == lib.tested && target.benched == lib.benched;
    let is_taken = |other: &Package| other.targets.iter().any(|t| t.kind == TargetKind::Bin && t.name == target.name);
    let taken = workspace.packages.iter().enumerate().any(|(i, p)| i != package && p.is_member && is_taken(p));
    // A binary that an integration test runs is compiled for it. Only tests unwind if other units
    // abort (`Walk::root` in `units`).
    let is_run = |t: &Target| matches!(t.kind, TargetKind::Test | TargetKind::Bench);
    let is_other_than_tests = own.targets.iter().any(is_run) && profile::any_abort(&profiles(workspace));
    is_alike && !taken && !is_other_than_tests && stands_for_binary(workspace, own)
}

/// Returns whether a binary that depends on this package's library adds no third-party unit. This
/// is so if the library is compiled for the target, and passes the same flags down as a binary.
fn stands_for_binary(workspace: &Workspace, package: &Package) -> bool {
    let is_alike =
        |lib: &Target| lib.is_plain_library() || !lib.is_proc_macro() && !profile::any_lto(&profiles(workspace));
    package.is_member && package.lib().is_some_and(is_alike)
}

/// Returns the profiles of the manifest and of the config.
fn profiles(workspace: &Workspace) -> Vec<&Table> {
    let config = workspace.config.get("profile").and_then(Value::as_table);
    std::iter::once(&workspace.root_tables.profile).chain(config).collect()
}

/// Returns the names of the binaries of a package in an unscoped recipe, including the one that its
/// library stands for.
pub fn binaries<'a>(workspace: &Workspace, package: &'a Package) -> BTreeSet<&'a str> {
    let listed = package.targets.iter().filter(|t| t.kind == TargetKind::Bin && t.required_features.is_empty());
    let own = stands_for_binary(workspace, package).then_some(package.name.as_str());
    listed.map(|t| t.name.as_str()).chain(own).collect()
}

/// Makes the names of a scope findable in the workspace of an unscoped recipe. Returns the scope in
/// the recipe's names, without versions of packages.
pub fn find(workspace: &mut Workspace, scope: &Scope) -> Scope {
    let mut scope = scope.clone();
    for spec in scope.package.iter_mut().chain(&mut scope.exclude) {
        *spec = profile::name_of_spec(spec).to_owned();
    }
    if scope.bins {
        add_binaries(workspace, |_| true);
    }
    let kinds = [
        (TargetKind::Bin, &mut scope.bin),
        (TargetKind::Example, &mut scope.example),
        (TargetKind::Test, &mut scope.test),
        (TargetKind::Bench, &mut scope.bench),
    ];
    for (kind, names) in kinds {
        for name in names.clone() {
            if name.contains(['*', '?', '[']) {
                let pattern = glob::Pattern::new(&name).ok();
                if kind == TargetKind::Bin {
                    add_binaries(workspace, |own| pattern.as_ref().is_some_and(|p| p.matches(own)));
                }
                if has(workspace, kind, ANY) && !has_match(workspace, kind, pattern.as_ref()) {
                    names.retain(|n| *n != name);
                    names.push(ANY.to_owned());
                }
            } else if !has(workspace, kind, &name) {
                find_one(workspace, kind, &name);
            }
        }
    }
    scope
}

/// Returns the flags and names of a scope that an unscoped recipe accepts without knowing them,
/// because all targets of the kind need the same.
pub fn unchecked<'a>(workspace: &Workspace, scope: &'a Scope) -> Vec<(&'static str, &'a str)> {
    let kinds = [
        (TargetKind::Bin, "--bin", &scope.bin),
        (TargetKind::Example, "--example", &scope.example),
        (TargetKind::Test, "--test", &scope.test),
        (TargetKind::Bench, "--bench", &scope.bench),
    ];
    let mut found = Vec::new();
    for (kind, flag, names) in kinds {
        let stands = |name: &str| {
            let is_own = |p: &Package| p.name == name && stands_for_binary(workspace, p);
            kind == TargetKind::Bin && workspace.packages.iter().any(is_own)
        };
        let is_unknown =
            |name: &&String| !name.contains(['*', '?', '[']) && !has(workspace, kind, name) && !stands(name);
        if has(workspace, kind, ANY) {
            found.extend(names.iter().filter(is_unknown).map(|name| (flag, name.as_str())));
        }
    }
    found
}

/// Gives a target the requested name if no target has it: the binary that a library stands for, or
/// the target that stands for any. Otherwise restores all names, so that a similar one can be
/// suggested.
fn find_one(workspace: &mut Workspace, kind: TargetKind, name: &str) {
    if kind == TargetKind::Bin && add_binaries(workspace, |own| own == name) {
        return;
    }
    for package in workspace.packages.iter_mut().filter(|p| p.is_member) {
        if let Some(any) = package.targets.iter().find(|t| t.kind == kind && t.name == ANY) {
            let named = Target { name: name.to_owned(), ..any.clone() };
            package.targets.push(named);
            return;
        }
    }
    if kind == TargetKind::Bin {
        add_binaries(workspace, |_| true);
    }
}

fn has(workspace: &Workspace, kind: TargetKind, name: &str) -> bool {
    targets(workspace).any(|t| t.kind == kind && t.name == name)
}

fn has_match(workspace: &Workspace, kind: TargetKind, pattern: Option<&glob::Pattern>) -> bool {
    targets(workspace).any(|t| t.kind == kind && pattern.is_some_and(|p| p.matches(&t.name)))
}

fn targets(workspace: &Workspace) -> impl Iterator<Item = &Target> {
    workspace.packages.iter().filter(|p| p.is_member).flat_map(|p| &p.targets)
}

/// Adds the binaries that libraries stand for, if the package has a wanted name. Returns whether
/// there are any.
fn add_binaries(workspace: &mut Workspace, is_wanted: impl Fn(&str) -> bool) -> bool {
    let stands = |p: &Package| is_wanted(&p.name) && stands_for_binary(workspace, p);
    let packages = workspace.packages.iter().enumerate().filter(|(_, p)| stands(p));
    let packages: Vec<usize> = packages.map(|(i, _)| i).collect();
    for i in &packages {
        let package = &mut workspace.packages[*i];
        let Some(lib) = package.lib() else { continue };
        let own = Target { tested: lib.tested, benched: lib.benched, ..binary(package) };
        if !package.targets.iter().any(|t| t.kind == own.kind && t.name == own.name) {
            package.targets.push(own);
        }
    }
    !packages.is_empty()
}

/// Returns the binary with the name of its package.
fn binary(package: &Package) -> Target {
    Target {
        kind: TargetKind::Bin,
        name: package.name.clone(),
        crate_types: vec!["bin".to_owned()],
        required_features: Vec::new(),
        tested: true,
        benched: true,
    }
}
