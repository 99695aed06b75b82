//! Stores units after cargo has made them.
//!
//! In: the third-party units that a build used, in a target directory. Out: objects and records in
//! the store, and a line about a failure. Reads the target directory and writes to the store.
//!
//! Only units that this cook, or one that was killed, saw being made get a record: for others,
//! nobody knows what was around them. A unit that was there before and has a record keeps it. Such
//! a unit costs no more than the times of its files.
//!
//! Objects are written first and records last. If the program is killed in between, or the disk is
//! full, only objects without records are left. Nobody finds them, and they are removed when the
//! store is full.

use super::fetch::{Fetched, key};
use super::graph::Graph;
use super::holder::OBJECTS;
use super::known::{Object, stamp};
use super::record::{Circumstances, FORMAT, Record};
use super::several::{Packing, Put, pack_all};
use super::watch::{self, Looked, Watched, digest_of_path};
use super::{Store, evict};
use crate::digest::Digest;
use crate::error::Result;
use crate::target::unit::{self, Parts, Unit};
use crate::workspace::lockfile::LockedPackage;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Records that were put less than this ago need not be put again to count as used.
const RECENT: Duration = Duration::from_secs(60 * 60);

/// A unit that cargo made or found.
pub struct Used<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// The lockfile entry of its package.
    pub package: &'a LockedPackage,
    /// cargo's name for the kind of its target.
    pub kind: &'a str,
    /// Whether cargo made it in this build.
    pub is_new: bool,
    /// Whether it came from a seed.
    pub is_seeded: bool,
}

/// Stores the units that were made and shrinks the store to its limit. Returns a line about a
/// failure. Calls `check` between two units.
///
/// # Errors
/// `check` fails.
pub fn keep(
    store: &Store,
    used: &[Used<'_>],
    there: &BTreeMap<Unit, Parts>,
    fetched: &Fetched,
    check: &dyn Fn() -> Result<()>,
) -> Result<Vec<String>> {
    let mut keeping = Keeping {
        store,
        there,
        fetched,
        made: BTreeSet::new(),
        objects: BTreeMap::new(),
        records: BTreeMap::new(),
        stored: BTreeSet::new(),
        put: BTreeSet::new(),
        has_put: false,
    };
    keeping.recall(used);
    // Whatever ends this, what has been put by then serves.
    let objects = keeping.objects(used, check)?;
    let mut records = keeping.records(used);
    if is_full(&objects) || is_full(&records) {
        let _ = evict::make_room(&*store.holder, &keeping.put);
        if is_full(&records) {
            records = keeping.records(used);
        }
    }
    fetched.known.write(there.keys());
    let mut notes = Vec::new();
    if let Err(error) = objects.and(records) {
        notes.push(format!("the store `{}` does not keep what was built: {error}", store.name));
    }
    if keeping.has_put {
        if let Err(error) = evict::to_size(&*store.holder, store.limit) {
            notes.push(format!("the store `{}` could not be brought to its size: {error}", store.name));
        }
    }
    Ok(notes)
}

fn is_full(result: &io::Result<()>) -> bool {
    let kind = result.as_ref().err().map(io::Error::kind);
    kind.is_some_and(|kind| [ErrorKind::StorageFull, ErrorKind::QuotaExceeded].contains(&kind))
}

struct Keeping<'a> {
    store: &'a Store,
    there: &'a BTreeMap<Unit, Parts>,
    fetched: &'a Fetched,
    /// The units that a cook saw being made, and that have no record yet.
    made: BTreeSet<&'a Unit>,
    /// What units are as objects, as far as known or needed.
    objects: BTreeMap<&'a Unit, Object>,
    /// The records of units that came from the store, or that an earlier cook has kept.
    records: BTreeMap<&'a Unit, Record>,
    /// The units whose objects this cook has put.
    stored: BTreeSet<&'a Unit>,
    /// The names of the records that this cook has used or put.
    put: BTreeSet<String>,
    has_put: bool,
}

