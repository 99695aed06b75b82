//! From a workspace on disk to a recipe.
//!
//! In: the command line of `prepare` and the directory it was called in. Out: recipe.json, and one line on stderr. Writes
//! that file only, and only if its content changes.

use crate::cli::Prepare;
use crate::error::Result;
use crate::quotient::{PREFIX, quotient};
use crate::recipe::{self, Recipe};
use crate::report::Report;
use crate::scope::Scope;
use crate::{read, reduce, skeleton};
use std::path::Path;

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
pub fn prepare(args: Prepare, here: &Path) -> Result<()> {
    let manifest = read::find_manifest(here, args.manifest_path.as_deref())?;
    let prepared = recipe(&manifest, &args.scope.normalized(), args.host.as_deref(), here)?;
    let path = here.join(&args.recipe_path);
    let text = recipe::encode(&prepared.recipe);
    let unchanged = fs_err::read(&path).is_ok_and(|old| old == text.as_bytes());
    if !unchanged {
        fs_err::write(&path, text)?;
    }
    let state = if unchanged { " (unchanged)" } else { "" };
    let report = Report::new(None, false);
    prepared.warnings.iter().for_each(|warning| report.warning(warning));
    report.done("Prepared", &format!("`{}`{state}: {}", args.recipe_path.display(), prepared.summary));
    Ok(())
}

/// Works out the recipe of the workspace of `manifest`.
///
/// # Errors
/// Whatever is wrong with the workspace or the scope.
pub fn recipe(manifest: &Path, scope: &Scope, host: Option<&str>, here: &Path) -> Result<Prepared> {
    let workspace = read::workspace(manifest, here)?;
    let third_party = workspace.lock.packages.iter().filter(|p| p.source.is_some()).count();
    // A skeleton of stubs has been scoped already; preparing it gives its recipe again.
    let is_scoped = workspace.packages.iter().all(|p| p.name.starts_with(PREFIX));
    if scope.is_empty() && host.is_none() && !is_scoped {
        let reduced = reduce::reduce(&workspace);
        let kept = reduced.workspace.lock.packages.iter().filter(|p| p.source.is_some()).count();
        let summary = format!(
            "for any build, {} local packages, {kept} locked packages, {} left out",
            reduced.workspace.packages.len(),
            third_party - kept
        );
        let files = skeleton::files(&reduced.workspace);
        return Ok(Prepared {
            warnings: Vec::new(),
            recipe: Recipe { scope: None, here: reduced.here, build: Scope::default(), files },
            summary,
        });
    }
    let quotient = quotient(&workspace, scope, host)?;
    let summary = format!(
        "{} requirements, {} locked packages, {} left out",
        quotient.requirements,
        quotient.reached,
        third_party.saturating_sub(quotient.reached)
    );
    let files = skeleton::files(&quotient.workspace);
    Ok(Prepared {
        warnings: quotient.warnings,
        recipe: Recipe { scope: Some(scope.clone()), here: None, build: quotient.scope, files },
        summary,
    })
}
