//! The command `key`: the name of a cache for what `cook` leaves.
//!
//! In: a recipe, the flags of `cook`, and the surroundings. Out: one line on stdout. It changes
//! exactly if cargo would compile dependencies again, or if libraries of the system differ. Starts
//! cargo, rustc, and the compilers and linkers that it finds, to read their versions. Writes a
//! scratch directory, and nothing else.
//!
//! `parts` decides what counts. The first half of a key does not depend on the recipe, so that a
//! CI can restore the target directory of another recipe.

mod parts;

use crate::cargo::{self, toolchain::Cargo};
use crate::cli::Key;
use crate::config::layers::{Given, Layers};
use crate::cook::cache;
use crate::cook::named::Named;
use crate::cook::order;
use crate::cook::place::{self, Place};
use crate::cook::root::{self, Stood};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::recipe::{self, Recipe, skeleton};
use crate::report::Report;
use crate::workspace::scope::Scope;
use parts::Parts;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs `key` in the current directory of `environment`.
///
/// # Errors
/// The recipe or the configuration is invalid, or cargo and rustc do not tell their versions.
pub fn key(args: &Key, environment: Environment, stdout: &mut dyn Write) -> Result<()> {
    let report = Report::new(args.how.color.as_deref(), args.how.quiet, args.how.verbose > 0, &environment);
    let given = Given { environment, config: args.how.config.clone(), unstable: args.how.unstable.clone(), top: None };
    let asked = args.scope.clone().normalized();
    let named = Named { recipe: args.recipe_path.as_deref(), manifest: args.manifest_path.as_deref(), how: &args.how };
    let (recipe, _) = order::recipe(named, &asked, &given, report)?;
    let parts = parts(&recipe, &asked, args, named, &given)?;
    match (args.format.as_str(), args.restore) {
        ("json", _) => writeln!(stdout, "{}", parts.to_json())?,
        (_, true) => writeln!(stdout, "{}", parts.restore())?,
        (_, false) => writeln!(stdout, "{}", parts.key())?,
    }
    Ok(())
}

/// Collects the parts of a key.
fn parts(recipe: &Recipe, asked: &Scope, args: &Key, named: Named<'_>, given: &Given) -> Result<Parts> {
    let environment = &given.environment;
    let here = environment.here.as_path();
    let stood = Stood { depth: recipe.depth, away: recipe.away };
    let root = root::root(stood, named, &named.current(here), environment)?;
    let place = Place { environment, here, root: &root };
    // rustup reads the toolchain file of the skeleton, which may not be here yet.
    let scratch = disk::scratch()?;
    let of_toolchain = recipe.files.iter().filter(|(name, _)| name.starts_with("rust-toolchain"));
    let of_toolchain = of_toolchain.map(|(name, bytes)| (name.clone(), bytes.clone())).collect();
    skeleton::write(&of_toolchain, scratch.path(), &[])?;
    let config = place::config(&recipe.files, recipe.above, &place, scratch.path())?;
    let layers = Layers::read(given, config)?;
    let target_dir = place::target_dir(&args.how, &layers, &place);
    let units = place::build_dir(&layers, &place).unwrap_or_else(|| target_dir.clone());
    let cargo = Cargo::for_skeleton(!of_toolchain.is_empty(), &root, environment);
    let build = cargo::Build {
        dir: scratch.path(),
        command: args.how.command(asked),
        args: Vec::new(),
        target_dir: &target_dir,
        env: place::absolute_variables(&place),
        hidden: None,
        stubs: BTreeSet::new(),
        cargo: &cargo,
    };
    let Some(surroundings) = cache::surroundings(environment, &build, &layers, (&root, &units)) else {
        fail!("cargo and rustc do not tell their versions\nhelp: see what `cargo -vV` and `rustc -vV` print here")
    };
    let parts = Parts::of(&parts::Known {
        surroundings: &surroundings,
        layers: &layers,
        environment,
        named: &args.env,
        cargo_home: &real(&environment.cargo_home().unwrap_or_default()),
        units: &real(&units),
        recipe: &recipe::encode(recipe),
        scope: &scope(recipe, asked).to_words(),
    });
    scratch.close()?;
    Ok(parts)
}

/// Returns the scope as far as flags add to the recipe. A scoped recipe may leave the profile and
/// the platform to `cook`.
fn scope(recipe: &Recipe, asked: &Scope) -> Scope {
    let Some(scope) = &recipe.scope else { return asked.clone() };
    let profile = scope.profile.clone().or_else(|| asked.profile.clone());
    let target = if scope.target.is_empty() { asked.target.clone() } else { scope.target.clone() };
    Scope { profile, target, ..scope.clone() }
}

/// Returns a path without symbolic links. Its last directories need not exist yet.
fn real(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|dir| Some((dir, std::fs::canonicalize(dir).ok()?)));
    let joined = existing.and_then(|(dir, real)| Some(real.join(path.strip_prefix(dir).ok()?)));
    // Joining an empty path adds a slash.
    joined.map_or_else(|| path.to_owned(), |path| path.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_before_and_after_its_directory_exists() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let path = temp.path().join("app/target");
        let before = real(&path);
        fs_err::create_dir_all(&path).expect("writable");
        assert_eq!(before, real(&path));
        assert_eq!(before, real(&path.join("")));
    }

    #[test]
    fn a_scoped_recipe_takes_only_a_profile_and_platforms_from_flags() {
        let of =
            |text: &[&str]| Scope { package: text.iter().map(|it| (*it).to_owned()).collect(), ..Scope::default() };
        let release = Scope { profile: Some("release".to_owned()), ..Scope::default() };
        let scoped = Recipe { scope: Some(of(&["a"])), ..Recipe::default() };
        let expected = Scope { profile: release.profile.clone(), ..of(&["a"]) };
        assert_eq!(scope(&scoped, &release), expected);
        assert_eq!(scope(&Recipe { scope: Some(release.clone()), ..Recipe::default() }, &of(&["a"])), release);
        assert_eq!(scope(&Recipe::default(), &of(&["a"])), of(&["a"]));
    }
}
