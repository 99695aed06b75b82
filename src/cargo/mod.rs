//! The only module that starts cargo.
//!
//! In: a directory with a skeleton, flags, and variables. Out: what cargo compiled and found fresh.
//! cargo's own lines go to the user's stderr at once, perhaps without those about stubs. Its JSON
//! messages are counted, and nobody else sees them.

pub mod interrupt;
pub mod lines;
pub mod message;
pub mod outcome;
pub mod terminal;
pub mod toolchain;

pub use outcome::Outcome;

use crate::environment::Environment;
use crate::error::{Error, Result, fail};
use interrupt::Interrupt;
use lines::{Hidden, Passing};
use message::Message;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use toolchain::Cargo;

/// A build to run.
#[derive(Debug)]
pub struct Build<'a> {
    /// The directory of the skeleton.
    pub dir: &'a Path,
    /// The command: `build`, or another one that takes its flags.
    pub command: &'static str,
    /// The flags after the command.
    pub args: Vec<String>,
    /// The target directory.
    pub target_dir: &'a Path,
    /// Environment variables to set.
    pub env: Vec<(String, OsString)>,
    /// The cargo to start.
    pub cargo: &'a Cargo,
    /// The directories of its stubs, which are not counted.
    pub stubs: BTreeSet<String>,
    /// The lines to leave out.
    pub hidden: Option<Hidden>,
}

/// A package whose lockfile cargo resolves.
#[derive(Debug)]
pub struct Update<'a> {
    /// The directory of its manifest and lockfile.
    pub dir: &'a Path,
    /// Flags.
    pub args: Vec<String>,
    /// Environment variables to set.
    pub env: Vec<(String, OsString)>,
    /// The cargo to start.
    pub cargo: &'a Cargo,
}

/// Makes cargo create the lockfile for `manifest` with the command `verb` and the config of the
/// current directory. cargo prints its own lines to stderr. A path of the lockfile that the
/// environment sets is ignored, because that file belongs to the user.
///
/// # Errors
/// There is no cargo, or it fails after printing why.
pub fn make_lockfile(
    verb: &[&str],
    manifest: &Path,
    environment: &Environment,
    flags: &[String],
    interrupt: &Interrupt,
) -> Result<()> {
    let mut command = Cargo::inherited(environment).command();
    command.args(verb).arg("--manifest-path").arg(manifest).current_dir(&environment.here);
    command.args(flags).env_remove("CARGO_RESOLVER_LOCKFILE_PATH").stdin(Stdio::null()).stdout(Stdio::null());
    let _busy = interrupt.busy();
    interrupt.check()?;
    match command.spawn() {
        Ok(child) => {
            interrupt.entrust(child);
            let status = interrupt.wait()?;
            interrupt.check()?;
            if status.success() { Ok(()) } else { Err(Error::Cargo(code(status))) }
        }
        Err(error) => {
            fail!("`{}`, which could make one, cannot be started: {error}", command.get_program().to_string_lossy())
        }
    }
}

/// Which output of cargo the user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// Its stderr.
    Errors,
}

/// Makes cargo resolve the package in `update.dir`. cargo downloads no crate for this
/// (`update_lockfile` in cargo's `ops/cargo_update.rs`).
///
/// # Errors
/// There is no cargo, it fails, or a signal arrived.
pub fn resolve(update: &Update<'_>, says: Says, interrupt: &Interrupt) -> Result<()> {
    let mut command = update.cargo.command();
    command.args(["update", "--workspace"]).args(&update.args).current_dir(update.dir);
    command.envs(update.env.iter().map(|(k, v)| (k, v)));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(if says == Says::Nothing { Stdio::null() } else { Stdio::inherit() });
    let _busy = interrupt.busy();
    interrupt.check()?;
    interrupt.entrust(start(&mut command, update.cargo)?);
    let status = interrupt.wait()?;
    interrupt.check()?;
    if status.success() { Ok(()) } else { Err(Error::Cargo(code(status))) }
}

