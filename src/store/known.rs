//! What is known of the units in a target directory. So a cook need not read again what has not
//! changed, and keeps only what a cook has seen being made.
//!
//! In: units, and two files next to the ledger of the target directory. Out: what each unit is as
//! an object, and its record, if its files are the same as when that was noted. Reads sizes, times,
//! and numbers of files; writes those two files.
//!
//! A file that is written again has another time of its inode, even where somebody sets its mtime.
//! Where a system does not tell that, or a layer of an image has come to another disk, the unit is
//! unknown.
//!
//! A cook leaves a mark when it starts, and removes it at its end. If it is killed in between, the
//! next cook finds the mark. What cargo has made since then, it has made in the surroundings that
//! the mark names.

use super::record::Record;
use crate::digest::Digest;
use crate::target::copy::files_below;
use crate::target::unit::{Parts, Unit};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The name of the file, in the directory that holds the units.
pub const FILE: &str = ".larder-objects.json";

/// The name of the mark of a cook that has not ended.
const OPEN: &str = ".larder-open.json";

/// The version of the format.
const FORMAT: u32 = 2;

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
    /// When a cook started that was killed in the same surroundings.
    killed: Option<SystemTime>,
}

/// What is known of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    stamp: Digest,
    /// What it is as an object.
    pub object: Object,
    /// What it was made from, if a cook saw that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    format: u32,
    units: BTreeMap<String, Row>,
}

#[derive(Serialize, Deserialize)]
struct Open {
    around: Digest,
    since: SystemTime,
}

impl Known {
    /// Reads what earlier cooks have noted. A file that is broken says nothing.
    pub fn read(dir: &Path) -> Self {
        let bytes = std::fs::read(dir.join(FILE)).unwrap_or_default();
        let file: File = serde_json::from_slice(&bytes).unwrap_or_default();
        let rows = if file.format == FORMAT { file.units } else { BTreeMap::new() };
        Known { dir: dir.to_owned(), rows: RefCell::new(rows), killed: None }
    }

    /// Marks that a cook starts in these surroundings. If that fails and the cook is killed, the
    /// store misses what it compiled.
    pub fn begin(&mut self, around: &Digest) {
        let path = self.dir.join(OPEN);
        let left: Option<Open> = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        self.killed = left.filter(|open| open.around == *around).map(|open| open.since);
        let open = Open { around: around.clone(), since: self.killed.unwrap_or_else(SystemTime::now) };
        let text = serde_json::to_vec(&open).expect("a time after 1970 becomes JSON");
        let _ = crate::disk::write_whole(&path, &text);
    }

    /// Returns whether a killed cook made a unit that cargo started at that time.
    pub fn is_of_killed(&self, begun: Option<SystemTime>) -> bool {
        matches!((self.killed, begun), (Some(since), Some(begun)) if begun >= since)
    }

    /// Returns what is known of a unit, if its files have not changed since that was noted.
    pub fn row(&self, unit: &Unit, parts: &Parts) -> Option<Row> {
        let row = self.rows.borrow().get(&unit.key())?.clone();
        (stamp(parts, &self.dir)? == row.stamp).then_some(row)
    }

    /// Notes what a unit is, which had this stamp before it was read.
    pub fn note(&self, unit: &Unit, stamp: Option<Digest>, object: &Object, record: Option<&Record>) {
        let Some(stamp) = stamp else { return };
        let row = Row { stamp, object: object.clone(), record: record.cloned() };
        self.rows.borrow_mut().insert(unit.key(), row);
    }

    /// Writes what is known of these units, and removes the mark. If that fails, the next cook
    /// reads more.
    pub fn write<'a>(&self, units: impl Iterator<Item = &'a Unit>) {
        let there: BTreeSet<String> = units.map(Unit::key).collect();
        let mut units = self.rows.take();
        units.retain(|unit, _| there.contains(unit));
        let text = serde_json::to_vec(&File { format: FORMAT, units }).expect("maps of text become JSON");
        let path = self.dir.join(FILE);
        if std::fs::read(&path).ok().as_ref() != Some(&text) {
            let _ = crate::disk::write_whole(&path, &text);
        }
        let _ = std::fs::remove_file(self.dir.join(OPEN));
    }
}

/// Returns the digest of everything that changes when a file of the unit is written, or `None` if
/// that cannot be told.
pub fn stamp(parts: &Parts, dir: &Path) -> Option<Digest> {
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
        assert_eq!(known.row(&unit, &parts), None);
        known.note(&unit, stamp(&parts, temp.path()), &object, None);
        known.write([&unit].into_iter());
        let known = Known::read(temp.path());
        assert_eq!(known.row(&unit, &parts).map(|row| row.object), Some(object));
        let before = fs_err::metadata(&file).and_then(|it| it.modified()).expect("it has one");
        // The clock of a file system has ticks.
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs_err::write(&file, "two").expect("writable");
        crate::target::copy::set_time(&file, before).expect("its own");
        assert_eq!(known.row(&unit, &parts), None);
        fs_err::write(temp.path().join(FILE), "{").expect("writable");
        assert_eq!(Known::read(temp.path()).row(&unit, &parts), None);
    }

    #[test]
    fn what_a_killed_cook_made_is_known_in_the_same_surroundings_only() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let [here, elsewhere] = [b"here", b"else"].map(|it| Digest::of(it));
        let begin = |around: &Digest| {
            let mut known = Known::read(temp.path());
            known.begin(around);
            known
        };
        let (now, hour) = (SystemTime::now(), std::time::Duration::from_secs(60 * 60));
        let (before, after) = (Some(now - hour), Some(now + hour));
        assert!(!begin(&here).is_of_killed(after), "none was killed");
        let next = begin(&here);
        assert!(next.is_of_killed(after) && !next.is_of_killed(before) && !next.is_of_killed(None));
        assert!(!begin(&elsewhere).is_of_killed(after));
        begin(&elsewhere).write(std::iter::empty());
        assert!(!begin(&elsewhere).is_of_killed(after), "it ended");
    }
}
