//! Copies that cargo takes for the original: content, modes, times, links.
//!
//! In: a file or a directory, and where it is to stand. Out: the same there, whole or not at all. Writes there and nowhere
//! else.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file behind several names: device and number.
pub type Identity = (u64, u64);

/// The copies already made of files that have several names.
pub type Linked = BTreeMap<Identity, PathBuf>;

/// Copies a file or a directory to a path at which nothing stands; files of several names stay one file. The standard
/// library's copy shares blocks where the file system can.
///
/// # Errors
/// It cannot be read, or not be written there.
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
        if let Some(first) = linked.get(&id)
            && fs_err::hard_link(first, to).is_ok()
        {
            return Ok(());
        }
        linked.insert(id, to.to_owned());
    }
    fs_err::copy(from, to)?;
    set_times(to, &metadata)
}

/// What tells a file with several names from others; none for a file with one.
#[cfg(unix)]
pub fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

/// Elsewhere the standard library does not tell.
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

/// A link needs a privilege there, and cargo makes none.
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

/// Sets when a file or a directory was modified last.
///
/// # Errors
/// The system refuses.
pub fn set_time(path: &Path, time: SystemTime) -> io::Result<()> {
    // To read is enough where the file is one's own; on Windows it is not, and directories cannot be opened.
    if cfg!(windows) && path.is_dir() {
        return Ok(());
    }
    std::fs::OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.set_modified(time)
}

/// Every file below a path, or the file itself; links are not followed.
pub fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() && !path.is_symlink() {
        super::records::entries(path).iter().flat_map(|inner| files_below(inner)).collect()
    } else {
        vec![path.to_owned()]
    }
}
