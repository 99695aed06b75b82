//! The units in the target directory of a cook.
//!
//! In: seeds before cargo starts, and cargo's messages after it. Out: units copied and trimmed, and
//! a report of all units. `crate::target` decides and acts.

use crate::cargo::outcome::Made;
use crate::disk;
use crate::environment::Environment;
use crate::error::Result;
use crate::recipe::skeleton::{self, Files};
use crate::report;
use crate::store::Store;
use crate::store::fetch::{Fetched, fetch};
use crate::store::keep::{Used, keep};
use crate::target::place;
use crate::target::report::{From, Report, Row};
use crate::target::seed::{self, Seeded, Wanted};
use crate::target::trim::{self, Did};
use crate::target::unit::{self, ByHash, Parts};
use crate::target::{Unit, units};
use crate::workspace::lockfile::{self, LockedPackage, Lockfile};
use crate::workspace::profile::directory;
use crate::workspace::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The variable that names seeds, separated like the directories in PATH.
const VARIABLE: &str = "LARDER_SEED";

/// The parts of a cook that concern its units.
pub struct Units<'a> {
    /// The skeleton.
    pub files: &'a Files,
    /// The flags with which cargo builds it.
    pub build: &'a Scope,
    /// The directory of cargo's units.
    pub dir: &'a Path,
    /// The root of the project.
    pub root: &'a Path,
    /// The surroundings of the process.
    pub environment: &'a Environment,
    /// The command of the real build.
    pub words: &'a str,
    /// When the command `cook` started.
    pub began: SystemTime,
}

/// What was copied before cargo started, and when it started.
pub struct Before {
    seeded: Seeded,
    fetched: Fetched,
    seeds: Vec<PathBuf>,
    started: SystemTime,
}

