//! Private files of carried packages do not travel, and a build that needs them is left to the
//! user.

use super::{PLAIN, Project, check, larder, lay_out, run};
use crate::support::oracle::CARGO;
use std::path::Path;

/// `delta` depends on `alpha` 0.2.
const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
delta = '1'
[patch.crates-io]
alpha = { path = 'alpha' }
-- src/main.rs --
fn main() { println!(\"real\") }
-- .gitignore --
*.log
-- alpha/Cargo.toml --
[package] alpha 0.2.7
[features]
default = ['std']
std = []
-- alpha/.gitignore --
notes.txt
-- alpha/src/lib.rs --
";

const PRIVATE: &str = "-- alpha/id_rsa --
TOPSECRET
-- alpha/server.PEM --
TOPSECRET
-- alpha/.envrc --
TOPSECRET
-- alpha/credentials.json --
TOPSECRET
-- alpha/.aws/credentials --
TOPSECRET
-- alpha/notes.txt --
TOPSECRET
-- alpha/deep/build.log --
TOPSECRET
";

fn prepared(more: &str, bring: fn(&Path)) -> (String, String) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path().join("project");
    lay_out(FILES, &dir);
    lay_out(more, &dir);
    lay_out("-- outside/secret.txt --\nTOPSECRET\n", temp.path());
    bring(&dir);
    run(&CARGO, &dir, &["generate-lockfile", "--offline"], &[]);
    let said = larder(&dir, &["prepare", "--release"], &[]);
    (said, fs_err::read_to_string(dir.join("recipe.json")).expect("it was written"))
}

#[test]
fn what_is_private_in_a_package_stays_at_home_and_is_named() {
    let (said, recipe) = prepared(PRIVATE, |_| {});
    assert!(recipe.contains("alpha/src/lib.rs") && !recipe.contains("TOPSECRET"), "{recipe}");
    for name in ["alpha/id_rsa", "alpha/server.PEM", "alpha/.envrc", "alpha/credentials.json", "alpha/.aws"] {
        assert!(said.contains(&format!("`{name}`")), "{name}: {said}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_out_of_a_package_is_not_followed() {
    let (_, recipe) = prepared("", |dir| {
        for (to, name) in [("../../outside", "dir"), ("../../outside/secret.txt", "file"), (".", "round")] {
            fs_err::os::unix::fs::symlink(to, dir.join("alpha").join(name)).expect("it is writable");
        }
    });
    assert!(recipe.contains("alpha/src/lib.rs") && !recipe.contains("TOPSECRET"), "{recipe}");
}

#[test]
fn a_package_that_is_made_of_what_stays_at_home_is_left_to_the_real_build() {
    let more = "-- alpha/src/lib.rs --\npub const NOTES: &str = include_str!(\"../notes.txt\");\n-- alpha/notes.txt --\nTOPSECRET\n";
    let (said, recipe) = prepared(more, |_| {});
    assert!(said.contains("has sources that name a file which does not travel"), "{said}");
    assert!(!recipe.contains("TOPSECRET"), "{recipe}");
}

#[test]
fn a_package_without_its_private_files_is_kept() {
    let files: &'static str = Box::leak([FILES, PRIVATE].concat().into_boxed_str());
    check(&Project { files, prints: Some("real"), cooked_again: true, ..PLAIN });
}
