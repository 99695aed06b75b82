//! What becomes of the files.
//!
//! In: [`File`]s, and the files that exist. Out: for each one an [`Outcome`]; the text that is
//! written, with a first line that tells how it was made. Touches nothing: `mod.rs` reads and
//! writes.
//!
//! The first line has a digest of the text below it. A file is out of date if `init` would write a
//! text with another digest, whatever the user has added to it since.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A file that `init` makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path relative to the context.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether the project may keep its own file instead.
    pub own: Own,
}

/// Whether a file that exists serves as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// A file of the user serves, too.
    Serves,
    /// It has to be replaced, or `init` has nothing to do.
    Stands,
}

/// How a file that exists relates to the one that `init` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is no such file.
    Missing,
    /// It has this text.
    Same,
    /// `init` wrote it from what would be written now, and the user has changed it.
    Edited,
    /// `init` wrote it from something else.
    Outdated,
    /// `init` did not write it.
    Foreign,
}

/// What stands before the digest.
const MADE: &str = "# Made by `";
const AS: &str = "`, digest ";

/// Returns the text with its first line.
pub fn signed(text: &str, command: &str) -> String {
    format!("{MADE}{command}{AS}{}. `cargo larder init --check` fails when it is out of date.\n{text}", digest(text))
}

/// Returns how the present text of a file relates to a signed text.
pub fn outcome(present: Option<&str>, signed: &str) -> Outcome {
    let Some(present) = present else { return Outcome::Missing };
    if present == signed {
        return Outcome::Same;
    }
    match (signature(present), signature(signed)) {
        (None, _) => Outcome::Foreign,
        (Some((_, old)), Some((_, new))) if old == new => Outcome::Edited,
        _ => Outcome::Outdated,
    }
}

/// Returns whether the user has changed a file since `init` wrote it.
pub fn is_edited(present: &str) -> bool {
    let body = present.split_once('\n').map_or("", |(_, body)| body);
    signature(present).is_some_and(|(_, written)| written != digest(body))
}

/// Returns the words of the command that made a file.
pub fn command(present: &str) -> Option<Vec<String>> {
    let (command, _) = signature(present)?;
    // A word in quotes is rare, and only a shell can read it.
    (!command.contains('\'')).then(|| command.split_whitespace().map(str::to_owned).collect())
}

/// The command and the digest in the first line.
fn signature(text: &str) -> Option<(&str, &str)> {
    let (command, rest) = text.lines().next()?.strip_prefix(MADE)?.split_once(AS)?;
    Some((command, rest.split_once('.')?.0))
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_out_of_date_if_another_text_would_be_written() {
        let written = signed("FROM a\n", "cargo larder init");
        assert_eq!(outcome(None, &written), Outcome::Missing);
        assert_eq!(outcome(Some(&written), &written), Outcome::Same);
        assert_eq!(outcome(Some("FROM a\n"), &written), Outcome::Foreign);
        let edited = format!("{written}LABEL mine=1\n");
        assert_eq!(outcome(Some(&edited), &written), Outcome::Edited);
        assert!(is_edited(&edited) && !is_edited(&written));
        assert_eq!(outcome(Some(&edited), &signed("FROM b\n", "cargo larder init")), Outcome::Outdated);
    }

    #[test]
    fn the_first_line_has_the_command() {
        let written = signed("FROM a\n", "cargo larder init --base alpine");
        let words = ["cargo", "larder", "init", "--base", "alpine"].map(str::to_owned);
        assert_eq!(command(&written).as_deref(), Some(&words[..]));
        assert_eq!(command(&signed("", "cargo larder init --bin 'a b'")), None);
        assert_eq!(command("FROM a\n"), None);
    }
}
