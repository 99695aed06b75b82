//! The command that makes a recipe.
//!
//! In: a scope and the other arguments of `prepare`. Out: its command line, for messages. Touches
//! nothing.

use crate::shell;
use crate::workspace::scope::Scope;
use std::path::Path;

/// The arguments of `prepare`.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What the build selects.
    pub scope: &'a Scope,
    /// `--host`.
    pub host: Option<&'a str>,
    /// `--recipe-path`, if it is given.
    pub recipe_path: Option<&'a Path>,
    /// `--manifest-path`, if it is given.
    pub manifest_path: Option<&'a Path>,
    /// `--offline`.
    pub offline: bool,
}

/// Returns the flags of a scope, as `prepare` and `cook` take them.
pub fn flags(scope: &Scope) -> Vec<String> {
    scope.to_words().into_iter().chain(scope.check.then(|| "--check".to_owned())).collect()
}

/// Returns the build of a scope: `cargo build --release`.
pub fn build(scope: &Scope) -> String {
    shell::line(["cargo", scope.command()].map(str::to_owned).into_iter().chain(scope.to_words()))
}

/// Returns the command line of `prepare`.
pub fn prepare(told: &Told<'_>) -> String {
    let mut words = ["cargo", "larder", "prepare"].map(str::to_owned).to_vec();
    let values = [("--recipe-path", told.recipe_path), ("--manifest-path", told.manifest_path)];
    for (flag, path) in values.into_iter().filter_map(|(flag, path)| Some((flag, path?))) {
        words.extend([flag.to_owned(), path.display().to_string()]);
    }
    words.extend(flags(told.scope));
    words.extend(told.host.into_iter().flat_map(|host| ["--host".to_owned(), host.to_owned()]));
    words.extend(told.offline.then(|| "--offline".to_owned()));
    shell::line(words)
}
