//! Puts units into a target directory, each as a whole or not at all.
//!
//! In: the parts of a unit, and a function that makes each. Out: the parts in their places. The
//! record comes last, because cargo ignores a unit without a record. Writes to the target
//! directory.

use super::unit::Parts;
use std::io;
use std::path::Path;

/// The prefix of directories with half a unit. The next cook removes those of a killed one.
const STAGE: &str = ".larder-seed-";

/// Makes `fill` write all parts next to their places, by number and path, and then moves them.
///
/// # Errors
/// `fill` fails, or the target directory is not writable.
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

/// Removes what a killed cook has left.
pub fn clear(target_dir: &Path) {
    let is_ours = |path: &std::path::PathBuf| super::records::name_of(path).starts_with(STAGE);
    for left in super::records::entries(target_dir).into_iter().filter(is_ours) {
        let _ = fs_err::remove_dir_all(left);
    }
}
