//! cargo-larder as cargo's wrapper: the compiler that compiles no stub.
//!
//! In: the command line of a compiler. Out: nothing for a stub, else the compiler's own run, unchanged, through the user's
//! wrapper if there is one. And, for `cook`, what cargo has to be told to call this program. Alone it is the wrapper of the
//! workspace: cargo hands it members only, and its probes of the compiler (`RUSTC_WORKSPACE_WRAPPER` in cargo's
//! reference). It takes the place of the wrapper of all crates before a wrapper of the user's, which must never see a stub;
//! and where local packages are carried, since the wrapper of the workspace is part of what a compiled member is called
//! (`compute_metadata` in cargo's `compilation_files.rs`).

use super::place::Wrapper;
use crate::cli;
use crate::error::Result;
use crate::quotient::PREFIX;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitCode};
use toml::{Table, Value};

/// cargo's names of the environment variables that make a program its wrapper.
const OF_WORKSPACE: &str = "RUSTC_WORKSPACE_WRAPPER";
const OF_ALL: &str = "RUSTC_WRAPPER";
/// Our names of those that hold the user's wrapper, or nothing, and the directory that the project is compiled in.
const USERS: &str = "CARGO_LARDER_RUSTC_WRAPPER";
const ROOT: &str = "CARGO_LARDER_ROOT";

/// The crate that cargo has the compiler name when it asks what that can do (`TargetInfo::new`).
const PROBE: &str = "___";
/// The directory in the scratch directory that holds the link to this program.
const MARK: &str = ".larder";

/// What cargo is told.
pub struct Told {
    /// Environment variables.
    pub env: Vec<(String, OsString)>,
    /// Flags.
    pub args: Vec<String>,
}

/// Makes this program cargo's only wrapper, of members.
///
/// # Errors
/// The system does not say where this program stands.
pub fn of_workspace() -> Result<Told> {
    Ok(Told { env: vec![(OF_WORKSPACE.to_owned(), std::env::current_exe()?.into())], args: Vec::new() })
}

/// Makes this program the wrapper of all crates, which calls the user's. Build scripts see a program of the same name (the `cc` crate goes
/// by it), and cargo remembers of `RUSTC_WRAPPER` what the user has there: `[env]` counts where it compares variables that
/// build scripts watch (`LocalFingerprint::from_env` in cargo's `fingerprint/mod.rs`).
///
/// # Errors
/// The scratch directory cannot be written to.
pub fn of_all(user: Option<Wrapper>, config: &mut Table, scratch: &Path, root: &Path) -> Result<Told> {
    let user = user.unwrap_or(Wrapper { program: OsString::new() });
    let name = Path::new(&user.program).file_name().unwrap_or(OsStr::new("cargo-larder"));
    let own = link(&scratch.join(MARK), name)?;
    let env = [(USERS, user.program.clone()), (ROOT, root.into())];
    let mut told = Told { env: env.map(|(name, value)| (name.to_owned(), value)).into(), args: Vec::new() };
    // Set to nothing, it wins over the config, too.
    if let Some(value) = std::env::var_os(OF_ALL) {
        told.env.push((OF_ALL.to_owned(), own));
        let watched = [("value", Value::from(value.to_string_lossy().into_owned())), ("force", true.into())];
        let watched = Table::from_iter(watched.map(|(key, value)| (key.to_owned(), value)));
        if let Value::Table(env) = config.entry("env").or_insert_with(|| Table::new().into()) {
            env.insert(OF_ALL.to_owned(), watched.into());
        }
    } else {
        let own = Value::from(own.to_string_lossy().into_owned());
        told.args = vec!["--config".to_owned(), format!("build.rustc-wrapper={own}")];
    }
    Ok(told)
}

/// This program under another name.
#[cfg(unix)]
fn link(dir: &Path, name: &OsStr) -> Result<OsString> {
    fs_err::create_dir_all(dir)?;
    let path = dir.join(name);
    fs_err::os::unix::fs::symlink(std::env::current_exe()?, &path)?;
    Ok(path.into())
}

/// A link needs a privilege there.
#[cfg(not(unix))]
fn link(dir: &Path, _: &OsStr) -> Result<OsString> {
    fs_err::create_dir_all(dir)?;
    Ok(std::env::current_exe()?.into())
}

/// Whether these arguments, with which this program was started, are those of a compiler.
pub fn is_called(args: &[OsString]) -> bool {
    let is_wrapper = [OF_WORKSPACE, USERS].into_iter().any(|name| std::env::var_os(name).is_some());
    is_wrapper && args.get(1).is_some_and(|first| !cli::is_first(first))
}

/// Runs the compiler, unless it is asked for a stub.
pub fn run(args: &[OsString]) -> ExitCode {
    let crate_name = args.iter().skip_while(|a| *a != "--crate-name").nth(1).and_then(|n| n.to_str());
    if crate_name.is_some_and(|name| name.starts_with(&PREFIX.replace('-', "_"))) {
        return ExitCode::SUCCESS;
    }
    let users = std::env::var_os(USERS).filter(|users| !users.is_empty());
    let mut words = users.into_iter().chain(args.iter().skip(1).cloned());
    let program = words.next().unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(&program);
    command.args(words).args(crate_name.filter(|name| *name != PROBE).and_then(|_| remapped()));
    match replace(&mut command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: failed to run `{}`: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}

/// A carried package is compiled in the scratch directory (`path_args` in cargo's `compiler/mod.rs`), and its debug
/// information has to name the project's.
fn remapped() -> Option<OsString> {
    let (root, here) = (std::env::var_os(ROOT)?, std::env::current_dir().ok()?);
    let is_scratch = here.join(MARK).is_dir();
    is_scratch.then(|| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(here);
        flag.push("=");
        flag.push(root);
        flag
    })
}

#[cfg(unix)]
fn replace(command: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn replace(command: &mut Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
