//! Why the recipe of a workspace changed since a git revision, and why it did not.

use super::explain::{API, WORKSPACE, lock, manifest, relock};
use super::{Place, succeed};
use crate::common::files_below;
use std::process::Command;

/// A repository with one commit, or nothing if there is no git.
fn repository() -> Option<Place> {
    let place = Place::new(&[WORKSPACE, &lock(super::explain::LOCK), "-- crates/tool/src/lib.rs --\n", &tool("")]);
    place.write(&[&tool_lock(&[])]);
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("left out: there is no git");
        return None;
    }
    git(&place, &["init", "--quiet", "--initial-branch=main"]);
    commit(&place);
    Some(place)
}

/// A member that the tests leave out of the scope.
fn tool(more: &str) -> String {
    manifest("tool", more)
}

fn tool_lock(entries: &[&str]) -> String {
    let tool = ["tool 0.1.0 local:"].into_iter().filter(|_| !entries.iter().any(|entry| entry.starts_with("tool ")));
    relock(&tool.chain(entries.iter().copied()).collect::<Vec<_>>())
}

fn git(place: &Place, args: &[&str]) -> String {
    let mut command = place.command("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "core.hooksPath=/dev/null"]);
    succeed(place, command.args(args)).stdout
}

fn commit(place: &Place) {
    git(place, &["add", "--all"]);
    git(place, &["commit", "--quiet", "--message=x"]);
}

fn lines(place: &Place, args: &[&str]) -> Vec<String> {
    let ended = succeed(place, &mut place.larder(&[&["explain", "--since", "HEAD"], args].concat()));
    assert_eq!(ended.stderr, "");
    assert_eq!(place.left_behind(), [""; 0], "the scratch directory is gone");
    ended.stdout.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_scoped_recipe_names_who_asks() {
    let Some(place) = repository() else { return };
    let build = ["-p", "api", "--release"];
    assert_eq!(lines(&place, &build), ["No difference between HEAD and this workspace"]);
    place.write(&[
        &manifest(
            "api",
            &(API.replace("default-features = false", "default-features = false, features = [\"fs\"]")
                + "new = \"1\"\n"),
        ),
        &tool_lock(&["api 0.1.0 local: tokio, serde, new", "new 1.0.0:", "serde 1.0.2:"]),
    ]);
    let expected = [
        "HEAD → this workspace: 3 changes, which touch 3 of 5 packages",
        "~ serde 1.0.1 → 1.0.2 (crates/api): touches 1 package",
        "+ new 1.0.0 is new (crates/api): touches 1 package",
        "+ tokio gains feature fs (asked by crates/api): touches 1 package",
    ];
    assert_eq!(lines(&place, &build), expected);
    assert_eq!(lines(&place, &[])[1..], expected[1..], "so does an unscoped one");
}

#[test]
fn no_difference_says_what_changed_and_why_it_does_not_matter() {
    let Some(place) = repository() else { return };
    place.write(&[
        &manifest("api", API).replace("0.1.0", "0.2.0").replace("edition", "description = \"x\"\nedition"),
        &tool("[dependencies]\nlog = \"1\"\n"),
        &tool_lock(&["api 0.2.0 local: tokio, serde", "tool 0.1.0 local: log", "log 1.0.0:"]),
        "-- crates/api/src/lib.rs --\n// more\n",
        "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n[profile.dev]\nopt-level = 1\n",
    ]);
    assert_eq!(
        lines(&place, &["-p", "api", "--release"]),
        [
            "No difference between HEAD and this workspace",
            "dependencies.log of crates/tool not set → 1: not in this scope",
            "package.description of crates/api not set → x: it is about the local package alone",
            "package.version of crates/api 0.1.0 → 0.2.0: stubs have no version",
            "profile.dev.opt-level of the workspace not set → 1: this build uses the profile `release`",
            "api 0.1.0 → 0.2.0 in Cargo.lock: stubs have no version",
            "log 1.0.0 is new in Cargo.lock: this build does not reach it",
            "crates/api/src/lib.rs: sources are not part of a recipe",
        ]
    );
}

#[test]
fn comments_and_formatting_are_named() {
    let Some(place) = repository() else { return };
    place.write(&[&format!("{}# more\n", manifest("api", API)), &format!("{}\n", tool_lock(&[]))]);
    assert_eq!(
        lines(&place, &["-p", "api", "--release"])[1..],
        [
            "Cargo.toml of crates/api: comments and formatting are not part of a recipe",
            "Cargo.lock: what this build reaches in it stayed the same",
        ]
    );
}

#[test]
fn sources_of_patched_packages_are_those_of_the_revision() {
    let Some(place) = repository() else { return };
    place.write(&[
        "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"vendored\"]\nresolver = \"2\"\n[patch.crates-io]\nlibc = { path = \"vendored/libc\" }\n",
        "-- vendored/libc/src/lib.rs --\n// one\n-- vendored/libc/Cargo.toml --\n[package]\nname = \"libc\"\nversion = \"0.2.0\"\n",
        &tool_lock(&["libc 0.2.0 local:"]),
    ]);
    commit(&place);
    assert_eq!(lines(&place, &["--release"]), ["No difference between HEAD and this workspace"]);
    place.write(&["-- vendored/libc/src/lib.rs --\n// two\n"]);
    let expected = "~ files of patched package vendored/libc: other: src/lib.rs: touches 3 packages";
    assert_eq!(lines(&place, &["--release"])[1..], [expected]);
}

#[test]
fn neither_the_work_tree_nor_the_index_changes() {
    let Some(place) = repository() else { return };
    place.write(&[&tool_lock(&["serde 1.0.2:"])]);
    let state = || {
        let files = files_below(&place.dir());
        let content: Vec<Vec<u8>> =
            files.iter().map(|file| fs_err::read(place.dir().join(file)).expect("a file")).collect();
        (files, content)
    };
    let before = state();
    lines(&place, &["--release"]);
    assert!(state() == before);
}

#[test]
fn a_member_can_be_explained_from_its_own_directory() {
    let Some(place) = repository() else { return };
    place.write(&[&tool_lock(&["serde 1.0.2:"])]);
    let mut command = place.larder(&["explain", "--since", "HEAD", "--release"]);
    let ended = succeed(&place, command.current_dir(place.dir().join("crates/api")));
    assert!(ended.stdout.contains("~ serde 1.0.1 → 1.0.2 (crates/api)"), "{}", ended.stdout);
}

#[test]
fn what_git_does_not_have_is_refused() {
    let Some(place) = repository() else { return };
    let fails = |place: &Place, args: &[&str], code: i32| {
        let ended = place.run(&mut place.larder(&[&["explain"], args].concat()));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""));
        ended.stderr
    };
    let unknown = "error: git knows no revision `v9` here\nhelp: `git log --oneline` lists revisions";
    assert!(fails(&place, &["--since", "v9"], 1).starts_with(unknown));
    let usage = fails(&place, &["old.json", "--release"], 2);
    let help = "help: to compare two states of the workspace: `cargo larder explain --since REV --release`";
    assert!(usage.contains(help), "{usage}");
    assert!(fails(&place, &["old.json", "--since", "HEAD"], 2).contains("cannot be used with"));
    let mut without = place.larder(&["explain", "--since", "HEAD"]);
    let ended = place.run(without.env("PATH", place.tmp()));
    let help = "help: install git, or compare two recipes with `cargo larder explain OLD NEW`";
    assert_eq!(ended.stderr, format!("error: git does not start: it is not installed\n{help}\n"));
    fs_err::remove_dir_all(place.dir().join(".git")).expect("it is ours");
    let stderr = fails(&place, &["--since", "HEAD"], 1);
    assert!(stderr.starts_with("error: `[DIR]` is not in a git repository: "), "{stderr}");
}
