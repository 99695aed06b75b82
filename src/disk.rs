//! Files that are written as a whole, and scratch directories.
//!
//! In: a path and content. Out: a file with all of the content, or no change; and private
//! directories that live as long as the process. Temporary paths are recorded, so that a signal
//! handler can remove them. Writes only to the given paths and to the directory for temporary
//! files.

use crate::error::{Result, fail};
use crate::path;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::{Builder, NamedTempFile, TempDir};

/// The prefix of the name of every scratch directory, before random letters. It is unique, so that
/// a search for it finds the files that contain the path of a scratch directory.
pub const SCRATCH: &str = "cargo-larder-scratch-";

/// The prefix of the name of every incomplete file, before random letters.
const PART: &str = ".cargo-larder-part-";

/// The temporary paths. The lock is held while one is created, so that `remove_passing` misses
/// none.
static PASSING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn passing() -> MutexGuard<'static, Vec<PathBuf>> {
    PASSING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a directory for a skeleton, which only its owner can read.
///
/// # Errors
/// The directory for temporary files is not writable.
pub fn scratch() -> Result<TempDir> {
    let mut passing = passing();
    match private(&mut Builder::new()).prefix(SCRATCH).tempdir() {
        Ok(dir) => {
            passing.push(dir.path().to_owned());
            Ok(dir)
        }
        Err(error) => {
            fail!(
                "cannot make a scratch directory in `{}`: {}\nhelp: name another place for temporary files with `TMPDIR`",
                std::env::temp_dir().display(),
                cause(&error)
            )
        }
    }
}

/// Sets the permissions with which the directory is created, so that it is never open to others.
#[cfg(unix)]
fn private<'a, 'b, 'c>(builder: &'c mut Builder<'a, 'b>) -> &'c mut Builder<'a, 'b> {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
}

/// Changes nothing: outside Unix, the directory for temporary files belongs to the user.
#[cfg(not(unix))]
fn private<'a, 'b, 'c>(builder: &'c mut Builder<'a, 'b>) -> &'c mut Builder<'a, 'b> {
    builder
}

/// Returns the path of an existing file or directory without links, as other programs accept it.
///
/// # Errors
/// The file does not exist.
pub fn real(path: &Path) -> io::Result<PathBuf> {
    fs_err::canonicalize(path).map(path::plain)
}

/// Returns whether another program has the file open, so that Windows neither replaces nor removes
/// it: `ERROR_ACCESS_DENIED` or `ERROR_SHARING_VIOLATION`.
pub fn is_in_use(error: &io::Error) -> bool {
    // `fs_err` keeps the number in the source of its error.
    let inner = error.get_ref().and_then(|inner| inner.source()).and_then(|inner| inner.downcast_ref::<io::Error>());
    cfg!(windows) && matches!(inner.unwrap_or(error).raw_os_error(), Some(5 | 32))
}

/// Removes all temporary paths. Keeps the lock, so that no other is created before the process
/// ends. The caller must end the process soon.
pub fn remove_passing() {
    let passing = passing();
    for path in passing.iter() {
        // cargo or a compiler may still be writing a file into the directory.
        for _ in 0..20 {
            if std::fs::remove_dir_all(path).is_ok() || std::fs::remove_file(path).is_ok() || !path.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
    std::mem::forget(passing);
}

/// Returns at once, unless a signal is ending the process: then it never returns, so that the
/// caller neither writes nor prints anything more.
pub fn go_on() {
    drop(passing());
}

/// Creates a file that only its owner can read.
///
/// # Errors
/// The file exists or cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// Replaces a file as a whole: at any moment the path has its old content or all of the new
/// content. Follows links and keeps the mode. Writes directly to anything but a regular file, such
/// as a pipe.
///
/// # Errors
/// The file cannot be written. A regular file that is replaced as a whole keeps its old content.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_open = ["/dev", "/proc"].iter().any(|dir| path.starts_with(dir));
    let (target, there) = match std::fs::metadata(path) {
        Ok(there) if there.is_file() && !is_open => (std::fs::canonicalize(path)?, Some(there)),
        // A dangling link takes the last branch: no old content could be lost.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => (path.to_owned(), None),
        _ => return std::fs::write(path, bytes),
    };
    let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match part(dir) {
        Ok(part) => replace(part, &target, there.as_ref(), bytes),
        // The file may be writable although its directory is not.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && there.is_some() => std::fs::write(path, bytes),
        Err(error) => Err(error),
    }
}

/// Creates a temporary file in `dir`, the directory of the file that it will replace.
fn part(dir: &Path) -> io::Result<NamedTempFile> {
    let mut passing = passing();
    let mut builder = Builder::new();
    builder.prefix(PART);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // the umask applies, as for any new file
    let part = builder.tempfile_in(dir)?;
    passing.push(part.path().to_owned());
    Ok(part)
}

fn replace(mut part: NamedTempFile, target: &Path, there: Option<&std::fs::Metadata>, bytes: &[u8]) -> io::Result<()> {
    part.write_all(bytes)?;
    if let Some(there) = there {
        part.as_file().set_permissions(there.permissions())?;
        keep_owner(part.path(), there);
    }
    match persist(part, target) {
        Ok(()) => Ok(()),
        // A file can be a mount point, as in containers. It cannot be replaced, only written to.
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => std::fs::write(target, bytes),
        Err(error) => Err(error),
    }
}

/// Renames a temporary file. On Windows, waits for a program that has the old file open, such as a
/// virus scanner.
///
/// # Errors
/// The system refuses.
pub fn persist(mut part: NamedTempFile, target: &Path) -> io::Result<()> {
    for _ in 0..20 {
        match part.persist(target) {
            Err(error) if is_in_use(&error.error) => part = error.file,
            done => return done.map(drop).map_err(|error| error.error),
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    part.persist(target).map(drop).map_err(|error| error.error)
}

#[cfg(unix)]
fn keep_owner(part: &Path, there: &std::fs::Metadata) {
    use std::os::unix::fs::MetadataExt;
    // Only root can change the owner, and only files of root need it.
    let _ = std::os::unix::fs::chown(part, Some(there.uid()), Some(there.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &std::fs::Metadata) {}

/// Returns the text of an error without the random name of a temporary file.
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}
