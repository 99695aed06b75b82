//! From a directory to a [`Workspace`].
//!
//! In: the path of a manifest. Out: all that cargo would know of its workspace before it compiles. Reads manifests,
//! Cargo.lock, `.cargo/config.toml`, the toolchain file, and the names of the files that target discovery looks at;
//! starts no program and reads no source text (invariant 3). Writes nothing.

mod config;
mod dependencies;
mod link;
mod members;
mod schema;
mod targets;

pub use config::file as config_file;

use crate::error::{Result, fail};
use crate::lockfile::{self, Lockfile};
use crate::workspace::{Package, Resolver, RootTables, Workspace};
use members::Manifests;
use schema::{Manifest, PackageTable, StringOr};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::Table;

/// Finds the manifest that cargo would take: the one named, or the nearest one up from `here`.
///
/// # Errors
/// There is none, or the one named is not a manifest.
pub fn find_manifest(here: &Path, named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        let path = members::normalize(&here.join(named));
        if path.file_name().is_none_or(|n| n != "Cargo.toml") {
            fail!("`--manifest-path` must be a path to a Cargo.toml file, but is `{}`", named.display());
        }
        if !path.is_file() {
            fail!("manifest path `{}` does not exist", named.display());
        }
        return Ok(path);
    }
    match here.ancestors().map(|dir| dir.join("Cargo.toml")).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => fail!(
            "could not find `Cargo.toml` in `{}` or any parent directory\nhelp: run this in a Cargo workspace, or name one with `--manifest-path`",
            here.display()
        ),
    }
}

/// The root of the workspace that `here` is in, where there is one.
pub fn root(here: &Path) -> Option<PathBuf> {
    let manifest = find_manifest(here, None).ok()?;
    Some(members::load(manifest.parent()?, here).ok()?.root)
}

/// Reads the workspace of the manifest at `manifest_path`, which is absolute.
///
/// # Errors
/// Whatever cargo would refuse in the manifests, and a Cargo.lock that is missing, broken or behind them.
pub fn workspace(manifest_path: &Path, here: &Path) -> Result<Workspace> {
    let current = manifest_path.parent().expect("a manifest stands in a directory").to_owned();
    let manifests = members::load(&current, here)?;
    let root = manifests.root.clone();
    let lock_path = root.join("Cargo.lock");
    let lock_name = display(&lock_path, here);
    let lock = read_lock(&lock_path, &lock_name)?;

    // The root comes first, then members, then packages outside the root, whose relative directories begin with `..`.
    let mut dirs: Vec<PathBuf> = manifests.packages.iter().cloned().collect();
    dirs.sort_by_cached_key(|dir| relative(dir, &root));
    // Compared as bytes: comparing paths part by part is what would take most of the time here.
    let by_dir: BTreeMap<_, _> = dirs.iter().enumerate().map(|(i, dir)| (dir.as_os_str(), i)).collect();
    let index = |dir: &PathBuf| by_dir.get(dir.as_os_str()).copied();
    let mut packages = dirs.iter().map(|dir| package(&manifests, dir)).collect::<Result<Vec<_>>>()?;
    refuse_twins(&packages)?;

    let mut resolved = Vec::new();
    for (i, dir) in dirs.iter().enumerate() {
        let inherits_from = &manifests.inherits_from[dir];
        let workspace = manifests.get(inherits_from).workspace.as_ref();
        let name = manifests.name(dir);
        let context = dependencies::Context {
            name: &name,
            dir,
            root: inherits_from,
            inheritable: workspace.map(|w| &w.dependencies),
        };
        let declared = dependencies::declared(manifests.get(dir), &context)?;
        let linker = link::Linker { by_dir: &by_dir, packages: &packages, lock: &lock, lock_name: &lock_name };
        resolved.push(linker.resolve(i, &name, declared)?);
    }
    for ((package, dir), dependencies) in packages.iter_mut().zip(&dirs).zip(resolved) {
        package.features = features(manifests.get(dir), &dependencies, package)?;
        package.dependencies = dependencies;
    }
    Ok(Workspace {
        resolver: resolver(&manifests)?,
        current: index(&current),
        default_members: manifests.default_members.iter().filter_map(index).collect(),
        root_tables: root_tables(&manifests),
        lock,
        config: config::read(&current, &root, here)?,
        toolchain: config::toolchain(&current, &root)?,
        packages,
        root,
    })
}

