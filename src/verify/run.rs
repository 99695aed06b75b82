//! Runs cargo for a verification.
//!
//! In: the command, for the real workspace with an image of the target directory. Out: every unit
//! that cargo reports, and its reason for a dirty package. Shows what cargo downloads. Shows the
//! rest of its output only if it fails.

use super::compiler::hash_of;
use crate::cargo;
use crate::cargo::interrupt::Interrupt;
use crate::cargo::message::{Message, PackageId};
use crate::cargo::toolchain::Cargo;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The words of cargo's lines about downloads and waiting.
const FETCHES: [&str; 9] =
    ["Updating", "Downloading", "Downloaded", "Fetching", "Locking", "Adding", "Blocking", "Unpacking", "Cloning"];
/// The words of its lines about units.
const BUILDS: [&str; 6] = ["Compiling", "Checking", "Fresh", "Dirty", "Running", "Finished"];

/// How long to wait for more of stderr after cargo has ended, because another program that it
/// started may keep it open.
const PATIENCE: Duration = Duration::from_millis(500);

/// A unit that cargo reported.
#[derive(Clone, Debug)]
pub struct Told {
    /// cargo's id of its package.
    pub package: PackageId,
    /// Whether it is the run of a build script. cargo does not report whether a run is fresh.
    pub is_run: bool,
    /// Its hash, if there is a file of it.
    pub hash: Option<String>,
}

/// What cargo reported.
#[derive(Debug, Default)]
pub struct Ran {
    /// All units.
    pub units: Vec<Told>,
    /// The packages by the directory of their manifest.
    pub packages: BTreeMap<PathBuf, PackageId>,
    /// Why packages are dirty, by `NAME vVERSION`.
    pub dirty: BTreeMap<String, String>,
}

/// Runs cargo, while the caller keeps `interrupt` busy.
///
/// # Errors
/// cargo cannot be started, it fails after its output was shown, or a signal arrived.
pub fn run(mut command: Command, cargo: &Cargo, interrupt: &Interrupt) -> Result<Ran> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    interrupt.check()?;
    let mut child = cargo::start(&mut command, cargo)?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let stderr = child.stderr.take().expect("stderr is piped");
    interrupt.entrust(child);
    let (teller, told) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(stderr).split(b'\n').map_while(Result::ok);
        lines.map(|line| shown(&String::from_utf8_lossy(&line))).try_for_each(|line| teller.send(line))
    });
    let mut ran = Ran::default();
    cargo::messages(stdout, interrupt, &mut |message| ran.take(message));
    let status = interrupt.wait()?;
    interrupt.check()?;
    let said: Vec<Line> = std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok()).collect();
    if !status.success() {
        let unseen = said.iter().filter(|line| !line.is_shown && !BUILDS.contains(&line.verb()));
        unseen.for_each(|line| write(&line.text));
        return Err(Error::Cargo(cargo::code(status)));
    }
    ran.dirty = said.iter().filter_map(Line::dirty).collect();
    Ok(ran)
}

impl Ran {
    fn take(&mut self, message: Message) {
        match message {
            Message::CompilerArtifact(artifact) => {
                let hash = artifact.filenames.first().and_then(|path| hash_of(path));
                if let Some(dir) = artifact.manifest_path.parent() {
                    self.packages.insert(dir.to_owned(), artifact.package_id.clone());
                }
                self.units.push(Told { package: artifact.package_id, is_run: false, hash });
            }
            Message::BuildScriptExecuted(run) => {
                let hash = hash_of(&run.out_dir);
                self.units.push(Told { package: run.package_id, is_run: true, hash });
            }
        }
    }
}

/// A line of cargo.
struct Line {
    text: String,
    is_shown: bool,
}

impl Line {
    fn verb(&self) -> &str {
        self.text.strip_prefix(' ').and_then(|line| line.trim_start().split(' ').next()).unwrap_or_default()
    }

    /// `Dirty NAME vVERSION (PATH): WHY` (`DrainState::note_working_on` in cargo's
    /// `job_queue/mod.rs`).
    fn dirty(&self) -> Option<(String, String)> {
        let rest = self.text.trim_start().strip_prefix("Dirty ").filter(|_| self.verb() == "Dirty")?;
        let (head, why) = rest.split_once(": ")?;
        let mut words = head.split(' ');
        Some((format!("{} {}", words.next()?, words.next()?), why.to_owned()))
    }
}

fn shown(text: &str) -> Line {
    let line = Line { text: text.to_owned(), is_shown: false };
    let is_shown = FETCHES.contains(&line.verb());
    if is_shown {
        write(text);
    }
    Line { is_shown, ..line }
}

fn write(line: &str) {
    // If stderr is closed, nobody reads the line.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_reason_is_read() {
        let line = |text: &str| Line { text: text.to_owned(), is_shown: false }.dirty();
        let why = "the file `/v/a/src/lib.rs` has changed (mtime)";
        let expected = Some(("a v1.0.0".to_owned(), why.to_owned()));
        assert_eq!(line(&format!("       Dirty a v1.0.0: {why}")), expected);
        assert_eq!(line(&format!("       Dirty a v1.0.0 (/v/a): {why}")), expected);
        assert_eq!(line("   Compiling a v1.0.0"), None);
    }
}
