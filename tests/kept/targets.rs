//! Platforms without a standard library or a linker at hand (catalogue 12 and 14). A unit graph
//! needs neither.

use super::{CARGO, PLAIN, Project, check, lay_out, run};
use crate::support::larder as support;
use crate::support::oracle::{HOST, units};
use std::path::Path;

/// A `no_std` firmware and a tool for its host, which share a dependency.
const FIRMWARE: &str = "-- Cargo.toml --
[workspace] firmware tool
[profile.release]
panic = 'abort'
lto = true
-- firmware/Cargo.toml --
[package] firmware
[dependencies]
alpha = { version = '1', default-features = false, features = ['derive'] }
[target.'cfg(target_os = \"none\")'.dependencies]
eta = '1'
[target.'cfg(target_family = \"wasm\")'.dependencies]
lambda = { version = '0.2', default-features = false }
[target.'cfg(target_env = \"musl\")'.dependencies]
zeta = '2'
[target.thumbv7em-none-eabihf.dependencies]
gamma = '0.3'
[build-dependencies]
alpha = '1'
-- firmware/build.rs --
fn main() {}
-- firmware/src/main.rs --
#![no_std]
#![no_main]
-- tool/Cargo.toml --
[package] tool
[dependencies]
alpha = '1'
[target.'cfg(target_os = \"none\")'.dependencies]
beta = '1'
-- tool/src/main.rs --
fn main() {}
";

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

/// Prepares for a target, scoped and not, and compares the units of the skeletons with those of the
/// project.
fn same_units(target: &str, specification: Option<&str>, flags: &[&str]) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (project, skeleton) = (temp.path().join("project"), temp.path().join("skeleton"));
    lay_out(FIRMWARE, &project);
    // The path of the file is part of a unit, and `cook` passes the project's path.
    let file = project.join(target);
    if let Some(text) = specification {
        fs_err::write(&file, text).expect("writable");
    }
    run(&CARGO, &project, &["generate-lockfile", "--offline"], &[]);
    let mut flags = words(flags);
    flags.extend(words(&["--target", target]));
    let as_cooked = |flags: &[String]| -> Vec<String> {
        let Some(_) = specification else { return flags.to_vec() };
        let file = file.to_str().expect("a UTF-8 path");
        let flags = flags.iter().map(|it| if it == target { file.to_owned() } else { it.clone() });
        flags.chain(words(&["-Zjson-target-spec"])).collect()
    };
    let expected = units(&project, &as_cooked(&flags)).expect("cargo knows the target");
    assert!(!expected.is_empty());
    let recipe = temp.path().join("recipe.json");
    for (prepared, cooked) in [(flags.as_slice(), &[] as &[String]), (&[], &flags)] {
        support::prepare(&project, prepared, &recipe).expect("it can be prepared");
        let flags = support::skeleton(&recipe, &skeleton, cooked).expect("it can be unpacked");
        let actual = units(&skeleton, &as_cooked(&flags)).expect("cargo takes the skeleton");
        assert!(actual == expected, "{target} {flags:?}\n{}", actual.difference(&expected));
    }
}

#[test]
fn targets_that_are_not_installed_have_the_same_units() {
    for target in
        ["thumbv7em-none-eabihf", "wasm32-unknown-unknown", "x86_64-unknown-linux-musl", "aarch64-apple-darwin"]
    {
        same_units(target, None, &["--release"]);
    }
    same_units("thumbv7em-none-eabihf", None, &["-p", "firmware"]);
}

#[test]
fn a_target_of_ones_own_has_the_same_units() {
    let rustc = CARGO.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    let print = ["-Zunstable-options", "--print", "target-spec-json", "--target", "thumbv7em-none-eabihf"];
    let output = run(&rustc, Path::new("."), &print, &[("RUSTC_BOOTSTRAP", "1")]);
    let specification = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    same_units("mine.json", Some(&specification), &["--release"]);
    same_units("mine.json", Some(&specification), &["--release", "-p", "firmware"]);
}

#[test]
fn no_linker_is_needed_for_a_stub() {
    let linker = format!("CARGO_TARGET_{}_LINKER", HOST.to_uppercase().replace('-', "_"));
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[profile.release]
panic = 'abort'
lto = true
[lib]
crate-type = ['rlib']
[dependencies]
alpha = { version = '1', default-features = false }
[build-dependencies]
eta = '1'
-- src/lib.rs --
#![no_std]
",
        flags: &["--release", "--target", &HOST],
        env: &[(&linker, "there-is-no-such-linker")],
        ..PLAIN
    });
}
