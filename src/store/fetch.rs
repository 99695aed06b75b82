//! Restores units from a store before cargo starts.
//!
//! In: a store, and the third-party packages of a lockfile. Out: units in the target directory, and
//! a line about a failure. Writes to the target directory, each unit as a whole or not at all.
//! Removes broken objects from the store.
//!
//! All files get the current time as their mtime. So no unit is older than those that it was
//! compiled against. Units in the directory that were compiled against an earlier copy are older,
//! so cargo compiles them again. Files that build scripts watch outside their package are compared
//! by content (`watch.rs`), because an mtime has no meaning on another machine.

use super::known::{Known, stamp};
use super::object;
use super::pack;
use super::record::{Record, folder, hash_in};
use super::watch::{Looked, digest_of_path};
use super::{Store, plan};
use crate::digest::Digest;
use crate::error::Result;
use crate::target::unit::{self, Parts, Unit};
use crate::workspace::lockfile::{LockedPackage, Lockfile};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What was restored.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The records of the restored units.
    pub units: BTreeMap<Unit, Record>,
    /// A line about a failure.
    pub notes: Vec<String>,
    /// What is known of units that were there before.
    pub known: Known,
    /// The keys of the packages that were looked up.
    pub keys: BTreeSet<Digest>,
    /// When each record was put that the store has of them.
    pub listed: BTreeMap<String, SystemTime>,
}

/// Returns the key of a package in the store, which includes the environment. A package of a
/// registry has its checksum, and one of a repository its commit, which is the end of its source.
/// Local packages are not stored.
pub fn key(package: &LockedPackage, common: &Digest) -> Option<Digest> {
    let source = package.source.as_deref()?;
    let checksum = package.checksum.as_deref().unwrap_or_default();
    Some(Digest::of_parts([common.as_str(), &package.name, &package.version, source, checksum]))
}

/// Restores what the store has of these packages, built in directories of a profile. Calls `check`
/// between two units.
///
/// # Errors
/// `check` fails. If the store cannot be read or a unit cannot be written, this is only a note.
pub fn fetch(store: &Store, lock: &Lockfile, profile_dir: &str, check: &dyn Fn() -> Result<()>) -> Result<Fetched> {
    let dir = &store.surroundings.target_dir;
    let mut fetched = Fetched { known: Known::read(dir), ..Fetched::default() };
    fetched.known.begin(&store.surroundings.digest());
    let there = unit::units(dir, &|name| name == profile_dir);
    let hashes: BTreeSet<&str> = there.keys().map(|unit| unit.hash.as_str()).collect();
    let (listed, records) = match records(store, lock, (profile_dir, &hashes), check)? {
        Ok(found) => found,
        Err(error) => {
            fetched.notes.push(format!("nothing comes from the store `{}`: {error}", store.name));
            return Ok(fetched);
        }
    };
    fetched.listed = listed;
    fetched.keys = lock.packages.iter().filter_map(|package| key(package, &store.surroundings.common)).collect();
    let there: BTreeMap<String, (&Unit, &Parts)> =
        there.iter().map(|(unit, parts)| (unit.key(), (unit, parts))).collect();
    let stands = |key: &str| -> Option<Digest> {
        let (unit, parts) = there.get(key)?;
        if let Some(row) = fetched.known.row(unit, parts) {
            return Some(row.object.digest);
        }
        let stamp = stamp(parts, dir);
        let packed = pack::pack(unit, parts, dir).ok().flatten();
        // What cannot be told is no unit that anything was compiled against.
        let Some(packed) = packed else { return Some(Digest::of(b"")) };
        let object = packed.object();
        fetched.known.note(unit, stamp, &object, None);
        Some(object.digest)
    };
    let mut came = BTreeMap::<String, Digest>::new();
    let mut broken = 0;
    let mut time = None;
    for record in plan::choose(&records, &stands) {
        check()?;
        let is_there = |(unit, object): (&String, &Digest)| came.get(unit) == Some(object) || there.contains_key(unit);
        if !record.dependencies.iter().all(is_there) {
            continue;
        }
        match object(store, record) {
            Ok(Some(bytes)) => {
                let time = match time {
                    Some(time) => time,
                    None => *time.insert(now(dir)?),
                };
                if let Err(error) = object::unpack(&bytes, &record.unit, dir, time) {
                    fetched.notes.push(format!("the store is left at `{}`: {error}", record.package));
                    break;
                }
                came.insert(record.unit.key(), record.object.clone());
                fetched.units.insert(record.unit.clone(), record.clone());
            }
            Ok(None) => broken += 1,
            Err(error) => {
                fetched.notes.push(format!("the store is left at `{}`: {error}", record.package));
                break;
            }
        }
    }
    if broken > 0 {
        fetched.notes.push(format!(
            "{broken} units of the store `{}` were broken or missing, and are compiled again",
            store.name
        ));
    }
    Ok(fetched)
}

