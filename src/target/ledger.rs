//! Which units cook itself has made or brought, and which of them its recipes still use.
//!
//! In: the text of a ledger, and what one cook did. Out: the ledger after it, and the units that nothing needs any more. A
//! value; reading and writing is `trim.rs`'s.
//!
//! Only what stands in a ledger may be removed, so builds of the user lose nothing. Each build that is cooked for (project
//! and flags) has an entry of its own: whoever alternates between two keeps both, and a new recipe for one of them takes
//! the place of its old one.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format of the file.
const FORMAT: u32 = 1;

/// The units of a target directory that are cook's.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    format: u32,
    /// By build that was cooked for, the units that it used.
    used: BTreeMap<String, BTreeSet<String>>,
    /// What cook has made or brought.
    ours: BTreeSet<String>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger { format: FORMAT, used: BTreeMap::new(), ours: BTreeSet::new() }
    }
}

impl Ledger {
    /// Reads a ledger; one that is broken or of another format is as none, so that nothing is removed.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).ok().filter(|ledger: &Ledger| ledger.format == FORMAT).unwrap_or_default()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.ours.is_empty() && self.used.values().all(BTreeSet::is_empty)
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("sets of strings become JSON");
        text.push('\n');
        text
    }

    /// Adds units that cook is about to bring, or has made.
    pub fn claim(&mut self, units: impl IntoIterator<Item = String>) {
        self.ours.extend(units);
    }

    /// Notes what `build` uses now.
    pub fn note(&mut self, build: &str, used: BTreeSet<String>) {
        self.used.insert(build.to_owned(), used);
    }

    /// The units of cook's that no build uses.
    pub fn idle(&self) -> BTreeSet<String> {
        let used: BTreeSet<&String> = self.used.values().flatten().collect();
        self.ours.iter().filter(|unit| !used.contains(unit)).cloned().collect()
    }

    /// Forgets units that are gone.
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
        // A new recipe for the same build takes the place of the old one; the other build keeps its units.
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
