//! Copies units from earlier target directories before cargo starts.
//!
//! In: seed directories, and what a cook is about to build. Out: copies of third-party units in the
//! target directory, with their mtimes and modes, and a line about every seed that was not useful.
//! Reads the seeds. Writes to the target directory, each unit as a whole or not at all.
//!
//! Before cargo runs, nobody knows which hashes it will request, so all units of the recipe's
//! packages are copied. Units that cargo does not use are removed again (`trim.rs`). Units of local
//! packages are never copied, because cargo compares only the mtimes of their sources.

use super::copy::{self, Linked, files_below};
use super::packed::Packed;
use super::place;
use super::records::{PRINTED, name_of};
use super::unit::{self, Parts, Unit};
use crate::error::Result;
use crate::path;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a cook is about to build.
pub struct Wanted<'a> {
    /// The names of third-party packages in the recipe.
    pub packages: &'a BTreeSet<String>,
    /// The names of carried packages.
    pub local: &'a BTreeSet<String>,
    /// The directory of the profile, such as `release`.
    pub profile_dir: &'a str,
    /// The directory of cargo's units.
    pub target_dir: &'a Path,
    /// The root of the project. rustc's paths of local sources are relative to it.
    pub root: &'a Path,
    /// cargo's home as a canonical path.
    pub cargo_home: &'a Path,
    /// The directory that paths in messages are relative to.
    pub here: &'a Path,
}

/// What was copied, and what was not.
#[derive(Debug, Default)]
pub struct Seeded {
    /// The units that were copied, each with the index of its seed.
    pub units: BTreeMap<Unit, usize>,
    /// A line about each seed that was not useful.
    pub notes: Vec<String>,
}