impl Units<'_> {
    /// Copies units from the seeds that flags or the variable name, and then from the store.
    ///
    /// # Errors
    /// The target directory is not writable, or `check` fails.
    pub fn before(
        &self,
        named: &[PathBuf],
        store: Option<&Store>,
        report: report::Report,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Before> {
        let by_variable = self.environment.var_os(VARIABLE).filter(|_| named.is_empty()).unwrap_or_default();
        let by_variable = std::env::split_paths(by_variable).filter(|dir| !dir.as_os_str().is_empty());
        let seeds: Vec<PathBuf> =
            named.iter().cloned().chain(by_variable).map(|dir| self.environment.here.join(dir)).collect();
        place::clear(self.dir);
        let mut seeded = Seeded::default();
        if !seeds.is_empty() {
            let lock = self.lockfile()?;
            let stubs = skeleton::stubs(self.files);
            // A unit above a local package does not record which source of that package was
            // compiled. Its hash does not contain the source, and mtimes of two directories cannot
            // be compared.
            let is_local = |i: usize| lock.packages[i].source.is_none() && !stubs.contains(&lock.packages[i].name);
            let local: BTreeSet<usize> =
                (0..lock.packages.len()).filter(|i| is_local(*i)).flat_map(|i| lock.dependents_of(i)).collect();
            let names = |of_local: bool| -> BTreeSet<String> {
                let of = lock.packages.iter().enumerate().filter(|(i, _)| local.contains(i) == of_local);
                of.map(|(_, package)| package.name.clone()).collect()
            };
            let home = self.environment.cargo_home().unwrap_or_default();
            let wanted = Wanted {
                packages: &names(false),
                local: &names(true),
                profile_dir: directory(self.build.profile.as_deref()),
                target_dir: self.dir,
                root: self.root,
                cargo_home: &disk::real(&home).unwrap_or(home),
                here: &self.environment.here,
            };
            seeded = seed::bring(&seeds, &wanted, check)?;
            trim::claim(self.dir, seeded.units.keys())?;
        }
        let mut fetched = Fetched::default();
        if let Some(store) = store {
            fetched = fetch(store, &self.lockfile()?, directory(self.build.profile.as_deref()), check)?;
            trim::claim(self.dir, fetched.units.keys())?;
        }
        for note in seeded.notes.iter().chain(&fetched.notes) {
            report.note(note);
        }
        Ok(Before { seeded, fetched, seeds, started: SystemTime::now() })
    }

    /// Stores the used third-party units.
    ///
    /// # Errors
    /// `check` fails. A failure of the store is only a note.
    pub fn keep(
        &self,
        store: Option<&Store>,
        before: &Before,
        made: &[Made],
        report: report::Report,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let Some(store) = store else { return Ok(()) };
        let (there, lock) = (units(self.dir, &|_| true), self.lockfile()?);
        let by_hash = ByHash::of(&there);
        let found: Vec<(Unit, &Made)> = made
            .iter()
            .filter(|made| made.is_third_party() && !made.is_stub)
            .filter_map(|made| Some((Unit::of_path(&made.path, self.dir, &by_hash)?, made)))
            .collect();
        let used: Vec<Used<'_>> = found
            .iter()
            .filter_map(|(unit, made)| {
                let package = locked(&lock, made)?;
                let (is_new, is_seeded) = (self.is_new(made, unit, before), before.seeded.units.contains_key(unit));
                Some(Used { unit, package, kind: &made.kind, is_new, is_seeded })
            })
            .collect();
        for note in keep(store, &used, &there, &before.fetched, check)? {
            report.note(&note);
        }
        Ok(())
    }

    fn lockfile(&self) -> Result<Lockfile> {
        lockfile::parse("Cargo.lock", skeleton::text(self.files, "Cargo.lock").unwrap_or_default())
    }

    fn is_new(&self, made: &Made, unit: &Unit, before: &Before) -> bool {
        if made.is_run { self.begun_since(unit, before.started) } else { !made.fresh }
    }

    /// Notes that units of a build that failed are cook's, so that they go when no recipe uses
    /// them.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn claim(&self, before: &Before, made: &[Made]) -> Result<()> {
        let there = units(self.dir, &|_| true);
        let by_hash = ByHash::of(&there);
        let third_party = made.iter().filter(|made| made.is_third_party() && !made.is_stub);
        let found = third_party.filter_map(|made| Some((Unit::of_path(&made.path, self.dir, &by_hash)?, made)));
        let new: Vec<Unit> =
            found.filter(|(unit, made)| self.is_new(made, unit, before)).map(|(unit, _)| unit).collect();
        trim::claim(self.dir, new.iter())
    }

    /// Trims, unless `keeps` is set, and reports.
    ///
    /// # Errors
    /// A unit cannot be removed.
    pub fn after(&self, before: &Before, made: &[Made], keeps: bool, report: report::Report) -> Result<Report> {
        let there = units(self.dir, &|_| true);
        let by_hash = ByHash::of(&there);
        let mut did = Did { build: format!("{}: {}", self.root.display(), self.words), ..Did::default() };
        let mut rows = Vec::new();
        for made in made {
            let Some((name, version)) = made.name_and_version() else { continue };
            if made.is_stub {
                let own = there.keys().filter(|unit| unit.package == name && self.begun_since(unit, before.started));
                did.stubs.extend(own.cloned());
                continue;
            }
            let Some(unit) = Unit::of_path(&made.path, self.dir, &by_hash) else {
                // A dynamic library may have no hash in its name.
                let from = if made.fresh { From::Fresh } else { From::Compiled };
                let bytes = std::fs::metadata(&made.path).map_or(0, |it| it.len());
                let kind = made.kind.clone();
                rows.push(Row { package: name, version, kind, from, seed: None, bytes, started: None, seconds: None });
                continue;
            };
            let is_new = self.is_new(made, &unit, before);
            let parts = there.get(&unit).cloned().unwrap_or_default();
            rows.push(self.row(made, &unit, &parts, is_new, before, (name, version)));
            if made.is_third_party() {
                did.made.extend(is_new.then(|| unit.clone()));
                did.used.insert(unit);
            }
        }
        self.explain(before, &did, report);
        let trimmed = if keeps { 0 } else { trim::trim(self.dir, &did)? };
        Ok(Report::new(self.words.to_owned(), rows, trimmed))
    }

    /// Returns whether cargo started a unit in this cook. Its message about a build script does not
    /// say whether the script ran, and its message about a stub does not name the unit.
    fn begun_since(&self, unit: &Unit, started: SystemTime) -> bool {
        unit::begun(unit, self.dir).is_some_and(|begun| begun >= started)
    }

    fn row(
        &self,
        made: &Made,
        unit: &Unit,
        parts: &Parts,
        is_new: bool,
        before: &Before,
        (package, version): (String, String),
    ) -> Row {
        let seed = before.seeded.units.get(unit).filter(|_| !is_new);
        let stored = before.fetched.units.get(unit).filter(|_| !is_new);
        let from = match (is_new, seed, stored) {
            (true, ..) => From::Compiled,
            (false, None, None) => From::Fresh,
            (false, Some(_), _) => From::Seed,
            (false, None, Some(_)) => From::Store,
        };
        // A unit from the store has one mtime.
        let seconds = match stored.and_then(|record| record.milliseconds) {
            Some(milliseconds) => Some(Duration::from_millis(milliseconds).as_secs_f64()),
            None => unit::seconds(unit, self.dir),
        };
        let started = unit::begun(unit, self.dir).filter(|_| is_new);
        Row {
            package,
            version,
            kind: made.kind.clone(),
            from,
            seed: seed.map(|index| before.seeds[*index].display().to_string()),
            bytes: unit::bytes(parts, self.dir),
            // A file system may round mtimes down.
            started: started.map(|at| at.duration_since(self.began).unwrap_or_default().as_secs_f64()),
            seconds,
        }
    }

    /// Explains a seed that was not useful.
    fn explain(&self, before: &Before, did: &Did, report: report::Report) {
        let mut by_seed = BTreeMap::<usize, Vec<&Unit>>::new();
        for (unit, seed) in &before.seeded.units {
            by_seed.entry(*seed).or_default().push(unit);
        }
        for (seed, came) in by_seed {
            let is_used = |unit: &&Unit| did.used.contains(*unit) && !did.made.contains(*unit);
            if !came.iter().any(is_used) {
                let why = seed::why_unused(came[0], did.made.first(), self.dir);
                let name = crate::path::display(&before.seeds[seed], &self.environment.here);
                report.note(&format!("nothing of seed `{name}` could be used: {why}"));
            }
        }
    }
}

/// Returns the lockfile entry of a unit, or `None` if several entries have its name and version and
/// cargo's id does not decide.
fn locked<'a>(lock: &'a Lockfile, made: &Made) -> Option<&'a LockedPackage> {
    let (name, version) = made.name_and_version()?;
    let is_same = |it: &&LockedPackage| it.source.is_some() && it.name == name && it.version == version;
    let same: Vec<&LockedPackage> = lock.packages.iter().filter(is_same).collect();
    let is_its = |it: &&&LockedPackage| it.source.as_ref().is_some_and(|source| made.package.is_from(source));
    if let [only] = same[..] { Some(only) } else { same.iter().find(is_its).copied() }
}
