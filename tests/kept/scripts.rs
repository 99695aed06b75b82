//! Build scripts of local packages below third-party ones: run by `cook`, where what they depend on
//! travels; and by the real build, where they could have done something else there.

use super::{PLAIN, Project, build, check, larder, lay_out, run};
use crate::support::oracle::{CARGO, command};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// `delta` depends on `alpha` 0.2, which is a local package here, and has a build script.
macro_rules! scripted {
    ($manifest:literal, $script:literal) => {
        concat!(
            "-- Cargo.toml --
[package] app
[dependencies]
delta = '1'
alpha = '0.2'
[patch.crates-io]
alpha = { path = 'patches/alpha' }
-- src/main.rs --
fn main() { println!(\"{}\", alpha::WORD) }
-- patches/alpha/Cargo.toml --
[package] alpha 0.2.7
exclude = ['words']
[features]
default = ['std']
std = []
",
            $manifest,
            "-- patches/alpha/build.rs --
use std::{env, fs, path::Path};
fn main() {
",
            $script,
            "}
-- patches/alpha/src/lib.rs --
include!(concat!(env!(\"OUT_DIR\"), \"/word.rs\"));
-- patches/alpha/words/one --
one
-- patches/alpha/words/two --
two
"
        )
    };
}

/// Puts the words of a directory into the program, as scripts do with schemas.
const WATCHES: &str = "
    println!(\"cargo::rerun-if-changed=words\");
    println!(\"cargo::rerun-if-changed=build.rs\");
    let mut words: Vec<_> = fs::read_dir(\"words\").unwrap().map(|e| fs::read_to_string(e.unwrap().path()).unwrap()).collect();
    words.sort();
    let text = format!(\"pub const WORD: &str = {:?};\", words.concat().replace('\\n', \" \").trim());
    fs::write(Path::new(&env::var(\"OUT_DIR\").unwrap()).join(\"word.rs\"), text).unwrap();
";
const FILES: &str = scripted!("", "[SCRIPT]");
/// Texts are not looked at.
const TRUSTED: &str = scripted!("[package.metadata.larder]\ncook = true\n", "[SCRIPT]");
const WITH_LIBRARY: &str = scripted!(
    "[build-dependencies]\nbuildkit = '1'\nbeta = '2'\n[dependencies]\nlambda = '0.2'\nkappa = '1'\n",
    "[SCRIPT]"
);

fn with_script(files: &str, script: &str) -> &'static str {
    Box::leak(files.replace("[SCRIPT]", script).into_boxed_str())
}

#[test]
fn a_build_script_that_watches_what_travels_is_run_once() {
    let files = with_script(FILES, WATCHES);
    check(&Project { files, prints: Some("one two"), cooked_again: true, ..PLAIN });
    let flags: &[&str] = &["--tests"];
    check(&Project { files, flags, target: "target/debug", cooked_again: true, ..PLAIN });
}

#[test]
fn a_build_script_is_no_older_than_its_libraries() {
    let files = with_script(WITH_LIBRARY, WATCHES);
    check(&Project { files, prints: Some("one two"), cooked_again: true, ..PLAIN });
}

#[test]
fn a_build_script_tells_another_one_what_it_found() {
    const DELTA: &str = "-- patches/delta/Cargo.toml --
[package] delta 1.0.9
[dependencies]
alpha = '0.2'
-- patches/delta/build.rs --
fn main() {
    println!(\"cargo:rerun-if-env-changed=NOTHING\");
    println!(\"cargo:rustc-env=FOUND={}\", std::env::var(\"DEP_ALPHA_WORDS\").unwrap());
}
-- patches/delta/src/lib.rs --
pub const FOUND: &str = env!(\"FOUND\");
";
    let files = with_script(FILES, &format!("{WATCHES}println!(\"cargo::metadata=words={{}}\", words.len());"))
        .replace("alpha 0.2.7", "alpha 0.2.7\nlinks = 'alpha'")
        .replace("[patch.crates-io]", "[patch.crates-io]\ndelta = { path = 'patches/delta' }")
        .replace("println!(\"{}\", alpha::WORD)", "println!(\"{}\", delta::FOUND)")
        .replace("delta = '1'\n", "delta = '1'\neta = '1'\n");
    let files: &'static str = Box::leak((files + DELTA).into_boxed_str());
    check(&Project { files, prints: Some("2"), cooked_again: true, ..PLAIN });
}

/// A project, its recipe, and a directory with that alone, all from 2020.
fn prepared(files: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (source, place) = (temp.path().join("source"), temp.path().join("place"));
    lay_out(files, &source);
    run(&CARGO, &source, &["generate-lockfile", "--offline"], &[]);
    let said = larder(&source, &["prepare", "--release"], &[]);
    assert!(!said.contains("warning"), "{said}");
    fs_err::create_dir(&place).expect("writable");
    fs_err::copy(source.join("recipe.json"), place.join("recipe.json")).expect("it was written");
    set_time(&place.join("recipe.json"), super::old() + Duration::from_secs(60 * 60));
    (temp, place)
}

/// The sources, older than the recipe.
fn bring(files: &str, place: &Path) {
    lay_out(files, place);
    let source = place.with_file_name("source");
    fs_err::copy(source.join("Cargo.lock"), place.join("Cargo.lock")).expect("it was written");
    for dir in ["patches/alpha/words", "patches/alpha"] {
        set_time(&place.join(dir), super::old());
    }
    super::set_times(files, place, super::old());
}

fn set_time(path: &Path, time: SystemTime) {
    let file = fs_err::File::open(path).expect("it was written");
    file.file().set_modified(time).expect("times can be set");
}

/// What the real build compiles again, and what its program says.
fn built(files: &str, place: &Path) -> (Vec<String>, String) {
    let built = build(&Project { files, ..PLAIN }, place);
    let output = run(&place.join("target/release/app"), place, &[], &[]);
    (built.compiled, String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[test]
fn what_a_build_script_watches_may_change_after_the_recipe_was_made() {
    let files = with_script(FILES, WATCHES);
    let (_temp, place) = prepared(files);
    larder(&place, &["cook", "--offline"], &[]);
    bring(files, &place);
    assert_eq!(built(files, &place), (vec![], "one two".to_owned()));
    // Only now, so that a build has run the script.
    fs_err::write(place.join("patches/alpha/words/two"), "three").expect("writable");
    assert_eq!(built(files, &place).1, "one three");
    larder(&place, &["cook", "--offline"], &[]);
    assert_eq!(built(files, &place).1, "one three");
    // A recipe that is older than what is there, and files that are older than the cook.
    fs_err::remove_dir_all(place.join("target")).expect("it was made");
    fs_err::write(place.join("patches/alpha/words/two"), "two\n").expect("writable");
    fs_err::write(place.join("patches/alpha/words/extra"), "extra\n").expect("writable");
    set_time(&place.join("patches/alpha/words/extra"), super::old());
    set_time(&place.join("patches/alpha/words"), super::old());
    larder(&place, &["cook", "--offline"], &[]);
    assert_eq!(built(files, &place).1, "extra one two");
}

#[test]
fn a_cook_over_another_keeps_what_that_kept() {
    let files = with_script(FILES, WATCHES);
    let (_temp, place) = prepared(files);
    larder(&place, &["cook", "--offline"], &[]);
    let again = larder(&place, &["cook", "--offline"], &[]);
    assert!(again.contains(": 0 compiled, 5 fresh in "), "{again}");
    bring(files, &place);
    assert_eq!(built(files, &place), (vec![], "one two".to_owned()));
}

/// Where anything else was built, times cannot move.
#[test]
fn a_cook_beside_another_leaves_the_script_to_the_real_build() {
    let files = with_script(FILES, WATCHES);
    let (_temp, place) = prepared(files);
    fs_err::create_dir_all(place.join("target/release/build")).expect("writable");
    let said = larder(&place, &["cook", "--offline"], &[]);
    assert!(said.contains("`patches/alpha` ran where something had been built before: the real build"), "{said}");
    bring(files, &place);
    let (compiled, said) = built(files, &place);
    assert!(compiled.iter().all(|it| it.contains("#delta@")), "{compiled:#?}");
    assert_eq!(said, "one two");
}

/// What `cook` says of a script, and what the program says then.
fn is_run_again(script: &str, why: &str, says: impl Fn(&Path) -> String) {
    let files = with_script(TRUSTED, script);
    let (_temp, place) = prepared(files);
    let said = larder(&place, &["cook", "--offline"], &[]);
    let expected = format!(
        "warning: the build script of `patches/alpha` {why}: the real build makes it again, with everything that depends on it"
    );
    assert!(said.contains(&expected), "{said}");
    bring(files, &place);
    let (compiled, said) = built(files, &place);
    assert!(compiled.iter().all(|it| it.contains("#delta@")), "{compiled:#?}");
    assert_eq!(said, says(&place));
}

#[test]
fn a_build_script_that_may_have_seen_something_else_is_run_again() {
    const WRITE: &str = "
    let out = env::var(\"OUT_DIR\").unwrap();
    let here = env::var(\"CARGO_MANIFEST_DIR\").unwrap();
    let write = |word: &str| fs::write(Path::new(&out).join(\"word.rs\"), format!(\"pub const WORD: &str = {word:?};\")).unwrap();
";
    let write = |script: &str| format!("{WRITE}{script}let _ = here;");
    is_run_again(
        &write("write(&format!(\"{}\", Path::new(\"../../src/main.rs\").exists()));"),
        "does not tell cargo what it depends on",
        |_| "true".to_owned(),
    );
    is_run_again(
        &write(
            "println!(\"cargo:rerun-if-changed=../../src/main.rs\"); write(&format!(\"{}\", Path::new(\"../../src/main.rs\").exists()));",
        ),
        "watches `../../src/main.rs`, which does not travel",
        |_| "true".to_owned(),
    );
    is_run_again(
        &write(
            "println!(\"cargo:rerun-if-changed={here}/Cargo.toml\"); write(&fs::read_to_string(\"Cargo.toml\").unwrap().lines().count().to_string());",
        ),
        "watches `patches/alpha/Cargo.toml`, which does not travel",
        |place| {
            fs_err::read_to_string(place.join("patches/alpha/Cargo.toml"))
                .expect("it is there")
                .lines()
                .count()
                .to_string()
        },
    );
    is_run_again(
        &write("println!(\"cargo:rerun-if-changed=build.rs\"); write(&here);"),
        "puts the directory that it ran in into what it makes",
        |place| fs_err::canonicalize(place.join("patches/alpha")).expect("it is there").display().to_string(),
    );
    is_run_again(
        &write(
            "println!(\"cargo:rerun-if-changed=build.rs\"); fs::write(\"made.rs\", \"\").unwrap(); write(\"made\");",
        ),
        "writes into its own directory",
        |place| {
            assert!(place.join("patches/alpha/made.rs").exists());
            "made".to_owned()
        },
    );
}

#[test]
fn a_build_script_that_fails_without_its_surroundings_can_be_left_to_the_real_build() {
    let script = "println!(\"cargo:rerun-if-changed=build.rs\");
    let up: String = ['.', '.', '/'].iter().cycle().take(6).collect();
    let word = fs::read_to_string(up + \"src/main.rs\").unwrap().len();
    let text = format!(\"pub const WORD: usize = {word};\");
    fs::write(Path::new(&env::var(\"OUT_DIR\").unwrap()).join(\"word.rs\"), text).unwrap();";
    let files = with_script(FILES, script);
    let (_temp, place) = prepared(files);
    let mut cook = command(env!("CARGO_BIN_EXE_cargo-larder"), &place);
    let cook = cook.args(["larder", "cook", "--offline"]).output().expect("the program starts");
    let said = String::from_utf8_lossy(&cook.stderr);
    assert_eq!(cook.status.code(), Some(101), "{said}");
    let expected = "warning: the build script of `patches/alpha` failed here, where only its own package exists
help: to leave it to the real build, write `cook = false` below `[package.metadata.larder]` in `patches/alpha/Cargo.toml`, and prepare the recipe again\n";
    assert!(said.ends_with(expected), "{said}");

    bring(files, &place);
    let manifest = place.join("patches/alpha/Cargo.toml");
    let text = fs_err::read_to_string(&manifest).expect("it is there") + "[package.metadata.larder]\ncook = false\n";
    fs_err::write(&manifest, text).expect("writable");
    let said = larder(&place, &["prepare", "--release"], &[]);
    let expected = "which says `cook = false` below `[package.metadata.larder]`: the real build compiles";
    assert!(said.contains(expected), "{said}");
    larder(&place, &["cook", "--offline"], &[]);
    let main = fs_err::read(place.join("src/main.rs")).expect("it is there");
    assert_eq!(built(files, &place).1, main.len().to_string());
}

/// The skeleton stands somewhere else in every cook, and what one has put into an artifact is not
/// true in the next.
#[test]
fn what_holds_the_place_of_a_skeleton_is_made_again() {
    const HERE: &str = "println!(\"cargo::rerun-if-changed=words\");
    let out = env::var(\"OUT_DIR\").unwrap();
    let words = Path::new(env!(\"CARGO_MANIFEST_DIR\")).join(\"words/one\");
    let text = format!(\"pub const WORD: &str = {:?};\", fs::read_to_string(words).unwrap().trim());
    fs::write(Path::new(&out).join(\"word.rs\"), text).unwrap();";
    let files = with_script(TRUSTED, HERE);
    let (_temp, place) = prepared(files);
    let said = larder(&place, &["cook", "--offline"], &[]);
    let expected =
        "warning: what was made of `patches/alpha` holds the directory that it was compiled in: the real build";
    assert!(said.contains(expected), "{said}");
    bring(files, &place);
    super::set_times(files, &place, SystemTime::now());
    larder(&place, &["cook", "--offline"], &[]);
    assert_eq!(built(files, &place).1, "one");
    fs_err::write(place.join("patches/alpha/words/one"), "edited").expect("writable");
    assert_eq!(built(files, &place).1, "edited");
}

/// Sources of a checkout whose times were taken away.
#[test]
fn no_time_is_too_old_for_what_differs() {
    let files = with_script(FILES, WATCHES);
    let (_temp, place) = prepared(files);
    bring(files, &place);
    fs_err::write(place.join("patches/alpha/words/two"), "changed\n").expect("writable");
    super::set_times(files, &place, SystemTime::UNIX_EPOCH + Duration::from_secs(1));
    larder(&place, &["cook", "--offline"], &[]);
    assert_eq!(built(files, &place).1, "changed one");
}

#[cfg(unix)]
#[test]
fn a_link_to_where_a_script_ran_does_not_stay() {
    let links = |guard: &str| {
        format!(
            "println!(\"cargo::rerun-if-changed=words\");
    let out = env::var(\"OUT_DIR\").unwrap();
    let link = Path::new(&out).join(\"words\");
    {guard} {{ std::os::unix::fs::symlink(Path::new(&env::var(\"CARGO_MANIFEST_DIR\").unwrap()).join(\"words\"), &link).unwrap(); }}
    let text = \"pub const WORD: &str = include_str!(concat!(env!(\\\"OUT_DIR\\\"), \\\"/words/one\\\"));\";
    fs::write(Path::new(&out).join(\"word.rs\"), text).unwrap();"
        )
    };
    for guard in ["let _ = fs::remove_file(&link);", "if !link.exists()"] {
        let files = with_script(FILES, &links(guard));
        let (_temp, place) = prepared(files);
        let said = larder(&place, &["cook", "--offline"], &[]);
        assert!(said.contains("`patches/alpha` puts the directory that it ran in into what it makes"), "{said}");
        bring(files, &place);
        assert_eq!(built(files, &place).1, "one");
        fs_err::write(place.join("patches/alpha/words/one"), "edited").expect("writable");
        assert_eq!(built(files, &place).1, "edited");
    }
}

#[cfg(unix)]
#[test]
fn a_package_whose_files_would_not_be_the_same_elsewhere_stays() {
    let is_left = |change: fn(&Path), why: &str| {
        let files = with_script(FILES, WATCHES);
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(files, temp.path());
        change(&temp.path().join("patches/alpha"));
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
        let said = larder(temp.path(), &["prepare", "--release"], &[]);
        let expected =
            format!("warning: left out `delta`, which depends on the local package `alpha`, which {why}: the");
        assert!(said.contains(&expected), "{said}");
    };
    let whole = "has a build script, and in its directories links, secrets or nothing, which do not travel";
    is_left(|dir| fs_err::write(dir.join("words/.env.example"), "SECRET=").expect("writable"), whole);
    is_left(|dir| fs_err::create_dir(dir.join("words/none")).expect("writable"), whole);
    is_left(|dir| fs_err::os::unix::fs::symlink("one", dir.join("words/three")).expect("writable"), whole);
    is_left(
        |dir| fs_err::os::unix::fs::symlink("nowhere", dir.join("dangling")).expect("writable"),
        "has files that cannot be listed",
    );
    is_left(
        |dir| {
            let program = dir.join("generate");
            fs_err::write(&program, "#!/bin/sh\necho generated\n").expect("writable");
            fs_err::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("ours");
            let script = fs_err::read_to_string(dir.join("build.rs")).expect("it was written");
            fs_err::write(dir.join("build.rs"), script + "// ./generate\n").expect("writable");
        },
        "has a build script, and a program that it may call",
    );
    is_left(
        |dir| {
            let script = fs_err::read_to_string(dir.join("build.rs")).expect("it was written");
            fs_err::write(dir.join("build.rs"), script + "#[path = \"src/version.rs\"]\nmod version;\n")
                .expect("writable");
            let git = "pub fn of() { std::process::Command::new(\"sh\").args([\"-c\", \"git describe\"]).status().unwrap(); }";
            fs_err::write(dir.join("src/version.rs"), git).expect("writable");
        },
        "has a build script that may look around its directory",
    );
}
