//! Reads and sets mtimes.
//!
//! In: paths and times. Out: mtimes of these paths, and nothing else of them.

use crate::error::Result;
use std::path::Path;
use std::time::{Duration, SystemTime};

pub fn mtime(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

pub fn set_mtime(path: &Path, time: SystemTime) -> Result<()> {
    // The owner of a file needs no write access for this, except on Windows.
    fs_err::OpenOptions::new()
        .read(true)
        .write(cfg!(windows))
        .open(path)?
        .into_file()
        .set_modified(time)
        .map_err(Into::into)
}

/// Changes the mtime of a file, if the file exists.
pub fn move_mtime(path: &Path, to: impl Fn(SystemTime) -> SystemTime) -> Result<()> {
    match mtime(path).map(|own| (own, to(own))) {
        Some((own, right)) if right != own => set_mtime(path, right),
        _ => Ok(()),
    }
}

/// Returns a day after the epoch, which every file system can store.
pub fn oldest() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(24 * 60 * 60)
}

pub fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
