//! From a workspace on disk to a recipe.
//!
//! In: the command line of `prepare` and the directory it was called in. Out: recipe.json, and one line on stderr. Writes
//! that file only, and only if its content changes; where there is no lockfile, `locked` has cargo make one elsewhere.

pub mod command;
pub mod locked;

use crate::cli::Prepare;
use crate::config::layers::Given;
use crate::cook::root::steps;
use crate::environment::Environment;
use crate::error::Result;
use crate::index;
use crate::quotient::quotient;
use crate::quotient::{reduce, select};
use crate::read;
use crate::recipe::skeleton;
use crate::recipe::{self, Recipe};
use crate::report::Report;
use crate::workspace::Workspace;
use crate::workspace::lockfile::{self, Lockfile};
use crate::workspace::scope::Scope;

/// A recipe, and what the line about it says.
pub struct Prepared {
    /// The recipe.
    pub recipe: Recipe,
    /// What is in it, and what was left out.
    pub summary: String,
    /// What may surprise.
    pub warnings: Vec<String>,
}

/// Runs `prepare` at `here`.
///
/// # Errors
/// Whatever is wrong with the workspace or the scope, or the recipe cannot be written.
pub fn prepare(args: Prepare, environment: Environment) -> Result<()> {
    let given = Given { environment, config: args.config, unstable: args.unstable, top: None };
    let here = given.environment.here.as_path();
    let manifest = read::find_manifest(here, args.manifest_path.as_deref())?;
    let report = Report::new(args.color.as_deref(), args.quiet, args.verbose > 0);
    let workspace = locked::workspace(&manifest, &given, args.offline || args.frozen, report)?;
    let scope = args.scope.normalized();
    // A skeleton of stubs has been scoped already; preparing it gives its recipe again.
    let is_scoped = !workspace.stubs.is_empty();
    let mut prepared = if scope.is_at_most_binaries() && args.host.is_none() && !is_scoped {
        select::select(&workspace, &scope)?; // refuses a binary that does not exist
        for_any_build(&workspace)
    } else {
        for_scope(&workspace, &scope, args.host.as_deref())?
    };
    if args.offline || args.frozen {
        prepared.recipe.index = index(&workspace, &prepared.recipe)?;
    }
    let dir = manifest.parent().unwrap_or(here);
    prepared.recipe.depth = dir.strip_prefix(&workspace.root).map_or(0, |way| way.components().count());
    prepared.recipe.away = args.manifest_path.as_ref().map_or(0, |_| steps(dir, here));
    let path = here.join(&args.recipe_path);
    let text = recipe::encode(&prepared.recipe);
    // What is no file, such as a pipe, would wait to be read.
    let unchanged = path.is_file() && fs_err::read(&path).is_ok_and(|old| old == text.as_bytes());
    if !unchanged {
        fs_err::write(&path, text)?;
    }
    let state = if unchanged { " (unchanged)" } else { "" };
    prepared.warnings.iter().for_each(|warning| report.warning(warning));
    report.done("Prepared", &format!("`{}`{state}: {}", args.recipe_path.display(), prepared.summary));
    Ok(())
}

/// What a build without the network looks for besides what is cooked.
fn index(workspace: &Workspace, recipe: &Recipe) -> Result<Option<Lockfile>> {
    let name = "Cargo.lock";
    let cooked = lockfile::parse(name, skeleton::text(&recipe.files, name).unwrap_or_default())?;
    Ok(index::left_out(&workspace.lock, &cooked))
}

/// The recipe that any later `cook` narrows.
fn for_any_build(workspace: &Workspace) -> Prepared {
    let reduced = reduce::reduce(workspace);
    let kept = third_party(&reduced.workspace);
    let summary = format!(
        "for any build, {} local packages, {kept} locked packages, {} left out",
        workspace.packages.len(),
        third_party(workspace) - kept
    );
    let files = skeleton::files(&reduced.workspace);
    let recipe = Recipe { here: reduced.here, above: workspace.config_above, files, ..Recipe::default() };
    Prepared { warnings: reduced.warnings, recipe, summary }
}

/// The recipe of one build.
///
/// # Errors
/// A scope that does not fit the workspace.
pub fn for_scope(workspace: &Workspace, scope: &Scope, host: Option<&str>) -> Result<Prepared> {
    let quotient = quotient(workspace, scope, host)?;
    let summary = format!(
        "{} requirements, {} locked packages, {} left out",
        quotient.requirements,
        quotient.reached,
        third_party(workspace).saturating_sub(quotient.reached)
    );
    let files = skeleton::files(&quotient.workspace);
    let recipe = Recipe {
        scope: Some(scope.clone()),
        host: host.map(str::to_owned),
        above: workspace.config_above,
        build: quotient.scope,
        files,
        ..Recipe::default()
    };
    Ok(Prepared { warnings: quotient.warnings, recipe, summary })
}

fn third_party(workspace: &Workspace) -> usize {
    workspace.lock.packages.iter().filter(|p| p.source.is_some()).count()
}
