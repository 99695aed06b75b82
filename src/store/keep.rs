//! Stores units after cargo has used them.
//!
//! In: the third-party units that a build used, in a target directory. Out: objects and records in
//! the store, and a line about a failure. Reads the target directory and writes to the store.
//!
//! Objects are written first and records last. If the program is killed in between, or the disk is
//! full, only objects without records are left. Nobody finds them, and they are removed when the
//! store is full.

use super::digest::Digest;
use super::fetch::{Fetched, key};
use super::holder::OBJECTS;
use super::known::Object;
use super::pack::pack;
use super::record::{Circumstances, FORMAT, Record, object_name};
use super::watch::{self, Looked, Watched, digest_of_path};
use super::{Store, evict};
use crate::error::Result;
use crate::target::records::{entries, name_of};
use crate::target::unit::{self, Parts, Unit};
use crate::workspace::lockfile::LockedPackage;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

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
}

/// Stores the used units and shrinks the store to its limit. Returns a line about a failure. Calls
/// `check` between two units.
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
        listed: BTreeMap::new(),
        objects: BTreeMap::new(),
        records: BTreeSet::new(),
        has_put: false,
    };
    // Whatever ends this, what has been put by then serves.
    let objects = keeping.objects(used, check)?;
    let mut records = keeping.records(used);
    if is_full(&objects) || is_full(&records) {
        let _ = evict::make_room(&*store.holder, &keeping.records);
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
    /// The objects that the store had, with their sizes.
    listed: BTreeMap<String, u64>,
    /// What is in the store now.
    objects: BTreeMap<&'a Unit, Object>,
    /// The names of the records that this cook has put.
    records: BTreeSet<String>,
    has_put: bool,
}

impl<'a> Keeping<'a> {
    /// Writes the objects. The outer error is that of `check`.
    fn objects(&mut self, used: &[Used<'a>], check: &dyn Fn() -> Result<()>) -> Result<io::Result<()>> {
        let to_pack: Vec<&Used<'a>> = used.iter().filter(|used| self.came(used).is_none()).collect();
        if !to_pack.is_empty() {
            match self.store.holder.list(OBJECTS) {
                Ok(listed) => self.listed = listed.into_iter().map(|listed| (listed.name, listed.bytes)).collect(),
                Err(error) => return Ok(Err(error)),
            }
        }
        for used in to_pack {
            check()?;
            if let Err(error) = self.put_object(used) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn put_object(&mut self, used: &Used<'a>) -> io::Result<()> {
        let dir = &self.store.surroundings.target_dir;
        let Some(parts) = self.there.get(used.unit) else { return Ok(()) };
        let is_listed =
            |object: &Object| self.listed.get(&object_name(&object.digest)) == Some(&object.bytes) && !used.is_new;
        if let Some(object) = self.fetched.known.object(used.unit, parts).filter(is_listed) {
            self.objects.insert(used.unit, object);
            return Ok(());
        }
        let Some(packed) = pack(used.unit, parts, dir)? else { return Ok(()) };
        let object = packed.object();
        if object.bytes > self.store.limit {
            return Ok(());
        }
        let name = object_name(&object.digest);
        // Of one that had to be made although the store may have it, the store may have a broken
        // copy.
        let is_whole =
            || !used.is_new || self.store.holder.get(&name).is_ok_and(|it| it.as_ref() == Some(&packed.bytes));
        if self.listed.get(&name) != Some(&object.bytes) || !is_whole() {
            self.has_put = true;
            self.store.holder.put(&name, &packed.bytes)?;
        }
        self.fetched.known.note(used.unit, parts, &object);
        self.objects.insert(used.unit, object);
        Ok(())
    }

    /// Returns the record of a unit that came from the store and that cargo found fresh.
    fn came(&self, used: &Used<'_>) -> Option<&'a Record> {
        self.fetched.units.get(used.unit).filter(|_| !used.is_new)
    }

    /// Writes the records. Also writes those of restored units again, so that they count as used.
    fn records(&mut self, used: &[Used<'a>]) -> io::Result<()> {
        let around = &self.store.surroundings;
        let looked = Looked::default();
        let sources = self.sources(used);
        // cargo's record names everything that a unit was compiled against.
        let by_hash: BTreeMap<(&str, u64), &Unit> = used
            .iter()
            .filter_map(|it| Some(((profile_name(it.unit), fingerprint(it.unit, &around.target_dir)?.0), it.unit)))
            .collect();
        for used in used {
            if let Some(record) = self.came(used) {
                if let Some(parts) = self.there.get(used.unit) {
                    let names_target = record.circumstances.target_dir.is_some();
                    let object = Object { digest: record.object.clone(), bytes: record.bytes, names_target };
                    self.fetched.known.note(used.unit, parts, &object);
                }
                // Where that fails, it is not written for the first time either.
                let _ = self.put_record(record);
                continue;
            }
            let (Some(object), Some(parts)) = (self.objects.get(used.unit), self.there.get(used.unit)) else {
                continue;
            };
            let Some(Source { own, .. }) = sources.get(&id(used.package)) else { continue };
            let Some(dependencies) = self.dependencies(used.unit, &by_hash) else { continue };
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
            self.put_record(&record)?;
            self.has_put = true;
        }
        Ok(())
    }

    fn put_record(&mut self, record: &Record) -> io::Result<()> {
        let name = record.name();
        self.store.holder.put(&name, &record.to_bytes())?;
        self.records.insert(name);
        Ok(())
    }

    /// What a unit was compiled against, with the objects; none, if the store does not have all of
    /// it. cargo's record names each by the hash of its fingerprint (`DepFingerprint` in cargo's
    /// `fingerprint/mod.rs`).
    fn dependencies(&self, unit: &Unit, by_hash: &BTreeMap<(&str, u64), &Unit>) -> Option<BTreeMap<String, Digest>> {
        let (_, json) = fingerprint(unit, &self.store.surroundings.target_dir)?;
        let hashes = json.get("deps")?.as_array()?.iter().map(|dependency| dependency.get(3)?.as_u64());
        let mut dependencies = BTreeMap::new();
        for hash in hashes {
            let below = *by_hash.get(&(profile_name(unit), hash?))?;
            let came = self.fetched.units.get(below).map(|record| &record.object);
            let object = self.objects.get(below).map(|object| &object.digest).or(came)?;
            dependencies.insert(below.key(), object.clone());
        }
        Some(dependencies)
    }

    /// Returns the directory of the sources of each package. A package is missing if its directory
    /// is unknown or differs between its units.
    fn sources(&self, used: &[Used<'_>]) -> BTreeMap<(String, String), Source> {
        let around = &self.store.surroundings;
        let mut found = BTreeMap::<(String, String), Source>::new();
        let mut unknown = BTreeSet::new();
        for used in used {
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

fn profile_name(unit: &Unit) -> &str {
    unit.profile.rsplit('/').next().unwrap_or(&unit.profile)
}

/// Returns whether a unit runs when it is made, or is linked. Units compiled against it, or its
/// output, are only restored with it.
fn sees_the_system(kind: &str) -> bool {
    kind.split(',').any(|kind| !["lib", "rlib"].contains(&kind))
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
