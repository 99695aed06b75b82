//! Directories and files of this program's own.
//!
//! In: what is to be written. Out: it, whole or not at all; and private directories for the time of a run. All that is there
//! for a while is remembered, so that a signal can remove it. Writes where it is told to, and makes directories in the system's
//! place for temporary files.

use crate::error::{Result, fail};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::{Builder, NamedTempFile, TempDir};

/// What every scratch directory is called, before some letters of its own. Nothing else is, so that it can be found in files.
pub const SCRATCH: &str = "cargo-larder-scratch-";

/// What every file is called that is not whole yet, before some letters of its own.
const PART: &str = ".cargo-larder-part-";

/// What is there for a while. It is locked while something is made, so that nothing is overlooked.
static PASSING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn passing() -> MutexGuard<'static, Vec<PathBuf>> {
    PASSING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a directory for a skeleton, which nobody else can look into.
///
/// # Errors
/// The system's place for temporary files cannot be written to.
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

/// A directory has these permissions from its first moment.
#[cfg(unix)]
fn private<'a, 'b, 'c>(builder: &'c mut Builder<'a, 'b>) -> &'c mut Builder<'a, 'b> {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
}

/// Places for temporary files are the user's own there.
#[cfg(not(unix))]
fn private<'a, 'b, 'c>(builder: &'c mut Builder<'a, 'b>) -> &'c mut Builder<'a, 'b> {
    builder
}

/// Removes all that is there for a while, and keeps anything from being made until the process ends, which has to be soon.
pub fn remove_passing() {
    let passing = passing();
    for path in passing.iter() {
        // A last file may be on its way into it.
        for _ in 0..20 {
            if std::fs::remove_dir_all(path).is_ok() || std::fs::remove_file(path).is_ok() || !path.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
    std::mem::forget(passing);
}

/// Returns where the process goes on, and does not where a signal ends it: nothing is to be written or said any more.
pub fn go_on() {
    drop(passing());
}

/// Writes a file that nobody else can read, where there is none yet.
///
/// # Errors
/// It cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// Writes a file so that at any moment the path has what it had before, or all of this. Goes through links, keeps the mode,
/// and writes into what is no file, such as a pipe.
///
/// # Errors
/// It cannot be written; what was there is untouched.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_open = ["/dev", "/proc"].iter().any(|dir| path.starts_with(dir));
    let (target, there) = match std::fs::metadata(path) {
        Ok(there) if there.is_file() && !is_open => (std::fs::canonicalize(path)?, Some(there)),
        // There is nothing to lose behind a link that leads nowhere.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => (path.to_owned(), None),
        _ => return std::fs::write(path, bytes),
    };
    let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match part(dir) {
        Ok(part) => replace(part, &target, there.as_ref(), bytes),
        // The file may be writable where its directory is not.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && there.is_some() => std::fs::write(path, bytes),
        Err(error) => Err(error),
    }
}

/// A file beside the one that it is to become.
fn part(dir: &Path) -> io::Result<NamedTempFile> {
    let mut passing = passing();
    let mut builder = Builder::new();
    builder.prefix(PART);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask, as of any file
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
    match part.persist(target) {
        Ok(_) => Ok(()),
        // A file that is a mount by itself, as containers have them, stays the same one.
        Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => std::fs::write(target, bytes),
        Err(error) => Err(error.error),
    }
}

#[cfg(unix)]
fn keep_owner(part: &Path, there: &std::fs::Metadata) {
    use std::os::unix::fs::MetadataExt;
    // Only root may, and only root has to.
    let _ = std::os::unix::fs::chown(part, Some(there.uid()), Some(there.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &std::fs::Metadata) {}

/// What an error says, without the random name of a temporary file.
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}
