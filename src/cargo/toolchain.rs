//! Which cargo cooks, and of which toolchain.
//!
//! In: the process's surroundings, and whether the skeleton has a toolchain file. Out: [`Cargo`], the program to start and what it
//! is told of the toolchain. May ask `rustup show active-toolchain`; writes nothing.
//!
//! The skeleton's cargo runs in a scratch directory, where rustup finds neither an override of the user's directory nor a file
//! above it. So what rustup would take in the user's directory is decided here, in rustup's order (`find_override_config` in
//! rustup's `config.rs`): `+toolchain`, `RUSTUP_TOOLCHAIN`, then the nearest directory that has an override or a toolchain
//! file, then the default.

use crate::config::files;
use crate::environment::Environment;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VARIABLE: &str = "RUSTUP_TOOLCHAIN";

/// The cargo to start.
#[derive(Clone, Debug)]
pub struct Cargo {
    /// The program, where it is not the `cargo` on PATH.
    pub program: Option<PathBuf>,
    toolchain: Toolchain,
}

/// What decides about the toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Toolchain {
    /// What started this program: the user chose, or nothing else is known.
    Inherited,
    /// The toolchain file of the skeleton.
    OfFile,
    /// What rustup takes in the user's directory.
    Named(String),
}

impl Cargo {
    /// The cargo that started this program, or the one on PATH.
    pub fn inherited(environment: &Environment) -> Self {
        Cargo { program: own(environment), toolchain: Toolchain::Inherited }
    }

    /// The cargo for a skeleton that has a toolchain file, or has none.
    pub fn for_skeleton(has_file: bool, root: &Path, environment: &Environment) -> Self {
        let file_stands = environment.here.ancestors().any(|dir| files::toolchain_file(dir).is_some());
        let ask = || ask(environment);
        let toolchain = Known { environment, has_file, file_stands, root }.decide(&ask);
        let program = own(environment).filter(|_| toolchain == Toolchain::Inherited);
        Cargo { program, toolchain }
    }

    /// The platform that its compiler runs on, as `rustc -vV` tells.
    pub fn host(&self, environment: &Environment, dir: &Path) -> Option<String> {
        let rustc = environment.var_os("RUSTC").filter(|name| !name.is_empty()).map_or(Path::new("rustc"), Path::new);
        let rustc = if rustc.components().count() > 1 { environment.here.join(rustc) } else { rustc.to_owned() };
        let output = self.command_of(&rustc).arg("-vV").current_dir(dir).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
    }

    /// A command that starts it.
    pub fn command(&self) -> Command {
        self.command_of(self.program.as_deref().unwrap_or(Path::new("cargo")))
    }

    /// A command that starts another program of its toolchain.
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

/// cargo itself when it runs this program, so that `cargo +nightly larder` stays with nightly. It is started in another
/// directory than this one.
fn own(environment: &Environment) -> Option<PathBuf> {
    let named = environment.var_os("CARGO").filter(|name| !name.is_empty()).map(Path::new)?;
    Some(if named.components().count() > 1 { environment.here.join(named) } else { named.to_owned() })
}

/// What there is to know before rustup is asked.
struct Known<'a> {
    environment: &'a Environment,
    /// Whether the skeleton has a toolchain file.
    has_file: bool,
    /// Whether one stands here, so that rustup has ranked it.
    file_stands: bool,
    root: &'a Path,
}

/// What rustup takes where neither `+toolchain` nor the variable says anything.
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
        // Since 1.28 rustup's proxies tell how they chose (`main` in rustup's `cli/proxy_mode.rs`).
        match self.environment.text("RUSTUP_TOOLCHAIN_SOURCE") {
            _ if !self.has_file => Toolchain::Inherited,
            Some("cli" | "env") => Toolchain::Inherited,
            Some("path-override") => match ask() {
                Some(Active { reason: Reason::Override(dir), .. }) if !self.wins(&dir) => yielding,
                _ => Toolchain::Inherited,
            },
            Some(_) => yielding,
            // rustup counts whatever it starts: without, the variable is the user's own.
            None if self.environment.var_os("RUST_RECURSION_COUNT").is_none() => Toolchain::Inherited,
            // `rustup run`, or a proxy of before.
            None => match ask() {
                Some(active) if !active.is(named) => Toolchain::Inherited,
                Some(Active { reason: Reason::Override(dir), .. }) if self.wins(&dir) => Toolchain::Inherited,
                _ => yielding,
            },
        }
    }

    /// Whether an override for a directory wins over the skeleton's toolchain file, which stands in the root, or will.
    fn wins(&self, dir: &Path) -> bool {
        !self.has_file || self.file_stands || dir.starts_with(self.root)
    }
}

impl Active {
    /// Whether this is the toolchain of that name, which may lack its platform.
    fn is(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// Reads what `rustup show active-toolchain` says (`ActiveSource::to_reason` in rustup's `config.rs`).
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
        // `rustup run stable`, where the directory says otherwise.
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
