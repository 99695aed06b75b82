//! `.cargo/config.toml` and the toolchain file of a project.
//!
//! In: the directory that cargo is called in and the root of the workspace. Out: the merged config, its paths relative to
//! the root, and the toolchain file, from that directory up to the root of the checkout, or where there is none as far as
//! the root of the workspace is below. What lies above belongs to the machine and is left alone. Reads only.

use crate::config;
use crate::error::{Result, fail};
use crate::path::{display, normalize, relative, shared};
use crate::workspace::Toolchain;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The names of a config below a directory; the first wins.
const NAMES: [&str; 2] = [".cargo/config", ".cargo/config.toml"];

/// A config, and how many directories above the root it comes from.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// All keys.
    pub table: Table,
    /// How far up the lowest directory stands that has all files and the root below it.
    pub above: usize,
}

/// The config of `here` and every directory up to the root of the checkout, the nearer ones winning. With `--manifest-path`,
/// that is not where the manifest stands (`walk_tree` in cargo's `util/context/mod.rs` begins at the current directory).
///
/// # Errors
/// A config that is not TOML.
pub fn read(here: &Path, root: &Path) -> Result<Config> {
    let mut merged = Config::default();
    for dir in up_to_checkout(here, root) {
        if Some(dir.join(".cargo")) == cargo_home() {
            continue; // belongs to the machine, whatever it lies in
        }
        let Some(mut table) = file(&dir, here)? else { continue };
        let way = relative(&dir, root);
        if !way.is_empty() {
            config::map_paths(&mut table, &|path| Path::new(&way).join(path).to_string_lossy().replace('\\', "/"));
        }
        config::merge(&mut merged.table, table);
        merged.above = root.components().count() - shared(root, &dir).components().count();
    }
    Ok(merged)
}

/// The directories from `dir` up that have a config, with its file; but cargo's home, whose config counts everywhere.
pub fn above(dir: &Path) -> impl Iterator<Item = (&Path, PathBuf)> {
    let dirs = dir.ancestors().filter(|dir| Some(dir.join(".cargo")) != cargo_home());
    dirs.flat_map(|dir| NAMES.map(|name| (dir, dir.join(name)))).filter(|(_, path)| path.is_file())
}

/// cargo's home.
pub fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// The config at `place`, with what it includes and without saying so; a file, or the directory above `.cargo`, to which
/// its paths are then relative. The name without extension wins where both exist (`get_file_path` in cargo's
/// `util/context/mod.rs`).
///
/// # Errors
/// A config that is not TOML, or that includes what is none.
pub fn file(place: &Path, here: &Path) -> Result<Option<Table>> {
    if place.is_file() {
        return included(place, base(place), here, &mut Vec::new()).map(Some);
    }
    let found = NAMES.map(|name| place.join(name)).into_iter().find(|p| p.is_file());
    found.map(|path| included(&path, place, here, &mut Vec::new())).transpose()
}

/// What paths in a config file are relative to, wherever it stands (`Definition::root` in cargo's `util/context/value.rs`).
fn base(path: &Path) -> &Path {
    path.parent().and_then(Path::parent).unwrap_or(path)
}

/// A config file and what it includes, which is weaker, later ones being stronger than earlier ones; its paths relative
/// to `to` (`load_includes` in cargo's `util/context/mod.rs`).
fn included(path: &Path, to: &Path, here: &Path, open: &mut Vec<PathBuf>) -> Result<Table> {
    let name = display(path, here);
    if open.iter().any(|above| above == path) {
        fail!("config `include` cycle detected with path `{name}`");
    }
    let mut table: Table = match toml::from_str(&fs_err::read_to_string(path)?) {
        Ok(table) => table,
        Err(error) => fail!("failed to parse config `{name}`\n{}", error.to_string().trim_end()),
    };
    let includes = match table.remove("include") {
        None => Vec::new(),
        Some(Value::Array(includes)) => includes,
        Some(_) => fail!("expected a list of strings or a list of tables at `include` in `{name}`"),
    };
    let from = base(path);
    if from != to {
        let way = pathdiff::diff_paths(from, to).unwrap_or_else(|| from.to_owned());
        config::map_paths(&mut table, &|text| way.join(text).to_string_lossy().replace('\\', "/"));
    }
    open.push(path.to_owned());
    for include in includes.iter().rev() {
        let optional = include.get("optional").and_then(Value::as_bool) == Some(true);
        let Some(file) = include.as_str().or_else(|| include.get("path")?.as_str()) else {
            fail!("expected a string or a table with a `path` in `include` of `{name}`");
        };
        if Path::new(file).extension().is_none_or(|extension| extension != "toml") {
            fail!("expected a config include path ending with `.toml`, but found `{file}` from `{name}`");
        }
        let below = normalize(&path.with_file_name("").join(file));
        if !optional || below.exists() {
            let weaker = included(&below, to, here, open)
                .map_err(|error| error.within(&format!("failed to load config include `{file}` from `{name}`")))?;
            config::merge(&mut table, weaker);
        }
    }
    open.pop();
    Ok(table)
}

/// The variables of the environment that are text.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The variables that say a part of a profile.
pub fn profile_variables() -> BTreeMap<String, String> {
    variables().filter(|(name, _)| name.starts_with("CARGO_PROFILE_")).collect()
}

/// The toolchain file that rustup would take within the checkout; the name without extension wins.
///
/// # Errors
/// A file that cannot be read.
pub fn toolchain(here: &Path, root: &Path) -> Result<Option<Toolchain>> {
    for dir in up_to_checkout(here, root) {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            let path = dir.join(name);
            if path.is_file() {
                let text = fs_err::read_to_string(&path)?;
                let text = match toml::from_str::<Table>(&text) {
                    Ok(table) => table.to_string(),
                    Err(_) => format!("{}\n", text.trim()),
                };
                return Ok(Some(Toolchain { file_name: name.to_owned(), text }));
            }
        }
    }
    Ok(None)
}

/// The directories from `here` up to that of the repository which `root` is in; outside of it, up to the one that has both
/// below it.
fn up_to_checkout(here: &Path, root: &Path) -> Vec<PathBuf> {
    let checkout = root.ancestors().find(|dir| dir.join(".git").exists()).filter(|dir| here.starts_with(dir));
    let top = checkout.map_or_else(|| shared(root, here), Path::to_owned);
    here.ancestors().take_while(|dir| dir.starts_with(&top)).map(Path::to_owned).collect()
}
