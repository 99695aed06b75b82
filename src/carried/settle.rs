//! Carried packages and time: cargo compares local packages by mtime, a recipe holds content.
//!
//! In: the carried packages of a recipe, the target directory, the project. Out: before a build, sources in the scratch
//! directory that are as old as can be if they were compiled before, else new; after it, cargo's records of what was made,
//! old enough for cargo to make anew what will differ in the project, and new enough to keep what does not
//! (`find_stale_file` in cargo's `fingerprint/mod.rs` takes a source for changed if it is newer than the record); and no records
//! of what is none of the project. A note beside each record tells from what content it was made. Writes notes and mtimes in the
//! target directory, removes records there, and writes mtimes in the scratch directory; where a record is not found or can neither be
//! set nor removed, that is an error, and all else costs one more compilation.
//!
//! The record of what a build script printed is an artifact as well: it may be no older than the script, nor the script than
//! what it was compiled of, nor a crate above than it (`check_filesystem`). So, where it has to move, all artifacts of the cook move.

use super::script::{self, Places, Run};
use crate::cook::cargo::Outcome;
use crate::error::{Error, Result};
use crate::path;
use crate::recipe::skeleton::{self, Files};
use crate::target::records;
use cargo_metadata::PackageId;
use rustc_stable_hash::StableSipHasher128;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The note's name.
const NOTE: &str = "larder-sources";

/// A carried package as cargo compiled it, or found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// cargo's id of it.
    pub package: PackageId,
    /// The package's directory in the skeleton.
    pub dir: String,
    /// The files that were made of it.
    pub artifacts: Vec<PathBuf>,
}

/// The files of a carried package, relative to the root.
#[derive(Default)]
struct Carried<'a> {
    manifest: &'a [u8],
    sources: BTreeMap<&'a str, &'a [u8]>,
}

/// The carried packages of a recipe, by directory.
fn carried(files: &Files) -> BTreeMap<&str, Carried<'_>> {
    let stubs = skeleton::stubs(files);
    let manifests = files.iter().filter_map(|(name, bytes)| Some((name.strip_suffix("/Cargo.toml")?, bytes)));
    let mut carried: BTreeMap<&str, Carried<'_>> = manifests
        .filter(|(dir, _)| !stubs.contains(*dir))
        .map(|(dir, manifest)| (dir, Carried { manifest, ..Carried::default() }))
        .collect();
    for (name, bytes) in files.iter().filter(|(name, _)| !name.ends_with("/Cargo.toml")) {
        // The nearest, as one package may stand in the directory of another.
        let nearest = Path::new(name).ancestors().filter_map(Path::to_str).find(|dir| carried.contains_key(dir));
        if let Some(package) = nearest.and_then(|dir| carried.get_mut(dir)) {
            package.sources.insert(name.as_str(), bytes.as_slice());
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
    let records: Vec<PathBuf> = target_dirs.iter().flat_map(|dir| records::all(dir)).collect();
    for (dir, package) in &carried {
        let Some(name) = package_name(files, dir) else { continue };
        let own = records.iter().filter(|record| records::is_of(record, &name));
        let (same, other): (Vec<_>, Vec<_>) = own.partition(|record| is_noted(record, package));
        if !same.is_empty() && other.is_empty() {
            // A build script may watch directories.
            for path in script::below(&scratch.join(dir)).iter().flat_map(|path| path.ancestors()) {
                if path.starts_with(scratch.join(dir)) {
                    let _ = set_mtime(path, oldest());
                }
            }
        }
    }
}

/// What there was, and what there will be, around a cook.
pub struct Around<'a> {
    /// The skeleton and the project.
    pub places: Places<'a>,
    /// When the recipe was made, if it stands in a file.
    pub prepared: Option<SystemTime>,
    /// The directories that were built into.
    pub target_dirs: Vec<&'a PathBuf>,
    /// Those of profiles in which something had been built before.
    pub built_before: BTreeSet<PathBuf>,
}

