//! From a Dockerfile that uses cargo-chef to one that uses cargo-larder.
//!
//! In: the text of a Dockerfile. Out: the same stages, with the recipe made for the flags of the
//! build, so that `cook` needs none; or with all flags unchanged, if only a shell knows them.
//! Touches nothing.

use super::commands::{self, Kind, parsed, scope_of};
use super::program;
use crate::cli::Verb;
use crate::error::{Result, fail};
use crate::prepare::command;
use crate::shell;
use crate::workspace::scope::Scope;
use std::ops::Range;

/// The new text, and what the user may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The Dockerfile.
    pub text: String,
    /// Notes.
    pub notes: Vec<String>,
}

/// Converts the Dockerfile that messages call `name`.
///
/// # Errors
/// It does not use cargo-chef.
pub fn convert(name: &str, text: &str) -> Result<Converted> {
    let commands = commands::commands(text);
    if !commands.iter().any(|(kind, _)| *kind != Kind::Build) {
        fail!(
            "`{name}` has no `cargo chef prepare` and no `cargo chef cook`\nhelp: run `cargo larder init --stdout` to see a new Dockerfile"
        );
    }
    let mut notes = Vec::new();
    let scope = scope(text, &commands, &mut notes);
    let mut text = text.to_owned();
    for (kind, range) in commands.into_iter().rev().filter(|(kind, _)| *kind != Kind::Build) {
        let new = rewritten(kind, &text[range.clone()], scope.as_ref());
        text.replace_range(range, &new);
    }
    let text = program::with_program(&text, &mut notes);
    Ok(Converted { text, notes })
}

/// The scope that the recipe is made for: that of the only build.
fn scope(text: &str, commands: &[(Kind, Range<usize>)], notes: &mut Vec<String>) -> Option<Scope> {
    let of = |wanted: Kind| -> Option<Vec<Scope>> {
        let found = commands.iter().filter(|(kind, _)| *kind == wanted);
        let mut scopes =
            found.map(|(kind, range)| scope_of(*kind, &text[range.clone()])).collect::<Option<Vec<_>>>()?;
        scopes.dedup();
        Some(scopes)
    };
    let (Some(cooks), Some(builds)) = (of(Kind::Cook), of(Kind::Build)) else {
        notes.push("flags that only a shell can read stay where they are; give `prepare` the flags of the build for a recipe that changes less often".to_owned());
        return None;
    };
    match (cooks.as_slice(), builds.as_slice()) {
        ([cook], [build]) => {
            if cook != build {
                notes.push(format!(
                    "`cook` was for `{}`, and the build is `{}`; the recipe is made for the build",
                    command::build(cook),
                    command::build(build)
                ));
            }
            Some(build.clone())
        }
        ([cook], []) => Some(cook.clone()),
        _ => {
            notes.push(
                "there are several builds, so one recipe is made for all of them, and `cook` keeps its flags"
                    .to_owned(),
            );
            None
        }
    }
}

