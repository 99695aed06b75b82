//! A unit as bytes.
//!
//! In: the parts of a unit in a target directory. Out: one object, the same bytes wherever and whenever the unit is the same;
//! and back. Reads the unit, or writes it, each whole or not at all.
//!
//! An object holds paths, modes, links and contents, and no times: all that comes back gets one time, which cargo takes for
//! fresh (`find_stale_file` and `check_filesystem` in its `fingerprint/mod.rs` compare with `>`). Where the target directory
//! was stands in files that cargo writes anew or translates when it reads them; there a mark takes its place.

use crate::target::copy::Identity;
use crate::target::place::place;
use crate::target::records::{entries, name_of};
use crate::target::unit::{Layout, Parts, Unit};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// What every object begins with.
const MAGIC: &[u8] = b"larder unit 1\n";

/// Stands where the target directory was.
const MARK: &[u8] = b"\x01larder-target\x01";

/// More than this is not worth the memory.
const LIMIT: u64 = 1 << 30;

/// A unit as bytes, and what a reader of it must know.
pub struct Packed {
    /// The object.
    pub bytes: Vec<u8>,
    /// Whether it names the directory that it was made in, so that it serves nowhere else.
    pub names_target: bool,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    unit: Unit,
    parts: Vec<String>,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    part: usize,
    /// Below the part; empty for the part itself.
    path: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
enum What {
    Directory {
        mode: u32,
    },
    File {
        mode: u32,
        bytes: usize,
        /// Whether a mark stands for the target directory.
        marked: bool,
    },
    /// A further name of an earlier file.
    Same {
        of: usize,
    },
    Link {
        to: String,
    },
}

/// Returns a unit as bytes; none, if the store cannot hold it: it is too large, or names what is gone when it comes back.
///
/// # Errors
/// It cannot be read.
pub fn pack(unit: &Unit, parts: &Parts, dir: &Path) -> io::Result<Option<Packed>> {
    let mut packing = Packing { unit, dir, is_run: is_run(unit, dir), files: Vec::new(), contents: Vec::new() };
    let mut seen = BTreeMap::new();
    let mut names_target = false;
    let mut names = Vec::new();
    for (i, part) in parts.0.iter().enumerate() {
        let Some(name) = part.to_str() else { return Ok(None) };
        names.push(name.replace('\\', "/"));
        match packing.add(i, &dir.join(part), "", &mut seen)? {
            Tells::OfTheTarget => names_target = true,
            Tells::OfWhatGoes => return Ok(None),
            Tells::Nothing => {}
        }
    }
    let header = Header { format: FORMAT, unit: unit.clone(), parts: names, files: packing.files };
    let header = serde_json::to_vec(&header)?;
    let mut bytes = [MAGIC, header.len().to_string().as_bytes(), b"\n", &header].concat();
    bytes.append(&mut packing.contents);
    Ok(Some(Packed { bytes, names_target }))
}

struct Packing<'a> {
    unit: &'a Unit,
    dir: &'a Path,
    is_run: bool,
    files: Vec<Entry>,
    contents: Vec<u8>,
}

/// What a file tells of places, the worst last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Tells {
    Nothing,
    OfTheTarget,
    OfWhatGoes,
}