/// How messages name a path: relative to `here` where it is below it.
pub fn display(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

fn relative(dir: &Path, root: &Path) -> String {
    let path = pathdiff::diff_paths(dir, root).unwrap_or_else(|| dir.to_owned());
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_lock(path: &Path, name: &str) -> Result<Lockfile> {
    match fs_err::read_to_string(path) {
        Ok(text) => lockfile::parse(name, &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => fail!(
            "`{name}` is missing, and without it nothing tells which versions to build\nhelp: run `cargo generate-lockfile`, and keep the file under version control"
        ),
        Err(error) => Err(error.into()),
    }
}

fn package(manifests: &Manifests, dir: &Path) -> Result<Package> {
    let manifest = manifests.get(dir);
    let table = manifest.package.as_ref().expect("only packages are listed");
    let root = &manifests.inherits_from[dir];
    let shared = manifests.get(root).workspace.as_ref().map(|w| &w.package);
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
        dir: relative(dir, &manifests.root),
        is_member: manifests.members.contains(dir),
        targets: targets::discover(dir, manifest, table, &edition),
        build_script: targets::has_build_script(dir, table),
        dependencies: Vec::new(),
        features: BTreeMap::new(),
        cargo_features: manifest.cargo_features.clone(),
        package_rest: without(&table.rest, PACKAGE_KEYS),
        rest: without(&manifest.dependencies.rest, MANIFEST_KEYS),
    })
}

/// Any other key of `[package]` may be inherited too; cargo refuses what the workspace lacks.
fn refuse_missing_inheritance(table: &PackageTable, shared: Option<&Table>, name: &str, root: &str) -> Result<()> {
    for (key, value) in &table.rest {
        let inherits = value
            .as_table()
            .is_some_and(|t| t.len() == 1 && t.get("workspace").is_some_and(|w| w.as_bool() == Some(true)));
        if inherits && PACKAGE_KEYS.contains(&key.as_str()) && !shared.is_some_and(|s| s.contains_key(key)) {
            fail!(
                "`{name}` inherits `package.{key}`, but `[workspace.package]` of `{root}` has no `{key}`\nhelp: add it there, or set `{key}` in the package"
            );
        }
    }
    Ok(())
}

/// `[features]` with the implicit feature of every optional dependency that no `dep:` names (`build_feature_map` in
/// cargo's `workspace/summary.rs`).
fn features(
    manifest: &Manifest,
    dependencies: &[crate::workspace::Dependency],
    package: &Package,
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut features = manifest.features.clone();
    for values in features.values_mut() {
        // What a feature activates is a set to cargo.
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

fn refuse_twins(packages: &[Package]) -> Result<()> {
    let mut names = BTreeMap::new();
    for package in packages.iter().filter(|p| p.is_member) {
        if let Some(other) = names.insert(&package.name, &package.dir) {
            fail!("two packages named `{}` in this workspace: `{other}` and `{}`", package.name, package.dir);
        }
    }
    Ok(())
}

/// `set_resolve_behavior`: the key of the workspace, else of the root package, else what the root package's edition
/// implies, else version 1.
fn resolver(manifests: &Manifests) -> Result<Resolver> {
    let root = manifests.get(&manifests.root);
    let package = root.package.as_ref();
    let named = root.workspace.as_ref().and_then(|w| w.resolver.clone()).or_else(|| package?.resolver.clone());
    if let Some(named) = named {
        return match named.as_str() {
            "1" => Ok(Resolver::V1),
            "2" | "3" => Ok(Resolver::V2),
            other => fail!(
                "`resolver` of `{}` is \"{other}\"; cargo knows \"1\", \"2\" and \"3\"",
                manifests.name(&manifests.root)
            ),
        };
    }
    let shared = root.workspace.as_ref().and_then(|w| w.package.get("edition")).and_then(toml::Value::as_str);
    let edition = match package.and_then(|p| p.edition.as_ref()) {
        Some(StringOr::Short(edition)) => edition,
        Some(StringOr::Full(_)) => shared.unwrap_or("2015"),
        None => "2015",
    };
    Ok(if matches!(edition, "2015" | "2018") { Resolver::V1 } else { Resolver::V2 })
}

fn root_tables(manifests: &Manifests) -> RootTables {
    let root = manifests.get(&manifests.root);
    let patch = root.patch.iter().map(|(source, patches)| {
        let from_elsewhere = patches.iter().filter(|(_, p)| p.table().path.is_none());
        let table: Table = from_elsewhere.map(|(key, p)| (key.clone(), dependency_value(&p.table()))).collect();
        (source.clone(), toml::Value::Table(table))
    });
    RootTables {
        profile: root.profile.clone(),
        patch: patch.collect(),
        replace: root.replace.clone(),
        cargo_features: root.cargo_features.clone(),
        workspace_rest: root.workspace.as_ref().map(|w| without(&w.rest, WORKSPACE_KEYS)).unwrap_or_default(),
    }
}

fn dependency_value(table: &schema::DependencyTable) -> toml::Value {
    let mut value = table.rest.clone();
    let strings = [("version", &table.version), ("package", &table.package)];
    value.extend(strings.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v.clone()?.into()))));
    value.into()
}

fn without(table: &Table, known: &[&str]) -> Table {
    table.iter().filter(|(key, _)| !known.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Keys of `[package]` that cannot reach a third-party unit: they describe the package, or concern only its own crates.
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

/// Keys of `[workspace]` with the same property.
const WORKSPACE_KEYS: &[&str] = &["lints", "metadata"];
