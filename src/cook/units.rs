//! The door between a cook and the units in its target directory.
//!
//! In: seeds before cargo starts, and cargo's messages after it. Out: units brought and trimmed, and a report of all. What
//! is decided and done is `crate::target`'s.

use super::cargo::Made;
use crate::environment::Environment;
use crate::error::Result;
use crate::recipe::skeleton::{self, Files};
use crate::report;
use crate::target::report::{From, Report, Row};
use crate::target::seed::{self, Seeded, Wanted};
use crate::target::trim::{self, Did};
use crate::target::unit::{self, Parts};
use crate::target::{Unit, units};
use crate::workspace::lockfile;
use crate::workspace::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The variable that names seeds, separated as the directories in PATH are.
const VARIABLE: &str = "LARDER_SEED";

/// A cook, as far as its units are concerned.
pub struct Units<'a> {
    /// The skeleton.
    pub files: &'a Files,
    /// How cargo builds it.
    pub build: &'a Scope,
    /// Where cargo keeps units.
    pub dir: &'a Path,
    /// The root of the project.
    pub root: &'a Path,
    /// The surroundings of the process.
    pub environment: &'a Environment,
    /// The build that is cooked for, in words.
    pub words: &'a str,
}

/// What came before cargo started, and when it did.
pub struct Before {
    seeded: Seeded,
    seeds: Vec<PathBuf>,
    started: SystemTime,
}

impl Units<'_> {
    /// Brings units from the seeds that are named, on the command line or by the variable.
    ///
    /// # Errors
    /// The target directory cannot be written to, or what `check` says.
    pub fn before(&self, named: &[PathBuf], report: report::Report, check: &dyn Fn() -> Result<()>) -> Result<Before> {
        let by_variable = self.environment.var_os(VARIABLE).filter(|_| named.is_empty()).unwrap_or_default();
        let by_variable = std::env::split_paths(by_variable).filter(|dir| !dir.as_os_str().is_empty());
        let seeds: Vec<PathBuf> =
            named.iter().cloned().chain(by_variable).map(|dir| self.environment.here.join(dir)).collect();
        seed::clear(self.dir);
        let mut seeded = Seeded::default();
        if !seeds.is_empty() {
            let lock = lockfile::parse("Cargo.lock", skeleton::text(self.files, "Cargo.lock").unwrap_or_default())?;
            let names = |is_local: bool| -> BTreeSet<String> {
                let of = lock.packages.iter().filter(|package| package.source.is_none() == is_local);
                of.map(|package| package.name.clone()).collect()
            };
            let home = self.environment.cargo_home().unwrap_or_default();
            let wanted = Wanted {
                packages: &names(false),
                local: &names(true),
                profile_dir: profile_dir(self.build.profile.as_deref()),
                target_dir: self.dir,
                root: self.root,
                cargo_home: &fs_err::canonicalize(&home).unwrap_or(home),
                here: &self.environment.here,
            };
            seeded = seed::bring(&seeds, &wanted, check)?;
            trim::claim(self.dir, seeded.units.keys())?;
        }
        for note in &seeded.notes {
            report.note(note);
        }
        Ok(Before { seeded, seeds, started: SystemTime::now() })
    }

    /// Trims, unless `keeps` is set, and reports.
    ///
    /// # Errors
    /// A unit that cannot be removed.
    pub fn after(&self, before: &Before, made: &[Made], keeps: bool, report: report::Report) -> Result<Report> {
        let there = units(self.dir, &|_| true);
        let mut did = Did { build: format!("{}: {}", self.root.display(), self.words), ..Did::default() };
        let mut rows = Vec::new();
        for made in made {
            let Some((name, version)) = made.name_and_version() else { continue };
            if made.is_stub {
                let own = there.keys().filter(|unit| unit.package == name && self.begun_since(unit, before.started));
                did.stubs.extend(own.cloned());
            } else if let Some(unit) = Unit::of_path(&made.path, self.dir).filter(|_| made.is_third_party()) {
                let is_new = if made.is_run { self.begun_since(&unit, before.started) } else { !made.fresh };
                let parts = there.get(&unit).cloned().unwrap_or_default();
                rows.push(self.row(made, &unit, &parts, is_new, before, (name, version)));
                if is_new {
                    did.made.insert(unit.clone());
                }
                did.used.insert(unit);
            }
        }
        self.explain(before, &did, report);
        let trimmed = if keeps { 0 } else { trim::trim(self.dir, &did)? };
        Ok(Report::new(self.words.to_owned(), rows, trimmed))
    }

    /// Whether cargo has begun a unit in this cook. Its message of a build script does not say whether that was run, nor
    /// that of a stub which unit it is.
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
        let from = match (is_new, seed) {
            (true, _) => From::Compiled,
            (false, None) => From::Fresh,
            (false, Some(_)) => From::Seed,
        };
        Row {
            package,
            version,
            kind: made.kind.clone(),
            from,
            seed: seed.map(|index| before.seeds[*index].display().to_string()),
            bytes: unit::bytes(parts, self.dir),
            seconds: unit::seconds(unit, self.dir),
        }
    }

    /// Says of a seed of which nothing was of use why that may be.
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

/// The directory that a profile builds in (`Profiles::new` in cargo's `core/profiles.rs`).
fn profile_dir(profile: Option<&str>) -> &str {
    match profile {
        None | Some("dev" | "test") => "debug",
        Some("bench") => "release",
        Some(name) => name,
    }
}
