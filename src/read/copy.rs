//! Copies the parts of a workspace that cargo needs to create a lockfile.
//!
//! In: the manifests. Out: a [`Copy`] with these manifests unchanged, and empty files for targets.
//! Reads the manifests and the names of files next to them. Writes nothing.

use super::package;
use crate::error::Result;
use crate::manifest::Manifests;
use crate::path::{shared, slashed};
use crate::recipe::skeleton::Files;
use std::path::{Path, PathBuf};

/// A copy of a workspace without code.
pub struct Copy {
    /// Its files, relative to the directory that contains all packages.
    pub files: Files,
    /// The directory of the workspace root in the copy.
    pub root: PathBuf,
    /// Whether the config sets the path of the lockfile.
    pub names_lockfile: bool,
}

/// Copies the files that cargo reads.
///
/// # Errors
/// A manifest cannot be read, or cargo would refuse it. cargo's own message would name the copy.
pub fn copy(manifests: &Manifests) -> Result<Copy> {
    manifests.packages.iter().try_for_each(|dir| package::package(manifests, dir).map(drop))?;
    // Every manifest that was read may decide which workspace a package belongs to.
    let common = manifests.looked_at().fold(manifests.root.clone(), |common, dir| shared(&common, dir));
    let name = |path: &Path| slashed(path.strip_prefix(&common).unwrap_or(path));
    let mut files = Files::new();
    for dir in manifests.looked_at() {
        let manifest = dir.join("Cargo.toml");
        files.insert(name(&manifest), fs_err::read(&manifest)?);
        files.extend(sources(dir).into_iter().map(|path| (name(&path), Vec::new())));
    }
    let root = manifests.root.strip_prefix(&common).unwrap_or(&manifests.root).to_owned();
    let names_lockfile = manifests.config.layers.get("resolver.lockfile-path").is_some();
    Ok(Copy { files, root, names_lockfile })
}

/// Returns the files that cargo's target discovery may find.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["build.rs", "src/lib.rs", "src/main.rs"].map(|name| dir.join(name)).into();
    for below in ["src/bin", "examples", "tests", "benches"] {
        let entries = std::fs::read_dir(dir.join(below)).into_iter().flatten().flatten().map(|entry| entry.path());
        found.extend(entries.flat_map(|path| [path.join("main.rs"), path]));
    }
    found.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "rs"));
    found
}
