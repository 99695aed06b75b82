//! `.cargo/config.toml` and the toolchain file of a project.
//!
//! In: the directory that cargo is called in and the root of the workspace. Out: the merged config, its paths relative to
//! the root, and the toolchain file, from that directory up to the top of the project ([`top`]). What lies above belongs to
//! the machine and does not travel. Reads only.

use super::file::{NAMES, file};
use crate::config;
use crate::config::layers::{Given, Layers};
use crate::environment::Environment;
use crate::error::Result;
use crate::path::{normalize, relative, shared};
use std::path::{Path, PathBuf};
use toml::Table;

/// The names of a toolchain file; the first wins (`find_override_from_dir_walk` in rustup's `config.rs`).
const TOOLCHAINS: [&str; 2] = ["rust-toolchain", "rust-toolchain.toml"];

/// A config, and how many directories above the root it comes from.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// All keys.
    pub table: Table,
    /// How far up the lowest directory stands that has all files and the root below it.
    pub above: usize,
    /// Those keys together with all that the caller and the machine say. It counts, and it is never written.
    pub layers: Layers,
    /// What the caller and the machine say.
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

/// The config of `here` and every directory up to the top of the project, the nearer ones winning. With `--manifest-path`,
/// that is not where the manifest stands (`walk_tree` in cargo's `util/context/mod.rs` begins at the current directory).
///
/// # Errors
/// A config that is not TOML.
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

/// The directories from `dir` up that have a config, with its file; but cargo's home, whose config counts everywhere.
pub fn above<'a>(dir: &'a Path, environment: &Environment) -> impl Iterator<Item = (&'a Path, PathBuf)> {
    let dirs = dir.ancestors().filter(|dir| !is_home(dir, environment));
    dirs.flat_map(|dir| NAMES.map(|name| (dir, dir.join(name)))).filter(|(_, path)| path.is_file())
}

/// Whether `dir/.cargo` is cargo's home.
pub fn is_home(dir: &Path, environment: &Environment) -> bool {
    let (Some(home), dir) = (environment.cargo_home(), dir.join(".cargo")) else { return false };
    let is_same = || matches!((fs_err::canonicalize(&home), fs_err::canonicalize(&dir)), (Ok(a), Ok(b)) if a == b);
    normalize(&home) == dir || is_same()
}

/// Whether `dir/.cargo` is a home of cargo that is no part of the project. A home in the project (`CARGO_HOME` is
/// `$CI_PROJECT_DIR/.cargo`, say) is where the project's own config stands, too.
fn is_foreign_home(dir: &Path, root: &Path, environment: &Environment) -> bool {
    let is_of_project = checkout(root).is_some_and(|top| dir.starts_with(top)) || dir.starts_with(root);
    is_home(dir, environment) && (!is_of_project || environment.user_home.as_deref() == Some(dir))
}

/// The toolchain file that rustup would take within the project; the name without extension wins.
///
/// # Errors
/// A file that cannot be read.
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

/// The toolchain file of a directory.
pub fn toolchain_file(dir: &Path) -> Option<PathBuf> {
    TOOLCHAINS.map(|name| dir.join(name)).into_iter().find(|path| path.is_file())
}

/// The files above the top of the project that cargo and rustup read at `here`, and that do not travel: configs with keys
/// that would, and the toolchain file where the project has none.
///
/// # Errors
/// A config that is not TOML.
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

/// The directories from `here` up to the top of the project.
fn up_to_top(here: &Path, root: &Path, given: &Given) -> Vec<PathBuf> {
    let top = given.top.clone().unwrap_or_else(|| top(here, root, &given.environment));
    here.ancestors().take_while(|dir| dir.starts_with(&top)).map(Path::to_owned).collect()
}

/// The top of the project that `root` and `here` are in: the directory of the repository. An image often leaves `.git` out; the top
/// then is the last directory on the way up from the root that is below the user's home, or below the root of the file system.
/// Where that is not above `here`, it is the directory that both have in common.
fn top(here: &Path, root: &Path, environment: &Environment) -> PathBuf {
    let is_end = |dir: &Path| dir.parent().is_none() || environment.user_home.as_deref() == Some(dir);
    let last = || root.ancestors().take_while(|dir| !is_end(dir)).last();
    let found = checkout(root).or_else(last).filter(|dir| here.starts_with(dir));
    found.map_or_else(|| shared(root, here), Path::to_owned)
}

/// The directory of the repository that `root` is in.
fn checkout(root: &Path) -> Option<&Path> {
    root.ancestors().find(|dir| dir.join(".git").exists())
}
