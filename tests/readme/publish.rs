//! What is published is complete and agrees: the manifest, the changelog, the files of a release,
//! and the images.

use super::root;
use std::collections::BTreeSet;
use toml::{Table, Value};

fn read(path: &str) -> String {
    fs_err::read_to_string(root().join(path)).expect("the file exists")
}

fn manifest() -> Table {
    read("Cargo.toml").parse().expect("it is TOML")
}

/// The value of `key: value` or `key = value` in each line that has one.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let value = |line: &'a str| {
        let rest = &line[line.find(key)? + key.len()..];
        let rest = rest.trim_start().strip_prefix([':', '='])?;
        rest.trim_start().trim_matches('"').split([' ', '"', '}', ',']).next()
    };
    text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(value).collect()
}

#[test]
fn the_manifest_tells_what_a_registry_shows() {
    let package = manifest()["package"].clone();
    for key in ["description", "license", "documentation", "rust-version", "keywords", "categories"] {
        assert!(package.get(key).is_some(), "Cargo.toml has no `{key}`");
    }
    let keywords = package["keywords"].as_array().expect("a list");
    assert!(keywords.len() <= 5 && keywords.iter().all(|it| it.as_str().is_some_and(|it| it.len() <= 20)));
}

#[test]
fn an_installer_of_programs_finds_each_file_of_a_release() {
    let workflow = read(".github/workflows/release.yml");
    let targets: BTreeSet<&str> =
        values(&workflow, "target").into_iter().filter(|it| it.matches('-').count() >= 2).collect();
    assert_eq!(targets.len(), 5, "{targets:?}");
    let package = manifest()["package"].clone();
    let binstall = &package["metadata"]["binstall"];
    for target in targets {
        let own = binstall.get("overrides").and_then(|all| all.get(target)).and_then(|own| own.get("pkg-url"));
        let url = own.or(binstall.get("pkg-url")).and_then(Value::as_str).expect("text");
        let ending = if target.contains("windows") { "zip" } else { "tar.gz" };
        let url = url.replace("{ name }", "cargo-larder").replace("{ target }", target).replace("{ version }", "1.2.3");
        assert_eq!(url, format!("{{ repo }}/releases/download/v1.2.3/cargo-larder-{target}.{ending}"));
    }
    // The workflow packs each program below a directory with the name of the archive.
    for packed in [
        "\"cargo-larder-$TARGET.tar.gz\" \"cargo-larder-$TARGET\"",
        "\"../cargo-larder-$TARGET.zip\" \"cargo-larder-$TARGET\"",
    ] {
        assert!(workflow.contains(packed), "the workflow does not have `{packed}`");
    }
    let place = binstall["bin-dir"].as_str();
    assert_eq!(place, Some("{ name }-{ target }/{ bin }{ binary-ext }"));
}

#[test]
fn the_images_are_made_of_files_and_stages_that_exist() {
    let bake = read("docker-bake.hcl");
    let files = values(&bake, "dockerfile");
    let stages = values(&bake, "target    ");
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let text = read(file);
        for stage in ["larder", "toolchain"] {
            assert!(text.contains(&format!(" AS {stage}\n")), "{file} has no stage `{stage}`");
        }
        for argument in values(&bake, "TOOLCHAIN ").into_iter().map(|_| "TOOLCHAIN") {
            assert!(text.contains(&format!("ARG {argument}=")), "{file} has no argument `{argument}`");
        }
    }
    assert!(stages.iter().all(|stage| ["larder", "toolchain"].contains(stage)), "{stages:?}");
}

#[test]
fn actions_of_others_are_pinned_to_a_commit() {
    for file in ["action.yml", ".github/workflows/release.yml"] {
        let text = read(file);
        for line in text.lines().filter(|line| line.contains("uses: ")) {
            let (action, version) =
                line.split_once(" # v").unwrap_or_else(|| panic!("{file} has no version in `{line}`"));
            let commit = action.split('@').nth(1).unwrap_or_default();
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit && version.starts_with(|c: char| c.is_ascii_digit()), "{file}: `{line}`");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_release_gives_the_changelog_a_date_and_its_entries_are_the_notes() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    fs_err::create_dir_all(temp.path().join(".ci")).expect("writable");
    for file in [".ci/release", "Cargo.toml", "CHANGELOG.md"] {
        fs_err::copy(root().join(file), temp.path().join(file)).expect("writable");
    }
    let release = |args: &[&str]| {
        let output =
            std::process::Command::new(temp.path().join(".ci/release")).args(args).output().expect("it starts");
        (output.status.success(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    let version = manifest()["package"]["version"].as_str().expect("text").to_owned();
    let tag = format!("v{version}");
    assert!(!release(&["check", &tag]).0, "there is no date yet");
    assert!(!release(&["notes"]).0);
    assert!(!release(&["date", "soon"]).0);
    assert_eq!(release(&["date", "2026-12-01"]), (true, String::new()));
    assert!(release(&["check", &tag]).0);
    assert!(!release(&["check", "v999.0.0"]).0);
    assert!(!release(&["date"]).0, "it has a date");
    let changelog = fs_err::read_to_string(temp.path().join("CHANGELOG.md")).expect("it is there");
    assert!(changelog.contains(&format!("## [Unreleased]\n\n## [{version}] - 2026-12-01\n\n")), "{changelog}");
    let (_, notes) = release(&["notes"]);
    let before = read("CHANGELOG.md");
    let entries =
        |text: &str| text.lines().filter(|line| line.starts_with("- ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(entries(&notes), entries(before.split("\n## ").nth(1).unwrap_or_default()));
    assert!(entries(&notes).len() > 10);
}
