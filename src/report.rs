//! Prints messages for people on stderr.
//!
//! In: a sentence. Out: the sentence on stderr after cargo's word for it, with colours if
//! `CARGO_TERM_COLOR` and `NO_COLOR` allow them. With `-q` or `CARGO_TERM_QUIET`, only errors are
//! printed. Results go to stdout, and not through this module.

use crate::environment::Environment;
use crate::error::Error;
use std::borrow::Cow;
use std::io::Write;

/// How to write to stderr.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    colour: bool,
    quiet: bool,
    verbose: bool,
}

impl Report {
    /// Returns how to print. `colour` is the value of `--color`. If neither `-q` nor `-v` is given,
    /// the environment decides (`GlobalContext::configure`).
    pub fn new(colour: Option<&str>, quiet: bool, verbose: bool, environment: &Environment) -> Self {
        let is_true = |name: &str| environment.text(name) == Some("true");
        let verbose = verbose || (!quiet && is_true("CARGO_TERM_VERBOSE"));
        let quiet = quiet || (!verbose && is_true("CARGO_TERM_QUIET"));
        Report { colour: colours(colour, environment.stderr_is_terminal, environment), quiet, verbose }
    }

    /// Returns whether to print details.
    pub fn is_verbose(self) -> bool {
        self.verbose
    }

    /// Returns whether to use colour.
    pub fn has_colour(self) -> bool {
        self.colour
    }

    /// Returns whether to print errors only.
    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Prints what was done, in the form of cargo's own lines.
    pub fn done(self, verb: &str, sentence: &str) {
        if !self.quiet {
            self.line(&format!("{verb:>12}"), "1;32", sentence, "");
        }
    }

    /// Prints something useful to know.
    pub fn note(self, sentence: &str) {
        if !self.quiet {
            self.line("note", "1;32", sentence, ":");
        }
    }

    /// Prints a warning. As in cargo, `-q` suppresses it (`Shell::warn`).
    pub fn warning(self, sentence: &str) {
        if !self.quiet {
            self.line("warning", "1;33", sentence, ":");
        }
    }

    /// Prints an error, unless cargo has already printed it.
    pub fn error(self, error: &Error) {
        if !matches!(error, Error::Cargo(_)) {
            self.line("error", "1;31", &error.to_string(), ":");
        }
    }

    fn line(self, word: &str, code: &str, sentence: &str, after: &str) {
        let word = if self.colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() };
        let sentence = visible(sentence);
        // If stderr is closed, nobody reads the message.
        let _ = writeln!(std::io::stderr(), "{word}{after} {sentence}");
    }
}

/// Returns whether to write colours, to a terminal or not. `choice` is the value of `--color`.
pub fn colours(choice: Option<&str>, is_terminal: bool, environment: &Environment) -> bool {
    match choice.or_else(|| environment.text("CARGO_TERM_COLOR")) {
        Some("always") => true,
        Some("never") => false,
        _ => is_terminal && environment.text("NO_COLOR").is_none() && environment.text("TERM") != Some("dumb"),
    }
}

/// Returns a sentence that a terminal shows and does not execute, because a file name can hold any
/// character.
pub fn visible(sentence: &str) -> Cow<'_, str> {
    let is_order = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !sentence.contains(is_order) {
        return Cow::Borrowed(sentence);
    }
    let shown = |c: char| if is_order(c) { c.escape_default().to_string() } else { c.to_string() };
    sentence.chars().map(shown).collect::<String>().into()
}
