//! Finds the build that the Dockerfiles of a project cook for.
//!
//! In: the workspace root and the path of the recipe. Out: the scope of `cook`, if every `cook` of
//! that recipe has the same flags. Reads the Dockerfiles and writes nothing.

use super::{command, context};
use crate::cli::{self, Verb};
use crate::path;
use crate::shell;
use crate::workspace::scope::Scope;
use std::path::Path;

/// The commands of `prepare` and `cook`.
const PROGRAMS: [&[&str]; 3] = [&["cargo", "larder"], &["cargo-larder", "larder"], &["cargo-larder"]];

/// What Dockerfiles do with a recipe.
#[derive(Debug, PartialEq, Eq)]
pub struct Cooked {
    /// The name of the first file with a `cook`.
    pub file: String,
    /// The flags of every `cook`.
    pub scope: Scope,
    /// Whether a file also calls `prepare` without flags, and so leaves the choice to `prepare`.
    pub prepares: bool,
}

impl Cooked {
    /// Returns what to know about a recipe that was prepared for this build.
    pub fn taken(&self) -> String {
        format!(
            "this is the build that `{}` cooks for\nhelp: `cargo larder prepare --any-build` makes a recipe for all builds",
            self.file
        )
    }

    /// Returns a hint to prepare for this build alone.
    pub fn hint(&self) -> String {
        let prepare = ["cargo", "larder", "prepare"].map(str::to_owned);
        format!(
            "`{}` cooks for `{}` alone, and a recipe of that build changes less often\nhelp: prepare it with `{}`",
            self.file,
            command::build(&self.scope),
            shell::line(prepare.into_iter().chain(command::flags(&self.scope)))
        )
    }
}

/// Returns the one build that the Dockerfiles of a workspace cook the recipe for. Returns `None` if
/// there are several, or if only a shell knows.
pub fn cooked(root: &Path, recipe: &Path) -> Option<Cooked> {
    let mut found: Option<Cooked> = None;
    let mut prepares = false;
    for file in context::dockerfiles(root) {
        let calls = calls(&std::fs::read_to_string(&file).ok()?, recipe)?;
        for scope in calls.cooks {
            let name = path::display(&file, root);
            let known = found.get_or_insert_with(|| Cooked { file: name, scope: scope.clone(), prepares: false });
            if known.scope != scope {
                return None;
            }
        }
        prepares |= calls.prepares;
    }
    found.filter(|found| found.scope != Scope::default()).map(|found| Cooked { prepares, ..found })
}

/// What a Dockerfile calls.
#[derive(Default)]
struct Calls {
    /// The scope of each `cook`.
    cooks: Vec<Scope>,
    /// Whether there is a `prepare` without flags.
    prepares: bool,
}

/// Returns the calls for a recipe. Returns `None` if one of them has variables, quotes, or flags
/// that lead to another place.
fn calls(text: &str, recipe: &Path) -> Option<Calls> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let commands =
        lines.flat_map(|line| line.split(['&', ';', '|'])).map(|it| it.split_whitespace().collect::<Vec<_>>());
    let mut calls = Calls::default();
    for words in commands {
        let Some(args) = arguments(&words) else { continue };
        // A pattern may be one of the shell.
        if args.iter().any(|word| word.contains('[')) {
            return None;
        }
        // In an image, the recipe may be in any directory.
        let is_ours = |path: &Path| path.file_name() == recipe.file_name();
        match cli::parse_plain(args)? {
            Verb::Cook(cook) if cook.recipe_path.as_deref().is_none_or(is_ours) => {
                if cook.manifest_path.is_some() || !cook.how.config.is_empty() {
                    return None;
                }
                calls.cooks.push(cook.scope.normalized());
            }
            Verb::Prepare(prepare) if is_ours(&prepare.recipe_path) => {
                let is_plain = prepare.scope.normalized() == Scope::default() && prepare.host.is_none();
                calls.prepares |= is_plain && prepare.manifest_path.is_none() && !prepare.any_build;
            }
            _ => {}
        }
    }
    Some(calls)
}

/// Returns `prepare` or `cook` and the words after it.
fn arguments<'a, 'b>(words: &'a [&'b str]) -> Option<&'a [&'b str]> {
    let ends = |program: &[&str]| {
        let start = words.windows(program.len()).position(|window| window == program)?;
        Some(&words[start + program.len()..])
    };
    let called = PROGRAMS.into_iter().filter_map(ends);
    called.into_iter().find(|rest| rest.first().is_some_and(|verb| ["prepare", "cook"].contains(verb)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The builds that are cooked, and whether `prepare` has no flags.
    fn found(text: &str) -> Option<(String, bool)> {
        let calls = calls(text, Path::new("recipe.json"))?;
        let builds: Vec<String> = calls.cooks.iter().map(command::build).collect();
        Some((builds.join(", "), calls.prepares))
    }

    #[test]
    fn the_flags_of_each_cook_are_found() {
        let release = |prepares| Some(("cargo build --release".to_owned(), prepares));
        assert_eq!(found("RUN cargo larder cook --release\nRUN cargo build"), release(false));
        let mounted = "RUN --mount=type=cache,target=/x \\\n  cargo-larder larder cook --release --locked && true";
        assert_eq!(found(mounted), release(false));
        assert_eq!(found("RUN cargo larder prepare\nRUN set -e; cargo-larder cook -r"), release(true));
        assert_eq!(found("RUN cargo larder prepare --release\nRUN cargo larder cook -r"), release(false));
        let both = "RUN cargo larder cook -r && cargo larder cook --check -p api";
        assert_eq!(found(both), Some(("cargo build --release, cargo check -p api".to_owned(), false)));
        assert_eq!(found("# RUN cargo larder cook --release\nRUN cargo build"), Some((String::new(), false)));
    }

    #[test]
    fn only_calls_for_the_same_recipe_count() {
        let usual = "RUN cargo larder prepare --recipe-path recipe.json\n\
             RUN cargo larder cook --release --recipe-path /app/recipe.json";
        assert_eq!(found(usual), Some(("cargo build --release".to_owned(), true)));
        let other = "RUN cargo larder prepare --recipe-path b.json\nRUN cargo larder cook --recipe-path b.json";
        assert_eq!(found(other), Some((String::new(), false)));
    }

    #[test]
    fn what_only_a_shell_knows_gives_no_hint() {
        for flags in
            ["--profile $PROFILE", "--features \"a b\"", "--nope", "$(cat flags)", "--manifest-path a/Cargo.toml"]
        {
            assert_eq!(found(&format!("RUN cargo larder cook --release\nRUN cargo larder cook {flags}")), None);
        }
    }
}
