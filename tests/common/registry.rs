//! Crates that replace crates.io, in a directory source that belongs to one place.

use super::{Place, parse, write};

/// Puts a crate, version 1.0.0, into the place's registry, from its files; `manifest` in them is
/// what follows `[package]` with name, version and edition.
pub fn put(place: &Place, name: &str, files: &str) {
    let registry = place.root().join("registry");
    let dir = registry.join(format!("{name}-1.0.0"));
    let mut files = parse(&[files]);
    let manifest = files.remove("manifest").unwrap_or_default();
    let package = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    files.insert("Cargo.toml".to_owned(), package + &manifest);
    files.insert(".cargo-checksum.json".to_owned(), format!("{{\"files\":{{}},\"package\":\"{CHECKSUM}\"}}"));
    files.entry("src/lib.rs".to_owned()).or_default();
    for (path, text) in files {
        write(&dir.join(path), &text);
    }
    let directory = toml::Value::String(registry.to_string_lossy().into_owned());
    let config = format!("[source.crates-io]\nreplace-with = 'local'\n[source.local]\ndirectory = {directory}\n");
    write(&place.home().join("config.toml"), &config);
}

/// The entry of a lockfile for a crate of the registry.
pub fn entry(name: &str, dependencies: &[&str]) -> String {
    let source = format!("source = \"{SOURCE}\"\nchecksum = \"{CHECKSUM}\"\n");
    format!("\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{source}dependencies = {dependencies:?}\n")
}

/// crates.io, as a lockfile names it.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// cargo compares the two places that name it, and computes it for no directory source.
const CHECKSUM: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
