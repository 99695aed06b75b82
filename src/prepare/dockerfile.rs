//! Finds the build that the Dockerfile of a project cooks for.
//!
//! In: the workspace root. Out: a hint for an unscoped recipe, if every `cook` in the Dockerfile
//! has the same flags. Reads the Dockerfile and writes nothing.

use super::{command, context};
use crate::cli;
use crate::shell;
use crate::workspace::scope::Scope;
use std::ffi::OsString;
use std::path::Path;

/// The commands that call `cook`.
const CALLS: [&[&str]; 3] =
    [&["cargo", "larder", "cook"], &["cargo-larder", "larder", "cook"], &["cargo-larder", "cook"]];

/// Returns a hint if the recipe is unscoped, but the Dockerfile of the root cooks it for only one
/// build.
pub fn hint(root: &Path) -> Option<String> {
    let file = context::dockerfile(root)?;
    let text = std::fs::read_to_string(&file).ok()?;
    let mut scopes = cooks(&text)?.into_iter();
    let scope = scopes.next().filter(|scope| *scope != Scope::default())?;
    let prepare =
        shell::line(["cargo", "larder", "prepare"].map(str::to_owned).into_iter().chain(command::flags(&scope)));
    let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
    scopes.all(|other| other == scope).then(|| {
        format!(
            "`{name}` cooks for `{}` alone, and a recipe of that build changes less often\nhelp: prepare it with `{prepare}`",
            command::build(&scope)
        )
    })
}

/// Returns the scope of each `cook`. Returns `None` if one of them has variables, quotes, or
/// unknown flags.
fn cooks(text: &str) -> Option<Vec<Scope>> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let commands =
        lines.flat_map(|line| line.split(['&', ';', '|'])).map(|it| it.split_whitespace().collect::<Vec<_>>());
    let mut scopes = Vec::new();
    for words in commands {
        for call in CALLS {
            let Some(start) = words.windows(call.len()).position(|window| window == call) else { continue };
            let rest = &words[start + call.len()..];
            if rest.iter().any(|word| word.contains(['$', '\'', '"', '\\', '`', '<', '>', '['])) {
                return None;
            }
            let args: Vec<OsString> = ["cargo-larder", "cook"].iter().chain(rest).map(OsString::from).collect();
            let cli::Verb::Cook(cook) = cli::parse(&args).ok()?.verb else { return None };
            if cook.recipe_path.is_some() || cook.manifest_path.is_some() {
                return None;
            }
            scopes.push(cook.scope.normalized());
            break;
        }
    }
    Some(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Vec<String>> {
        cooks(text).map(|scopes| scopes.iter().map(command::build).collect())
    }

    #[test]
    fn the_flags_of_each_cook_are_found() {
        let one = |text| found(text).map(|found| found.join(", "));
        let release = Some("cargo build --release".to_owned());
        assert_eq!(one("RUN cargo larder cook --release\nRUN cargo build"), release);
        assert_eq!(
            one("RUN --mount=type=cache,target=/x \\\n  cargo-larder larder cook --release --locked && true"),
            release
        );
        assert_eq!(one("RUN set -e; cargo-larder cook -r"), release);
        let both = Some("cargo build --release, cargo check -p api".to_owned());
        assert_eq!(one("RUN cargo larder cook -r && cargo larder cook --check -p api"), both);
        assert_eq!(one("# RUN cargo larder cook --release\nRUN cargo larder prepare"), Some(String::new()));
    }

    #[test]
    fn what_only_a_shell_knows_gives_no_hint() {
        for flags in ["--profile $PROFILE", "--features \"a b\"", "--nope", "$(cat flags)"] {
            assert_eq!(found(&format!("RUN cargo larder cook --release\nRUN cargo larder cook {flags}")), None);
        }
    }
}
