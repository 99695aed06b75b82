//! Loads the index for packages that a recipe leaves out, so that the real build needs no network.
//!
//! In: a recipe, and the directory of its workspace, which need not exist yet. Out: index files and
//! git clones in cargo's home. cargo writes there, and this module writes a scratch directory. A
//! failure here does not fail the cook.

use super::{files, left_out};
use crate::cargo;
use crate::cargo::interrupt::Interrupt;
use crate::cargo::toolchain::Cargo;
use crate::cli::How;
use crate::config;
use crate::config::layers::{Given, Layers};
use crate::disk;
use crate::environment::Environment;
use crate::error::Result;
use crate::manifest;
use crate::recipe::skeleton::{self, Files};
use crate::recipe::{CONFIG, Recipe};
use crate::workspace::lockfile::{self, Lockfile};
use std::ffi::OsString;
use std::path::Path;

/// Variables of the environment to set.
type Variables = Vec<(String, OsString)>;

/// How the cook starts cargo.
pub struct Around<'a> {
    /// Variables to set.
    pub env: Variables,
    /// The configuration.
    pub layers: &'a Layers,
    /// The process's surroundings.
    pub environment: &'a Environment,
    /// The program.
    pub cargo: &'a Cargo,
}

/// The packages whose index files are loaded.
pub struct Wanted {
    /// The lockfile of the real build.
    whole: Lockfile,
    /// Whether `prepare --offline` requested it.
    pub is_asked_for: bool,
}

/// Returns the packages that the real build will need. They come from `prepare --offline`, else
/// from the workspace in `current`, else from an unscoped recipe. A scoped recipe lists no others.
pub fn wanted(recipe: &Recipe, current: &Path, given: &Given) -> Option<Wanted> {
    if let Some(whole) = recipe.index.clone() {
        return Some(Wanted { whole, is_asked_for: true });
    }
    let unscoped = || skeleton::text(&recipe.files, "Cargo.lock").filter(|_| recipe.scope.is_none());
    let whole = beside(current, given).or_else(|| lockfile::parse("Cargo.lock", unscoped()?).ok());
    whole.map(|whole| Wanted { whole, is_asked_for: false })
}

/// Returns the lockfile of the workspace in `current`. Ignores errors, which the real build
/// reports.
fn beside(current: &Path, given: &Given) -> Option<Lockfile> {
    let manifest = manifest::find_manifest(current, None).ok()?;
    let path = manifest::lockfile(&manifest::open(&manifest, &given.environment.here, given).ok()?);
    lockfile::parse("Cargo.lock", &std::fs::read_to_string(path).ok()?).ok()
}

/// Makes cargo load the index for the packages in `wanted` that the cooked skeleton lacks. cargo
/// downloads only index files and repositories that its home lacks. Returns whether nothing is
/// missing now. Does nothing if the cook itself may not use the network, and then returns `true`.
pub fn load(wanted: &Wanted, cooked: &Files, how: &How, around: Around<'_>, interrupt: &Interrupt) -> bool {
    how.offline || how.frozen || attempt(wanted, cooked, how, around, interrupt).is_ok()
}

fn attempt(wanted: &Wanted, cooked: &Files, how: &How, around: Around<'_>, interrupt: &Interrupt) -> Result<()> {
    let Around { mut env, layers, environment, cargo } = around;
    let lock = lockfile::parse("Cargo.lock", skeleton::text(cooked, "Cargo.lock").unwrap_or_default())?;
    let Some(left_out) = left_out(&wanted.whole, &lock) else { return Ok(()) };
    let mut files = files(&left_out);
    let is_toolchain = |name: &str| name.starts_with("rust-toolchain");
    let surroundings = cooked.iter().filter(|(name, _)| *name == CONFIG || is_toolchain(name));
    files.extend(surroundings.map(|(name, bytes)| (name.clone(), bytes.clone())));
    let scratch = disk::scratch()?;
    skeleton::write(&files, scratch.path(), &[CONFIG])?;
    // The user did not request this download, so it must not prompt for a password or retry.
    env.push(("GIT_TERMINAL_PROMPT".to_owned(), "0".into()));
    if !wanted.is_asked_for && environment.var_os("CARGO_NET_RETRY").is_none() {
        env.push(("CARGO_NET_RETRY".to_owned(), "0".into()));
    }
    let update = cargo::Update {
        dir: scratch.path(),
        args: [how.settings(), config::told_for_skeleton(layers, scratch.path())].concat(),
        env,
        cargo,
    };
    let loaded = cargo::resolve(&update, cargo::Says::Nothing, interrupt);
    scratch.close()?;
    loaded
}
