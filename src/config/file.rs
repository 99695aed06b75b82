//! One config file, with the files that it includes.
//!
//! In: the path of a file, or the directory above `.cargo`. Out: its table, with its paths relative
//! to that directory. Reads files and writes nothing.

use crate::config;
use crate::error::{Result, fail};
use crate::path::{display, normalize};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The names of a config file below a directory. The first wins.
pub(super) const NAMES: [&str; 2] = [".cargo/config", ".cargo/config.toml"];
/// Its names in cargo's home.
pub(super) const NAMES_AT_HOME: [&str; 2] = ["config", "config.toml"];

/// Returns the config at `place`, merged with the files that it includes, or `None` if there is
/// none. `place` is a file, or the directory above `.cargo`, and paths are then relative to this
/// directory. If both names exist, the one without extension wins (`get_file_path` in cargo's
/// `util/context/mod.rs`).
///
/// # Errors
/// The config or an included file is not TOML, or the value of `include` is invalid.
pub fn file(place: &Path, here: &Path) -> Result<Option<Table>> {
    if place.is_file() {
        return included(place, base(place), here, &mut Vec::new()).map(Some);
    }
    let found = NAMES.map(|name| place.join(name)).into_iter().find(|p| p.is_file());
    found.map(|path| included(&path, place, here, &mut Vec::new())).transpose()
}

/// Returns the directory that paths in a config file are relative to (`Definition::root` in cargo's
/// `util/context/value.rs`).
fn base(path: &Path) -> &Path {
    path.parent().and_then(Path::parent).unwrap_or(path)
}

/// Reads a config file and merges the files that it includes. They are weaker, and later ones are
/// stronger than earlier ones. Paths become relative to `to` (`load_includes` in cargo's
/// `util/context/mod.rs`).
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