/// Returns the mtime of a file that is written now. The clock of the file system counts, as for
/// cargo.
fn now(dir: &Path) -> io::Result<SystemTime> {
    fs_err::create_dir_all(dir)?;
    tempfile::tempfile_in(dir)?.metadata()?.modified()
}

/// The times at which records were put, and the records that may be used, the newest first.
type Found = (BTreeMap<String, SystemTime>, Vec<Record>);

/// Returns what the store has of these packages, built in directories of a profile. Does not read
/// records of units with one of these hashes, which are there. The outer error is that of `check`.
fn records(
    store: &Store,
    lock: &Lockfile,
    (profile_dir, there): (&str, &BTreeSet<&str>),
    check: &dyn Fn() -> Result<()>,
) -> Result<io::Result<Found>> {
    let looked = Looked::default();
    let mut times = BTreeMap::new();
    let mut found = Vec::new();
    for package in &lock.packages {
        check()?;
        let Some(key) = key(package, &store.surroundings.common) else { continue };
        let listed = match store.holder.list(&folder(&package.name, &package.version, &key)) {
            Ok(listed) => listed,
            Err(error) => return Ok(Err(error)),
        };
        for listed in listed {
            times.insert(listed.name.clone(), listed.put);
            if hash_in(&listed.name).is_some_and(|hash| there.contains(hash)) {
                continue;
            }
            let Ok(Some(bytes)) = store.holder.get(&listed.name) else { continue };
            let Some(record) = Record::parse(&listed.name, &bytes).filter(|record| record.key == key) else {
                let _ = store.holder.delete(&listed.name);
                times.remove(&listed.name);
                continue;
            };
            let is_of_profile = record.unit.profile.rsplit('/').next() == Some(profile_dir);
            if is_of_profile && holds(store, &record, &looked) {
                found.push((std::cmp::Reverse(listed.put), record));
            }
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.object).cmp(&(b.0, &b.1.object)));
    Ok(Ok((times, found.into_iter().map(|(_, record)| record).collect())))
}

/// Returns whether everything is as it was where the unit was made.
fn holds(store: &Store, record: &Record, looked: &Looked) -> bool {
    let (around, needed) = (&store.surroundings, &record.circumstances);
    needed.system.as_ref().is_none_or(|system| *system == around.system)
        && needed.target_dir.as_ref().is_none_or(|dir| *dir == digest_of_path(&around.target_dir))
        && needed.watched.holds(around, looked)
}

/// Returns the object of a record after checking its digest. Returns `None` if it is missing or
/// broken, and removes it from the store.
fn object(store: &Store, record: &Record) -> io::Result<Option<Vec<u8>>> {
    let bytes = store.holder.get(&record.object_name())?;
    let is_whole = |bytes: &Vec<u8>| Digest::of(bytes) == record.object;
    if bytes.as_ref().is_some_and(is_whole) {
        return Ok(bytes);
    }
    // Another cook may meanwhile have written a valid one. A read-only store keeps the broken one,
    // and it is found again.
    let again = store.holder.get(&record.object_name())?;
    if again.as_ref().is_some_and(is_whole) {
        return Ok(again);
    }
    if again.is_some() {
        let _ = store.holder.delete(&record.object_name());
    }
    let _ = store.holder.delete(&record.name());
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_package_is_part_of_its_key_and_a_local_one_has_none() {
        let package = LockedPackage {
            name: "libc".to_owned(),
            version: "0.2.0".to_owned(),
            source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
            checksum: Some("00".to_owned()),
            dependencies: Vec::new(),
            replace: None,
        };
        let text = |text: &str| Some(text.to_owned());
        let others = [
            package.clone(),
            LockedPackage { name: "libd".to_owned(), ..package.clone() },
            LockedPackage { version: "0.2.1".to_owned(), ..package.clone() },
            LockedPackage { source: text("sparse+https://registry.invalid/"), ..package.clone() },
            LockedPackage { source: text("git+https://git.invalid/libc#0123"), ..package.clone() },
            LockedPackage { source: text("git+https://git.invalid/libc#4567"), ..package.clone() },
            LockedPackage { checksum: text("11"), ..package.clone() },
            LockedPackage { checksum: None, ..package.clone() },
        ];
        let common = Digest::of(b"rustc 1.95.0");
        let mut keys: Vec<_> = others.iter().map(|package| key(package, &common).expect("it is not local")).collect();
        keys.push(key(&package, &Digest::of(b"rustc 1.96.0")).expect("it is not local"));
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(key(&LockedPackage { source: None, ..package }, &common), None);
    }
}
