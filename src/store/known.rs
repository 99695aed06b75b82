//! The objects of units in a target directory, so that a cook need not read again what has not
//! changed.
//!
//! In: units, and a file next to the ledger of the target directory. Out: what each unit is as an
//! object, if its files are the same as when it was read. Reads sizes, times, and numbers of files;
//! writes that one file.
//!
//! A file that is written again has another time of its inode, even where somebody sets its mtime.
//! Where a system does not tell that, or a layer of an image has come to another disk, the unit is
//! read again.

use super::digest::Digest;
use crate::target::copy::files_below;
use crate::target::unit::{Parts, Unit};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// The name of the file, in the directory that holds the units.
const FILE: &str = ".larder-objects.json";

/// The version of the format.
const FORMAT: u32 = 1;

/// What a unit is as an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// The digest of the object.
    pub digest: Digest,
    /// How long it is.
    pub bytes: u64,
    /// Whether it names the target directory.
    pub names_target: bool,
}

/// What is known of a target directory.
#[derive(Debug, Default)]
pub struct Known {
    dir: PathBuf,
    rows: RefCell<BTreeMap<String, Row>>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    stamp: Digest,
    object: Object,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    format: u32,
    units: BTreeMap<String, Row>,
}

impl Known {
    /// Reads what earlier cooks have noted. A file that is broken says nothing.
    pub fn read(dir: &Path) -> Self {
        let bytes = std::fs::read(dir.join(FILE)).unwrap_or_default();
        let file: File = serde_json::from_slice(&bytes).unwrap_or_default();
        let rows = if file.format == FORMAT { file.units } else { BTreeMap::new() };
        Known { dir: dir.to_owned(), rows: RefCell::new(rows) }
    }

    /// Returns what a unit is as an object, if its files have not changed since that was noted.
    pub fn object(&self, unit: &Unit, parts: &Parts) -> Option<Object> {
        let rows = self.rows.borrow();
        let row = rows.get(&unit.key())?;
        (stamp(parts, &self.dir)? == row.stamp).then(|| row.object.clone())
    }

    /// Notes what a unit is, which has been read now.
    pub fn note(&self, unit: &Unit, parts: &Parts, object: &Object) {
        let Some(stamp) = stamp(parts, &self.dir) else { return };
        self.rows.borrow_mut().insert(unit.key(), Row { stamp, object: object.clone() });
    }

    /// Writes what is known of these units. If that fails, the next cook reads more.
    pub fn write<'a>(&self, units: impl Iterator<Item = &'a Unit>) {
        let there: BTreeSet<String> = units.map(Unit::key).collect();
        let mut units = self.rows.take();
        units.retain(|unit, _| there.contains(unit));
        let text = serde_json::to_vec(&File { format: FORMAT, units }).expect("maps of text become JSON");
        let path = self.dir.join(FILE);
        if std::fs::read(&path).ok().as_ref() != Some(&text) {
            let _ = crate::disk::write_whole(&path, &text);
        }
    }
}

/// The digest of everything that changes when a file of the unit is written; none, where that
/// cannot be told.
fn stamp(parts: &Parts, dir: &Path) -> Option<Digest> {
    let mut lines = Vec::new();
    for file in parts.0.iter().flat_map(|part| files_below(&dir.join(part))) {
        let metadata = std::fs::symlink_metadata(&file).ok()?;
        lines.push(file.strip_prefix(dir).ok()?.as_os_str().as_encoded_bytes().to_vec());
        lines.push(written(&metadata)?.into_bytes());
    }
    Some(Digest::of_parts(lines))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems tell less")]
fn written(metadata: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let m = metadata;
    let times = (m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
    Some(format!("{} {} {} {} {times:?}", m.dev(), m.ino(), m.mode(), m.len()))
}

#[cfg(not(unix))]
fn written(_: &Metadata) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::target::unit::Layout;

    #[test]
    fn a_unit_is_known_until_a_file_of_it_is_written_even_with_its_old_time() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let [profile, package, hash] = ["release", "x", "0123456789abcdef"].map(str::to_owned);
        let unit = Unit { profile, package, hash, layout: Layout::Spread };
        let file = temp.path().join("release/deps/libx-0123456789abcdef.rlib");
        let parts = Parts(vec!["release/deps/libx-0123456789abcdef.rlib".into(), unit.record()]);
        fs_err::create_dir_all(temp.path().join(unit.record())).expect("writable");
        fs_err::create_dir_all(temp.path().join("release/deps")).expect("writable");
        fs_err::write(&file, "one").expect("writable");
        let object = Object { digest: Digest::of(b"one"), bytes: 3, names_target: false };
        let known = Known::read(temp.path());
        assert_eq!(known.object(&unit, &parts), None);
        known.note(&unit, &parts, &object);
        known.write([&unit].into_iter());
        let known = Known::read(temp.path());
        assert_eq!(known.object(&unit, &parts), Some(object));
        let before = fs_err::metadata(&file).and_then(|it| it.modified()).expect("it has one");
        // The clock of a file system has ticks.
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs_err::write(&file, "two").expect("writable");
        crate::target::copy::set_time(&file, before).expect("its own");
        assert_eq!(known.object(&unit, &parts), None);
        fs_err::write(temp.path().join(FILE), "{").expect("writable");
        assert_eq!(Known::read(temp.path()).object(&unit, &parts), None);
    }
}
