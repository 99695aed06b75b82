//! A command line that names what the workspace does not have, or that is none.

use super::common::Place;
use super::{check, check_usage};

/// Two members; `admin` needs a feature.
const WORKSPACE: &str = r#"-- Cargo.toml --
[workspace]
members = ["api", "web"]
resolver = "2"
[profile.dist]
inherits = "release"
-- Cargo.lock --
version = 4
[[package]]
name = "api"
version = "1.0.0"
[[package]]
name = "web"
version = "1.0.0"
-- api/Cargo.toml --
[package] api 1.0.0
[features]
tls = []
[[bin]]
name = "admin"
required-features = ["tls"]
-- api/src/main.rs --
-- api/src/bin/admin.rs --
-- web/Cargo.toml --
[package] web 1.0.0
-- web/src/lib.rs --
"#;

fn refused(scope: &str, stderr: &str) {
    check(&[WORKSPACE], &format!("prepare {scope}"), stderr);
}

fn misused(args: &str, stderr: &str) {
    check_usage(&[WORKSPACE], args, stderr);
}

#[test]
fn a_mistyped_package_is_answered_with_the_one_meant() {
    refused("-p wep", "error: -p `wep` matches no package of the workspace\nhelp: did you mean `web`?\n");
}

#[test]
fn only_what_is_near_is_suggested() {
    for name in ["nope", "a", "xy", "big"] {
        let expected =
            format!("error: -p `{name}` matches no package of the workspace\nhelp: its members are `api`, `web`\n");
        refused(&format!("-p {name}"), &expected);
    }
}

#[test]
fn an_unknown_package_is_answered_with_those_that_exist() {
    let expected = "error: -p `database` matches no package of the workspace\nhelp: its members are `api`, `web`\n";
    refused("-p database", expected);
}

#[test]
fn a_package_of_another_version_is_unknown() {
    let expected = "error: -p `api@2.0.0` matches no package of the workspace\nhelp: its members are `api`, `web`\n";
    refused("-p api@2.0.0", expected);
}

#[test]
fn a_pattern_of_packages_without_match_is_answered_with_those_that_exist() {
    let expected = "error: -p `a*z` matches no package of the workspace\nhelp: its members are `api`, `web`\n";
    refused("-p a*z", expected);
}

#[test]
fn cook_answers_an_unknown_package_as_prepare_does() {
    let expected = "error: -p `wep` matches no package of the workspace\nhelp: did you mean `web`?\n";
    check(&[WORKSPACE], "cook -p wep", expected);
}

#[test]
fn an_unknown_package_to_exclude_is_worth_a_warning_as_in_cargo() {
    let place = Place::new(&[WORKSPACE]);
    let ended = place.run(&mut place.larder(&["prepare", "--workspace", "--exclude", "wbe"]));
    let warning = "warning: --exclude `wbe` matches no package of the workspace\n";
    assert!(ended.stderr.starts_with(warning), "{}", ended.stderr);
    assert_eq!(ended.code, Some(0));
}

#[test]
fn a_scope_that_excludes_everything_selects_nothing() {
    let expected = "error: no packages to build: the scope selects none of the workspace's members\n";
    refused("--workspace --exclude *", expected);
}

#[test]
fn a_mistyped_feature_is_answered_with_the_one_meant() {
    let expected = "\
error: none of the selected packages has the feature `tsl` (selected: `api`, `web`)
help: did you mean `tls`?
";
    refused("-F tsl", expected);
}

#[test]
fn a_mistyped_feature_of_a_package_is_answered_with_the_one_meant() {
    let expected = "\
error: none of the selected packages has the feature `api/tsl` (selected: `api`, `web`)
help: did you mean `api/tls`?
";
    refused("-F api/tsl", expected);
}

#[test]
fn an_unknown_feature_where_there_are_none_says_so() {
    let expected = "\
error: none of the selected packages has the feature `tls` (selected: `web`)
help: they have no features
";
    refused("-p web -F tls", expected);
}

#[test]
fn a_mistyped_binary_is_answered_with_the_one_meant() {
    let expected = "error: no bin target named `admni` in the selected packages\nhelp: did you mean `admin`?\n";
    refused("--bin admni", expected);
}

