//! Sets mtimes so that cargo judges carried packages by content. cargo compares local packages by
//! mtime, but a recipe holds only their content.
//!
//! In: the carried packages of a recipe, the target directory, and the project. Out, before a
//! build: old mtimes for sources that were compiled before with the same content, so that cargo
//! finds them fresh. Out, after a build: mtimes of cargo's records. cargo takes a source that is
//! newer than its record for changed (`find_stale_file` in cargo's `fingerprint/mod.rs`). A record
//! must therefore be newer than sources that are the same in the project, and older than those that
//! may differ. Records that cannot be right in the project are removed.
//!
//! A note next to each record holds a hash of the content that was compiled. Writes notes and
//! mtimes in the target directory, removes records there, and writes mtimes in the scratch
//! directory. It is an error if a record is missing, or can be neither updated nor removed. Any
//! other failure only costs a compilation.
//!
//! The output of a build script is also an artifact. It must not be older than the script, and the
//! crates that depend on it must not be older than the output (`check_filesystem`). Therefore, if
//! the mtime of an output changes, the mtimes of all artifacts of the cook change.

use super::mtime::{move_mtime, mtime, oldest, set_mtime};
use super::script::{self, Places};
use super::sources::{Carried, InProject, carried, in_project, is_noted, note_down, package_name};
use crate::cargo::outcome::{Compiled, Outcome, Run};
use crate::error::{Error, Result};
use crate::recipe::skeleton::Files;
use crate::target::records;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Makes the sources of a package in the scratch directory old, if every record of the package was
/// made from the same content.
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
            // Directories too, because a build script may watch them.
            for path in script::below(&scratch.join(dir)).iter().flat_map(|path| path.ancestors()) {
                if path.starts_with(scratch.join(dir)) {
                    let _ = set_mtime(path, oldest());
                }
            }
        }
    }
}

/// The surroundings of a cook.
pub struct Around<'a> {
    /// The skeleton and the project.
    pub places: Places<'a>,
    /// When the recipe was made, if it was read from a file.
    pub prepared: Option<SystemTime>,
    /// The target directories of the build.
    pub target_dirs: Vec<&'a PathBuf>,
    /// The directories of profiles that held units before the build.
    pub built_before: BTreeSet<PathBuf>,
}

/// Updates cargo's records for the project, and removes those that cannot be right there. Returns
/// what the real build must compile again, with the reasons.
///
/// # Errors
/// The record of a package is missing, or can be neither updated nor removed. cargo could then not
/// detect changed sources.
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
        // A macro may have put the path of the scratch directory into the artifact.
        let is_marked = artifacts.iter().any(|artifact| script::names_scratch(artifact));
        if is_marked {
            again.insert(format!("what was made of `{dir}` holds the directory that it was compiled in: {AGAIN}"));
        }
        let has_script = outcome.scripts.contains(dir);
        let in_project =
            if is_marked { InProject::Other } else { in_project(dir, package, has_script, around.places.root) };
        let is_settled = match (&in_project, around.prepared) {
            (InProject::Same(newest), _) => move_all(&record, |own| own.max(*newest)).is_ok(),
            // The sources arrive later. Those that are newer than the recipe have changed since.
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

const AGAIN: &str = "the real build makes it again, with everything that depends on it";

fn lost(dir: &str) -> Error {
    Error::Failed(format!(
        "cannot find cargo's record of the local package in `{dir}`\nhelp: remove what was made of it with `cargo clean`, and report this"
    ))
}

/// Updates the mtimes of script outputs and of all artifacts, and removes the runs that would
/// differ in the project.
fn settle_runs(
    carried: &BTreeMap<&str, Carried<'_>>,
    outcome: &Outcome,
    around: &Around<'_>,
    again: &mut BTreeSet<String>,
) -> Result<()> {
    // Older mtimes are safe only if the directory held no units before: artifacts of an earlier
    // build would be newer than the units that depend on them.
    let is_built_before = |path: &PathBuf| path.ancestors().any(|dir| around.built_before.contains(dir));
    let lowered = around.prepared.filter(|_| !outcome.artifacts.iter().any(is_built_before));
    let mut kept = Vec::new();
    for run in &outcome.ran {
        let Run { dir, out_dir } = run;
        let (Some(package), Some(record)) = (carried.get(dir.as_str()), records::of_run(out_dir)) else {
            return Err(lost(dir));
        };
        let doubt = script::doubt(dir, &record, out_dir, around.places);
        let in_project =
            if doubt.is_some() { InProject::Other } else { in_project(dir, package, true, around.places.root) };
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
    // A failed script may have left files, and a script that depends on another may have received
    // the path of the scratch directory from it.
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

/// Returns whether cargo never reads this file of a run again.
fn is_of_cargo(path: &Path) -> bool {
    ["stderr", "larder-sources"].contains(&records::name_of(path).as_str())
}

/// Moves the mtimes of all artifacts to where the outputs of scripts must be.
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
        // A file that a script wrote can be a source of its crate, and another script can watch it.
        let written = outcome.out_dirs.iter().flat_map(|dir| script::below(dir)).filter(|path| !path.is_symlink());
        return artifacts.chain(written).try_for_each(|path| move_mtime(&path, |own| own.min(prepared)));
    }
    newest.map_or(Ok(()), |newest| artifacts.try_for_each(|path| move_mtime(&path, |own| own.max(newest))))
}

/// Changes the mtimes of all files in a record that cargo compares with sources.
fn move_all(record: &Path, to: impl Fn(SystemTime) -> SystemTime) -> Result<()> {
    records::compared(record).iter().try_for_each(|path| move_mtime(path, &to))
}
