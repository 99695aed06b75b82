//! Cases that go wrong in cargo-chef and belong to no other file here: 10, 17, 18 and 20 of the
//! catalogue.

use super::{CARGO, PLAIN, Project, build, check, larder, lay_out, run};
use crate::support::oracle::command;
use std::path::Path;

/// Members whose artifacts are named like the beginnings of those of registry crates.
const NAMES: &str = "-- Cargo.toml --
[workspace] app al lib build
-- app/Cargo.toml --
[package] app
[dependencies]
al = { path = '../al' }
libalpha = { path = '../lib' }
alpha = '1'
[build-dependencies]
build = { path = '../build' }
-- app/build.rs --
fn main() { println!(\"cargo:rustc-env=BUILT_WITH={}\", build::WHO) }
-- app/src/main.rs --
fn main() { println!(\"{} {} {}\", al::WHO, libalpha::WHO, env!(\"BUILT_WITH\")) }
-- al/Cargo.toml --
[package] al
[lib]
crate-type = ['rlib', 'cdylib']
[dependencies]
alpha = '1'
-- al/src/lib.rs --
pub const WHO: &str = \"al\";
-- lib/Cargo.toml --
[package] libalpha
[dependencies]
delta = '1'
-- lib/src/lib.rs --
pub const WHO: &str = \"libalpha\";
-- build/Cargo.toml --
[package] build
[dependencies]
buildkit = '1'
-- build/src/lib.rs --
pub const WHO: &str = \"build\";
";

#[test]
fn members_named_like_parts_of_registry_crates_take_nothing_from_them() {
    check(&Project { files: NAMES, prints: Some("al libalpha build"), ..PLAIN });
    check(&Project { files: NAMES, flags: &[], target: "target/debug", prints: Some("al libalpha build"), ..PLAIN });
}

#[test]
fn a_cook_beside_a_build_leaves_all_of_it_as_it_is() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(NAMES, temp.path());
    let project = Project { files: NAMES, ..PLAIN };
    build(&project, temp.path());
    larder(temp.path(), &["cook", "--offline", "--release"], &[]);
    let output = run(&CARGO, temp.path(), &["build", "--offline", "--release", "-v"], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Fresh app") && !said.contains("Compiling") && !said.contains("Dirty"), "{said}");
}

/// Every kind of target, each with something that only it needs.
const TARGETS: &str = "-- Cargo.toml --
[workspace]
members = ['app', 'heavy', 'web']
default-members = ['app']
resolver = '2'
[profile.release]
panic = 'abort'
-- app/Cargo.toml --
[package] app
[features]
cli = ['dep:kappa']
[dependencies]
alpha = { version = '1', default-features = false }
kappa = { version = '1', optional = true, default-features = false, features = ['theta'] }
[dev-dependencies]
alpha = { version = '1', features = ['derive'] }
eta = '1'
[[bin]]
name = 'app'
[[bin]]
name = 'serve'
[[bin]]
name = 'cli'
required-features = ['cli']
-- app/src/lib.rs --
-- app/src/main.rs --
fn main() { println!(\"{}\", cfg!(feature = \"cli\")) }
-- app/src/bin/serve.rs --
fn main() {}
-- app/src/bin/cli.rs --
fn main() {}
-- app/examples/show.rs --
fn main() {}
-- app/examples/plug.rs --
fn main() {}
-- app/tests/it.rs --
#[test] fn it() {}
-- app/benches/speed.rs --
-- heavy/Cargo.toml --
[package] heavy
[dependencies]
alpha = { version = '1', features = ['extra'] }
gamma = '0.3'
-- heavy/src/lib.rs --
-- web/Cargo.toml --
[package] web
[lib]
crate-type = ['cdylib']
[dependencies]
alpha = '1'
zeta = '2'
-- web/src/lib.rs --
";

#[test]
fn any_choice_of_packages_and_targets_is_kept() {
    let choices: &[&[&str]] = &[
        &["--release", "--workspace", "--exclude", "heavy"],
        &["--workspace", "--exclude", "heavy", "--exclude", "w*"],
        &["--release", "--bin", "app", "--bin", "serve"],
        &["--release", "--bin", "app", "--bin", "cli", "--features", "cli"],
        &["--release", "--example", "show", "--example", "plug"],
        &["--example", "show", "--bin", "serve"],
        &["--release", "-p", "web", "-p", "app", "--lib"],
        &["--test", "it"],
        &["--release", "--tests", "--benches"],
        &["--all-targets", "--all-features", "--workspace"],
    ];
    for flags in choices {
        check(&Project { files: TARGETS, flags, ..PLAIN });
    }
}

/// What cargo-nextest and `cargo test` start: everything that can be tested, and what tests may
/// run.
#[test]
fn what_test_runners_build_is_kept() {
    for flags in [&["--workspace", "--all-features"] as &[&str], &["-p", "app"], &["--release"]] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(TARGETS, temp.path());
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
        larder(temp.path(), &[&["cook", "--offline", "--all-targets"], flags].concat(), &[]);
        let output = run(&CARGO, temp.path(), &[&["test", "--no-run", "--offline", "-v"], flags].concat(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        let third_party = |line: &&str| !["app ", "heavy ", "web "].iter().any(|name| line.contains(name));
        let compiled: Vec<&str> = said.lines().filter(|it| it.contains("  Compiling ")).filter(third_party).collect();
        assert!(said.contains("Fresh alpha") && compiled.is_empty(), "{flags:?} {compiled:#?}");
    }
}

/// A third-party crate that does not compile, and one that does.
const BROKEN: &str = "-- vendor/broken/Cargo.toml --
[package] broken 1.0.0
-- vendor/broken/src/lib.rs --
compile_error!(\"out of salt\");
-- vendor/broken/.cargo-checksum.json --
{\"files\":{}}
-- .cargo/config.toml --
[source.crates-io]
replace-with = 'vendored'
[source.vendored]
directory = 'vendor'
-- Cargo.toml --
[package] app
[dependencies]
broken = '1'
-- src/main.rs --
fn main() {}
";

#[test]
fn when_cargo_fails_its_words_stand_alone_and_its_code_is_kept() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(BROKEN, temp.path());
    let outcome = |program: &Path, args: &[&str]| {
        let output = command(program, temp.path()).args(args).output().expect("the program starts");
        (output.status.code(), String::from_utf8(output.stderr).expect("messages are UTF-8"))
    };
    let (code, said) = outcome(&CARGO, &["build", "--offline"]);
    let larder = Path::new(env!("CARGO_BIN_EXE_cargo-larder"));
    let (code_of_cook, said_by_cook) = outcome(larder, &["larder", "cook", "--offline"]);
    assert_eq!((code, code_of_cook), (Some(101), Some(101)));
    let from_the_error = |said: &str| said.split_once("Compiling broken").expect("it is compiled").1.to_owned();
    assert_eq!(from_the_error(&said), from_the_error(&said_by_cook));
    assert_eq!(said_by_cook.matches("error: out of salt").count(), 1);
    assert!(!temp.path().join("target/debug/deps/libapp.rlib").exists());
}

#[test]
fn after_one_bump_a_cook_over_what_was_there_compiles_what_changed() {
    let files = "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
delta = '1'
gamma = '0.3'
kappa = { version = '1', features = ['full'] }
zeta = '2'
-- src/main.rs --
fn main() {}
";
    for scoped in [true, false] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let (source, place) = (temp.path().join("source"), temp.path().join("place"));
        fs_err::create_dir_all(&place).expect("writable");
        lay_out(&files.replace("alpha = '1'", "alpha = '=1.0.0'"), &source);
        let cook = || {
            let (prepare, cook) = if scoped {
                (&["prepare", "--release"] as &[&str], &["cook"] as &[&str])
            } else {
                (&["prepare"] as _, &["cook", "--release"] as _)
            };
            larder(&source, prepare, &[]);
            fs_err::copy(source.join("recipe.json"), place.join("recipe.json")).expect("it was written");
            let said = larder(&place, &[cook, &["--offline"]].concat(), &[]);
            let mut compiled: Vec<String> = said
                .lines()
                .filter_map(|line| line.trim().strip_prefix("Compiling "))
                .filter(|it| !it.contains("larder-stub"))
                .map(str::to_owned)
                .collect();
            compiled.sort();
            (compiled, said)
        };
        run(&CARGO, &source, &["generate-lockfile", "--offline"], &[]);
        let (first, _) = cook();
        assert!(first.len() > 6, "{first:?}");
        lay_out(files, &source);
        run(&CARGO, &source, &["update", "--offline"], &[]);
        let (second, said) = cook();
        assert_eq!(second, ["alpha v1.1.0", "kappa v1.0.0", "theta v0.4.0"].map(str::to_owned), "{said}");
        lay_out(files, &place);
        fs_err::copy(source.join("Cargo.lock"), place.join("Cargo.lock")).expect("it was written");
        let built = build(&PLAIN, &place);
        assert!(built.compiled.is_empty() && built.fresh.len() > 6, "{built:#?}");
    }
}
