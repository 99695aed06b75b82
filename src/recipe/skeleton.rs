//! Turns a workspace of stubs and carried packages into the files that cargo needs to build it.
//!
//! In: a [`Workspace`] from `quotient` or `reduce`. Out: [`Files`] in a canonical form, with sorted
//! keys and one dependency a line. [`write()`] and [`unpack`] write to the given directory; nothing
//! else is touched.

use super::manifest::{manifest, root_tables, source};
use crate::disk;
use crate::error::Result;
use crate::workspace::{Below, Target, TargetKind, Workspace};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::{Table, Value};

/// The content of each file by its relative path, which has forward slashes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Returns the text of a file, or `None` if it is missing or not UTF-8.
pub fn text<'a>(files: &'a Files, name: &str) -> Option<&'a str> {
    files.get(name).and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// Returns the directories of the stubs that the root manifest lists. An unscoped recipe has none.
pub fn stubs(files: &Files) -> BTreeSet<String> {
    let manifest: Option<Table> = text(files, "Cargo.toml").and_then(|text| text.parse().ok());
    manifest.as_ref().and_then(|it| it.get("workspace")?.as_table()).map(stubs_of).unwrap_or_default()
}

/// Returns the directories of the stubs that a `[workspace]` table lists in
/// `metadata.larder.stubs`.
pub fn stubs_of(workspace: &Table) -> BTreeSet<String> {
    let listed = workspace.get("metadata").and_then(|it| it.get("larder")?.get("stubs")?.as_array());
    listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns whether a skeleton has carried packages. Each has a directory of its own.
pub fn carries(files: &Files) -> bool {
    let stubs = stubs(files);
    manifests(files).any(|dir| !stubs.contains(dir))
}

/// Returns the directories below the root that have a manifest.
pub fn manifests(files: &Files) -> impl Iterator<Item = &str> {
    files.keys().filter_map(|name| name.strip_suffix("/Cargo.toml"))
}

/// Returns the files of a skeleton.
pub fn files(workspace: &Workspace) -> Files {
    let mut texts = BTreeMap::<String, String>::new();
    let mut carried = Files::new();
    let root_package = workspace.packages.iter().find(|p| p.dir.is_empty());
    let mut root = root_package.map(|p| manifest(workspace, p)).unwrap_or_default();
    root.push_str(&root_tables(workspace));
    texts.insert("Cargo.toml".to_owned(), root);
    for package in &workspace.packages {
        if let Below::Carried(sources) = &package.below {
            texts.insert(format!("{}/Cargo.toml", package.dir), sources.manifest.clone());
            let files = sources.files.iter();
            carried.extend(files.map(|(path, bytes)| (format!("{}/{path}", package.dir), bytes.clone())));
            continue;
        }
        let file =
            |name: &str| if package.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", package.dir) };
        if !package.dir.is_empty() {
            texts.insert(file("Cargo.toml"), manifest(workspace, package));
        }
        for target in &package.targets {
            texts.insert(file(&source(target)), code(target).to_owned());
        }
        if package.build_script {
            texts.insert(file("build.rs"), "fn main() {}\n".to_owned());
        }
    }
    texts.insert("Cargo.lock".to_owned(), workspace.lock.to_text());
    if !workspace.config.is_empty() {
        texts.insert(".cargo/config.toml".to_owned(), workspace.config.to_string());
    }
    if let Some(toolchain) = &workspace.toolchain {
        texts.insert(toolchain.file_name.clone(), toolchain.text.clone());
    }
    carried.extend(texts.into_iter().map(|(path, text)| (path, text.into_bytes())));
    carried
}

/// Writes files into a scratch directory. Only the owner can read the `private` ones.
///
/// # Errors
/// A file cannot be written.
pub fn write(files: &Files, dir: &Path, private: &[&str]) -> Result<()> {
    for (name, bytes) in files {
        disk::go_on();
        let path = dir.join(name);
        fs_err::create_dir_all(path.parent().expect("a file is in a directory"))?;
        if private.contains(&name.as_str()) {
            disk::write_private(&path, bytes)?;
        } else {
            fs_err::write(path, bytes)?;
        }
    }
    Ok(())
}

/// Writes files into a directory of the user that has none of them yet. Removes the files that it
/// has written if it fails.
///
/// # Errors
/// A file cannot be written.
pub fn unpack(files: &Files, dir: &Path) -> Result<()> {
    let mut written = Vec::new();
    for (name, bytes) in files {
        let path = dir.join(name);
        let parent = path.parent().expect("a file is in a directory");
        if let Err(error) = fs_err::create_dir_all(parent).and_then(|()| disk::write_whole(&path, bytes)) {
            for path in written {
                let _ = std::fs::remove_file(path);
            }
            return Err(error.into());
        }
        written.push(path);
    }
    Ok(())
}

/// Returns the shortest code that compiles. A plain library needs no `std`, so that it compiles for
/// any target.
fn code(target: &Target) -> &'static str {
    match target.kind {
        TargetKind::Lib if target.crate_types == ["lib"] => "#![no_std]\n",
        TargetKind::Lib => "",
        _ => "fn main() {}\n",
    }
}
