//! The contents of a recipe for people.
//!
//! In: [`Contents`]. Out: text, with colours if asked for. Touches nothing.

use super::contents::{Contents, Requirement, Use};
use crate::report::visible;
use crate::size;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Returns the text.
pub(super) fn text(shown: &Contents, colour: bool) -> String {
    let title = |title: &str| if colour { format!("\n\x1b[1m{title}\x1b[0m\n") } else { format!("\n{title}\n") };
    let mut text = String::new();
    let host = shown.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
    let _ = writeln!(text, "{} is for {}{host}", visible(&shown.recipe), visible(&shown.build));
    let parts = shown.parts.iter().map(|(part, bytes)| format!("{part} {}", size::print(*bytes as u64)));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let _ = writeln!(text, "{}: {parts}", size::print(shown.bytes as u64));
    let count = format!("{} requirements, which reach {} packages", shown.requirements.len(), shown.packages);
    text.push_str(&title(&count));
    for requirement in &shown.requirements {
        let _ = writeln!(text, "  {}", visible(&line(requirement)));
    }
    for (heading, names) in [("Members", &shown.members), ("Patched packages, whose sources travel", &shown.carried)] {
        if !names.is_empty() {
            text.push_str(&title(heading));
            let _ = writeln!(text, "  {}", visible(&names.join(", ")));
        }
    }
    if !shown.settings.is_empty() {
        text.push_str(&title("Settings"));
        for (key, value) in &shown.settings {
            let _ = writeln!(text, "  {} = {}", visible(key), visible(value));
        }
    }
    text
}

/// Returns a requirement in one line: the package, its features, where, and what it reaches.
fn line(requirement: &Requirement) -> String {
    let Requirement { name, version, source, uses, reaches, alone } = requirement;
    let source = source.as_ref().map(|source| format!(" from {source}")).unwrap_or_default();
    let uses: Vec<String> = uses.iter().map(in_words).filter(|words| !words.is_empty()).collect();
    let uses = if uses.is_empty() { String::new() } else { format!("  {}", uses.join("; ")) };
    let reaches = match (reaches, alone) {
        (1, _) => String::new(),
        (all, 0) => format!("  ({all} packages)"),
        (all, alone) => format!("  ({all} packages, {alone} for it alone)"),
    };
    format!("{name} {version}{source}{uses}{reaches}")
}

fn in_words(it: &Use) -> String {
    let mut words = Vec::new();
    // The default features are the usual case.
    let others: BTreeSet<&str> = it.features.iter().map(String::as_str).filter(|it| *it != "default").collect();
    if !others.is_empty() {
        words.push(format!("[{}]", others.into_iter().collect::<Vec<_>>().join(", ")));
    }
    if !it.features.contains("default") {
        words.push("without default features".to_owned());
    }
    words.extend(Some(it.place.clone()).filter(|place| !place.is_empty()));
    if !it.by.is_empty() {
        words.push(format!("by {}", it.by.iter().map(String::as_str).collect::<Vec<_>>().join(", ")));
    }
    words.join(" ")
}
