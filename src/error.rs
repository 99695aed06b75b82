//! Errors and their exit codes.
//!
//! In: a message that names its subject and a way out. Out: an [`Error`], which knows whether the
//! user has already seen its message. Prints nothing.

use std::fmt;

/// Every error of this crate.
#[derive(Debug)]
pub enum Error {
    /// The user's input or the machine is at fault. The message names the cause and a way out.
    /// Exit code 1.
    Failed(String),
    /// The lockfile lacks something that the manifests require. The message names it and a way out.
    /// Exit code 1.
    Behind(String),
    /// The command line is at fault. Exit code 2.
    Usage(String),
    /// cargo failed and has printed the reason, so nothing more is printed. The exit code is
    /// cargo's.
    Cargo(i32),
}

/// The result of every function here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns the exit code of the process.
    pub fn code(&self) -> u8 {
        match self {
            Error::Failed(_) | Error::Behind(_) => 1,
            Error::Usage(_) => 2,
            Error::Cargo(code) => u8::try_from(*code).unwrap_or(1),
        }
    }

    /// Returns this error as the cause of `outer`. Causes are listed one below another, as cargo
    /// prints them. The `help:` line remains the last one.
    pub fn within(self, outer: &str) -> Self {
        const CAUSED: &str = "\n\nCaused by:\n  ";
        let Error::Failed(inner) = self else { return self };
        let (story, help) = inner.rsplit_once("\nhelp: ").unwrap_or((&inner, ""));
        let (first, deeper) = story.split_once(CAUSED).unwrap_or((story, ""));
        let mut message = format!("{outer}{CAUSED}{}", first.replace('\n', "\n  "));
        for (lead, rest) in [(CAUSED, deeper), ("\nhelp: ", help)].into_iter().filter(|(_, rest)| !rest.is_empty()) {
            message.extend([lead, rest]);
        }
        Error::Failed(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Failed(message) | Error::Behind(message) | Error::Usage(message) => f.write_str(message),
            Error::Cargo(code) => write!(f, "cargo ended with exit code {code}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Failed(error.to_string())
    }
}

/// Returns `Err(Error::Failed(format!(…)))` from the calling function.
macro_rules! fail {
    ($($message:tt)*) => { return Err($crate::error::Error::Failed(format!($($message)*))) };
}
pub(crate) use fail;
