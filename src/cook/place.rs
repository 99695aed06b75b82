//! Where a cook happens: the target directory and the config that the real build will use.
//!
//! In: the directory that `cook` was called in, flags, environment, and the files of a recipe. Out: the config that must
//! hold in the scratch directory as well, the absolute target directory, the user's wrapper. Reads config files; writes
//! nothing.

use crate::cli::How;
use crate::config;
use crate::config::files;
use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use rustc_stable_hash::StableSipHasher128;
use std::ffi::OsString;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use toml::{Table, Value};

/// Where the config of a skeleton stands.
pub const CONFIG: &str = ".cargo/config.toml";

/// What every such directory is called, before some letters of its own. Nothing else is, so that it can be found in files.
pub const SCRATCH: &str = "cargo-larder-scratch-";

/// Makes a directory for a skeleton.
///
/// # Errors
/// The system's place for temporary files cannot be written to.
pub fn scratch() -> Result<TempDir> {
    let attempt = tempfile::Builder::new().prefix(SCRATCH).tempdir();
    attempt.or_else(|error| {
        let error = error.to_string();
        // The name that was tried is a random one.
        let cause = error.split(" at path ").next().unwrap_or(&error);
        fail!(
            "cannot make a scratch directory in `{}`: {cause}\nhelp: name another place for temporary files with `TMPDIR`",
            std::env::temp_dir().display()
        )
    })
}

/// The config of a skeleton with what cargo would read in `here` and will not read in the scratch directory, its paths
/// absolute. The recipe has what travels of the configs from `here` up to so many directories `above` the root; the rest of
/// these is added, and all that stands further up.
///
/// # Errors
/// A config that is not TOML.
pub fn config(files: &Files, above: usize, here: &Path, root: &Path, scratch: &Path) -> Result<Table> {
    let top = top(root, above);
    let mut table: Table = match skeleton::text(files, CONFIG).map(toml::from_str) {
        None => Table::new(),
        Some(Ok(table)) => table,
        Some(Err(error)) => fail!("the recipe's `{CONFIG}` is broken: {error}"),
    };
    absolute(&mut table, root);
    for dir in here.ancestors().filter(|dir| !scratch.starts_with(dir)) {
        if Some(dir.join(".cargo")) == files::cargo_home() {
            continue; // cargo reads it wherever it runs
        }
        if let Some(found) = files::file(dir, here)? {
            // What travels is in the recipe, and lists would double.
            let mut added = if dir.starts_with(top) { config::that_stay(&found) } else { found };
            absolute(&mut added, dir);
            config::merge(&mut table, added);
        }
    }
    config::fill_templates(&mut table, &of_root(root));
    config::drop_those_of_the_root(&mut table);
    Ok(table)
}

/// A config that cargo reads above the scratch directory and that does not belong there: the recipe has it as well, or the
/// real build does not read it.
pub fn misread(above: usize, here: &Path, root: &Path, scratch: &Path) -> Option<PathBuf> {
    let top = top(root, above);
    files::above(scratch).find(|(dir, _)| dir.starts_with(top) || !here.starts_with(dir)).map(|(_, config)| config)
}

/// The directory below which configs are in the recipe.
fn top(root: &Path, above: usize) -> &Path {
    root.ancestors().nth(above).unwrap_or(root)
}

