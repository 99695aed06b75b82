//! Explains why a cargo is too old for a skeleton.
//!
//! In: the files of a skeleton, and what `cargo --version` prints. Out: a sentence with the oldest
//! Rust that can read them. cargo itself often names the format and not the version. Touches
//! nothing.

use crate::recipe::skeleton::{self, Files};
use crate::workspace::lockfile;

/// Versions of the lockfile, with the minor version of the first Rust that reads them
/// (`ResolveVersion` in cargo's `core/resolver/resolve.rs`).
const LOCKFILES: [(u32, u32); 2] = [(4, 78), (3, 53)];

/// Editions of manifests, with the minor version of the first Rust that has them (`Edition` in
/// cargo's `core/features.rs`).
const EDITIONS: [(&str, u32); 2] = [("2024", 85), ("2021", 56)];

/// The minor version of the first Rust with the flag `--config`, which carried packages and some
/// settings need.
const FLAG: u32 = 63;

/// Returns what the cargo cannot read, and which Rust can. `said` is what `cargo --version` prints,
/// such as `cargo 1.65.0`, and `args` are the arguments of the build.
pub fn too_old(files: &Files, args: &[String], said: &str) -> Option<String> {
    let own = minor(said)?;
    if own < FLAG && args.iter().any(|it| it == "--config" || it.starts_with("--config=")) {
        return Some(format!(
            "cargo 1.{own} has no flag `--config`, which this cook needs; Rust 1.{FLAG} and newer have"
        ));
    }
    let (name, has, needed) = needs(files).into_iter().max_by_key(|(_, _, needed)| *needed)?;
    (own < needed)
        .then(|| format!("cargo 1.{own} cannot read `{name}`, which has {has}; Rust 1.{needed} and newer can"))
}

/// Returns files with what is new in them, and the minor version that it needs.
fn needs(files: &Files) -> Vec<(&str, String, u32)> {
    let lock = skeleton::text(files, "Cargo.lock").and_then(|text| lockfile::parse("Cargo.lock", text).ok());
    let version = lock.and_then(|lock| LOCKFILES.into_iter().find(|(version, _)| *version <= lock.version));
    let mut all: Vec<_> =
        version.map(|(version, needed)| ("Cargo.lock", format!("version {version}"), needed)).into_iter().collect();
    for name in files.keys().filter(|name| *name == "Cargo.toml" || name.ends_with("/Cargo.toml")) {
        let manifest = skeleton::text(files, name).and_then(|text| text.parse::<toml::Table>().ok());
        let edition = manifest.as_ref().and_then(|it| it.get("package")?.get("edition")?.as_str());
        let known = edition.and_then(|edition| EDITIONS.into_iter().find(|(known, _)| *known == edition));
        all.extend(known.map(|(edition, needed)| (name.as_str(), format!("edition {edition}"), needed)));
    }
    all
}

fn minor(said: &str) -> Option<u32> {
    said.strip_prefix("cargo 1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(lock: u32, edition: &str) -> Files {
        let file = |name: &str, text: String| (name.to_owned(), text.into_bytes());
        Files::from([
            file("Cargo.lock", format!("version = {lock}\n")),
            file("Cargo.toml", "[workspace]\n".to_owned()),
            file("a/Cargo.toml", format!("[package]\nname = \"a\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n")),
        ])
    }

    #[test]
    fn an_old_cargo_is_told_which_rust_reads_the_newest_file() {
        let lock = "cargo 1.65 cannot read `Cargo.lock`, which has version 4; Rust 1.78 and newer can";
        assert_eq!(too_old(&files(4, "2021"), &[], "cargo 1.65.0").as_deref(), Some(lock));
        let edition = "cargo 1.65 cannot read `a/Cargo.toml`, which has edition 2024; Rust 1.85 and newer can";
        assert_eq!(too_old(&files(4, "2024"), &[], "cargo 1.65.0 (4bc8f24d3 2022-10-20)").as_deref(), Some(edition));
        assert_eq!(too_old(&files(4, "2024"), &[], "cargo 1.85.1").as_deref(), None);
    }

    #[test]
    fn a_cargo_without_the_flag_is_told_which_rust_has_it() {
        let args = ["--release".to_owned(), "--config".to_owned(), "build.rustc-wrapper = 'a'".to_owned()];
        let flag = "cargo 1.56 has no flag `--config`, which this cook needs; Rust 1.63 and newer have";
        assert_eq!(too_old(&files(3, "2021"), &args, "cargo 1.56.0").as_deref(), Some(flag));
        assert_eq!(too_old(&files(3, "2021"), &args[..1], "cargo 1.56.0"), None);
        assert_eq!(too_old(&files(3, "2021"), &args, "cargo 1.63.0"), None);
    }

    #[test]
    fn a_cargo_that_reads_everything_is_not_too_old() {
        assert_eq!(too_old(&files(3, "2021"), &[], "cargo 1.56.0"), None);
        assert_eq!(too_old(&files(4, "2021"), &[], "cargo 1.78.0"), None);
        assert_eq!(too_old(&files(4, "2024"), &[], "a wrapper of cargo"), None);
    }
}
