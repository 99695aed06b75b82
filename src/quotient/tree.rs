//! The tree of stubs: which stubs lead to each class, and where each entry belongs.
//!
//! In: one entry at a time. Out: [`Stub`]s by name, each with the stubs below it and its entries.
//! Touches nothing.
//!
//! | stub | how cargo reaches it | what depends on it |
//! |---|---|---|
//! | `larder-stub` | selected | units for the target |
//! | `larder-stub-tests` | selected, compiled as a test | the same, if panics always unwind |
//! | `…-mixed`, `…-dylib` | below one of these two | units below such crate types, with LTO |
//! | `…-host` | below one of these, a proc-macro | units for the host |
//! | `…-host-static` | below that, a staticlib | the same below such a library, with LTO |
//! | `larder-stub-macro` | selected, a proc-macro | units that `cargo check` checks for the host |
//! | `larder-stub-resolve` | selected, binary never built | entries that only count for features |
//! | `…-when-N` | below another, in a platform table | conditions that one table cannot express |

use super::class::{Class, Emit, Lto, Panic};
use super::entries::{Entry, Role};
use crate::workspace::condition::{Atom, Chain, Side};
use std::collections::{BTreeMap, BTreeSet};

/// The prefix of the names of stubs in this module. `base` in `stubs.rs` decides the prefix in a
/// skeleton.
pub const PREFIX: &str = "larder-stub";

/// The stub that is compiled as a test.
pub const TESTS: &str = "larder-stub-tests";

/// The proc-macro stub that is selected.
pub const MACRO: &str = "larder-stub-macro";

/// The stub whose dependencies only count for features.
pub const RESOLVE: &str = "larder-stub-resolve";

/// A stub before it becomes a package, with its path dependencies and entries, each with its
/// platform or none.
#[derive(Default)]
pub struct Stub<'a> {
    /// The stub above it, the platform of this dependency, and the suffix for its crate type.
    /// `None` if the stub is selected.
    pub way: Option<(String, Option<String>, &'static str)>,
    /// The stubs below it, each with its platform.
    pub below: BTreeSet<(Option<String>, String)>,
    /// Its third-party packages, each with its platform.
    pub entries: Vec<(Option<String>, &'a Entry)>,
}

/// Returns the stubs that lead to a role: the selected one, and the suffixes below it. Conditions
/// on the target are above a `-host`, and those on the host below it.
fn path_to(role: Role, carrier: &str) -> (&str, &'static [&'static str]) {
    match role {
        Role::Built(Class::Target(panic, lto)) => {
            let selected = if panic == Panic::Unwind { TESTS } else { PREFIX };
            let below: &[&str] = match lto {
                Lto::Bitcode => &[],
                Lto::Both => &["-mixed"],
                Lto::Object => &["-dylib"],
            };
            (selected, below)
        }
        Role::Built(Class::Host(emit, lto)) => {
            let below: &[&str] = match lto {
                Lto::Object => &["-host"],
                Lto::Bitcode => &["-host", "-static"],
                Lto::Both => &["-host", "-static", "-mixed"],
            };
            if emit == Emit::Metadata { (MACRO, &below[1..]) } else { (carrier, below) }
        }
        Role::Resolved(Side::Target) => (RESOLVE, &[]),
        Role::Resolved(Side::Host) => (RESOLVE, &["-host"]),
    }
}

/// Puts an entry where its role and its conditions belong. Makes the stubs that lead there.
pub fn place<'a>(made: &mut BTreeMap<String, Stub<'a>>, carrier: &str, entry: &'a Entry) {
    let (selected, below) = path_to(entry.role, carrier);
    made.entry(selected.to_owned()).or_default();
    let side = |side: Side| entry.chain.iter().filter(|a| a.side == side).cloned().collect::<Chain>();
    let (mut stub, mut chain) = (selected.to_owned(), side(Side::Target));
    if selected == MACRO {
        chain = side(Side::Host);
    }
    for suffix in below {
        let mut platform = None;
        if *suffix == "-host" {
            (stub, platform) = descend(made, stub, chain);
            chain = side(Side::Host);
        }
        stub = child(made, &stub, platform, suffix);
    }
    let (stub, platform) = descend(made, stub, chain);
    made.entry(stub).or_default().entries.push((platform, entry));
}

/// Adds stubs until one table can express the remaining conditions. `cfg`s are joined to
/// `cfg(all(…))`, but triples cannot be.
fn descend(made: &mut BTreeMap<String, Stub<'_>>, mut stub: String, mut chain: Chain) -> (String, Option<String>) {
    while let Some(platform) = (chain.len() > 1).then(|| triple(&chain)).flatten() {
        chain.retain(|a| a.platform != platform);
        stub = child(made, &stub, Some(platform), "");
    }
    (stub, joined(&chain))
}

fn triple(chain: &Chain) -> Option<String> {
    chain.iter().map(|a| &a.platform).find(|p| !p.starts_with("cfg(")).cloned()
}

fn joined(chain: &Chain) -> Option<String> {
    let inner =
        |a: &Atom| a.platform.trim_start_matches("cfg(").strip_suffix(')').map(str::to_owned).unwrap_or_default();
    match chain.len() {
        0 => None,
        1 => chain.first().map(|a| a.platform.clone()),
        _ => Some(format!("cfg(all({}))", chain.iter().map(inner).collect::<Vec<_>>().join(", "))),
    }
}

/// Returns the stub below `parent` under `platform`, with the crate type of `suffix`.
fn child(
    made: &mut BTreeMap<String, Stub<'_>>,
    parent: &str,
    platform: Option<String>,
    suffix: &'static str,
) -> String {
    let condition = platform.as_ref().map(|platform| format!("-when-{}", slug(platform))).unwrap_or_default();
    let mut name = format!("{parent}{condition}{suffix}");
    let way = Some((parent.to_owned(), platform.clone(), suffix));
    // Different platforms may have the same name, as `a-host` and `a` have above a `-host`.
    while made.get(&name).is_some_and(|stub| stub.way != way) {
        name.push_str("-also");
    }
    made.entry(name.clone()).or_default().way = way;
    made.get_mut(parent).expect("the parent was made").below.insert((platform, name.clone()));
    name
}

/// Returns a platform as part of a package name. Punctuation becomes words, so that different
/// conditions differ.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => slug.push(c),
            '_' => slug.push('_'),
            '(' => slug.push_str("--"),
            '=' => slug.push_str("-is-"),
            ',' => slug.push_str("-and-"),
            _ => {}
        }
    }
    slug
}
