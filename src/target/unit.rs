//! The units in a target directory, in either layout.
//!
//! In: a target directory, or the path of an artifact in one. Out: [`Unit`]s, and the files of
//! each. Reads files and changes nothing.
//!
//! Before Rust 1.100, a unit is spread over `.fingerprint/NAME-HASH` and `deps/*-HASH.*`. Build
//! scripts and their runs are in `build/NAME-HASH`. Since then, a unit is one directory,
//! `build/NAME/HASH` (`compilation_files.rs` in cargo's `compiler/build_runner`).

use super::records::{PRINTED, entries, name_of, profiles};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The directory of records in the older layout.
const FINGERPRINT: &str = ".fingerprint";

/// A unit, by the directory of its profile and cargo's name for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    /// The directory of the profile in the target directory, with forward slashes, such as
    /// `release`.
    pub profile: String,
    /// The name of the package.
    pub package: String,
    /// cargo's hash of the unit.
    pub hash: String,
    /// Its layout.
    pub layout: Layout,
}

/// cargo's layouts of the target directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Before Rust 1.100.
    Spread,
    /// Since Rust 1.100.
    Gathered,
}

/// The files and directories of a unit, relative to the target directory. The record comes last:
/// cargo makes a unit without a record again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub Vec<PathBuf>);

impl Unit {
    /// Returns the unit of a file or an `OUT_DIR`. `target_dir` is where it was built, and `there`
    /// are its units.
    pub fn of_path(path: &Path, target_dir: &Path, there: &ByHash<'_>) -> Option<Self> {
        let inner = path.strip_prefix(target_dir).ok()?;
        let words: Vec<&str> = inner.components().filter_map(|c| c.as_os_str().to_str()).collect();
        let at = words.iter().rposition(|word| ["deps", "build"].contains(word)).filter(|at| *at > 0)?;
        let profile = words[..at].join("/");
        match (words[at], &words[at + 1..]) {
            ("build", [package, hash, _, ..]) if is_hash(hash) => Some(Unit {
                profile,
                package: (*package).to_owned(),
                hash: (*hash).to_owned(),
                layout: Layout::Gathered,
            }),
            ("build", [name, ..]) => Self::spread(&profile, name),
            ("deps", [file]) => there.0.get(&(profile.as_str(), hash_in(file)?.as_str())).map(|unit| (*unit).clone()),
            _ => None,
        }
    }

    /// `NAME-HASH`.
    fn spread(profile: &str, name: &str) -> Option<Self> {
        let (package, hash) = name.rsplit_once('-').filter(|(_, hash)| is_hash(hash))?;
        let [profile, package, hash] = [profile, package, hash].map(str::to_owned);
        Some(Unit { profile, package, hash, layout: Layout::Spread })
    }

    /// Returns the directory of its record, relative to the target directory.
    pub fn record(&self) -> PathBuf {
        let profile = Path::new(&self.profile);
        match self.layout {
            Layout::Spread => profile.join(FINGERPRINT).join(format!("{}-{}", self.package, self.hash)),
            Layout::Gathered => profile.join("build").join(&self.package).join(&self.hash).join("fingerprint"),
        }
    }

    /// Returns the directory in which the run of a build script left its `OUT_DIR`, its start time,
    /// and its output.
    pub fn run(&self) -> PathBuf {
        let build = Path::new(&self.profile).join("build");
        match self.layout {
            Layout::Spread => build.join(format!("{}-{}", self.package, self.hash)),
            Layout::Gathered => build.join(&self.package).join(&self.hash).join("run"),
        }
    }

    /// Returns whether this is the run of a build script. cargo notes the `OUT_DIR` of a run.
    pub fn is_run(&self, target_dir: &Path) -> bool {
        target_dir.join(self.run()).join("root-output").is_file()
    }

