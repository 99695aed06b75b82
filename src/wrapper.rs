//! The wrapper process: cargo calls this program instead of a compiler, and it compiles no stub.
//!
//! In: the command line of a compiler, and the variables that `cook` has set. Out: nothing for a
//! stub, else the compiler's own run, unchanged, through the user's wrapper if there is one. This
//! process is not a command of the user, and reads its variables itself. Writes nothing.
//!
//! A stub is known by its directory: cargo tells a compiler the directory of the package in
//! `CARGO_MANIFEST_DIR` (`fill_rustc_env` in its `core/compiler/compilation.rs`), even if the
//! arguments are in a file (`@path`). A name would not do, because a package of the user can have
//! any name.

use crate::cli;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The variable that holds the directory of the skeleton. It makes this program a wrapper.
pub const SKELETON: &str = "CARGO_LARDER_SKELETON";
/// The variable that holds the names of the directories of the stubs in the skeleton.
pub const STUBS: &str = "CARGO_LARDER_STUBS";
/// The variable that holds the user's own wrapper, or nothing.
pub const USERS: &str = "CARGO_LARDER_RUSTC_WRAPPER";
/// The variable that holds the directory in which the project is compiled.
pub const ROOT: &str = "CARGO_LARDER_ROOT";

/// Returns whether these arguments, with which this program was started, are those of a compiler:
/// `cook` is above, and the first is the program that cargo wants to be run.
pub fn is_called(args: &[OsString]) -> bool {
    std::env::var_os(SKELETON).is_some() && args.get(1).is_some_and(|first| !cli::is_first(first))
}

/// Runs the compiler, unless it is asked for a stub.
pub fn run(args: &[OsString]) -> ExitCode {
    let package = of_skeleton();
    if package.as_ref().is_some_and(|dir| is_stub(dir)) {
        return ExitCode::SUCCESS;
    }
    let users = std::env::var_os(USERS).filter(|users| !users.is_empty());
    let mut words = users.into_iter().chain(args.iter().skip(1).cloned());
    let program = words.next().unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(&program);
    command.args(words).args(package.and_then(|_| remapped()));
    match replace(&mut command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: failed to run `{}`: {error}", program.to_string_lossy());
            ExitCode::FAILURE
        }
    }
}

/// The directory, in the skeleton, of the package that is compiled; none for one of elsewhere, and
/// for cargo's probes.
fn of_skeleton() -> Option<PathBuf> {
    let (package, skeleton) = (std::env::var_os("CARGO_MANIFEST_DIR")?, std::env::var_os(SKELETON)?);
    Path::new(&package).strip_prefix(skeleton).ok().map(Path::to_owned)
}

fn is_stub(dir: &Path) -> bool {
    let stubs = std::env::var(STUBS).unwrap_or_default();
    dir.to_str().is_some_and(|dir| stubs.split('/').any(|stub| stub == dir))
}

/// A carried package is compiled in the scratch directory (`path_args` in cargo's
/// `compiler/mod.rs`), and its debug information has to name the project's. What its build script
/// has compiled stands elsewhere.
fn remapped() -> Option<OsString> {
    let (root, here) = (std::env::var_os(ROOT)?, std::env::current_dir().ok()?);
    let is_scratch = std::env::var_os(SKELETON).is_some_and(|skeleton| Path::new(&skeleton) == here);
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
