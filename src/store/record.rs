//! The record of an object: its unit, and the conditions under which it may be used.
//!
//! In: a record, or its bytes. Out: the other. Bytes that were cut off or changed, have another
//! name, or another format are not a record. Touches nothing.

use super::holder::{INDEX, OBJECTS};
use super::watch::Watched;
use crate::digest::Digest;
use crate::target::Unit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the format.
    pub format: u32,
    /// The digest of the package, from the lockfile, and of everything that all units depend on.
    pub key: Digest,
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// cargo's name for the kind of the target.
    pub kind: String,
    /// The unit.
    pub unit: Unit,
    /// Its object.
    pub object: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// The milliseconds that cargo spent on the unit, if known.
    pub milliseconds: Option<u64>,
    /// What it was compiled against: units by their keys in a ledger, each with its object.
    pub dependencies: BTreeMap<String, Digest>,
    /// Conditions that may differ between two machines.
    pub circumstances: Circumstances,
}

/// What must be the same as when the unit was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The system, for a unit that can see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Digest>,
    /// The target directory, for a unit that names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_dir: Option<Digest>,
    /// Variables and files.
    #[serde(flatten)]
    pub watched: Watched,
}

impl Record {
    /// Returns the name of the record, which is in the folder of its package.
    pub fn name(&self) -> String {
        let circumstances = serde_json::to_vec(&self.circumstances).expect("maps of strings become JSON");
        let dependencies = serde_json::to_vec(&self.dependencies).expect("maps of strings become JSON");
        let of = Digest::of_parts([
            self.unit.key().as_bytes(),
            self.object.as_str().as_bytes(),
            &circumstances,
            &dependencies,
        ]);
        format!("{}/{}-{}.json", folder(&self.package, &self.version, &self.key), self.unit.hash, of.short())
    }

    /// Returns the bytes of the record: the digest of the rest, then JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        let json = serde_json::to_vec_pretty(self).expect("a record becomes JSON");
        [Digest::of(&json).as_str().as_bytes(), b"\n", &json].concat()
    }

    /// Parses the record of this name. Returns `None` if the bytes are not such a record.
    pub fn parse(name: &str, bytes: &[u8]) -> Option<Self> {
        let (digest, json) = bytes.split_at_checked(64)?;
        let json = json.strip_prefix(b"\n")?;
        let digest = Digest::try_from(std::str::from_utf8(digest).ok()?.to_owned()).ok()?;
        if Digest::of(json) != digest {
            return None;
        }
        let record: Record = serde_json::from_slice(json).ok()?;
        (record.format == FORMAT && record.name() == name).then_some(record)
    }

    /// Returns the name of its object.
    pub fn object_name(&self) -> String {
        object_name(&self.object)
    }
}

/// Returns the name of an object.
pub fn object_name(object: &Digest) -> String {
    format!("{OBJECTS}/{object}")
}

/// Returns the folder of a package's records.
pub fn folder(package: &str, version: &str, key: &Digest) -> String {
    format!("{INDEX}/{package}-{version}-{}", key.short())
}

/// Returns cargo's hash of the unit in the name of a record.
pub fn hash_in(name: &str) -> Option<&str> {
    Some(name.rsplit_once('/')?.1.split_once('-')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::unit::Layout;

    fn record() -> Record {
        let unit = Unit {
            profile: "release".to_owned(),
            package: "libc".to_owned(),
            hash: "0123456789abcdef".to_owned(),
            layout: Layout::Spread,
        };
        Record {
            format: FORMAT,
            key: Digest::of(b"key"),
            package: "libc".to_owned(),
            version: "0.2.0".to_owned(),
            kind: "lib".to_owned(),
            unit,
            object: Digest::of(b"object"),
            bytes: 6,
            milliseconds: Some(1500),
            dependencies: BTreeMap::new(),
            circumstances: Circumstances::default(),
        }
    }

    #[test]
    fn a_record_is_read_back_and_what_is_altered_is_none() {
        let record = record();
        let (name, bytes) = (record.name(), record.to_bytes());
        assert_eq!(Record::parse(&name, &bytes).as_ref(), Some(&record));
        assert_eq!(hash_in(&name), Some(record.unit.hash.as_str()));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(Record::parse(&name, &flipped), None, "byte {at}");
            assert_eq!(Record::parse(&name, &bytes[..at]), None, "cut at {at}");
        }
        let other = Record { unit: Unit { hash: "f".repeat(16), ..record.unit.clone() }, ..record.clone() };
        assert_eq!(Record::parse(&name, &other.to_bytes()), None, "swapped");
        let newer = Record { format: FORMAT + 1, ..record };
        assert_eq!(Record::parse(&newer.name(), &newer.to_bytes()), None, "of another format");
    }

    #[test]
    fn records_of_other_circumstances_do_not_take_the_place_of_each_other() {
        let one = record();
        let mut other = record();
        other.circumstances.system = Some(Digest::of(b"debian"));
        assert_ne!(one.name(), other.name());
    }
}
