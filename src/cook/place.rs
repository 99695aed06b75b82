//! Where a cook happens: the target directory and the config that the real build will use.
//!
//! In: the directory that `cook` was called in, flags, environment, and the files of a recipe. Out: the config that must
//! hold in the scratch directory as well, the absolute target directory, the user's wrapper. Reads config files; writes
//! nothing.

use crate::cli::How;
use crate::config;
use crate::config::files;
use crate::config::layers::{self, Layers, absolute};
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use rustc_stable_hash::StableSipHasher128;
use std::ffi::OsString;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub use crate::recipe::CONFIG;

/// The config of a skeleton with what cargo would read in `here` and will not read in the scratch directory, its paths
/// absolute. The recipe has what travels of the configs from `here` up to so many directories `above` the root; the rest of
/// these is added, and all that stands further up.
///
/// # Errors
/// A config that is not TOML.
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
            // cargo reads it wherever it runs. What the recipe has of it as well must not count twice.
            if dir.starts_with(top) {
                let mut home = config::file(dir, here)?.unwrap_or_default();
                absolute(&mut home, dir);
                config::without_lists_of(&mut table, &home);
            }
            continue;
        }
        if let Some(found) = config::file(dir, here)? {
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
pub fn misread(above: usize, place: &Place<'_>, scratch: &Path) -> Option<PathBuf> {
    let Place { environment, here, root } = *place;
    let top = top(root, above);
    files::above(scratch, environment)
        .find(|(dir, _)| dir.starts_with(top) || !here.starts_with(dir))
        .map(|(_, config)| config)
}

/// A path of the recipe's config as cargo would spell it. In a config that stood so many directories `above` the root, paths begin
/// with as many `..`; build scripts see the spelling, and cargo compares it.
fn seen_from(root: &Path, above: usize, path: &str) -> PathBuf {
    let (mut base, mut rest) = (root, path);
    for _ in 0..above {
        let (Some(up), Some(below)) = (base.parent(), rest.strip_prefix("../")) else { break };
        (base, rest) = (up, below);
    }
    base.join(rest)
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

/// Where a cook is called, and for what.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The process's surroundings.
    pub environment: &'a Environment,
    /// The directory that cargo is called in.
    pub here: &'a Path,
    /// The root of the workspace.
    pub root: &'a Path,
}

/// The target directory that the real build will use, in cargo's order: flag, its own variable, then as any key of the config
/// (`GlobalContext::target_dir`).
pub fn target_dir(how: &How, layers: &Layers, place: &Place<'_>) -> PathBuf {
    let variable = place.environment.var_os("CARGO_TARGET_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    let dir = how.target_dir.clone().or(variable).or_else(|| layers.text("build.target-dir").map(PathBuf::from));
    dir.map_or_else(|| place.root.join("target"), |dir| place.here.join(dir))
}

/// Where cargo keeps what is no final artifact, if that is not the target directory (`GlobalContext::build_dir`).
pub fn build_dir(layers: &Layers, place: &Place<'_>) -> Option<PathBuf> {
    let home = place.environment.cargo_home().unwrap_or_default();
    let dir = layers.text("build.build-dir")?.replace("{workspace-root}", &place.root.to_string_lossy());
    Some(place.here.join(dir.replace("{cargo-cache-home}", &home.to_string_lossy())))
}

/// The program that the user wants cargo to call in the place of the compiler.
pub struct Wrapper {
    /// Absolute, or a name for PATH.
    pub program: OsString,
}

/// The user's wrapper, if there is one (`GlobalContext::load_global_rustc`): that of `RUSTC_WRAPPER`, where nothing means
/// none, else that of the config.
pub fn wrapper(layers: &Layers, place: &Place<'_>) -> Option<Wrapper> {
    let program: OsString = match place.environment.var_os("RUSTC_WRAPPER") {
        Some(value) if Path::new(value).components().count() > 1 => place.here.join(value).into(),
        Some(value) => value.to_owned(),
        None => layers.text("build.rustc-wrapper")?.into(),
    };
    Some(Wrapper { program }).filter(|wrapper| !wrapper.program.is_empty())
}

/// The values of `--config` as cargo has to be told them elsewhere. What must not be in force in a skeleton is left out; a
/// file that says such a thing is written anew, less that, into the `scratch` directory.
///
/// # Errors
/// A file that is not TOML, or the scratch directory cannot be written to.
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

/// A value of `--config` as cargo has to be told it elsewhere.
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
pub fn absolute_variables(place: &Place<'_>) -> Vec<(String, OsString)> {
    let Place { environment, here, root } = *place;
    let absolute = |path: &str| here.join(path).to_string_lossy().into_owned();
    let changed = environment.texts().filter_map(|(name, value)| {
        // The root that cargo sees is the scratch directory, with which the build directory would go.
        let meant =
            if name == "CARGO_BUILD_BUILD_DIR" { config::filled(value, &of_root(root)) } else { value.to_owned() };
        let mapped = config::map_variable(name, &meant, &absolute);
        (mapped != value).then(|| (name.to_owned(), mapped.into()))
    });
    changed.collect()
}

/// The file of the recipe that the real build needs beside its sources, and that no directory from here up has: the config, or
/// the toolchain file. A `COPY src` forgets it easily.
pub fn to_copy(files: &Files, place: &Place<'_>) -> Option<String> {
    let has_config =
        || place.root.join(CONFIG).is_file() || files::above(place.here, place.environment).next().is_some();
    let config = files.contains_key(CONFIG).then_some(CONFIG).filter(|_| !has_config());
    let toolchain = files.keys().find(|name| name.starts_with("rust-toolchain")).map(String::as_str);
    let toolchain = toolchain.filter(|_| place.here.ancestors().all(|dir| files::toolchain_file(dir).is_none()));
    config.or(toolchain).map(str::to_owned)
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
