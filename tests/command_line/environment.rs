//! The environment that cargo is started in, and the one that the program itself goes by.

use super::common::{PROGRAM, fake_cargo, write};
use super::{APP, Place, cook, succeed};
use std::process::Command;

const TOOLCHAIN: &str = "-- rust-toolchain.toml --\n[toolchain]\nchannel = \"1.80\"\n";

/// What `name` is in cargo's environment when it is `value` in ours.
fn seen(name: &str, value: &str) -> Option<String> {
    let place = Place::new(&[APP]);
    succeed(&place, fake_cargo::larder(&place, &["cook"]).env(name, value));
    fake_cargo::variable(&place, name)
}

#[test]
fn this_program_is_the_wrapper_of_the_workspace() {
    let place = Place::new(&[APP]);
    cook(&place, &[]);
    assert_eq!(fake_cargo::variable(&place, "RUSTC_WORKSPACE_WRAPPER").as_deref(), Some(PROGRAM));
}

#[test]
fn it_takes_the_place_of_another_wrapper_of_the_workspace() {
    assert_eq!(seen("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").as_deref(), Some(PROGRAM));
}

#[test]
fn what_says_how_to_compile_is_left_alone() {
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CC", "PYO3_PYTHON", "CARGO_INCREMENTAL"] {
        assert_eq!(seen(name, "x y").as_deref(), Some("x y"), "{name}");
    }
}

#[test]
fn variables_with_relative_paths_are_seen_from_here() {
    assert_eq!(seen("CARGO_HOME", "../home").as_deref(), Some("[DIR]/../home"));
    assert_eq!(seen("CARGO_BUILD_BUILD_DIR", "build").as_deref(), Some("[DIR]/build"));
    assert_eq!(seen("CARGO_BUILD_BUILD_DIR", "{cargo-cache-home}/b").as_deref(), Some("{cargo-cache-home}/b"));
    assert_eq!(seen("CARGO_BUILD_BUILD_DIR", "/somewhere").as_deref(), Some("/somewhere"));
}

#[test]
fn relative_paths_in_variables_of_programs_are_seen_from_here() {
    assert_eq!(seen("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "tools/ld").as_deref(), Some("[DIR]/tools/ld"));
}

/// Returns the program that replaces the wrapper `value` in cargo's environment, and the program
/// that it calls.
fn wrapped(value: &str) -> (String, String) {
    let place = Place::new(&["-- path/sccache --\n-- tools/wrap --\n", APP]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [place.dir().join("path")].into_iter().chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).expect("no colon is in it");
    succeed(&place, fake_cargo::larder(&place, &["cook"]).env("RUSTC_WRAPPER", value).env("PATH", path));
    let of = |name| fake_cargo::variable(&place, name).unwrap_or_default();
    (of("RUSTC_WRAPPER"), of("CARGO_LARDER_RUSTC_WRAPPER"))
}

#[test]
fn a_variable_that_was_left_over_does_not_make_a_compiler_of_it() {
    let place = Place::new(&[APP]);
    let mut version = place.command(super::common::PROGRAM);
    version.arg("--version").envs(["RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"].map(|name| (name, "cargo-larder")));
    let ended = succeed(&place, &mut version);
    assert!(ended.stdout.starts_with("cargo"), "{}", ended.stdout);
}

/// It would call itself for ever.
#[test]
fn a_wrapper_that_is_this_program_is_refused() {
    let place = Place::new(&[APP]);
    let own = super::common::PROGRAM;
    let dir = std::path::Path::new(own).parent().expect("it stands in a directory");
    let refused = |command: &mut std::process::Command| {
        let ended = place.run(command);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("is cargo-larder itself, and is named as the wrapper"), "{}", ended.stderr);
        assert_eq!(place.left_behind(), [""; 0]);
    };
    for name in ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"] {
        refused(place.larder(&["cook"]).env(name, own));
    }
    refused(place.larder(&["cook"]).env("RUSTC_WRAPPER", "cargo-larder").env("PATH", dir));
    fs_err::create_dir(place.dir().join(".cargo")).expect("it is writable");
    fs_err::write(place.dir().join(".cargo/config.toml"), format!("build.rustc-wrapper = '{own}'"))
        .expect("it is writable");
    refused(&mut place.larder(&["cook"]));
}

