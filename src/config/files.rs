//! `.cargo/config.toml` and the toolchain file of a project.
//!
//! In: the current directory of cargo, and the root of the workspace. Out: the merged config with
//! paths relative to the root, and the toolchain file. Files from the current directory up to the
//! top of the project count (`top`). Files above it belong to the machine and do not travel.
//! Writes nothing.

use super::file::{NAMES, file};
use crate::config;
use crate::config::layers::{Given, Layers};
use crate::environment::Environment;
use crate::error::Result;
use crate::path::{normalize, relative, shared};
use std::path::{Path, PathBuf};
use toml::Table;

/// The names of a toolchain file. The first wins (`find_override_from_dir_walk` in rustup's
/// `config.rs`).
const TOOLCHAINS: [&str; 2] = ["rust-toolchain", "rust-toolchain.toml"];

/// The config of a project, and how many directories above the root it begins.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// All keys.
    pub table: Table,
    /// How many directories above the root the lowest directory is that contains all files and the
    /// root.
    pub above: usize,
    /// These keys merged with those that the caller and the machine set. They count, but are never
    /// stored.
    pub layers: Layers,
    /// What the caller and the machine set.
    pub given: Given,
}

/// A toolchain file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// `rust-toolchain.toml` or `rust-toolchain`.
    pub file_name: String,
    /// Its text in a canonical form, which does not depend on formatting and comments.
    pub text: String,
}

/// Reads the config of `here` and of every directory up to the top of the project. Nearer ones win.
/// With `--manifest-path`, cargo begins at its current directory too, and not at the manifest
/// (`walk_tree` in cargo's `util/context/mod.rs`).
///
/// # Errors
/// A config is not TOML.
pub fn read(here: &Path, root: &Path, given: &Given) -> Result<Config> {
    let mut merged = Config::default();
    for dir in up_to_top(here, root, given) {
        if is_foreign_home(&dir, root, &given.environment) {
            continue; // belongs to the machine, whatever it lies in
        }
        let Some(mut table) = file(&dir, here)? else { continue };
        let way = relative(&dir, root);
        if !way.is_empty() {
            config::map_paths(&mut table, &|path| Path::new(&way).join(path).to_string_lossy().replace('\\', "/"));
        }
        config::merge(&mut merged.table, table);
        merged.above = merged.above.max(root.components().count() - shared(root, &dir).components().count());
    }
    merged.layers = Layers::read(given, merged.table.clone())?;
    merged.given = given.clone();
    Ok(merged)
}

/// Returns the directories from `dir` up that have a config, each with its file. Leaves out cargo's
/// home, whose config counts everywhere.
pub fn above<'a>(dir: &'a Path, environment: &Environment) -> impl Iterator<Item = (&'a Path, PathBuf)> {
    let dirs = dir.ancestors().filter(|dir| !is_home(dir, environment));
    dirs.flat_map(|dir| NAMES.map(|name| (dir, dir.join(name)))).filter(|(_, path)| path.is_file())
}

/// Returns whether `dir/.cargo` is cargo's home.
pub fn is_home(dir: &Path, environment: &Environment) -> bool {
    let (Some(home), dir) = (environment.cargo_home(), dir.join(".cargo")) else { return false };
    let is_same = || matches!((fs_err::canonicalize(&home), fs_err::canonicalize(&dir)), (Ok(a), Ok(b)) if a == b);
    normalize(&home) == dir || is_same()
}

/// Returns whether `dir/.cargo` is a cargo home outside the project. If it is inside, as with
/// `CARGO_HOME=$CI_PROJECT_DIR/.cargo`, the project's own config is there too.
fn is_foreign_home(dir: &Path, root: &Path, environment: &Environment) -> bool {
    let is_of_project = checkout(root).is_some_and(|top| dir.starts_with(top)) || dir.starts_with(root);
    is_home(dir, environment) && (!is_of_project || environment.user_home.as_deref() == Some(dir))
}

/// Returns the toolchain file that rustup would use in the project. The name without extension
/// wins.
///
/// # Errors
/// A file cannot be read.
pub fn toolchain(here: &Path, root: &Path, given: &Given) -> Result<Option<Toolchain>> {
    let dirs = up_to_top(here, root, given);
    let Some(path) = dirs.iter().find_map(|dir| toolchain_file(dir)) else { return Ok(None) };
    let text = fs_err::read_to_string(&path)?;
    let text = match toml::from_str::<Table>(&text) {
        Ok(table) => table.to_string(),
        Err(_) => format!("{}\n", text.trim()),
    };
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Some(Toolchain { file_name, text }))
}

/// Returns the toolchain file of a directory.
pub fn toolchain_file(dir: &Path) -> Option<PathBuf> {
    TOOLCHAINS.map(|name| dir.join(name)).into_iter().find(|path| path.is_file())
}

/// Returns the files above the top of the project that cargo and rustup read at `here`, but that do
/// not travel. These are configs with keys that could travel, and the toolchain file if the project
/// has none.
///
/// # Errors
/// A config is not TOML.
pub fn left_behind(here: &Path, root: &Path, given: &Given) -> Result<Vec<PathBuf>> {
    let within = up_to_top(here, root, given);
    let beyond = |dir: &Path| within.iter().all(|within| within != dir);
    let mut left = Vec::new();
    for (dir, path) in above(here, &given.environment).filter(|(dir, _)| beyond(dir)) {
        if file(dir, here)?.is_some_and(|table| !config::that_travel(&table).is_empty()) {
            left.push(path);
        }
    }
    let nearest = here.ancestors().find_map(|dir| Some((dir, toolchain_file(dir)?)));
    left.extend(nearest.filter(|(dir, _)| beyond(dir)).map(|(_, path)| path));
    Ok(left)
}

/// Returns the directories from `here` up to the top of the project.
fn up_to_top(here: &Path, root: &Path, given: &Given) -> Vec<PathBuf> {
    let top = given.top.clone().unwrap_or_else(|| top(here, root, &given.environment));
    here.ancestors().take_while(|dir| dir.starts_with(&top)).map(Path::to_owned).collect()
}

/// Returns the top of the project that `root` and `here` are in: the directory of the repository.
/// In an image, `.git` is often missing. The top is then the highest directory above the root that
/// is still inside the user's home, or inside the root of the file system. If that directory does
/// not contain `here`, the top is the deepest directory that contains both.
fn top(here: &Path, root: &Path, environment: &Environment) -> PathBuf {
    let is_end = |dir: &Path| dir.parent().is_none() || environment.user_home.as_deref() == Some(dir);
    let last = || root.ancestors().take_while(|dir| !is_end(dir)).last();
    let found = checkout(root).or_else(last).filter(|dir| here.starts_with(dir));
    found.map_or_else(|| shared(root, here), Path::to_owned)
}

/// Returns the directory of the repository that contains `root`.
fn checkout(root: &Path) -> Option<&Path> {
    root.ancestors().find(|dir| dir.join(".git").exists())
}
