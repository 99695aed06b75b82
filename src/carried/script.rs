//! Whether what a build script of a carried package did here, it would have done in the project.
//!
//! In: what it printed, its `OUT_DIR`, and the files that stood around it. Out: why not, if not. Reads.
//!
//! The contract is cargo's own: a script depends on what it tells cargo to watch (<https://doc.rust-lang.org/cargo/reference/build-scripts.html#change-detection>),
//! and all of that has to be here. Without a word cargo watches the times of the whole package, which are other ones in the project.

use crate::disk::SCRATCH;
use crate::path;
use crate::recipe::skeleton::Files;
use crate::target::records;
use std::path::{Path, PathBuf};

/// A run of a build script of a carried package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The package's directory in the skeleton.
    pub dir: String,
    /// Where the script wrote to.
    pub out_dir: PathBuf,
}

impl Run {
    /// The directory of the run, with what the script printed and wrote.
    pub fn place(&self) -> &Path {
        self.out_dir.parent().unwrap_or(&self.out_dir)
    }
}

/// The skeleton and the project, in either of which a script can run.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The files of the skeleton.
    pub files: &'a Files,
    /// Where they stand.
    pub scratch: &'a Path,
    /// Where the project stands, or will.
    pub root: &'a Path,
}

/// Why a run here is none of the project, if so.
pub fn doubt(dir: &str, record: &Path, out_dir: &Path, places: Places<'_>) -> Option<String> {
    let printed: Vec<u8> =
        records::compared(record).iter().filter_map(|path| std::fs::read(path).ok()).flatten().collect();
    let printed = String::from_utf8_lossy(&printed);
    let told = |key: &str| -> Vec<&str> {
        // `BuildOutput::parse` in cargo's `custom_build.rs`.
        let words = printed.lines().filter_map(|line| line.trim().strip_prefix("cargo:"));
        words.filter_map(|word| word.trim_start_matches(':').strip_prefix(key)?.strip_prefix('=')).collect()
    };
    let watched = told("rerun-if-changed");
    if watched.is_empty() && told("rerun-if-env-changed").is_empty() {
        return Some("does not tell cargo what it depends on".to_owned());
    }
    if let Some(path) = watched.iter().find(|path| !is_here(path, dir, places)) {
        return Some(format!("watches `{}`, which does not travel", shown(path, places.scratch)));
    }
    let is_of_project =
        |name: &&&str| std::env::var_os(name).is_some_and(|value| is_in(Path::new(&value), places.root));
    if let Some(name) = told("rerun-if-env-changed").iter().find(is_of_project) {
        return Some(format!("asks for `{name}`, which tells where the project is"));
    }
    if has_changed(dir, places) {
        return Some("writes into its own directory".to_owned());
    }
    let made = records::compared(record).into_iter().chain(below(out_dir));
    let mut telling = made.filter(|path| names_scratch(path));
    telling.next().map(|_| TELLS.to_owned())
}

/// Why what holds the place of a skeleton is of no use.
pub const TELLS: &str = "puts the directory that it ran in into what it makes";

/// Whether a file, or a link, holds the name of a directory that a skeleton stands in, or stood.
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

/// Whether what is watched travels with the package, or is of neither the skeleton nor the project, as a header of the
/// system's. The manifest that travels is not the project's, nor is the directory that holds it.
fn is_here(watched: &str, dir: &str, Places { files, scratch, root }: Places<'_>) -> bool {
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

/// Whether the package is no more what it was.
fn has_changed(dir: &str, Places { files, scratch, .. }: Places<'_>) -> bool {
    let own = |name: &String| Path::new(name).starts_with(dir);
    let expected = files.iter().filter(|(name, _)| own(name));
    let is_lost = expected.clone().any(|(name, bytes)| std::fs::read(scratch.join(name)).ok().as_ref() != Some(bytes));
    is_lost || below(&scratch.join(dir)).len() != expected.count()
}

/// Every file below a directory.
pub fn below(dir: &Path) -> Vec<PathBuf> {
    let of = |path: PathBuf| if path.is_dir() && !path.is_symlink() { below(&path) } else { vec![path] };
    records::entries(dir).into_iter().flat_map(of).collect()
}
