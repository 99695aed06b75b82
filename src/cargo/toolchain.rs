//! Chooses the cargo that cooks, and its toolchain.
//!
//! In: the surroundings, and whether the skeleton has a toolchain file. Out: [`Cargo`], which
//! program to start and with which toolchain. May run `rustup show active-toolchain`. Writes
//! nothing.
//!
//! The skeleton's cargo runs in a scratch directory. There, rustup finds neither an override of the
//! user's directory nor a toolchain file above it. Therefore this module makes rustup's choice for
//! the user's directory, in the same order (`find_override_config` in rustup's `config.rs`):
//!
//! 1. `+toolchain`.
//! 2. `RUSTUP_TOOLCHAIN`.
//! 3. The nearest directory with an override or a toolchain file.
//! 4. The default.

use crate::config::files;
use crate::environment::Environment;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VARIABLE: &str = "RUSTUP_TOOLCHAIN";

/// The cargo to start.
#[derive(Clone, Debug)]
pub struct Cargo {
    /// The program, if it is not the `cargo` on PATH.
    pub program: Option<PathBuf>,
    toolchain: Toolchain,
}

/// What decides the toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Toolchain {
    /// The toolchain that started this program. Either the user chose it, or nothing else is known.
    Inherited,
    /// The toolchain file of the skeleton.
    OfFile,
    /// The toolchain that rustup chooses in the user's directory.
    Named(String),
}

impl Cargo {
    /// Returns the cargo that started this program, or else the one on PATH.
    pub fn inherited(environment: &Environment) -> Self {
        Cargo { program: own(environment), toolchain: Toolchain::Inherited }
    }

    /// Returns the cargo for a skeleton. `has_file` is whether the skeleton has a toolchain file.
    pub fn for_skeleton(has_file: bool, root: &Path, environment: &Environment) -> Self {
        let file_stands = environment.here.ancestors().any(|dir| files::toolchain_file(dir).is_some());
        let ask = || ask(environment);
        let toolchain = Known { environment, has_file, file_stands, root }.decide(&ask);
        let program = own(environment).filter(|_| toolchain == Toolchain::Inherited);
        Cargo { program, toolchain }
    }

    /// Returns the platform that its compiler runs on, from `rustc -vV`.
    pub fn host(&self, environment: &Environment, dir: &Path) -> Option<String> {
        let rustc = environment.var_os("RUSTC").filter(|name| !name.is_empty()).map_or(Path::new("rustc"), Path::new);
        let rustc = if rustc.components().count() > 1 { environment.here.join(rustc) } else { rustc.to_owned() };
        let output = self.command_of(&rustc).arg("-vV").current_dir(dir).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
    }

    /// Returns a command that starts it.
    pub fn command(&self) -> Command {
        self.command_of(self.program.as_deref().unwrap_or(Path::new("cargo")))
    }

    /// Returns a command that starts another program of its toolchain.
    pub fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        match &self.toolchain {
            Toolchain::Inherited => {}
            Toolchain::OfFile => {
                command.env_remove(VARIABLE);
            }
            Toolchain::Named(name) => {
                command.env(VARIABLE, name);
            }
        }
        command
    }
}

/// Returns the path of the cargo that runs this program, so that `cargo +nightly larder` stays with
/// nightly. The path is absolute, because cargo is started in another directory.
fn own(environment: &Environment) -> Option<PathBuf> {
    let named = environment.var_os("CARGO").filter(|name| !name.is_empty()).map(Path::new)?;
    Some(if named.components().count() > 1 { environment.here.join(named) } else { named.to_owned() })
}

/// What is known before rustup is asked.
struct Known<'a> {
    environment: &'a Environment,
    /// Whether the skeleton has a toolchain file.
    has_file: bool,
    /// Whether a toolchain file is in the user's directory or above it, so that rustup has ranked
    /// it.
    file_stands: bool,
    root: &'a Path,
}

/// What rustup chooses if neither `+toolchain` nor the variable is set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Active {
    name: String,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Default,
    Override(PathBuf),
    File,
}

impl Known<'_> {
    fn decide(&self, ask: &dyn Fn() -> Option<Active>) -> Toolchain {
        let yielding = if self.has_file { Toolchain::OfFile } else { Toolchain::Inherited };
        let Some(named) = self.environment.text(VARIABLE) else {
            // No proxy of rustup has started this program, but the cargo on PATH may be one.
            let is_on_path = own(self.environment).is_none() || self.has_file;
            return match is_on_path.then(ask).flatten() {
                Some(Active { name, reason: Reason::Override(dir) }) if self.wins(&dir) => Toolchain::Named(name),
                Some(Active { name, reason: Reason::File }) if !self.has_file => Toolchain::Named(name),
                _ => yielding,
            };
        };
        // Since 1.28, a proxy of rustup records how it chose (`main` in rustup's
        // `cli/proxy_mode.rs`).
        match self.environment.text("RUSTUP_TOOLCHAIN_SOURCE") {
            _ if !self.has_file => Toolchain::Inherited,
            Some("cli" | "env") => Toolchain::Inherited,
            Some("path-override") => match ask() {
                Some(Active { reason: Reason::Override(dir), .. }) if !self.wins(&dir) => yielding,
                _ => Toolchain::Inherited,
            },
            Some(_) => yielding,
            // rustup counts the programs that it starts. Without a count, the user has set the
            // variable.
            None if self.environment.var_os("RUST_RECURSION_COUNT").is_none() => Toolchain::Inherited,
            // `rustup run`, or a proxy of an older rustup.
            None => match ask() {
                Some(active) if !active.is(named) => Toolchain::Inherited,
                Some(Active { reason: Reason::Override(dir), .. }) if self.wins(&dir) => Toolchain::Inherited,
                _ => yielding,
            },
        }
    }

    /// Returns whether an override for a directory wins over the skeleton's toolchain file, which
    /// is or will be in the workspace root.
    fn wins(&self, dir: &Path) -> bool {
        !self.has_file || self.file_stands || dir.starts_with(self.root)
    }
}

