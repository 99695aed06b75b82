//! Removes metadata that a target directory holds twice, and brings it back.
//!
//! In: a directory of units. Out: each `.rmeta` of a cooked unit whose `.rlib` holds the same bytes
//! is gone ([`pack`]), or there again with its mtime ([`unpack`]). A record says where the bytes
//! are. Removes nothing that it cannot bring back, and no file of a local package.
//!
//! cargo compiles a crate without its `.rmeta` again (`check_filesystem` in its
//! `fingerprint/mod.rs`). So a build of a packed directory takes longer, but it is right.

use super::copy::{self, files_below};
use super::trim;
use super::unit::{self, Parts};
use crate::digest::Digest;
use crate::disk;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The name of the record in the directory of the units.
pub const RECORD: &str = ".larder-packed.json";
const FORMAT: u32 = 1;
/// rustc wraps the metadata in an object file (`create_wrapper_file` in its `back/metadata.rs`), so
/// that it begins within this many bytes of a member.
const HEAD: usize = 4096;

/// How many crates, and how many bytes they have in `.rmeta` files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Crates that were packed or unpacked.
    pub crates: usize,
    /// The bytes of their `.rmeta` files.
    pub bytes: u64,
    /// Crates whose `.rlib` is not the one that was packed, so that cargo compiles them again.
    pub changed: usize,
}

/// The record: where the bytes of each `.rmeta` are, by its path in the directory.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Packed {
    format: u32,
    files: BTreeMap<PathBuf, Held>,
}

/// Where the bytes of a removed file are in its library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    at: u64,
    bytes: u64,
    sha256: Digest,
    modified: Time,
    /// The length and the mtime of the `.rlib`.
    library: (u64, Time),
}

/// Seconds and nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Time(u64, u32);

impl Time {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Time(since.as_secs(), since.subsec_nanos()))
    }

    /// The time as layers of images store it.
    fn in_seconds(self) -> Self {
        Time(self.0, 0)
    }

    fn to_system(self) -> SystemTime {
        UNIX_EPOCH + Duration::new(self.0, self.1)
    }
}

/// Removes the `.rmeta` of each unit that recipes use, if its `.rlib` holds the same bytes. Returns
/// `None` if a cargo builds in the directory.
///
/// # Errors
/// The record cannot be written, or a file cannot be removed.
pub fn pack(dir: &Path) -> Result<Option<Amount>> {
    let used = trim::used(dir);
    let there = unit::units(dir, &|_| true);
    let used: Vec<_> = there.iter().filter(|(unit, _)| used.contains(&unit.key())).collect();
    let Some(_locks) = trim::locks(dir, used.iter().map(|(unit, _)| *unit)) else { return Ok(None) };
    let mut packed = Packed::read(dir);
    packed.files.retain(|rmeta, held| held.time(&dir.join(rmeta)).is_some());
    let (mut going, mut amount) = (Vec::new(), Amount::default());
    for inner in used.iter().flat_map(|(_, parts)| inner_files(parts, dir)) {
        if let Some(held) = Held::find(&dir.join(&inner)) {
            amount.crates += 1;
            amount.bytes += held.bytes;
            going.push(dir.join(&inner));
            packed.files.insert(inner, held);
        }
    }
    // Written first, so that nothing is lost if this process ends between two files.
    packed.write(dir)?;
    going.iter().try_for_each(fs_err::remove_file)?;
    Ok(Some(amount))
}

/// Brings back every `.rmeta` that was removed. Does nothing in a directory without a record.
///
/// # Errors
/// A file cannot be written.
pub fn unpack(dir: &Path) -> Result<Amount> {
    let mut amount = Amount::default();
    for (rmeta, held) in Packed::read(dir).missing(dir) {
        if held.bring_back(&dir.join(rmeta))? {
            amount.crates += 1;
            amount.bytes += held.bytes;
        } else {
            amount.changed += 1;
        }
    }
    Ok(amount)
}

/// Removes the record, if every `.rmeta` is there again.
pub fn forget(dir: &Path) {
    if dir.join(RECORD).exists() && Packed::read(dir).missing(dir).next().is_none() {
        let _ = std::fs::remove_file(dir.join(RECORD));
    }
}

/// Returns whether a `.rmeta` is missing that [`unpack`] would bring back.
pub fn is_packed(dir: &Path) -> bool {
    Packed::read(dir).missing(dir).any(|(rmeta, held)| held.time(&dir.join(rmeta)).is_some())
}

impl Packed {
    /// Reads the record of a directory. A broken one, or one of another format, counts as empty.
    pub fn read(dir: &Path) -> Self {
        let text = std::fs::read_to_string(dir.join(RECORD)).unwrap_or_default();
        let packed: Option<Packed> = serde_json::from_str(&text).ok();
        packed.filter(|packed| packed.format == FORMAT).unwrap_or_default()
    }

