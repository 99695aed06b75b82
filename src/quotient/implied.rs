//! Declarations that change nothing, because another local package makes the same request.
//!
//! In: local packages. Out: the same packages without redundant declarations. A plain declaration
//! is redundant if the package also reaches the dependency through other local packages, with at
//! least the same features. For `cook`: a workspace from such a recipe and the features of a scope,
//! for which declarations are restored. Touches nothing.
//!
//! Cargo resolves features for a package in a context, however many packages request them
//! (`core/resolver/features.rs`). A package and its normal dependencies share a context, so the
//! second request adds nothing in any scope that has the first one. Plain libraries pass the LTO
//! flags of the units above them down unchanged (`core/compiler/lto.rs`), so the units stay the
//! same, too. All other declarations are kept: other tables, platforms, and optional and renamed
//! dependencies. So are keys that a feature of the package names, and declarations of proc-macros
//! and libraries of other crate types.

use crate::workspace::scope::Scope;
use crate::workspace::{Dependency, DependencyKind, Package, Resolved, Target};
use std::collections::BTreeSet;

/// Returns the packages without the declarations that others imply.
pub fn without(packages: &[Package]) -> Vec<Package> {
    let reduced = packages.iter().enumerate().map(|(i, package)| {
        let reached = below(packages, i);
        let dependencies = package.dependencies.iter().filter(|d| !is_implied(package, &reached, d)).cloned().collect();
        Package { dependencies, ..package.clone() }
    });
    reduced.collect()
}

/// Restores the declarations that `--features KEY/FEATURE` names. They request nothing themselves.
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

/// Returns whether one of the declarations that the package reaches already makes the same request.
fn is_implied(package: &Package, reached: &[&Dependency], dependency: &Dependency) -> bool {
    let of_key =
        |value: &str| value.split_once('/').is_some_and(|(key, _)| key.trim_end_matches('?') == dependency.key);
    let is_named = package.features.values().flatten().any(|value| of_key(value));
    let is_alone = package.dependencies.iter().filter(|d| d.key == dependency.key).count() == 1;
    if !is_plain(dependency) || !is_reduced(package) || !is_alone || is_named || dependency.key != dependency.package {
        return false;
    }
    let asks_as_much = |other: &&&Dependency| {
        let has = |feature: &String| other.features.contains(feature);
        other.to == dependency.to
            && (other.default_features || !dependency.default_features)
            && dependency.features.iter().all(has)
    };
    is_only_one(reached, dependency) && reached.iter().any(|d| asks_as_much(&d))
}

/// Returns whether all declarations of packages with this name mean the same package.
fn is_only_one(reached: &[&Dependency], dependency: &Dependency) -> bool {
    reached.iter().all(|d| d.package != dependency.package || d.to == dependency.to)
}

/// Returns the plain declarations of the local packages that a package reaches through plain
/// declarations.
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

/// Returns whether a package may lose declarations. A proc-macro may not: it is compiled for the
/// host, even if its dependencies are not.
fn is_reduced(package: &Package) -> bool {
    !package.is_carried() && !package.is_proc_macro()
}

/// Returns whether the dependencies of a library are compiled as if the package above it had them.
fn hands_down(package: &Package) -> bool {
    !package.is_carried() && package.lib().is_some_and(Target::is_plain_library)
}

fn is_plain(dependency: &Dependency) -> bool {
    dependency.kind == DependencyKind::Normal
        && !dependency.optional
        && dependency.platform.is_none()
        && dependency.to != Resolved::Absent
        && dependency.variant().is_empty()
}