#[test]
#[cfg(target_os = "linux")]
fn a_current_directory_that_is_gone_is_told() {
    let place = Place::new(&[APP]);
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
    let ended = place.run(place.command("sh").args(["-c", script, "sh", super::common::PROGRAM, "larder", "prepare"]));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.starts_with("error: the current directory does not exist any more\nhelp: "),
        "{}",
        ended.stderr
    );
}

/// What a recipe says is heeded as far as `prepare` would let it travel.
#[test]
fn a_config_of_a_recipe_is_filtered_when_it_is_read() {
    let place = Place::new(&[APP]);
    super::prepare(&place, &["--release"]);
    let hostile = r#"".cargo/config.toml": ["[registries.x]", "index = 'sparse+https://x.invalid/'", "credential-provider = ['bad', 'x']", "[target.'cfg(all())']", "runner = 'bad'", "linker = 'good'", "[alias]", "build = 'bad'"], "Cargo.lock""#;
    let recipe = place.read("recipe.json").replacen("\"Cargo.lock\"", hostile, 1);
    place.write(&[&format!("-- recipe.json --\n{recipe}")]);
    super::cook(&place, &[]);
    let config = super::common::fake_cargo::skeleton(&place, ".cargo/config.toml").expect("there is a config");
    assert!(config.contains("good") && config.contains("x.invalid") && !config.contains("bad"), "{config}");
}

#[test]
fn a_wrapper_is_called_by_this_program_under_its_name() {
    let (own, calls) = wrapped("sccache");
    assert!(own.starts_with("[ROOT]/tmp/cargo-larder-scratch-") && own.ends_with("/sccache"), "{own}");
    assert_eq!(calls, "sccache", "a name for PATH");
    let (own, calls) = wrapped("tools/wrap");
    assert!(own.starts_with("[ROOT]/tmp/cargo-larder-scratch-") && own.ends_with("/wrap"), "{own}");
    assert_eq!(calls, "[DIR]/tools/wrap");
}

/// What cargo sees of `RUSTUP_TOOLCHAIN`, when rustup set it for this reason.
fn toolchain(files: &[&str], source: Option<&str>) -> Option<String> {
    of_rustup(files, source, "stable-x86_64-unknown-linux-gnu (default)")
}