    fn write(self, dir: &Path) -> Result<()> {
        let text = serde_json::to_string(&Packed { format: FORMAT, ..self }).expect("paths of cargo are UTF-8");
        Ok(disk::write_whole(&dir.join(RECORD), format!("{text}\n").as_bytes())?)
    }

    /// The files that are missing, although their libraries are there.
    fn missing(&self, dir: &Path) -> impl Iterator<Item = (&PathBuf, &Held)> {
        let is_below = |path: &Path| path.components().all(|it| matches!(it, Component::Normal(_)));
        self.files.iter().filter(move |(rmeta, _)| {
            let path = dir.join(rmeta);
            is_below(rmeta) && !path.exists() && library(&path).exists()
        })
    }

    /// Makes the removed files of a unit that was copied from a packed directory into `dir`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn complete(&self, parts: &Parts, dir: &Path) -> io::Result<()> {
        if self.files.is_empty() {
            return Ok(());
        }
        let libraries = parts.0.iter().flat_map(|part| files_below(&dir.join(part))).filter(|it| has(it, "rlib"));
        for rmeta in libraries.map(|library| library.with_extension("rmeta")).filter(|rmeta| !rmeta.exists()) {
            let inner = rmeta.strip_prefix(dir).unwrap_or(&rmeta);
            self.files.get(inner).map_or(Ok(false), |held| held.bring_back(&rmeta))?;
        }
        Ok(())
    }
}

impl Held {
    /// Finds the bytes of a `.rmeta` in its library. Returns `None` if they are not there.
    fn find(rmeta: &Path) -> Option<Self> {
        let (content, library) = (std::fs::read(rmeta).ok()?, library(rmeta));
        let (metadata, archive) = (std::fs::metadata(&library).ok()?, std::fs::read(&library).ok()?);
        let at = members(&archive).find_map(|(at, member)| {
            let mut near = (0..member.len().min(HEAD)).filter(|from| member[*from..].starts_with(&content));
            near.next().map(|from| at + from)
        })?;
        Some(Held {
            at: at as u64,
            bytes: content.len() as u64,
            sha256: Digest::of(&content),
            modified: Time::of(&std::fs::metadata(rmeta).ok()?).ok()?,
            library: (metadata.len(), Time::of(&metadata).ok()?),
        })
    }

    fn read(&self, library: &Path) -> io::Result<Vec<u8>> {
        let (mut file, mut content) = (File::open(library)?, Vec::new());
        file.seek(SeekFrom::Start(self.at))?;
        file.take(self.bytes).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Returns the mtime that the `.rmeta` would have now, or `None` if its library is another one.
    /// cargo compares the mtimes of dependencies, so both files need the same changes. A layer of
    /// an image stores whole seconds, and `SOURCE_DATE_EPOCH` sets one time.
    fn time(&self, rmeta: &Path) -> Option<Time> {
        let metadata = std::fs::metadata(library(rmeta)).ok().filter(|it| it.len() == self.library.0)?;
        let (now, then) = (Time::of(&metadata).ok()?, self.library.1);
        Some(match now {
            now if now == then => self.modified,
            now if now == then.in_seconds() => self.modified.in_seconds(),
            now => now,
        })
    }

    /// Writes the file again, and returns whether it could be done.
    fn bring_back(&self, rmeta: &Path) -> io::Result<bool> {
        let (Some(time), library) = (self.time(rmeta), library(rmeta)) else { return Ok(false) };
        let content = self.read(&library)?;
        if Digest::of(&content) != self.sha256 {
            return Ok(false);
        }
        let mut part = tempfile::NamedTempFile::new_in(rmeta.parent().unwrap_or(Path::new(".")))?;
        part.write_all(&content)?;
        part.as_file().set_permissions(fs_err::metadata(&library)?.permissions())?;
        copy::set_time(part.path(), time.to_system())?;
        disk::persist(part, rmeta)?;
        Ok(true)
    }
}

/// Returns the members of an archive, each with its place. What is no archive has none.
fn members(archive: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    const MAGIC: usize = "!<arch>\n".len();
    let mut next = MAGIC;
    std::iter::from_fn(move || {
        let header = archive.get(next..next + 60).filter(|it| it.ends_with(b"`\n"))?;
        let size: usize = std::str::from_utf8(&header[48..58]).ok()?.trim_end().parse().ok()?;
        let at = next + header.len();
        // A member begins at an even place.
        next = at + size + size % 2;
        Some((at, archive.get(at..at + size)?))
    })
}

/// Returns the files of a unit that could be packed, relative to the directory.
fn inner_files(parts: &Parts, dir: &Path) -> Vec<PathBuf> {
    let files = parts.0.iter().flat_map(|part| files_below(&dir.join(part)));
    files.filter(|file| has(file, "rmeta")).filter_map(|file| Some(file.strip_prefix(dir).ok()?.to_owned())).collect()
}

fn library(rmeta: &Path) -> PathBuf {
    rmeta.with_extension("rlib")
}

fn has(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|it| it == extension)
}