impl Active {
    /// Returns whether this toolchain has that name. The name may lack the platform.
    fn is(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// Parses the output of `rustup show active-toolchain` (`ActiveSource::to_reason` in rustup's
    /// `config.rs`).
    fn parse(line: &str) -> Option<Self> {
        let (name, reason) = line.split_once(" (")?;
        let path = || Some(PathBuf::from(reason.split_once('\'')?.1.rsplit_once('\'')?.0));
        let reason = if reason.contains("directory override") {
            Reason::Override(path()?)
        } else if reason.contains("overridden by '") {
            Reason::File
        } else {
            Reason::Default
        };
        Some(Active { name: name.to_owned(), reason })
    }
}

fn ask(environment: &Environment) -> Option<Active> {
    let mut rustup = Command::new("rustup");
    rustup.args(["show", "active-toolchain"]).current_dir(&environment.here);
    rustup.env_remove(VARIABLE).env("RUSTUP_AUTO_INSTALL", "0").stdin(Stdio::null()).stderr(Stdio::null());
    let output = rustup.output().ok().filter(|output| output.status.success())?;
    Active::parse(String::from_utf8(output.stdout).ok()?.lines().next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHTLY: &str = "nightly-x86_64-unknown-linux-gnu";

    fn check(variables: &[(&str, &str)], has_file: bool, file_stands: bool, says: Option<&str>, expected: &Toolchain) {
        let environment = Environment::with(variables);
        let known = Known { environment: &environment, has_file, file_stands, root: Path::new("/here") };
        let active = || Active::parse(&format!("{NIGHTLY} ({})", says?));
        assert_eq!(known.decide(&active), *expected, "{variables:?}, {has_file}, {file_stands}, {says:?}");
    }

    const OVERRIDE: Option<&str> = Some("directory override for '/here'");
    const OVERRIDE_ABOVE: Option<&str> = Some("directory override for '/'");
    const FILE: Option<&str> = Some("overridden by '/rust-toolchain.toml'");
    const DEFAULT: Option<&str> = Some("default");

    #[test]
    fn the_command_line_and_the_variable_win_over_a_file() {
        for source in ["cli", "env"] {
            let variables = [(VARIABLE, "stable"), ("RUSTUP_TOOLCHAIN_SOURCE", source), ("RUST_RECURSION_COUNT", "1")];
            check(&variables, true, true, OVERRIDE, &Toolchain::Inherited);
        }
        check(&[(VARIABLE, "stable")], true, true, None, &Toolchain::Inherited);
        // `rustup run stable` in a directory with another default.
        check(&[(VARIABLE, "stable"), ("RUST_RECURSION_COUNT", "1")], true, true, DEFAULT, &Toolchain::Inherited);
    }

    #[test]
    fn an_override_of_the_directory_wins_unless_the_file_is_nearer() {
        let by_proxy =
            [(VARIABLE, NIGHTLY), ("RUSTUP_TOOLCHAIN_SOURCE", "path-override"), ("RUST_RECURSION_COUNT", "1")];
        let by_old_proxy = [(VARIABLE, NIGHTLY), ("RUST_RECURSION_COUNT", "1")];
        for variables in [&by_proxy as &[_], &by_old_proxy] {
            check(variables, true, false, OVERRIDE, &Toolchain::Inherited);
            check(variables, true, true, OVERRIDE_ABOVE, &Toolchain::Inherited);
            check(variables, true, false, OVERRIDE_ABOVE, &Toolchain::OfFile);
            check(variables, false, false, OVERRIDE_ABOVE, &Toolchain::Inherited);
        }
    }

    #[test]
    fn a_default_yields_to_a_file() {
        let by_proxy = [(VARIABLE, NIGHTLY), ("RUSTUP_TOOLCHAIN_SOURCE", "default"), ("RUST_RECURSION_COUNT", "1")];
        check(&by_proxy, true, false, DEFAULT, &Toolchain::OfFile);
        check(&by_proxy, false, false, DEFAULT, &Toolchain::Inherited);
        check(&[(VARIABLE, NIGHTLY), ("RUST_RECURSION_COUNT", "1")], true, false, None, &Toolchain::OfFile);
    }

    #[test]
    fn without_a_proxy_what_the_directory_says_is_named() {
        let named = Toolchain::Named(NIGHTLY.to_owned());
        check(&[], false, false, OVERRIDE, &named);
        check(&[], false, false, FILE, &named);
        check(&[], true, true, OVERRIDE, &named);
        check(&[], true, true, FILE, &Toolchain::OfFile);
        check(&[], false, false, DEFAULT, &Toolchain::Inherited);
        check(&[], false, false, None, &Toolchain::Inherited);
        check(&[("CARGO", "/bin/cargo")], false, false, OVERRIDE, &Toolchain::Inherited);
    }
}
