//! Decides whether a build script of a carried package would do the same in the project.
//!
//! In: the output of the script, its `OUT_DIR`, and the files of the skeleton. Out: the reason why
//! the run would differ, or `None`. Reads files and writes nothing.
//!
//! The contract is cargo's: a script depends on the files and variables that it tells cargo to
//! watch (<https://doc.rust-lang.org/cargo/reference/build-scripts.html#change-detection>). All of
//! these must travel. If a script names none, cargo watches the mtimes of the whole package, and
//! those differ in the project.

use crate::disk::SCRATCH;
use crate::environment::Environment;
use crate::path;
use crate::recipe::skeleton::Files;
use crate::target::records;
use std::path::{Path, PathBuf};

/// The two places where a script can run: the skeleton and the project.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The files of the skeleton.
    pub files: &'a Files,
    /// The scratch directory that holds these files.
    pub scratch: &'a Path,
    /// The directory of the project, which need not exist yet.
    pub root: &'a Path,
    /// The variables of the build.
    pub environment: &'a Environment,
}

/// Returns why this run would differ in the project, or `None`.
pub fn doubt(dir: &str, record: &Path, out_dir: &Path, places: Places<'_>) -> Option<String> {
    let printed: Vec<u8> =
        records::compared(record).iter().filter_map(|path| std::fs::read(path).ok()).flatten().collect();
    let printed = String::from_utf8_lossy(&printed);
    let values = |key: &str| -> Vec<&str> {
        // `BuildOutput::parse` in cargo's `custom_build.rs`.
        let words = printed.lines().filter_map(|line| line.trim().strip_prefix("cargo:"));
        words.filter_map(|word| word.trim_start_matches(':').strip_prefix(key)?.strip_prefix('=')).collect()
    };
    let watched = values("rerun-if-changed");
    if watched.is_empty() && values("rerun-if-env-changed").is_empty() {
        return Some("does not tell cargo what it depends on".to_owned());
    }
    if let Some(path) = watched.iter().find(|path| !is_here(path, dir, places)) {
        return Some(format!("watches `{}`, which does not travel", shown(path, places.scratch)));
    }
    let is_of_project =
        |name: &&&str| places.environment.var_os(name).is_some_and(|value| is_in(Path::new(value), places.root));
    if let Some(name) = values("rerun-if-env-changed").iter().find(is_of_project) {
        return Some(format!("asks for `{name}`, which tells where the project is"));
    }
    if has_changed(dir, places) {
        return Some("writes into its own directory".to_owned());
    }
    let made = records::compared(record).into_iter().chain(below(out_dir));
    let mut telling = made.filter(|path| names_scratch(path));
    telling.next().map(|_| TELLS.to_owned())
}

/// The reason why a run is not kept if its output contains the path of the scratch directory.
pub const TELLS: &str = "puts the directory that it ran in into what it makes";

/// Returns whether a file or a link contains the name of a scratch directory, of this run or
/// another.
pub fn names_scratch(file: &Path) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(SCRATCH.len()).any(|window| window == SCRATCH.as_bytes());
    match std::fs::read_link(file) {
        Ok(target) => holds(target.as_os_str().as_encoded_bytes()),
        Err(_) => std::fs::read(file).is_ok_and(|bytes| holds(&bytes)),
    }
}

fn is_in(path: &Path, root: &Path) -> bool {
    path.is_absolute() && path.starts_with(root)
}

/// Returns whether a watched path is the same here as in the project. It is if it travels with the
/// package, or if it is in neither place, such as a system header. The manifest differs from the
/// project's, and so does the package directory that holds it.
fn is_here(watched: &str, dir: &str, Places { files, scratch, root, .. }: Places<'_>) -> bool {
    let package = scratch.join(dir);
    let path = path::normalize(&package.join(watched));
    match path.strip_prefix(&package) {
        Ok(inner) => {
            let is_below = |name: &String| Path::new(name).starts_with(Path::new(dir).join(inner));
            !["", "Cargo.toml"].iter().any(|it| inner == Path::new(it)) && files.keys().any(is_below)
        }
        Err(_) => Path::new(watched).is_absolute() && !path.starts_with(scratch) && !is_in(&path, root),
    }
}

fn shown(watched: &str, scratch: &Path) -> String {
    Path::new(watched).strip_prefix(scratch).map_or_else(|_| watched.to_owned(), |path| path.display().to_string())
}

/// Returns whether the files of the package differ from those of the recipe.
fn has_changed(dir: &str, Places { files, scratch, .. }: Places<'_>) -> bool {
    let own = |name: &String| Path::new(name).starts_with(dir);
    let expected = files.iter().filter(|(name, _)| own(name));
    let is_lost = expected.clone().any(|(name, bytes)| std::fs::read(scratch.join(name)).ok().as_ref() != Some(bytes));
    is_lost || below(&scratch.join(dir)).len() != expected.count()
}

/// Returns every file in a directory and its subdirectories.
pub fn below(dir: &Path) -> Vec<PathBuf> {
    let of = |path: PathBuf| if path.is_dir() && !path.is_symlink() { below(&path) } else { vec![path] };
    records::entries(dir).into_iter().flat_map(of).collect()
}
