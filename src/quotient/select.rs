//! Selects the packages, features, and targets of a scope.
//!
//! In: a workspace and a scope. Out: a [`Selection`]: the packages from which features start, the
//! requested features, and the targets to build. Follows cargo's `ops/cargo_compile/packages.rs`,
//! `unit_generator.rs`, and `Workspace::members_with_features`. Touches nothing.

use crate::error::{Result, fail};
use crate::workspace::profile;
use crate::workspace::scope::Scope;
use crate::workspace::{Dependency, Package, Resolved, Resolver, Target, TargetKind, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// What is selected.
#[derive(Debug)]
pub struct Selection {
    /// The selected packages, each with the features that the command line requests from it.
    pub roots: BTreeMap<usize, BTreeSet<String>>,
    /// Targets to build.
    pub proposals: Vec<Proposal>,
    /// Warnings that cargo prints too.
    pub warnings: Vec<String>,
}

/// A target to build.
#[derive(Debug)]
pub struct Proposal {
    /// Index of the package.
    pub package: usize,
    /// Index among the package's targets.
    pub target: usize,
    /// Whether it is compiled as a test.
    pub mode: Mode,
    /// Whether a flag names it, so that missing `required-features` are an error.
    pub named: bool,
}

/// How a target is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Unchanged.
    Build,
    /// As a test or a benchmark.
    Test,
}

/// Selects from `workspace` by `scope`.
///
/// # Errors
/// A package, feature, or target does not exist.
pub fn select(workspace: &Workspace, scope: &Scope) -> Result<Selection> {
    let (packages, warnings) = packages(workspace, scope)?;
    if packages.is_empty() {
        fail!("no packages to build: the scope selects none of the workspace's members");
    }
    let proposals = proposals(workspace, scope, &packages)?;
    let (roots, unknown) = features(workspace, scope, &packages);
    if let Some(unknown) = unknown.first() {
        let names: Vec<String> = roots.keys().map(|i| format!("`{}`", workspace.packages[*i].name)).collect();
        let known = roots.keys().map(|i| &workspace.packages[*i]);
        let known: Vec<String> =
            known.flat_map(|p| p.features.keys().map(|f| spelled_like(unknown, &p.name, f))).collect();
        fail!(
            "none of the selected packages has the feature `{unknown}` (selected: {})\nhelp: {}",
            names.join(", "),
            closest(unknown, known.iter().map(String::as_str), "their features are", "they have no features")
        );
    }
    Ok(Selection { roots, proposals, warnings })
}

/// Returns the features of the scope that no selected package has.
///
/// # Errors
/// A package does not exist.
pub fn unknown_features(workspace: &Workspace, scope: &Scope) -> Result<Vec<String>> {
    Ok(features(workspace, scope, &packages(workspace, scope)?.0).1)
}

/// Returns the selected packages, and warnings.
fn packages(workspace: &Workspace, scope: &Scope) -> Result<(BTreeSet<usize>, Vec<String>)> {
    let members = || workspace.packages.iter().enumerate().filter(|(_, p)| p.is_member);
    let matching = |spec: &str| -> BTreeSet<usize> {
        let pattern = glob::Pattern::new(spec).ok();
        members().filter(|(_, p)| matches_spec(p, spec, pattern.as_ref())).map(|(i, _)| i).collect()
    };
    let none = |flag: &str, spec: &str| format!("{flag} `{spec}` matches no package of the workspace");
    if scope.workspace {
        let excluded = scope.exclude.iter().map(|spec| (spec, matching(spec)));
        let (vain, excluded): (Vec<_>, Vec<_>) = excluded.partition(|(_, matched)| matched.is_empty());
        let is_excluded = |i: &usize| excluded.iter().any(|(_, matched)| matched.contains(i));
        let warnings = vain.iter().map(|(spec, _)| none("--exclude", spec)).collect();
        return Ok((members().map(|(i, _)| i).filter(|i| !is_excluded(i)).collect(), warnings));
    }
    if scope.package.is_empty() {
        return Ok((workspace.default_members.iter().copied().collect(), Vec::new()));
    }
    let mut found = BTreeSet::new();
    for spec in &scope.package {
        let matched = matching(spec);
        if matched.is_empty() {
            refuse_stranger(workspace, spec)?;
            let names = members().map(|(_, p)| p.name.as_str());
            fail!("{}\nhelp: {}", none("-p", spec), closest(spec, names, "its members are", "it has no members"));
        }
        found.extend(matched);
    }
    Ok((found, Vec::new()))
}

