//! The command `prepare`: from a workspace on disk to a recipe.
//!
//! In: the command line and the current directory. Out: recipe.json, and one line on stderr. Writes
//! that file only, and only if its content changes. If there is no lockfile, `locked` makes cargo
//! create one elsewhere.

pub mod command;
pub mod context;
mod dockerfile;
pub mod locked;
mod wheel;

use crate::cargo::interrupt::Interrupt;
use crate::carried;
use crate::cli::Prepare;
use crate::config::layers::Given;
use crate::config::{assumed, files};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::index;
use crate::path;
use crate::quotient::quotient;
use crate::quotient::{narrow, reduce, select};
use crate::read;
use crate::recipe::{self, Recipe};
use crate::recipe::{secrets, skeleton};
use crate::report::Report;
use crate::shell;
use crate::triple::{self, Named};
use crate::workspace::Workspace;
use crate::workspace::lockfile::{self, Lockfile};
use crate::workspace::profile;
use crate::workspace::scope::Scope;
use std::collections::BTreeSet;
use std::path::Path;

/// The default path of the recipe.
pub const RECIPE: &str = "recipe.json";

/// A recipe, and the parts of the line about it.
pub struct Prepared {
    /// The recipe.
    pub recipe: Recipe,
    /// The third-party packages in it.
    pub packages: BTreeSet<String>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Runs `prepare` in the current directory of `environment`.
///
/// # Errors
/// The workspace or the scope is invalid, or the recipe is not writable.
pub fn prepare(args: Prepare, environment: Environment) -> Result<()> {
    Interrupt::watch()?;
    let given = Given { environment, config: args.config, unstable: args.unstable, top: None };
    let here = given.environment.here.as_path();
    let manifest = read::find_manifest(here, args.manifest_path.as_deref())?;
    let report = Report::new(args.color.as_deref(), args.quiet, args.verbose > 0, &given.environment);
    let network = locked::Network { offline: args.offline || args.frozen, locked: args.locked || args.frozen };
    let workspace = locked::workspace(&manifest, &given, network, report)?;
    for path in files::left_behind(here, &workspace.root, &given)? {
        report.warning(&format!(
            "`{}` is above the project and not in the recipe, so a build of the project alone does not have it\nhelp: move it into the project, or put it above the directory of the build, too",
            path.display()
        ));
    }
    let scope = args.scope.normalized();
    let named = Named {
        targets: &scope.target,
        host: args.host.as_deref(),
        layers: &workspace.layers,
        here,
        root: &workspace.root,
    };
    let doubts = triple::check(&named)?;
    let is_plain = scope.is_empty() && args.host.is_none() && !args.any_build;
    let cooked = is_plain.then(|| dockerfile::cooked(&workspace.root, &args.recipe_path)).flatten();
    let mut prepared = match cooked.as_ref().and_then(|cooked| as_cooked(&workspace, cooked)) {
        Some(prepared) => prepared,
        None => prepared(&workspace, &scope, args.host.as_deref())?,
    };
    prepared.warnings.extend(doubts);
    if args.offline || args.frozen {
        prepared.recipe.index = index(&workspace, &prepared.recipe)?;
    }
    let dir = manifest.parent().unwrap_or(here);
    let way = dir.strip_prefix(&workspace.root).ok();
    prepared.recipe.depth = way.map_or(0, |way| way.components().count());
    if way.is_none() {
        // A recipe stores only how far up the root is.
        prepared.warnings.push(format!(
            "`package.workspace` points to `{}`, which is not above the package, and a recipe cannot tell where: without the sources, `cook` does not find the root\nhelp: prepare and cook in the root, with `-p`, or tell `cook` the target directory with `--target-dir`",
            path::display(&workspace.root, here)
        ));
    }
    prepared.recipe.away = args.manifest_path.as_ref().map_or(0, |_| path::steps(dir, here));
    let path = here.join(&args.recipe_path);
    let text = recipe::encode(&prepared.recipe);
    // Reading anything but a file, such as a pipe, could block.
    let old = path.is_file().then(|| fs_err::read_to_string(&path).ok()).flatten();
    let unchanged = old.as_ref() == Some(&text);
    let written = if unchanged { Ok(()) } else { disk::write_whole(&path, text.as_bytes()) };
    if let Err(error) = written {
        fail!("cannot write recipe `{}`: {}", args.recipe_path.display(), disk::cause(&error));
    }
    prepared.warnings.extend(context::warning(&workspace.root, here));
    prepared.warnings.iter().for_each(|warning| report.warning(warning));
    let name = args.recipe_path.display().to_string();
    if let Some(other) =
        old.filter(|_| !unchanged).and_then(|old| other_purpose(&recipe::decode(&name, &old).ok()?, &prepared.recipe))
    {
        report.warning(&format!(
            "recipe `{name}` was prepared for {other}, and is replaced\nhelp: to keep both, name one with `--recipe-path`"
        ));
    }
    let (kept, all) = (prepared.packages, workspace.lock.third_parties());
    if let Some(hint) = wheel::hint(&workspace, &kept) {
        report.note(&hint);
    }
    if let Some(cooked) = cooked {
        report.note(&if prepared.recipe.scope.is_some() { cooked.taken() } else { cooked.hint() });
    }
    if let Some(hint) = carried_hint(&workspace, &prepared.recipe) {
        report.note(&hint);
    }
    if report.is_verbose() {
        let left_out: Vec<&str> = all.difference(&kept).map(String::as_str).collect();
        report.note(&format!(
            "left out: {}",
            if left_out.is_empty() { "nothing".to_owned() } else { left_out.join(", ") }
        ));
    }
    let state = if unchanged { " (unchanged)" } else { "" };
    report.done(
        "Prepared",
        &format!(
            "{name}{state} for {}: {} of {} packages; next: `{}`",
            purpose(&prepared.recipe),
            kept.len(),
            all.len(),
            cook(&prepared.recipe, &args.recipe_path, args.manifest_path.as_deref())
        ),
    );
    Ok(())
}

/// Makes the recipe of the build that the Dockerfiles cook, if they leave the choice to `prepare`.
/// An error is left to `cook`, which has the flags.
fn as_cooked(workspace: &Workspace, cooked: &dockerfile::Cooked) -> Option<Prepared> {
    if !cooked.prepares || cooked.scope.is_at_most_binaries() || !workspace.stubs.is_empty() {
        return None;
    }
    let mut prepared = prepared(workspace, &cooked.scope, None).ok()?;
    prepared.recipe.dockerfile = Some(cooked.file.clone());
    Some(prepared)
}

/// Makes the recipe of a workspace.
///
/// # Errors
/// The scope does not fit the workspace.
pub fn prepared(workspace: &Workspace, scope: &Scope, host: Option<&str>) -> Result<Prepared> {
    // A skeleton of stubs is already scoped. Preparing it gives its recipe again.
    let is_scoped = !workspace.stubs.is_empty();
    let mut prepared = if scope.is_at_most_binaries() && host.is_none() && !is_scoped {
        for_any_build_of(workspace, scope)?
    } else {
        for_scope(workspace, scope, host)?
    };
    let travels: Vec<&str> = skeleton::manifests(&prepared.recipe.files).collect();
    prepared.warnings.extend(carried::left_out_secrets(workspace, &travels));
    prepared.warnings.extend(secrets::warnings(&prepared.recipe.files));
    Ok(prepared)
}

/// Returns what to do about carried packages, if the recipe has any. Cargo compares the
/// modification times of their sources.
fn carried_hint(workspace: &Workspace, recipe: &Recipe) -> Option<String> {
    let travels: BTreeSet<&str> = skeleton::manifests(&recipe.files).collect();
    let carried = workspace.packages.iter().filter(|p| p.is_carried() && travels.contains(p.dir.as_str()));
    let named: Vec<String> = carried.map(|p| format!("`{}`", p.dir)).collect();
    (!named.is_empty()).then(|| {
        format!(
            "the recipe has the sources of {}, which third-party crates depend on\nhelp: if the sources arrive newer than the recipe, as by `git clone`, run `cargo larder cook` again before the build",
            named.join(", ")
        )
    })
}

/// Returns the build that a recipe is for.
fn purpose(recipe: &Recipe) -> String {
    recipe.scope.as_ref().map_or_else(|| any_build(recipe), command::build)
}

/// Returns the builds that an unscoped recipe is for.
fn any_build(recipe: &Recipe) -> String {
    let packages: Vec<String> = recipe.build.package.iter().map(|p| format!("`{p}`")).collect();
    if packages.is_empty() { "any build".to_owned() } else { format!("any build of {}", packages.join(", ")) }
}

/// Returns the build of an old recipe, if it differs from the new one.
fn other_purpose(old: &Recipe, new: &Recipe) -> Option<String> {
    let is_other = (&old.scope, &old.host, &old.build.package) != (&new.scope, &new.host, &new.build.package);
    let purpose = match &old.scope {
        None => any_build(old),
        Some(scope) => format!("`{}`", command::build(scope)),
    };
    is_other.then(|| purpose + &old.host.as_ref().map(|host| format!(" on `{host}`")).unwrap_or_default())
}

/// Returns the command of `cook` that finds the recipe and agrees with it.
fn cook(recipe: &Recipe, recipe_path: &Path, manifest_path: Option<&Path>) -> String {
    let recipe_path = Some(recipe_path).filter(|path| *path != Path::new(RECIPE));
    let paths = [("--recipe-path", recipe_path), ("--manifest-path", manifest_path)];
    let paths = paths.into_iter().filter_map(|(flag, path)| Some([flag.to_owned(), path?.display().to_string()]));
    let flags = recipe.scope.as_ref().filter(|_| recipe.dockerfile.is_some()).map(command::flags).unwrap_or_default();
    shell::line(["cargo", "larder", "cook"].map(str::to_owned).into_iter().chain(paths.flatten()).chain(flags))
}

/// Returns what a build without network needs in addition to the cooked packages.
fn index(workspace: &Workspace, recipe: &Recipe) -> Result<Option<Lockfile>> {
    let name = "Cargo.lock";
    let cooked = lockfile::parse(name, skeleton::text(&recipe.files, name).unwrap_or_default())?;
    Ok(index::left_out(&workspace.lock, &cooked))
}

/// Makes the recipe that any later `cook` narrows. With `--bin`, makes the one for all builds of
/// the packages of these binaries.
///
/// # Errors
/// A binary does not exist.
fn for_any_build_of(workspace: &Workspace, scope: &Scope) -> Result<Prepared> {
    if scope.bin.is_empty() {
        return Ok(for_any_build(workspace));
    }
    let Some(members) = narrow::meant(workspace, &scope.bin) else {
        select::select(workspace, &Scope { workspace: true, ..scope.clone() })?;
        return Ok(for_any_build(workspace)); // a pattern
    };
    let names: BTreeSet<String> = members.iter().map(|i| workspace.packages[*i].name.clone()).collect();
    let mut prepared = for_any_build(&narrow::narrow(workspace, &members));
    prepared.recipe.build = Scope { package: names.into_iter().collect(), bin: scope.bin.clone(), ..Scope::default() };
    Ok(prepared)
}

/// Makes the recipe that any later `cook` narrows.
fn for_any_build(workspace: &Workspace) -> Prepared {
    let reduced = reduce::reduce(workspace);
    let (files, packages) = (skeleton::files(&reduced.workspace), reduced.workspace.lock.third_parties());
    let recipe = Recipe { here: reduced.here, above: workspace.config_above, files, ..Recipe::default() };
    Prepared { warnings: reduced.warnings, recipe, packages }
}

/// Makes the recipe of one build.
///
/// # Errors
/// The scope does not fit the workspace.
pub fn for_scope(workspace: &Workspace, scope: &Scope, host: Option<&str>) -> Result<Prepared> {
    let quotient = quotient(workspace, scope, host)?;
    let (files, packages) = (skeleton::files(&quotient.workspace), quotient.workspace.lock.third_parties());
    let recipe = Recipe {
        scope: Some(scope.clone()),
        host: host.map(str::to_owned),
        above: workspace.config_above,
        build: quotient.scope,
        files,
        assumed: assumed(workspace, scope),
        ..Recipe::default()
    };
    Ok(Prepared { warnings: quotient.warnings, recipe, packages })
}

/// Returns the settings that affect the recipe of one build without being in it.
fn assumed(workspace: &Workspace, scope: &Scope) -> BTreeSet<String> {
    let merged = workspace.layers.merged();
    let profiles = merged.get("profile").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let used = scope.profile.as_deref();
    let used = used.and_then(|name| profile::used(Some(name), &workspace.root_tables.profile, &profiles).ok());
    let variables = workspace.profile_variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    assumed::settings(&workspace.layers, variables, used.as_ref()).into_keys().map(str::to_owned).collect()
}
