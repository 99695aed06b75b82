//! The surroundings of the process: its variables, its current directory, the user's home.
//!
//! In: the process, once, when the program starts. Out: an [`Environment`], a value that is handed down. Whoever reads cargo's
//! configuration or chooses a toolchain asks this value, so that a test can make one up.

use crate::error::{Result, fail};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind::NotFound;
use std::path::PathBuf;

/// What the process was started in.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The current directory.
    pub here: PathBuf,
    /// The user's home, where the system tells.
    pub user_home: Option<PathBuf>,
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Reads the surroundings of this process.
    ///
    /// # Errors
    /// The current directory is gone.
    pub fn of_process() -> Result<Self> {
        let here = match std::env::current_dir() {
            Ok(here) => here,
            Err(error) if error.kind() == NotFound => fail!(
                "the current directory does not exist any more\nhelp: go to one that does, as with `cd \"$PWD\"` if it was made anew"
            ),
            Err(error) => fail!("cannot find out the current directory: {error}"),
        };
        Ok(Environment { here, user_home: std::env::home_dir(), variables: std::env::vars_os().collect() })
    }

    /// Returns the value of a variable.
    pub fn var_os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns the value of a variable that is text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.var_os(name).and_then(OsStr::to_str).filter(|value| !value.is_empty())
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
    /// Surroundings with these variables.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment { here: PathBuf::from("/here"), user_home: None, variables }
    }
}
