//! Prints messages for people on stderr.
//!
//! In: a sentence. Out: the sentence on stderr after cargo's word for it, with colours if
//! `CARGO_TERM_COLOR` and `NO_COLOR` allow them, in lines of at most 80 columns. With `-q` or
//! `CARGO_TERM_QUIET`, only errors are printed. Results go to stdout, and not through this module.

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
    columns: usize,
}

impl Report {
    /// Returns how to print. `colour` is the value of `--color`. If neither `-q` nor `-v` is given,
    /// the environment decides (`GlobalContext::configure`).
    pub fn new(colour: Option<&str>, quiet: bool, verbose: bool, environment: &Environment) -> Self {
        let is_true = |name: &str| environment.text(name) == Some("true");
        let verbose = verbose || (!quiet && is_true("CARGO_TERM_VERBOSE"));
        let quiet = quiet || (!verbose && is_true("CARGO_TERM_QUIET"));
        let colour = colours(colour, environment.stderr_is_terminal, environment);
        Report { colour, quiet, verbose, columns: environment.columns() }
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
        let used = word.chars().count() + after.len() + 1;
        let sentence = wrapped(&visible(sentence), self.columns, used);
        let word = if self.colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() };
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

/// Returns a text in lines of at most this many columns. Something else uses some columns of the
/// first line. A line that goes on begins below the first letter of its sentence. Code between
/// backticks stays whole, so that it can be copied, even if it is wider.
pub fn wrapped(text: &str, columns: usize, used: usize) -> String {
    let mut lines = Vec::new();
    for (i, line) in text.split('\n').enumerate() {
        let used = if i == 0 { used } else { 0 };
        // A frame shows a line of a file, and points at something in it.
        let frame = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        if used + line.chars().count() <= columns || frame.starts_with('|') {
            lines.push(line.to_owned());
            continue;
        }
        let lead = line.len() - line.trim_start().len();
        let mark = ["help: ", "note: "].into_iter().find(|mark| line[lead..].starts_with(mark)).map_or(0, str::len);
        let indent = used + lead + mark;
        let mut current = line[..lead].to_owned();
        let mut width = used + lead;
        for (j, word) in words(&line[lead..]).into_iter().enumerate() {
            let length = word.chars().count();
            if j > 0 && width + 1 + length > columns && width > indent {
                lines.push(std::mem::replace(&mut current, " ".repeat(indent)));
                width = indent;
            } else if j > 0 {
                current.push(' ');
                width += 1;
            }
            current.push_str(word);
            width += length;
        }
        lines.push(current);
    }
    lines.join("\n")
}

/// Returns the words of a line. Code between backticks belongs to one word.
fn words(line: &str) -> Vec<&str> {
    let is_paired = line.matches('`').count() % 2 == 0;
    let (mut words, mut start, mut is_code) = (Vec::new(), 0, false);
    for (at, c) in line.char_indices() {
        match c {
            '`' => is_code = is_paired && !is_code,
            ' ' if !is_code => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    words
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(wrapped(text, 40, "warning: ".len()), expected);
    }

    #[test]
    fn a_line_that_is_too_wide_goes_on_below_its_sentence() {
        check("short enough", "short enough");
        check("this is a sentence that is too wide", "this is a sentence that is too\n         wide");
        check(
            "one\nhelp: this is a sentence that does not fit\n    and an item of a list, which does not fit",
            "one\nhelp: this is a sentence that does not\n      fit\n    and an item of a list, which does\n    not fit",
        );
    }

    #[test]
    fn code_stays_whole_and_a_frame_stays_as_it_is() {
        let command = "`cargo larder prepare -p api --features a,b --release`";
        check(&format!("run {command} first"), &format!("run\n         {command}\n         first"));
        let frame = "x\n  |\n7 | name = 'a line of a manifest that is wide, as some are'\n  |        ^^^";
        check(frame, frame);
        // A name may have a backtick.
        check("the name `a is wider than the line is", "the name `a is wider than the\n         line is");
    }

    #[test]
    fn what_is_wrapped_has_the_same_words() {
        let text = "one `two three` four  five\nhelp: six `seven\neight nine ten eleven twelve thirteen";
        for columns in 1..60 {
            let same = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(same(&wrapped(text, columns, 7)), same(text), "{columns}");
        }
    }
}