impl Packing<'_> {
    fn add(
        &mut self,
        part: usize,
        path: &Path,
        inner: &str,
        seen: &mut BTreeMap<Identity, usize>,
    ) -> io::Result<Tells> {
        let metadata = fs_err::symlink_metadata(path)?;
        let mut tells = Tells::Nothing;
        let push = |files: &mut Vec<Entry>, what| files.push(Entry { part, path: inner.to_owned(), what });
        if metadata.is_dir() {
            push(&mut self.files, What::Directory { mode: mode(&metadata) });
            for below in entries(path) {
                let Some(name) = below.file_name().and_then(|name| name.to_str()) else { return Ok(Tells::OfWhatGoes) };
                let inner = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
                tells = tells.max(self.add(part, &below, &inner, seen)?);
            }
            return Ok(tells);
        }
        if metadata.is_symlink() {
            let to = fs_err::read_link(path)?;
            let Some(text) = to.to_str() else { return Ok(Tells::OfWhatGoes) };
            push(&mut self.files, What::Link { to: text.to_owned() });
            return Ok(if to.starts_with(self.dir) { Tells::OfTheTarget } else { Tells::Nothing });
        }
        if let Some(id) = crate::target::copy::identity(&metadata) {
            if let Some(of) = seen.get(&id) {
                push(&mut self.files, What::Same { of: *of });
                return Ok(Tells::Nothing);
            }
            seen.insert(id, self.files.len());
        }
        if self.contents.len() as u64 + metadata.len() > LIMIT {
            return Ok(Tells::OfWhatGoes);
        }
        let mut content = fs_err::read(path)?;
        let scratch = crate::disk::SCRATCH.as_bytes();
        if [scratch, MARK].iter().any(|gone| memmem::find(&content, gone).is_some()) {
            return Ok(Tells::OfWhatGoes);
        }
        let before = content.len();
        let dir = self.dir.as_os_str().as_encoded_bytes();
        let (slashed, marked) = (with_slash(dir), with_slash(MARK));
        if self.is_of_cargo(path) {
            content = replace(&content, &slashed, &marked);
        }
        if memmem::find(&content, dir).is_some() {
            tells = Tells::OfTheTarget;
        }
        let is_marked = content.len() != before || memmem::find(&content, MARK).is_some();
        push(&mut self.files, What::File { mode: mode(&metadata), bytes: content.len(), marked: is_marked });
        self.contents.append(&mut content);
        Ok(tells)
    }

    /// Whether cargo or rustc writes where the target directory is into this file for cargo alone, which takes the path as it
    /// is (`prev_build_output` in cargo's `custom_build.rs`) or does not read it again (`translate_dep_info` in its
    /// `fingerprint/dep_info.rs`).
    fn is_of_cargo(&self, path: &Path) -> bool {
        let run = self.dir.join(self.unit.run());
        let is_in = |dir: &Path| path.parent() == Some(dir);
        if self.is_run {
            return is_in(&run) && ["root-output", "output", "stdout", "stderr"].contains(&name_of(path).as_str());
        }
        let profile = self.dir.join(&self.unit.profile);
        let out = if self.unit.layout == Layout::Spread { profile.join("deps") } else { run.with_file_name("out") };
        path.extension().is_some_and(|it| it == "d") && (is_in(&run) || is_in(&out))
    }
}

/// Whether a unit is the run of a build script: cargo notes its `OUT_DIR`.
pub fn is_run(unit: &Unit, dir: &Path) -> bool {
    dir.join(unit.run()).join("root-output").is_file()
}

fn with_slash(dir: &[u8]) -> Vec<u8> {
    [dir, std::path::MAIN_SEPARATOR_STR.as_bytes()].concat()
}

fn replace(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
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

/// Puts a unit into a target directory, with one time on all of it.
///
/// # Errors
/// The object is not one of this unit, or the directory cannot be written to.
pub fn unpack(object: &[u8], unit: &Unit, dir: &Path, time: SystemTime) -> io::Result<()> {
    let (header, contents) = parse(object).ok_or_else(|| io::Error::other("the object is broken"))?;
    let parts = Parts(header.parts.iter().map(PathBuf::from).collect());
    let is_of_unit = |part: &PathBuf| part.starts_with(&unit.profile) && part.to_string_lossy().contains(&unit.hash);
    if header.unit != *unit || !parts.0.iter().all(|part| is_plain(part) && is_of_unit(part)) {
        return Err(io::Error::other("the object is of another unit"));
    }
    let contents = slices(&header.files, contents).ok_or_else(|| io::Error::other("the object is broken"))?;
    let dir_with_slash = with_slash(dir.as_os_str().as_encoded_bytes());
    // By number, where each file was written.
    let mut written: Vec<PathBuf> = vec![PathBuf::new(); header.files.len()];
    place(&parts, dir, &mut |part, _, to| {
        let of_part = || header.files.iter().enumerate().filter(|(_, entry)| entry.part == part);
        for (i, entry) in of_part() {
            let path = if entry.path.is_empty() { to.to_owned() } else { to.join(&entry.path) };
            match &entry.what {
                What::Directory { .. } => fs_err::create_dir_all(&path)?,
                What::Link { to } => crate::target::copy::link(Path::new(to), &path)?,
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
        // A directory takes the time of what came into it last, and may be one that nobody can write to.
        for (i, entry) in of_part().collect::<Vec<_>>().into_iter().rev() {
            if !matches!(entry.what, What::Link { .. }) {
                crate::target::copy::set_time(&written[i], time)?;
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

/// The content of each file, in order; none if they are not just what there is.
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

/// Whether a path leads downwards only.
fn is_plain(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0o644
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
