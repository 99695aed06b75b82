//! Makes the manifest of a carried package independent of its workspace.
//!
//! In: the manifests, and the directory of the package. Out: its manifest as a table, with
//! inherited values and without targets that nothing depends on. Reads one manifest and writes
//! nothing.

use crate::error::{Result, fail};
use crate::manifest::Manifests;
use crate::manifest::schema::{DependencyTable, StringOr};
use crate::path::{normalize, relative};
use std::path::Path;
use toml::{Table, Value};

/// Returns the manifest with inherited values filled in, and without targets that nothing depends
/// on.
///
/// # Errors
/// The manifest cannot be read or parsed.
pub fn standalone(manifests: &Manifests, dir: &Path) -> Result<Table> {
    let text = fs_err::read_to_string(dir.join("Cargo.toml"))?;
    let mut table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => fail!("failed to parse manifest `{}`\n{error}", manifests.name(dir)),
    };
    let (root, workspace) = manifests.inherited(dir).map_or((dir, None), |(root, w)| (root, Some(w)));
    if let Some(Value::Table(package)) = table.get_mut("package") {
        for (key, value) in package.iter_mut().filter(|(_, value)| inherits(value)) {
            if let Some(shared) = workspace.and_then(|w| w.package.get(key)) {
                *value = match (key.as_str(), shared.as_str()) {
                    ("readme" | "license-file", Some(path)) => relative(&normalize(&root.join(path)), dir).into(),
                    _ => shared.clone(),
                };
            }
        }
        for (key, value) in [("autobins", false), ("autoexamples", false), ("autotests", false), ("autobenches", false)]
        {
            package.insert(key.to_owned(), value.into());
        }
        package.remove("workspace");
        package.remove("default-run");
    }
    if let Some(lints) = table.get_mut("lints").filter(|lints| inherits(lints)) {
        *lints = workspace.and_then(|w| w.rest.get("lints")).cloned().unwrap_or_else(|| Table::new().into());
    }
    for key in DROPPED {
        table.remove(*key);
    }
    let mut inherit = |dependencies: &mut Table| {
        for (key, value) in dependencies.iter_mut().filter(|(_, value)| inherits(value)) {
            let shared = workspace.and_then(|w| w.dependencies.get(key));
            if let (Some(shared), Some(own)) = (shared, value.as_table()) {
                *value = inherited(shared, own, root, dir);
            }
        }
    };
    of_tables(&mut table, &mut inherit);
    for platform in table.get_mut("target").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        if let Some(platform) = platform.1.as_table_mut() {
            platform.remove("dev-dependencies");
            platform.remove("dev_dependencies");
            of_tables(platform, &mut inherit);
        }
    }
    drop_features_of_dev_dependencies(&mut table);
    Ok(table)
}

/// Removes values such as `dev/feature` from `[features]` if no dependency `dev` is left.
fn drop_features_of_dev_dependencies(table: &mut Table) {
    let mut kept: Vec<String> = Vec::new();
    of_tables(table, &mut |dependencies| kept.extend(dependencies.keys().cloned()));
    for (_, platform) in table.get_mut("target").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        if let Some(platform) = platform.as_table_mut() {
            of_tables(platform, &mut |dependencies| kept.extend(dependencies.keys().cloned()));
        }
    }
    let is_kept = |value: &Value| {
        let of = value.as_str().and_then(|value| value.split_once('/')).map(|(key, _)| key.trim_end_matches('?'));
        of.is_none_or(|key| kept.iter().any(|k| k == key))
    };
    for (_, values) in table.get_mut("features").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        if let Some(values) = values.as_array_mut() {
            values.retain(is_kept);
        }
    }
}

/// Tables that count only in a root manifest, or only for targets that nothing depends on.
const DROPPED: &[&str] = &[
    "badges",
    "bench",
    "bin",
    "dev-dependencies",
    "dev_dependencies",
    "example",
    "patch",
    "profile",
    "replace",
    "test",
    "workspace",
];

fn of_tables(table: &mut Table, act: &mut dyn FnMut(&mut Table)) {
    for key in ["dependencies", "build-dependencies", "build_dependencies"] {
        table.get_mut(key).and_then(Value::as_table_mut).into_iter().for_each(&mut *act);
    }
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// Returns a dependency with inherited values (`inner_dependency_inherit_with` in cargo's
/// `util/toml/mod.rs`).
fn inherited(shared: &StringOr<DependencyTable>, own: &Table, root: &Path, dir: &Path) -> Value {
    let shared = shared.table();
    let mut table = shared.rest.clone();
    table.extend(own.iter().filter(|(key, _)| *key != "workspace").map(|(k, v)| (k.clone(), v.clone())));
    let mut put = |key: &str, value: Option<Value>| {
        table.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("version", shared.version.clone().map(Value::from));
    put("package", shared.package.clone().map(Value::from));
    let path = shared.path.as_ref().map(|path| relative(&normalize(&root.join(path)), dir));
    put("path", path.map(Value::from));
    let features = |of: Option<&Value>| of.and_then(Value::as_array).cloned().unwrap_or_default();
    let both: Vec<Value> = shared.features.iter().flatten().cloned().map(Value::from).collect();
    put("features", Some([both, features(own.get("features"))].concat().into()));
    let switch = ["default-features", "default_features"].iter().find_map(|key| own.get(*key)).and_then(Value::as_bool);
    let default = match (switch, shared.default_features()) {
        (Some(true), Some(false)) => Some(true),
        (_, shared) => shared,
    };
    put("default-features", default.map(Value::from));
    table.remove("default_features");
    if default.is_none() {
        table.remove("default-features");
    }
    table.into()
}