/// Returns whether cargo can resolve a package.
///
/// # Errors
/// There is no cargo, or a signal arrived.
pub fn resolves(update: &Update<'_>, says: Says, interrupt: &Interrupt) -> Result<bool> {
    let resolved = resolve(update, says, interrupt);
    interrupt.check()?;
    match resolved {
        Ok(()) => Ok(true),
        Err(Error::Cargo(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Starts cargo, or fails with what is missing.
///
/// # Errors
/// cargo cannot be started.
pub fn start(command: &mut Command, cargo: &Cargo) -> Result<Child> {
    let place = if cargo.program.is_some() { ", which `CARGO` names" } else { " on PATH" };
    match command.spawn() {
        Ok(child) => Ok(child),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fail!(
                "could not find `{}`{place}\nhelp: install Rust, or set `CARGO` to the path of cargo",
                command.get_program().to_string_lossy()
            )
        }
        Err(error) => fail!("failed to start `{}`: {error}", command.get_program().to_string_lossy()),
    }
}

/// Runs the build, and adds its results to `outcome` even if it fails.
///
/// # Errors
/// cargo cannot be started, it fails after printing why, or a signal arrived.
pub fn build(build: &Build<'_>, interrupt: &Interrupt, outcome: &mut Outcome) -> Result<()> {
    let mut command = build.cargo.command();
    // `hold` has checked the lockfile, so cargo must not resolve it again.
    command.arg(build.command).args(&build.args).args(["--locked", "--message-format=json-render-diagnostics"]);
    command.arg("--target-dir").arg(build.target_dir).current_dir(build.dir);
    command.envs(build.env.iter().map(|(k, v)| (k, v)));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    if build.hidden.is_some() {
        command.stderr(Stdio::piped());
    }
    interrupt.check()?;
    let mut child = start(&mut command, build.cargo)?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let passing = build.hidden.clone().zip(child.stderr.take()).map(|(hidden, stderr)| hidden.pass(stderr));
    interrupt.entrust(child);
    messages(stdout, interrupt, &mut |message| outcome.count(&message, build.dir, &build.stubs));
    let status = interrupt.wait()?;
    passing.into_iter().for_each(Passing::wait);
    interrupt.check()?;
    if status.success() { Ok(()) } else { Err(Error::Cargo(code(status))) }
}

/// Returns the message with which cargo refuses to begin a build. On a terminal, the build's own
/// message could not be read. Uses no network.
pub fn refusal(build: &Build<'_>, settings: &[String]) -> Option<String> {
    let mut command = build.cargo.command();
    command.args(["metadata", "--format-version=1", "--offline", "--color=never"]).args(settings);
    command.current_dir(build.dir).envs(build.env.iter().map(|(k, v)| (k, v)));
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output().ok()?;
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Takes each message until cargo ends. If a signal ended cargo, a program that it started may
/// still hold the other end of the pipe.
pub fn messages(stdout: ChildStdout, interrupt: &Interrupt, take: &mut dyn FnMut(Message)) {
    let (teller, told) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = message::messages(BufReader::new(stdout)).try_for_each(|message| teller.send(message).map_err(drop));
    });
    loop {
        match told.recv_timeout(Duration::from_millis(100)) {
            Ok(message) => take(message),
            Err(RecvTimeoutError::Timeout) if interrupt.check().is_err() && interrupt.has_ended() => return,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Returns the versions of cargo and its compiler in this build, or `None` if one of them does not
/// answer.
pub fn versions(build: &Build<'_>, rustc: Option<&Path>) -> Option<String> {
    let cargo = asked(build, build.cargo.command(), &["-vV"])?;
    Some(cargo + &asked(build, build.cargo.command_of(rustc.unwrap_or(Path::new("rustc"))), &["-vV"])?)
}

/// Returns the version of cargo as it prints it.
pub fn version(build: &Build<'_>) -> Option<String> {
    asked(build, build.cargo.command(), &["--version"])
}

/// Returns how a compiler describes this processor.
pub fn native(build: &Build<'_>, rustc: Option<&Path>) -> Option<String> {
    let command = build.cargo.command_of(rustc.unwrap_or(Path::new("rustc")));
    asked(build, command, &["--print", "cfg", "-C", "target-cpu=native"])
}

/// Runs a program in the directory and the environment of a build, and returns what it prints.
fn asked(build: &Build<'_>, mut command: std::process::Command, args: &[&str]) -> Option<String> {
    command.args(args).current_dir(build.dir).envs(build.env.iter().map(|(k, v)| (k, v)));
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the exit code of a process, as a shell gives it.
pub fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}
