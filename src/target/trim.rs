//! Removes units after a cook: those that cook made or copied, and that no recipe uses any more.
//!
//! In: what one cook used and made, and the ledger in the target directory. Out: the number of
//! removed units. Removes third-party units and stubs that belong to cook, and nothing else. If
//! another cargo builds in the directory, leaves them to the next cook.

use super::ledger::Ledger;
use super::unit::{self, Parts, Unit};
use crate::disk;
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The name of the ledger in the directory of the units.
pub const LEDGER: &str = ".larder-units.json";

/// What one cook did.
#[derive(Debug, Default)]
pub struct Did {
    /// The cooked build: the project and its flags.
    pub build: String,
    /// Third-party units that cargo made or found.
    pub used: BTreeSet<Unit>,
    /// Third-party units that cook has made.
    pub made: BTreeSet<Unit>,
    /// Stubs, which every cook makes again at no cost.
    pub stubs: BTreeSet<Unit>,
}

/// Records in the ledger that these units belong to cook, before they are made.
///
/// # Errors
/// The ledger is not writable.
pub fn claim<'a>(target_dir: &Path, units: impl Iterator<Item = &'a Unit>) -> Result<()> {
    let mut ledger = read(target_dir);
    ledger.claim(units.map(Unit::key));
    write(target_dir, &ledger)
}

/// Returns the keys of the third-party units that a recipe uses.
pub fn used(target_dir: &Path) -> BTreeSet<String> {
    read(target_dir).used()
}

/// Takes cargo's locks of the profiles of these units. Returns `None` if a cargo holds one.
pub fn locks<'a>(target_dir: &Path, units: impl Iterator<Item = &'a Unit>) -> Option<Vec<lock::Lock>> {
    let profiles: BTreeSet<&str> = units.map(|unit| unit.profile.as_str()).collect();
    profiles.into_iter().map(|it| lock::of_cargo(&target_dir.join(it))).collect()
}

/// Removes the units that `did` leaves unused, and returns the number of removed third-party units.
///
/// # Errors
/// The ledger is not writable, or a unit cannot be removed.
pub fn trim(target_dir: &Path, did: &Did) -> Result<usize> {
    let mut ledger = read(target_dir);
    ledger.claim(did.made.iter().chain(&did.stubs).map(Unit::key));
    ledger.note(&did.build, did.used.iter().map(Unit::key).collect());
    let idle = ledger.idle();
    let there = if idle.is_empty() { BTreeMap::new() } else { unit::units(target_dir, &|_| true) };
    let going: Vec<_> = there.iter().filter(|(unit, _)| idle.contains(&unit.key())).collect();
    let locks = locks(target_dir, going.iter().map(|(unit, _)| *unit));
    let Some(_locks) = locks else { return write(target_dir, &ledger).map(|()| 0) };
    let mut kept = BTreeSet::new();
    for (unit, parts) in &going {
        match remove(unit, parts, target_dir) {
            // The next cook removes it.
            Err(error) if disk::is_in_use(&error) => kept.extend([unit.key()]),
            removed => removed?,
        }
    }
    // A missing unit belongs to nobody.
    ledger.forget(&idle.difference(&kept).cloned().collect());
    write(target_dir, &ledger)?;
    let is_counted = |unit: &Unit| !did.stubs.contains(unit) && !kept.contains(&unit.key());
    Ok(going.iter().filter(|(unit, _)| is_counted(unit)).count())
}

/// Removes the record first, because cargo makes a unit without a record again.
fn remove(unit: &Unit, parts: &Parts, target_dir: &Path) -> std::io::Result<()> {
    let all = std::iter::once(unit.record()).chain(parts.0.iter().cloned());
    for path in all.map(|part| target_dir.join(part)) {
        let removed = if path.is_dir() { fs_err::remove_dir_all(&path) } else { fs_err::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    if unit.layout == unit::Layout::Gathered {
        // Removes the directory of the package with its last unit.
        let _ = std::fs::remove_dir(target_dir.join(&unit.profile).join("build").join(&unit.package));
    }
    Ok(())
}

fn read(target_dir: &Path) -> Ledger {
    std::fs::read_to_string(target_dir.join(LEDGER)).map(|text| Ledger::parse(&text)).unwrap_or_default()
}

fn write(target_dir: &Path, ledger: &Ledger) -> Result<()> {
    let path = target_dir.join(LEDGER);
    if ledger.is_empty() && !path.exists() {
        return Ok(());
    }
    let text = ledger.to_text();
    if std::fs::read_to_string(&path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    let mut beside = tempfile::NamedTempFile::new_in(target_dir)?;
    std::io::Write::write_all(&mut beside, text.as_bytes())?;
    Ok(disk::persist(beside, &path)?)
}

/// cargo's locks of a profile's directory, held while nobody builds there.
#[cfg(unix)]
mod lock {
    use rustix::fs::{FlockOperation, flock};
    use std::fs::File;
    use std::path::Path;

    /// The names of cargo's locks (`Layout::new` in its `core/compiler/layout.rs`).
    const NAMES: [&str; 2] = [".cargo-lock", ".cargo-build-lock"];

    /// The locks of one profile, held until this value is dropped.
    pub type Lock = Vec<File>;

    /// Takes the locks. Returns `None` if a cargo holds one of them.
    pub fn of_cargo(profile: &Path) -> Option<Lock> {
        let files = NAMES.iter().filter_map(|name| File::open(profile.join(name)).ok());
        files.map(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).ok().map(|()| file)).collect()
    }
}

/// Windows cannot remove an open file.
#[cfg(not(unix))]
mod lock {
    use std::path::Path;

    pub type Lock = ();

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub fn of_cargo(_: &Path) -> Option<Lock> {
        Some(())
    }
}
