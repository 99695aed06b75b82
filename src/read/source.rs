//! Compares the source of a lockfile entry with the keys of a dependency.
//!
//! In: the source of an entry, the keys of a dependency, and the registries of the config. Out: how
//! well they agree. This decides if a package depends on one name and version from several sources.
//! Touches nothing.

use std::fmt::Write as _;
use toml::{Table, Value};

/// How well a source agrees with a dependency, from worst to best. No source is refused, because a
/// `[patch]` can replace any source with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// One is a registry, the other a repository.
    Other,
    /// Both are registries, or both repositories.
    Kind,
    /// They are the same.
    Same,
}

/// The default registry of a dependency.
const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";

/// Compares `source`, as the lockfile spells it, with the keys of a dependency.
pub fn agreement(source: Option<&str>, dependency: &Table, config: &Table) -> Agreement {
    let source = source.unwrap_or_default();
    let text = |key: &str| dependency.get(key).and_then(Value::as_str);
    let same = match (source.strip_prefix("git+"), text("git")) {
        (Some(locked), Some(url)) => is_repository(locked, url, dependency),
        (None, None) => match (text("registry-index"), text("registry")) {
            (Some(index), _) => is_index(source, index),
            (None, None | Some("crates-io")) => is_index(source, CRATES_IO),
            // The user's own config may define the registry.
            (None, Some(name)) => index(config, name).map_or(!is_index(source, CRATES_IO), |it| is_index(source, it)),
        },
        _ => return Agreement::Other,
    };
    if same { Agreement::Same } else { Agreement::Kind }
}

fn index<'a>(config: &'a Table, registry: &str) -> Option<&'a str> {
    config.get("registries")?.get(registry)?.get("index")?.as_str()
}

/// Returns whether a source is the index at this URL. An index without `sparse+` is a git
/// repository (`SourceId::for_registry` in cargo's `core/source_id.rs`).
fn is_index(source: &str, index: &str) -> bool {
    source.strip_prefix("registry+").unwrap_or(source).trim_end_matches('/') == index.trim_end_matches('/')
}

/// Returns whether `locked` is the repository at `url`, at the branch, tag, or rev of the
/// dependency.
fn is_repository(locked: &str, url: &str, dependency: &Table) -> bool {
    let locked = crate::workspace::lockfile::without_precise(locked);
    let (locked, query) = locked.split_once('?').unwrap_or((locked, ""));
    let named = ["branch", "tag", "rev"].into_iter().find_map(|key| Some((key, dependency.get(key)?.as_str()?)));
    let reference =
        |encode: fn(&str) -> String| named.map(|(key, v)| format!("{key}={}", encode(v))).unwrap_or_default();
    canonical(locked) == canonical(url) && [reference(encoded), reference(str::to_owned)].iter().any(|it| it == query)
}

/// Returns the canonical form of a URL (`CanonicalUrl::new` in cargo's `util/canonical_url.rs`).
fn canonical(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url).trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    if url.contains("//github.com/") { url.to_lowercase() } else { url.to_owned() }
}

/// Encodes a value for the query of a URL, as lockfiles since version 4 do (`form_urlencoded`,
/// through `SourceId::as_encoded_url` in cargo's `core/source_id.rs`). Older ones do not encode it.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, dependency: &str, expected: Agreement) {
        let config = "registries.ours.index = 'sparse+https://ours.invalid/index/'";
        let table = |text: &str| text.parse::<Table>().expect("it is TOML");
        assert_eq!(agreement(Some(source), &table(dependency), &table(config)), expected, "{source} {dependency}");
    }

    #[test]
    fn a_repository_is_told_by_url_and_reference() {
        let url = "git = 'https://github.com/Some/One.git/'";
        check("git+https://github.com/some/one#0123", url, Agreement::Same);
        check("git+https://github.com/some/one?branch=x#0123", url, Agreement::Kind);
        for query in ["branch=a%2Fb+c", "branch=a/b c"] {
            check(
                &format!("git+https://github.com/some/one?{query}#0123"),
                &format!("{url}\nbranch = 'a/b c'"),
                Agreement::Same,
            );
        }
        check("git+https://github.com/some/one?tag=x#0123", &format!("{url}\nbranch = 'x'"), Agreement::Kind);
        check("git+https://github.com/some/two#0123", url, Agreement::Kind);
        check("registry+https://github.com/rust-lang/crates.io-index", url, Agreement::Other);
    }

    #[test]
    fn a_registry_is_told_by_its_index() {
        let crates_io = "registry+https://github.com/rust-lang/crates.io-index";
        let ours = "sparse+https://ours.invalid/index/";
        for (dependency, here, there) in [
            ("", crates_io, ours),
            ("registry = 'crates-io'", crates_io, ours),
            ("registry = 'ours'", ours, crates_io),
            ("registry = 'of-the-machine'", "registry+https://theirs.invalid/index", crates_io),
            ("registry-index = 'sparse+https://ours.invalid/index'", ours, crates_io),
        ] {
            check(here, dependency, Agreement::Same);
            check(there, dependency, Agreement::Kind);
        }
        check("git+https://github.com/some/one#0123", "registry = 'ours'", Agreement::Other);
    }
}