/// Sets the records of what was made right for the project, and removes those of what cannot be: what the real build makes
/// anew then, and why.
///
/// # Errors
/// A package whose record is not found, or can neither be set nor removed: nothing would tell cargo that its sources may
/// have changed.
pub fn after(outcome: &Outcome, around: &Around<'_>) -> Result<BTreeSet<String>> {
    let carried = carried(around.places.files);
    if carried.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut again = BTreeSet::new();
    let runs = settle_runs(&carried, outcome, around, &mut again);
    for Compiled { dir, artifacts, .. } in &outcome.carried {
        let package = carried.get(dir.as_str());
        let record = artifacts.iter().find_map(|artifact| records::of_artifact(artifact));
        let (Some(package), Some(record)) = (package, record) else { return Err(lost(dir)) };
        // A macro that it uses may have put the place into it, which will not be there.
        let is_marked = artifacts.iter().any(|artifact| script::names_scratch(artifact));
        if is_marked {
            again.insert(format!("what was made of `{dir}` holds the directory that it was compiled in: {AGAIN}"));
        }
        let has_script = outcome.scripts.contains(dir);
        let in_project = if is_marked { InProject::Other } else { in_project(dir, package, has_script, around) };
        let is_settled = match (&in_project, around.prepared) {
            (InProject::Same(newest), _) => move_all(&record, |own| own.max(*newest)).is_ok(),
            // They come later, and were changed after the recipe was made if they are newer than that.
            (InProject::Absent, Some(prepared)) => move_all(&record, |own| own.min(prepared)).is_ok(),
            _ => false,
        };
        if is_settled {
            note_down(&record, package);
        } else {
            records::forget(&record)?;
        }
    }
    runs.map(|()| again)
}

const AGAIN: &str = "the real build makes it again, with all that depends on it";

fn lost(dir: &str) -> Error {
    Error::Failed(format!(
        "cannot find cargo's record of the local package in `{dir}`\nhelp: remove what was made of it with `cargo clean`, and report this"
    ))
}

/// Sets what build scripts printed, and the artifacts around it; removes the runs that are none of the project.
fn settle_runs(
    carried: &BTreeMap<&str, Carried<'_>>,
    outcome: &Outcome,
    around: &Around<'_>,
    again: &mut BTreeSet<String>,
) -> Result<()> {
    // Only where nothing else was made can nothing else be taken for newer than what it was made of.
    let is_built_before = |path: &PathBuf| path.ancestors().any(|dir| around.built_before.contains(dir));
    let lowered = around.prepared.filter(|_| !outcome.artifacts.iter().any(is_built_before));
    let mut kept = Vec::new();
    for run in &outcome.ran {
        let Run { dir, out_dir } = run;
        let (Some(package), Some(record)) = (carried.get(dir.as_str()), records::of_run(out_dir)) else {
            return Err(lost(dir));
        };
        let doubt = script::doubt(dir, &record, out_dir, around.places);
        let in_project = if doubt.is_some() { InProject::Other } else { in_project(dir, package, true, around) };
        let is_old = records::compared(&record).iter().all(|path| mtime(path) <= around.prepared);
        let why = match &in_project {
            InProject::Absent if lowered.is_none() && !is_old => {
                Some("ran where something had been built before".to_owned())
            }
            _ => doubt,
        };
        again.extend(why.as_ref().map(|why| format!("the build script of `{dir}` {why}: {AGAIN}")));
        if why.is_some() || matches!(in_project, InProject::Other) {
            records::forget_run(run.place())?;
        } else {
            kept.push((record, package, in_project));
        }
    }
    let moved = move_artifacts(&kept, lowered, outcome);
    for (record, package, _) in &kept {
        note_down(record, package);
    }
    // A script that failed may have left something, and one above may have been told of the place.
    if !outcome.scripts.is_empty() {
        for run in around.target_dirs.iter().flat_map(|dir| records::runs(dir)) {
            if script::below(&run).iter().any(|path| script::names_scratch(path) && !is_of_cargo(path)) {
                records::forget_run(&run)?;
            }
        }
    }
    if moved.is_err() {
        outcome.ran.iter().try_for_each(|run| records::forget_run(run.place()))?;
    }
    moved
}

/// What cargo keeps of a run for people to read.
fn is_of_cargo(path: &Path) -> bool {
    ["stderr", "larder-sources"].contains(&records::name_of(path).as_str())
}