impl<'a> Keeping<'a> {
    /// Collects what is known without reading a unit.
    fn recall(&mut self, used: &[Used<'a>]) {
        let (known, dir) = (&self.fetched.known, &self.store.surroundings.target_dir);
        for Used { unit, is_new, is_seeded, .. } in used {
            let Some(parts) = self.there.get(*unit) else { continue };
            let came = self.fetched.units.get(*unit).filter(|_| !is_new);
            if let Some(record) = came {
                let names_target = record.circumstances.target_dir.is_some();
                let object = Object { digest: record.object.clone(), bytes: record.bytes, names_target };
                known.note(unit, stamp(parts, dir), &object, Some(record));
                self.objects.insert(*unit, object);
                self.records.insert(*unit, record.clone());
                continue;
            }
            let row = if *is_new { None } else { known.row(unit, parts) };
            let has_record = row.as_ref().is_some_and(|row| row.record.is_some());
            let is_of_killed = || !has_record && !is_seeded && known.is_of_killed(unit::begun(unit, dir));
            if *is_new || is_of_killed() {
                self.made.insert(*unit);
            }
            if let Some(row) = row {
                self.objects.insert(*unit, row.object);
                self.records.extend(row.record.map(|record| (*unit, record)));
            }
        }
    }

    /// Writes the objects. The outer error is that of `check`.
    fn objects(&mut self, used: &[Used<'a>], check: &dyn Fn() -> Result<()>) -> Result<io::Result<()>> {
        let lost = self.records.iter().filter(|(_, record)| self.is_lost(record)).map(|(unit, _)| *unit);
        let to_put: BTreeSet<&Unit> = self.made.iter().copied().chain(lost).collect();
        // The digest alone is enough for what a new unit was compiled against.
        let graph = self.graph(used);
        let below: BTreeSet<&Unit> = self.made.iter().filter_map(|unit| graph.below(unit)).flatten().collect();
        let to_know = below.into_iter().filter(|unit| !self.objects.contains_key(unit) && !to_put.contains(unit));
        let new: BTreeMap<&Unit, bool> = used.iter().map(|used| (used.unit, used.is_new)).collect();
        let to_pack =
            to_put.iter().copied().map(|unit| (unit, new[unit].into())).chain(to_know.map(|it| (it, Put::No)));
        let to_pack: Vec<(&Unit, &Parts, Put)> =
            to_pack.filter_map(|(unit, put)| Some((unit, self.there.get(unit)?, put))).collect();
        if to_pack.is_empty() {
            return Ok(Ok(()));
        }
        let mut listed = BTreeMap::new();
        if !to_put.is_empty() {
            match self.store.holder.list(OBJECTS) {
                Ok(all) => listed.extend(all.into_iter().map(|listed| (listed.name, listed.bytes))),
                Err(error) => return Ok(Err(error)),
            }
        }
        let packing = Packing { store: self.store, listed: &listed, to_pack: &to_pack };
        let known = &self.fetched.known;
        let (objects, records) = (&mut self.objects, &self.records);
        let (stored, has_put) = (&mut self.stored, &mut self.has_put);
        pack_all(&packing, &mut |at, packed| {
            check()?;
            let (unit, _, put) = to_pack[at];
            if let Some(packed) = packed {
                known.note(unit, packed.stamp, &packed.object, records.get(unit));
                objects.insert(unit, packed.object);
                stored.extend((put != Put::No).then_some(unit));
                *has_put |= packed.is_put;
            }
            Ok(())
        })
    }

    /// Returns whether the store has lost the record of a package that this cook has looked up.
    fn is_lost(&self, record: &Record) -> bool {
        let name = record.name();
        !self.fetched.listed.contains_key(&name) && self.is_looked_up(record)
    }

    fn is_looked_up(&self, record: &Record) -> bool {
        self.fetched.keys.contains(&record.key)
    }

    /// Returns what the used units were compiled against. If none was made, nobody asks.
    fn graph(&self, used: &[Used<'a>]) -> Graph<'a> {
        let used = if self.made.is_empty() { &[] } else { used };
        Graph::of(used.iter().map(|used| used.unit), &self.store.surroundings.target_dir)
    }

    /// Writes the records of new units. Also writes those of other units again if it is long ago,
    /// so that they count as used.
    fn records(&mut self, used: &[Used<'a>]) -> io::Result<()> {
        let looked_up = self.records.iter().filter(|(_, record)| self.is_looked_up(record));
        for (unit, record) in looked_up.map(|(unit, record)| (*unit, record.clone())).collect::<Vec<_>>() {
            let put = self.fetched.listed.get(&record.name());
            if put.is_some_and(|put| is_recent(*put)) {
                self.put.insert(record.name());
            } else if put.is_some() || self.stored.contains(unit) {
                // Where that fails, it is not written for the first time either.
                let _ = self.put_record(&record);
            }
        }
        let around = &self.store.surroundings;
        let looked = Looked::default();
        let (sources, graph) = (self.sources(used), self.graph(used));
        for used in used {
            if !self.made.contains(used.unit) || !self.stored.contains(used.unit) {
                continue;
            }
            let (Some(object), Some(parts)) = (self.objects.get(used.unit), self.there.get(used.unit)) else {
                continue;
            };
            let Some(Source { own, .. }) = sources.get(&id(used.package)) else { continue };
            let Some(dependencies) = self.dependencies(used.unit, &graph) else { continue };
            let watched = Watched::of(used.unit, parts, own.as_deref(), around, &looked);
            let (Some(watched), Some(key)) = (watched, key(used.package, &around.common)) else { continue };
            let record = Record {
                format: FORMAT,
                key,
                package: used.package.name.clone(),
                version: used.package.version.clone(),
                kind: used.kind.to_owned(),
                unit: used.unit.clone(),
                object: object.digest.clone(),
                bytes: object.bytes,
                milliseconds: milliseconds(used.unit, &around.target_dir),
                dependencies,
                circumstances: Circumstances {
                    system: sees_the_system(used.kind).then(|| around.system.clone()),
                    target_dir: object.names_target.then(|| digest_of_path(&around.target_dir)),
                    watched,
                },
            };
            self.fetched.known.note(used.unit, stamp(parts, &around.target_dir), object, Some(&record));
            self.put_record(&record)?;
            self.has_put = true;
        }
        Ok(())
    }

    fn put_record(&mut self, record: &Record) -> io::Result<()> {
        let name = record.name();
        self.store.holder.put(&name, &record.to_bytes())?;
        self.put.insert(name);
        Ok(())
    }

    /// Returns what a unit was compiled against, with the objects, or `None` if one is unknown.
    fn dependencies(&self, unit: &Unit, graph: &Graph<'_>) -> Option<BTreeMap<String, Digest>> {
        let below = graph.below(unit)?.into_iter();
        below.map(|below| Some((below.key(), self.objects.get(below)?.digest.clone()))).collect()
    }

    /// Returns the directory of the sources of each package that was made. A package is missing if
    /// its directory is unknown or differs between its units.
    fn sources(&self, used: &[Used<'_>]) -> BTreeMap<(String, String), Source> {
        let around = &self.store.surroundings;
        let packages: BTreeSet<(String, String)> =
            used.iter().filter(|used| self.made.contains(used.unit)).map(|used| id(used.package)).collect();
        let mut found = BTreeMap::<(String, String), Source>::new();
        let mut unknown = BTreeSet::new();
        for used in used.iter().filter(|used| packages.contains(&id(used.package))) {
            let Some(parts) = self.there.get(used.unit) else { continue };
            // The run of a build script does not tell.
            let Some(source) = unit::source(used.unit, parts, &around.target_dir) else { continue };
            let path = Path::new(&source);
            if !path.is_absolute() {
                unknown.insert(id(used.package));
                continue;
            }
            let own = watch::sources(path, &around.cargo_home);
            found.insert(id(used.package), Source { own });
        }
        found.retain(|package, _| !unknown.contains(package));
        found
    }
}

struct Source {
    /// Returns the directory of the package, unless cargo unpacked it in its home.
    own: Option<PathBuf>,
}

fn id(package: &LockedPackage) -> (String, String) {
    (package.name.clone(), package.version.clone())
}

/// Returns whether a unit runs when it is made, or is linked. Units compiled against it, or its
/// output, are only restored with it.
fn sees_the_system(kind: &str) -> bool {
    kind.split(',').any(|kind| !["lib", "rlib"].contains(&kind))
}

/// Returns whether that was less than [`RECENT`] ago. A time in the future counts as long ago.
fn is_recent(time: SystemTime) -> bool {
    time.elapsed().is_ok_and(|age| age < RECENT)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is above zero, and a month fits")]
fn milliseconds(unit: &Unit, target_dir: &Path) -> Option<u64> {
    unit::seconds(unit, target_dir).map(|seconds| (seconds * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_or_is_linked_sees_the_system() {
        for kind in ["custom-build", "run-build-script", "proc-macro", "dylib", "cdylib,rlib", "bin", "staticlib"] {
            assert!(sees_the_system(kind), "{kind}");
        }
        for kind in ["lib", "rlib", "lib,rlib"] {
            assert!(!sees_the_system(kind), "{kind}");
        }
    }
}
