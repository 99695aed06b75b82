//! What can go wrong, and with which code the process then ends.
//!
//! In: a sentence that names its subject and the way out. Out: an [`Error`] that knows whether the user has
//! already seen its message. Nothing here prints.

use std::fmt;

/// Everything that fails in this crate fails with one of these.
#[derive(Debug)]
pub enum Error {
    /// The user's input or the machine is at fault; the message says which and what helps. Exit code 1.
    Failed(String),
    /// The lockfile does not list what the manifests ask for; the message says what, and what helps. Exit code 1.
    Behind(String),
    /// The command line is at fault. Exit code 2.
    Usage(String),
    /// cargo failed and has said why; nothing more is printed. The exit code is cargo's own.
    Cargo(i32),
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The exit code of the process.
    pub fn code(&self) -> u8 {
        match self {
            Error::Failed(_) | Error::Behind(_) => 1,
            Error::Usage(_) => 2,
            Error::Cargo(code) => u8::try_from(*code).unwrap_or(1),
        }
    }

    /// The same error, told from one level further out. Causes stand one below the other, as cargo prints them; what
    /// helps stays the last line.
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

/// `Err(Error::Failed(format!(…)))`.
macro_rules! fail {
    ($($message:tt)*) => { return Err($crate::error::Error::Failed(format!($($message)*))) };
}
pub(crate) use fail;
