//! Turns manifests into a [`Workspace`].
//!
//! In: all manifests of a workspace. Out: everything that cargo knows about it before it compiles.
//! Reads Cargo.lock, the toolchain file, and the names of files for target discovery. Starts no
//! program, and reads no sources except those of carried packages (invariant 3). Writes nothing.

mod behind;
mod copy;
mod dependencies;
mod features;
mod link;
mod package;
mod source;
mod targets;

pub use crate::manifest::{Manifests, find_manifest, lockfile, open, root, with_lockfile};
pub use behind::refuse_behind;
pub use copy::{Copy, copy};

use crate::carried::{self, travel};
use crate::config::files;
use crate::error::{Error, Result, fail};
use crate::manifest::schema::{self, StringOr};
use crate::path::{normalize, relative};
use crate::recipe::skeleton;
use crate::workspace::lockfile::Lockfile;
use crate::workspace::{Below, Package, Resolved, Resolver, RootTables, Workspace};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::Table;

/// Reads the workspace of these manifests.
///
/// # Errors
/// cargo would refuse the manifests, or Cargo.lock is missing or behind them.
pub fn workspace(manifests: &Manifests) -> Result<Workspace> {
    let root = &manifests.root;
    let root_tables = root_tables(manifests);
    let mut config = crate::config::that_travel(&manifests.config.table);
    config.remove("patch"); // is among the tables of the root now
    let lock_name = manifests.display(&lockfile(manifests));
    let Some(lock) = manifests.lock.clone() else {
        fail!("`{lock_name}` is missing\nhelp: run `cargo generate-lockfile`, and keep the file under version control")
    };

    // The root comes first, then members, then packages outside the root, whose relative
    // directories begin with `..`.
    let mut dirs: Vec<PathBuf> = manifests.packages.iter().cloned().collect();
    dirs.sort_by_cached_key(|dir| relative(dir, root));
    // Directories are compared as bytes. Comparing paths by component would take most of the time
    // here.
    let by_dir: BTreeMap<_, _> = dirs.iter().enumerate().map(|(i, dir)| (dir.as_os_str(), i)).collect();
    let index = |dir: &PathBuf| by_dir.get(dir.as_os_str()).copied();
    let mut packages = dirs.iter().map(|dir| package::package(manifests, dir)).collect::<Result<Vec<_>>>()?;
    refuse_twins(&packages)?;

    let patched = patched(&root_tables);
    let declared = dirs.iter().map(|dir| declared(manifests, dir)).collect::<Result<Vec<_>>>()?;
    let linker = link::Linker {
        by_dir: &by_dir,
        packages: &packages,
        lock: &lock,
        lock_name: &lock_name,
        patched: &patched,
        config: &config,
    };
    let resolve = |(i, dir): (usize, &PathBuf)| linker.resolve(i, &manifests.name(dir), &declared);
    let resolved = dirs.iter().enumerate().map(resolve).collect::<Result<Vec<_>>>()?;
    linker.refuse_strangers(&resolved)?;
    for ((package, dir), dependencies) in packages.iter_mut().zip(&dirs).zip(resolved) {
        package.features = package::features(manifests.get(dir), &dependencies, package)?;
        package.dependencies = dependencies;
    }
    features::refuse_unknown(&packages)?;
    carry(&mut packages, &lock, manifests, &dirs)?;
    Ok(Workspace {
        resolver: resolver(manifests)?,
        current: index(&manifests.current),
        default_members: manifests.default_members.iter().filter_map(index).collect(),
        stubs: manifests.get(root).workspace.as_ref().map(|w| skeleton::stubs_of(&w.rest)).unwrap_or_default(),
        root_tables,
        lock,
        config,
        config_above: manifests.config.above,
        toolchain: files::toolchain(&manifests.here, root, &manifests.config.given)?,
        profile_variables: manifests.profile_variables(),
        layers: manifests.config.layers.clone(),
        packages,
        root: root.clone(),
    })
}

/// Returns the dependencies that the package in a directory declares.
fn declared(manifests: &Manifests, dir: &Path) -> Result<Vec<dependencies::Declared>> {
    let inherited = manifests.inherited(dir);
    let context = dependencies::Context {
        name: &manifests.name(dir),
        dir,
        root: inherited.map_or(dir, |(root, _)| root),
        root_name: &inherited.map_or_else(String::new, |(root, _)| manifests.name(root)),
        inheritable: inherited.map(|(_, workspace)| &workspace.dependencies),
    };
    dependencies::declared(manifests.get(dir), &context)
}

