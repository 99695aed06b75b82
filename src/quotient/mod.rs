//! From a workspace and a scope to the smallest workspace with the same third-party units.
//!
//! In: a [`Workspace`], a [`Scope`], and the host if it is known. Out: a [`Quotient`], a workspace
//! of stubs. `select` finds packages and targets, `features` resolves their features, and `units`
//! follows them to third-party packages. `entries` collects the requests, and `stubs` turns them
//! into packages. Maps values to values. Fails only on mistakes of the user.

mod class;
mod entries;
pub mod features;
pub mod implied;
pub mod names;
pub mod narrow;
pub mod platform;
pub mod reduce;
pub mod select;
mod stubs;
pub mod tree;
pub mod units;

use crate::carried;
use crate::error::Result;
use crate::quotient::entries::{Entry, Role};
use crate::quotient::platform::Platforms;
use crate::quotient::select::Selection;
use crate::workspace::condition::Condition;
use crate::workspace::lockfile::Lockfile;
use crate::workspace::profile;
use crate::workspace::scope::Scope;
use crate::workspace::{RootTables, TargetKind, Workspace};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// A workspace of stubs, and how to build it.
#[derive(Debug)]
pub struct Quotient {
    /// The stubs, with the lockfile pruned to what they reach.
    pub workspace: Workspace,
    /// The rest of the scope: the flags with which cargo builds the stubs.
    pub scope: Scope,
    /// The number of third-party packages that the stubs depend on directly.
    pub requirements: usize,
    /// The number of lockfile entries that they reach.
    pub reached: usize,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Computes the quotient of `workspace` by `scope`.
///
/// # Errors
/// The workspace lacks a package, target, feature, or profile.
pub fn quotient(workspace: &Workspace, scope: &Scope, host: Option<&str>) -> Result<Quotient> {
    let workspace = &carried::as_third_parties(workspace);
    let empty = Table::new();
    let config_profiles = workspace.config.get("profile").and_then(Value::as_table).unwrap_or(&empty);
    let manifest_profiles = &workspace.root_tables.profile;
    // Only `--config` may define the profile.
    let merged = workspace.layers.merged();
    let all_profiles = merged.get("profile").and_then(Value::as_table).unwrap_or(config_profiles);
    let used = profile::used(scope.profile.as_deref(), manifest_profiles, all_profiles)?;
    let platforms = Platforms::new(scope, host, &workspace.config);
    let selection = select::select(workspace, scope)?;
    let workspace = &as_crate_types(workspace, &selection, &scope.crate_type);
    let features = features::resolve(workspace, &platforms, &selection, scope.needs_dev());
    refuse_inactive_targets(workspace, &selection, &features)?;

    let mut tables = [manifest_profiles.clone(), config_profiles.clone()];
    for table in &mut tables {
        profile::restrict(table, &used, &|_| true);
    }
    let of_environment = profile::of_variables(&workspace.profile_variables, scope.profile.as_deref(), &used);
    // `--config` and cargo's home count too. An unnecessary distinction only costs a stub.
    let besides = profile::besides(&workspace.layers, scope.profile.as_deref(), &used);
    let profiles = [&tables[0], &tables[1], &of_environment, &besides];
    let distinctions = units::Distinctions {
        lto: profile::any_lto(&profiles),
        panic: profile::any_abort(&profiles),
        check: scope.check,
    };
    let built = units::built(workspace, &selection, &features, &platforms, distinctions);
    let is_coarse = features.is_coarse() || built.values().flat_map(|c| c.values()).any(Condition::is_coarse);
    let mut entries = entries::entries(workspace, &features, &built);
    drop_without_effect(&workspace.lock, &mut entries);
    let direct = entries.iter().map(|e| e.locked).collect();
    let (on_bound, mut warnings) = carried::above_bound(workspace, &direct);
    entries.retain(|e| !on_bound.contains(&e.locked));
    if is_coarse {
        warnings.push(
            "too many platform conditions meet in one package; dependencies may be cooked that no platform needs"
                .to_owned(),
        );
    }
    // Only cargo's own build-dependencies can have this key
    // (`TomlDetailedDependency::to_dependency_split`).
    entries.retain(|entry| {
        let is_left_out = entry.rest.get("target").and_then(Value::as_str) == Some("target");
        if is_left_out {
            let name = &workspace.lock.packages[entry.locked].name;
            warnings.push(format!(
                "left out `{name}`, an artifact for the target of a build script: the real build compiles it"
            ));
        }
        !is_left_out
    });

    let direct: BTreeSet<usize> = entries.iter().map(|e| e.locked).collect();
    let reach = workspace.lock.reach(direct.iter().copied());
    let names: BTreeSet<&str> = reach.iter().map(|i| workspace.lock.packages[*i].name.as_str()).collect();
    for table in &mut tables {
        profile::restrict(table, &used, &|name| names.contains(name));
    }
    let [manifest_profiles, config_profiles] = tables;
    let carried = carried::among(workspace, &reach).into_iter().map(|p| p.dir).collect();
    let stubs = stubs::stubs(workspace, &entries, &reach);
    let stub_workspace = Workspace {
        root: workspace.root.clone(),
        resolver: workspace.resolver,
        packages: stubs.packages,
        current: None,
        default_members: stubs.selected,
        stubs: stubs.dirs,
        root_tables: RootTables {
            profile: manifest_profiles,
            patch: patches(&workspace.root_tables.patch, &names, &carried),
            replace: of_carried(&workspace.root_tables.replace, &carried),
            ..workspace.root_tables.clone()
        },
        lock: stubs.lock,
        config: config(&workspace.config, config_profiles, &platforms),
        config_above: workspace.config_above,
        toolchain: workspace.toolchain.clone(),
        profile_variables: workspace.profile_variables.clone(),
        layers: workspace.layers.clone(),
    };
    let residue = Scope {
        profile: scope.profile.clone(),
        target: scope.target.clone(),
        bins: stubs.has_tests,
        tests: stubs.has_tests,
        check: scope.check,
        ..Scope::default()
    };
    Ok(Quotient {
        workspace: stub_workspace,
        scope: residue,
        requirements: direct.len(),
        reached: reach.len(),
        warnings: selection.warnings.into_iter().chain(warnings).collect(),
    })
}

/// Removes entries that only count for features and cannot count for any. By the lockfile, they
/// reach nothing below a unit that is built. cargo resolves the features of a package only from the
/// packages above it.
fn drop_without_effect(lock: &Lockfile, entries: &mut Vec<Entry>) {
    let is_built = |e: &Entry| matches!(e.role, Role::Built(_));
    let below_built = lock.reach(entries.iter().filter(|e| is_built(e)).map(|e| e.locked));
    let mut touches = BTreeMap::new();
    entries.retain(|e| {
        // Built packages need no walk over the lockfile, which is the slowest part here.
        let mut touches =
            || *touches.entry(e.locked).or_insert_with(|| !lock.reach([e.locked]).is_disjoint(&below_built));
        is_built(e) || touches()
    });
}

/// Returns the workspace in which the selected libraries have these crate types, if there are any
/// (`override_rustc_crate_types` in cargo's `ops/cargo_compile/mod.rs`).
fn as_crate_types<'a>(workspace: &'a Workspace, selection: &Selection, crate_types: &[String]) -> Cow<'a, Workspace> {
    if crate_types.is_empty() {
        return Cow::Borrowed(workspace);
    }
    let mut workspace = workspace.clone();
    for proposal in &selection.proposals {
        let target = &mut workspace.packages[proposal.package].targets[proposal.target];
        if target.kind == TargetKind::Lib && !target.is_proc_macro() {
            crate_types.clone_into(&mut target.crate_types);
        }
    }
    Cow::Owned(workspace)
}

