//! Copies that cargo takes for the originals: content, modes, mtimes, links.
//!
//! In: a file or a directory, and its new path. Out: a copy there, as a whole or not at all. Writes
//! nothing else.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The identity of a file with several names: device and number.
pub type Identity = (u64, u64);

/// The existing copies of files with several names.
pub type Linked = BTreeMap<Identity, PathBuf>;

/// Copies a file or a directory to a path that does not exist. Names of one file stay names of one
/// file. The copy of the standard library shares blocks if the file system can.
///
/// # Errors
/// It cannot be read, or the copy cannot be written.
pub fn copy(from: &Path, to: &Path, linked: &mut Linked) -> io::Result<()> {
    let metadata = fs_err::symlink_metadata(from)?;
    if metadata.is_dir() {
        fs_err::create_dir_all(to)?;
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()), linked)?;
        }
        return set_times(to, &metadata);
    }
    if metadata.is_symlink() {
        return link(&fs_err::read_link(from)?, to);
    }
    if let Some(id) = identity(&metadata) {
        if linked.get(&id).is_some_and(|first| fs_err::hard_link(first, to).is_ok()) {
            return Ok(());
        }
        linked.insert(id, to.to_owned());
    }
    fs_err::copy(from, to)?;
    set_times(to, &metadata)
}

/// Returns the identity of a file with several names, or `None` for a file with one name.
#[cfg(unix)]
pub fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

/// Returns `None`: outside Unix, the standard library does not tell.
#[cfg(not(unix))]
pub fn identity(_: &Metadata) -> Option<Identity> {
    None
}

/// Makes a symbolic link.
///
/// # Errors
/// The system refuses.
#[cfg(unix)]
pub fn link(target: &Path, to: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, to)
}

/// Fails: outside Unix, a link needs a privilege, and cargo makes none.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn link(target: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::other(format!("`{}` is a link", target.display())))
}

fn set_times(path: &Path, metadata: &Metadata) -> io::Result<()> {
    set_time(path, metadata.modified()?)
}

/// Sets the mtime of a file or a directory.
///
/// # Errors
/// The system refuses.
pub fn set_time(path: &Path, time: SystemTime) -> io::Result<()> {
    // On Unix, the owner needs only read access. On Windows, read access is not enough, and
    // directories cannot be opened.
    if cfg!(windows) && path.is_dir() {
        return Ok(());
    }
    std::fs::OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.set_modified(time)
}

/// Returns every file in a directory and below, or the file itself. Does not follow links.
pub fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() && !path.is_symlink() {
        super::records::entries(path).iter().flat_map(|inner| files_below(inner)).collect()
    } else {
        vec![path.to_owned()]
    }
}
