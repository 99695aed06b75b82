//! The flags that reach cargo, and those that do not.

use super::common::fake_cargo;
use super::{APP, Place, cook, succeed};

/// `cook` with these flags starts `cargo build` with those, and what it always adds.
fn passes(flags: &str, expected: &[&str]) {
    let place = Place::new(&[APP, "[profile.dist]\ninherits = \"release\"\n"]);
    cook(&place, &flags.split_whitespace().collect::<Vec<_>>());
    let always = ["--locked", "--message-format=json-render-diagnostics", "--target-dir", "[DIR]/target"];
    assert_eq!(fake_cargo::args(&place), [&["build"], expected, &always].concat(), "cook {flags}");
}

#[test]
fn nothing_is_added_that_was_not_asked_for() {
    passes("", &[]);
}

#[test]
fn the_profile_is_passed_on() {
    passes("--release", &["--release"]);
    passes("-r", &["--release"]);
    passes("--profile release", &["--release"]);
    passes("--profile dist", &["--profile=dist"]);
    passes("--profile dev", &["--profile=dev"]);
}

#[test]
fn targets_are_passed_on() {
    passes("--target wasm32-unknown-unknown", &["--target=wasm32-unknown-unknown"]);
    let both = ["--target=aarch64-unknown-linux-gnu", "--target=x86_64-unknown-linux-gnu"];
    passes("--target=x86_64-unknown-linux-gnu --target aarch64-unknown-linux-gnu", &both);
}

#[test]
fn jobs_are_passed_on() {
    passes("-j 3", &["--jobs=3"]);
    passes("--jobs=-1", &["--jobs=-1"]);
    passes("-j -1", &["--jobs=-1"]);
    passes("-j default", &["--jobs=default"]);
}

#[test]
fn the_network_is_kept_away_from() {
    passes("--offline", &["--offline"]);
    passes("--frozen", &["--offline"]);
    passes("--frozen --offline --locked", &["--offline"]);
}

#[test]
fn locked_is_told_only_once() {
    passes("--locked", &[]);
}

#[test]
fn the_noise_is_passed_on() {
    passes("-v", &["-v"]);
    passes("-vv", &["-v", "-v"]);
    passes("--verbose --verbose", &["-v", "-v"]);
    passes("-q", &["--quiet"]);
    passes("--color always", &["--color=always"]);
    passes("--color=never", &["--color=never"]);
}

#[test]
fn timings_are_passed_on() {
    passes("--timings", &["--timings"]);
    passes("--timings=html", &["--timings=html"]);
}

#[test]
fn unstable_flags_are_passed_on() {
    passes("-Z build-std=core -Zunstable-options", &["-Zbuild-std=core", "-Zunstable-options"]);
}

#[test]
fn how_to_go_on_is_passed_on() {
    passes("--keep-going", &["--keep-going"]);
    passes("--ignore-rust-version", &["--ignore-rust-version"]);
}

#[test]
fn config_values_are_passed_on() {
    passes("--config net.retry=1 --config http.timeout=9", &["--config=net.retry=1", "--config=http.timeout=9"]);
}

#[test]
fn config_files_are_passed_on_as_seen_from_here() {
    passes("--config ci/cargo.toml", &["--config=[DIR]/ci/cargo.toml"]);
}

#[test]
fn what_is_selected_stays_here_because_the_stubs_are_all_there_is() {
    passes("-p app --bin app -F tls --release", &["--release"]);
    passes("--workspace --bins --all-features", &[]);
    passes("--no-default-features --all-targets", &[]);
}

#[test]
fn a_scoped_recipe_replays_its_flags() {
    let place = Place::new(&[APP]);
    let flags = ["--release", "-p", "app", "--target", "x86_64-unknown-linux-musl"];
    super::prepare(&place, &flags);
    cook(&place, &["-j", "2"]);
    let expected = ["build", "--target=x86_64-unknown-linux-musl", "--release", "--jobs=2"];
    assert_eq!(fake_cargo::args(&place)[..4], expected);
    // And may be given them again.
    cook(&place, &flags);
    assert_eq!(fake_cargo::args(&place)[..3], expected[..3]);
}

/// What a recipe says cannot be a flag of its own.
#[test]
fn no_value_of_a_recipe_is_taken_for_a_flag() {
    let place = Place::new(&[APP]);
    super::prepare(&place, &["--release"]);
    let recipe = place.read("recipe.json").replace("\"profile\": \"release\"", "\"profile\": \"--config=x\"");
    place.write(&[&format!("-- recipe.json --\n{recipe}")]);
    cook(&place, &[]);
    assert_eq!(fake_cargo::args(&place)[..2], ["build", "--profile=--config=x"]);
}

#[test]
fn a_recipe_is_found_by_its_path() {
    let place = Place::new(&[APP]);
    super::prepare(&place, &["--release"]);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let mut larder = fake_cargo::larder(&place, &["cook", "--recipe-path", "../project/recipe.json"]);
    succeed(&place, larder.current_dir(&elsewhere));
    let args = fake_cargo::args(&place);
    assert_eq!(
        args[1..],
        [
            "--release",
            "--locked",
            "--message-format=json-render-diagnostics",
            "--target-dir",
            "[ROOT]/elsewhere/target"
        ]
    );
}

#[test]
fn no_build_prints_one_line_that_a_shell_takes_apart_again() {
    let place = Place::new(&[APP]);
    super::prepare(&place, &[]);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let flags = ["cook", "--no-build", "--recipe-path", "../project/recipe.json", "--release", "--offline"];
    let more = ["--config", "env.A=\"it's\"", "--target-dir", "my target"];
    let mut larder = fake_cargo::larder(&place, &[&flags[..], &more].concat());
    let ended = succeed(&place, larder.current_dir(&elsewhere));
    let expected = "cargo build --release '--config=env.A=\"it'\\''s\"' --offline --target-dir 'my target'\n";
    let note = "note: remove `larder-stub` before the sources come, if a pattern in `workspace.members`, such as `*`, matches them\n";
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (expected, note));
    assert!(!place.root().join("kept").exists(), "cargo was started");
    assert!(elsewhere.join("Cargo.toml").exists());
}
