//! Finds the workspace root of the real build.
//!
//! In: the current directory, `--manifest-path`, and where the recipe says `prepare` was called.
//! Out: the root, even if the sources arrive later. Reads manifests above and writes nothing.

use super::named::Named;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::{path, read};
use std::path::{Path, PathBuf};

/// Where the manifest was that `prepare` was called for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stood {
    /// How many directories it was below the workspace root.
    pub depth: usize,
    /// How many steps it was from the current directory of `prepare`, through `--manifest-path`.
    pub away: usize,
}

/// Returns the workspace root of the manifest in the `current` directory, which need not exist yet.
///
/// # Errors
/// The root does not exist, the recipe does not tell it, and the target directory depends on it.
pub fn root(stood: Stood, asked: Named<'_>, current: &Path, environment: &Environment) -> Result<PathBuf> {
    let here = environment.here.as_path();
    // For a member, cargo builds into the target directory of the root.
    if let Some(root) = read::root(current) {
        return Ok(root);
    }
    let named = asked.manifest.is_some().then(|| path::steps(current, here));
    let up = steps_up(stood, named);
    if let Some(root) = up.and_then(|up| current.ancestors().nth(up)) {
        return Ok(root.to_owned());
    }
    let is_named =
        asked.how.target_dir.is_some() || environment.var_os("CARGO_TARGET_DIR").is_some_and(|v| !v.is_empty());
    if is_named {
        return Ok(current.to_owned());
    }
    let dir = path::display(&current.join("Cargo.toml"), here);
    match named {
        Some(_) => fail!(
            "`{dir}` is not here yet, and may be the root of the workspace or a member\nhelp: name its target directory with `--target-dir`, or leave out `--manifest-path` to cook in the root"
        ),
        None => fail!(
            "recipe was prepared in a member's directory, and `{}` may be that or the root\nhelp: name the member with `--manifest-path`, or the target directory with `--target-dir`",
            here.display()
        ),
    }
}

/// Returns how many directories the root is above the current one. `named` is how many steps that
/// one is from the directory of `cook`, if it was named. Returns `None` if there are two readings.
fn steps_up(stood: Stood, named: Option<usize>) -> Option<usize> {
    match (stood.depth, stood.away, named) {
        // The root itself was prepared.
        (0, _, None | Some(0)) => Some(0),
        // Either a member of a root that has the same layout, or a root that has moved down.
        (0, 0, Some(_)) => None,
        (0, _, Some(_)) => Some(0),
        (depth, _, Some(_)) => Some(depth),
        // `prepare` was called in the root, for a member.
        (depth, away, None) if away == depth => Some(0),
        (_, _, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_as_far_up_as_it_was_or_unknown() {
        let up = |depth, away, named| steps_up(Stood { depth, away }, named);
        assert_eq!([up(0, 0, None), up(0, 0, Some(0)), up(0, 0, Some(1))], [Some(0), Some(0), None]);
        assert_eq!([up(0, 1, None), up(0, 1, Some(1)), up(0, 2, Some(1))], [Some(0), Some(0), Some(0)]);
        assert_eq!([up(2, 0, Some(0)), up(2, 0, Some(2)), up(2, 2, Some(2))], [Some(2), Some(2), Some(2)]);
        assert_eq!([up(1, 1, None), up(1, 0, None), up(1, 2, None)], [Some(0), None, None]);
    }
}