#[test]
fn an_unknown_binary_is_answered_with_those_that_exist() {
    let expected = "\
error: no bin target named `server` in the selected packages
help: their targets of this kind are `admin`, `api`
";
    refused("--bin server", expected);
}

#[test]
fn an_unknown_target_where_there_are_none_says_so() {
    for kind in ["bin", "test", "example", "bench"] {
        let expected = format!(
            "error: no {kind} target named `server` in the selected packages\nhelp: they have no targets of this kind\n"
        );
        refused(&format!("-p web --{kind} server"), &expected);
    }
}

#[test]
fn a_library_where_there_is_none_says_so() {
    refused("-p api --lib", "error: no library target in the selected packages\n");
}

#[test]
fn a_binary_whose_features_are_off_names_the_flag_that_turns_them_on() {
    let expected = "\
error: target `admin` of package `api` requires the features: `tls`
help: add `--features \"tls\"`
";
    refused("--release --bin admin", expected);
}

#[test]
fn an_unknown_profile_is_answered_with_those_that_exist() {
    let expected = "\
error: profile `dsit` is not defined
help: the profiles of this workspace are `dev`, `dist`, `release`
";
    refused("--profile dsit", expected);
    check(&[WORKSPACE], "cook --profile dsit", expected);
}

#[test]
fn release_and_a_profile_cannot_both_be_meant() {
    let expected = "\
error: the argument '--release' cannot be used with '--profile <NAME>'

Usage: cargo larder prepare --release

For more information, try '--help'.
";
    misused("prepare --release --profile dev", expected);
}

#[test]
fn exclude_needs_workspace() {
    let expected = "\
error: the following required arguments were not provided:
  --workspace

Usage: cargo larder prepare --workspace --exclude <SPEC>

For more information, try '--help'.
";
    misused("prepare --exclude web", expected);
}

#[test]
fn a_flag_without_its_value_is_named() {
    let expected = "\
error: a value is required for '--package <SPEC>' but none was supplied

For more information, try '--help'.
";
    misused("prepare -p", expected);
}

#[test]
fn a_mistyped_flag_is_answered_with_the_one_meant() {
    let expected = "\
error: unexpected argument '--relaese' found

  tip: a similar argument exists: '--release'

Usage: cargo larder prepare --release

For more information, try '--help'.
";
    misused("prepare --relaese", expected);
}

#[test]
fn a_mistyped_verb_is_answered_with_the_one_meant() {
    let expected = "\
error: unrecognized subcommand 'prepar'

  tip: a similar subcommand exists: 'prepare'

Usage: cargo larder <COMMAND>

For more information, try '--help'.
";
    misused("prepar", expected);
}

#[test]
fn quiet_and_verbose_cannot_both_be_meant() {
    let expected = "\
error: the argument '--quiet' cannot be used with '--verbose...'

Usage: cargo larder cook --quiet

For more information, try '--help'.
";
    misused("cook -q -v", expected);
}

#[test]
fn an_unknown_colour_is_answered_with_those_that_exist() {
    let expected = "\
error: invalid value 'blue' for '--color <WHEN>'
  [possible values: auto, always, never]

For more information, try '--help'.
";
    misused("cook --color blue", expected);
}

#[test]
fn a_package_that_is_no_member_is_answered_with_the_members_above_it() {
    let files = r#"-- ws/Cargo.toml --
[package] app 1.0.0
[dependencies]
shared = { path = "../shared" }
itoa = "1"
-- ws/src/main.rs --
-- ws/Cargo.lock --
version = 4
[[package]]
name = "app"
version = "1.0.0"
dependencies = ["itoa", "shared"]
[[package]]
name = "itoa"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["ryu"]
[[package]]
name = "ryu"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "shared"
version = "1.0.0"
-- shared/src/lib.rs --
-- shared/Cargo.toml --
[package] shared 1.0.0
"#;
    for (spec, answer) in [
        (
            "shared",
            "a path dependency, not a member of the workspace\nhelp: name a member that depends on it: `-p app`",
        ),
        (
            "itoa@1.0.0",
            "a third-party package, not a member of the workspace\nhelp: name a member that depends on it: `-p app`",
        ),
        (
            "ryu",
            "a third-party package, not a member of the workspace\nhelp: name a member whose build needs it, or leave out `-p`",
        ),
    ] {
        let args = format!("prepare --manifest-path ws/Cargo.toml -p {spec}");
        check(&[files], &args, &format!("error: -p `{spec}` is {answer}\n"));
    }
}

