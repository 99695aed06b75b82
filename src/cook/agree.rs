//! Compares the flags of `cook` with the scope of a recipe.
//!
//! In: a scoped recipe and the flags of `cook`. Out: the flags of the build, or an error that names
//! the recipe to make. Touches nothing.

use crate::cli::Cook;
use crate::error::{Error, Result};
use crate::prepare::command::{self, Told};
use crate::recipe::Recipe;
use crate::shell;
use crate::workspace::scope::Scope;

/// Returns the scope to cook for, and the flags that build the recipe of this `scope`.
///
/// The flags may repeat the scope of the recipe. They may add a profile and targets if the recipe
/// names none, because it then holds the packages of all. All others contradict the recipe.
///
/// # Errors
/// The flags contradict the recipe.
pub fn agree(recipe: &Recipe, scope: &Scope, asked: &Scope, args: &Cook) -> Result<(Scope, Scope)> {
    if contradicts(recipe, asked) {
        return Err(refusal(recipe, scope, asked, args));
    }
    let allowed = allowed(recipe, scope, asked);
    let with = |base: &Scope| Scope {
        profile: base.profile.clone().or_else(|| allowed.profile.clone()),
        target: allowed.target.clone(),
        ..base.clone()
    };
    Ok((with(scope), with(&recipe.build)))
}

/// Returns whether the flags contradict the scope of the recipe. If no flag of `prepare` gave the
/// scope, a `cook` without flags is for a build without flags, as with an unscoped recipe.
pub fn contradicts(recipe: &Recipe, asked: &Scope) -> bool {
    recipe.scope.as_ref().is_some_and(|scope| match recipe.dockerfile {
        Some(_) => asked != scope,
        None => !asked.is_within(&allowed(recipe, scope, asked)),
    })
}

/// Returns the scope of a recipe with what the flags may add.
fn allowed(recipe: &Recipe, scope: &Scope, asked: &Scope) -> Scope {
    Scope {
        profile: scope.profile.clone().or_else(|| addable_profile(scope, asked)),
        target: if scope.target.is_empty() { addable_targets(recipe, asked) } else { scope.target.clone() },
        ..scope.clone()
    }
}

/// Returns the profile that the flags add. `test` cannot be added: with this profile, `cargo check`
/// treats all targets as tests, which have dependencies of their own.
fn addable_profile(scope: &Scope, asked: &Scope) -> Option<String> {
    let added = Scope { profile: asked.profile.clone(), ..scope.clone() };
    (!added.checks_tests()).then_some(added.profile).flatten()
}

/// Returns the targets that the flags add. A recipe for a host holds no packages of other
/// platforms.
fn addable_targets(recipe: &Recipe, asked: &Scope) -> Vec<String> {
    let holds = |target: &String| recipe.host.as_ref().is_none_or(|host| host == target);
    if asked.target.iter().all(holds) { asked.target.clone() } else { Vec::new() }
}

fn refusal(recipe: &Recipe, scope: &Scope, asked: &Scope, args: &Cook) -> Error {
    let flags = |scope: &Scope, host: Option<&String>| {
        let host = host.into_iter().flat_map(|host| ["--host".to_owned(), host.clone()]);
        shell::line(command::flags(scope).into_iter().chain(host))
    };
    let spelled =
        |flags: String| if flags.is_empty() { "a build without flags".to_owned() } else { format!("`{flags}`") };
    let prepared = spelled(flags(scope, recipe.host.as_ref()));
    if let Some(file) = &recipe.dockerfile {
        return Error::Usage(format!(
            "recipe was prepared for {prepared}, as `{file}` cooks, not for {}\nhelp: prepare one for all builds with `cargo larder prepare --any-build`",
            spelled(flags(asked, None))
        ));
    }
    let both = scope.overridden_by(asked);
    // With a target, the host only affects packages that are built for it.
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