/// Refuses a package that is not a member. If the workspace depends on it, cargo builds it alone,
/// but a recipe is made for the builds of members.
fn refuse_stranger(workspace: &Workspace, spec: &str) -> Result<()> {
    let local = workspace.packages.iter().position(|p| !p.is_member && matches_spec(p, spec, None));
    let name = profile::name_of_spec(spec);
    let locked = workspace.lock.packages.iter().position(|p| p.source.is_some() && p.name == name);
    let is_meant = |to: Resolved| match to {
        Resolved::Local(i) => Some(i) == local,
        Resolved::Locked(i) => Some(i) == locked,
        Resolved::Absent => false,
    };
    let members = workspace.packages.iter().filter(|p| p.is_member);
    let above = members.filter(|p| p.dependencies.iter().any(|d| is_meant(d.to))).map(|p| p.name.as_str());
    let above: Vec<String> = above.map(|name| format!("`-p {name}`")).collect();
    let what = match (local, locked) {
        (Some(_), _) => "a path dependency",
        (None, Some(_)) => "a third-party package",
        (None, None) => return Ok(()),
    };
    let help = if above.is_empty() {
        "name a member whose build needs it, or leave out `-p`".to_owned()
    } else {
        format!("name a member that depends on it: {}", above.join(", "))
    };
    fail!("-p `{spec}` is {what}, not a member of the workspace\nhelp: {help}")
}

