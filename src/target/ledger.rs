//! The ledger of a target directory: the units that cook made or copied, and those that its recipes
//! still use.
//!
//! In: the text of a ledger, and what one cook did. Out: the ledger after it, and the unused units.
//! A value that touches nothing; `trim.rs` reads and writes it.
//!
//! Only units in a ledger may be removed, so the user's own builds lose nothing. Each cooked build
//! (project and flags) has its own entry. Therefore a user who alternates between two builds keeps
//! the units of both. A new recipe for a build replaces its old entry.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format of the file.
const FORMAT: u32 = 1;

/// The units of a target directory that belong to cook.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    format: u32,
    /// The units that each cooked build used.
    used: BTreeMap<String, BTreeSet<String>>,
    /// The units that cook made or copied.
    ours: BTreeSet<String>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger { format: FORMAT, used: BTreeMap::new(), ours: BTreeSet::new() }
    }
}

impl Ledger {
    /// Parses a ledger. A broken one, or one of another format, counts as empty, so that nothing is
    /// removed.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).ok().filter(|ledger: &Ledger| ledger.format == FORMAT).unwrap_or_default()
    }

    /// Returns whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.ours.is_empty() && self.used.values().all(BTreeSet::is_empty)
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("sets of strings become JSON");
        text.push('\n');
        text
    }

    /// Adds units that cook is about to copy, or has made.
    pub fn claim(&mut self, units: impl IntoIterator<Item = String>) {
        self.ours.extend(units);
    }

    /// Sets the units that `build` uses now.
    pub fn note(&mut self, build: &str, used: BTreeSet<String>) {
        self.used.insert(build.to_owned(), used);
    }

    /// Returns the units that a build uses.
    pub fn used(&self) -> BTreeSet<String> {
        self.used.values().flatten().cloned().collect()
    }

    /// Returns the units of cook that no build uses.
    pub fn idle(&self) -> BTreeSet<String> {
        let used: BTreeSet<&String> = self.used.values().flatten().collect();
        self.ours.iter().filter(|unit| !used.contains(unit)).cloned().collect()
    }

    /// Removes missing units.
    pub fn forget(&mut self, gone: &BTreeSet<String>) {
        self.ours.retain(|unit| !gone.contains(unit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(units: &[&str]) -> BTreeSet<String> {
        units.iter().map(|unit| (*unit).to_owned()).collect()
    }

    #[test]
    fn only_units_of_cook_that_no_build_uses_are_idle() {
        let mut ledger = Ledger::default();
        ledger.claim(set(&["a", "b", "c"]));
        ledger.note("release", set(&["a", "theirs"]));
        ledger.note("dev", set(&["b"]));
        assert_eq!(ledger.idle(), set(&["c"]));
        // A new recipe for the same build replaces its old entry. The other build keeps its units.
        ledger.note("release", set(&["c"]));
        assert_eq!(ledger.idle(), set(&["a"]));
        ledger.forget(&set(&["a"]));
        assert_eq!(ledger.idle(), set(&[]));
    }

    #[test]
    fn a_ledger_is_read_back_and_a_broken_one_is_none() {
        let mut ledger = Ledger::default();
        ledger.claim(set(&["a"]));
        ledger.note("dev", set(&["a"]));
        assert_eq!(Ledger::parse(&ledger.to_text()), ledger);
        for text in ["", "{", "{\"format\":2,\"used\":{},\"ours\":[\"a\"]}"] {
            assert_eq!(Ledger::parse(text), Ledger::default());
        }
    }
}
