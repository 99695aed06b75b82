//! The causes for which a unit is not fresh.
//!
//! In: a unit that cargo would make, one in the target directory, and a difference between them.
//! Out: the cause, with its detail. Touches nothing.

use super::fingerprint::{Difference, Record};
use std::collections::BTreeSet;

/// Why a unit is not fresh. The most common causes come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// There is no unit.
    Nothing,
    /// Another profile, by its directory: cooked, and built.
    Profile(String, String),
    /// Another platform, or a platform that only one of the builds names.
    Target,
    /// Cooked for another command, such as `cargo check`.
    Command,
    /// Other features.
    Features,
    /// The package was not cooked.
    Missing,
    /// Another version of the package was cooked.
    Version,
    /// Settings of the profile.
    Settings,
    /// Flags of rustc: those of the cook, and those of the build.
    Rustflags(String, String),
    /// Another rustc.
    Rustc,
    /// The sources were in another directory: the cooked one, and this one.
    Moved(String, String),
    /// The linker.
    Linker,
    /// A target specification, which is a file.
    Platform,
    /// A variable that a build script watches, and its change.
    Variable(String, &'static str),
    /// Files that cargo compares by mtime.
    Files,
    /// A local package that the crate needs, and that is compiled.
    Local(String),
    /// cargo gives no other reason.
    Unknown,
}

/// A unit that cargo would make.
#[derive(Clone, Debug)]
pub struct Stale {
    /// The name of its package.
    pub package: String,
    /// The version of its package.
    pub version: String,
    /// Whether its package is local.
    pub is_local: bool,
    /// The directory of its profile, such as `release`.
    pub dir: String,
    /// What cargo compares about it.
    pub record: Record,
    /// The place of its source.
    pub source: String,
    /// The hashes of the units that it needs.
    pub needs: Vec<String>,
}

/// A unit in the target directory.
#[derive(Clone, Debug)]
pub struct Cooked {
    /// cargo's hash.
    pub hash: String,
    /// The name of its package.
    pub package: String,
    /// The directory of its profile.
    pub dir: String,
    /// What cargo compared.
    pub record: Record,
    /// The place of its source, if its dep-info tells.
    pub source: Option<String>,
}

/// Returns the cause of a difference.
pub(super) fn of_difference(difference: Difference, unit: &Stale, cooked: &Cooked) -> (Cause, String) {
    let list = |word: &str, names: BTreeSet<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    };
    match difference {
        Difference::Rustc => (Cause::Rustc, String::new()),
        Difference::Source => source(unit, cooked),
        Difference::Features(more, fewer) => {
            let lists = [list("with", more), list("without", fewer)];
            (Cause::Features, format!(" {}", lists.into_iter().flatten().collect::<Vec<_>>().join(", ")))
        }
        Difference::Profile => (Cause::Settings, String::new()),
        Difference::Rustflags(then, now) => (Cause::Rustflags(then.join(" "), now.join(" ")), String::new()),
        Difference::Linker => (Cause::Linker, String::new()),
        Difference::Platform => (Cause::Platform, String::new()),
        Difference::Variable(name, then, now) => {
            let became = match (then, now) {
                (None, _) => "set",
                (_, None) => "unset",
                _ => "changed",
            };
            (Cause::Variable(name, became), String::new())
        }
    }
}

/// Returns whether it has another version, or is in another directory.
fn source(unit: &Stale, cooked: &Cooked) -> (Cause, String) {
    let Some(then) = &cooked.source else { return (Cause::Moved(String::new(), unit.source.clone()), String::new()) };
    match version_in(then, &unit.package) {
        Some(version) if version != unit.version => (Cause::Version, format!(", cooked was {version}")),
        _ => {
            let (then, now) = apart(then, &unit.source);
            (Cause::Moved(then, now), String::new())
        }
    }
}

/// The version in the path of a source: the directory of a package of a registry is called after
/// it.
pub(super) fn version_in(path: &str, package: &str) -> Option<String> {
    let rests = path.split(['/', '\\']).filter_map(|part| part.strip_prefix(package)?.strip_prefix('-'));
    rests.into_iter().find(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned)
}

/// The directories that hold a package, from a file in it then and its own directory now.
fn apart(then: &str, now: &str) -> (String, String) {
    let (above, name) = now.rsplit_once(['/', '\\']).unwrap_or(("", now));
    let found = [format!("/{name}/"), format!("\\{name}\\")].into_iter().find_map(|it| Some(then.rsplit_once(&it)?.0));
    found.map_or((then.to_owned(), now.to_owned()), |then| (then.to_owned(), above.to_owned()))
}
