//! After a cook: units that cook made or brought, and that no recipe uses any more, go.
//!
//! In: what one cook used and made, and the ledger in the target directory. Out: how many units went. Removes third-party
//! units and stubs of cook's own, never anything else; where another cargo builds in the directory, it waits for the next
//! cook.

use super::ledger::Ledger;
use super::unit::{self, Parts, Unit};
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The ledger's name, in the directory that holds the units.
pub const LEDGER: &str = ".larder-units.json";

/// What one cook did.
#[derive(Debug, Default)]
pub struct Did {
    /// The build that was cooked for: the project and its flags.
    pub build: String,
    /// Third-party units that cargo made or found.
    pub used: BTreeSet<Unit>,
    /// Third-party units that cook has made.
    pub made: BTreeSet<Unit>,
    /// Stubs, which are made anew by every cook and cost nothing.
    pub stubs: BTreeSet<Unit>,
}

/// Notes in the ledger, before it happens, that these units are cook's.
///
/// # Errors
/// The ledger cannot be written.
pub fn claim<'a>(target_dir: &Path, units: impl Iterator<Item = &'a Unit>) -> Result<()> {
    let mut ledger = read(target_dir);
    ledger.claim(units.map(Unit::key));
    write(target_dir, &ledger)
}

/// Removes what `did` leaves unused, and gives the number of third-party units removed.
///
/// # Errors
/// The ledger cannot be written, or a unit not be removed.
pub fn trim(target_dir: &Path, did: &Did) -> Result<usize> {
    let mut ledger = read(target_dir);
    ledger.claim(did.made.iter().chain(&did.stubs).map(Unit::key));
    ledger.note(&did.build, did.used.iter().map(Unit::key).collect());
    let idle = ledger.idle();
    let there = if idle.is_empty() { BTreeMap::new() } else { unit::units(target_dir, &|_| true) };
    let going: Vec<_> = there.iter().filter(|(unit, _)| idle.contains(&unit.key())).collect();
    let profiles: BTreeSet<&str> = going.iter().map(|(unit, _)| unit.profile.as_str()).collect();
    let locks: Option<Vec<_>> = profiles.into_iter().map(|it| lock::of_cargo(&target_dir.join(it))).collect();
    let Some(_locks) = locks else { return write(target_dir, &ledger).map(|()| 0) };
    for (unit, parts) in &going {
        remove(unit, parts, target_dir)?;
    }
    // What is not there any more is nobody's.
    ledger.forget(&idle);
    write(target_dir, &ledger)?;
    Ok(going.iter().filter(|(unit, _)| !did.stubs.contains(unit)).count())
}

/// The record first: what has none is made anew.
fn remove(unit: &Unit, parts: &Parts, target_dir: &Path) -> Result<()> {
    let all = std::iter::once(unit.record()).chain(parts.0.iter().cloned());
    for path in all.map(|part| target_dir.join(part)) {
        let removed = if path.is_dir() { fs_err::remove_dir_all(&path) } else { fs_err::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    if unit.layout == unit::Layout::Gathered {
        // The package's own directory, if this was its last unit.
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
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// cargo's lock of a profile's directory, while nobody builds there.
#[cfg(unix)]
mod lock {
    use rustix::fs::{FlockOperation, flock};
    use std::fs::File;
    use std::path::Path;

    /// The names of cargo's locks (`Layout::new` in its `core/compiler/layout.rs`).
    const NAMES: [&str; 2] = [".cargo-lock", ".cargo-build-lock"];

    /// Held until dropped; none where a cargo holds one of them.
    pub fn of_cargo(profile: &Path) -> Option<Vec<File>> {
        let files = NAMES.iter().filter_map(|name| File::open(profile.join(name)).ok());
        files.map(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).ok().map(|()| file)).collect()
    }
}

/// Windows refuses to remove what is open.
#[cfg(not(unix))]
mod lock {
    use std::path::Path;

    pub fn of_cargo(_: &Path) -> Option<()> {
        Some(())
    }
}
