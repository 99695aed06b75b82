//! The program under test, called as cargo calls it. A failure shows the command and what it wrote
//! on stderr.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::oracle::{HOST, command};
use super::render::Tree;
use super::scope::{Host, Scope};

/// What `prepare` writes: compared byte by byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipe(pub String);

fn larder(dir: &Path, args: &[String]) -> Result<String, String> {
    let mut command = command(env!("CARGO_BIN_EXE_cargo-larder"), dir);
    let output =
        command.arg("larder").args(args).output().map_err(|error| format!("cargo-larder does not start: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("cargo larder {}\n{}\n{}", args.join(" "), output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// `prepare` in `dir`, with the recipe written to `recipe`.
pub fn prepare(dir: &Path, args: &[String], recipe: &Path) -> Result<Recipe, String> {
    let path = recipe.to_str().expect("a UTF-8 path").to_owned();
    let words: Vec<String> =
        ["prepare".to_owned(), "--recipe-path".to_owned(), path].into_iter().chain(args.iter().cloned()).collect();
    larder(dir, &words)?;
    fs_err::read_to_string(recipe).map(Recipe).map_err(|error| error.to_string())
}

/// The flags with which `prepare` makes a scoped recipe for a build with `args`. Without any, or
/// with binaries alone, it would be unscoped; to name the profile changes nothing for the build.
pub fn scoped(args: &[String], host: Host) -> Vec<String> {
    let mut args = args.to_vec();
    if args.chunks(2).all(|it| it[0] == "--bin") {
        args.extend(["--profile", "dev"].map(str::to_owned));
    }
    if let Host::Told = host {
        args.extend(["--host".to_owned(), HOST.clone()]);
    }
    args
}

pub fn scoped_args(scope: &Scope) -> Vec<String> {
    scoped(&scope.args(), scope.host)
}

/// `cook --no-build` of a recipe in `dir`, made empty for it; gives the flags after `cargo build`
/// in the printed line, and `--check` with those after `cargo check`.
pub fn skeleton(recipe: &Path, dir: &Path, args: &[String]) -> Result<Vec<String>, String> {
    if dir.exists() {
        fs_err::remove_dir_all(dir).map_err(|error| error.to_string())?;
    }
    fs_err::create_dir_all(dir).map_err(|error| error.to_string())?;
    let path = recipe.to_str().expect("a UTF-8 path").to_owned();
    let words = ["cook", "--no-build", "--recipe-path", &path].map(str::to_owned);
    let printed = larder(dir, &words.into_iter().chain(args.iter().cloned()).collect::<Vec<_>>())?;
    let line = printed.strip_suffix('\n').unwrap_or(&printed);
    let words = words_of(line);
    match words.split_first_chunk() {
        Some(([cargo, build], flags)) if cargo == "cargo" && build == "build" && !line.contains('\n') => {
            Ok(flags.to_vec())
        }
        Some(([cargo, check], flags)) if cargo == "cargo" && check == "check" && !line.contains('\n') => {
            Ok(["--check".to_owned()].into_iter().chain(flags.iter().cloned()).collect())
        }
        _ => Err(format!("not one line that begins with `cargo build`: {printed:?}")),
    }
}

/// The words of a line, as a shell takes it apart.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => word.get_or_insert_default().extend(chars.by_ref().take_while(|&it| it != '\'')),
            '"' => word.get_or_insert_default().extend(chars.by_ref().take_while(|&it| it != '"')),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

impl Recipe {
    /// The files that a recipe holds.
    pub fn files(&self) -> serde_json::Value {
        let json: serde_json::Value = serde_json::from_str(&self.0).expect("a recipe is JSON");
        json["files"].clone()
    }

    /// The lockfile of the skeleton.
    pub fn lockfile(&self) -> String {
        let lines = self.files()["Cargo.lock"].clone();
        let lines = lines.as_array().into_iter().flatten().filter_map(|it| it.as_str());
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    /// Lines that only one of the two has.
    pub fn difference(&self, other: &Self) -> String {
        let only = |a: &str, b: &str, sign: &str| -> String {
            let there: BTreeSet<&str> = b.lines().map(|it| it.trim_end_matches(',')).collect();
            let lines = a.lines().filter(|it| !there.contains(it.trim_end_matches(',')));
            lines.flat_map(|line| [sign, line, "\n"]).collect()
        };
        let lines = only(&self.0, &other.0, "-") + &only(&other.0, &self.0, "+");
        if lines.is_empty() && self != other {
            "the same lines in another order, or number\n".to_owned()
        } else {
            lines
        }
    }
}

/// A tree as text, for the report of an edit: the files that are not in `before`, or other there.
pub fn changed_files(before: &Tree, after: &BTreeMap<String, String>) -> String {
    let before = before.files(&mut super::style::Style::plain());
    let changed = after.iter().filter(|(path, text)| before.get(*path) != Some(text));
    let added: String = changed.flat_map(|(path, text)| ["-- ", path, " --\n", text]).collect();
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let gone: String = gone.flat_map(|path| ["-- ", path, " -- is gone\n"]).collect();
    added + &gone
}
