//! What cargo is told so that it calls this program instead of a compiler.
//!
//! In: the skeleton, and the wrapper of the user if there is one. Out: variables and flags for
//! cargo. Writes a link to this program into the scratch directory. `crate::wrapper` is what the
//! program then does.
//!
//! If there is no reason against it, this program is the wrapper of the workspace: cargo hands it
//! members only, and its probes of the compiler (`RUSTC_WORKSPACE_WRAPPER` in cargo's reference).
//! It is the wrapper of all crates in two cases. A wrapper of the user must never see a stub, so
//! this program is called first. And if local packages are carried, the wrapper of the workspace
//! would be part of the name of a compiled member (`compute_metadata` in cargo's
//! `compilation_files.rs`).

use super::place::{Place, Wrapper};
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::path;
use crate::recipe::skeleton::{self, Files};
use crate::wrapper::{ROOT, SKELETON, STUBS, USERS};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// cargo's variables that set a wrapper.
const OF_WORKSPACE: &str = "RUSTC_WORKSPACE_WRAPPER";

const OF_ALL: &str = "RUSTC_WRAPPER";

/// The directory in the skeleton that holds the link to this program. No file of the skeleton is in
/// it.
const MARK: &str = ".larder";

/// What cargo is told.
pub struct Told {
    /// Environment variables.
    pub env: Vec<(String, OsString)>,
    /// Flags.
    pub args: Vec<String>,
}

/// A skeleton, as the wrapper needs it.
#[derive(Clone, Copy)]
pub struct Skeleton<'a> {
    /// Its files.
    pub files: &'a Files,
    /// Its directory, as cargo names it.
    pub dir: &'a Path,
}

impl Skeleton<'_> {
    fn variables(self) -> Vec<(String, OsString)> {
        let stubs: Vec<String> = skeleton::stubs(self.files).into_iter().collect();
        vec![(SKELETON.to_owned(), self.dir.into()), (STUBS.to_owned(), stubs.join("/").into())]
    }

    /// Returns a directory in it that contains no file of the skeleton.
    fn free_dir(self) -> PathBuf {
        let is_taken = |name: &str| self.files.keys().any(|file| file.split('/').next() == Some(name));
        let mut name = MARK.to_owned();
        while is_taken(&name) {
            name.push('-');
        }
        self.dir.join(name)
    }
}

/// Makes this program cargo's only wrapper, for members.
///
/// # Errors
/// The system does not tell the path of this program.
pub fn of_workspace(skeleton: Skeleton<'_>, environment: &Environment) -> Result<Told> {
    let mut env = skeleton.variables();
    env.push((OF_WORKSPACE.to_owned(), own_path(environment)?.into()));
    Ok(Told { env, args: Vec::new() })
}

/// Returns the path of this program, which cargo has to call.
///
/// # Errors
/// The system does not tell it.
pub fn own_path(environment: &Environment) -> Result<&Path> {
    match &environment.program {
        Some(path) => Ok(path),
        None => fail!(
            "cannot find out where this program is, which cargo has to call\nhelp: call it by its path, on a system with `/proc`"
        ),
    }
}

/// Refuses a wrapper of the user that does not exist, because cargo would name it by a path in the
/// scratch directory. Refuses this program itself, because it would call itself forever.
///
/// # Errors
/// The wrapper is one of these.
pub fn refuse_unusable(user: &Wrapper, environment: &Environment) -> Result<()> {
    let here = environment.here.as_path();
    let real = |path: PathBuf| std::fs::canonicalize(path).ok();
    let program = Path::new(&user.program);
    let path = if program.components().count() > 1 {
        real(here.join(program))
    } else {
        let path = environment.var_os("PATH").unwrap_or_default();
        let suffix = std::env::consts::EXE_SUFFIX;
        let names = [program.to_owned(), PathBuf::from(format!("{}{suffix}", program.display()))];
        let found = std::env::split_paths(path).flat_map(|dir| names.clone().map(|name| here.join(&dir).join(name)));
        found.into_iter().find(|path| path.is_file()).and_then(real)
    };
    if path.is_none() && cfg!(unix) {
        fail!(
            "could not find `{}`, which is named as the wrapper of the compiler\nhelp: install it, `unset {OF_ALL}`, or remove `build.rustc-wrapper` from cargo's config",
            path::display(program, here)
        );
    }
    if path.is_some() && path == environment.program.clone().and_then(real) {
        fail!(
            "`{}` is cargo-larder itself, and is named as the wrapper of the compiler\nhelp: `unset {OF_ALL}`, or remove `build.rustc-wrapper` from cargo's config",
            program.display()
        );
    }
    Ok(())
}

/// Makes this program the wrapper of all crates, which calls the user's wrapper. Build scripts see
/// a program of the same name, which the `cc` crate depends on. cargo stores the user's own
/// `RUSTC_WRAPPER`: it looks in `[env]` when it compares variables that build scripts watch
/// (`LocalFingerprint::from_env` in cargo's `fingerprint/mod.rs`).
///
/// # Errors
/// The scratch directory is not writable.
pub fn of_all(user: Option<Wrapper>, config: &mut Table, skeleton: Skeleton<'_>, place: &Place<'_>) -> Result<Told> {
    let user = user.unwrap_or(Wrapper { program: OsString::new() });
    let name = Path::new(&user.program).file_name().unwrap_or(OsStr::new("cargo-larder"));
    let own = link(&skeleton.free_dir(), name, place.environment)?;
    let env = [(USERS, user.program.clone()), (ROOT, place.root.into())];
    let mut told = Told { env: skeleton.variables(), args: Vec::new() };
    told.env.extend(env.map(|(name, value)| (name.to_owned(), value)));
    // Even an empty value overrides the config.
    if let Some(value) = place.environment.var_os(OF_ALL) {
        told.env.push((OF_ALL.to_owned(), own));
        let watched = [("value", Value::from(value.to_string_lossy().into_owned())), ("force", true.into())];
        let watched = Table::from_iter(watched.map(|(key, value)| (key.to_owned(), value)));
        if let Value::Table(env) = config.entry("env").or_insert_with(|| Table::new().into()) {
            env.insert(OF_ALL.to_owned(), watched.into());
        }
    } else {
        let own = Value::from(own.to_string_lossy().into_owned());
        told.args = vec![format!("--config=build.rustc-wrapper={own}")];
    }
    Ok(told)
}

/// Links this program under another name.
#[cfg(unix)]
fn link(dir: &Path, name: &OsStr, environment: &Environment) -> Result<OsString> {
    fs_err::create_dir_all(dir)?;
    let path = dir.join(name);
    fs_err::os::unix::fs::symlink(own_path(environment)?, &path)?;
    Ok(path.into())
}

/// Copies this program to another name. Outside Unix, a link needs a privilege.
#[cfg(not(unix))]
fn link(dir: &Path, name: &OsStr, environment: &Environment) -> Result<OsString> {
    fs_err::create_dir_all(dir)?;
    let mut name = name.to_owned();
    if Path::new(&name).extension() != Some(OsStr::new(std::env::consts::EXE_EXTENSION)) {
        name.push(std::env::consts::EXE_SUFFIX);
    }
    let path = dir.join(name);
    fs_err::copy(own_path(environment)?, &path)?;
    Ok(path.into())
}