/// Copies the units of `wanted` from the seeds. The first seed that has a unit wins. Calls `check`
/// between two units.
///
/// # Errors
/// `check` fails. A unit that cannot be copied is left out, with a note.
pub fn bring(seeds: &[PathBuf], wanted: &Wanted<'_>, check: &dyn Fn() -> Result<()>) -> Result<Seeded> {
    let mut seeded = Seeded::default();
    for (index, seed) in seeds.iter().enumerate() {
        let name = path::display(seed, wanted.here);
        if !seed.is_dir() {
            seeded.notes.push(format!("seed `{name}` does not exist, so nothing comes from it"));
            continue;
        }
        if is_same(seed, wanted.target_dir) {
            seeded.notes.push(format!("seed `{name}` is the target directory itself, so nothing has to come from it"));
            continue;
        }
        let units = unit::units(seed, &|profile| profile == wanted.profile_dir);
        if units.is_empty() {
            let profile = wanted.profile_dir;
            seeded.notes.push(format!("seed `{name}` holds nothing that was built in `{profile}`"));
            continue;
        }
        let packed = Packed::read(seed);
        let choice = choose(&units, seed, wanted);
        if choice.units.is_empty() {
            let why = choice.why.unwrap_or("it holds no package of this recipe");
            seeded.notes.push(format!("seed `{name}` is passed over: {why}"));
            continue;
        }
        for (unit, parts) in choice.units {
            check()?;
            if seeded.units.contains_key(unit) || wanted.target_dir.join(unit.record()).exists() {
                continue;
            }
            let mut linked = Linked::new();
            let mut fill = |_, part: &Path, to: &Path| copy::copy(&seed.join(part), to, &mut linked);
            let placed = place::place(parts, wanted.target_dir, &mut fill);
            match placed.and_then(|()| packed.complete(parts, wanted.target_dir)) {
                Ok(()) => {
                    seeded.units.insert(unit.clone(), index);
                }
                Err(error) => {
                    seeded.notes.push(format!("seed `{name}` is left at `{}`: {error}", unit.package));
                    break;
                }
            }
        }
    }
    Ok(seeded)
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((fs_err::canonicalize(a), fs_err::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// Returns what to copy from one seed, and why the rest is not copied, if the user should know.
struct Choice<'a> {
    units: Vec<(&'a Unit, &'a Parts)>,
    why: Option<&'static str>,
}

const OTHER_HOME: &str = "it was built with another CARGO_HOME, of which cargo takes nothing";

/// Returns the units of the recipe's packages that cargo compiled from a registry or a repository
/// in this home. The run of a build script does not name its sources. It is copied if all other
/// units of its package are.
fn choose<'a>(units: &'a BTreeMap<Unit, Parts>, seed: &Path, wanted: &Wanted<'_>) -> Choice<'a> {
    let is_named = |unit: &Unit| wanted.packages.contains(&unit.package) && !wanted.local.contains(&unit.package);
    let moved_from = units.keys().find_map(|unit| built_in(unit, seed)).filter(|root| root != wanted.target_dir);
    let mut why = None;
    let (mut chosen, mut refused) = (Vec::new(), BTreeSet::new());
    let mut runs = Vec::new();
    for (unit, parts) in units.iter().filter(|(unit, _)| is_named(unit)) {
        match unit::source(unit, parts, seed) {
            None => runs.push((unit, parts)),
            Some(source) => match origin(&source, wanted) {
                Origin::Cargo => chosen.push((unit, parts)),
                other => {
                    refused.insert(&unit.package);
                    why = why.or(matches!(other, Origin::OtherHome).then_some(OTHER_HOME));
                }
            },
        }
    }
    chosen.retain(|(unit, _)| !refused.contains(&unit.package));
    let packages: BTreeSet<&String> = chosen.iter().map(|(unit, _)| &unit.package).collect();
    chosen.extend(runs.into_iter().filter(|(unit, _)| packages.contains(&unit.package)));
    if let Some(root) = moved_from {
        chosen.retain(|(unit, parts)| !tells_of(unit, parts, seed, &root));
    }
    Choice { units: chosen, why }
}

/// The owner of a source.
enum Origin {
    /// This cargo's home, or a vendored directory. Such sources belong to a version and do not
    /// change.
    Cargo,
    /// The home of another cargo.
    OtherHome,
    /// A local package, or an unknown owner.
    Local,
}

fn origin(source: &str, wanted: &Wanted<'_>) -> Origin {
    let path = wanted.root.join(source);
    // `DirectorySource::update` in cargo's `sources/directory.rs` ignores packages without this
    // file.
    let is_vendored = || path.ancestors().any(|dir| dir.join(".cargo-checksum.json").is_file());
    if path.starts_with(wanted.cargo_home) || is_vendored() {
        return Origin::Cargo;
    }
    let text = crate::path::slashed(&path);
    let is_of_a_home = ["/registry/src/", "/git/checkouts/"].iter().any(|place| text.contains(place));
    if is_of_a_home { Origin::OtherHome } else { Origin::Local }
}

/// Returns the target directory in which a build script ran: cargo records its `OUT_DIR`.
fn built_in(unit: &Unit, seed: &Path) -> Option<PathBuf> {
    let out_dir = fs_err::read_to_string(seed.join(unit.run()).join("root-output")).ok()?;
    let run = unit.run();
    let inner = if run.ends_with("run") { run.with_file_name("out") } else { run.join("out") };
    let root = Path::new(out_dir.trim_end()).ancestors().nth(inner.components().count())?;
    Some(root.to_owned())
}

/// Returns whether a unit names the directory that it was made in. cargo's own files do not count:
/// it reads them as of where they are. In the output of a build script it translates the script's
/// own `OUT_DIR` and nothing else (`parse` of `BuildOutput` in cargo's `custom_build.rs`).
fn tells_of(unit: &Unit, parts: &Parts, seed: &Path, root: &Path) -> bool {
    let (is_run, run, record) = (unit.is_run(seed), seed.join(unit.run()), seed.join(unit.record()));
    let out_dir = std::fs::read_to_string(run.join("root-output")).unwrap_or_default();
    let finder = memchr::memmem::Finder::new(root.as_os_str().as_encoded_bytes());
    let mut files = parts.0.iter().flat_map(|part| files_below(&seed.join(part)));
    files.any(|path| {
        if path.parent() == Some(&record) {
            return false;
        }
        if let Ok(target) = std::fs::read_link(&path) {
            return target.starts_with(root);
        }
        let is_of_cargo = unit.is_of_cargo(&path, is_run, seed);
        if is_of_cargo && !PRINTED.contains(&name_of(&path).as_str()) {
            return false;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        if is_of_cargo && !out_dir.trim_end().is_empty() {
            let rest = String::from_utf8_lossy(&bytes).replace(out_dir.trim_end(), "");
            return finder.find(rest.as_bytes()).is_some();
        }
        finder.find(&bytes).is_some()
    })
}

/// Returns why cargo found none of the units from a seed fresh, as far as their records tell.
pub fn why_unused(came: &Unit, compiled: Option<&Unit>, target_dir: &Path) -> &'static str {
    let rustc = |unit: &Unit| {
        let records = super::records::entries(&target_dir.join(unit.record()));
        let json = records.into_iter().find(|path| path.extension().is_some_and(|it| it == "json"))?;
        let record: serde_json::Value = serde_json::from_slice(&fs_err::read(json).ok()?).ok()?;
        record.get("rustc")?.as_u64()
    };
    match (rustc(came), compiled.and_then(rustc)) {
        (Some(theirs), Some(ours)) if theirs != ours => "it was built by another rustc",
        _ => "it was built with other flags, settings of the profile, or features",
    }
}
