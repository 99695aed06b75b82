//! From the path of a manifest to all manifests of its workspace.
//!
//! In: the path of a manifest. Out: [`Manifests`]: the root, the members, the other local packages,
//! the lockfile, and the config. Reads manifests, Cargo.lock, and config files, and writes nothing.
//! `read` interprets the manifests.

mod members;
mod outside;
mod patterns;
mod roots;
pub(crate) mod schema;

pub use members::Manifests;

use crate::config::layers::Given;
use crate::error::{Result, fail};
use crate::path::normalize;
use crate::workspace::lockfile;
use std::path::{Path, PathBuf};

/// Finds the manifest as cargo does: the given one, or the nearest one above `here`.
///
/// # Errors
/// There is no manifest, or the given path is not one.
pub fn find_manifest(here: &Path, named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        let path = normalize(&here.join(named));
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

/// Returns the root of the workspace that contains `here`, if there is one.
pub fn root(here: &Path) -> Option<PathBuf> {
    let manifest = find_manifest(here, None).ok()?;
    members::root(manifest.parent()?).ok()
}

/// Loads every manifest of the workspace of the one at `manifest_path`, which is absolute. `here`
/// is the current directory of cargo, and `given` the configuration that the caller sets.
///
/// # Errors
/// cargo would refuse a member or a path dependency, or Cargo.lock is invalid.
pub fn open(manifest_path: &Path, here: &Path, given: &Given) -> Result<Manifests> {
    let current = manifest_path.parent().expect("a manifest is in a directory");
    let mut manifests = members::load(current, here, given)?;
    let path = lockfile(&manifests);
    if path.exists() {
        manifests.lock = Some(lockfile::parse(&manifests.display(&path), &fs_err::read_to_string(&path)?)?);
    }
    manifests.find_packages()?;
    Ok(manifests)
}

/// Returns the same manifests with this text as their lockfile.
///
/// # Errors
/// The text is not a lockfile, or it lists a missing package.
pub fn with_lockfile(mut manifests: Manifests, text: &str) -> Result<Manifests> {
    manifests.lock = Some(lockfile::parse("Cargo.lock", text)?);
    manifests.find_packages()?;
    Ok(manifests)
}

/// Returns the path of the workspace's lockfile, which need not exist.
pub fn lockfile(manifests: &Manifests) -> PathBuf {
    // A cargo before 1.97 ignores the key and looks next to the root manifest.
    let named = manifests.config.layers.text("resolver.lockfile-path");
    let elsewhere = named.map(|path| manifests.root.join(path));
    elsewhere.filter(|path| path.is_file()).unwrap_or_else(|| manifests.root.join("Cargo.lock"))
}
