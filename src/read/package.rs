//! Reads one package before its dependencies are resolved, and its features after.
//!
//! In: a manifest, and the names of the files next to it. Out: a [`Package`] with inherited values,
//! without the keys that cannot affect a third-party unit. Touches nothing; `targets.rs` reads the
//! names of files.

use super::targets;
use crate::error::{Result, fail};
use crate::manifest::Manifests;
use crate::manifest::schema::{self, Manifest, PackageTable, StringOr};
use crate::workspace::{Below, Dependency, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::Table;

/// Returns the package in `dir`, without dependencies and features.
///
/// # Errors
/// The workspace lacks an inherited key, or cargo would not find a target.
pub fn package(manifests: &Manifests, dir: &Path) -> Result<Package> {
    let manifest = manifests.get(dir);
    let table = manifest.package.as_ref().expect("only packages are listed");
    let (root, shared) = manifests.inherited(dir).map_or((dir, None), |(root, w)| (root, Some(&w.package)));
    let name = manifests.name(dir);
    let inherited = |key: &str, value: &Option<StringOr<schema::Inherit>>| -> Result<Option<String>> {
        match value {
            None => Ok(None),
            Some(StringOr::Short(text)) => Ok(Some(text.clone())),
            Some(StringOr::Full(inherit)) if !inherit.workspace => {
                fail!("`package.{key}.workspace` of `{name}` must be `true`")
            }
            Some(StringOr::Full(_)) => match shared.and_then(|s| s.get(key)).and_then(toml::Value::as_str) {
                Some(text) => Ok(Some(text.to_owned())),
                None if shared.is_none() => fail!(
                    "`{name}` inherits `package.{key}`, but it is in no workspace\nhelp: write `{key} = \"…\"` in the package"
                ),
                None => fail!(
                    "`{name}` inherits `package.{key}`, but `[workspace.package]` of `{}` has no `{key}`\nhelp: add it there, or write `{key} = \"…\"` in the package",
                    manifests.name(root)
                ),
            },
        }
    };
    let edition = inherited("edition", &table.edition)?.unwrap_or_else(|| "2015".to_owned());
    refuse_missing_inheritance(table, shared, &name, &manifests.name(root))?;
    Ok(Package {
        name: table.name.clone(),
        version: inherited("version", &table.version)?.unwrap_or_else(|| "0.0.0".to_owned()),
        dir: crate::path::relative(dir, &manifests.root),
        is_member: manifests.members.contains(dir),
        targets: targets::discover(dir, manifest, table, &edition)
            .map_err(|error| error.within(&format!("failed to parse manifest `{name}`")))?,
        build_script: targets::has_build_script(dir, table),
        dependencies: Vec::new(),
        features: BTreeMap::new(),
        cargo_features: manifest.cargo_features.clone(),
        package_rest: without(&table.rest, PACKAGE_KEYS),
        rest: without(&manifest.rest, MANIFEST_KEYS),
        below: Below::Nothing,
    })
}

/// Refuses other inherited keys of `[package]` that the workspace lacks, as cargo does.
fn refuse_missing_inheritance(table: &PackageTable, shared: Option<&Table>, name: &str, root: &str) -> Result<()> {
    for (key, value) in &table.rest {
        let inherits = value
            .as_table()
            .is_some_and(|t| t.len() == 1 && t.get("workspace").is_some_and(|w| w.as_bool() == Some(true)));
        if !inherits || !PACKAGE_KEYS.contains(&key.as_str()) {
            continue;
        }
        match shared {
            Some(shared) if shared.contains_key(key) => {}
            Some(_) => fail!(
                "`{name}` inherits `package.{key}`, but `[workspace.package]` of `{root}` has no `{key}`\nhelp: add it there, or set `{key}` in the package"
            ),
            None => {
                fail!("`{name}` inherits `package.{key}`, but it is in no workspace\nhelp: set `{key}` in the package")
            }
        }
    }
    Ok(())
}

/// Returns `[features]` with an implicit feature for every optional dependency that no `dep:` names
/// (`build_feature_map` in cargo's `workspace/summary.rs`).
///
/// # Errors
/// A feature includes a name that does not exist.
pub fn features(
    manifest: &Manifest,
    dependencies: &[Dependency],
    package: &Package,
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut features = manifest.features.clone();
    for values in features.values_mut() {
        // cargo ignores the order of these values.
        values.sort();
        values.dedup();
    }
    let explicit: BTreeSet<String> =
        features.values().flatten().filter_map(|v| v.strip_prefix("dep:")).map(str::to_owned).collect();
    for dependency in dependencies.iter().filter(|d| d.optional && !explicit.contains(&d.key)) {
        features.entry(dependency.key.clone()).or_insert_with(|| vec![format!("dep:{}", dependency.key)]);
    }
    for (feature, values) in &features {
        for value in values {
            let name = value.strip_prefix("dep:").unwrap_or(value);
            let name = name.split('/').next().unwrap_or(name).trim_end_matches('?');
            let is_feature = name == value && features.contains_key(name);
            if !is_feature && dependencies.iter().all(|d| d.key != name) {
                fail!(
                    "feature `{feature}` of package `{}` includes `{value}`, which is neither a dependency nor another feature",
                    package.name
                );
            }
        }
    }
    Ok(features)
}

/// Returns a table without the keys in `known`.
pub fn without(table: &Table, known: &[&str]) -> Table {
    table.iter().filter(|(key, _)| !known.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Keys of `[package]` that cannot affect a third-party unit. They describe the package, or apply
/// only to its own crates.
const PACKAGE_KEYS: &[&str] = &[
    "authors",
    "categories",
    "default-run",
    "description",
    "documentation",
    "exclude",
    "homepage",
    "im-a-teapot",
    "include",
    "keywords",
    "license",
    "license-file",
    "links",
    "metadata",
    "publish",
    "readme",
    "repository",
    "rust-version",
];

/// Top-level tables of a manifest with the same property.
const MANIFEST_KEYS: &[&str] = &["badges", "lints", "hints"];
