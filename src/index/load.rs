//! Loads the index for packages that a recipe leaves out, so that the real build can do without the network.
//!
//! In: a recipe, and the directory where its workspace stands or will. Out: what is needed in cargo's home. It writes there
//! and in a scratch directory; whether it succeeds is no matter of the cook's success.

use super::{files, left_out};
use crate::cli::How;
use crate::config::layers::{Given, Layers};
use crate::cook::interrupt::Interrupt;
use crate::cook::toolchain::Cargo;
use crate::cook::{cargo, place};
use crate::disk;
use crate::error::Result;
use crate::read;
use crate::recipe::Recipe;
use crate::recipe::skeleton::{self, Files};
use crate::workspace::lockfile::{self, Lockfile};
use std::ffi::OsString;
use std::path::Path;

/// Variables of the environment to set.
type Variables = Vec<(String, OsString)>;

/// How the cook's cargo is started.
pub struct Around<'a> {
    /// Variables to set.
    pub env: Variables,
    /// The configuration.
    pub layers: &'a Layers,
    /// The program.
    pub cargo: &'a Cargo,
}

/// The packages to load the index for.
pub struct Wanted {
    /// All that the real build will look for.
    whole: Lockfile,
    /// Whether `prepare --offline` asked for it.
    pub is_asked_for: bool,
}

/// Decides what the real build will look for: what `prepare --offline` wrote down, else all of the workspace that stands in
/// `current`, else all of an unscoped recipe. A scoped recipe knows of nothing else.
pub fn wanted(recipe: &Recipe, current: &Path, given: &Given) -> Option<Wanted> {
    if let Some(whole) = recipe.index.clone() {
        return Some(Wanted { whole, is_asked_for: true });
    }
    let unscoped = || skeleton::text(&recipe.files, "Cargo.lock").filter(|_| recipe.scope.is_none());
    let whole = beside(current, given).or_else(|| lockfile::parse("Cargo.lock", unscoped()?).ok());
    whole.map(|whole| Wanted { whole, is_asked_for: false })
}

/// The lockfile of a workspace that stands here already. What is wrong with it, the real build will tell.
fn beside(current: &Path, given: &Given) -> Option<Lockfile> {
    let manifest = read::find_manifest(current, None).ok()?;
    let path = read::lockfile(&read::open(&manifest, &given.environment.here, given).ok()?);
    lockfile::parse("Cargo.lock", &std::fs::read_to_string(path).ok()?).ok()
}

/// Has cargo load what of `wanted` is not in the skeleton that was cooked: nothing is downloaded but files of the index and
/// repositories, and nothing at all where cargo's home has them. Returns whether it has them now. A cook that is itself
/// without the network has to leave it.
pub fn load(wanted: &Wanted, cooked: &Files, how: &How, around: Around<'_>, interrupt: &Interrupt) -> bool {
    how.offline || how.frozen || attempt(wanted, cooked, how, around, interrupt).is_ok()
}

fn attempt(wanted: &Wanted, cooked: &Files, how: &How, around: Around<'_>, interrupt: &Interrupt) -> Result<()> {
    let Around { mut env, layers, cargo } = around;
    let lock = lockfile::parse("Cargo.lock", skeleton::text(cooked, "Cargo.lock").unwrap_or_default())?;
    let Some(left_out) = left_out(&wanted.whole, &lock) else { return Ok(()) };
    let mut files = files(&left_out);
    let is_toolchain = |name: &str| name.starts_with("rust-toolchain");
    let surroundings = cooked.iter().filter(|(name, _)| *name == place::CONFIG || is_toolchain(name));
    files.extend(surroundings.map(|(name, bytes)| (name.clone(), bytes.clone())));
    let scratch = disk::scratch()?;
    skeleton::write(&files, scratch.path(), &[place::CONFIG])?;
    // What nobody has asked for need not be waited for, and must ask nobody for a password.
    env.push(("GIT_TERMINAL_PROMPT".to_owned(), "0".into()));
    if !wanted.is_asked_for && std::env::var_os("CARGO_NET_RETRY").is_none() {
        env.push(("CARGO_NET_RETRY".to_owned(), "0".into()));
    }
    let config = how.config.iter().map(|value| format!("--config={value}"));
    let unstable = how.unstable.iter().map(|flag| format!("-Z{flag}"));
    let update = cargo::Update {
        dir: scratch.path(),
        args: config.chain(unstable).chain(place::told_for_skeleton(layers, scratch.path())).collect(),
        env,
        cargo,
    };
    let loaded = cargo::load_index(&update, interrupt);
    scratch.close()?;
    loaded
}
