//! Sets the mtimes of all files to one time, so that a layer that is cooked twice has the same
//! mtimes.
//!
//! In: `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>), and the
//! directories of the build. Out: that mtime on every file of a cook into empty directories. Cargo
//! compares mtimes with `>`, so that files with the same mtime stay fresh (`find_stale_file` and
//! `check_filesystem` in its `core/compiler/fingerprint`).
//!
//! If another build has written there, the mtimes stay unchanged. A local package with an mtime
//! later than an edit of its source would seem fresh.

use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::path;
use crate::recipe::skeleton::{self, Files};
use crate::report::Report;
use crate::store::known;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const VARIABLE: &str = "SOURCE_DATE_EPOCH";

const NOT_OURS: &str = "not only cooks with `SOURCE_DATE_EPOCH` have written there\nhelp: cook into an empty directory";
/// See `settle.rs`.
const COMPARED: &str = "local packages were compiled, whose sources cargo compares with them";

/// The time for all files of a cook.
#[derive(Debug)]
pub struct Epoch {
    seconds: i64,
    dirs: Vec<PathBuf>,
    /// Why the mtimes must stay unchanged, if they must.
    stay: Option<&'static str>,
}

impl Epoch {
    /// Reads the variable, before the build writes into these directories.
    ///
    /// # Errors
    /// The value is not a number.
    pub fn begin(dirs: Vec<PathBuf>, files: &Files, environment: &Environment) -> Result<Option<Self>> {
        let Some(value) = environment.var_os(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(None) };
        let value = value.to_string_lossy();
        let digits = value.chars().all(|c| c.is_ascii_digit());
        let Some(seconds) = value.parse().ok().filter(|_| digits) else {
            fail!(
                "`{VARIABLE}` is `{value}`, which is no number of seconds since 1970\nhelp: unset it, or set it to one, as `git log -1 --format=%ct` prints it"
            )
        };
        // A cook leaves one mtime on everything, which cargo never does. A missing directory holds
        // nothing.
        let entries = dirs.iter().flat_map(|dir| below(dir).unwrap_or_default());
        let times: Vec<Option<SystemTime>> = entries.map(|path| modified(&path)).collect();
        let is_ours = times.iter().all(|time| time.is_some_and(is_whole) && *time == times[0]);
        let stay = match is_ours {
            _ if skeleton::carries(files) => Some(COMPARED),
            true => None,
            false => Some(NOT_OURS),
        };
        Ok(Some(Epoch { seconds, dirs, stay }))
    }

    /// Sets the mtimes. `here` is the current directory.
    ///
    /// # Errors
    /// A file belongs to another user.
    pub fn end(&self, here: &Path, report: Report) -> Result<()> {
        if let Some(reason) = self.stay {
            report.note(&format!("times below `{}` stay unchanged: {reason}", path::display(&self.dirs[0], here)));
            return Ok(());
        }
        for dir in self.dirs.iter().filter(|dir| dir.exists()) {
            // It holds numbers of files, which differ from cook to cook, and times, which go now.
            let _ = std::fs::remove_file(dir.join(known::FILE));
            for path in below(dir)?.iter().chain([dir]) {
                if let Err(error) = set(path, self.seconds) {
                    fail!("failed to set the time of `{}`: {error}", path.display());
                }
            }
        }
        Ok(())
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn is_whole(time: SystemTime) -> bool {
    time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since.subsec_nanos() == 0)
}

/// Returns everything in a directory and below. Does not follow symbolic links.
fn below(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs_err::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(unix)]
fn set(path: &Path, seconds: i64) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: seconds, tv_nsec: 0 },
    };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Sets the mtime of a file. Outside Unix, the standard library sets mtimes of files only.
#[cfg(not(unix))]
fn set(path: &Path, seconds: i64) -> io::Result<()> {
    use std::time::Duration;
    if !path.is_file() {
        return Ok(());
    }
    let time = u64::try_from(seconds).ok().and_then(|s| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(s)));
    let time = time.ok_or(io::ErrorKind::InvalidInput)?;
    fs_err::OpenOptions::new().write(true).open(path)?.file().set_modified(time)
}
