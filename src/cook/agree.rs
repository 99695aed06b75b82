//! Whether a scoped recipe is for what `cook` is asked for.
//!
//! In: a recipe and the flags of `cook`. Out: the flags to build with, or a refusal that names the recipe to make. Touches
//! nothing.

use crate::cli::Cook;
use crate::error::{Error, Result};
use crate::prepare::command::{self, Told};
use crate::recipe::Recipe;
use crate::shell;
use crate::workspace::scope::Scope;

/// Returns the scope that is cooked for, and the flags to build the recipe of this `scope` with.
///
/// Flags that repeat the recipe's scope are welcome. A profile and targets may be added where the recipe names none, as it
/// then holds those of all; anything else contradicts it.
///
/// # Errors
/// The flags contradict the recipe.
pub fn agree(recipe: &Recipe, scope: &Scope, asked: &Scope, args: &Cook) -> Result<(Scope, Scope)> {
    let allowed = Scope {
        profile: scope.profile.clone().or_else(|| addable_profile(scope, asked)),
        target: if scope.target.is_empty() { addable_targets(recipe, asked) } else { scope.target.clone() },
        ..scope.clone()
    };
    if !asked.is_within(&allowed) {
        return Err(refusal(recipe, scope, asked, args));
    }
    let with = |base: &Scope| Scope {
        profile: base.profile.clone().or_else(|| allowed.profile.clone()),
        target: allowed.target.clone(),
        ..base.clone()
    };
    Ok((with(scope), with(&recipe.build)))
}

/// With this profile, `cargo check` takes all for tests, which have dependencies of their own.
fn addable_profile(scope: &Scope, asked: &Scope) -> Option<String> {
    let added = Scope { profile: asked.profile.clone(), ..scope.clone() };
    (!added.checks_tests()).then_some(added.profile).flatten()
}

/// A recipe for a host holds nothing of other platforms.
fn addable_targets(recipe: &Recipe, asked: &Scope) -> Vec<String> {
    let holds = |target: &String| recipe.host.as_ref().is_none_or(|host| host == target);
    if asked.target.iter().all(holds) { asked.target.clone() } else { Vec::new() }
}

fn refusal(recipe: &Recipe, scope: &Scope, asked: &Scope, args: &Cook) -> Error {
    let flags = |scope: &Scope, host: Option<&String>| {
        let host = host.into_iter().flat_map(|host| ["--host".to_owned(), host.clone()]);
        shell::line(command::flags(scope).into_iter().chain(host))
    };
    let prepared = match flags(scope, recipe.host.as_ref()) {
        none if none.is_empty() => "a build without flags".to_owned(),
        flags => format!("`{flags}`"),
    };
    let both = scope.overridden_by(asked);
    // With a target, a host decides nothing more than what is built for it.
    let told = Told {
        scope: &both,
        host: recipe.host.as_deref(),
        recipe_path: args.recipe_path.as_deref(),
        manifest_path: args.manifest_path.as_deref(),
        offline: recipe.index.is_some(),
    };
    Error::Usage(format!(
        "recipe was prepared for {prepared}, not for `{}`\nhelp: prepare another with `{}`",
        flags(asked, None),
        command::prepare(&told)
    ))
}
