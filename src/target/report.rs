//! What a cook did, for `--report`.
//!
//! In: a row for each third-party unit. Out: JSON, described in docs/seeds.md. Touches nothing.

use serde::Serialize;

/// The version of the report. Any change that a reader could stumble over makes it another.
pub const FORMAT: u32 = 1;

/// A whole cook.
#[derive(Debug, Serialize)]
pub struct Report {
    format: u32,
    /// The build that was cooked for, as a command of cargo.
    build: String,
    /// What became of how many units.
    units: Counts,
    /// The seconds that cargo once spent on the units which it had not to compile, as far as known.
    saved_seconds: f64,
    rows: Vec<Row>,
}

/// How many units went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// cargo compiled or ran them.
    pub compiled: usize,
    /// cargo found them fresh, as they stood there before.
    pub fresh: usize,
    /// cargo found them fresh, as they came from a seed.
    pub seeded: usize,
    /// cargo found them fresh, as they came from the store.
    pub stored: usize,
    /// Nothing used them any more.
    pub trimmed: usize,
}

/// One unit.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// cargo's word for the target, such as `lib`, or `run-build-script`.
    pub kind: String,
    /// Which way it went.
    pub from: From,
    /// The seed it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// What all of its files hold.
    pub bytes: u64,
    /// What cargo spent on it, now or when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Which way a unit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// Compiled, or run, now.
    Compiled,
    /// There before.
    Fresh,
    /// From a seed.
    Seed,
    /// From the store.
    Store,
}

impl Report {
    /// The report of these rows, most time first.
    pub fn new(build: String, mut rows: Vec<Row>, trimmed: usize) -> Self {
        let count = |from| rows.iter().filter(|row| row.from == from).count();
        let units = Counts {
            compiled: count(From::Compiled),
            fresh: count(From::Fresh),
            seeded: count(From::Seed),
            stored: count(From::Store),
            trimmed,
        };
        let saved = rows.iter().filter(|row| row.from != From::Compiled).filter_map(|row| row.seconds).sum();
        rows.sort_by(|a, b| {
            let names = (&a.package, &a.version, &a.kind).cmp(&(&b.package, &b.version, &b.kind));
            b.seconds.unwrap_or(0.0).total_cmp(&a.seconds.unwrap_or(0.0)).then(names)
        });
        Report { format: FORMAT, build, units, saved_seconds: saved, rows }
    }

    /// This report and that of a later build. What the earlier build left, the later one finds fresh: such a unit has one row.
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
        Report::new(format!("{} && {}", self.build, later.build), self.rows.into_iter().chain(more).collect(), trimmed)
    }

    /// The counts.
    pub fn units(&self) -> Counts {
        self.units
    }

    /// The seconds of compilation that did not have to be spent.
    pub fn saved_seconds(&self) -> f64 {
        self.saved_seconds
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("rows become JSON");
        text.push('\n');
        text
    }
}
