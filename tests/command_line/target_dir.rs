//! Where is built: the directory that the real build, called here, would take; by flag, environment
//! and config, in cargo's order (`GlobalContext::target_dir`).

use super::common::{fake_cargo, write};
use super::{APP, Place, cook, succeed};

const CONFIGURED: &str = "-- .cargo/config.toml --\n[build]\ntarget-dir = \"of-config\"\n";

/// The target directory that cargo is told.
fn told(place: &Place) -> String {
    fake_cargo::args(place).last().expect("the last argument names it").clone()
}

fn check(files: &[&str], flags: &[&str], variables: &[(&str, &str)], expected: &str) {
    let place = Place::new(files);
    succeed(&place, fake_cargo::larder(&place, &[&["cook"], flags].concat()).envs(variables.iter().copied()));
    assert_eq!(told(&place), expected);
}

#[test]
fn it_is_target_unless_something_is_said() {
    check(&[APP], &[], &[], "[DIR]/target");
    check(&[APP], &[], &[("CARGO_TARGET_DIR", "")], "[DIR]/target");
}

#[test]
fn the_flag_comes_first() {
    let variables = [("CARGO_TARGET_DIR", "of-variable"), ("CARGO_BUILD_TARGET_DIR", "of-config-variable")];
    check(&[CONFIGURED, APP], &["--target-dir", "of-flag"], &variables, "[DIR]/of-flag");
    check(&[APP], &["--target-dir", "/somewhere/../tmp"], &[], "/somewhere/../tmp");
}

#[test]
fn the_variable_comes_next_and_is_seen_from_here() {
    let variables = [("CARGO_TARGET_DIR", "../of-variable"), ("CARGO_BUILD_TARGET_DIR", "of-config-variable")];
    check(&[CONFIGURED, APP], &[], &variables, "[DIR]/../of-variable");
}

#[test]
fn the_variable_of_the_config_key_wins_over_files() {
    check(&[CONFIGURED, APP], &[], &[("CARGO_BUILD_TARGET_DIR", "of-config-variable")], "[DIR]/of-config-variable");
}

#[test]
fn a_config_value_of_the_command_line_wins_over_files_and_its_variable() {
    let flags = ["--config", "build.target-dir='of-value'"];
    check(&[CONFIGURED, APP], &flags, &[("CARGO_BUILD_TARGET_DIR", "of-config-variable")], "[DIR]/of-value");
}

#[test]
fn the_config_of_the_project_comes_before_the_one_of_cargos_home() {
    let place = Place::new(&[CONFIGURED, APP]);
    write(&place.home().join("config.toml"), "[build]\ntarget-dir = \"of-home\"\n");
    cook(&place, &[]);
    assert_eq!(told(&place), "[DIR]/of-config");
}

#[test]
fn the_config_of_cargos_home_is_relative_to_where_that_stands() {
    let place = Place::new(&[APP]);
    write(&place.home().join("config.toml"), "[build]\ntarget-dir = \"of-home\"\n");
    cook(&place, &[]);
    assert_eq!(told(&place), "[ROOT]/of-home");
}

#[test]
fn the_config_of_a_recipe_is_seen_from_where_it_is_cooked() {
    let place = Place::new(&[CONFIGURED, APP]);
    super::prepare(&place, &["--release"]);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let mut larder = fake_cargo::larder(&place, &["cook", "--recipe-path", "../project/recipe.json"]);
    succeed(&place, larder.current_dir(&elsewhere));
    assert_eq!(told(&place), "[ROOT]/elsewhere/of-config");
}

#[test]
fn the_config_further_up_is_relative_to_where_that_stands() {
    let place = Place::new(&[CONFIGURED, APP, "-- deep/er/src/lib.rs --\n"]);
    let deep = place.dir().join("deep/er");
    fs_err::rename(place.dir().join("Cargo.toml"), deep.join("Cargo.toml")).expect("both are ours");
    fs_err::rename(place.dir().join("Cargo.lock"), deep.join("Cargo.lock")).expect("both are ours");
    succeed(&place, fake_cargo::larder(&place, &["cook"]).current_dir(&deep));
    assert_eq!(told(&place), "[DIR]/of-config");
}

#[test]
fn in_a_member_it_is_the_one_of_the_workspace() {
    let member = "-- Cargo.toml --\n[workspace]\nmembers = [\"app\"]\nresolver = \"2\"\n-- app/src/main.rs --\n-- app/Cargo.toml --\n[package]\nname = \"app\"\nversion = \"1.0.0\"\n";
    let place = Place::new(&[APP, member]);
    succeed(&place, fake_cargo::larder(&place, &["cook"]).current_dir(place.dir().join("app")));
    assert_eq!(told(&place), "[DIR]/target");
}

#[test]
fn with_a_manifest_elsewhere_it_is_the_one_beside_that() {
    let place = Place::new(&[APP]);
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let mut larder = fake_cargo::larder(&place, &["cook", "--manifest-path", "../project/Cargo.toml"]);
    succeed(&place, larder.current_dir(&elsewhere));
    assert_eq!(told(&place), "[DIR]/target");
}
