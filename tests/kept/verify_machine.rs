//! `verify`: the reasons that come from the machine and from sources, each made to happen.

use super::cooked::{API, Cooked, FILES, all_five};
use super::{lay_out, set_times};
use crate::support::oracle::{CARGO, HOST};
use crate::support::registry;
use std::time::{Duration, SystemTime};

#[test]
fn another_home_of_cargo() {
    let cooked = Cooked::with(FILES, API, &[]);
    let home = cooked.dir().join("home");
    let local = registry::cargo_home().join("local");
    for file in super::files_below(&local) {
        let to = home.join("local").join(file.strip_prefix(&local).expect("it is below"));
        fs_err::create_dir_all(to.parent().expect("it has one")).expect("writable");
        fs_err::copy(&file, &to).expect("a file");
    }
    let config = fs_err::read_to_string(registry::cargo_home().join("config.toml")).expect("it is there");
    let moved = config.replace(&*local.to_string_lossy(), &home.join("local").to_string_lossy());
    fs_err::write(home.join("config.toml"), moved).expect("writable");
    let home = home.to_str().expect("UTF-8").to_owned();
    let message = "CARGO_HOME moved: cooked with `[HOME]`, built with `[DIR]/home`";
    let says = all_five(message, ", and what depends on them", "set `CARGO_HOME=[HOME]` for the build, too");
    cooked.says(API, &[("CARGO_HOME", &home)], &says);
}

#[cfg(unix)]
#[test]
fn another_rustc() {
    use std::os::unix::fs::PermissionsExt;
    let cooked = Cooked::with(FILES, API, &[]);
    let rustc = CARGO.with_file_name("rustc");
    if !rustc.exists() {
        eprintln!("skipped: no rustc beside cargo");
        return;
    }
    let script = format!(
        "-- bin/rustc --\n#!/bin/sh\ncase \"$*\" in *-vV*) '{0}' \"$@\" | sed 's/^rustc [^ ]*/rustc 1.95.1/; s/^commit-date: .*/commit-date: 2026-05-01/' ;; *) exec '{0}' \"$@\" ;; esac\n",
        rustc.display()
    );
    lay_out(&script, cooked.dir());
    let other = cooked.dir().join("bin/rustc");
    fs_err::set_permissions(&other, PermissionsExt::from_mode(0o755)).expect("the file is ours");
    let env = [("RUSTC", other.to_str().expect("UTF-8"))];
    let (code, shown, _) = cooked.verify(API, &env);
    let lines: Vec<&str> = shown.lines().collect();
    let [message, units, help] = lines[..] else { panic!("{shown}") };
    assert_eq!(code, Some(1));
    assert!(
        message.starts_with("another rustc: cooked with rustc 1.") && message.contains(", built with rustc 1.95.1 ("),
        "{message}"
    );
    assert_eq!(units, "    5 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5");
    assert_eq!(help, "help: use one toolchain for both steps, as a `rust-toolchain.toml` says one");
    assert_eq!(cooked.builds(API, &env), ["alpha", "eta", "lambda", "lambda"]);
}

#[test]
fn another_linker() {
    let variable = format!("CARGO_TARGET_{}_LINKER", HOST.replace('-', "_").to_uppercase());
    let cooked = Cooked::with(FILES, API, &[]);
    let (code, shown, _) = cooked.verify(API, &[(&variable, "cc")]);
    let message = format!("the linker differs: `{variable}` is `cc` by `{variable}`, and was not set");
    let says = all_five(&message, "", &format!("give `{variable}=cc` to the step that cooks, too"));
    // A run of a build script has no linker, and follows the script.
    let says = says.replace("lambda 0.2.5\n", "lambda 0.2.5, and what depends on them\n");
    assert_eq!((code, shown), (Some(1), says));
    assert_eq!(cooked.builds(API, &[(&variable, "cc")]), ["alpha", "eta", "lambda", "lambda"]);
}

/// The build script of `lambda` watches the variable, as those with the `cc` crate do.
#[cfg(unix)]
#[test]
fn a_variable_that_a_build_script_watches() {
    let wrapped = [("RUSTC_WRAPPER", "/usr/bin/env")];
    let says = |became: &str| {
        format!(
            "a build script watches `RUSTC_WRAPPER`, which was {became} since the cook
    2 units: lambda 0.2.5, and what depends on them
help: set `RUSTC_WRAPPER` to the same value for the step that cooks
"
        )
    };
    Cooked::with(FILES, API, &[]).says(API, &wrapped, &says("set"));
    let cooked = Cooked::with(FILES, API, &wrapped);
    cooked.says(API, &[], &says("unset"));
    let cooked = Cooked::with(FILES, API, &wrapped);
    cooked.says(API, &[("RUSTC_WRAPPER", "env")], &says("changed"));
    Cooked::with(FILES, API, &wrapped).is_fresh(API, &wrapped);
}

/// A time after all that was cooked.
fn soon() -> SystemTime {
    SystemTime::now() + Duration::from_secs(5)
}

