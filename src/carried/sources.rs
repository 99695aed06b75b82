//! The sources of carried packages: those in the recipe, those in the project, and those that were
//! compiled.
//!
//! In: the files of a recipe, the project, and cargo's records. Out: the files of each carried
//! package, how they compare with the project's, and whether a record was made from the same ones.
//! A note next to each record holds a hash of the content that was compiled. Writes only these
//! notes.

use super::mtime::{mtime, since_epoch};
use super::private;
use crate::disk;
use crate::path;
use crate::recipe::skeleton::{self, Files};
use crate::target::records;
use rustc_stable_hash::StableSipHasher128;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The note's name.
const NOTE: &str = "larder-sources";

/// The files of a carried package, relative to the root.
#[derive(Default)]
pub struct Carried<'a> {
    pub manifest: &'a [u8],
    pub sources: BTreeMap<&'a str, &'a [u8]>,
}

/// Returns the carried packages of a recipe, by directory.
pub fn carried(files: &Files) -> BTreeMap<&str, Carried<'_>> {
    let stubs = skeleton::stubs(files);
    let manifests = files.iter().filter_map(|(name, bytes)| Some((name.strip_suffix("/Cargo.toml")?, bytes)));
    let mut carried: BTreeMap<&str, Carried<'_>> = manifests
        .filter(|(dir, _)| !stubs.contains(*dir))
        .map(|(dir, manifest)| (dir, Carried { manifest, ..Carried::default() }))
        .collect();
    for (name, bytes) in files.iter().filter(|(name, _)| !name.ends_with("/Cargo.toml")) {
        // The nearest package, because one package can be in the directory of another.
        let nearest = Path::new(name).ancestors().filter_map(Path::to_str).find(|dir| carried.contains_key(dir));
        if let Some(package) = nearest.and_then(|dir| carried.get_mut(dir)) {
            package.sources.insert(name.as_str(), bytes.as_slice());
        }
    }
    carried
}

/// What the project has at the paths of a package's sources.
pub enum InProject {
    /// The same sources, with the mtime of the newest one.
    Same(SystemTime),
    /// Different sources, or sources whose mtimes cannot be trusted.
    Other,
    /// No sources.
    Absent,
}

impl InProject {
    pub fn newest(&self) -> Option<SystemTime> {
        if let InProject::Same(newest) = self { Some(*newest) } else { None }
    }
}

/// Compares the sources of a package with the project. If the package has a build script, its
/// directories count too, because the script may read them.
pub fn in_project(dir: &str, package: &Carried<'_>, has_script: bool, root: &Path) -> InProject {
    let there: Vec<_> = package.sources.iter().map(|(name, bytes)| (root.join(name), bytes)).collect();
    if there.iter().all(|(path, _)| !path.exists()) {
        return InProject::Absent;
    }
    let package_dir = root.join(dir);
    let is_own = |path: &&Path| path.starts_with(&package_dir) && (has_script || path.is_file());
    // Read the mtimes before the contents, because a file can change in between.
    let newest = there.iter().flat_map(|(path, _)| path.ancestors().take_while(is_own)).filter_map(mtime).max();
    let is_same = there.iter().all(|(path, bytes)| std::fs::read(path).is_ok_and(|content| content == **bytes));
    let is_known = |name: &PathBuf| package.sources.contains_key(path::slashed(&Path::new(dir).join(name)).as_str());
    let is_whole = || private::files(&package_dir, root, true).is_ok_and(|found| found.travels.iter().all(is_known));
    // If an mtime is in the future, cargo would miss an edit of today.
    let newest = newest.filter(|newest| *newest <= SystemTime::now());
    newest.filter(|_| is_same && (!has_script || is_whole())).map_or(InProject::Other, InProject::Same)
}

/// Returns the text of a note: a hash of the content, and the mtimes of the record. The mtimes show
/// whether cargo has written the record again, because cargo does not update the note.
fn note(record: &Path, package: &Carried<'_>) -> String {
    let mut hasher = StableSipHasher128::new();
    (package.manifest, &package.sources).hash(&mut hasher);
    let times = records::compared(record).into_iter().filter_map(|path| mtime(&path));
    let times: Vec<u128> = times.map(|time| since_epoch(time).as_nanos()).collect();
    format!("{:016x} {times:?}\n", Hasher::finish(&hasher))
}

pub fn note_down(record: &Path, package: &Carried<'_>) {
    let _ = disk::write_whole(&record.join(NOTE), note(record, package).as_bytes());
}

pub fn is_noted(record: &Path, package: &Carried<'_>) -> bool {
    std::fs::read_to_string(record.join(NOTE)).is_ok_and(|text| text == note(record, package))
}

pub fn package_name(files: &Files, dir: &str) -> Option<String> {
    let manifest: toml::Table = skeleton::text(files, &format!("{dir}/Cargo.toml"))?.parse().ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}
