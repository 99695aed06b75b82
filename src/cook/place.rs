//! Finds the target directory and the config that the real build will use.
//!
//! In: the current directory, flags, variables, and the files of a recipe. Out: the config that
//! must be in force in the scratch directory, the absolute target directory, and the user's
//! wrapper. Reads config files and writes nothing.

use crate::cli::How;
use crate::config;
use crate::config::files;
use crate::config::layers::{self, Given, Layers, absolute};
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use rustc_stable_hash::StableSipHasher128;
use std::ffi::OsString;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub use crate::recipe::CONFIG;

/// Returns the config of a skeleton together with the config that cargo would read in `here`, but
/// not in the scratch directory. Its paths are absolute. The recipe already has the keys that
/// travel, from `here` up to `above` directories above the root. The other keys of these files are
/// added, and all files further up.
///
/// # Errors
/// A config is not TOML.
pub fn config(files: &Files, above: usize, place: &Place<'_>, scratch: &Path) -> Result<Table> {
    let Place { environment, here, root, .. } = *place;
    let top = top(root, above);
    let mut table: Table = match skeleton::text(files, CONFIG).map(toml::from_str) {
        None => Table::new(),
        Some(Ok(table)) => table,
        Some(Err(error)) => fail!("the recipe's `{CONFIG}` is broken: {error}"),
    };
    config::map_paths(&mut table, &|path| seen_from(root, above, path).to_string_lossy().into_owned());
    for dir in here.ancestors().filter(|dir| !scratch.starts_with(dir)) {
        if files::is_home(dir, environment) {
            // cargo reads this file wherever it runs. Keys that the recipe also has must not count
            // twice.
            if dir.starts_with(top) {
                let mut home = config::file(dir, here)?.unwrap_or_default();
                absolute(&mut home, dir);
                config::without_lists_of(&mut table, &home);
            }
            continue;
        }
        if let Some(found) = config::file(dir, here)? {
            // The recipe has the keys that travel. Adding them again would double their lists.
            let mut added = if dir.starts_with(top) { config::that_stay(&found) } else { found };
            absolute(&mut added, dir);
            config::merge(&mut table, added);
        }
    }
    config::fill_templates(&mut table, &of_root(root));
    config::drop_those_of_the_root(&mut table);
    Ok(table)
}

/// Returns a config that cargo reads above the scratch directory although it does not belong there.
/// Either the recipe has it too, or the real build does not read it.
pub fn misread(above: usize, place: &Place<'_>, scratch: &Path) -> Option<PathBuf> {
    let Place { environment, here, root } = *place;
    let top = top(root, above);
    files::above(scratch, environment)
        .find(|(dir, _)| dir.starts_with(top) || !here.starts_with(dir))
        .map(|(_, config)| config)
}

/// Returns a path of the recipe's config as cargo would spell it. In a config `above` directories
/// above the root, a path begins with as many `..`. Build scripts see the spelling, and cargo
/// compares it.
fn seen_from(root: &Path, above: usize, path: &str) -> PathBuf {
    let (mut base, mut rest) = (root, path);
    for _ in 0..above {
        let (Some(up), Some(below)) = (base.parent(), rest.strip_prefix("../")) else { break };
        (base, rest) = (up, below);
    }
    base.join(rest)
}

/// Returns the highest directory whose config is in the recipe.
fn top(root: &Path, above: usize) -> &Path {
    root.ancestors().nth(above).unwrap_or(root)
}

