//! The store: units of earlier cooks of any project, which are restored before cargo starts.
//!
//! ```text
//! lockfile, surroundings ─records▶ plan ─objects▶ fetch ─units▶ target directory
//! target directory ─cargo▶ used units ─▶ keep ─objects, records▶ evict
//! ```
//!
//! A store is a set of named bytes. Objects are units as cargo left them. They are named by the
//! digest of their bytes and never change. Records describe objects, and the conditions under which
//! they may be used. They may be lost. STORE.md describes both.
//!
//! Nothing here makes cargo believe that a unit is fresh. Every restored unit was written by cargo,
//! and cargo decides. A failure of the store is a note and costs time. It never fails a cook.

pub mod command;
pub mod disk;
pub mod evict;
pub mod fetch;
pub mod graph;
pub mod holder;
pub mod keep;
pub mod known;
pub mod names;
pub mod object;
pub mod pack;
pub mod plan;
pub mod record;
pub mod several;
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
    /// The surroundings of this cook.
    pub surroundings: Surroundings,
    /// Its limit in bytes.
    pub limit: u64,
    /// Its name in messages.
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

/// Returns the directory of the store that the flag or the variable names.
pub fn dir(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let by_variable = environment.var_os(VARIABLE).map(Path::new);
    let dir = named.or(by_variable).filter(|dir| !dir.as_os_str().is_empty())?;
    Some(environment.here.join(dir))
}
