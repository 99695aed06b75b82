//! `cook --compare` says how this environment differs from that of a report.

use super::common::{fake_cargo, write};
use super::{APP, Ended, Place, succeed};

/// A cook with a stand-in for cargo that tells its version.
fn cook(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Ended {
    let mut command = fake_cargo::larder(place, &[&["cook", "--release"], args].concat());
    command.env("FAKE_CARGO", "case \"$*\" in -vV) echo cargo 1.95.0;; esac");
    command.envs(env.iter().copied());
    command.env_remove("CC");
    place.run(&mut command)
}

fn report(place: &Place) -> serde_json::Value {
    serde_json::from_str(&place.read("report.json")).expect("it is JSON")
}

/// A place with the report of a cook that had these variables.
fn reported(env: &[(&str, &str)]) -> Place {
    let place = Place::new(&[APP]);
    let ended = cook(&place, &["--report", "report.json"], env);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    place
}

#[test]
fn a_report_has_the_environment_without_secrets() {
    let place = reported(&[
        ("RUSTFLAGS", "-Copt-level=1"),
        ("CARGO_PROFILE_RELEASE_LTO", "thin"),
        ("OPENSSL_DIR", "/opt/ssl"),
        ("VAULT_TOKEN_DIR", "hunter2"),
        ("NPM_TOKEN", "hunter2"),
        ("PROXY_ROOT", "https://me:hunter2@example.invalid"),
    ]);
    let report = report(&place);
    assert_eq!(report["format"], 2);
    let environment = &report["environment"];
    assert!(environment["rustc"].as_str().is_some_and(|it| it.starts_with("rustc 1.")), "{environment}");
    assert_eq!(environment["cargo"], "cargo 1.95.0");
    assert_eq!(environment["settings"]["RUSTFLAGS"], "-Copt-level=1");
    assert_eq!(environment["settings"]["profile.release.lto"], "thin");
    assert_eq!(environment["variables"]["OPENSSL_DIR"], "/opt/ssl");
    assert!(environment["variables"]["VAULT_TOKEN_DIR"].is_null());
    assert!(!place.read("report.json").contains("hunter2"), "{environment}");
    assert!(environment["target_dir"].as_str().is_some_and(|it| it.ends_with("project/target")), "{environment}");
}

#[test]
fn the_same_environment_is_said_to_be_the_same() {
    let place = reported(&[]);
    let ended = cook(&place, &["--compare", "report.json"], &[]);
    assert!(ended.stderr.contains("    Compared the environment is that of `report.json`\n"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("warning: this build"), "{}", ended.stderr);
    // Paths are named only on demand.
    let moved = cook(&place, &["--compare", "report.json"], &[("CARGO_TARGET_DIR", "elsewhere")]);
    assert!(moved.stderr.contains("    Compared the environment is"), "{}", moved.stderr);
    let moved = cook(&place, &["-v", "--compare", "report.json"], &[("CARGO_TARGET_DIR", "elsewhere")]);
    assert!(
        moved.stderr.contains("note: a target directory of `report.json` would not fit here\n  target directory:"),
        "{}",
        moved.stderr
    );
}

#[test]
fn differences_are_named_with_a_command_that_removes_them() {
    let place = reported(&[("RUSTFLAGS", "-Ca"), ("CARGO_PROFILE_RELEASE_LTO", "thin")]);
    let text = place.read("report.json");
    let rustc = report(&place)["environment"]["rustc"].as_str().expect("text").to_owned();
    write(&place.dir().join("report.json"), &text.replace(&rustc, "rustc 1.90.0 (x)"));
    let ended = cook(&place, &["--compare", "report.json"], &[("OPENSSL_DIR", "/opt")]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for line in [
        "warning: this build has another environment than `report.json`\n",
        "  RUSTFLAGS: `-Ca` there, not set here\n",
        "  profile.release.lto: `thin` there, not set here\n",
        "  OPENSSL_DIR: not set there, `/opt` here\n",
        "help: use `env -u OPENSSL_DIR RUSTFLAGS=-Ca CARGO_PROFILE_RELEASE_LTO=thin cargo +1.90.0 larder cook`, with your flags\n",
    ] {
        assert!(ended.stderr.contains(line), "no `{line}` in:\n{}", ended.stderr);
    }
    assert!(ended.stderr.contains("`rustc 1.90.0 (x)`") && ended.stderr.contains(&rustc), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_no_report_stops_the_cook_before_it_builds() {
    let place = Place::new(&[
        APP,
        "-- old.json --\n{\"format\": 1, \"rows\": []}\n-- bare.json --\n{\"format\": 2}\n-- text --\nno\n",
    ]);
    let help = "help: write one with `cargo larder cook --report FILE` where the other build runs\n";
    for (file, expected) in [
        ("missing.json", "error: cannot read the report `missing.json`: "),
        ("old.json", "error: the report `old.json` has format 1, and this cargo-larder reads format 2\n"),
        ("bare.json", "error: the report `bare.json` has no `environment`\n"),
        ("text", "error: `text` is not a report of `cook`: "),
    ] {
        let ended = cook(&place, &["--compare", file], &[]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.starts_with(expected) && ended.stderr.ends_with(help), "{}", ended.stderr);
    }
    let kept = place.root().join("kept/args");
    assert!(!kept.exists() || !fake_cargo::args(&place).contains(&"build".to_owned()));
}

#[test]
fn nothing_is_started_for_a_cook_without_a_report() {
    let place = Place::new(&[APP]);
    succeed(&place, &mut fake_cargo::larder(&place, &["cook"]));
    assert!(fake_cargo::args(&place).contains(&"build".to_owned()));
}
