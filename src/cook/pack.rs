//! The commands `pack` and `unpack`, and what `cook` does about a packed directory.
//!
//! In: flags that name a target directory. Out: `.rmeta` files that are gone or there again, and a
//! line on stderr. `crate::target::packed` does the work.

use super::named::Named;
use super::place::{self, Place};
use super::summary::megabytes;
use crate::cli::{How, Pack};
use crate::config::layers::Given;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::report::Report;
use crate::target::packed::{self, Amount};
use crate::target::trim;
use crate::{path, read};
use std::path::{Path, PathBuf};

/// Runs `pack`.
///
/// # Errors
/// Nothing was cooked in the target directory, a cargo builds there, or it is not writable.
pub fn pack(args: &Pack, environment: Environment) -> Result<()> {
    let report = Report::new(args.color.as_deref(), args.quiet, false, &environment);
    let here = environment.here.clone();
    let dir = units(args, environment)?;
    if trim::used(&dir).is_empty() {
        fail!(
            "nothing was cooked in `{}`\nhelp: cook with `cargo larder cook`, or name the directory with `--target-dir`",
            path::display(&dir, &here)
        );
    }
    after(&dir, &here, report)
}

/// Runs `unpack`.
///
/// # Errors
/// The target directory is not writable.
pub fn unpack(args: &Pack, environment: Environment) -> Result<()> {
    let report = Report::new(args.color.as_deref(), args.quiet, false, &environment);
    let here = environment.here.clone();
    let dir = units(args, environment)?;
    if packed::unpack(&dir).map(|amount| told(amount, &dir, &here, report))? == 0 {
        report.note(&format!("nothing is packed in `{}`", path::display(&dir, &here)));
    }
    Ok(())
}

/// Unpacks before a cook. What the cook does not pack again stays unpacked.
///
/// # Errors
/// The directory is not writable.
pub fn before(dir: &Path, here: &Path, report: Report) -> Result<()> {
    told(packed::unpack(dir)?, dir, here, report);
    packed::forget(dir);
    Ok(())
}

/// Packs after a cook.
///
/// # Errors
/// A cargo builds in the directory, or it is not writable.
pub fn after(dir: &Path, here: &Path, report: Report) -> Result<()> {
    let name = path::display(dir, here);
    let Some(Amount { crates, bytes, .. }) = packed::pack(dir)? else {
        fail!("cannot pack `{name}`, because a cargo builds there\nhelp: wait for it, then run `cargo larder pack`");
    };
    let size = megabytes(bytes);
    report.done("Packed", &format!("{crates} crates, without {size} that `cargo larder unpack` brings back"));
    Ok(())
}

/// Says what was unpacked, and returns how many crates were packed.
fn told(amount: Amount, dir: &Path, here: &Path, report: Report) -> usize {
    let Amount { crates, bytes, changed } = amount;
    let name = path::display(dir, here);
    if crates > 0 {
        report.done("Unpacked", &format!("{crates} crates in {name} ({})", megabytes(bytes)));
    }
    if changed > 0 {
        report.warning(&format!(
            "{changed} crates in `{name}` have changed since they were packed, so cargo compiles them again"
        ));
    }
    crates + changed
}

/// Returns the directory of cargo's units.
fn units(args: &Pack, environment: Environment) -> Result<PathBuf> {
    let here = environment.here.clone();
    let how = How { target_dir: args.target_dir.clone(), config: args.config.clone(), ..How::default() };
    let named = Named { recipe: None, manifest: args.manifest_path.as_deref(), how: &how };
    let current = named.current(&here);
    let root = read::root(&current).unwrap_or(current);
    let given = Given { environment, config: how.config.clone(), unstable: Vec::new(), top: None };
    let layers = place::layers(&here, &root, &given)?;
    let place = Place { environment: &given.environment, here: &here, root: &root };
    Ok(place::build_dir(&layers, &place).unwrap_or_else(|| place::target_dir(&how, &layers, &place)))
}
