//! Reads recipes that a command line names.
//!
//! In: the path of a recipe. Out: the recipe, and its text. Reads that file only.

use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::recipe::{self, Recipe};
use std::io::ErrorKind::NotFound;
use std::path::Path;

/// Returns the text of a recipe.
///
/// # Errors
/// The file is missing, or it is not text.
pub fn text(path: &Path, environment: &Environment) -> Result<String> {
    let name = path.display();
    match std::fs::read(environment.here.join(path)).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(_)) => fail!(
            "recipe `{name}` is not a recipe: it is not UTF-8 text\nhelp: make a new one with `cargo larder prepare`"
        ),
        Err(error) if error.kind() == NotFound => {
            fail!("recipe `{name}` does not exist\nhelp: make it with `cargo larder prepare --recipe-path {name}`")
        }
        Err(error) => fail!("cannot read recipe `{name}`: {}", disk::cause(&error)),
    }
}

/// Returns a recipe.
///
/// # Errors
/// The file is missing, or it is not a recipe.
pub fn recipe(path: &Path, environment: &Environment) -> Result<Recipe> {
    recipe::decode(&path.display().to_string(), &text(path, environment)?)
}
