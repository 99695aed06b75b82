//! Prints the result of a verification.
//!
//! In: verdicts and their words. Out: lines or JSON on stdout. Writes nothing else.

use super::cause::{Cause, Stale};
use super::decide::Verdict;
use super::words::{self, Context};
use crate::error::Result;
use crate::report::wrapped;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// How many units a line lists.
const NAMED: usize = 3;
/// The version of the JSON.
const FORMAT: u32 = 1;

/// A result.
#[derive(Debug, Serialize)]
pub struct Report {
    format: u32,
    build: String,
    cooked: Option<String>,
    units: Counts,
    causes: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct Counts {
    fresh: usize,
    stale: usize,
}

/// Units with one cause.
#[derive(Debug, Serialize)]
struct Group {
    message: String,
    help: String,
    units: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Row {
    package: String,
    version: String,
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    /// Units that are only affected by their dependencies.
    depends: bool,
}

impl Report {
    /// Groups verdicts by their causes.
    pub fn new(
        verdicts: &BTreeMap<&String, Verdict>,
        stale: &BTreeMap<String, Stale>,
        all: usize,
        context: &Context<'_>,
    ) -> Self {
        let mut by_cause = BTreeMap::<&Cause, Vec<Row>>::new();
        for (hash, verdict) in verdicts {
            let Some(unit) = stale.get(*hash) else { continue };
            for (cause, about) in &verdict.causes {
                let about = if verdict.is_inherited { String::new() } else { about.clone() };
                by_cause.entry(cause).or_default().push(Row {
                    package: unit.package.clone(),
                    version: unit.version.clone(),
                    kind: unit.record.kind().to_owned(),
                    about,
                    depends: verdict.is_inherited,
                });
            }
        }
        let group = |(cause, mut units): (&Cause, Vec<Row>)| {
            units.sort_by(|a, b| (a.depends, a).cmp(&(b.depends, b)));
            let (message, help) = words::of(cause, context);
            Group { message, help, units }
        };
        let mut causes: Vec<Group> = Vec::new();
        for mut next in by_cause.into_iter().map(group) {
            // Two causes may have the same words.
            match causes.iter_mut().find(|it| it.message == next.message) {
                Some(same) => same.units.append(&mut next.units),
                None => causes.push(next),
            }
        }
        Report {
            format: FORMAT,
            build: context.now.words.clone(),
            cooked: context.cooked.map(|build| build.words.clone()),
            units: Counts { fresh: all.saturating_sub(verdicts.len()), stale: verdicts.len() },
            causes,
        }
    }

    /// Writes the result as JSON.
    ///
    /// # Errors
    /// stdout is closed.
    pub fn write_json(&self, stdout: &mut dyn Write) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("lists of texts become JSON");
        writeln!(stdout, "{text}")?;
        Ok(())
    }

    /// Writes the result for people in lines of at most `columns`. With `is_verbose`, lists every
    /// unit.
    ///
    /// # Errors
    /// stdout is closed.
    pub fn write(&self, is_verbose: bool, columns: usize, stdout: &mut dyn Write) -> Result<()> {
        let wrapped = |line: &str| wrapped(line, columns, 0);
        for (i, group) in self.causes.iter().enumerate() {
            writeln!(stdout, "{}", wrapped(&group.message))?;
            let lines = if is_verbose { group.all() } else { vec![group.counted()] };
            for line in lines {
                writeln!(stdout, "{}", wrapped(&format!("    {line}")))?;
            }
            // One help may be for several causes.
            if self.causes.get(i + 1).is_none_or(|next| next.help != group.help) {
                writeln!(stdout, "{}", wrapped(&format!("help: {}", group.help)))?;
            }
        }
        Ok(())
    }

    /// Returns whether everything is fresh.
    pub fn is_fresh(&self) -> bool {
        self.units.stale == 0
    }

    /// Returns the number of units of each kind, in words.
    pub fn counts(&self) -> String {
        let all = self.units.fresh + self.units.stale;
        match self.units.stale {
            0 if all == 0 => format!("`{}` has no third-party units", self.build),
            0 => format!("`{}` finds all {all} third-party units fresh", self.build),
            stale => format!("`{}` would compile {stale} of {all} third-party units", self.build),
        }
    }
}

impl Group {
    /// `3 units: alpha 1.0.0, …`.
    fn counted(&self) -> String {
        let own: BTreeSet<String> = self.units.iter().filter(|row| !row.depends).map(Row::label).collect();
        let depends: BTreeSet<String> = self.units.iter().filter(|row| row.depends).map(Row::label).collect();
        let (named, lead) = if own.is_empty() { (&depends, "") } else { (&own, "and what depends on them") };
        let names = named.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = named.len().checked_sub(NAMED).filter(|more| *more > 0);
        let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
        let plural = if self.units.len() == 1 { "" } else { "s" };
        let lead = if depends.is_empty() || lead.is_empty() { String::new() } else { format!(", {lead}") };
        format!("{} unit{plural}: {names}{more}{lead}", self.units.len())
    }

    /// Writes a line for each unit.
    fn all(&self) -> Vec<String> {
        let line = |row: &Row| {
            let depends = if row.depends { ", which depends on others" } else { "" };
            format!("{} ({}{depends})", row.label(), row.kind)
        };
        self.units.iter().map(line).collect()
    }
}

impl Row {
    fn label(&self) -> String {
        format!("{} {}{}", self.package, self.version, self.about)
    }
}