/// `cook` of an unscoped recipe of these files, in a directory that holds the recipe alone.
fn refused_by_cook(files: &[&str], args: &str, stderr: &str) {
    let place = Place::new(files);
    assert_eq!(place.run(&mut place.larder(&["prepare"])).code, Some(0));
    let recipe = place.read("recipe.json");
    let alone = Place::new(&[]);
    fs_err::write(alone.dir().join("recipe.json"), recipe).expect("it is writable");
    super::refused(&alone, &format!("cook {args}"), 1, stderr);
}

#[test]
fn cook_knows_the_names_of_targets_that_differ() {
    let more = "-- web/src/main.rs --\n-- web/src/bin/worker.rs --\n-- web/tests/one.rs --\n-- api/tests/two.rs --\n";
    let files = [WORKSPACE, more];
    let expected = "error: no bin target named `wroker` in the selected packages\nhelp: did you mean `worker`?\n";
    refused_by_cook(&files, "--bin wroker", expected);
    let expected = "error: no bin target named `wep` in the selected packages\nhelp: did you mean `web`?\n";
    refused_by_cook(&files, "--bin wep", expected);
    let expected = "\
error: no test target named `three` in the selected packages
help: their targets of this kind are `one`, `two`
";
    refused_by_cook(&files, "--test three", expected);
}

#[test]
fn cook_asks_the_workspace_beside_an_unscoped_recipe_for_names() {
    let files = "-- src/main.rs --\n-- src/bin/helper.rs --\n-- Cargo.toml --\n[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[features]\ntls = []\n";
    let place =
        Place::new(&[files, "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n"]);
    assert_eq!(place.run(&mut place.larder(&["prepare"])).code, Some(0));
    for (args, answer) in [
        ("--bin helpr", "no bin target named `helpr` in the selected packages\nhelp: did you mean `helper`?\n"),
        (
            "--example one",
            "no example target named `one` in the selected packages\nhelp: they have no targets of this kind\n",
        ),
        (
            "--features tsl",
            "none of the selected packages has the feature `tsl` (selected: `app`)\nhelp: did you mean `tls`?\n",
        ),
    ] {
        super::refused(&place, &format!("cook {args}"), 1, &format!("error: {answer}"));
    }
}

#[test]
fn cook_knows_that_a_binary_needs_features() {
    let expected = "\
error: target `admin` of package `api` requires the features: `tls`
help: add `--features \"tls\"`
";
    refused_by_cook(&[WORKSPACE], "--release --bin admin", expected);
}

#[test]
fn a_value_that_stands_apart_from_its_flag_is_answered_with_how_it_is_given() {
    for (flag, value) in [("--maturin", "python3"), ("--timings", "html")] {
        let expected = format!(
            "\
error: unexpected argument '{value}' found

  tip: its value is given as '{flag}={value}'

Usage: cargo larder cook [OPTIONS]

For more information, try '--help'.
"
        );
        misused(&format!("cook {flag} {value}"), &expected);
    }
}

#[test]
fn a_feature_that_a_local_dependency_does_not_have_is_refused() {
    let lock = "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"api\"\nversion = \"1.0.0\"\n[[package]]\nname = \"web\"\nversion = \"1.0.0\"\ndependencies = [\"api\"]\n";
    let web = "-- web/Cargo.toml --\n[package]\nname = \"web\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    let expected = "\
error: none of the selected packages has the feature `api/nope` (selected: `web`)
help: they have no features
";
    let plain = format!("{lock}{web}[dependencies]\napi = {{ path = \"../api\" }}\n");
    check(&[WORKSPACE, &plain], "prepare -p web --features api/nope", expected);
    let expected = "\
error: package `web` asks for feature `nope` of `api`, which has no such feature
help: its features are `tls`
";
    for asks in [
        "[dependencies]\napi = { path = \"../api\", features = [\"tls\", \"nope\"] }\n",
        "[dev-dependencies]\napi = { path = \"../api\", features = [\"nope\"] }\n",
        "[dependencies]\napi = { path = \"../api\" }\n[features]\nx = [\"api/nope\"]\n",
    ] {
        check(&[WORKSPACE, &format!("{lock}{web}{asks}")], "prepare -p api", expected);
    }
}
