//! Units that come into a target directory, each whole or not at all.
//!
//! In: the parts of a unit, and whoever can make each. Out: the parts in their places, the record last, without which cargo
//! takes the rest for nothing. Writes below the target directory.

use super::unit::Parts;
use std::io;
use std::path::Path;

/// What directories are called that hold half a unit, and are removed with the next cook if one was killed.
const STAGE: &str = ".larder-seed-";

/// Has `fill` make all parts beside their places first, by number and path, and then moves them there.
///
/// # Errors
/// What `fill` says, or the target directory cannot be written to.
pub fn place(
    parts: &Parts,
    target_dir: &Path,
    fill: &mut dyn FnMut(usize, &Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    fs_err::create_dir_all(target_dir)?;
    let staged = tempfile::Builder::new().prefix(STAGE).tempdir_in(target_dir)?;
    for (i, part) in parts.0.iter().enumerate() {
        fill(i, part, &staged.path().join(i.to_string()))?;
    }
    for (i, part) in parts.0.iter().enumerate() {
        let to = target_dir.join(part);
        fs_err::create_dir_all(to.parent().unwrap_or(target_dir))?;
        if to.is_dir() {
            fs_err::remove_dir_all(&to)?;
        }
        fs_err::rename(staged.path().join(i.to_string()), &to)?;
    }
    Ok(())
}

/// Removes what a cook that was killed left.
pub fn clear(target_dir: &Path) {
    let is_ours = |path: &std::path::PathBuf| super::records::name_of(path).starts_with(STAGE);
    for left in super::records::entries(target_dir).into_iter().filter(is_ours) {
        let _ = fs_err::remove_dir_all(left);
    }
}
