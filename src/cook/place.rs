//! Where a cook happens: the target directory and the config that the real build will use.
//!
//! In: the directory that `cook` was called in, flags, environment, and the files of a recipe. Out: the absolute target
//! directory, and the files with what must hold in the scratch directory as well. Reads config files; writes nothing.

use crate::config;
use crate::error::{Result, fail};
use crate::read;
use crate::skeleton::Files;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

const CONFIG: &str = ".cargo/config.toml";

/// Puts into the config of a skeleton what cargo would read at `here` and will not read in the scratch directory, and
/// makes its paths absolute.
///
/// # Errors
/// A config above `here` that is not TOML.
pub fn localize(files: &mut Files, here: &Path, scratch: &Path) -> Result<()> {
    let mut table: Table = match files.get(CONFIG).map(|text| toml::from_str(text)) {
        None => Table::new(),
        Some(Ok(table)) => table,
        Some(Err(error)) => fail!("the recipe's `{CONFIG}` is broken: {error}"),
    };
    absolute(&mut table, here);
    for dir in here.ancestors().skip(1).filter(|dir| !scratch.starts_with(dir)) {
        if Some(dir.join(".cargo")) == cargo_home() {
            continue; // cargo reads it wherever it runs
        }
        if let Some(mut above) = read::config_file(dir, here)? {
            absolute(&mut above, dir);
            config::merge(&mut table, above);
        }
    }
    if !table.is_empty() {
        files.insert(CONFIG.to_owned(), table.to_string());
    }
    Ok(())
}

fn absolute(table: &mut Table, base: &Path) {
    config::map_paths(table, &|path| base.join(path).to_string_lossy().into_owned());
}

fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// The target directory that the real build at `here`, of the workspace in `root`, will use, in cargo's order: flag, environment, config
/// (`GlobalContext::target_dir`).
///
/// # Errors
/// A config that is not TOML.
pub fn target_dir(flag: Option<&Path>, files: &Files, here: &Path, root: &Path) -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let named = flag
        .map(Path::to_owned)
        .or_else(|| variable("CARGO_TARGET_DIR"))
        .or_else(|| variable("CARGO_BUILD_TARGET_DIR"));
    if let Some(dir) = named {
        return Ok(here.join(dir));
    }
    let of =
        |table: &Table| table.get("build").and_then(|b| b.get("target-dir")).and_then(Value::as_str).map(PathBuf::from);
    let recipe = files.get(CONFIG).and_then(|text| toml::from_str::<Table>(text).ok());
    if let Some(dir) = recipe.as_ref().and_then(of) {
        return Ok(root.join(dir));
    }
    if let Some(home) = cargo_home()
        && let (Some(parent), Some(name)) = (home.parent(), home.file_name())
    {
        let file = if name == ".cargo" { read::config_file(parent, here)? } else { home_config(&home)? };
        if let Some(dir) = file.as_ref().and_then(of) {
            return Ok(parent.join(dir));
        }
    }
    Ok(root.join("target"))
}

fn home_config(home: &Path) -> Result<Option<Table>> {
    let text = ["config", "config.toml"].iter().find_map(|name| fs_err::read_to_string(home.join(name)).ok());
    match text.map(|t| toml::from_str(&t)) {
        None => Ok(None),
        Some(Ok(table)) => Ok(Some(table)),
        Some(Err(error)) => fail!("failed to parse config in `{}`\n{error}", home.display()),
    }
}

/// Environment variables of cargo that hold paths, made absolute: cargo runs elsewhere.
pub fn absolute_variables(here: &Path) -> Vec<(String, OsString)> {
    let of = |name: &str| {
        let value = PathBuf::from(std::env::var_os(name).filter(|v| !v.is_empty())?);
        let template = value.to_string_lossy().starts_with('{');
        (value.is_relative() && !template).then(|| (name.to_owned(), here.join(value).into_os_string()))
    };
    ["CARGO_HOME", "CARGO_BUILD_BUILD_DIR"].iter().filter_map(|name| of(name)).collect()
}

/// Makes sure that the target directory can be written to, before anything is downloaded.
///
/// # Errors
/// It cannot.
pub fn probe(target_dir: &Path) -> Result<()> {
    let attempt = fs_err::create_dir_all(target_dir).and_then(|()| tempfile::tempfile_in(target_dir).map(drop));
    match attempt {
        Ok(()) => Ok(()),
        Err(error) => fail!(
            "cannot write to the target directory `{}`: {error}\nhelp: name another one with `--target-dir` or `CARGO_TARGET_DIR`",
            target_dir.display()
        ),
    }
}

/// Bytes of all files below a directory, each counted once however many names it has.
pub fn size(dir: &Path) -> u64 {
    let mut seen = std::collections::BTreeSet::new();
    let mut open = vec![dir.to_owned()];
    let mut total = 0;
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                open.push(entry.path());
            } else if is_first_name(&metadata, &mut seen) {
                total += metadata.len();
            }
        }
    }
    total
}

#[cfg(unix)]
fn is_first_name(metadata: &std::fs::Metadata, seen: &mut std::collections::BTreeSet<(u64, u64)>) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() < 2 || seen.insert((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn is_first_name(_: &std::fs::Metadata, _: &mut std::collections::BTreeSet<(u64, u64)>) -> bool {
    true
}