/// Returns the variables of `build.build-dir` that depend on the root. cargo would compute them
/// from the scratch directory (`custom_build_dir` in cargo's `util/context/mod.rs`).
pub fn of_root(root: &Path) -> [(&'static str, String); 2] {
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

/// The directories of a cook.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The surroundings of the process.
    pub environment: &'a Environment,
    /// The current directory of cargo.
    pub here: &'a Path,
    /// The root of the workspace.
    pub root: &'a Path,
}

/// Returns the target directory of the real build, in cargo's order: the flag, its own variable,
/// then the config key (`GlobalContext::target_dir`).
pub fn target_dir(how: &How, layers: &Layers, place: &Place<'_>) -> PathBuf {
    let variable = place.environment.var_os("CARGO_TARGET_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    let dir = how.target_dir.clone().or(variable).or_else(|| layers.text("build.target-dir").map(PathBuf::from));
    dir.map_or_else(|| place.root.join("target"), |dir| place.here.join(dir))
}

/// Returns the configuration that cargo reads in a workspace, with absolute paths.
///
/// # Errors
/// A file of the configuration is invalid.
pub fn layers(here: &Path, root: &Path, given: &Given) -> Result<Layers> {
    let mut table = files::read(here, root, given)?.table;
    layers::absolute(&mut table, root);
    config::fill_templates(&mut table, &of_root(root));
    Layers::read(given, table)
}

/// Returns the directory of intermediate artifacts, if it is not the target directory
/// (`GlobalContext::build_dir`).
pub fn build_dir(layers: &Layers, place: &Place<'_>) -> Option<PathBuf> {
    let home = place.environment.cargo_home().unwrap_or_default();
    let dir = config::filled(layers.text("build.build-dir")?, &of_root(place.root));
    Some(place.here.join(dir.replace("{cargo-cache-home}", &home.to_string_lossy())))
}

/// The program that the user wants cargo to call instead of the compiler.
pub struct Wrapper {
    /// An absolute path, or a name that is searched on PATH.
    pub program: OsString,
}

/// Returns the user's wrapper, if there is one (`GlobalContext::load_global_rustc`):
/// `RUSTC_WRAPPER`, where an empty value means none, else the key of the config.
pub fn wrapper(layers: &Layers, place: &Place<'_>) -> Option<Wrapper> {
    let program: OsString = match place.environment.var_os("RUSTC_WRAPPER") {
        Some(value) if Path::new(value).components().count() > 1 => place.here.join(value).into(),
        Some(value) => value.to_owned(),
        None => layers.text("build.rustc-wrapper")?.into(),
    };
    Some(Wrapper { program }).filter(|wrapper| !wrapper.program.is_empty())
}

/// Returns the values of `--config` for a cargo in the scratch directory. Keys that must not be in
/// force in a skeleton are left out. A file with such keys is copied without them into the
/// `scratch` directory.
///
/// # Errors
/// A file is not TOML, or the scratch directory is not writable.
pub fn config_elsewhere(values: &[String], place: &Place<'_>, scratch: &Path) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let given = layers::of_value(value, place.here)?;
        let mut kept = given.clone();
        config::drop_those_of_the_root(&mut kept);
        if kept == given {
            told.push(absolute_config(value, place.here, place.root));
        } else if place.here.join(value).is_file() {
            let file = scratch.join(format!(".larder/given-{i}.toml"));
            fs_err::create_dir_all(scratch.join(".larder"))?;
            crate::disk::write_private(&file, kept.to_string().as_bytes())?;
            told.push(file.to_string_lossy().into_owned());
        }
    }
    Ok(told)
}

/// Returns a value of `--config` for a cargo in another directory.
fn absolute_config(value: &str, here: &Path, root: &Path) -> String {
    if here.join(value).is_file() || !value.contains('=') {
        return here.join(value).to_string_lossy().into_owned();
    }
    let Ok(given) = value.parse::<Table>() else { return value.to_owned() };
    let mut mapped = given.clone();
    absolute(&mut mapped, here);
    config::fill_templates(&mut mapped, &of_root(root));
    if mapped == given { value.to_owned() } else { dotted(&mapped).unwrap_or_else(|| value.to_owned()) }
}

/// Returns a table of one value as a dotted key, which cargo requires (`toml_dotted_keys` in
/// cargo's `util/context/mod.rs`).
fn dotted(table: &Table) -> Option<String> {
    let (key, value) = table.iter().next().filter(|_| table.len() == 1)?;
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let key = if is_bare { key.clone() } else { Value::String(key.clone()).to_string() };
    match value {
        Value::Table(below) => Some(format!("{key}.{}", dotted(below)?)),
        value => Some(format!("{key}={value}")),
    }
}

/// Returns a target for a cargo in another directory.
pub fn absolute_target(target: &str, here: &Path) -> String {
    if config::is_specification(target) { here.join(target).to_string_lossy().into_owned() } else { target.to_owned() }
}

/// Returns cargo's variables that hold relative paths as absolute paths, because cargo runs in
/// another directory.
pub fn absolute_variables(place: &Place<'_>) -> Vec<(String, OsString)> {
    let Place { environment, here, root } = *place;
    let absolute = |path: &str| here.join(path).to_string_lossy().into_owned();
    let changed = environment.texts().filter_map(|(name, value)| {
        // cargo would take the scratch directory for the root, and the build directory would be
        // removed with it.
        let meant =
            if name == "CARGO_BUILD_BUILD_DIR" { config::filled(value, &of_root(root)) } else { value.to_owned() };
        let mapped = config::map_variable(name, &meant, &absolute);
        (mapped != value).then(|| (name.to_owned(), mapped.into()))
    });
    changed.collect()
}

/// Returns a file of the recipe that the real build needs next to its sources, but that no
/// directory from here up has: the config, or the toolchain file. A `COPY src` often misses it.
pub fn to_copy(files: &Files, place: &Place<'_>) -> Option<String> {
    let has_config =
        || place.root.join(CONFIG).is_file() || files::above(place.here, place.environment).next().is_some();
    let config = files.contains_key(CONFIG).then_some(CONFIG).filter(|_| !has_config());
    let toolchain = files.keys().find(|name| name.starts_with("rust-toolchain")).map(String::as_str);
    let toolchain = toolchain.filter(|_| place.here.ancestors().all(|dir| files::toolchain_file(dir).is_none()));
    config.or(toolchain).map(str::to_owned)
}

/// Checks that the target directory is writable, before anything is downloaded.
///
/// # Errors
/// It is not writable.
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

/// Returns the bytes of all files in a directory and below. A file with several names counts once.
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
