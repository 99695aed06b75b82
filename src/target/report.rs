//! The report of a cook, for `--report`.
//!
//! In: a row for each unit of a third-party or carried package. Out: JSON, described in
//! docs/report.md. `crate::page` makes a page of the same rows. Touches nothing.

use super::machine::Machine;
use serde::Serialize;

/// The version of the report. A change that could break a reader increases it.
pub const FORMAT: u32 = 2;

/// A whole cook.
#[derive(Debug, Serialize)]
pub struct Report {
    format: u32,
    /// The cooked build, as a command of cargo.
    build: String,
    /// The seconds from the start of the command to the end of this build.
    seconds: f64,
    /// How many units had which result.
    units: Counts,
    /// The seconds that cargo once spent on the units that it did not compile now, as far as known.
    saved_seconds: f64,
    /// What it was cooked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Machine>,
    rows: Vec<Row>,
}

/// The number of units of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// cargo compiled or ran them.
    pub compiled: usize,
    /// cargo found them fresh, and they were there before.
    pub fresh: usize,
    /// cargo found them fresh, and they came from a seed.
    pub seeded: usize,
    /// cargo found them fresh, and they came from the store.
    pub stored: usize,
    /// They were removed, because nothing uses them any more.
    pub trimmed: usize,
}

impl Counts {
    /// The counts for the last line of a cook.
    pub fn words(&self) -> String {
        let is_fresh_told = self.fresh > 0 || self.seeded + self.stored == 0;
        let fresh = is_fresh_told.then(|| format!("{} fresh", self.fresh));
        let seeded = (self.seeded > 0).then(|| format!("{} seeded", self.seeded));
        let stored = (self.stored > 0).then(|| format!("{} stored", self.stored));
        let words: Vec<String> =
            [Some(format!("{} compiled", self.compiled)), fresh, seeded, stored].into_iter().flatten().collect();
        words.join(", ")
    }
}

/// One unit.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// cargo's name for the kind of the target, such as `lib`, or `run-build-script`.
    pub kind: String,
    /// Its result.
    pub from: From,
    /// The seed it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// The size of all of its files.
    pub bytes: u64,
    /// The seconds from the start of the command to cargo's start of the unit, if it was compiled
    /// or run now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<f64>,
    /// The time that cargo spent on it, now or when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

impl Row {
    /// Returns package, version, and what the unit is, unless it is a library.
    pub fn title(&self) -> String {
        let what = match self.kind.as_str() {
            "custom-build" => " (build script)",
            "run-build-script" => " (run of its build script)",
            "proc-macro" => " (proc-macro)",
            _ => "",
        };
        format!("{} {}{what}", self.package, self.version)
    }
}

/// The result of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// Compiled or run now.
    Compiled,
    /// Fresh, and there before.
    Fresh,
    /// From a seed.
    Seed,
    /// From the store.
    Store,
}

impl Report {
    /// Returns the report of these rows, with the slowest unit first.
    pub fn new(build: String, mut rows: Vec<Row>, trimmed: usize) -> Self {
        let count = |from| rows.iter().filter(|row| row.from == from).count();
        let units = Counts {
            compiled: count(From::Compiled),
            fresh: count(From::Fresh),
            seeded: count(From::Seed),
            stored: count(From::Store),
            trimmed,
        };
        // An empty sum of floating-point numbers is -0.
        let saved =
            rows.iter().filter(|row| row.from != From::Compiled).filter_map(|row| row.seconds).sum::<f64>() + 0.0;
        rows.sort_by(|a, b| {
            let names = (&a.package, &a.version, &a.kind).cmp(&(&b.package, &b.version, &b.kind));
            b.seconds.unwrap_or(0.0).total_cmp(&a.seconds.unwrap_or(0.0)).then(names)
        });
        Report { format: FORMAT, build, seconds: 0.0, units, saved_seconds: saved, environment: None, rows }
    }

    /// Returns the report with the seconds since the start of the command.
    #[must_use]
    pub fn after(self, seconds: f64) -> Self {
        Report { seconds, ..self }
    }

    /// Joins this report and that of a later build. A unit that the earlier build left fresh for
    /// the later one has one row.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let same =
            |a: &Row, b: &Row| (&a.package, &a.version, &a.kind, a.bytes) == (&b.package, &b.version, &b.kind, b.bytes);
        let mut open: Vec<&Row> = self.rows.iter().collect();
        let is_new = |row: &Row| {
            let known = open.iter().position(|known| row.from == From::Fresh && same(known, row));
            known.map(|i| open.swap_remove(i)).is_none()
        };
        let mut more = later.rows;
        more.retain(is_new);
        let trimmed = self.units.trimmed + later.units.trimmed;
        let rows = self.rows.into_iter().chain(more).collect();
        let joined = Report::new(format!("{} && {}", self.build, later.build), rows, trimmed);
        Report { environment: later.environment, ..joined }
    }

    /// Returns this report with the environment of its cook.
    #[must_use]
    pub fn on(self, machine: Machine) -> Self {
        Report { environment: Some(machine), ..self }
    }

    /// Returns the counts.
    pub fn units(&self) -> Counts {
        self.units
    }

    /// Returns the command of the build, or of several joined by `&&`.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Returns the seconds from the start of the command to the end of the last build.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Returns the units, the slowest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the seconds that cargo once spent on all units, as far as known. The next build
    /// does not spend them again.
    pub fn seconds_of_all(&self) -> f64 {
        // An empty sum of floating-point numbers is -0.
        self.rows.iter().filter_map(|row| row.seconds).sum::<f64>() + 0.0
    }

    /// Returns the seconds of compilation that were saved.
    pub fn saved_seconds(&self) -> f64 {
        self.saved_seconds
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("rows become JSON");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_saved_is_zero_without_a_sign() {
        let report = Report::new("cargo build".to_owned(), Vec::new(), 0);
        assert!(report.to_text().contains("\"saved_seconds\": 0.0"), "{}", report.to_text());
    }
}
