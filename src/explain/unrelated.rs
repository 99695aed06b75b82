//! What changed in a workspace although its recipe is the same, and why.
//!
//! In: the two states of a workspace. Out: [`Notable`]s, one for each key of a manifest, package of
//! the lockfile, and key of the config that differs. Reads manifests.

use super::Notable;
use super::since::{Both, State, called};
use crate::path;
use crate::workspace::lockfile::Lockfile;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Names up to this many files.
const FEW: usize = 3;

/// Returns what changed.
pub fn unrelated(both: &Both) -> Vec<Notable> {
    let mut found = manifests(both);
    let of_lockfile = lockfiles(&both.old.workspace.lock, &both.new.workspace.lock);
    let has_lockfile = both.files.iter().any(|file| file.ends_with("Cargo.lock"));
    if has_lockfile && of_lockfile.is_empty() {
        let why = "what this build reaches in it stayed the same".to_owned();
        found.push(Notable { what: "Cargo.lock".to_owned(), why });
    }
    found.extend(of_lockfile);
    found.extend(config(both));
    found.extend(other_files(&both.files));
    found
}

/// A place in a manifest, and why a change there does not matter. The first row that fits counts.
const REASONS: &[(&str, &str)] = &[
    ("package.version", "stubs have no version"),
    ("package", "it is about the local package alone"),
    ("lints", "lints are for local packages"),
    ("workspace.lints", "lints are for local packages"),
    ("workspace.metadata", "cargo ignores it"),
    ("workspace.package", "it is about local packages alone"),
    ("workspace.dependencies", "what the build requires stayed the same"),
    ("workspace", "the packages that the build reaches stayed the same"),
    ("features", "it activates nothing else in this build"),
    ("lib", "targets are not part of a recipe"),
    ("bin", "targets are not part of a recipe"),
    ("example", "targets are not part of a recipe"),
    ("test", "targets are not part of a recipe"),
    ("bench", "targets are not part of a recipe"),
    ("patch", "this build reaches no package that it replaces"),
    ("replace", "this build reaches no package that it replaces"),
];

/// Returns the keys of manifests that differ.
fn manifests(both: &Both) -> Vec<Notable> {
    let [old, new] = [&both.old, &both.new].map(tables);
    let mut found = BTreeSet::new();
    for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (old.get(name), new.get(name));
        let (Some(was), Some(is)) = (was, is) else {
            let word = if is.is_some() { "is new" } else { "is gone" };
            let state = if is.is_some() { &both.new } else { &both.old };
            let why = if is_reached(state, name) { "it requires nothing else" } else { "not in this scope" };
            found.insert(Notable { what: format!("local package {name} {word}"), why: why.to_owned() });
            continue;
        };
        if was == is && both.files.contains(&manifest_path(both, name)) {
            let why = "comments and formatting are not part of a recipe".to_owned();
            found.insert(Notable { what: format!("Cargo.toml of {name}"), why });
        }
        let mut keys = BTreeMap::<String, Vec<(Option<&Value>, Option<&Value>)>>::new();
        for key in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            differing(key, was.get(key), is.get(key), &mut |path, was, is| {
                keys.entry(item(path)).or_default().push((was, is));
            });
        }
        for (key, values) in keys {
            let values = match &values[..] {
                [(was, is)] if was.or(*is).is_some_and(|it| !it.is_table()) => {
                    let text = |value: Option<&Value>| value.map_or_else(|| "not set".to_owned(), short);
                    format!(" {} → {}", text(*was), text(*is))
                }
                _ => String::new(),
            };
            found.insert(Notable { what: format!("{key} of {name}{values}"), why: why(both, name, &key) });
        }
    }
    found.into_iter().collect()
}

/// Returns the manifest of a package by its path in the repository.
fn manifest_path(both: &Both, name: &str) -> String {
    let workspace = &both.new.workspace;
    let dir = workspace.packages.iter().find(|package| called(package) == name).map_or("", |package| &package.dir);
    let path = workspace.root.join(dir).join("Cargo.toml");
    path::relative(&path::normalize(&path), &both.checkout.top)
}

/// Takes a path, and the values there before and now.
type Found<'f, 'a> = dyn FnMut(&str, Option<&'a Value>, Option<&'a Value>) + 'f;

/// Calls `found` with each key that differs, as a path.
fn differing<'a>(path: &str, was: Option<&'a Value>, is: Option<&'a Value>, found: &mut Found<'_, 'a>) {
    if was == is {
        return;
    }
    // A table that is new or gone differs in each of its keys.
    let tables = [was, is].map(|value| value.and_then(Value::as_table));
    let is_table = |i: usize, value: Option<&Value>| value.is_none() || tables[i].is_some();
    let keys: BTreeSet<&String> = tables.into_iter().flatten().flat_map(Table::keys).collect();
    if keys.is_empty() || !is_table(0, was) || !is_table(1, is) {
        return found(path, was, is);
    }
    for key in keys {
        let [was, is] = tables.map(|table| table.and_then(|it| it.get(key)));
        differing(&format!("{path}.{key}"), was, is, found);
    }
}

