//! The config that holds while cooking: what cargo would read here, wherever the skeleton stands.

use super::common::{fake_cargo, write};
use super::{APP, Place, cook, succeed};
use toml::Table;

/// The config in the skeleton.
fn config(place: &Place) -> Table {
    fake_cargo::skeleton(place, ".cargo/config.toml").unwrap_or_default().parse().expect("it is TOML")
}

fn table(text: &str) -> Table {
    text.parse().expect("it is TOML")
}

#[test]
fn relative_paths_are_seen_from_where_it_is_cooked() {
    let project = "-- .cargo/config.toml --
[target.x86_64-unknown-linux-gnu]
linker = \"tools/ld\"
[target.'cfg(unix)']
linker = \"clang\"
[build]
rustc-wrapper = \"./wrap\"
[env]
DATA = { value = \"data\", relative = true }
PLAIN = \"data\"
[source.crates-io]
replace-with = \"vendored\"
[source.vendored]
directory = \"vendor\"
";
    let place = Place::new(&[project, APP]);
    super::prepare(&place, &[]);
    let elsewhere = place.root().join("elsewhere");
    super::common::write(&elsewhere.join("wrap"), "");
    let mut larder = fake_cargo::larder(&place, &["cook", "--recipe-path", "../project/recipe.json"]);
    succeed(&place, larder.current_dir(&elsewhere));
    let expected = "
[target.x86_64-unknown-linux-gnu]
linker = \"[ROOT]/elsewhere/tools/ld\"
[target.'cfg(unix)']
linker = \"clang\"
[build]
rustc-wrapper = \"[ROOT]/elsewhere/./wrap\"
[env]
DATA = { value = \"[ROOT]/elsewhere/data\", relative = true }
PLAIN = \"data\"
[source.crates-io]
replace-with = \"vendored\"
[source.vendored]
directory = \"[ROOT]/elsewhere/vendor\"
";
    assert_eq!(config(&place), table(expected));
}

#[test]
fn what_stands_further_up_is_merged_below_it() {
    let files = "-- .cargo/config.toml --
[build]
rustflags = [\"-Cup\"]
rustc-wrapper = \"up/wrap\"
[net]
retry = 1
-- project/.cargo/config.toml --
[build]
rustflags = [\"-Cdown\"]
[net]
retry = 9
-- up/wrap --
-- project/x --
";
    let place = Place::new(&[files, &APP.replace("-- ", "-- project/")]);
    succeed(&place, fake_cargo::larder(&place, &["cook"]).current_dir(place.dir().join("project")));
    let expected = "
[build]
rustflags = [\"-Cup\", \"-Cdown\"]
rustc-wrapper = \"[DIR]/up/wrap\"
[net]
retry = 9
";
    assert_eq!(config(&place), table(expected));
}

#[test]
fn a_config_of_either_name_is_read() {
    let place = Place::new(&["-- .cargo/config --\n[net]\nretry = 4\n", APP]);
    cook(&place, &[]);
    assert_eq!(config(&place), table("[net]\nretry = 4\n"));
}

#[test]
fn a_broken_config_further_up_names_file_line_and_column() {
    let place = Place::new(&["-- .cargo/config.toml --\n[build\n", &APP.replace("-- ", "-- project/")]);
    let ended = place.run(fake_cargo::larder(&place, &["cook"]).current_dir(place.dir().join("project")));
    let expected = "\
error: failed to parse config `[DIR]/.cargo/config.toml`
TOML parse error at line 1, column 7
  |
1 | [build
  |       ^
unclosed table, expected `]`
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
fn what_cargos_home_says_is_left_to_cargo() {
    let place = Place::new(&[APP]);
    write(&place.home().join("config.toml"), "[net]\nretry = 7\n");
    cook(&place, &[]);
    assert_eq!(fake_cargo::skeleton(&place, ".cargo/config.toml"), None);
    assert_eq!(fake_cargo::variable(&place, "CARGO_HOME").as_deref(), Some("[ROOT]/home"));
}

#[test]
fn what_a_recipe_may_not_hold_is_in_force_where_it_stands() {
    let secret = "[http]\nproxy = \"http://user:password@localhost:9\"\n[registries.ours]\ntoken = \"t\"\n";
    let place = Place::new(&[&format!("-- .cargo/config.toml --\n[build]\nrustflags = [\"-Ca\"]\n{secret}"), APP]);
    let recipe = super::prepare(&place, &[]);
    assert!(!recipe.contains("password"), "{recipe}");
    cook(&place, &[]);
    assert_eq!(config(&place), table(&format!("[build]\nrustflags = [\"-Ca\"]\n{secret}")));
}

#[test]
fn the_target_of_the_config_stays_a_config() {
    let place = Place::new(&["-- .cargo/config.toml --\n[build]\ntarget = \"my.json\"\n-- my.json --\n{}\n", APP]);
    cook(&place, &[]);
    assert_eq!(config(&place), table("[build]\ntarget = \"[DIR]/my.json\"\n"));
    assert!(!fake_cargo::args(&place).contains(&"--target".to_owned()));
}

#[test]
fn a_target_file_of_the_command_line_is_seen_from_here() {
    let place = Place::new(&[APP, "-- my.json --\n{}\n"]);
    cook(&place, &["--target", "my.json"]);
    assert_eq!(fake_cargo::args(&place)[1..2], ["--target=[DIR]/my.json"]);
}

#[test]
fn config_values_of_the_command_line_with_paths_are_seen_from_here() {
    let place = Place::new(&["-- tools/wrap --\n", APP]);
    cook(&place, &["--config", "build.rustc-wrapper='tools/wrap'"]);
    let args = fake_cargo::args(&place);
    assert!(args.iter().any(|arg| arg.contains("[DIR]/tools/wrap")), "{args:?}");
}

#[test]
fn a_config_that_is_included_counts() {
    let files = "-- .cargo/config.toml --\ninclude = [\"more.toml\"]\n[net]\nretry = 2\n-- .cargo/more.toml --\n[build]\nrustflags = [\"-Cmore\"]\n";
    let place = Place::new(&[files, APP]);
    super::prepare(&place, &[]);
    cook(&place, &[]);
    assert_eq!(config(&place), table("[build]\nrustflags = [\"-Cmore\"]\n[net]\nretry = 2\n"));
}

#[test]
fn paths_of_what_is_included_are_seen_from_above_the_directory_it_stands_in() {
    let files = "-- .cargo/config.toml --
include = [{ path = \"../ci/first.toml\" }, \"second.toml\", { path = \"none.toml\", optional = true }]
-- ci/first.toml --
[build]
rustc-wrapper = \"tools/first\"
rustflags = [\"-C1\"]
[http]
cainfo = \"ca.pem\"
-- .cargo/second.toml --
[build]
rustc-wrapper = \"tools/second\"
rustflags = [\"-C2\"]
-- tools/second --
";
    let place = Place::new(&[files, APP]);
    super::prepare(&place, &[]);
    cook(&place, &[]);
    let expected = "
[build]
rustc-wrapper = \"[DIR]/tools/second\"
rustflags = [\"-C1\", \"-C2\"]
[http]
cainfo = \"[DIR]/ca.pem\"
";
    assert_eq!(config(&place), table(expected));
}

#[test]
fn a_config_that_includes_what_is_not_there_or_itself_is_named() {
    for (include, expected) in [("none.toml", "none.toml"), ("config.toml", "cycle detected")] {
        let files = format!("-- .cargo/config.toml --\ninclude = [\"{include}\"]\n");
        let place = Place::new(&[&files, APP]);
        let ended = place.run(&mut place.larder(&["prepare"]));
        assert_eq!(ended.code, Some(1));
        let first = format!("error: failed to load config include `{include}` from `.cargo/config.toml`\n");
        assert!(ended.stderr.starts_with(&first) && ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn a_config_value_keeps_the_form_that_cargo_takes() {
    let place = Place::new(&[APP]);
    cook(&place, &["--config", "target.'cfg(unix)'.linker='tools/ld'", "--config", "build.rustflags=['-Ca']"]);
    let target = |key: &str| format!("--config=target.{key}.linker=\"[DIR]/tools/ld\"");
    let args = fake_cargo::args(&place);
    assert!([target("\"cfg(unix)\""), target("'cfg(unix)'")].contains(&args[1]), "{args:?}");
    assert_eq!(args[2], "--config=build.rustflags=['-Ca']");
}

#[test]
fn what_may_not_travel_is_in_force_in_a_member_too_and_once() {
    let root = "-- Cargo.toml --
[workspace]
members = [\"project\"]
resolver = \"2\"
-- .cargo/config.toml --
[build]
rustflags = [\"-Croot\"]
jobs = 2
-- project/.cargo/config.toml --
[build]
rustflags = [\"-Cmember\"]
[http]
proxy = \"http://localhost:9\"
";
    let place = Place::new(&[&APP.replace("-- ", "-- project/"), root]);
    fs_err::rename(place.dir().join("project/Cargo.lock"), place.dir().join("Cargo.lock")).expect("both are ours");
    succeed(&place, fake_cargo::larder(&place, &["cook"]).current_dir(place.dir().join("project")));
    let expected = "
[build]
rustflags = [\"-Croot\", \"-Cmember\"]
jobs = 2
[http]
proxy = \"http://localhost:9\"
";
    assert_eq!(config(&place), table(expected));
}

/// The last `--config` that cargo was given.
fn last_config(place: &Place) -> String {
    let args = fake_cargo::args(place);
    let config = args.iter().rev().find_map(|arg| arg.strip_prefix("--config="));
    config.expect("cargo was given one").to_owned()
}

#[test]
fn no_spelling_of_the_lockfile_path_has_cargo_write_the_users_lockfile() {
    const KEY: &str = "resolver.lockfile-path=\"my/Cargo.lock\"";
    let by_variable = |place: &Place| {
        let mut larder = fake_cargo::larder(place, &["cook"]);
        larder.env("CARGO_RESOLVER_LOCKFILE_PATH", "my/Cargo.lock");
        larder
    };
    let by_flag = |place: &Place| fake_cargo::larder(place, &["cook", "--config", KEY]);
    let by_file = |place: &Place| {
        place.write(&["-- ci/own.toml --\nresolver.lockfile-path = \"my/Cargo.lock\"\n"]);
        fake_cargo::larder(place, &["cook", "--config", "ci/own.toml"])
    };
    let by_home = |place: &Place| {
        write(&place.home().join("config.toml"), "[resolver]\nlockfile-path = \"my/Cargo.lock\"\n");
        fake_cargo::larder(place, &["cook"])
    };
    let ways: [&dyn Fn(&Place) -> std::process::Command; 4] = [&by_variable, &by_flag, &by_file, &by_home];
    for (i, way) in ways.into_iter().enumerate() {
        let place = Place::new(&[APP]);
        super::prepare(&place, &[]);
        succeed(&place, &mut way(&place));
        let expected = format!("resolver.lockfile-path=\"{}/Cargo.lock\"", fake_cargo::cwd(&place));
        assert_eq!(last_config(&place), expected, "way {i}");
        assert!(fake_cargo::args(&place).iter().all(|arg| arg != KEY), "way {i}");
    }
}

#[test]
fn a_patch_with_a_path_and_paths_of_the_command_line_are_not_in_force_in_the_skeleton() {
    let place = Place::new(&[APP, "-- ci/own.toml --\npaths = [\"x\"]\nnet.retry = 3\n"]);
    super::prepare(&place, &[]);
    let values = ["--config", "patch.crates-io.a.path='a'", "--config", "paths=['x']", "--config", "ci/own.toml"];
    cook(&place, &values);
    let args = fake_cargo::args(&place);
    let configs: Vec<&String> = args.iter().filter(|arg| arg.contains("patch") || arg.contains("paths")).collect();
    assert!(configs.is_empty(), "{args:?}");
    let kept = fake_cargo::skeleton(&place, ".larder/given-2.toml").expect("the rest of the file counts");
    assert_eq!(table(&kept), table("net.retry = 3\n"));
}

#[test]
fn the_variable_of_the_lockfile_path_is_heard_by_prepare() {
    let place = Place::new(&[APP]);
    let plain = super::prepare(&place, &[]);
    fs_err::create_dir(place.dir().join("my")).expect("writable");
    fs_err::rename(place.dir().join("Cargo.lock"), place.dir().join("my/Cargo.lock")).expect("both are ours");
    succeed(&place, place.larder(&["prepare"]).env("CARGO_RESOLVER_LOCKFILE_PATH", "my/Cargo.lock"));
    assert_eq!(place.read("recipe.json"), plain);
    super::prepare(&place, &["--config", "resolver.lockfile-path='my/Cargo.lock'"]);
    assert_eq!(place.read("recipe.json"), plain);
}

/// Without rustup, a toolchain file is cooked with the cargo on PATH, so a compiler must take these
/// flags.
const SIBLING: &str = "-- .cargo/config.toml --\n[build]\nrustflags = [\"--cfg=a\"]\n";

#[test]
fn cook_names_the_config_that_the_sources_have_to_bring() {
    let place = Place::new(&[SIBLING, APP, "-- rust-toolchain.toml --\n[toolchain]\nchannel = \"stable\"\n"]);
    super::prepare(&place, &[]);
    assert!(!cook(&place, &[]).stderr.contains("the real build needs"), "both stand there");
    for expected in [".cargo/config.toml", "rust-toolchain.toml"] {
        fs_err::remove_file(place.dir().join(expected)).expect("it is there");
        let said = cook(&place, &[]).stderr;
        assert!(said.contains(&format!("note: the real build needs `{expected}`")), "{said}");
        write(&place.dir().join(".cargo/config.toml"), "[net]\nretry = 1\n");
    }
}

#[test]
fn prepare_warns_of_a_config_and_a_toolchain_file_above_the_project() {
    let place = Place::new(&["-- .git/HEAD --\nx\n", APP]);
    write(&place.root().join(".cargo/config.toml"), "[alias]\nb = 'build'\n");
    let said = || succeed(&place, &mut place.larder(&["prepare"])).stderr;
    assert!(!said().contains("is above the project"), "a config of names of commands changes nothing");
    write(&place.root().join(".cargo/config.toml"), "[build]\nrustflags = ['-Ca']\n");
    write(&place.root().join("rust-toolchain"), "stable\n");
    let said = said();
    for name in [".cargo/config.toml", "rust-toolchain"] {
        assert!(said.contains(&format!("warning: `[ROOT]/{name}` is above the project")), "{said}");
    }
}

#[test]
fn cook_names_what_it_is_told_and_prepare_was_not() {
    let place = Place::new(&[APP]);
    let cooked = |prepare: &[&str], cook: &[&str], variables: &[(&str, &str)]| {
        super::prepare(&place, &[&["--release"], prepare].concat());
        let mut larder = fake_cargo::larder(&place, &[&["cook"], cook].concat());
        succeed(&place, larder.envs(variables.iter().copied())).stderr
    };
    let lto: &[&str] = &["--config", "profile.release.lto=true"];
    let warning = |by: &str| format!("warning: the recipe was prepared without `{by}`");
    assert!(cooked(&[], lto, &[]).contains(&warning("--config profile.release.lto")));
    assert!(
        cooked(&[], &[], &[("CARGO_PROFILE_RELEASE_PANIC", "abort")]).contains(&warning("CARGO_PROFILE_RELEASE_PANIC"))
    );
    assert!(!cooked(lto, lto, &[]).contains("was prepared without"));
    assert!(!cooked(&[], &[], &[("CARGO_PROFILE_DEV_LTO", "true")]).contains("was prepared without"));
    let unify: &[&str] = &["-Z", "feature-unification", "--config", "resolver.feature-unification='workspace'"];
    assert!(cooked(&[], unify, &[]).contains("feature-unification`"));
    assert!(!cooked(unify, unify, &[]).contains("was prepared without"));
    let target = [("CARGO_BUILD_TARGET", "wasm32-unknown-unknown")];
    assert!(cooked(&["--host", "x86_64-unknown-linux-gnu"], &[], &target).contains(&warning("CARGO_BUILD_TARGET")));
    assert!(!cooked(&[], &[], &target).contains("was prepared without"), "a recipe for any target");
}
