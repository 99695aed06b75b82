//! Compares a recipe with the workspace next to it.
//!
//! In: a recipe, and the directory of a manifest. Out: a warning if `prepare` would now make
//! another recipe. Also an error if the recipe is of the workspace, but the workspace lacks
//! something that the flags name. Reads the workspace as `prepare` does, starts no program, and
//! writes nothing. `cook` does not refuse a workspace that cannot be read.

use crate::cli::Cook;
use crate::config::layers::Given;
use crate::error::{Error, Result};
use crate::prepare::{self, command, command::Told};
use crate::quotient::select;
use crate::read;
use crate::recipe::Recipe;
use crate::recipe::skeleton::{self, Files};
use crate::workspace::Workspace;
use crate::workspace::lockfile;
use crate::workspace::scope::Scope;
use std::collections::BTreeSet;
use std::path::Path;

/// How many packages a message lists.
const NAMED: usize = 3;

/// Returns a warning if there is a workspace at `current` and `prepare` would make another recipe
/// of it.
///
/// # Errors
/// The recipe is of the workspace, but the flags name a package, target, or feature that the
/// workspace does not have. An unscoped recipe alone cannot tell, because it holds names only if
/// they make a difference.
pub fn warning(
    recipe: &Recipe,
    name: &str,
    args: &Cook,
    asked: &Scope,
    current: &Path,
    given: &Given,
) -> Result<Option<String>> {
    let bare = Given { config: Vec::new(), unstable: Vec::new(), ..given.clone() };
    // `prepare` may have had the same `--config` as `cook`, or none.
    let mut found = None;
    for given in [given, &bare] {
        match compared(recipe, current, given) {
            Some(Compared::Same(workspace)) if recipe.scope.is_none() => {
                return select::select(&workspace, asked).map(|_| None);
            }
            None | Some(Compared::Same(_)) => return Ok(None),
            Some(Compared::Other(what)) => found = Some(what),
        }
    }
    let Some(what) = found else { return Ok(None) };
    let scope = given_to_prepare(recipe);
    let told = Told {
        scope: &scope,
        host: recipe.host.as_deref(),
        recipe_path: args.recipe_path.as_deref(),
        manifest_path: args.manifest_path.as_deref(),
        offline: recipe.index.is_some(),
    };
    let again = command::prepare(&told);
    Ok(Some(format!(
        "recipe `{name}` does not match the workspace any more{what}\nhelp: unless this is intended, make a new one with `{again}`"
    )))
}

/// The result of comparing a recipe with that of a workspace.
enum Compared {
    /// They are the same.
    Same(Box<Workspace>),
    /// They differ in this.
    Other(String),
}

/// Compares a recipe with that of the workspace at `current`. Returns `None` if no workspace can be
/// read there.
fn compared(recipe: &Recipe, current: &Path, given: &Given) -> Option<Compared> {
    let manifest = read::find_manifest(current, None).ok()?;
    let manifests = read::open(&manifest, &given.environment.here, given).ok()?;
    if !read::lockfile(&manifests).is_file() {
        return None;
    }
    let scope = given_to_prepare(recipe);
    match read::workspace(&manifests) {
        Ok(workspace) => Some(match prepare::prepared(&workspace, &scope, recipe.host.as_deref()) {
            Ok(now) if is_same(&now.recipe, recipe) => Compared::Same(Box::new(workspace)),
            Ok(now) => Compared::Other(difference(&now.recipe.files, &recipe.files)),
            // The scope is of another workspace.
            Err(error) => Compared::Other(format!(": {}", error.to_string().lines().next().unwrap_or_default())),
        }),
        // Nothing was cooked from an outdated lockfile. Any other error may come from missing
        // sources.
        Err(Error::Behind(_)) => Some(Compared::Other(": `Cargo.lock` is behind the manifests".to_owned())),
        Err(_) => None,
    }
}

/// Returns the flags of `prepare`. An unscoped recipe can be narrowed to binaries.
fn given_to_prepare(recipe: &Recipe) -> Scope {
    let narrowed = || Scope { bin: recipe.build.bin.clone(), ..Scope::default() };
    recipe.scope.clone().unwrap_or_else(narrowed)
}

fn is_same(now: &Recipe, recipe: &Recipe) -> bool {
    let parts = |recipe: &Recipe| (recipe.files.clone(), recipe.build.clone(), recipe.here.clone());
    parts(now) == parts(recipe)
}

/// Lists the packages that one recipe lacks, and those that only it has.
fn difference(now: &Files, then: &Files) -> String {
    let (now, then) = (packages(now), packages(then));
    let list = |word: &str, of: Vec<&String>| {
        let named = of.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let more = of.len().checked_sub(NAMED).filter(|more| *more > 0);
        (!of.is_empty())
            .then(|| format!("{word} {named}{}", more.map(|n| format!(" and {n} more")).unwrap_or_default()))
    };
    let lists = [list("it lacks", now.difference(&then).collect()), list("it has", then.difference(&now).collect())];
    let lists = lists.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if lists.is_empty() { lists } else { format!(": {lists}") }
}

/// Returns the third-party packages of a skeleton.
fn packages(files: &Files) -> BTreeSet<String> {
    let name = "Cargo.lock";
    let parsed = lockfile::parse(name, skeleton::text(files, name).unwrap_or_default());
    parsed.map(|lock| lock.third_parties()).unwrap_or_default()
}