/// Returns the dependency, feature, or profile that a key belongs to.
fn item(path: &str) -> String {
    let words: Vec<&str> = path.split('.').collect();
    if let Some(at) = words.iter().position(|word| word.ends_with("dependencies")) {
        return words[..words.len().min(at + 2)].join(".");
    }
    path.to_owned()
}

/// Returns why a key of a manifest does not matter.
fn why(both: &Both, name: &str, key: &str) -> String {
    let scope = both.new.recipe.scope.as_ref();
    if let Some(profile) = key.strip_prefix("profile.").and_then(|rest| rest.split('.').next()) {
        let used = scope.and_then(|scope| scope.profile.as_deref()).unwrap_or("dev");
        return if scope.is_some() && used != profile {
            format!("this build uses the profile `{used}`")
        } else {
            "no third-party package is compiled differently".to_owned()
        };
    }
    let is_dependency = key.contains("dependencies.") && !key.starts_with("workspace.");
    if !is_reached(&both.new, name) && (is_dependency || key.starts_with("features")) {
        return "not in this scope".to_owned();
    }
    if is_dependency {
        let is_dev = key.contains("dev-dependencies.");
        let skips_dev = scope.is_some_and(|scope| !scope.needs_dev());
        let why =
            if is_dev && skips_dev { "this build has no tests" } else { "what the build requires stayed the same" };
        return why.to_owned();
    }
    let fits =
        |place: &&(&str, &str)| key == place.0 || key.strip_prefix(place.0).is_some_and(|it| it.starts_with('.'));
    REASONS.iter().find(fits).map_or("no dependency of this build depends on it", |(_, why)| why).to_owned()
}

fn is_reached(state: &State, name: &str) -> bool {
    state.reached.iter().any(|i| called(&state.workspace.packages[*i]) == name)
}

/// Returns the manifests of a workspace by what users call their packages.
fn tables(state: &State) -> BTreeMap<String, Table> {
    let root = &state.workspace.root;
    let has_root = state.workspace.packages.iter().any(|package| package.dir.is_empty());
    let read = |dir: &str| {
        let text = std::fs::read_to_string(root.join(dir).join("Cargo.toml")).ok()?;
        text.parse::<Table>().ok()
    };
    let packages = state.workspace.packages.iter().filter_map(|package| Some((called(package), read(&package.dir)?)));
    let virtual_root = (!has_root).then(|| Some(("the workspace".to_owned(), read("")?))).flatten();
    packages.chain(virtual_root).collect()
}

/// Returns a value as text that is not too long.
fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

/// Returns the packages whose versions differ.
fn lockfiles(old: &Lockfile, new: &Lockfile) -> Vec<Notable> {
    let versions = |lock: &Lockfile| {
        let mut versions = BTreeMap::<(String, bool), BTreeSet<String>>::new();
        for package in &lock.packages {
            let key = (package.name.clone(), package.source.is_some());
            versions.entry(key).or_default().insert(package.version.clone());
        }
        versions
    };
    let (old, new) = (versions(old), versions(new));
    let mut found = Vec::new();
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let none = BTreeSet::new();
        let (name, is_third_party) = key;
        let (was, is) = (old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none));
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join(", ");
        let (lost, gained) = (only(was, is), only(is, was));
        let what = match (lost.is_empty(), gained.is_empty()) {
            (true, true) => continue,
            (true, _) | (_, true) if !is_third_party => continue, // its manifest is listed
            (false, false) => format!("{name} {lost} → {gained} in Cargo.lock"),
            (true, false) => format!("{name} {gained} is new in Cargo.lock"),
            (false, true) => format!("{name} {lost} is gone from Cargo.lock"),
        };
        let why = if *is_third_party { "this build does not reach it" } else { "stubs have no version" };
        found.push(Notable { what, why: why.to_owned() });
    }
    found
}

/// Returns the keys of the config that differ.
fn config(both: &Both) -> Vec<Notable> {
    let [old, new] = [&both.old, &both.new].map(|state| state.workspace.layers.merged());
    let mut found = Vec::new();
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        differing(key, old.get(key), new.get(key), &mut |path, _, _| {
            let why = "it does not change how this build compiles a dependency".to_owned();
            found.push(Notable { what: format!("config {path}"), why });
        });
    }
    found
}

/// Returns the other files that differ: settings one by one, and all others together.
fn other_files(files: &[String]) -> Vec<Notable> {
    let is_setting = |file: &str| {
        file.contains(".cargo/") || file.rsplit('/').next().is_some_and(|name| name.starts_with("rust-toolchain"))
    };
    let (settings, others): (Vec<&str>, Vec<&str>) = files
        .iter()
        .map(String::as_str)
        .filter(|file| !file.ends_with("Cargo.toml") && !file.ends_with("Cargo.lock"))
        .partition(|file| is_setting(file));
    let why = "what it sets for this build stayed the same";
    let mut found: Vec<Notable> =
        settings.into_iter().map(|file| Notable { what: file.to_owned(), why: why.to_owned() }).collect();
    let first = others.iter().take(FEW).copied().collect::<Vec<_>>().join(", ");
    let what = match others.len() {
        0 => return found,
        few if few <= FEW => first,
        many => format!("{first} and {} more files", many - FEW),
    };
    found.push(Notable { what, why: "sources are not part of a recipe".to_owned() });
    found
}