    /// Returns whether cargo or rustc writes the path of the target directory into this file for
    /// cargo alone. cargo takes that path unchanged (`prev_build_output` in its `custom_build.rs`),
    /// or does not read it again (`translate_dep_info` in its `fingerprint/dep_info.rs`). A build
    /// script may give any name to a file in its `OUT_DIR`.
    pub fn is_of_cargo(&self, path: &Path, is_run: bool, target_dir: &Path) -> bool {
        let run = target_dir.join(self.run());
        let is_in = |dir: &Path| path.parent() == Some(dir);
        if is_run {
            return is_in(&run) && [PRINTED, &["root-output", "stderr"]].concat().contains(&name_of(path).as_str());
        }
        let profile = target_dir.join(&self.profile);
        let out = if self.layout == Layout::Spread { profile.join("deps") } else { run.with_file_name("out") };
        path.extension().is_some_and(|it| it == "d") && (is_in(&run) || is_in(&out))
    }

    /// A name for ledgers: `release/libc-0123456789abcdef`.
    pub fn key(&self) -> String {
        format!("{}/{}-{}", self.profile, self.package, self.hash)
    }
}

/// The units of a target directory by the directory of their profile and cargo's hash.
#[derive(Default)]
pub struct ByHash<'a>(BTreeMap<(&'a str, &'a str), &'a Unit>);

impl<'a> ByHash<'a> {
    /// Returns these units by hash.
    pub fn of(units: &'a BTreeMap<Unit, Parts>) -> Self {
        ByHash(units.keys().map(|unit| ((unit.profile.as_str(), unit.hash.as_str()), unit)).collect())
    }
}

/// Returns every unit in a target directory whose profile has a directory of this name, with its
/// parts.
pub fn units(target_dir: &Path, of_profile: &dyn Fn(&str) -> bool) -> BTreeMap<Unit, Parts> {
    let mut found = BTreeMap::new();
    for profile in profiles(target_dir).into_iter().filter(|dir| of_profile(&name_of(dir))) {
        let Some(inner) = profile.strip_prefix(target_dir).ok().map(crate::path::slashed) else { continue };
        spread(&profile, &inner, &mut found);
        gathered(&profile, &inner, &mut found);
    }
    found
}

fn spread(profile: &Path, inner: &str, found: &mut BTreeMap<Unit, Parts>) {
    let mut files = BTreeMap::<String, Vec<PathBuf>>::new();
    for file in entries(&profile.join("deps")).iter().map(|path| name_of(path)) {
        if let Some(hash) = hash_in(&file) {
            files.entry(hash).or_default().push(Path::new(inner).join("deps").join(file));
        }
    }
    for name in entries(&profile.join(FINGERPRINT)).iter().map(|path| name_of(path)) {
        let Some(unit) = Unit::spread(inner, &name) else { continue };
        let mut parts = files.remove(&unit.hash).unwrap_or_default();
        parts.extend(profile.join("build").join(&name).is_dir().then(|| Path::new(inner).join("build").join(&name)));
        parts.push(unit.record());
        found.insert(unit, Parts(parts));
    }
}

fn gathered(profile: &Path, inner: &str, found: &mut BTreeMap<Unit, Parts>) {
    for package in entries(&profile.join("build")) {
        for dir in entries(&package).into_iter().filter(|dir| dir.join("fingerprint").is_dir()) {
            let (package, hash) = (name_of(&package), name_of(&dir));
            let whole = Path::new(inner).join("build").join(&package).join(&hash);
            let unit = Unit { profile: inner.to_owned(), package, hash, layout: Layout::Gathered };
            found.insert(unit, Parts(vec![whole]));
        }
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Returns the hash in the name of a file: `libc-0123456789abcdef.rlib`,
/// `libc-0123456789abcdef.libc.0-cgu.0.rcgu.o`.
fn hash_in(file: &str) -> Option<String> {
    let stem = file.split('.').next().unwrap_or(file);
    stem.rsplit_once('-').map(|(_, hash)| hash).filter(|hash| is_hash(hash)).map(str::to_owned)
}

/// Returns where the sources of a unit are, judged by its dep-info: the first path that rustc read.
/// The run of a build script has none.
pub fn source(unit: &Unit, parts: &Parts, target_dir: &Path) -> Option<String> {
    let dep_infos = match unit.layout {
        Layout::Spread => parts.0.iter().flat_map(|part| {
            let path = target_dir.join(part);
            if path.is_dir() { entries(&path) } else { vec![path] }
        }),
        Layout::Gathered => return first_source(&entries(&target_dir.join(&parts.0[0]).join("out"))),
    };
    first_source(&dep_infos.collect::<Vec<_>>())
}

fn first_source(files: &[PathBuf]) -> Option<String> {
    let dep_info = files.iter().find(|path| path.extension().is_some_and(|extension| extension == "d"))?;
    let text = std::fs::read_to_string(dep_info).ok()?;
    let (_, sources) = text.lines().next()?.split_once(": ")?;
    // A space in a path is written `\ ` (`write_out_deps` in rustc's `interface/passes.rs`).
    let mut path = String::new();
    let mut characters = sources.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => path.extend(characters.next()),
            ' ' => break,
            c => path.push(c),
        }
    }
    Some(path)
}