/// Gives all artifacts the time that what scripts printed has to have.
fn move_artifacts(
    kept: &[(PathBuf, &Carried<'_>, InProject)],
    lowered: Option<SystemTime>,
    outcome: &Outcome,
) -> Result<()> {
    let newest = kept.iter().filter_map(|(.., in_project)| in_project.newest()).max();
    let is_absent = kept.iter().any(|(.., in_project)| matches!(in_project, InProject::Absent));
    let printed = outcome.out_dirs.iter().filter_map(|dir| records::of_run(dir)).flat_map(|it| records::compared(&it));
    let mut artifacts = outcome.artifacts.iter().cloned().chain(printed);
    if let Some(prepared) = lowered.filter(|_| is_absent) {
        // What a script wrote can be a source of its crate, and watched by another.
        let written = outcome.out_dirs.iter().flat_map(|dir| script::below(dir)).filter(|path| !path.is_symlink());
        return artifacts.chain(written).try_for_each(|path| move_mtime(&path, |own| own.min(prepared)));
    }
    newest.map_or(Ok(()), |newest| artifacts.try_for_each(|path| move_mtime(&path, |own| own.max(newest))))
}

/// What stands in the project in the place of a package's sources.
enum InProject {
    /// The very same; the newest of them is from then.
    Same(SystemTime),
    Other,
    Absent,
}

impl InProject {
    fn newest(&self) -> Option<SystemTime> {
        if let InProject::Same(newest) = self { Some(*newest) } else { None }
    }
}

/// A build script may look at whole directories.
fn in_project(dir: &str, package: &Carried<'_>, has_script: bool, around: &Around<'_>) -> InProject {
    let root = around.places.root;
    let there: Vec<_> = package.sources.iter().map(|(name, bytes)| (root.join(name), bytes)).collect();
    if there.iter().all(|(path, _)| !path.exists()) {
        return InProject::Absent;
    }
    let package_dir = root.join(dir);
    let is_own = |path: &&Path| path.starts_with(&package_dir) && (has_script || path.is_file());
    // Before the contents, which may change while they are read.
    let newest = there.iter().flat_map(|(path, _)| path.ancestors().take_while(is_own)).filter_map(mtime).max();
    let is_same = there.iter().all(|(path, bytes)| std::fs::read(path).is_ok_and(|content| content == **bytes));
    let is_known = |name: &PathBuf| package.sources.contains_key(path::slashed(&Path::new(dir).join(name)).as_str());
    let is_whole =
        || super::private::files(&package_dir, root, true).is_ok_and(|found| found.travels.iter().all(is_known));
    // To what is newer than now, an edit of today would seem old.
    let newest = newest.filter(|newest| *newest <= SystemTime::now());
    newest.filter(|_| is_same && (!has_script || is_whole())).map_or(InProject::Other, InProject::Same)
}

/// From what content a record was made, and when it was written: cargo itself writes no note.
fn note(record: &Path, package: &Carried<'_>) -> String {
    let mut hasher = StableSipHasher128::new();
    (package.manifest, &package.sources).hash(&mut hasher);
    let times = records::compared(record).into_iter().filter_map(|path| mtime(&path));
    let times: Vec<u128> = times.map(|time| since_epoch(time).as_nanos()).collect();
    format!("{:016x} {times:?}\n", Hasher::finish(&hasher))
}

fn note_down(record: &Path, package: &Carried<'_>) {
    let _ = crate::disk::write_whole(&record.join(NOTE), note(record, package).as_bytes());
}

fn is_noted(record: &Path, package: &Carried<'_>) -> bool {
    std::fs::read_to_string(record.join(NOTE)).is_ok_and(|text| text == note(record, package))
}

fn package_name(files: &Files, dir: &str) -> Option<String> {
    let manifest: toml::Table = skeleton::text(files, &format!("{dir}/Cargo.toml"))?.parse().ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}

fn mtime(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn set_mtime(path: &Path, time: SystemTime) -> Result<()> {
    // To read is enough where the file is one's own; on Windows it is not.
    fs_err::OpenOptions::new()
        .read(true)
        .write(cfg!(windows))
        .open(path)?
        .into_file()
        .set_modified(time)
        .map_err(Into::into)
}

/// Gives all that sources are compared with in a record another mtime.
fn move_all(record: &Path, to: impl Fn(SystemTime) -> SystemTime) -> Result<()> {
    records::compared(record).iter().try_for_each(|path| move_mtime(path, &to))
}

/// Gives a file, if it is there, another mtime.
fn move_mtime(path: &Path, to: impl Fn(SystemTime) -> SystemTime) -> Result<()> {
    match mtime(path).map(|own| (own, to(own))) {
        Some((own, right)) if right != own => set_mtime(path, right),
        _ => Ok(()),
    }
}

/// A day after the epoch, which every file system can say.
fn oldest() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24)
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
