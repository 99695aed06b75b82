//! The surroundings of the process as one value.
//!
//! In: the process, once, when the program starts. Out: an [`Environment`] with variables,
//! directories, the terminal, and the path of this program. Every room takes what it needs from
//! this value, so that a test can make one up. Only this module and the wrapper process ask the
//! process itself.

use crate::error::{Result, fail};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind::NotFound;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What the process was started in.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The current directory.
    pub here: PathBuf,
    /// The user's home, if the system tells it.
    pub user_home: Option<PathBuf>,
    /// The path of this program, if the system tells it.
    pub program: Option<PathBuf>,
    /// Whether stderr is a terminal.
    pub stderr_is_terminal: bool,
    /// Whether stdout is a terminal.
    pub stdout_is_terminal: bool,
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Reads the surroundings of this process, except the current directory, which may be gone.
    #[allow(deprecated, reason = "Rust 1.85 mended `home_dir`, and Rust 1.87 says so")]
    pub fn of_process() -> Self {
        Environment {
            here: PathBuf::new(),
            user_home: std::env::home_dir(),
            program: std::env::current_exe().ok(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            variables: std::env::vars_os().collect(),
        }
    }

    /// Returns these surroundings with the current directory of the process.
    ///
    /// # Errors
    /// The current directory is gone.
    pub fn in_current_directory(self) -> Result<Self> {
        match std::env::current_dir() {
            Ok(here) => Ok(Environment { here, ..self }),
            Err(error) if error.kind() == NotFound => fail!(
                "the current directory does not exist any more\nhelp: go to one that does, as with `cd \"$PWD\"` if it was created again"
            ),
            Err(error) => fail!("cannot find out the current directory: {error}"),
        }
    }

    /// Returns the value of a variable. On Windows, names are the same in upper and lower case.
    pub fn var_os(&self, name: &str) -> Option<&OsStr> {
        let name = OsStr::new(name);
        let is_same = |other: &OsString| cfg!(windows) && other.eq_ignore_ascii_case(name);
        let by_any_case = || self.variables.iter().find(|(other, _)| is_same(other)).map(|(_, value)| value);
        self.variables.get(name).or_else(by_any_case).map(OsString::as_os_str)
    }

    /// Returns the value of a variable that is text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.var_os(name).and_then(OsStr::to_str).filter(|value| !value.is_empty())
    }

    /// Returns how wide messages may be: `COLUMNS`, or 80. Shells do not pass it on unless it
    /// is exported. So messages are the same on a terminal and in a log.
    pub fn columns(&self) -> usize {
        self.text("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0).unwrap_or(80)
    }

    /// Returns all variables.
    pub fn all(&self) -> &BTreeMap<OsString, OsString> {
        &self.variables
    }

    /// Returns the variables that are text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)))
    }

    /// Returns cargo's home as an absolute path (`homedir` in cargo's `util/context/mod.rs`).
    pub fn cargo_home(&self) -> Option<PathBuf> {
        let named = self.var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(|home| self.here.join(home));
        named.or_else(|| Some(self.user_home.as_ref()?.join(".cargo")))
    }
}

#[cfg(test)]
impl Environment {
    /// Returns surroundings with these variables.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment { here: PathBuf::from("/here"), variables, ..Environment::default() }
    }
}
