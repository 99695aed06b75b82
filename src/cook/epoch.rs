//! Times of files that do not tell when a cook ran, so that a layer cooked twice has the same times.
//!
//! In: `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>), and the directories that are built
//! into. Out: that time on all that a cook from nothing has put there. Cargo compares times with `>`, so that what has one and
//! the same stays fresh (`find_stale_file` and `check_filesystem` in its `core/compiler/fingerprint`).
//!
//! Where anything else has built, the times stay: a local package that was given a later time than an edit of its source
//! would pass for fresh.

use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::path;
use crate::recipe::skeleton::{self, Files};
use crate::report::Report;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const VARIABLE: &str = "SOURCE_DATE_EPOCH";

const NOT_OURS: &str = "not only cooks with `SOURCE_DATE_EPOCH` have written there\nhelp: cook into an empty directory";
/// See `settle.rs`.
const COMPARED: &str = "local packages were compiled, whose sources cargo compares with them";

/// A time for all that a cook leaves.
#[derive(Debug)]
pub struct Epoch {
    seconds: i64,
    dirs: Vec<PathBuf>,
    /// Why times have to stay as they are, if they have to.
    stay: Option<&'static str>,
}

impl Epoch {
    /// What the environment asks for, before anything is built into these directories.
    ///
    /// # Errors
    /// The variable holds no number.
    pub fn begin(dirs: Vec<PathBuf>, files: &Files, environment: &Environment) -> Result<Option<Self>> {
        let Some(value) = environment.var_os(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(None) };
        let value = value.to_string_lossy();
        let digits = value.chars().all(|c| c.is_ascii_digit());
        let Some(seconds) = value.parse().ok().filter(|_| digits) else {
            fail!(
                "`{VARIABLE}` is `{value}`, which is no number of seconds since 1970\nhelp: unset it, or set it to one, as `git log -1 --format=%ct` prints it"
            )
        };
        // A cook leaves one time on everything; cargo never does. A directory that does not exist holds nothing.
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

    /// Puts the time on everything, after a cook that was called in `here`.
    ///
    /// # Errors
    /// A file of somebody else.
    pub fn end(&self, here: &Path, report: Report) -> Result<()> {
        if let Some(reason) = self.stay {
            report.note(&format!("times below `{}` stay as they are: {reason}", path::display(&self.dirs[0], here)));
            return Ok(());
        }
        for dir in self.dirs.iter().filter(|dir| dir.exists()) {
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

/// Everything below a directory; symbolic links are not followed.
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

/// Elsewhere, only files have times that the standard library sets.
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