/// Returns the seconds that cargo spent on a unit, from the mark that cargo leaves when it starts,
/// to its record.
pub fn seconds(unit: &Unit, target_dir: &Path) -> Option<f64> {
    let record = entries(&target_dir.join(unit.record()));
    let ended = record.iter().filter(|path| !path.ends_with(MARK)).filter_map(|path| modified(path)).max()?;
    let took = ended.duration_since(begun(unit, target_dir)?).ok()?.as_secs_f64();
    // If `SOURCE_DATE_EPOCH` has set one mtime on everything, the time is unknown.
    (took > 0.0).then_some(took)
}

/// Returns when cargo started to make a unit (`set_invocation_time` in `cargo-util`).
pub fn begun(unit: &Unit, target_dir: &Path) -> Option<SystemTime> {
    [unit.record(), unit.run()].iter().find_map(|dir| modified(&target_dir.join(dir).join(MARK)))
}

/// Returns the file whose mtime says when that was.
const MARK: &str = "invoked.timestamp";

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|it| it.modified()).ok()
}

/// Returns the bytes of all files of a unit. Hard links between its parts count once.
pub fn bytes(parts: &Parts, target_dir: &Path) -> u64 {
    let mut seen = BTreeSet::new();
    parts.0.iter().flat_map(|part| super::copy::files_below(&target_dir.join(part))).fold(0, |sum, path| {
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { return sum };
        if super::copy::identity(&metadata).is_none_or(|id| seen.insert(id)) { sum + metadata.len() } else { sum }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<(&str, &str, Layout)>) {
        let unit = Unit::of_path(Path::new(path), Path::new("/t"), &ByHash::default());
        let told = unit.as_ref().map(|unit| (unit.profile.as_str(), unit.package.as_str(), unit.layout));
        assert_eq!(told, expected, "{path}");
    }

    #[test]
    fn a_unit_is_known_by_the_path_of_what_cargo_made_of_it() {
        check("/t/release/build/libc-0123456789abcdef/out", Some(("release", "libc", Layout::Spread)));
        check("/t/release/build/libc-0123456789abcdef/build-script-build", Some(("release", "libc", Layout::Spread)));
        check("/t/x/debug/build/a-b/0123456789abcdef/out/liba_b.rlib", Some(("x/debug", "a-b", Layout::Gathered)));
        check("/t/debug/app", None);
        check("/elsewhere/debug/build/a/0123456789abcdef/out", None);
    }

    #[test]
    fn hashes_are_found_in_the_names_of_files() {
        let hash = Some("0123456789abcdef".to_owned());
        for name in [
            "libc-0123456789abcdef.d",
            "liba_b-0123456789abcdef.rlib",
            "x-0123456789abcdef",
            "x-0123456789abcdef.x.0-cgu.0.rcgu.o",
        ] {
            assert_eq!(hash_in(name), hash, "{name}");
        }
        for name in ["libapp.so", "x-0123", "x-0123456789abcdeg.d"] {
            assert_eq!(hash_in(name), None, "{name}");
        }
    }
}
