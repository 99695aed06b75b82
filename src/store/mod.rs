//! The store: units that earlier cooks kept, for any project, and that come back before cargo starts.
//!
//! ```text
//! lockfile, surroundings ─records▶ plan ─objects▶ fetch ─units▶ target directory ─cargo▶ used ─▶ keep ─objects, records▶ evict
//! ```
//!
//! A store is bytes under names. Objects are units as cargo left them, named by the digest of their bytes, and never change.
//! Records say what an object is, and under which circumstances it may be used; they may be lost. STORE.md describes both.
//!
//! Nothing here teaches cargo that a unit is fresh: what comes back is what cargo itself wrote, and cargo decides. What goes
//! wrong with a store is a note and costs time; it never fails a cook.

pub mod command;
pub mod digest;
pub mod disk;
pub mod evict;
pub mod fetch;
pub mod holder;
pub mod keep;
pub mod names;
pub mod object;
pub mod pack;
pub mod plan;
pub mod record;
pub mod surroundings;
pub mod system;
pub mod watch;

use crate::environment::Environment;
use disk::Disk;
use holder::Holder;
use std::path::{Path, PathBuf};
use surroundings::Surroundings;

/// A store that is open for one cook.
pub struct Store {
    /// What holds its bytes.
    pub holder: Box<dyn Holder>,
    /// What this cook runs in.
    pub surroundings: Surroundings,
    /// How many bytes it may hold.
    pub limit: u64,
    /// How messages name it.
    pub name: String,
}

impl Store {
    /// Opens the store in a directory.
    pub fn on_disk(dir: &Path, name: String, limit: u64, surroundings: Surroundings) -> Self {
        Store { holder: Box::new(Disk::new(dir)), surroundings, limit, name }
    }
}

/// The variable that names a store.
const VARIABLE: &str = "LARDER_CACHE";

/// Returns the directory of the store that a flag names, or the variable.
pub fn dir(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let by_variable = environment.var_os(VARIABLE).map(Path::new);
    let dir = named.or(by_variable).filter(|dir| !dir.as_os_str().is_empty())?;
    Some(environment.here.join(dir))
}
