//! The trait for what holds the bytes of a store.
//!
//! In: names with forward slashes, in [`OBJECTS`] or [`INDEX`]. Out: bytes. A holder knows nothing
//! about units. So it can be a directory, a bucket, or a registry of images. If each object costs
//! money, it may pack several together, because no caller depends on their places.
//!
//! A holder writes all bytes of a name or none, so that a reader never sees a part. It guarantees
//! nothing else: a name may disappear at any time, and the reader checks the content.

use std::io;
use std::time::SystemTime;

/// The folder of objects. Each is named by the digest of its bytes and never changes.
pub const OBJECTS: &str = "objects";

/// The folder of records. They are small, may change, and losing them only costs time.
pub const INDEX: &str = "index";

/// One name in a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name, including [`OBJECTS`] or [`INDEX`].
    pub name: String,
    /// The size in bytes.
    pub bytes: u64,
    /// The time of the last write.
    pub put: SystemTime,
}

/// Bytes by name. Several threads of a cook call it at once.
pub trait Holder: Sync {
    /// Returns the bytes of a name, or `None` if it does not exist.
    ///
    /// # Errors
    /// They cannot be read.
    fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes the bytes of a name, and replaces earlier ones.
    ///
    /// # Errors
    /// They cannot be written, and nothing has changed.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Lists everything in a folder, sorted by name.
    ///
    /// # Errors
    /// The folder cannot be read. A missing folder is empty.
    fn list(&self, folder: &str) -> io::Result<Vec<Listed>>;

    /// Removes a name, if it exists.
    ///
    /// # Errors
    /// It cannot be removed.
    fn delete(&self, name: &str) -> io::Result<()>;
}