/// Refuses a named target whose `required-features` are not active, as cargo does.
fn refuse_inactive_targets(
    workspace: &Workspace,
    selection: &select::Selection,
    features: &features::Features<'_>,
) -> Result<()> {
    for proposal in selection.proposals.iter().filter(|p| p.named) {
        let package = &workspace.packages[proposal.package];
        let target = &package.targets[proposal.target];
        if units::required_features(workspace, features, proposal.package, target).is_never() {
            crate::error::fail!(
                "target `{}` of package `{}` requires the features: {}\nhelp: add `--features \"{}\"`",
                target.name,
                package.name,
                target.required_features.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", "),
                target.required_features.join(" ")
            );
        }
    }
    Ok(())
}

/// Returns the patches of reached packages, because cargo would warn about the others. A patch with
/// a path is kept only if its package is in `carried`.
pub fn patches(patch: &Table, names: &BTreeSet<&str>, carried: &BTreeSet<String>) -> Table {
    let mut kept = Table::new();
    for (source, patches) in patch {
        let mut patches = of_carried(patches.as_table().unwrap_or(&Table::new()), carried);
        patches.retain(|key, patch| names.contains(patch.get("package").and_then(Value::as_str).unwrap_or(key)));
        if !patches.is_empty() {
            kept.insert(source.clone(), patches.into());
        }
    }
    kept
}

/// Returns the entries of `[patch]` or `[replace]` without those whose path leads to a package that
/// does not travel.
pub fn of_carried(table: &Table, carried: &BTreeSet<String>) -> Table {
    let is_there = |by: &Value| by.get("path").and_then(Value::as_str).is_none_or(|path| carried.contains(path));
    table.iter().filter(|(_, by)| is_there(by)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Returns the config with the profiles in use, and without tables of other platforms.
fn config(config: &Table, profiles: Table, platforms: &Platforms) -> Table {
    let mut config = config.clone();
    config.remove("profile");
    if !profiles.is_empty() {
        config.insert("profile".to_owned(), profiles.into());
    }
    // The stubs already have the unified features.
    if let Some(Value::Table(resolver)) = config.get_mut("resolver") {
        resolver.remove("feature-unification");
    }
    let applies_to_host = config.contains_key("target-applies-to-host");
    if let Some(Value::Table(targets)) = config.get_mut("target") {
        for (key, table) in targets.iter_mut().filter(|(key, _)| !platforms.concerns_targets(key)) {
            let Some(table) = table.as_table_mut() else { continue };
            if !platforms.concerns_host(key) {
                table.clear();
            } else if !applies_to_host {
                // If a target is given, the flags are for the target alone (`rustflags_from_target`
                // in cargo's `build_context/target_info.rs`). Linkers and overrides of build
                // scripts are for the host too.
                table.remove("rustflags");
            }
        }
        targets.retain(|_, table| table.as_table().is_none_or(|t| !t.is_empty()));
    }
    config.retain(|_, value| value.as_table().is_none_or(|t| !t.is_empty()));
    config
}
