//! Finds the commands of cargo-chef and the builds in a Dockerfile.
//!
//! In: the text of a Dockerfile. Out: the commands by place, and their flags as cargo-larder reads
//! them. Touches nothing.

use crate::cli::{self, Verb};
use crate::workspace::scope::Scope;
use std::ops::Range;

/// A command of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `cargo chef prepare`.
    Prepare,
    /// `cargo chef cook`.
    Cook,
    /// `cargo build`.
    Build,
}

/// How each command begins.
const LEADS: [(&str, Kind); 3] =
    [("cargo chef prepare", Kind::Prepare), ("cargo chef cook", Kind::Cook), ("cargo build", Kind::Build)];

/// The commands in a text, by place. A command ends where the shell ends it.
pub(super) fn commands(text: &str) -> Vec<(Kind, Range<usize>)> {
    let mut found = Vec::new();
    for (lead, kind) in LEADS {
        for (start, _) in text.match_indices(lead) {
            let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
            let is_word = text[start + lead.len()..].chars().next().is_none_or(char::is_whitespace);
            if is_word && !text[line..].trim_start().starts_with('#') {
                found.push((kind, start..start + length(&text[start..])));
            }
        }
    }
    found.sort_by_key(|(_, range)| range.start);
    found
}

/// The length of the command at the start of a text, without spaces at its end.
fn length(text: &str) -> usize {
    let is_end = |(i, c): (usize, char)| match c {
        '&' | ';' | '|' => true,
        '\n' => !text[..i].trim_end_matches([' ', '\t', '\r']).ends_with('\\'),
        _ => false,
    };
    let end = text.char_indices().find(|at| is_end(*at)).map_or(text.len(), |(i, _)| i);
    text[..end].trim_end_matches(|c: char| c.is_whitespace() || c == '\\').len()
}

/// The words of a command.
pub(super) fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().filter(|word| *word != "\\").collect()
}

/// Parses a command as one of cargo-larder; nothing if only a shell knows its words.
pub(super) fn parsed(verb: &str, command: &str, skip: usize) -> Option<Verb> {
    let args: Vec<&str> = [verb].into_iter().chain(words(command).into_iter().skip(skip)).collect();
    cli::parse_plain(&args)
}

/// The scope of a `cook` or of a build; nothing if only a shell knows it.
pub(super) fn scope_of(kind: Kind, command: &str) -> Option<Scope> {
    match kind {
        // `prepare` takes all flags of `cargo build`.
        Kind::Build => match parsed("prepare", command, 2)? {
            Verb::Prepare(build) => Some(build.scope.normalized()),
            _ => None,
        },
        Kind::Cook => match parsed("cook", command, 3)? {
            Verb::Cook(cook) => Some(cook.scope.normalized()),
            _ => None,
        },
        Kind::Prepare => None,
    }
}
