//! Checks the lockfile of a skeleton before anything is compiled.
//!
//! In: a skeleton in the scratch directory. Out: the lockfile as cargo writes it for this skeleton.
//! It may hold fewer packages than the recipe's, but no others. cargo removes packages that only a
//! feature reaches which no stub requests, so `--locked` alone would refuse correct skeletons.
//! Downloads no crate. Writes that lockfile, and loads index files that cargo's home lacks.

use crate::cargo::interrupt::Interrupt;
use crate::cargo::{self, Says, Update};
use crate::cli::How;
use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use crate::report::Report;
use crate::workspace::lockfile::{self, LockedPackage};
use std::fmt::Write as _;

/// Makes cargo resolve the skeleton as the build will. Refuses the skeleton if cargo selects other
/// versions than the recipe's.
///
/// `cargo update --workspace` resolves as a build does: both call `resolve_with_previous` in
/// cargo's `ops/resolve.rs`, and keep what is locked. But it also asks the network for newer
/// versions (`print_lockfile_updates` in `ops/cargo_update.rs`). Therefore the first attempt is
/// offline. Only if cargo's home lacks something, cargo may use the network, as the build would
/// have to.
///
/// # Errors
/// There is no cargo, it fails after printing why, it selects a package that the recipe lacks, or a
/// signal arrived.
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
        "the lockfile of the recipe does not hold: cargo would take {strangers}\nhelp: run `cargo update --workspace`, then prepare the recipe again with `cargo larder prepare`"
    )
}

/// Returns the packages that the recipe lacks, each with the packages of the same name that it has.
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
