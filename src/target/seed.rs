//! Units of an earlier target directory that come over before cargo starts.
//!
//! In: seed directories, and what a cook is about to build. Out: copies of third-party units in the target directory, with
//! their times and modes, and a line for every seed that could not serve. Reads the seeds; writes below the target
//! directory, each unit whole or not at all.
//!
//! Nobody knows before cargo runs which hashes it will ask for, so all units of the recipe's packages come. What cargo does
//! not use goes again (`trim.rs`). A unit of a local package never comes: cargo compares its sources by time alone.

use super::copy::{self, Linked, files_below};
use super::place;
use super::unit::{self, Parts, Unit};
use crate::error::Result;
use crate::path;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a cook is about to build.
pub struct Wanted<'a> {
    /// The names of third-party packages in the recipe.
    pub packages: &'a BTreeSet<String>,
    /// The names of local packages that are compiled for real.
    pub local: &'a BTreeSet<String>,
    /// The directory that the profile builds in, such as `release`.
    pub profile_dir: &'a str,
    /// Where cargo keeps units.
    pub target_dir: &'a Path,
    /// The root of the project, to which rustc's paths of local sources are relative.
    pub root: &'a Path,
    /// cargo's home, without links.
    pub cargo_home: &'a Path,
    /// The directory that messages are relative to.
    pub here: &'a Path,
}

/// What came, and what did not.
#[derive(Debug, Default)]
pub struct Seeded {
    /// The units that were copied, each with the index of its seed.
    pub units: BTreeMap<Unit, usize>,
    /// A line for each seed that did not serve.
    pub notes: Vec<String>,
}

/// Brings what `wanted` names from the seeds, the first seed that has a unit winning. `check` is asked between two units.
///
/// # Errors
/// What `check` says. A unit that cannot be copied is left out, with a note.
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
            match place::place(parts, wanted.target_dir, &mut fill) {
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

/// What comes of one seed, and why the rest does not, if anything is to be said of that.
struct Choice<'a> {
    units: Vec<(&'a Unit, &'a Parts)>,
    why: Option<&'static str>,
}

const OTHER_HOME: &str = "it was built with another CARGO_HOME, of which cargo takes nothing";

/// The units of the recipe's packages that cargo compiled from a registry or a repository in this home. A run of a build
/// script says nothing of its sources, so it comes if all else of its package does.
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
        chosen.retain(|(_, parts)| !tells_of(parts, seed, &root));
    }
    Choice { units: chosen, why }
}

/// Whose a source is.
enum Origin {
    /// cargo's own, or vendored: it belongs to a version, and does not change.
    Cargo,
    /// That of another cargo's home.
    OtherHome,
    /// A local package's, or nobody knows.
    Local,
}

fn origin(source: &str, wanted: &Wanted<'_>) -> Origin {
    let path = wanted.root.join(source);
    // `DirectorySource::update` in cargo's `sources/directory.rs`: what has no such file is no package there.
    let is_vendored = || path.ancestors().any(|dir| dir.join(".cargo-checksum.json").is_file());
    if path.starts_with(wanted.cargo_home) || is_vendored() {
        return Origin::Cargo;
    }
    let text = crate::path::slashed(&path);
    let is_of_a_home = ["/registry/src/", "/git/checkouts/"].iter().any(|place| text.contains(place));
    if is_of_a_home { Origin::OtherHome } else { Origin::Local }
}

/// The target directory that a run of a build script was made in: cargo keeps its `OUT_DIR`.
fn built_in(unit: &Unit, seed: &Path) -> Option<PathBuf> {
    let out_dir = fs_err::read_to_string(seed.join(unit.run()).join("root-output")).ok()?;
    let run = unit.run();
    let inner = if run.ends_with("run") { run.with_file_name("out") } else { run.join("out") };
    let root = Path::new(out_dir.trim_end()).ancestors().nth(inner.components().count())?;
    Some(root.to_owned())
}

/// Whether what was made names the directory that it was made in. cargo itself reads its own files anew there
/// (`prev_build_output` in cargo's `custom_build.rs`, `translate_dep_info` in its `fingerprint/dep_info.rs`).
fn tells_of(parts: &Parts, seed: &Path, root: &Path) -> bool {
    let needle = root.as_os_str().as_encoded_bytes();
    let finder = memchr::memmem::Finder::new(needle);
    let is_of_cargo = |path: &Path| {
        let name = super::records::name_of(path);
        ["root-output", "output", "stdout", "stderr"].contains(&name.as_str())
            || name.starts_with("dep-")
            || path.extension().is_some_and(|it| it == "d" || it == "json")
    };
    let files = parts.0.iter().flat_map(|part| files_below(&seed.join(part))).filter(|path| !is_of_cargo(path));
    let mut telling = files.filter(|path| match fs_err::read_link(path) {
        Ok(target) => target.starts_with(root),
        Err(_) => fs_err::read(path).is_ok_and(|bytes| finder.find(&bytes).is_some()),
    });
    telling.next().is_some()
}

/// Why none of the units that came from a seed was fresh to cargo, as far as their records tell.
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
