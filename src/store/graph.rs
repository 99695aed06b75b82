//! What units were compiled against, as cargo's own records tell.
//!
//! In: units in a target directory. Out: a [`Graph`]. Reads cargo's records and writes nothing.
//!
//! cargo's record of a unit names everything below it by the hash of its fingerprint
//! (`DepFingerprint` in cargo's `fingerprint/mod.rs`). Two units of one graph have different ones.

use crate::target::records::{entries, name_of};
use crate::target::unit::Unit;
use std::collections::BTreeMap;
use std::path::Path;

/// Units, and what each was compiled against.
pub struct Graph<'a> {
    /// The units by the directory of their profile and the hash of their fingerprint.
    by_hash: BTreeMap<(&'a str, u64), &'a Unit>,
    /// The hashes that the record of each unit names.
    below: BTreeMap<&'a Unit, Vec<u64>>,
}

impl<'a> Graph<'a> {
    /// Reads the records of these units.
    pub fn of(units: impl Iterator<Item = &'a Unit>, target_dir: &Path) -> Self {
        let mut graph = Graph { by_hash: BTreeMap::new(), below: BTreeMap::new() };
        for unit in units {
            let Some((hash, record)) = fingerprint(unit, target_dir) else { continue };
            graph.by_hash.insert((profile_name(unit), hash), unit);
            graph.below.extend(hashes(&record).map(|hashes| (unit, hashes)));
        }
        graph
    }

    /// Returns what a unit was compiled against, or `None` if one of these units is not in the
    /// graph.
    pub fn below(&self, unit: &Unit) -> Option<Vec<&'a Unit>> {
        let hashes = self.below.get(unit)?.iter();
        hashes.map(|hash| self.by_hash.get(&(profile_name(unit), *hash)).copied()).collect()
    }
}

fn profile_name(unit: &Unit) -> &str {
    unit.profile.rsplit('/').next().unwrap_or(&unit.profile)
}

/// Returns the hash of a unit's fingerprint, and its record (`write_fingerprint` in cargo's
/// `fingerprint/mod.rs`).
fn fingerprint(unit: &Unit, target_dir: &Path) -> Option<(u64, serde_json::Value)> {
    let files = entries(&target_dir.join(unit.record()));
    let json = files.iter().find(|path| path.extension().is_some_and(|it| it == "json"))?;
    let hash = files.iter().find(|path| Some(name_of(path).as_str()) == json.file_stem().and_then(|it| it.to_str()))?;
    let digits = fs_err::read_to_string(hash).ok()?;
    // Little-endian (`to_hex` in cargo's `util/hex.rs`).
    let hash = u64::from_str_radix(digits.trim(), 16).ok()?.swap_bytes();
    Some((hash, serde_json::from_slice(&fs_err::read(json).ok()?).ok()?))
}

/// Returns the hashes of the fingerprints that a record names.
fn hashes(record: &serde_json::Value) -> Option<Vec<u64>> {
    record.get("deps")?.as_array()?.iter().map(|dependency| dependency.get(3)?.as_u64()).collect()
}
