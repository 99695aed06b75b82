//! cargo-larder as cargo's workspace wrapper: the compiler that compiles no stub.
//!
//! In: the command line of a compiler. Out: nothing for a stub, else the compiler's own run, unchanged. cargo hands only
//! workspace members to this wrapper, and its probes of the compiler; third-party crates never pass here
//! (`RUSTC_WORKSPACE_WRAPPER` in cargo's reference). Writes nothing.

use crate::quotient::PREFIX;
use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

/// cargo's name of the environment variable that makes this program its wrapper.
pub const VARIABLE: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Whether these arguments, with which this program was started, are those of a compiler.
pub fn is_called(args: &[OsString]) -> bool {
    std::env::var_os(VARIABLE).is_some() && args.get(1).is_some_and(|first| first != "larder")
}

/// Runs the compiler, unless it is asked for a stub.
pub fn run(args: &[OsString]) -> ExitCode {
    let crate_name = args.iter().skip_while(|a| *a != "--crate-name").nth(1).and_then(|n| n.to_str());
    if crate_name.is_some_and(|name| name.starts_with(&PREFIX.replace('-', "_"))) {
        return ExitCode::SUCCESS;
    }
    let compiler = args.get(1).map_or(OsStr::new("rustc"), OsString::as_os_str);
    let mut command = Command::new(compiler);
    command.args(args.iter().skip(2));
    match replace(&mut command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: failed to run `{}`: {error}", compiler.display());
            ExitCode::FAILURE
        }
    }
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
