//! What a recipe holds, as a value.
//!
//! In: a [`View`]. Out: [`Contents`], which `text` prints and which is the JSON. Touches nothing.

use crate::prepare::command;
use crate::recipe::CONFIG;
use crate::recipe::secrets::{is_secret, without_credentials};
use crate::recipe::skeleton;
use crate::recipe::view::{Ask, View};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The version of the JSON.
const FORMAT: u32 = 1;

/// What a recipe holds.
#[derive(Debug, Serialize)]
pub struct Contents {
    format: u32,
    /// The name of the recipe.
    pub recipe: String,
    /// The build that it is for.
    pub build: String,
    /// The host that it was prepared for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The size of the recipe in bytes.
    pub bytes: usize,
    /// The size of each part in bytes.
    pub parts: BTreeMap<&'static str, usize>,
    /// The number of third-party packages.
    pub packages: usize,
    /// The packages that are required directly.
    pub requirements: Vec<Requirement>,
    /// The toolchain file, profiles, config, and patches, as keys and values.
    pub settings: BTreeMap<String, String>,
    /// The directories of carried packages.
    pub carried: Vec<String>,
    /// The members, in an unscoped recipe.
    pub members: Vec<String>,
}

/// A package that is required directly.
#[derive(Debug, Serialize)]
pub struct Requirement {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its source, if that is not crates.io.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How it is required.
    pub uses: Vec<Use>,
    /// The number of packages that it reaches, itself included.
    pub reaches: usize,
    /// The number of packages that only it reaches.
    pub alone: usize,
}

/// One way in which a package is required.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Use {
    /// For what: `for the host`, `in tests`, `under cfg(unix)`. Empty for a plain dependency.
    pub place: String,
    /// The features, `default` included.
    pub features: BTreeSet<String>,
    /// The members that require it so, in an unscoped recipe.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<String>,
}

/// Returns what a recipe of this many bytes holds.
pub fn contents(name: &str, bytes: usize, view: &View) -> Contents {
    let recipe = &view.recipe;
    Contents {
        format: FORMAT,
        recipe: name.to_owned(),
        build: recipe.scope.as_ref().map_or_else(|| "any build".to_owned(), command::build),
        host: recipe.host.clone(),
        bytes,
        parts: parts(view),
        packages: view.third_party().len(),
        requirements: requirements(view),
        settings: settings(view),
        carried: view.carried.keys().cloned().collect(),
        members: view.member_names().into_iter().collect(),
    }
}

/// Returns how many bytes of files each part takes.
fn parts(view: &View) -> BTreeMap<&'static str, usize> {
    let mut parts = BTreeMap::new();
    for (path, bytes) in &view.recipe.files {
        let is_carried = view.carried.keys().any(|dir| path.strip_prefix(dir).is_some_and(|it| it.starts_with('/')));
        let part = match path.as_str() {
            "Cargo.lock" => "lockfile",
            CONFIG => "config",
            "rust-toolchain" | "rust-toolchain.toml" => "toolchain file",
            _ if is_carried => "patched sources",
            _ => "manifests",
        };
        *parts.entry(part).or_default() += bytes.len();
    }
    parts
}

fn requirements(view: &View) -> Vec<Requirement> {
    let mut by_package = BTreeMap::<usize, Vec<&Ask>>::new();
    for ask in view.asks.iter().filter(|ask| !view.is_local(ask.package)) {
        by_package.entry(ask.package).or_default().push(ask);
    }
    let all = view.third_party();
    let reach = |packages: &mut dyn Iterator<Item = usize>| -> BTreeSet<usize> {
        view.lock.reach(packages).intersection(&all).copied().collect()
    };
    let mut found = Vec::new();
    for (package, asks) in &by_package {
        let locked = &view.lock.packages[*package];
        let own = reach(&mut std::iter::once(*package));
        let others = reach(&mut by_package.keys().copied().filter(|other| other != package));
        let source = locked.source.as_deref().filter(|source| !source.contains("github.com/rust-lang/crates.io-index"));
        let local = locked.source.is_none().then(|| "a local directory".to_owned());
        found.push(Requirement {
            name: locked.name.clone(),
            version: locked.version.clone(),
            source: source.map(without_credentials).or(local),
            uses: uses(asks),
            reaches: own.len(),
            alone: own.difference(&others).count(),
        });
    }
    found
}

/// Returns the ways in which a package is required. Members that require it alike are one.
fn uses(asks: &[&Ask]) -> Vec<Use> {
    let mut uses = BTreeMap::<(String, BTreeSet<String>), BTreeSet<String>>::new();
    for ask in asks {
        let default = ask.default_features.then(|| "default".to_owned());
        let features = ask.features.iter().cloned().chain(default).collect();
        uses.entry((ask.place.how.clone(), features)).or_default().extend(ask.place.by.clone());
    }
    uses.into_iter().map(|((place, features), by)| Use { place, features, by }).collect()
}

/// Returns the settings that apply to all packages.
fn settings(view: &View) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let root = &view.manifests[""];
    for key in ["profile", "patch", "replace"] {
        if let Some(value) = root.get(key) {
            leaves(key, value, &mut found);
        }
    }
    for (key, value) in &view.config {
        leaves(&format!("config {key}"), value, &mut found);
    }
    for name in ["rust-toolchain.toml", "rust-toolchain"] {
        let Some(text) = skeleton::text(&view.recipe.files, name) else { continue };
        match text.parse::<Table>() {
            Ok(table) => leaves("", &Value::Table(table), &mut found),
            Err(_) => drop(found.insert("toolchain.channel".to_owned(), text.trim().to_owned())),
        }
    }
    found
}

/// Adds the values of a table by their keys.
fn leaves(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (key, value) in table {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(&below, value, found);
            }
        }
        _ => {
            let variable = path.strip_prefix("config env.").and_then(|rest| rest.split('.').next());
            let text = if variable.is_some_and(is_secret) { "a secret, hidden".to_owned() } else { value.to_string() };
            found.insert(without_credentials(path), without_credentials(&text));
        }
    }
}
