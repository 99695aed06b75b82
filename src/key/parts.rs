//! The parts of a key.
//!
//! In: what was found out about a build and its surroundings. Out: [`Parts`], a digest for each of
//! them, and the key. Touches nothing. docs/ci.md describes the parts.
//!
//! A part too many makes a CI build dependencies again without need. A part too few makes it slow
//! forever: the cache is found, cargo compiles everything again, and nobody saves the result.

use crate::config::layers::Layers;
use crate::digest::Digest;
use crate::environment::Environment;
use crate::store::surroundings::Surroundings;
use crate::target::builds;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// The version of the key. A change of what counts increases it.
const FORMAT: u32 = 1;

/// What is known when a key is made.
pub struct Known<'a> {
    /// The surroundings as the store knows them.
    pub surroundings: &'a Surroundings,
    /// The configuration.
    pub layers: &'a Layers,
    /// The surroundings of the process.
    pub environment: &'a Environment,
    /// The variables that the user names.
    pub named: &'a [String],
    /// cargo's home.
    pub cargo_home: &'a Path,
    /// The directory of cargo's units.
    pub units: &'a Path,
    /// The text of the recipe.
    pub recipe: &'a str,
    /// The flags of the build that are not in the recipe.
    pub scope: &'a [String],
}

/// The digests of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Those that do not depend on the recipe, by name.
    around: BTreeMap<&'static str, Digest>,
    recipe: Digest,
}

/// How the names of some variables begin, and how they end. cargo reads them, and they change what
/// it compiles. `builds::settings` has those of profiles, flags, and linkers.
const VARIABLES: &[(&str, &str)] = &[
    // Packages with a path, as those of `[patch]`, are compiled incrementally.
    ("CARGO_INCREMENTAL", ""),
    ("CARGO_BUILD_INCREMENTAL", ""),
    ("CARGO_BUILD_RUSTC", ""),
    ("CARGO_HOST_", ""),
    ("CARGO_PROFILE_", ""),
    ("CARGO_UNSTABLE_", ""),
    // The directory of a registry's sources has a hash of both in its name.
    ("CARGO_REGISTRIES_", "_INDEX"),
    ("CARGO_REGISTRIES_", "_PROTOCOL"),
];

/// Tables of the configuration, each with the keys in it that change nothing. `builds::settings`
/// has other tables, and the store has `[env]`.
const TABLES: &[(&str, &[&str])] = &[
    ("host", &["runner"]),
    ("patch", &[]),
    ("paths", &[]),
    ("registries", &["token", "credential-provider"]),
    ("source", &[]),
    ("target", &["runner"]),
];

impl Parts {
    /// Returns the digest of each part.
    pub fn of(known: &Known<'_>) -> Self {
        let settings = builds::settings(known.layers, known.environment, &Table::new());
        let settings = settings.into_iter().map(|(name, setting)| format!("{name}={}", setting.value));
        let config = known.layers.merged();
        let path = |path: &Path| Digest::of(path.as_os_str().as_encoded_bytes());
        let around = BTreeMap::from([
            ("compiler", known.surroundings.common.clone()),
            ("system", known.surroundings.system.clone()),
            ("settings", Digest::of_parts(settings.chain(variables(known.environment)))),
            ("config", Digest::of_parts(TABLES.iter().filter_map(|(table, but)| text_of(&config, table, but)))),
            ("env", Digest::of_parts(known.named.iter().map(|name| named(known.environment, name)))),
            ("cargo-home", path(known.cargo_home)),
            ("target-directory", path(known.units)),
        ]);
        let scope = known.scope.iter().map(String::as_str);
        Parts { around, recipe: Digest::of_parts([known.recipe].into_iter().chain(scope)) }
    }

    /// Returns the key.
    pub fn key(&self) -> String {
        format!("{}{}", self.restore(), self.recipe.short())
    }

    /// Returns the beginning of all keys that differ in their recipe only.
    pub fn restore(&self) -> String {
        let parts = self.around.iter().flat_map(|(name, digest)| [*name, digest.as_str()]);
        format!("larder-{FORMAT}-{}-", Digest::of_parts(parts).short())
    }

    /// Returns the key and its parts as JSON. It holds digests, and no value of a variable.
    pub fn to_json(&self) -> String {
        let parts = self.around.iter().chain([(&"recipe", &self.recipe)]);
        let parts: BTreeMap<&str, &str> = parts.map(|(name, digest)| (*name, digest.short())).collect();
        let json = json!({ "format": FORMAT, "key": self.key(), "restore": self.restore(), "parts": parts });
        serde_json::to_string_pretty(&json).expect("maps of text become JSON")
    }
}

/// Returns the variables of cargo that count.
fn variables(environment: &Environment) -> impl Iterator<Item = String> {
    let counts = |name: &str| VARIABLES.iter().any(|(begin, end)| name.starts_with(begin) && name.ends_with(end));
    environment.texts().filter(move |(name, _)| counts(name)).map(|(name, value)| format!("{name}={value}"))
}

/// Returns a variable that the user names. Whether it is set counts, too.
fn named(environment: &Environment, name: &str) -> Vec<u8> {
    let value = environment.var_os(name).map(|value| [b"=", value.as_encoded_bytes()].concat());
    [name.as_bytes(), &value.unwrap_or_default()].concat()
}

/// Returns a key of the configuration as text, without these keys below it.
fn text_of(config: &Table, name: &str, without: &[&str]) -> Option<String> {
    let value = stripped(config.get(name)?.clone(), without)?;
    Some(format!("{name}={value}"))
}

/// Returns a value without these keys, or `None` if nothing is left.
fn stripped(value: Value, without: &[&str]) -> Option<Value> {
    let Value::Table(table) = value else { return Some(value) };
    let kept = table.into_iter().filter(|(name, _)| !without.contains(&name.as_str()));
    let kept: Table = kept.filter_map(|(name, value)| Some((name, stripped(value, without)?))).collect();
    (!kept.is_empty()).then_some(Value::Table(kept))
}
