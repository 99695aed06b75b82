//! Changes as sentences.
//!
//! In: [`Change`]s. Out: text for people, one line for each change, with colours if asked for.
//! Touches nothing.

use super::change::{Change, Kind};
use super::{Explained, Notable};
use crate::report::visible;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Names up to this many packages that a change brings. `-v` names all.
const FEW: usize = 3;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to write colours.
    pub colour: bool,
    /// Whether to name everything.
    pub verbose: bool,
}

/// Returns the whole answer.
pub fn text(explained: &Explained, style: Style) -> String {
    let Explained { old, new, changes, unrelated, .. } = explained;
    let mut text = String::new();
    if changes.is_empty() {
        let _ = writeln!(text, "No difference between {old} and {new}");
        for Notable { what, why } in unrelated {
            let _ = writeln!(text, "  {}: {}", visible(what), paint(style, "2", &visible(why)));
        }
        return text;
    }
    let count = if changes.len() == 1 { "1 change".to_owned() } else { format!("{} changes", changes.len()) };
    let touched = match explained.touched {
        0 => "which touch no package".to_owned(),
        touched => format!("which touch {touched} of {} packages", explained.packages),
    };
    let touched = if changes.len() == 1 { touched.replace("touch ", "touches ") } else { touched };
    let _ = writeln!(text, "{old} → {new}: {count}, {touched}");
    for change in changes {
        let (sign, code) = sign(change);
        let said = paint(style, code, &format!("{sign} {}", visible(&sentence(change, style.verbose))));
        let touches = match change.touches {
            0 => String::new(),
            1 => ": touches 1 package".to_owned(),
            all if all == explained.packages => format!(": touches all {all} packages"),
            some => format!(": touches {some} packages"),
        };
        let _ = writeln!(text, "  {said}{}", paint(style, "2", &touches));
    }
    text
}