/// The same, where `rustup show active-toolchain` says this.
fn of_rustup(files: &[&str], source: Option<&str>, says: &str) -> Option<String> {
    let place = Place::new(files);
    let rustup = place.root().join("bin/rustup");
    write(&rustup, &format!("#!/bin/sh\necho \"{}\"\n", says.replace("[DIR]", &place.dir().to_string_lossy())));
    fs_err::set_permissions(&rustup, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("the file is ours");
    let mut larder = on_path(&place, &["cook"]);
    larder.env("RUSTUP_TOOLCHAIN", "stable").env("RUST_RECURSION_COUNT", "1");
    match source {
        Some(source) => larder.env("RUSTUP_TOOLCHAIN_SOURCE", source),
        None => larder.env_remove("RUSTUP_TOOLCHAIN_SOURCE"),
    };
    succeed(&place, &mut larder);
    fake_cargo::variable(&place, "RUSTUP_TOOLCHAIN")
}

/// The stand-in as the `cargo` on PATH, and as the one that started this program.
fn on_path(place: &Place, args: &[&str]) -> Command {
    let mut larder = fake_cargo::larder(place, args);
    let bin = place.root().join("bin");
    larder.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").expect("there is a PATH")));
    larder
}

#[test]
fn a_toolchain_file_wins_over_the_toolchain_that_rustup_chose() {
    for source in ["default", "toolchain-file"] {
        assert_eq!(toolchain(&[TOOLCHAIN, APP], Some(source)), None, "{source}");
    }
    assert_eq!(toolchain(&[TOOLCHAIN, APP], None), None, "a rustup that does not tell");
}

#[test]
fn a_toolchain_file_yields_to_the_toolchain_that_the_user_chose() {
    for source in ["cli", "env", "path-override"] {
        assert_eq!(toolchain(&[TOOLCHAIN, APP], Some(source)).as_deref(), Some("stable"), "{source}");
    }
    let by_run = of_rustup(&[TOOLCHAIN, APP], None, "nightly-x86_64-unknown-linux-gnu (overridden by '[DIR]/x')");
    assert_eq!(by_run.as_deref(), Some("stable"), "`rustup run stable`");
}

#[test]
fn without_a_toolchain_file_the_toolchain_stays() {
    for source in ["cli", "env", "default", "path-override"] {
        assert_eq!(toolchain(&[APP], Some(source)).as_deref(), Some("stable"), "{source}");
    }
}

#[test]
fn the_toolchain_file_stands_in_the_skeleton_in_either_spelling() {
    for (file, expected) in
        [(TOOLCHAIN, "[toolchain]\nchannel = \"1.80\"\n"), ("-- rust-toolchain --\n1.80\n", "1.80\n")]
    {
        let place = Place::new(&[file, APP]);
        succeed(&place, &mut on_path(&place, &["cook"]));
        let name = file.split(' ').nth(1).expect("a path");
        assert_eq!(fake_cargo::skeleton(&place, name).as_deref(), Some(expected));
    }
}

#[test]
fn cargo_runs_in_a_scratch_directory_that_is_gone_afterwards() {
    let place = Place::new(&[APP]);
    cook(&place, &[]);
    let cwd = fake_cargo::cwd(&place);
    assert!(cwd.starts_with("[ROOT]/tmp/cargo-larder-scratch-"), "{cwd}");
    assert_eq!(place.left_behind(), [""; 0]);
    assert!(!std::path::Path::new(&cwd).exists());
}

/// What this program itself writes on stderr with these variables, and after `cook` these flags.
fn own_colour(flags: &[&str], variables: &[(&str, &str)]) -> bool {
    let place = Place::new(&[]);
    let ended = place.run(place.larder(&[&["cook"], flags].concat()).envs(variables.iter().copied()));
    assert!(ended.stderr.contains("recipe `recipe.json` does not exist"), "{}", ended.stderr);
    ended.stderr.contains("\x1b[")
}

#[test]
fn colours_are_as_cargo_would_have_them() {
    assert!(!own_colour(&[], &[]), "stderr is no terminal");
    assert!(own_colour(&[], &[("CARGO_TERM_COLOR", "always")]));
    assert!(!own_colour(&[], &[("CARGO_TERM_COLOR", "never")]));
    assert!(!own_colour(&[], &[("CARGO_TERM_COLOR", "auto")]));
    assert!(!own_colour(&[], &[("NO_COLOR", "1")]));
    // Who says always means it.
    assert!(own_colour(&[], &[("CARGO_TERM_COLOR", "always"), ("NO_COLOR", "1")]));
    assert!(own_colour(&["--color", "always"], &[("CARGO_TERM_COLOR", "never")]));
    assert!(!own_colour(&["--color", "never"], &[("CARGO_TERM_COLOR", "always")]));
}

#[test]
fn prepare_goes_by_the_same_variables() {
    let place = Place::new(&[APP]);
    let coloured = succeed(&place, place.larder(&["prepare"]).env("CARGO_TERM_COLOR", "always"));
    assert!(coloured.stderr.contains("\x1b["), "{}", coloured.stderr);
    let plain = succeed(&place, place.larder(&["prepare"]).env("CARGO_TERM_COLOR", "never"));
    assert!(!plain.stderr.contains("\x1b["), "{}", plain.stderr);
}

#[test]
fn cargo_is_told_of_colours_by_what_the_user_set() {
    for (name, value) in [("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "always")] {
        assert_eq!(seen(name, value).as_deref(), Some(value));
    }
}
