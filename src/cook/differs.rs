//! Compares the configuration of a cook with that of its recipe.
//!
//! In: a scoped recipe with its assumptions, and the configuration of the cook. Out: warnings that
//! name the differences. Touches nothing. An unscoped recipe needs no comparison: its scope and
//! configuration are those of the cook.

use super::place::CONFIG;
use crate::config::assumed;
use crate::config::layers::{Layers, Origin, spelled};
use crate::environment::Environment;
use crate::recipe::skeleton::{self, Files};
use crate::workspace::profile;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// What a scoped recipe was prepared with.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The settings that it assumed ([`assumed::settings`]).
    pub assumed: BTreeSet<String>,
    /// The host, if one was given.
    pub host: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// Whether a target was given.
    pub has_target: bool,
}

/// Returns warnings to print before the build.
pub fn warnings(prepared: &Prepared, files: &Files, layers: &Layers, environment: &Environment) -> Vec<String> {
    let table =
        |name: &str| skeleton::text(files, name).and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let (manifest, config) = (table("Cargo.toml"), table(CONFIG));
    let profiles = |of: &Table| of.get("profile").and_then(Value::as_table).cloned().unwrap_or_default();
    let (of_manifest, of_config, merged) = (profiles(&manifest), profiles(&config), profiles(&layers.merged()));
    let given = prepared.profile.as_deref().unwrap_or("dev");
    let used = profile::used(Some(given), &of_manifest, &merged).unwrap_or_else(|_| BTreeSet::from([given.to_owned()]));
    let here = assumed::settings(layers, environment.texts(), Some(&used));
    let is_known = |key: &str| match key {
        "lto" => profile::any_lto(&[&of_manifest, &of_config]),
        "panic" => profile::any_abort(&[&of_manifest, &of_config]),
        _ => false,
    };
    let differs = |by: &str| {
        format!(
            "the recipe was prepared without `{by}`, which decides about units: the real build may compile some of them again"
        )
    };
    let help = "help: give `prepare` the same variables and flags as `cook` and the build";
    let mut warnings: Vec<String> = here
        .iter()
        .filter(|(key, _)| !prepared.assumed.contains(**key) && !is_known(key))
        .map(|(_, by)| format!("{}\n{help}", differs(by)))
        .collect();
    warnings.extend(target(prepared, &config, layers).map(|by| format!("{}\n{help}", differs(&by))));
    warnings
}

/// Returns which layer names another target than that of the recipe.
fn target(prepared: &Prepared, config: &Table, layers: &Layers) -> Option<String> {
    let (value, origin) = layers.get("build.target").filter(|_| !prepared.has_target)?;
    let narrowed = config.get("build").and_then(|build| build.get("target")).cloned();
    let narrowed = narrowed.or_else(|| prepared.host.clone().map(Value::from))?;
    (*origin != Origin::Project && *value != narrowed).then(|| spelled("build.target", origin))
}
