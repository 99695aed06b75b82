//! Opens the store for a cook.
//!
//! In: the flags and variables that name a store, and the build that is about to start. Out: a
//! store that knows the surroundings of this cook. `crate::store` does everything else. `key` asks
//! for the surroundings alone.

use crate::cargo;
use crate::cli::Cook;
use crate::config::layers::Layers;
use crate::environment::Environment;
use crate::path;
use crate::report::Report;
use crate::size;
use crate::store::surroundings::{Known, Surroundings};
use crate::store::{self, Store};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use toml::Table;

/// Opens the named store, if there is one. `units` is the directory of cargo's units.
pub fn open(
    args: &Cook,
    environment: &Environment,
    build: &cargo::Build<'_>,
    layers: &Layers,
    (root, units): (&Path, &Path),
    report: Report,
) -> Option<Store> {
    let dir = store::dir(args.cache.as_deref(), environment)?;
    let name = path::display(&dir, &environment.here);
    let Some(surroundings) = surroundings(environment, build, layers, (root, units)) else {
        report.note(&format!("the store `{name}` is not used: cargo and rustc do not tell their versions"));
        return None;
    };
    Some(Store::on_disk(&dir, name, args.cache_size.unwrap_or(size::DEFAULT), surroundings))
}

/// Returns the surroundings of a build, or `None` if cargo and rustc do not tell their versions.
pub fn surroundings(
    environment: &Environment,
    build: &cargo::Build<'_>,
    layers: &Layers,
    (root, units): (&Path, &Path),
) -> Option<Surroundings> {
    let mut variables: BTreeMap<OsString, OsString> = environment.all().clone();
    variables.extend(build.env.iter().map(|(name, value)| (name.into(), value.clone())));
    let config = layers.merged();
    let rustc = rustc(&variables, &config, &environment.here);
    let mut versions = cargo::versions(build, rustc.as_deref())?;
    // It sets variables for compilers that this program does not see.
    if build.command == "zigbuild" {
        versions.push_str(build.command);
    }
    let known = Known {
        variables,
        config: &config,
        versions,
        native: &|| cargo::native(build, rustc.as_deref()),
        cargo_home: environment.cargo_home().unwrap_or_default(),
        target_dir: units.to_owned(),
        root,
    };
    Some(Surroundings::look(known))
}

/// Returns the compiler that cargo will call, if it is not the one on PATH (`get_tool` in cargo's
/// `util/context/mod.rs`).
pub fn rustc(variables: &BTreeMap<OsString, OsString>, config: &Table, here: &Path) -> Option<PathBuf> {
    let by_config = || config.get("build")?.get("rustc")?.as_str().map(OsString::from);
    let named = variables.get(OsStr::new("RUSTC")).filter(|it| !it.is_empty()).cloned().or_else(by_config)?;
    let path = PathBuf::from(named);
    Some(if path.components().count() > 1 { here.join(path) } else { path })
}
