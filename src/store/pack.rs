//! Turns a unit into an object.
//!
//! In: the parts of a unit in a target directory. Out: the bytes of an object, or nothing if the
//! store cannot hold the unit. Reads the unit and writes nothing.

use super::object::{Entry, FORMAT, Header, MAGIC, MARK, What, mode, replace, with_slash};
use crate::disk;
use crate::target::copy::{self, Identity};
use crate::target::records::{entries, name_of};
use crate::target::unit::{Layout, Parts, Unit};
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

/// Returns a unit as an object. Returns `None` if the unit is too large, or contains a path that
/// does not exist when it is restored.
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

    /// Returns whether this file contains the target directory only for cargo. cargo either
    /// translates the path when it reads the file (`prev_build_output` in cargo's
    /// `custom_build.rs`), or does not read the file again (`translate_dep_info` in its
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

/// Returns whether a unit is the run of a build script: cargo records its `OUT_DIR`.
pub fn is_run(unit: &Unit, dir: &Path) -> bool {
    dir.join(unit.run()).join("root-output").is_file()
}