/// The command with cargo-larder.
fn rewritten(kind: Kind, command: &str, scope: Option<&Scope>) -> String {
    let unchanged = || command.replacen("cargo chef", "cargo larder", 1);
    let Some(scope) = scope.filter(|scope| !scope.is_empty()) else { return unchanged() };
    let parsed = parsed(if kind == Kind::Prepare { "prepare" } else { "cook" }, command, 3);
    let mut new = vec!["cargo".to_owned(), "larder".to_owned()];
    let path = |path: &std::path::Path| ["--recipe-path".to_owned(), path.display().to_string()];
    match parsed {
        Some(Verb::Prepare(prepare)) => {
            new.push("prepare".to_owned());
            new.extend(path(&prepare.recipe_path));
            new.extend(command::flags(scope));
        }
        Some(Verb::Cook(cook)) => {
            new.push("cook".to_owned());
            new.extend(cook.recipe_path.iter().flat_map(|it| path(it)));
            new.extend((cook.how.locked || cook.how.frozen).then(|| "--locked".to_owned()));
            new.extend(
                cook.how.target_dir.iter().flat_map(|dir| ["--target-dir".to_owned(), dir.display().to_string()]),
            );
            new.extend(cook.how.zigbuild.then(|| "--zigbuild".to_owned()));
            new.extend(cook.how.to_args());
        }
        _ => return unchanged(),
    }
    shell::line(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEF: &str = "\
FROM lukemathwalker/cargo-chef:latest-rust-1.85-slim AS chef
WORKDIR /app

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
# Caches what `cargo chef cook` builds.
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN cargo build --release --bin app
";

    fn convert_text(text: &str) -> Converted {
        convert("Dockerfile", text).expect("it uses cargo-chef")
    }

    #[test]
    fn the_recipe_is_made_for_the_build_and_cook_needs_no_flags() {
        let converted = convert_text(CHEF);
        let expected = "\
ARG LARDER=cargo-larder
FROM ${LARDER} AS larder

FROM rust:1.85-slim AS chef
COPY --from=larder /cargo-larder /usr/local/cargo/bin/
WORKDIR /app

FROM chef AS planner
COPY . .
RUN cargo larder prepare --recipe-path recipe.json --bin app --release

FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
# Caches what `cargo chef cook` builds.
RUN cargo larder cook --recipe-path recipe.json
COPY . .
RUN cargo build --release --bin app
";
        assert_eq!(converted.text, expected);
        assert_eq!(converted.notes.len(), 1, "{:?}", converted.notes);
        assert!(converted.notes[0].contains("the recipe is made for the build"));
    }

    #[test]
    fn an_installed_program_is_copied_instead() {
        let installed = CHEF.replace(
            "FROM lukemathwalker/cargo-chef:latest-rust-1.85-slim AS chef",
            "ARG RUST=1\nFROM rust:${RUST} AS chef\nRUN apt-get update \\\n    && apt-get install -y clang \\\n    && cargo install cargo-chef --locked",
        );
        let text = convert_text(&installed).text;
        let expected = "ARG RUST=1\nARG LARDER=cargo-larder\nFROM ${LARDER} AS larder\n\nFROM rust:${RUST} AS chef\nCOPY --from=larder /cargo-larder /usr/local/cargo/bin/\nRUN apt-get update \\\n    && apt-get install -y clang\nWORKDIR /app\n";
        assert!(text.starts_with(expected), "{text}");
        let alone =
            CHEF.replace("latest-rust-1.85-slim AS chef", "latest AS chef\nRUN cargo install cargo-chef@0.1.77");
        assert!(convert_text(&alone).text.contains("FROM rust:1 AS chef\n"));
    }

    #[test]
    fn what_only_a_shell_knows_stays() {
        let shell = CHEF.replace("--release", "--profile $PROFILE");
        let converted = convert_text(&shell);
        assert!(converted.text.contains("RUN cargo larder cook --profile $PROFILE --recipe-path recipe.json\n"));
        assert!(converted.text.contains("RUN cargo larder prepare --recipe-path recipe.json\n"));
        let several = format!("{CHEF}RUN cargo build --release --bin other\n");
        assert!(convert_text(&several).text.contains("RUN cargo larder cook --release --recipe-path recipe.json\n"));
    }

    #[test]
    fn a_build_over_several_lines_with_mounts_is_understood() {
        let mounts =
            "RUN --mount=type=cache,target=/x \\\n    cargo chef cook \\\n      --release \\\n      --locked && true";
        let text = CHEF.replace("RUN cargo chef cook --release --recipe-path recipe.json", mounts);
        let text = convert_text(&text).text;
        assert!(
            text.contains("RUN --mount=type=cache,target=/x \\\n    cargo larder cook --locked && true\n"),
            "{text}"
        );
    }

    #[test]
    fn another_dockerfile_is_refused() {
        assert!(convert("Dockerfile", "FROM rust\nRUN cargo build\n").is_err());
    }
}
