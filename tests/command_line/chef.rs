//! Lines that stand in published Dockerfiles, with `chef` replaced by `larder`: what they come to.

use super::common::fake_cargo;
use super::{Place, prepare, succeed};

/// A workspace with two applications and features, in the fashion of those that the lines are from.
const WORKSPACE: &str = "-- Cargo.toml --
[workspace]
members = [\"app\", \"svix-server\"]
resolver = \"2\"
[profile.dist]
inherits = \"release\"
-- Cargo.lock --
version = 4

[[package]]
name = \"app\"
version = \"0.1.0\"

[[package]]
name = \"svix-server\"
version = \"0.1.0\"
-- app/Cargo.toml --
[package]
name = \"app\"
version = \"0.1.0\"
[features]
a = []
b = []
e2e_tests = []
-- app/src/main.rs --
-- svix-server/Cargo.toml --
[package]
name = \"svix-server\"
version = \"0.1.0\"
-- svix-server/src/main.rs --
";

/// `cook` with these flags, in a directory that holds only the recipe that `prepare` with those made, starts cargo so.
fn line(prepared: &str, cook: &[&str], expected: &[&str]) {
    let place = Place::new(&[WORKSPACE]);
    let prepared: Vec<&str> = prepared.split_whitespace().collect();
    prepare(&place, &prepared);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    fs_err::rename(place.dir().join("recipe.json"), elsewhere.join("recipe.json")).expect("it was written");
    let mut larder = fake_cargo::larder(&place, &[&["cook"], cook].concat());
    succeed(&place, larder.current_dir(&elsewhere));
    let always = ["--message-format=json-render-diagnostics", "--target-dir", "[ROOT]/elsewhere/target"];
    let mut args = fake_cargo::args(&place);
    // `--target-dir` is told last, wherever it is.
    let at = args.iter().position(|arg| arg == always[0]).expect("it is always told");
    assert_eq!(args.split_off(at), always, "cook {}", cook.join(" "));
    assert_eq!(args, expected, "cook {}", cook.join(" "));
}

/// `cook` with these flags starts cargo with those; the recipe is for any build.
fn any(cook: &[&str], expected: &[&str]) {
    line("", cook, expected);
}

#[test]
fn published_lines_work() {
    any(&["--release"], &["build", "--release"]);
    any(&["--release", "--recipe-path", "recipe.json"], &["build", "--release"]);
    any(
        &["--profile", "dist", "--no-default-features", "--features", "a b", "--recipe-path", "recipe.json"],
        &["build", "--profile", "dist"],
    );
    any(&["--release", "--package", "svix-server", "--bin", "svix-server"], &["build", "--release"]);
    any(&["--target", "wasm32-unknown-unknown", "-p", "app"], &["build", "--target", "wasm32-unknown-unknown"]);
    any(&["--tests", "--features", "app/e2e_tests"], &["build"]);
    any(&["--release", "--all-features"], &["build", "--release"]);
    any(&["--workspace", "--all-targets", "--locked"], &["build"]);
    any(
        &["--release", "--no-std", "--target", "thumbv7em-none-eabihf"],
        &["build", "--target", "thumbv7em-none-eabihf", "--release"],
    );
    any(&["--release", "--bin", "app", "--bin", "svix-server", "--offline"], &["build", "--release", "--offline"]);
    any(
        &["--release", "--manifest-path", "Cargo.toml", "--timings", "-j", "2"],
        &["build", "--release", "--jobs=2", "--timings"],
    );
}

#[test]
fn check_and_clippy_need_what_is_checked() {
    any(&["--check"], &["check"]);
    any(&["--clippy", "--workspace", "--all-targets"], &["check"]);
    any(&["--check", "--clippy", "--release"], &["check", "--release"]);
    line("--check --release", &[], &["check", "--release"]);
    line("--clippy --release", &["--check"], &["check", "--release"]);
}

#[test]
fn zigbuild_is_cargo_zigbuild() {
    let target = "aarch64-unknown-linux-musl";
    any(&["--zigbuild", "--release", "--target", target, "-p", "app"], &["zigbuild", "--target", target, "--release"]);
    line("--release -p app", &["--zigbuild"], &["zigbuild", "--release"]);
}

#[test]
fn prepare_with_a_binary_alone_is_for_any_build() {
    line("--bin svix-server", &["--release", "--bin", "svix-server"], &["build", "--release"]);
    line("--bin svix-server", &["--tests", "-p", "app"], &["build"]);
}

#[test]
fn a_scoped_recipe_of_a_build_is_none_of_a_check() {
    let place = Place::new(&[WORKSPACE]);
    prepare(&place, &["--release"]);
    let ended = place.run(&mut fake_cargo::larder(&place, &["cook", "--check"]));
    let expected = "error: recipe was prepared for `--release`, not for `--check`; prepare one with:
    cargo larder prepare --check
";
    assert_eq!((ended.code, &*ended.stderr), (Some(2), expected));
}

/// Sources may arrive later: the manifest that is named need not be there when there is a recipe.
#[test]
fn a_manifest_path_says_where_the_workspace_will_be() {
    let place = Place::new(&[WORKSPACE]);
    prepare(&place, &[]);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let flags = ["cook", "--release", "--manifest-path", "sub/Cargo.toml", "--recipe-path", "../project/recipe.json"];
    let mut larder = fake_cargo::larder(&place, &flags);
    succeed(&place, larder.current_dir(&elsewhere));
    assert_eq!(fake_cargo::args(&place).last().expect("there are some"), "[ROOT]/elsewhere/sub/target");
}