/// `eta` is vendored, and everything else comes from the registry.
pub const VENDORED: &str = "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
eta = '1'
theta = '1'
-- src/main.rs --
fn main() {}
-- .cargo/config.toml --
[source.crates-io]
replace-with = 'vendored'
[source.vendored]
directory = 'vendor'
-- vendor/eta/Cargo.toml --
[package]
name = 'eta'
version = '1.0.0'
edition = '2021'
-- vendor/eta/src/lib.rs --
pub fn eta() {}
-- vendor/eta/build.rs --
fn main() { println!(\"cargo:rerun-if-changed=data.txt\") }
-- vendor/eta/data.txt --
data
-- vendor/eta/.cargo-checksum.json --
{\"files\":{}}
-- vendor/theta/Cargo.toml --
[package]
name = 'theta'
version = '1.0.0'
edition = '2021'
[dependencies]
eta = '1'
-- vendor/theta/src/lib.rs --
pub fn theta() { eta::eta() }
-- vendor/theta/.cargo-checksum.json --
{\"files\":{}}
";

#[test]
fn newer_mtimes_of_vendored_sources() {
    let cooked = Cooked::with(VENDORED, &[], &[]);
    cooked.is_fresh(&[], &[]);
    set_times("-- vendor/eta/data.txt --\n", cooked.dir(), soon());
    let (code, shown, _) = cooked.verify(&[], &[]);
    let lines: Vec<&str> = shown.lines().collect();
    let [message, units, help] = lines[..] else { panic!("{shown}") };
    assert_eq!((code, message), (Some(1), "files changed after they were cooked, by their mtimes"));
    assert!(units.starts_with("    3 units: eta 1.0.0, the file `vendor/eta/data.txt` has changed ("), "{units}");
    assert!(units.ends_with("), and what depends on them"), "{units}");
    assert_eq!(help, "help: cook after the last change, or keep the mtimes when copying");
    assert_eq!(cooked.builds(&[], &[]), ["eta", "theta"]);
}

#[test]
fn vendored_sources_that_moved() {
    let cooked = Cooked::with(VENDORED, &[], &[]);
    fs_err::rename(cooked.dir().join("vendor"), cooked.dir().join("third-party")).expect("both are ours");
    let config = "-- .cargo/config.toml --\n[source.crates-io]\nreplace-with = 'vendored'\n[source.vendored]\ndirectory = 'third-party'\n";
    lay_out(config, cooked.dir());
    let says = "the sources stand elsewhere: they were in `[DIR]/vendor`, and are in `[DIR]/third-party`
    4 units: eta 1.0.0, theta 1.0.0, and what depends on them
help: have the sources in the same place when cooking
";
    cooked.says(&[], &[], says);
}

/// `delta` needs `alpha`, which is a local package here.
const PATCHED: &str = "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
delta = '1'
[patch.crates-io]
alpha = { path = 'alpha' }
-- src/main.rs --
fn main() {}
-- alpha/Cargo.toml --
[package]
name = 'alpha'
version = '0.2.7'
edition = '2021'
[features]
default = ['std']
std = []
-- alpha/src/lib.rs --
";

#[test]
fn a_local_package_that_third_party_crates_need() {
    let cooked = Cooked::with(PATCHED, &[], &[]);
    cooked.is_fresh(&[], &[]);
    set_times("-- alpha/src/lib.rs --\n", cooked.dir(), soon());
    let says = "they need the local package `alpha`, which is compiled
    1 unit: delta 1.0.0
help: cook again with `cargo larder cook`, unless `alpha` is left to the build by its `[package.metadata.larder]`
";
    cooked.says(&[], &[], says);
}

#[test]
fn what_cargo_refuses_ends_with_its_message_and_code() {
    let cooked = Cooked::with(FILES, API, &[]);
    let (code, shown, last) = cooked.verify(&["-p", "nobody"], &[]);
    assert_eq!((code, shown.as_str()), (Some(101), ""));
    assert!(last.contains("`nobody`"), "{last}");
    lay_out("-- api/Cargo.toml --\n[package\n", cooked.dir());
    let (code, shown, _) = cooked.verify(API, &[]);
    assert_eq!((code, shown.as_str()), (Some(101), ""));
    let (code, ..) = cooked.verify(&["--no-such-flag"], &[]);
    assert_eq!(code, Some(2));
}

#[test]
fn without_a_note_of_what_was_cooked_units_are_found_all_the_same() {
    let cooked = Cooked::with(FILES, API, &[]);
    fs_err::remove_file(cooked.dir().join("target/.larder-builds.json")).expect("cook wrote it");
    cooked.is_fresh(API, &[]);
    let says = all_five(
        "cooked with profile `dev`, built with profile `release`",
        "",
        "cook for this build with `cargo larder prepare -p api --release && cargo larder cook`",
    );
    cooked.says(&["-p", "api", "--release"], &[], &says);
}
