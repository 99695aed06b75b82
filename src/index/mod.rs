//! The parts of the index that cargo needs for packages that a recipe leaves out.
//!
//! Without network, cargo resolves a workspace from its home directory. For every package of
//! Cargo.lock it needs the index file or the clone of the git repository. This includes packages of
//! other platforms and dev-dependencies (`resolve_with_registry` in cargo's `ops/resolve.rs`,
//! `is_fresh` in `sources/registry/http_remote.rs`). For a skeleton, cargo loads only the files of
//! the skeleton's own packages.
//!
//! In: the whole lockfile, and the lockfile of a skeleton. Out: [`left_out`] returns the
//! third-party packages of the first if the second lacks one. [`files`] returns a package that
//! depends on each of them, so that cargo loads them all. Only [`load`] touches the disk.

pub mod load;

use crate::recipe::skeleton::Files;
use crate::workspace::lockfile::{LocalEntry, LockedPackage, Lockfile, without_precise};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use toml::Value;

/// The name of the package that [`files`] returns.
const NAME: &str = "larder-index";
const VERSION: &str = "0.0.0";

/// The source of crates.io packages in a lockfile, whichever protocol cargo uses.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Returns the third-party packages of `whole`, if `cooked` lacks one of them.
pub fn left_out(whole: &Lockfile, cooked: &Lockfile) -> Option<Lockfile> {
    let key = |p: &LockedPackage| (p.name.clone(), p.version.clone(), p.source.clone());
    let known: BTreeSet<_> = cooked.packages.iter().map(key).collect();
    let mut whole = whole.clone();
    // cargo loads the sources of all patches before it knows which are used
    // (`register_patch_entries` in `ops/resolve.rs`).
    whole.packages.append(&mut whole.unused);
    let whole = &whole;
    let kept: BTreeSet<usize> = (0..whole.packages.len()).filter(|i| keys(whole, *i).is_some()).collect();
    if kept.iter().all(|i| known.contains(&key(&whole.packages[*i]))) {
        return None;
    }
    let mut third_party = whole.clone();
    third_party.packages.iter_mut().for_each(|package| package.replace = None);
    Some(third_party.restricted(&kept, Vec::new()).0)
}

/// Returns a package that depends on every entry of `lock`, with its lockfile. cargo requests all
/// entries at once. It has loaded them even if it then cannot resolve them together because a local
/// package is missing.
pub fn files(lock: &Lockfile) -> Files {
    let mut manifest = format!(
        "[package]\nname = \"{NAME}\"\nversion = \"{VERSION}\"\nedition = \"2021\"\n\n[workspace]\n\n[dependencies]\n"
    );
    let all: BTreeSet<usize> = (0..lock.packages.len()).collect();
    for i in &all {
        let keys = keys(lock, *i).unwrap_or_default();
        let name = Value::from(lock.packages[*i].name.clone());
        let _ = writeln!(manifest, "package-{i} = {{ package = {name}, {keys}default-features = false }}");
    }
    let entry =
        LocalEntry { name: NAME.to_owned(), version: VERSION.to_owned(), locked: all.clone(), ..LocalEntry::default() };
    let (lock, _) = lock.restricted(&all, vec![entry]);
    [("Cargo.toml", manifest), ("Cargo.lock", lock.to_text()), ("src/lib.rs", String::new())]
        .map(|(path, text)| (path.to_owned(), text.into_bytes()))
        .into()
}

/// Returns the keys of a dependency that identify this package, each followed by a comma, or `None`
/// for a local package.
fn keys(lock: &Lockfile, package: usize) -> Option<String> {
    let package = &lock.packages[package];
    let source = package.source.as_deref()?;
    let pair = |key: &str, value: &str| format!("{key} = {}, ", Value::from(value.to_owned()));
    let version = pair("version", &package.requirement());
    if source == CRATES_IO {
        return Some(version);
    }
    if let Some(repository) = source.strip_prefix("git+") {
        let repository = without_precise(repository);
        let Some((url, query)) = repository.split_once('?') else { return Some(pair("git", repository)) };
        let (key, value) = query.split_once('=')?;
        // Since version 4 the value is encoded (`encodable_source_id` in cargo's
        // `core/resolver/encode.rs`).
        let value = if lock.version >= 4 { decoded(value) } else { value.to_owned() };
        return ["branch", "tag", "rev"].contains(&key).then(|| pair("git", url) + &pair(key, &value));
    }
    let index = source.strip_prefix("registry+").or_else(|| source.starts_with("sparse+").then_some(source))?;
    Some(version + &pair("registry-index", index))
}

/// Decodes a value in the query of a URL, as `form_urlencoded` does.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        (bytes, rest) = match (first, hex) {
            (b'%', Some(byte)) => ([bytes, vec![byte]].concat(), &after[2..]),
            (b'+', _) => ([bytes, vec![b' ']].concat(), after),
            (byte, _) => ([bytes, vec![*byte]].concat(), after),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::skeleton;
    use crate::workspace::lockfile;

    fn lock(version: u32, source: &str) -> Lockfile {
        let text = format!(
            "version = {version}\n[[package]]\nname = 'app'\nversion = '0.1.0'\ndependencies = ['a']\n[[package]]\nname = 'a'\nversion = '1.0.0+x'\nsource = '{source}'\n"
        );
        lockfile::parse("Cargo.lock", &text).expect("a valid lockfile")
    }

    #[track_caller]
    fn check(version: u32, source: &str, expected: &str) {
        let whole = lock(version, source);
        let index = left_out(&whole, &Lockfile::default()).expect("something is left out");
        let files = files(&index);
        let manifest = skeleton::text(&files, "Cargo.toml").expect("it has a manifest");
        assert!(manifest.contains(&format!("package = \"a\", {expected}default-features")), "{manifest}");
        let text = skeleton::text(&files, "Cargo.lock").expect("it has a lockfile");
        assert!(text.contains(&format!("source = \"{source}\"")) && !text.contains("app"), "{text}");
    }

    #[test]
    fn an_entry_is_requested_from_its_own_source() {
        check(4, CRATES_IO, "version = \"=1.0.0\", ");
        let ours = "sparse+https://ours.invalid/index/";
        check(4, ours, &format!("version = \"=1.0.0\", registry-index = \"{ours}\", "));
        let theirs = "https://theirs.invalid/index";
        check(3, &format!("registry+{theirs}"), &format!("version = \"=1.0.0\", registry-index = \"{theirs}\", "));
        check(4, "git+https://a.invalid/b#0123", "git = \"https://a.invalid/b\", ");
        let branch = "git = \"https://a.invalid/b\", branch = \"x/y+z ü\", ";
        check(4, "git+https://a.invalid/b?branch=x%2Fy%2Bz+%C3%BC#0123", branch);
        check(3, "git+https://a.invalid/b?branch=x/y+z ü#0123", branch);
    }

    #[test]
    fn if_everything_is_cooked_nothing_is_left_out() {
        let whole = lock(4, CRATES_IO);
        assert_eq!(left_out(&whole, &whole), None);
        assert_eq!(left_out(&lock(4, "path+file:///x"), &Lockfile::default()), None);
    }
}
