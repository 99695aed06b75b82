//! Carried packages and time: cargo compares local packages by mtime, a recipe holds content.
//!
//! In: the carried packages of a recipe, the target directory, the project. Out: before a build, sources in the scratch
//! directory that are as old as can be if they were compiled before, else new; after it, cargo's records of what was compiled,
//! as old as they must be for cargo to compile anew what differs in the project, and new enough to keep what does not
//! (`find_stale_file` in cargo's `fingerprint/mod.rs` takes a source for changed if it is newer than the record). A note
//! beside each record tells from what content it was made. Writes notes and mtimes in the target directory, and mtimes in
//! the scratch directory; where a record is not found or cannot be set, that is an error, and all else costs one more compilation.

use crate::error::{Result, fail};
use crate::skeleton::Files;
use rustc_stable_hash::StableSipHasher128;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The note's name.
const NOTE: &str = "larder-sources";

/// A carried package as cargo compiled it, or found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The package's directory in the skeleton.
    pub dir: String,
    /// The files that were made of it.
    pub artifacts: Vec<PathBuf>,
}

/// Whether this is a record of what rustc depended on: sources are compared with its mtime, and nothing else is.
fn is_of_rustc(path: &Path) -> bool {
    name_of(path).starts_with("dep-")
}

/// The carried packages of a recipe, by directory: their files but the manifest, relative to the root.
type Carried<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a [u8]>>;

fn carried(files: &Files) -> Carried<'_> {
    let dirs = files.keys().filter_map(|name| name.strip_suffix("/Cargo.toml"));
    let mut carried: Carried<'_> =
        dirs.filter(|dir| !dir.starts_with(crate::quotient::PREFIX)).map(|dir| (dir, BTreeMap::new())).collect();
    for (name, bytes) in files.iter().filter(|(name, _)| !name.ends_with("/Cargo.toml")) {
        // The nearest, as one package may stand in the directory of another.
        let nearest = Path::new(name).ancestors().filter_map(Path::to_str).find(|dir| carried.contains_key(dir));
        if let Some(sources) = nearest.and_then(|dir| carried.get_mut(dir)) {
            sources.insert(name.as_str(), bytes.as_slice());
        }
    }
    carried
}

/// Makes sources in the scratch directory old, if all that was made of their packages was made of the same content.
pub fn before(files: &Files, scratch: &Path, target_dirs: &[&PathBuf]) {
    let carried = carried(files);
    if carried.is_empty() {
        return;
    }
    let records: Vec<PathBuf> = target_dirs.iter().flat_map(|dir| records(dir)).collect();
    for (dir, sources) in &carried {
        let Some(name) = package_name(files, dir) else { continue };
        let own = records.iter().filter(|record| is_of(record, &name));
        let (same, other): (Vec<_>, Vec<_>) = own.partition(|record| is_noted(record, sources));
        if !same.is_empty() && other.is_empty() {
            for source in sources.keys() {
                let _ = set_mtime(&scratch.join(source), oldest());
            }
        }
    }
}

/// Sets the records of what was compiled right for the project below `root`, whose recipe is from `prepared`.
///
/// # Errors
/// A package whose record is not found or cannot be set: nothing would tell cargo that its sources may have changed.
pub fn after(
    compiled: &[Compiled],
    files: &Files,
    scratch: &Path,
    root: &Path,
    prepared: Option<SystemTime>,
) -> Result<()> {
    let carried = carried(files);
    for Compiled { dir, artifacts } in compiled {
        let sources = carried.get(dir.as_str());
        let record = artifacts.iter().find_map(|artifact| record_of(artifact));
        let (Some(sources), Some(record)) = (sources, record) else {
            fail!(
                "cannot find cargo's record of the local package in `{dir}`\nhelp: remove what was made of it with `cargo clean`, and report this"
            );
        };
        // A macro that it uses may have put the place into it, which will not be there.
        let is_marked = artifacts.iter().any(|artifact| names(artifact, scratch));
        let in_project = if is_marked { InProject::Other } else { in_project(sources, root) };
        for path in entries(&record).into_iter().filter(|path| is_of_rustc(path)) {
            let Some(own) = mtime(&path) else { continue };
            let right = match in_project {
                InProject::Other => oldest(),
                InProject::Same(newest) => own.max(newest),
                // They come later, and were changed after the recipe was made if they are newer than that.
                InProject::Absent => prepared.map_or(own, |prepared| own.min(prepared)),
            };
            if right != own {
                set_mtime(&path, right)?;
            }
        }
        let _ = std::fs::write(record.join(NOTE), note(&record, sources));
    }
    Ok(())
}

