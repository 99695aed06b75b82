//! Packs many units at once, each in one of a few threads, and puts their objects into the store.
//!
//! In: units in a target directory, and what the store holds. Out: what each unit is as an object.
//! Reads the target directory and writes objects. Digests and searches take as long as reading and
//! writing, so that a second thread halves the time.

use super::Store;
use super::known::{Object, stamp};
use super::pack::pack;
use super::record::object_name;
use crate::digest::Digest;
use crate::error::Result;
use crate::target::unit::{Parts, Unit};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;

/// More threads need more memory, and wait for the disk.
const THREADS: usize = 4;

/// Whether the object of a unit is put into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// Only its digest is needed.
    No,
    /// Unless the store has it.
    UnlessThere,
    /// cargo made the unit although the store may have it, so the store may have a broken copy.
    UnlessWhole,
}

impl From<bool> for Put {
    fn from(is_new: bool) -> Self {
        if is_new { Put::UnlessWhole } else { Put::UnlessThere }
    }
}

/// What to pack.
pub struct Packing<'a> {
    /// Where objects go.
    pub store: &'a Store,
    /// The objects that the store had, with their sizes.
    pub listed: &'a BTreeMap<String, u64>,
    /// The units with their parts.
    pub to_pack: &'a [(&'a Unit, &'a Parts, Put)],
}

/// A unit that has been packed.
pub struct Packed {
    /// Its object.
    pub object: Object,
    /// What its files were like before they were read.
    pub stamp: Option<Digest>,
    /// Whether the store did not have it.
    pub is_put: bool,
}

/// Packs all units, and calls `each` with the number of each unit and its object, if the store can
/// hold it. Stops at the first failure.
///
/// # Errors
/// `each` fails. If a unit cannot be read or an object cannot be written, this is the inner error.
pub fn pack_all(
    packing: &Packing<'_>,
    each: &mut dyn FnMut(usize, Option<Packed>) -> Result<()>,
) -> Result<io::Result<()>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS).min(packing.to_pack.len());
    let (next, ends) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, packed) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, ends) = (sender.clone(), &next, &ends);
            scope.spawn(move || {
                while !ends.load(Relaxed) {
                    let at = next.fetch_add(1, Relaxed);
                    let Some((unit, parts, put)) = packing.to_pack.get(at) else { break };
                    if sender.send((at, one(packing, unit, parts, *put))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut result = Ok(Ok(()));
        for (at, packed) in packed {
            // After a failure, the others finish what they have begun, and it still counts.
            let (packed, failed) = packed.map_or_else(|error| (None, Some(error)), |packed| (packed, None));
            let told = each(at, packed);
            if told.is_err() {
                result = told.map(Ok);
            } else if let (Some(error), Ok(Ok(()))) = (failed, &result) {
                result = Ok(Err(error));
            }
            ends.fetch_or(!matches!(result, Ok(Ok(()))), Relaxed);
        }
        result
    })
}

fn one(packing: &Packing<'_>, unit: &Unit, parts: &Parts, put: Put) -> io::Result<Option<Packed>> {
    let Packing { store, listed, .. } = packing;
    let dir = &store.surroundings.target_dir;
    let stamp = stamp(parts, dir);
    let Some(packed) = pack(unit, parts, dir)? else { return Ok(None) };
    let object = packed.object();
    if put == Put::No {
        return Ok(Some(Packed { object, stamp, is_put: false }));
    }
    if object.bytes > store.limit {
        return Ok(None);
    }
    let name = object_name(&object.digest);
    let is_whole = || store.holder.get(&name).is_ok_and(|held| held.as_ref() == Some(&packed.bytes));
    let is_there = listed.get(&name) == Some(&object.bytes) && (put == Put::UnlessThere || is_whole());
    if !is_there {
        store.holder.put(&name, &packed.bytes)?;
    }
    Ok(Some(Packed { object, stamp, is_put: !is_there }))
}