/// Returns the members with missing sources, each with the name of its manifest and one missing
/// file. cargo reports such a file only when it compiles it.
pub fn missing_sources(manifests: &Manifests) -> Vec<(String, String)> {
    let missing = |dir: &PathBuf| {
        let manifest = manifests.get(dir);
        manifest.package.as_ref()?;
        Some((manifests.name(dir), targets::missing(dir, manifest).into_iter().next()?))
    };
    manifests.members.iter().filter_map(missing).collect()
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

/// `set_resolve_behavior`: the key of the workspace, else of the root package, else the version
/// that the root package's edition implies, else version 1.
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

/// Decides which packages below third-party ones are carried. All packages below a carried one must
/// be carried too.
fn carry(packages: &mut [Package], lock: &Lockfile, manifests: &Manifests, dirs: &[PathBuf]) -> Result<()> {
    let below = carried::below_third_parties(packages, lock);
    for i in &below {
        packages[*i].below = travel::below(manifests, &dirs[*i], &packages[*i])?;
    }
    while let Some(i) = below.iter().copied().find(|i| {
        let is_bound = |to: Resolved| matches!(to, Resolved::Local(j) if matches!(packages[j].below, Below::Bound(_)));
        packages[*i].is_carried() && carried::needed(&packages[*i]).any(|d| is_bound(d.to))
    }) {
        packages[i].below = Below::Bound("depends on one that cannot travel");
    }
    for package in below.iter().map(|i| &packages[*i]).filter(|package| package.is_carried()) {
        let entry = lock.local_entry(&package.name, &package.version).map(|i| &lock.packages[i]);
        if let Some(entry) = entry.filter(|entry| entry.version != package.version) {
            return Err(Error::Behind(format!(
                "`{}` is behind the manifests: `{}` in `{}` is {}, and the lockfile has {}\nhelp: run `cargo update --workspace`",
                manifests.display(&lockfile(manifests)),
                package.name,
                package.dir,
                package.version,
                entry.version
            )));
        }
    }
    Ok(())
}

/// Returns the tables of the root manifest, merged with the weaker patches of the config
/// (`resolve_with_previous` in cargo's `ops/resolve.rs`). Paths are relative to the root.
fn root_tables(manifests: &Manifests) -> RootTables {
    let root = manifests.get(&manifests.root);
    let mut patch: Table =
        manifests.config.table.get("patch").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    for (source, patches) in &root.patch {
        let of_source = patch.entry(source.clone()).or_insert_with(|| Table::new().into());
        if let Some(of_source) = of_source.as_table_mut() {
            of_source.extend(patches.iter().map(|(key, p)| (key.clone(), dependency_value(&p.table()))));
        }
    }
    let mut replace = root.replace.clone();
    let of_sources = patch.iter_mut().filter_map(|(_, patches)| patches.as_table_mut());
    for (_, by) in of_sources.chain([&mut replace]).flat_map(|table| table.iter_mut()) {
        if let Some(toml::Value::String(path)) = by.get_mut("path") {
            *path = relative(&normalize(&manifests.root.join(&*path)), &manifests.root);
        }
    }
    RootTables {
        profile: root.profile.clone(),
        patch,
        replace,
        cargo_features: root.cargo_features.clone(),
        workspace_rest: root.workspace.as_ref().map(|w| package::without(&w.rest, WORKSPACE_KEYS)).unwrap_or_default(),
    }
}

/// Returns the packages that `[patch]` names.
fn patched(root_tables: &RootTables) -> BTreeSet<String> {
    let patches = root_tables.patch.iter().filter_map(|(_, patches)| patches.as_table()).flatten();
    patches.map(|(key, by)| by.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned()).collect()
}

fn dependency_value(table: &schema::DependencyTable) -> toml::Value {
    let mut value = table.rest.clone();
    let strings = [("version", &table.version), ("package", &table.package), ("path", &table.path)];
    value.extend(strings.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v.clone()?.into()))));
    value.into()
}

/// Keys of `[workspace]` that cannot affect a third-party unit.
const WORKSPACE_KEYS: &[&str] = &["lints", "metadata"];
