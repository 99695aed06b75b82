//! The format of an object, and how a unit is restored from it.
//!
//! In: the bytes of an object. Out: the unit in a target directory, as a whole or not at all.
//! `pack.rs` makes objects. An object of the same unit always has the same bytes.
//!
//! An object holds paths, modes, links, and contents, but no mtimes. All restored files get one
//! mtime, which is fresh to cargo: `find_stale_file` and `check_filesystem` in its
//! `fingerprint/mod.rs` compare with `>`. In files that cargo writes again, or translates when it
//! reads them, a mark replaces the path of the target directory.

use crate::target::copy;
use crate::target::place::place;
use crate::target::unit::{Parts, Unit};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// The first bytes of every object.
pub(super) const MAGIC: &[u8] = b"larder unit 1\n";

/// Replaces the path of the target directory.
pub(super) const MARK: &[u8] = b"\x01larder-target\x01";

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) unit: Unit,
    pub(super) parts: Vec<String>,
    pub(super) files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) part: usize,
    /// The path in the part. It is empty for the part itself.
    pub(super) path: String,
    #[serde(flatten)]
    pub(super) what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub(super) enum What {
    Directory {
        mode: u32,
    },
    File {
        mode: u32,
        bytes: usize,
        /// Whether it contains a mark.
        marked: bool,
    },
    /// Another name of an earlier file.
    Same {
        of: usize,
    },
    Link {
        to: String,
    },
}

pub(super) fn with_slash(dir: &[u8]) -> Vec<u8> {
    [dir, std::path::MAIN_SEPARATOR_STR.as_bytes()].concat()
}

pub(super) fn replace(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(content.len());
    let mut rest = 0;
    for at in memmem::find_iter(content, from) {
        replaced.extend_from_slice(&content[rest..at]);
        replaced.extend_from_slice(to);
        rest = at + from.len();
    }
    replaced.extend_from_slice(&content[rest..]);
    replaced
}

/// Restores a unit in a target directory, with one mtime for all files.
///
/// # Errors
/// The object is not one of this unit, or the directory is not writable.
pub fn unpack(object: &[u8], unit: &Unit, dir: &Path, time: SystemTime) -> io::Result<()> {
    let (header, contents) = parse(object).ok_or_else(|| io::Error::other("the object is broken"))?;
    let parts = Parts(header.parts.iter().map(PathBuf::from).collect());
    let is_of_unit = |part: &PathBuf| part.starts_with(&unit.profile) && part.to_string_lossy().contains(&unit.hash);
    if header.unit != *unit || !parts.0.iter().all(|part| is_plain(part) && is_of_unit(part)) {
        return Err(io::Error::other("the object is of another unit"));
    }
    let contents = slices(&header.files, contents).ok_or_else(|| io::Error::other("the object is broken"))?;
    let dir_with_slash = with_slash(dir.as_os_str().as_encoded_bytes());
    // The path of each file, by its number.
    let mut written: Vec<PathBuf> = vec![PathBuf::new(); header.files.len()];
    place(&parts, dir, &mut |part, _, to| {
        let of_part = || header.files.iter().enumerate().filter(|(_, entry)| entry.part == part);
        for (i, entry) in of_part() {
            let path = if entry.path.is_empty() { to.to_owned() } else { to.join(&entry.path) };
            match &entry.what {
                What::Directory { .. } => fs_err::create_dir_all(&path)?,
                What::Link { to } => copy::link(Path::new(to), &path)?,
                What::Same { of } => {
                    let first = written.get(*of).filter(|first| first.is_file());
                    let first = first.ok_or_else(|| io::Error::other("the object is broken"))?;
                    if fs_err::hard_link(first, &path).is_err() {
                        fs_err::copy(first, &path)?;
                    }
                }
                What::File { mode, marked, .. } => {
                    let content = contents[i];
                    if *marked {
                        fs_err::write(&path, replace(content, &with_slash(MARK), &dir_with_slash))?;
                    } else {
                        fs_err::write(&path, content)?;
                    }
                    set_mode(&path, *mode)?;
                }
            }
            written[i] = path;
        }
        // Writing into a directory changes its mtime, and a directory may be read-only.
        for (i, entry) in of_part().collect::<Vec<_>>().into_iter().rev() {
            if !matches!(entry.what, What::Link { .. }) {
                copy::set_time(&written[i], time)?;
            }
            if let What::Directory { mode } = entry.what {
                set_mode(&written[i], mode)?;
            }
        }
        Ok(())
    })
}

fn parse(object: &[u8]) -> Option<(Header, &[u8])> {
    let rest = object.strip_prefix(MAGIC)?;
    let at = memchr::memchr(b'\n', rest)?;
    let length: usize = std::str::from_utf8(&rest[..at]).ok()?.parse().ok()?;
    let (header, contents) = rest[at + 1..].split_at_checked(length)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let fits = |entry: &Entry| entry.part < header.parts.len() && is_plain(Path::new(&entry.path));
    (header.format == FORMAT && header.files.iter().all(fits)).then_some((header, contents))
}

/// Returns the content of each file, in order, or `None` if the sizes do not add up.
fn slices<'a>(files: &[Entry], mut contents: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let mut slices = Vec::new();
    for entry in files {
        let bytes = if let What::File { bytes, .. } = entry.what { bytes } else { 0 };
        let (content, rest) = contents.split_at_checked(bytes)?;
        slices.push(content);
        contents = rest;
    }
    contents.is_empty().then_some(slices)
}

/// Returns whether a path stays inside its directory.
fn is_plain(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(unix)]
pub(super) fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o777
}

#[cfg(not(unix))]
pub(super) fn mode(_: &Metadata) -> u32 {
    0o644
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