/// Whether a file holds the name of the scratch directory.
fn names(artifact: &Path, scratch: &Path) -> bool {
    let name = name_of(scratch);
    std::fs::read(artifact).is_ok_and(|bytes| bytes.windows(name.len()).any(|window| window == name.as_bytes()))
}

/// What stands in the project in the place of a package's sources.
enum InProject {
    /// The very same; the newest of them is from then.
    Same(SystemTime),
    Other,
    Absent,
}

fn in_project(sources: &BTreeMap<&str, &[u8]>, root: &Path) -> InProject {
    let there: Vec<_> = sources.iter().map(|(name, bytes)| (root.join(name), bytes)).collect();
    if there.iter().all(|(path, _)| !path.exists()) {
        return InProject::Absent;
    }
    let is_same = there.iter().all(|(path, bytes)| std::fs::read(path).is_ok_and(|content| content == **bytes));
    let newest = there.iter().filter_map(|(path, _)| mtime(path)).max();
    newest.filter(|_| is_same).map_or(InProject::Other, InProject::Same)
}

/// From what content a record was made, and when it was written: cargo itself writes no note.
fn note(record: &Path, sources: &BTreeMap<&str, &[u8]>) -> String {
    let mut hasher = StableSipHasher128::new();
    sources.hash(&mut hasher);
    let times = entries(record).into_iter().filter(|path| is_of_rustc(path));
    let times: Vec<u128> = times.filter_map(|path| Some(since_epoch(mtime(&path)?).as_nanos())).collect();
    format!("{:016x} {times:?}\n", Hasher::finish(&hasher))
}

fn is_noted(record: &Path, sources: &BTreeMap<&str, &[u8]>) -> bool {
    std::fs::read_to_string(record.join(NOTE)).is_ok_and(|text| text == note(record, sources))
}

/// All directories of cargo's records, in either layout: `….fingerprint/name-hash`, `…/build/name/hash/fingerprint`.
fn records(target_dir: &Path) -> Vec<PathBuf> {
    let profiles = entries(target_dir).into_iter().flat_map(|dir| [entries(&dir), vec![dir]].concat());
    let mut found = Vec::new();
    for profile in profiles {
        found.extend(entries(&profile.join(".fingerprint")));
        let hashes = entries(&profile.join("build")).into_iter().flat_map(|package| entries(&package));
        found.extend(hashes.map(|hash| hash.join("fingerprint")).filter(|dir| dir.is_dir()));
    }
    found
}

/// Whether a directory of records is of a crate of this package.
fn is_of(record: &Path, package: &str) -> bool {
    let of = |path: Option<&Path>| path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let is_named = of(Some(record)).is_some_and(|name| name.rsplit_once('-').is_some_and(|(name, _)| name == package))
        || of(record.ancestors().nth(2)).is_some_and(|name| name == package);
    is_named && entries(record).iter().any(|path| is_of_rustc(path))
}

/// The directory of cargo's records of what it compiled to this file, in either layout.
fn record_of(artifact: &Path) -> Option<PathBuf> {
    let dir = artifact.parent()?;
    if dir.file_name()? != "deps" {
        return Some(dir.with_file_name("fingerprint")).filter(|record| record.is_dir());
    }
    let hash = format!("-{}", artifact.file_stem()?.to_str()?.rsplit_once('-')?.1);
    entries(&dir.with_file_name(".fingerprint")).into_iter().find(|path| name_of(path).ends_with(&hash))
}

fn package_name(files: &Files, dir: &str) -> Option<String> {
    let manifest: toml::Table = crate::skeleton::text(files, &format!("{dir}/Cargo.toml"))?.parse().ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}

/// What stands in a directory, in order; nothing where there is none.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn mtime(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn set_mtime(path: &Path, time: SystemTime) -> Result<()> {
    fs_err::OpenOptions::new().write(true).open(path)?.into_file().set_modified(time).map_err(Into::into)
}

/// A day after the epoch, which every file system can say.
fn oldest() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24)
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
