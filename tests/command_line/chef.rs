//! The results of lines from published Dockerfiles, with `chef` replaced by `larder`.

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

/// `cook` with these flags, in a directory that holds only the recipe that `prepare` with those
/// made, starts cargo so.
fn line(prepared: &str, cook: &[&str], expected: &[&str]) {
    let place = Place::new(&[WORKSPACE]);
    let prepared: Vec<&str> = prepared.split_whitespace().collect();
    prepare(&place, &prepared);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    fs_err::rename(place.dir().join("recipe.json"), elsewhere.join("recipe.json")).expect("it was written");
    let mut larder = fake_cargo::larder(&place, &[&["cook"], cook].concat());
    succeed(&place, larder.current_dir(&elsewhere));
    let always = ["--locked", "--message-format=json-render-diagnostics", "--target-dir", "[ROOT]/elsewhere/target"];
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
        &["build", "--profile=dist"],
    );
    any(&["--release", "--package", "svix-server", "--bin", "svix-server"], &["build", "--release"]);
    any(&["--target", "wasm32-unknown-unknown", "-p", "app"], &["build", "--target=wasm32-unknown-unknown"]);
    any(&["--tests", "--features", "app/e2e_tests"], &["build"]);
    any(&["--release", "--all-features"], &["build", "--release"]);
    any(&["--workspace", "--all-targets", "--locked"], &["build"]);
    any(
        &["--release", "--no-std", "--target", "thumbv7em-none-eabihf"],
        &["build", "--target=thumbv7em-none-eabihf", "--release"],
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
    let flag = format!("--target={target}");
    any(&["--zigbuild", "--release", "--target", target, "-p", "app"], &["zigbuild", &flag, "--release"]);
    line("--release -p app", &["--zigbuild"], &["zigbuild", "--release"]);
}

#[test]
fn prepare_with_a_binary_alone_is_for_any_build_of_its_package() {
    line("--bin svix-server", &["--release", "--bin", "svix-server"], &["build", "--release"]);
    line("--bin svix-server", &["--tests", "-p", "svix-server"], &["build"]);
    line("--bin svix-server", &["--release"], &["build", "--release"]);
}

#[test]
fn a_scoped_recipe_of_a_build_is_none_of_a_check() {
    let place = Place::new(&[WORKSPACE]);
    prepare(&place, &["--release"]);
    let ended = place.run(&mut fake_cargo::larder(&place, &["cook", "--check"]));
    let expected = "error: recipe was prepared for `--release`, not for `--check`
help: prepare another with `cargo larder prepare --release --check`
";
    assert_eq!((ended.code, &*ended.stderr), (Some(2), expected));
}

/// Where `cook` builds in a directory that holds only the recipe that `prepare` made in `at` with
/// these flags, or why not.
fn built_in(at: &str, prepared: &[&str], cook: &[&str]) -> Result<String, String> {
    let place = Place::new(&[WORKSPACE]);
    let recipe = place.root().join("elsewhere/recipe.json");
    fs_err::create_dir(recipe.with_file_name("")).expect("it is writable");
    let path = recipe.to_string_lossy();
    let prepared = [&["prepare", "--recipe-path", &path], prepared].concat();
    succeed(&place, place.larder(&prepared).current_dir(place.dir().join(at)));
    let mut larder = fake_cargo::larder(&place, &[&["cook"], cook].concat());
    let ended = place.run(larder.current_dir(recipe.with_file_name("")));
    if ended.code == Some(0) { Ok(fake_cargo::args(&place).pop().expect("there are some")) } else { Err(ended.stderr) }
}

/// Sources may arrive later: the manifest that is named need not be there when there is a recipe.
#[test]
fn the_target_directory_is_that_of_the_root_where_only_the_recipe_is() {
    let member = &["--manifest-path", "app/Cargo.toml"][..];
    let root = Ok("[ROOT]/elsewhere/target".to_owned());
    assert_eq!(built_in(".", &[], &[]), root);
    assert_eq!(built_in(".", &[], &["--manifest-path", "Cargo.toml"]), root);
    assert_eq!(built_in(".", member, member), root);
    assert_eq!(built_in(".", member, &["--manifest-path", "other/Cargo.toml"]), root, "names do not matter");
    assert_eq!(built_in(".", member, &[]), root);
    assert_eq!(built_in("app", &[], member), root);
    assert_eq!(built_in("app/src", &["--release"], member), root);
    assert_eq!(built_in("app", &[], &["--manifest-path", "Cargo.toml"]), Ok("[ROOT]/target".to_owned()));
    let below = ["--manifest-path", "project/Cargo.toml"];
    assert_eq!(built_in("..", &below, &below), Ok("[ROOT]/elsewhere/project/target".to_owned()));
}

#[test]
fn where_the_root_cannot_be_told_cook_asks_for_the_target_directory() {
    let member = &["--manifest-path", "app/Cargo.toml"][..];
    let expected = "\
error: `app/Cargo.toml` is not here yet, and may be the root of the workspace or a member
help: name its target directory with `--target-dir`, or leave out `--manifest-path` to cook in the root
";
    assert_eq!(built_in(".", &[], member), Err(expected.to_owned()));
    let expected = "\
error: recipe was prepared in a member's directory, and `[ROOT]/elsewhere` may be that or the root
help: name the member with `--manifest-path`, or the target directory with `--target-dir`
";
    assert_eq!(built_in("app", &[], &[]), Err(expected.to_owned()));
    let named = &["--target-dir", "out"][..];
    assert_eq!(built_in("app", &[], named), Ok("[ROOT]/elsewhere/out".to_owned()));
    assert_eq!(built_in(".", &[], &[member, named].concat()), Ok("[ROOT]/elsewhere/out".to_owned()));
}

/// A command that is proposed makes a recipe that the flags agree with.
#[test]
fn the_proposed_command_helps() {
    for (prepared, cook) in [
        ("--release -p app", "-F a"),
        ("--release -p app", "-p svix-server"),
        ("--workspace --exclude app", "-p app --release"),
        ("--release", "--check"),
        ("--bin app --release", "--bin svix-server"),
        ("--release --host x86_64-unknown-linux-gnu", "--target aarch64-unknown-linux-gnu"),
    ] {
        let place = Place::new(&[WORKSPACE]);
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let start = |args: &[&str], line: &str| {
            let args = [args.iter().map(|arg| (*arg).to_owned()).collect(), words(line)].concat();
            place.run(&mut fake_cargo::larder(&place, &args.iter().map(String::as_str).collect::<Vec<_>>()))
        };
        assert_eq!(start(&["prepare"], prepared).code, Some(0));
        let refused = start(&["cook"], cook);
        let (_, command) = refused.stderr.split_once("`cargo larder ").expect("a command is proposed");
        assert_eq!(start(&[], command.trim_end_matches("`\n")).code, Some(0), "{command}");
        assert_eq!(start(&["cook"], cook).code, Some(0), "{command} is not for {cook}");
    }
}
