//! Without a recipe: only the dependencies of a project, into its own target directory.

use super::{larder, lay_out, run};
use crate::support::oracle::CARGO;
use std::collections::BTreeMap;
use std::path::Path;

const FILES: &str = "-- Cargo.toml --
[workspace] app derive
-- app/Cargo.toml --
[package] app
[dependencies]
derive = { path = '../derive' }
alpha = '1'
[dev-dependencies]
delta = '1'
[build-dependencies]
buildkit = '1'
-- app/build.rs --
fn main() {}
-- app/src/main.rs --
fn main() {}
-- app/tests/it.rs --
#[test] fn it() {}
-- derive/Cargo.toml --
[package] derive
[lib]
proc-macro = true
[dependencies]
zeta = '1'
-- derive/src/lib.rs --
";

/// Everything below a directory but what is built.
fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut tree = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for path in fs_err::read_dir(next).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.is_file() {
                tree.insert(path.to_string_lossy().into_owned(), fs_err::read(&path).expect("readable"));
            }
        }
    }
    tree
}

/// After `cook` with these flags, cargo with those compiles local packages only.
fn warms(cook: &[&str], cargo: &[&str]) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    lay_out(FILES, dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    let before = tree(dir);
    larder(dir, &[&["cook", "--offline"], cook].concat(), &[]);
    assert_eq!(tree(dir), before, "cook touches the project");
    let output = run(&CARGO, dir, &[cargo, &["--offline"]].concat(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    let compiled: Vec<&str> = said
        .lines()
        .filter(|line| ["Compiling ", "Checking "].iter().any(|verb| line.trim().starts_with(verb)))
        .collect();
    let local = |line: &&&str| line.contains(" app v") || line.contains(" derive v");
    assert!(compiled.iter().any(|line| local(&line)), "{said}");
    assert_eq!(compiled.iter().find(|line| !local(line)), None, "after cook {}\n{said}", cook.join(" "));
}

#[test]
fn builds_find_their_dependencies_warm() {
    warms(&[], &["build"]);
    warms(&["--release", "-p", "app"], &["build", "--release", "-p", "app"]);
}

#[test]
fn tests_find_their_dependencies_warm() {
    warms(&["--tests"], &["test", "--no-run"]);
    warms(&["--workspace", "--all-targets"], &["test", "--no-run", "--workspace", "--all-targets"]);
}

#[test]
fn checks_find_their_dependencies_warm() {
    warms(&["--check"], &["check"]);
    warms(&["--check", "--workspace", "--all-targets"], &["check", "--workspace", "--all-targets"]);
}

#[test]
fn clippy_finds_its_dependencies_warm() {
    warms(&["--clippy", "--workspace", "--all-targets"], &["clippy", "--workspace", "--all-targets"]);
}
