//! Decides which usable records are restored.
//!
//! In: records whose conditions hold, and what is in the target directory. Out: the records to
//! restore, each after those that it was compiled against. A pure decision.
//!
//! A unit is restored only with exactly the units that it was compiled against, byte for byte. They
//! are restored too, or already there. cargo alone would not see a difference, because its hash of
//! a unit does not contain the results of build scripts.

use super::record::Record;
use crate::digest::Digest;
use std::collections::BTreeMap;

/// Returns the records to restore. `stands` returns the object of a unit in the target directory,
/// by its key in a ledger. A unit that is already there is not restored.
pub fn choose<'a>(records: &'a [Record], stands: &dyn Fn(&str) -> Option<Digest>) -> Vec<&'a Record> {
    let mut wanted = BTreeMap::<(&str, &Digest), usize>::new();
    for (unit, object) in records.iter().flat_map(|record| &record.dependencies) {
        *wanted.entry((unit, object)).or_default() += 1;
    }
    // Of two records of the same unit, the one that more units were compiled against wins, else the
    // first.
    let keys: Vec<String> = records.iter().map(|record| record.unit.key()).collect();
    let mut open: Vec<usize> = (0..records.len()).collect();
    open.sort_by_key(|i| {
        std::cmp::Reverse(wanted.get(&(keys[*i].as_str(), &records[*i].object)).copied().unwrap_or(0))
    });

    let mut there = BTreeMap::<String, Option<Digest>>::new();
    let mut chosen = Vec::new();
    loop {
        let before = chosen.len();
        open.retain(|i| {
            let record = &records[*i];
            let mut at = |unit: &str| there.entry(unit.to_owned()).or_insert_with(|| stands(unit)).clone();
            if at(&keys[*i]).is_some() {
                return false;
            }
            if !record.dependencies.iter().all(|(unit, object)| at(unit).as_ref() == Some(object)) {
                return true;
            }
            there.insert(keys[*i].clone(), Some(record.object.clone()));
            chosen.push(record);
            false
        });
        if chosen.len() == before {
            return chosen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::{Circumstances, FORMAT};
    use crate::target::Unit;
    use crate::target::unit::Layout;

    /// Returns a record of `unit`, whose object is `content`, compiled against other units with
    /// their contents.
    fn record(unit: &str, content: &str, against: &[(&str, &str)]) -> Record {
        Record {
            format: FORMAT,
            key: Digest::of(b"key"),
            package: unit.to_owned(),
            version: "1.0.0".to_owned(),
            kind: "lib".to_owned(),
            unit: of(unit),
            object: Digest::of(content.as_bytes()),
            bytes: 1,
            milliseconds: None,
            dependencies: against
                .iter()
                .map(|(unit, content)| (of(unit).key(), Digest::of(content.as_bytes())))
                .collect(),
            circumstances: Circumstances::default(),
        }
    }

    fn of(unit: &str) -> Unit {
        let [profile, package, hash] = ["release", unit, "0123456789abcdef"].map(str::to_owned);
        Unit { profile, package, hash, layout: Layout::Spread }
    }

    #[track_caller]
    fn check(records: &[Record], standing: &[(&str, &str)], expected: &[&str]) {
        let stands = |key: &str| {
            let found = standing.iter().find(|(unit, _)| of(unit).key() == key);
            found.map(|(_, content)| Digest::of(content.as_bytes()))
        };
        let chosen: Vec<&str> = choose(records, &stands).into_iter().map(|record| record.package.as_str()).collect();
        assert_eq!(chosen, expected);
    }

    #[test]
    fn what_a_unit_was_compiled_against_comes_before_it() {
        check(&[record("a", "a", &[("b", "b")]), record("b", "b", &[])], &[], &["b", "a"]);
    }

    #[test]
    fn a_unit_stays_behind_without_just_what_it_was_compiled_against() {
        let a = record("a", "a", &[("b", "b")]);
        check(std::slice::from_ref(&a), &[], &[]);
        check(&[a.clone(), record("b", "other", &[])], &[], &["b"]);
        check(std::slice::from_ref(&a), &[("b", "other")], &[]);
        check(&[a], &[("b", "b")], &["a"]);
    }

    #[test]
    fn what_stands_there_does_not_come() {
        check(&[record("a", "new", &[])], &[("a", "old")], &[]);
    }

    #[test]
    fn of_two_variants_the_one_comes_that_others_need() {
        let records = [record("b", "1", &[]), record("b", "2", &[]), record("a", "a", &[("b", "2")])];
        check(&records, &[], &["b", "a"]);
    }
}
