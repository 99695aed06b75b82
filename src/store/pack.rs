//! Turns a unit into an object.
//!
//! In: the parts of a unit in a target directory. Out: the bytes of an object, or nothing if the
//! store cannot hold the unit. Reads the unit and writes nothing.

use super::known::Object;
use super::object::{Entry, FORMAT, Header, MAGIC, MARK, What, mode, replace, with_slash};
use crate::digest::Digest;
use crate::disk;
use crate::target::copy::{self, Identity};
use crate::target::records::entries;
use crate::target::unit::{Parts, Unit};
use memchr::memmem;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Larger units are not worth the memory.
const LIMIT: u64 = 1 << 30;

/// An object, and what its reader must know.
pub struct Packed {
    /// The object.
    pub bytes: Vec<u8>,
    /// Whether it contains the path of the target directory, so that it is useful nowhere else.
    pub names_target: bool,
}

impl Packed {
    /// Returns what the unit is as an object.
    pub fn object(&self) -> Object {
        let digest = Digest::of(&self.bytes);
        Object { digest, bytes: self.bytes.len() as u64, names_target: self.names_target }
    }
}

/// Returns a unit as bytes; none, if the store cannot hold it: it is too large, or names what is
/// gone when it comes back.
///
/// # Errors
/// It cannot be read.
pub fn pack(unit: &Unit, parts: &Parts, dir: &Path) -> io::Result<Option<Packed>> {
    let mut packing = Packing { unit, dir, is_run: unit.is_run(dir), files: Vec::new(), contents: Vec::new() };
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

/// The paths that a file contains, the worst last.
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
        if let Some(id) = copy::identity(&metadata) {
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
        let scratch = disk::SCRATCH.as_bytes();
        if [scratch, MARK].iter().any(|gone| memmem::find(&content, gone).is_some()) {
            return Ok(Tells::OfWhatGoes);
        }
        let before = content.len();
        let dir = self.dir.as_os_str().as_encoded_bytes();
        let (slashed, marked) = (with_slash(dir), with_slash(MARK));
        if self.unit.is_of_cargo(path, self.is_run, self.dir) {
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
}
