//! The command `cargo larder cache`: shows what a store holds, and removes from it.
//!
//! In: a store and a subcommand. Out: a line on stdout, or JSON. Reads and deletes, but adds
//! nothing. Cooks may run at the same time.

use super::disk::Disk;
use super::evict::{self, Gone};
use super::holder::{Holder, INDEX, OBJECTS};
use super::record::Record;
use crate::cli::{Cache, CacheVerb, Named};
use crate::digest::Digest;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::path;
use crate::size;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// The version of the JSON.
const FORMAT: u32 = 1;

/// Runs the subcommand.
///
/// # Errors
/// No store is named, it cannot be read, or nothing can be removed from it.
pub fn run(args: &Cache, environment: &Environment, stdout: &mut dyn Write) -> Result<()> {
    let named = match &args.verb {
        CacheVerb::Gc(gc) => &gc.named,
        CacheVerb::Stats(named) | CacheVerb::Verify(named) | CacheVerb::Clear(named) => named,
    };
    let dir = super::dir(named.cache.as_deref(), environment).ok_or_else(|| {
        Error::Usage("no store is named\nhelp: name its directory with `--cache` or `LARDER_CACHE`".to_owned())
    })?;
    let (disk, name) = (Disk::new(&dir), path::display(&dir, &environment.here));
    match &args.verb {
        CacheVerb::Stats(_) => {
            let held = held(&disk)?;
            tell(named, stdout, &held, &format!("`{name}` holds {}", held.words()))
        }
        CacheVerb::Gc(gc) => {
            let gone = evict::to_size(&disk, gc.cache_size.unwrap_or(size::DEFAULT))?;
            told_of(named, stdout, &name, gone, &disk)
        }
        CacheVerb::Clear(_) => {
            let gone = clear(&disk)?;
            told_of(named, stdout, &name, gone, &disk)
        }
        CacheVerb::Verify(_) => {
            let verified = verify(&disk)?;
            let words = match verified.broken.len() {
                0 => format!("`{name}` is whole: {}", verified.held.words()),
                broken => format!("removed {broken} broken files from `{name}`, which holds {}", verified.held.words()),
            };
            tell(named, stdout, &verified, &words)
        }
    }
}

/// The content of a store.
#[derive(Debug, PartialEq, Serialize)]
struct Held {
    format: u32,
    units: usize,
    packages: usize,
    objects: usize,
    bytes: u64,
    /// The seconds that cargo spent on all of these units, as far as known.
    seconds: u64,
}

impl Held {
    fn words(&self) -> String {
        format!("{} units of {} packages, {}", self.units, self.packages, size::print(self.bytes))
    }
}

/// What was removed, and the rest.
#[derive(Serialize)]
struct Removed {
    #[serde(flatten)]
    held: Held,
    removed: Gone,
}

/// The broken files, which are removed, and the rest.
#[derive(Serialize)]
struct Verified {
    #[serde(flatten)]
    held: Held,
    broken: Vec<String>,
}

fn tell(named: &Named, stdout: &mut dyn Write, json: &impl Serialize, words: &str) -> Result<()> {
    if named.format == "json" {
        let json = serde_json::to_string_pretty(json).expect("numbers and text become JSON");
        writeln!(stdout, "{json}")?;
    } else {
        writeln!(stdout, "{words}")?;
    }
    Ok(())
}

fn told_of(named: &Named, stdout: &mut dyn Write, name: &str, gone: Gone, disk: &Disk) -> Result<()> {
    let held = held(disk)?;
    let words = format!("removed {} units, {}; `{name}` holds {}", gone.units, size::print(gone.bytes), held.words());
    tell(named, stdout, &Removed { held, removed: gone }, &words)
}

fn held(disk: &Disk) -> Result<Held> {
    let (records, objects) = (disk.list(INDEX)?, disk.list(OBJECTS)?);
    let bytes = records.iter().chain(&objects).map(|listed| listed.bytes).sum();
    let (mut packages, mut milliseconds, mut units) = (BTreeSet::new(), 0, 0);
    for listed in &records {
        let Some(record) = disk.get(&listed.name)?.and_then(|bytes| Record::parse(&listed.name, &bytes)) else {
            continue;
        };
        units += 1;
        milliseconds += record.milliseconds.unwrap_or(0);
        packages.insert((record.package, record.version));
    }
    let packages = packages.len();
    Ok(Held { format: FORMAT, units, packages, objects: objects.len(), bytes, seconds: milliseconds / 1000 })
}

/// Removes everything, records first, because an object without a record is not found.
fn clear(disk: &Disk) -> Result<Gone> {
    let mut gone = Gone::default();
    for folder in [INDEX, OBJECTS] {
        for listed in disk.list(folder)? {
            disk.delete(&listed.name)?;
            *(if folder == INDEX { &mut gone.units } else { &mut gone.objects }) += 1;
            gone.bytes += listed.bytes;
        }
    }
    Ok(gone)
}

/// Reads everything. Removes objects whose content does not match their name, invalid records, and
/// records without an object.
fn verify(disk: &Disk) -> Result<Verified> {
    let mut broken = Vec::new();
    let mut whole = BTreeSet::new();
    for listed in disk.list(OBJECTS)? {
        // A file that disappears meanwhile is not broken.
        let Some(bytes) = disk.get(&listed.name)? else { continue };
        if listed.name == super::record::object_name(&Digest::of(&bytes)) {
            whole.insert(listed.name);
        } else {
            broken.push(listed.name);
        }
    }
    let mut records = BTreeMap::new();
    for listed in disk.list(INDEX)? {
        let Some(bytes) = disk.get(&listed.name)? else { continue };
        records.insert(listed.name.clone(), Record::parse(&listed.name, &bytes).map(|record| record.object_name()));
    }
    // A running cook writes the object before the record. It may have done so after this listing
    // began.
    let is_whole = |object: &String| {
        whole.contains(object) || (!broken.contains(object) && disk.get(object).is_ok_and(|it| it.is_some()))
    };
    let lost: Vec<String> = records
        .into_iter()
        .filter(|(_, object)| !object.as_ref().is_some_and(is_whole))
        .map(|(name, _)| name)
        .collect();
    broken.extend(lost);
    for name in &broken {
        disk.delete(name)?;
    }
    Ok(Verified { held: held(disk)?, broken })
}
