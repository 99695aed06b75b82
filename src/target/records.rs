//! The records that cargo keeps of its units, in both layouts of the target directory.
//!
//! In: a target directory, or the path of an artifact. Out: directories of records, and the files
//! in them whose mtimes cargo compares with those of sources. Reads the target directory and
//! removes records. Changes no mtime and no artifact of rustc.
//!
//! The record of a crate is `.fingerprint/NAME-HASH` or `build/NAME/HASH/fingerprint`. The output
//! of a build script is in `build/NAME-HASH/output` or `build/NAME/HASH/run/stdout`
//! (`compilation_files.rs` in cargo's `build_runner`).

use crate::error::Result;
use std::path::{Path, PathBuf};

/// The names of the files that hold the output of a build script.
pub const PRINTED: &[&str] = &["output", "stdout"];

/// Returns all directories of records.
pub fn all(target_dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for profile in profiles(target_dir) {
        found.extend(entries(&profile.join(".fingerprint")));
        for package in entries(&profile.join("build")) {
            let hashes = entries(&package);
            found.extend(hashes.iter().flat_map(|hash| ["fingerprint", "run"].map(|name| hash.join(name))));
            found.push(package);
        }
    }
    found.retain(|dir| !compared(dir).is_empty());
    found
}

/// Returns the files of a record whose mtimes cargo compares with those of sources: the dep-info of
/// rustc, or the output of a build script.
pub fn compared(record: &Path) -> Vec<PathBuf> {
    let is_compared = |path: &Path| {
        let name = name_of(path);
        name.starts_with("dep-") || PRINTED.contains(&name.as_str())
    };
    entries(record).into_iter().filter(|path| is_compared(path) && path.is_file()).collect()
}

/// Returns whether a record is that of a crate or a build script of `package`.
pub fn is_of(record: &Path, package: &str) -> bool {
    let name = name_of(record);
    name.rsplit_once('-').is_some_and(|(name, _)| name == package)
        || record.ancestors().nth(2).is_some_and(|dir| name_of(dir) == package)
}

/// Returns the record of the unit that produced `artifact`.
pub fn of_artifact(artifact: &Path) -> Option<PathBuf> {
    let dir = artifact.parent()?;
    let fingerprints = dir.ancestors().skip(1).map(|above| above.join(".fingerprint")).take(2);
    let record = match dir.file_name()?.to_str()? {
        "deps" => {
            let hash = format!("-{}", artifact.file_stem()?.to_str()?.rsplit_once('-')?.1);
            fingerprints.flat_map(|dir| entries(&dir)).find(|path| name_of(path).ends_with(&hash))
        }
        "out" => Some(dir.with_file_name("fingerprint")),
        // The directory of a build script has the same name as its record.
        name => fingerprints.map(|dir| dir.join(name)).find(|record| record.is_dir()),
    };
    record.filter(|record| !compared(record).is_empty())
}

/// Returns the record of the build script run with this `OUT_DIR`.
pub fn of_run(out_dir: &Path) -> Option<PathBuf> {
    let places = [out_dir.with_file_name("run"), out_dir.parent()?.to_owned()];
    places.into_iter().find(|record| !compared(record).is_empty())
}

/// Returns the directories of all runs of build scripts, including unfinished ones. Each holds the
/// output of the script and its `OUT_DIR`.
pub fn runs(target_dir: &Path) -> Vec<PathBuf> {
    let units = profiles(target_dir).into_iter().flat_map(|profile| entries(&profile.join("build")));
    let units = units.flat_map(|dir| [entries(&dir), vec![dir]].concat());
    units
        .filter(|dir| dir.join("run").is_dir() || dir.join("out").is_dir() && !dir.join("fingerprint").exists())
        .collect()
}

/// Removes the run of a build script, so that cargo runs the script again in an empty directory.
///
/// # Errors
/// A file cannot be removed.
pub fn forget_run(run: &Path) -> Result<()> {
    if let (Some(name), Some(profile)) = (run.file_name(), run.ancestors().nth(2)) {
        forget(&profile.join(".fingerprint").join(name))?;
    }
    forget(run)
}

/// Removes a record, so that cargo builds its unit again.
///
/// # Errors
/// A file cannot be removed.
pub fn forget(record: &Path) -> Result<()> {
    match fs_err::remove_dir_all(record) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Returns the directories of the profiles in which cargo has built something.
pub fn profiles(target_dir: &Path) -> Vec<PathBuf> {
    let dirs = entries(target_dir).into_iter().flat_map(|dir| [entries(&dir), vec![dir]].concat());
    dirs.filter(|dir| [".fingerprint", "build"].iter().any(|name| dir.join(name).is_dir())).collect()
}

/// Returns the entries of a directory, sorted. A missing directory has none.
pub fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Returns the last component of a path.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