/// The variables of `build.build-dir` that tell of the root, of which cargo would see the scratch directory (`custom_build_dir` in
/// cargo's `util/context/mod.rs`).
fn of_root(root: &Path) -> [(&'static str, String); 2] {
    let manifest = root.join("Cargo.toml");
    let real = fs_err::canonicalize(&manifest)
        .or_else(|_| fs_err::canonicalize(root).map(|root| root.join("Cargo.toml")))
        .unwrap_or(manifest);
    let mut hasher = StableSipHasher128::new();
    real.hash(&mut hasher);
    let hash = format!("{:016x}", Hasher::finish(&hasher).swap_bytes());
    let hash = Path::new(&hash[..2]).join(&hash[2..]);
    [
        ("{workspace-root}", root.to_string_lossy().into_owned()),
        ("{workspace-path-hash}", hash.to_string_lossy().into_owned()),
    ]
}

fn absolute(table: &mut Table, base: &Path) {
    config::map_paths(table, &|path| base.join(path).to_string_lossy().into_owned());
}

/// The target directory that the real build at `here`, of the workspace in `root`, will use, in cargo's order: flag, its
/// own variable, then as any key of the config (`GlobalContext::target_dir`).
///
/// # Errors
/// A config that is not TOML.
pub fn target_dir(how: &How, config: &Table, here: &Path, root: &Path) -> Result<PathBuf> {
    let variable = std::env::var_os("CARGO_TARGET_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    let dir = match how.target_dir.clone().or(variable) {
        None => configured("target-dir", how, config, here)?.map(PathBuf::from),
        named => named,
    };
    Ok(dir.map_or_else(|| root.join("target"), |dir| here.join(dir)))
}

/// Where cargo keeps what is no final artifact, if that is not the target directory (`GlobalContext::build_dir`).
///
/// # Errors
/// A config that is not TOML.
pub fn build_dir(how: &How, config: &Table, here: &Path, root: &Path) -> Result<Option<PathBuf>> {
    let home = files::cargo_home().unwrap_or_default();
    let dir = configured("build-dir", how, config, here)?.map(|dir| {
        let dir = dir.replace("{workspace-root}", &root.to_string_lossy());
        here.join(dir.replace("{cargo-cache-home}", &here.join(home).to_string_lossy()))
    });
    Ok(dir)
}

/// The program that the user wants cargo to call in the place of the compiler.
pub struct Wrapper {
    /// Absolute, or a name for PATH.
    pub program: OsString,
}

/// The user's wrapper, if there is one (`GlobalContext::load_global_rustc`): that of `RUSTC_WRAPPER`, where nothing means
/// none, else that of the config.
///
/// # Errors
/// A config that is not TOML.
pub fn wrapper(how: &How, config: &Table, here: &Path) -> Result<Option<Wrapper>> {
    let Some(value) = std::env::var_os("RUSTC_WRAPPER") else {
        let program = configured("rustc-wrapper", how, config, here)?.filter(|program| !program.is_empty());
        return Ok(program.map(|program| Wrapper { program: program.into() }));
    };
    let is_path = Path::new(&value).components().count() > 1;
    let program = if is_path { here.join(&value).into() } else { value };
    Ok(Some(Wrapper { program }).filter(|wrapper| !wrapper.program.is_empty()))
}

/// A key of `[build]`, with its paths absolute: of `--config`, its variable, the config files, that of cargo's home.
fn configured(key: &str, how: &How, config: &Table, here: &Path) -> Result<Option<String>> {
    let of = |table: &Table| table.get("build").and_then(|b| b.get(key)).and_then(Value::as_str).map(str::to_owned);
    if let Some(value) = of(&of_command_line(&how.config, here)?) {
        return Ok(Some(value));
    }
    let name = format!("CARGO_BUILD_{}", key.replace('-', "_").to_uppercase());
    if let Some(value) = std::env::var_os(&name).filter(|value| !value.is_empty()) {
        let map = |path: &str| here.join(path).to_string_lossy().into_owned();
        return Ok(Some(config::map_variable(&name, &value.to_string_lossy(), &map)));
    }
    if let Some(value) = of(config) {
        return Ok(Some(value));
    }
    let Some(home) = files::cargo_home() else { return Ok(None) };
    let file = ["config", "config.toml"].map(|name| home.join(name)).into_iter().find(|file| file.is_file());
    let Some(mut table) = file.map(|file| files::file(&file, here)).transpose()?.flatten() else {
        return Ok(None);
    };
    absolute(&mut table, home.parent().unwrap_or(&home));
    Ok(of(&table))
}

/// The values of `--config`, later ones winning, with their paths absolute (`cli_args_as_table` in cargo's
/// `util/context/mod.rs`). What cannot be understood is left to cargo to refuse.
fn of_command_line(config: &[String], here: &Path) -> Result<Table> {
    let mut merged = Table::new();
    for value in config {
        let file = here.join(value);
        let (table, base) = match value.parse() {
            _ if file.is_file() => (files::file(&file, here)?, file.parent().and_then(Path::parent)),
            parsed => (parsed.ok(), Some(here)),
        };
        let mut table = table.unwrap_or_default();
        absolute(&mut table, base.unwrap_or(here));
        config::merge(&mut table, merged);
        merged = table;
    }
    Ok(merged)
}

/// A value of `--config` as cargo has to be told it elsewhere.
pub fn absolute_config(value: &str, here: &Path, root: &Path) -> String {
    if here.join(value).is_file() || !value.contains('=') {
        return here.join(value).to_string_lossy().into_owned();
    }
    let Ok(given) = value.parse::<Table>() else { return value.to_owned() };
    let mut mapped = given.clone();
    absolute(&mut mapped, here);
    config::fill_templates(&mut mapped, &of_root(root));
    if mapped == given { value.to_owned() } else { dotted(&mapped).unwrap_or_else(|| value.to_owned()) }
}

/// A table of one value as the dotted key that cargo wants (`toml_dotted_keys` in cargo's `util/context/mod.rs`).
fn dotted(table: &Table) -> Option<String> {
    let (key, value) = table.iter().next().filter(|_| table.len() == 1)?;
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let key = if is_bare { key.clone() } else { Value::String(key.clone()).to_string() };
    match value {
        Value::Table(below) => Some(format!("{key}.{}", dotted(below)?)),
        value => Some(format!("{key}={value}")),
    }
}

/// A target as cargo has to be told it elsewhere.
pub fn absolute_target(target: &str, here: &Path) -> String {
    if config::is_specification(target) { here.join(target).to_string_lossy().into_owned() } else { target.to_owned() }
}

/// Environment variables of cargo that hold relative paths, made absolute: cargo runs elsewhere.
pub fn absolute_variables(here: &Path, root: &Path) -> Vec<(String, OsString)> {
    let absolute = |path: &str| here.join(path).to_string_lossy().into_owned();
    let changed = files::variables().filter_map(|(name, value)| {
        // The root that cargo sees is the scratch directory, with which the build directory would go.
        let meant =
            if name == "CARGO_BUILD_BUILD_DIR" { config::filled(&value, &of_root(root)) } else { value.clone() };
        let mapped = config::map_variable(&name, &meant, &absolute);
        (mapped != value).then(|| (name, mapped.into()))
    });
    changed.collect()
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
