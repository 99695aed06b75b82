//! The build that maturin runs.
//!
//! In: `--maturin`, and the workspace. Out: the variables that maturin will set, which
//! `crate::cook::maturin` knows, and the flag that `cook` needs. Starts the interpreter. Writes
//! nothing.

use super::asked::Asked;
use crate::cli::Verify;
use crate::cook::maturin;
use crate::error::Result;
use crate::prepare::locked;
use crate::quotient::{names, quotient};
use crate::recipe::skeleton;
use crate::report::Report;
use crate::shell;
use std::ffi::OsString;

/// Returns what maturin sets, if the build is maturin's. Its file belongs to the cook, and is not
/// written.
///
/// # Errors
/// The workspace cannot be read, or there is no such Python.
pub(super) fn variables(asked: &Asked<'_>) -> Result<Vec<(String, OsString)>> {
    let Asked { args, given, scope, root, target_dir, .. } = asked;
    let Some(python) = &args.maturin else { return Ok(Vec::new()) };
    // Warnings about the workspace are those of `prepare` and of `cook`.
    let quiet = Report::new(None, true, false, &given.environment);
    let network =
        locked::Network { offline: args.how.offline || args.how.frozen, locked: args.how.locked || args.how.frozen };
    let mut workspace = locked::workspace(&root.join("Cargo.toml"), given, network, quiet)?;
    let found = names::find(&mut workspace, scope);
    let files = skeleton::files(&quotient(&workspace, &found, None)?.workspace);
    Ok(maturin::variables(python.as_deref(), &files, scope, target_dir, &given.environment)?.variables)
}

/// Returns the flag that `cook` needs for the same build, after a space.
pub fn flag(args: &Verify) -> String {
    match &args.maturin {
        None => String::new(),
        Some(None) => " --maturin".to_owned(),
        Some(Some(python)) => format!(" {}", shell::word(&format!("--maturin={}", python.display()))),
    }
}
