//! What `cook` shows of cargo's lines.

use super::{larder, lay_out, run};
use crate::support::oracle::CARGO;
use std::path::Path;

/// One of the host and one of the target, so that there are several stubs.
const FILES: &str = "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = '1'
[build-dependencies]
buildkit = '1'
-- build.rs --
fn main() {}
-- src/main.rs --
fn main() {}
";

fn laid_out(files: &str) -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline", "--quiet"], &[]);
    temp
}

fn cook(dir: &Path, flags: &[&str], env: &[(&str, &str)]) -> String {
    larder(dir, &[&["cook", "--offline"], flags].concat(), env)
}

#[test]
fn nothing_is_told_of_stubs_and_all_else_once() {
    let temp = laid_out(FILES);
    for (flags, verb) in [(&[][..], "Compiling"), (&["--check"], "Checking"), (&["--release", "--tests"], "Compiling")]
    {
        let said = cook(temp.path(), flags, &[]);
        assert!(!said.contains("larder-stub") && !said.contains("scratch"), "{said}");
        assert!(!said.contains("Finished") && !said.contains('\x1b'), "{said}");
        assert!(said.contains(&format!("{verb} alpha v1.")), "{said}");
        let mut lines: Vec<&str> = said.lines().collect();
        let all = lines.len();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), all, "repeated: {said}");
    }
}

#[test]
fn colours_are_as_they_are_asked_for_and_verbose_tells_all() {
    let temp = laid_out(FILES);
    let said = cook(temp.path(), &["--color=always"], &[]);
    assert!(said.contains("Compiling\x1b[0m alpha v1.") && !said.contains("larder-stub"), "{said:?}");
    let said = cook(temp.path(), &["--release"], &[("CARGO_TERM_COLOR", "always")]);
    assert!(said.contains("Compiling\x1b[0m alpha v1.") && !said.contains("larder-stub"), "{said:?}");
    let said = cook(temp.path(), &["-v"], &[]);
    assert!(said.contains("larder-stub"), "{said}");
}
