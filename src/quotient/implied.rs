//! Declarations that change nothing, since another local package makes the same request.
//!
//! In: local packages. Out: the same without each plain declaration of a dependency that the package reaches anyway, with at
//! least the same features, through other local packages. And at the other end: a workspace from such a recipe, and the
//! features of a scope, for which a declaration comes back. Touches nothing.
//!
//! Cargo resolves features for a package in a context, however many packages ask (`core/resolver/features.rs`). A package and
//! its normal dependencies have the same context, so the second request adds nothing in any scope that has the first. Plain
//! libraries hand the LTO flags of what is above them down unchanged (`core/compiler/lto.rs`), so the units are the same, too.
//! Everything else keeps its declarations: other tables, platforms, optional and renamed dependencies, keys that a feature of
//! the package names, proc-macros, and libraries of other crate types.

use crate::workspace::scope::Scope;
use crate::workspace::{Dependency, DependencyKind, Package, Resolved};
use std::collections::BTreeSet;

/// Returns the packages without the declarations that others imply.
pub fn without(packages: &[Package]) -> Vec<Package> {
    let reduced = packages.iter().enumerate().map(|(i, package)| {
        let dependencies = package.dependencies.iter().filter(|d| !is_implied(packages, i, d)).cloned().collect();
        Package { dependencies, ..package.clone() }
    });
    reduced.collect()
}

/// Gives packages back the declarations that `--features KEY/FEATURE` names. They ask for nothing themselves.
pub fn restore(packages: &mut [Package], scope: &Scope) {
    let keys = scope.features.iter().filter_map(|feature| feature.split_once('/'));
    let keys: BTreeSet<&str> = keys.map(|(key, _)| key.trim_end_matches('?')).collect();
    for key in keys {
        let lacks = |p: &Package| p.is_member && is_reduced(p) && p.dependencies.iter().all(|d| d.key != key);
        let lacking: Vec<usize> = (0..packages.len()).filter(|i| lacks(&packages[*i])).collect();
        let found = lacking.into_iter().filter_map(|i| {
            let reached = below(packages, i);
            let named = reached.iter().find(|d| d.package == key)?;
            is_only_one(&reached, named).then(|| (i, (*named).clone()))
        });
        let found: Vec<(usize, Dependency)> = found.collect();
        for (i, like) in found {
            let key = key.to_owned();
            let asks_nothing = Dependency { key, features: Vec::new(), default_features: false, ..like };
            packages[i].dependencies.push(asks_nothing);
        }
    }
}

/// Whether a declaration asks for nothing that is not asked for by a package below this one.
fn is_implied(packages: &[Package], own: usize, dependency: &Dependency) -> bool {
    let package = &packages[own];
    let of_key =
        |value: &str| value.split_once('/').is_some_and(|(key, _)| key.trim_end_matches('?') == dependency.key);
    let is_named = package.features.values().flatten().any(|value| of_key(value));
    let is_alone = package.dependencies.iter().filter(|d| d.key == dependency.key).count() == 1;
    if !is_plain(dependency) || !is_reduced(package) || !is_alone || is_named || dependency.key != dependency.package {
        return false;
    }
    let reached = below(packages, own);
    let asks_as_much = |other: &&&Dependency| {
        let has = |feature: &String| other.features.contains(feature);
        other.to == dependency.to
            && (other.default_features || !dependency.default_features)
            && dependency.features.iter().all(has)
    };
    is_only_one(&reached, dependency) && reached.iter().any(|d| asks_as_much(&d))
}

/// Whether all declarations of packages of this name mean the same package.
fn is_only_one(reached: &[&Dependency], dependency: &Dependency) -> bool {
    reached.iter().all(|d| d.package != dependency.package || d.to == dependency.to)
}

/// The plain declarations of the local packages that a package reaches through plain declarations.
fn below(packages: &[Package], own: usize) -> Vec<&Dependency> {
    let step = |i: usize| packages[i].dependencies.iter().filter(|d| is_plain(d)).filter_map(|d| d.to.local());
    let (mut seen, mut open) = (BTreeSet::new(), step(own).collect::<Vec<_>>());
    while let Some(i) = open.pop() {
        if i != own && hands_down(&packages[i]) && seen.insert(i) {
            open.extend(step(i));
        }
    }
    seen.into_iter().flat_map(|i| packages[i].dependencies.iter().filter(|d| is_plain(d))).collect()
}

/// Whether a package may lose declarations. A proc-macro is compiled for the host, also where its dependencies are not.
fn is_reduced(package: &Package) -> bool {
    !package.is_carried() && !package.is_proc_macro()
}

/// Whether what a library depends on is compiled as if the package above it did.
fn hands_down(package: &Package) -> bool {
    let is_plain = |t: &String| matches!(t.as_str(), "lib" | "rlib");
    !package.is_carried() && package.lib().is_some_and(|lib| lib.crate_types.iter().all(is_plain))
}

fn is_plain(dependency: &Dependency) -> bool {
    dependency.kind == DependencyKind::Normal
        && !dependency.optional
        && dependency.platform.is_none()
        && dependency.to != Resolved::Absent
        && dependency.variant().is_empty()
}