/// Returns whether a package id spec names a local package: `name`, `name@version`, `name:version`,
/// `path+file:///…#name@version`, or a glob of names (`PackageIdSpec::parse` in
/// `cargo-util-schemas`, `opt_patterns_and_ids` in `packages.rs`).
fn matches_spec(package: &Package, spec: &str, pattern: Option<&glob::Pattern>) -> bool {
    let named = |text: &str| {
        let (name, version) = text.split_once(['@', ':']).map_or((text, None), |(n, v)| (n, Some(v)));
        name == package.name
            && version.is_none_or(|v| package.version == v || package.version.starts_with(&format!("{v}.")))
    };
    match spec.rsplit_once('#') {
        // `file:///path/name#1.0` or `file:///path#name@1.0`, whose path may end in the name.
        Some((url, fragment)) if fragment.starts_with(|c: char| c.is_ascii_digit()) => {
            url.rsplit('/').next() == Some(package.name.as_str()) && (package.version == fragment)
        }
        Some((_, fragment)) => named(fragment),
        None if spec.contains("://") => spec.rsplit('/').next() == Some(package.name.as_str()),
        None if is_pattern(spec) => pattern.is_some_and(|p| p.matches(&package.name)),
        None => named(spec),
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Returns a feature of a package in the form of `wanted`: with the package, or without.
fn spelled_like(wanted: &str, package: &str, feature: &str) -> String {
    if wanted.contains('/') { format!("{package}/{feature}") } else { feature.to_owned() }
}

/// Returns "did you mean", the list of names, or `none`. A pattern has no similar name.
fn closest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>, list: &str, none: &str) -> String {
    let names: BTreeSet<&str> = names.collect();
    let near = names.iter().map(|n| (strsim::osa_distance(wanted, n), *n));
    // cargo's `closest` in `util/edit_distance.rs` allows three edits of any name, and would
    // suggest `api` for `nope`.
    let near = near.filter(|(d, _)| *d <= 3.min((wanted.len() + 1) / 3) && !is_pattern(wanted)).min();
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if names.is_empty() => none.to_owned(),
        None => format!("{list} {}", names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// `members_with_features`: returns what is requested from each selected package, and the features
/// that none has. With resolver 1 and a current package, the flags belong to that package alone.
fn features(
    workspace: &Workspace,
    scope: &Scope,
    packages: &BTreeSet<usize>,
) -> (BTreeMap<usize, BTreeSet<String>>, Vec<String>) {
    // `FeatureUnification::Workspace` in `resolve_ws_with_opts` of cargo's `ops/resolve.rs`.
    let all: BTreeSet<usize> = (0..workspace.packages.len()).filter(|i| workspace.packages[*i].is_member).collect();
    let packages = if workspace.layers.unify_over_workspace() { &all } else { packages };
    let old = workspace.resolver == Resolver::V1 && workspace.current.is_some();
    let mut found = BTreeSet::new();
    let mut roots = BTreeMap::new();
    let current = workspace.current.filter(|_| old);
    for i in packages.iter().copied().chain(current) {
        let package = &workspace.packages[i];
        let is_current = !old || Some(i) == current;
        let mut own = BTreeSet::new();
        for feature in &scope.features {
            // `member/feature` is for that member, even if the member is an optional dependency
            // here (`members_with_features_old`).
            let is_of_member = |(name, _): (&str, &str)| {
                let name = name.trim_end_matches('?');
                packages.iter().any(|other| Some(*other) != current && workspace.packages[*other].name == name)
            };
            let is_current = is_current && !(old && feature.split_once('/').is_some_and(is_of_member));
            if let Some(value) = asked_of(workspace, package, feature, is_current, old) {
                own.insert(value);
                found.insert(feature.clone());
            }
        }
        if !(is_current && scope.no_default_features) && package.features.contains_key("default") {
            own.insert("default".to_owned());
        }
        if scope.all_features {
            own.extend(package.features.keys().cloned());
        }
        roots.insert(i, own);
    }
    let unknown = scope.features.iter().filter(|f| !found.contains(*f)).cloned().collect();
    (roots, unknown)
}

/// Returns what `--features feature` requests from one selected package, if it affects it.
fn asked_of(workspace: &Workspace, package: &Package, feature: &str, is_current: bool, old: bool) -> Option<String> {
    let Some((name, below)) = feature.split_once('/') else {
        return (is_current && package.features.contains_key(feature)).then(|| feature.to_owned());
    };
    let name = name.trim_end_matches('?');
    let of_dependency = package.dependencies.iter().any(|d| d.key == name);
    // cargo's resolver refuses a feature that a local dependency does not have.
    let has_it = |d: &Dependency| d.to.local().is_none_or(|i| workspace.packages[i].features.contains_key(below));
    let is_known = package.dependencies.iter().any(|d| d.key == name && has_it(d));
    if is_current && is_known {
        return Some(feature.to_owned());
    }
    let of_member = name == package.name && package.features.contains_key(below);
    (of_member && (!old || !is_current || !of_dependency)).then(|| below.to_owned())
}

/// `create_proposals` in `unit_generator.rs`.
fn proposals(workspace: &Workspace, scope: &Scope, packages: &BTreeSet<usize>) -> Result<Vec<Proposal>> {
    let mut proposals = Vec::new();
    let mut take = |filter: &dyn Fn(&Target) -> bool, mode: Mode, named: bool| {
        let before = proposals.len();
        for package in packages {
            for (target, _) in workspace.packages[*package].targets.iter().enumerate().filter(|(_, t)| filter(t)) {
                proposals.push(Proposal { package: *package, target, mode, named });
            }
        }
        proposals.len() > before
    };
    let plain = if scope.checks_tests() { Mode::Test } else { Mode::Build };
    if !scope.names_targets() {
        take(&|t| matches!(t.kind, TargetKind::Lib | TargetKind::Bin), plain, false);
        return Ok(proposals);
    }
    let any_lib = (scope.lib || scope.all_targets) && take(&|t| t.kind == TargetKind::Lib, plain, false);
    if scope.lib && !scope.all_targets && !any_lib {
        fail!("no library target in the selected packages");
    }
    let all = scope.all_targets;
    let rules = [
        (TargetKind::Bin, scope.bins || all, &scope.bin),
        (TargetKind::Example, scope.examples || all, &scope.example),
        (TargetKind::Test, scope.tests || all, &scope.test),
        (TargetKind::Bench, scope.benches || all, &scope.bench),
    ];
    for (kind, every, names) in rules {
        let (word, mode) = match kind {
            TargetKind::Lib | TargetKind::Bin => ("bin", plain),
            TargetKind::Example => ("example", plain),
            TargetKind::Test => ("test", Mode::Test),
            TargetKind::Bench => ("bench", Mode::Test),
        };
        if every {
            // `--tests` selects what `cargo test` tests, and `--benches` what `cargo bench` runs.
            let taken = |t: &Target| match kind {
                TargetKind::Test => t.tested,
                TargetKind::Bench => t.benched,
                kind => t.kind == kind,
            };
            take(&taken, mode, false);
            continue;
        }
        for name in names {
            let pattern = glob::Pattern::new(name).ok().filter(|_| is_pattern(name));
            let is = |t: &Target| t.kind == kind && pattern.as_ref().map_or(t.name == *name, |p| p.matches(&t.name));
            if !take(&is, mode, true) {
                let targets = packages.iter().flat_map(|i| &workspace.packages[*i].targets);
                let known = targets.filter(|t| t.kind == kind).map(|t| t.name.as_str());
                fail!(
                    "no {word} target named `{name}` in the selected packages\nhelp: {}",
                    closest(name, known, "their targets of this kind are", "they have no targets of this kind")
                );
            }
        }
    }
    Ok(proposals)
}
