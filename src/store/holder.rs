//! What holds the bytes of a store.
//!
//! In: names with forward slashes, below [`OBJECTS`] or [`INDEX`]. Out: bytes. A holder knows nothing of units, so that a
//! directory, a bucket or a registry of images can each be one; one that pays for each object may pack several, since no
//! caller relies on how they lie.
//!
//! Whoever puts bytes under a name puts all of them or none, and a reader never sees a part. Nothing more is asked: a name
//! may vanish at any moment, and what comes back is checked by whoever asked for it.

use std::io;
use std::time::SystemTime;

/// The folder of objects. Each is named by the digest of its bytes, and never changes.
pub const OBJECTS: &str = "objects";

/// The folder of records: small, changed at will, and no loss but of time.
pub const INDEX: &str = "index";

/// What a holder tells of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name, from [`OBJECTS`] or [`INDEX`] on.
    pub name: String,
    /// How many bytes it takes.
    pub bytes: u64,
    /// When it was put last.
    pub put: SystemTime,
}

/// Bytes under names.
pub trait Holder {
    /// Returns the bytes under a name, or none where there are none.
    ///
    /// # Errors
    /// They cannot be read.
    fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Puts bytes under a name, in the place of those that were there.
    ///
    /// # Errors
    /// They cannot be written, and nothing has changed.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Returns everything below a folder, in the order of names.
    ///
    /// # Errors
    /// The folder cannot be read. One that is not there holds nothing.
    fn list(&self, folder: &str) -> io::Result<Vec<Listed>>;

    /// Removes what is under a name; nothing, if nothing is.
    ///
    /// # Errors
    /// It cannot be removed.
    fn delete(&self, name: &str) -> io::Result<()>;
}