fn paint(style: Style, code: &str, text: &str) -> String {
    if style.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Returns `+`, `-`, or `~`, and its colour.
fn sign(change: &Change) -> (char, &'static str) {
    let is_more = !change.gained.is_empty() && change.lost.is_empty();
    let is_less = change.gained.is_empty() && !change.lost.is_empty();
    match (&change.old, &change.new) {
        (None, Some(_)) if change.kind != Kind::Dependencies => ('+', "32"),
        (Some(_), None) => ('-', "31"),
        (Some(_), Some(_)) => ('~', "33"),
        _ if is_more => ('+', "32"),
        _ if is_less => ('-', "31"),
        _ => ('~', "33"),
    }
}

/// Returns a change in a sentence.
pub fn sentence(change: &Change, verbose: bool) -> String {
    let Change { subject, old, new, gained, lost, place, asked_by, .. } = change;
    let is_there = |value: &Option<String>| value.as_deref().unwrap_or("not set").to_owned();
    let values = || format!("{} → {}", is_there(old), is_there(new));
    let asked = join(asked_by);
    let by = if asked.is_empty() { String::new() } else { format!(" (asked by {asked})") };
    let in_brackets = if asked.is_empty() { String::new() } else { format!(" ({asked})") };
    let at = if place.is_empty() { String::new() } else { format!(" {place}") };
    let tail = with_it(change, verbose);
    match change.kind {
        Kind::Format => format!("recipe format {}", values()),
        Kind::Lockfile => format!("lockfile format {}", values()),
        Kind::Build | Kind::Host | Kind::Setting | Kind::Resolver | Kind::CargoFeatures => {
            format!("{subject}: {}", values())
        }
        Kind::Toolchain => format!("toolchain file, {subject}: {}", values()),
        Kind::Profile => {
            let (profile, key) = subject.split_once('.').unwrap_or((subject, ""));
            format!("profile {profile}: {key} {}", values())
        }
        Kind::Config => format!("config {subject}: {}", values()),
        Kind::Env => format!("environment variable {subject} of the config: {}", values()),
        Kind::Workspace if subject == "default-members" => {
            let words = [("now selects", gained), ("no longer selects", lost)];
            let words = words.into_iter().filter(|(_, it)| !it.is_empty());
            let words = words.map(|(verb, it)| format!("{verb} {}", join(it)));
            format!("a build without `-p` {}", words.collect::<Vec<_>>().join(" and "))
        }
        Kind::Workspace => format!("workspace.{subject}: {}", values()),
        Kind::Patch | Kind::Replace => {
            let table = if change.kind == Kind::Patch { "patch" } else { "replace" };
            format!("{table} {subject}: {}", values())
        }
        Kind::Updated | Kind::Source => format!("{subject} {}{in_brackets}{tail}", values()),
        Kind::Checksum => format!("{subject} has another checksum, with the same version{in_brackets}"),
        Kind::New => format!("{subject} {} is new{in_brackets}{tail}", is_there(new)),
        Kind::Gone => format!("{subject} {} is gone{in_brackets}{tail}", is_there(old)),
        Kind::Features => {
            let list = |features: &BTreeSet<String>| match features.len() {
                1 => format!("feature {}", join(features)),
                _ => format!("features {}", join(features)),
            };
            let words = [("gains", gained), ("loses", lost)];
            let words =
                words.into_iter().filter(|(_, it)| !it.is_empty()).map(|(verb, it)| format!("{verb} {}", list(it)));
            format!("{subject} {}{at}{by}{tail}", words.collect::<Vec<_>>().join(" and "))
        }
        Kind::Required => {
            let words = [("is now required", gained), ("is no longer required", lost)];
            let words = words.into_iter().filter(|(_, it)| !it.is_empty());
            let words = words.map(|(verb, it)| format!("{verb} {}", join(it)));
            format!("{subject} {}", words.collect::<Vec<_>>().join(" and "))
        }
        Kind::Declared => format!("{subject}: {}{at}{by}", values()),
        Kind::Dependencies => format!("{subject} {}{tail}", dependencies(gained, lost)),
        Kind::Carried => carried(change),
        Kind::Member => match (old, new) {
            (None, Some(asks)) => format!("local package {subject} is new, requires {asks}"),
            _ => format!("local package {subject} is gone"),
        },
        Kind::MemberFeature => match (old, new) {
            (None, _) => format!("feature {subject} of {asked} is new, activates {}", or_nothing(gained)),
            (_, None) => format!("feature {subject} of {asked} is gone"),
            _ => {
                let words = [("now activates", gained), ("no longer activates", lost)];
                let words = words.into_iter().filter(|(_, it)| !it.is_empty());
                let words = words.map(|(verb, it)| format!("{verb} {}", join(it)));
                format!("feature {subject} of {asked} {}", words.collect::<Vec<_>>().join(" and "))
            }
        },
        Kind::MemberTarget if subject == "build script" => {
            // One without dependencies is not part of a recipe.
            let word = if new.is_some() { "now counts" } else { "no longer counts" };
            format!("{subject} of {asked} {word}")
        }
        Kind::MemberTarget => match (old, new) {
            (None, _) => format!("{subject} of {asked} is new"),
            (_, None) => format!("{subject} of {asked} is gone"),
            _ => format!("{subject} of {asked}: {}", values()),
        },
        Kind::MemberKey => format!("{subject} of {asked}: {}", values()),
        Kind::Form => format!("{subject} is written differently, and means the same"),
    }
}

/// Returns what a package depends on now, and no longer. Two versions of one package belong
/// together.
fn dependencies(gained: &BTreeSet<String>, lost: &BTreeSet<String>) -> String {
    let name = |label: &str| label.split(' ').next().unwrap_or_default().to_owned();
    let of_name = |labels: &BTreeSet<String>, wanted: &str| {
        let found: Vec<String> = labels.iter().filter(|label| name(label) == wanted).cloned().collect();
        if let [only] = &found[..] { Some(only.clone()) } else { None }
    };
    let pairs: Vec<(String, String)> =
        gained.iter().filter_map(|is| Some((of_name(lost, &name(is))?, of_name(gained, &name(is))?))).collect();
    let (mut more, mut fewer) = (gained.clone(), lost.clone());
    let mut words = Vec::new();
    for (was, is) in pairs {
        words.push(format!("uses {is} instead of {}", was.split_once(' ').map_or("", |(_, version)| version)));
        more.remove(&is);
        fewer.remove(&was);
    }
    words.extend((!more.is_empty()).then(|| format!("now depends on {}", join(&more))));
    words.extend((!fewer.is_empty()).then(|| format!("no longer depends on {}", join(&fewer))));
    words.join(" and ")
}

/// Returns how the files of a carried package differ.
fn carried(change: &Change) -> String {
    let Change { subject, old, new, gained, lost, place, .. } = change;
    if old.is_none() {
        return format!("patched package {subject} is new, its sources travel in the recipe");
    }
    if new.is_none() {
        return format!("patched package {subject} is gone");
    }
    let edited: BTreeSet<String> = place.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let words = [("other", &edited), ("new", gained), ("gone", lost)];
    let words = words.into_iter().filter(|(_, files)| !files.is_empty());
    let words = words.map(|(word, files)| format!("{word}: {}", some(files, FEW)));
    format!("files of patched package {subject}: {}", words.collect::<Vec<_>>().join("; "))
}

/// Returns what a change of a package brings and drops.
fn with_it(change: &Change, verbose: bool) -> String {
    let words = [("brings", &change.brings), ("drops", &change.drops)];
    let mut text = String::new();
    for (verb, packages) in words.into_iter().filter(|(_, packages)| !packages.is_empty()) {
        let verb = if change.kind == Kind::Gone { "with" } else { verb };
        let count = if packages.len() == 1 { "1 package".to_owned() } else { format!("{} packages", packages.len()) };
        let names = if verbose || packages.len() <= FEW { format!(": {}", join(packages)) } else { String::new() };
        let _ = write!(text, ", {verb} {count}{names}");
    }
    text
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn or_nothing(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "nothing".to_owned() } else { join(names) }
}

/// Returns the first names, and how many more there are.
fn some(names: &BTreeSet<String>, most: usize) -> String {
    let first: Vec<&str> = names.iter().take(most).map(String::as_str).collect();
    let more = names.len() - first.len();
    if more == 0 { first.join(", ") } else { format!("{} and {more} more", first.join(", ")) }
}
