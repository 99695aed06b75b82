//! Compares the workspace as of a git revision with the workspace now.
//!
//! In: a revision and a scope. Out: both recipes, and who requires what, from both workspaces.
//! Prepares in memory; `git` is the only part that writes, to a scratch directory.

use super::change::{Change, Kind};
use super::git::{self, Checkout};
use crate::cargo::interrupt::Interrupt;
use crate::cli::Explain;
use crate::config::layers::Given;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::manifest;
use crate::path;
use crate::prepare::{self, locked};
use crate::quotient::select;
use crate::recipe::Recipe;
use crate::report::Report;
use crate::workspace::scope::Scope;
use crate::workspace::{Below, Dependency, Package, Resolved, Workspace};
use std::collections::BTreeSet;
use std::path::Path;

/// One of the two states.
pub struct State {
    /// The workspace.
    pub workspace: Workspace,
    /// Its recipe.
    pub recipe: Recipe,
    /// The local packages that the scope reaches, by index.
    pub reached: BTreeSet<usize>,
}

/// Both states, and the files that differ.
pub struct Both {
    /// In the revision.
    pub old: State,
    /// Now.
    pub new: State,
    /// Tracked files that differ.
    pub files: Vec<String>,
    /// The revision's files, which `old.workspace.root` is in.
    pub checkout: Checkout,
}

/// Reads both states.
///
/// # Errors
/// git or the revision is missing, or `prepare` would refuse one of the workspaces.
pub fn both(rev: &str, args: &Explain, environment: &Environment) -> Result<Both> {
    let _interrupt = Interrupt::watch()?;
    let here = environment.here.clone();
    let checkout = git::checkout(rev, &here)?;
    let report = Report::new(args.color.as_deref(), false, false, environment);
    let scope = args.scope.clone().normalized();
    let files = checkout.changed()?;
    let at = |here: &Path, top: &Path| {
        let mut environment = environment.clone();
        here.clone_into(&mut environment.here);
        Given { environment, config: Vec::new(), unstable: Vec::new(), top: Some(top.to_owned()) }
    };
    let named = args.manifest_path.as_deref();
    let new = state(&at(&here, &checkout.top), named, &scope, args, report)?;

    let then = git::inside(&checkout, &here)?;
    fs_err::create_dir_all(&then)?;
    let given = at(&then, checkout.dir.path());
    let quiet = Report::new(args.color.as_deref(), true, false, environment);
    let read = || state(&given, named, &scope, args, quiet);
    let old = read().and_then(|first| {
        let carried = carried(&first.workspace, checkout.dir.path());
        if carried.is_empty() {
            return Ok(first);
        }
        checkout.fill(&carried)?;
        read()
    });
    let old = old.map_err(|error| error.within(&format!("cannot prepare the workspace as of `{rev}`")))?;
    Ok(Both { old, new, files, checkout })
}

fn state(given: &Given, named: Option<&Path>, scope: &Scope, args: &Explain, report: Report) -> Result<State> {
    let here = given.environment.here.as_path();
    let manifest = manifest::find_manifest(here, named)?;
    if !given.top.as_ref().is_some_and(|top| manifest.starts_with(top)) {
        fail!("there is no `Cargo.toml` in the repository at this directory");
    }
    let workspace = locked::workspace(&manifest, given, locked::Network::default(), report)?;
    let prepared = prepare::prepared(&workspace, scope, args.host.as_deref())?;
    let reached = reached(&workspace, scope, prepared.recipe.scope.is_none())?;
    Ok(State { reached, recipe: prepared.recipe, workspace })
}

/// Returns the local packages that third-party packages depend on, relative to the top. Their
/// sources are part of a recipe.
fn carried(workspace: &Workspace, top: &Path) -> BTreeSet<String> {
    let is_below = |package: &&Package| package.below != Below::Nothing;
    let dirs = workspace.packages.iter().filter(is_below).map(|package| workspace.root.join(&package.dir));
    dirs.map(|dir| path::relative(&path::normalize(&dir), top)).collect()
}

/// Returns the selected packages and all local packages below them. An unscoped recipe selects all.
fn reached(workspace: &Workspace, scope: &Scope, is_unscoped: bool) -> Result<BTreeSet<usize>> {
    if is_unscoped {
        return Ok((0..workspace.packages.len()).collect());
    }
    let selected = select::select(workspace, scope)?.roots;
    let mut found = BTreeSet::new();
    let mut open: Vec<usize> = selected.keys().copied().collect();
    while let Some(i) = open.pop() {
        if found.insert(i) {
            open.extend(workspace.packages[i].dependencies.iter().filter_map(|d| d.to.local()));
        }
    }
    Ok(found)
}

/// Returns what users call a local package: its directory, or its name in the root.
pub fn called(package: &Package) -> String {
    if package.dir.is_empty() { package.name.clone() } else { package.dir.clone() }
}

/// Names who requires the packages that changed.
pub fn name_askers(changes: &mut [Change], both: &Both) {
    for change in changes.iter_mut().filter(|change| !change.local) {
        let state = if change.kind == Kind::Gone { &both.old } else { &both.new };
        let name = change.subject.split(' ').next().unwrap_or_default();
        let version = change.subject.split(' ').nth(1);
        let version = match change.kind {
            Kind::Updated | Kind::New => change.new.as_deref(),
            Kind::Gone => change.old.as_deref(),
            _ => version,
        };
        let version = version.and_then(|it| it.split(' ').next());
        match change.kind {
            Kind::Updated | Kind::New | Kind::Gone | Kind::Source | Kind::Checksum => {
                change.asked_by = askers(state, name, version, None);
            }
            Kind::Features => {
                let gained = askers(&both.new, name, version, Some(&change.gained));
                let lost = askers(&both.old, name, version, Some(&change.lost));
                change.asked_by = if change.gained.is_empty() { lost } else { gained };
            }
            Kind::Required => change.asked_by = askers(state, name, version, None),
            _ => {}
        }
    }
}

/// Returns the local packages in the scope that require a package, and with one of these features
/// if any are given.
fn askers(state: &State, name: &str, version: Option<&str>, features: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    let lock = &state.workspace.lock;
    let is_meant = |dependency: &&Dependency| match dependency.to {
        Resolved::Locked(i) => lock.packages[i].name == name && version.is_none_or(|it| it == lock.packages[i].version),
        _ => false,
    };
    let asks = |package: &Package, dependency: &Dependency| {
        let Some(features) = features else { return true };
        let own = dependency.features.iter().any(|feature| features.contains(feature));
        let default = dependency.default_features && features.contains("default");
        let values = package.features.values().flatten().filter_map(|value| value.split_once('/'));
        let by_feature = values
            .filter(|(key, _)| key.trim_end_matches('?') == dependency.key)
            .any(|(_, feature)| features.contains(feature));
        own || default || by_feature
    };
    let packages = state.reached.iter().map(|i| &state.workspace.packages[*i]);
    let askers = packages.filter(|package| package.dependencies.iter().filter(is_meant).any(|d| asks(package, d)));
    askers.map(called).collect()
}
