//! Whether the lockfile of a skeleton holds, before anything is compiled.
//!
//! In: a skeleton where it will be built. Out: the same with the lockfile as cargo writes it for this skeleton, which may hold
//! less than the recipe's and nothing else. cargo leaves out what only features reach that no stub asks for; so `--locked` alone
//! would refuse sound skeletons. No crate is downloaded. Writes that lockfile, and loads what cargo's home lacks of the index.

use crate::cargo::interrupt::Interrupt;
use crate::cargo::{self, Says, Update};
use crate::cli::How;
use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use crate::report::Report;
use crate::workspace::lockfile::{self, LockedPackage};
use std::fmt::Write as _;

/// Has cargo resolve the skeleton as the build will, and refuses one for which it settles on anything else than the recipe's
/// versions.
///
/// `cargo update --workspace` resolves as a build does (both call `resolve_with_previous` in cargo's `ops/resolve.rs`, and keep
/// all that is locked), but asks the network what newer versions there are (`print_lockfile_updates` in `ops/cargo_update.rs`).
/// It is offline first, therefore; only where cargo's home lacks something it may ask, as the build would have to.
///
/// # Errors
/// There is no cargo; it fails, in which case it has said why; a package that the recipe does not hold; a signal.
pub fn hold(files: &Files, how: &How, update: &mut Update<'_>, interrupt: &Interrupt, report: Report) -> Result<()> {
    update.args.push("--quiet".to_owned());
    update.args.push("--offline".to_owned());
    if !cargo::resolves(update, Says::Nothing, interrupt)? {
        if !how.offline && !how.frozen {
            update.args.pop();
            report.done("Updating", "the index");
        }
        cargo::resolve(update, Says::Errors, interrupt)?;
    }
    let name = "Cargo.lock";
    let recipe = lockfile::parse(name, skeleton::text(files, name).unwrap_or_default())?.packages;
    let Ok(settled) = fs_err::read_to_string(update.dir.join(name)) else { return Ok(()) };
    let settled = lockfile::parse(name, &settled)?.packages;
    let Some(strangers) = strangers(&recipe, &settled) else { return Ok(()) };
    fail!(
        "the lockfile of the recipe does not hold: cargo would take {strangers}\nhelp: run `cargo update --workspace`, then prepare the recipe anew with `cargo larder prepare`"
    )
}

/// What cargo settled on that the recipe does not hold, and what it holds of the same name.
fn strangers(recipe: &[LockedPackage], settled: &[LockedPackage]) -> Option<String> {
    let is_same =
        |a: &LockedPackage, b: &LockedPackage| (&a.name, &a.version, &a.source) == (&b.name, &b.version, &b.source);
    let mut told = Vec::new();
    for stranger in settled.iter().filter(|it| !recipe.iter().any(|held| is_same(it, held))) {
        let LockedPackage { name, version, source, .. } = stranger;
        let held: Vec<&LockedPackage> = recipe.iter().filter(|it| it.name == *name).collect();
        let mut text = format!("`{name} {version}`");
        let same_version = held.iter().any(|it| it.version == *version);
        if let (true, Some(source)) = (same_version, source) {
            let _ = write!(text, " from `{source}`");
        }
        let held: Vec<String> = held
            .iter()
            .map(|it| match &it.source {
                Some(source) if same_version => format!("`{} {}` from `{source}`", it.name, it.version),
                _ => format!("`{} {}`", it.name, it.version),
            })
            .collect();
        let _ = match &held[..] {
            [] => write!(text, ", which it lacks"),
            held => write!(text, ", not {}", held.join(" or ")),
        };
        told.push(text);
    }
    (!told.is_empty()).then(|| told.join("; "))
}
