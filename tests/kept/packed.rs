//! `cook --pack`: metadata that a crate holds twice goes, and `unpack` brings it back. cargo then
//! finds everything fresh. Without `unpack`, the build is right, and only slower.

use super::{CARGO, PLAIN, Project, build, files_below, larder, lay_out, run};
use crate::support::oracle::command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A local library, because cargo gives it the metadata of its dependencies and not the archive.
const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
alpha = { version = '1', features = ['derive'] }
gamma = '0.3'
local = { path = 'local' }
[workspace]
-- src/main.rs --
fn main() { local::says() }
-- local/Cargo.toml --
[package] local
[dependencies]
gamma = '0.3'
-- local/src/lib.rs --
pub fn says() { println!(\"it runs\") }
";

const PROJECT: Project<'static> = Project { files: FILES, prints: Some("it runs"), ..PLAIN };

fn project() -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(FILES, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    temp
}

fn cook(dir: &Path, flags: &[&str]) -> String {
    larder(dir, &[&["cook", "--offline", "--release"], flags].concat(), &[])
}

/// What a command says that must end with exit code 1.
#[track_caller]
fn refused(dir: &Path, args: &[&str]) -> String {
    let mut larder = command(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), dir);
    let output = larder.arg("larder").args(args).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

/// The metadata files of a target directory, with their content and time.
fn metadata(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let files =
        files_below(&dir.join("target")).into_iter().filter(|it| it.extension().is_some_and(|it| it == "rmeta"));
    let of = |path: PathBuf| {
        let time = fs_err::metadata(&path).and_then(|it| it.modified()).expect("it is there");
        (path.clone(), (fs_err::read(path).expect("readable"), time))
    };
    files.map(of).collect()
}

#[track_caller]
fn builds(dir: &Path, compiled: bool) {
    let built = build(&PROJECT, dir);
    assert_eq!(!built.compiled.is_empty(), compiled, "{built:#?}");
    let said = run(&dir.join("target/release/app"), dir, &[], &[]);
    assert_eq!(String::from_utf8_lossy(&said.stdout), "it runs\n");
}

#[test]
fn what_is_packed_comes_back_as_it_was_and_stays_fresh() {
    let temp = project();
    let dir = temp.path();
    cook(dir, &[]);
    let before = metadata(dir);
    assert!(before.len() >= 3, "{:?}", before.keys());
    let said = cook(dir, &["--pack"]);
    assert!(said.contains(&format!("Packed {} crates, without ", before.len())), "{said}");
    assert!(metadata(dir).is_empty(), "{:?}", metadata(dir).keys());
    let said = larder(dir, &["unpack"], &[]);
    assert!(said.contains(&format!("Unpacked {} crates in target (", before.len())), "{said}");
    assert_eq!(metadata(dir), before);
    builds(dir, false);
    // After the build, a step can pack again: everything of a recipe, and nothing of the user's.
    let said = larder(dir, &["pack"], &[]);
    assert!(said.contains(&format!("Packed {} crates", before.len())), "{said}");
    let left = metadata(dir);
    assert!(left.keys().all(|path| path.to_string_lossy().contains("liblocal-")) && !left.is_empty(), "{left:?}");
    larder(dir, &["unpack"], &[]);
    builds(dir, false);
    let said = larder(dir, &["unpack"], &[]);
    assert!(said.contains("note: nothing is packed in `target`"), "{said}");
}

#[test]
fn without_unpack_a_build_is_right_and_verify_says_what_helps() {
    let temp = project();
    let dir = temp.path();
    cook(dir, &["--pack"]);
    let said = refused(dir, &["verify", "--release", "--offline"]);
    assert!(said.contains("error: `target` is packed, so the build would compile every crate again"), "{said}");
    assert!(said.contains("help: run `cargo larder unpack` before the build"), "{said}");
    builds(dir, true);
    // What cargo has compiled since is not replaced.
    let before = metadata(dir);
    larder(dir, &["unpack"], &[]);
    assert_eq!(metadata(dir), before);
    builds(dir, false);
}

/// As a layer of an image comes from a registry.
#[test]
fn times_that_a_layer_has_rounded_are_rounded_alike() {
    let temp = project();
    let dir = temp.path();
    cook(dir, &["--pack"]);
    for file in files_below(&dir.join("target")) {
        let open = std::fs::OpenOptions::new().write(true).open(&file).expect("writable");
        let time = open.metadata().and_then(|it| it.modified()).expect("it has a time");
        let seconds = time.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        open.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("times can be set");
    }
    larder(dir, &["unpack"], &[]);
    builds(dir, false);
}

#[test]
fn with_one_time_for_everything_what_comes_back_has_it_too() {
    let temp = project();
    let dir = temp.path();
    let env = [("SOURCE_DATE_EPOCH", "1000000000")];
    larder(dir, &["cook", "--offline", "--release", "--pack"], &env);
    let epoch = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for path in files_below(&dir.join("target")) {
        let time = fs_err::metadata(&path).and_then(|it| it.modified()).expect("it has a time");
        assert_eq!(time, epoch, "{}", path.display());
    }
    larder(dir, &["unpack"], &[]);
    assert!(metadata(dir).values().all(|(_, time)| *time == epoch));
    builds(dir, false);
}

#[test]
fn another_library_under_the_same_name_is_left_to_cargo() {
    let temp = project();
    let dir = temp.path();
    cook(dir, &["--pack"]);
    let files = files_below(&dir.join("target"));
    let is_gamma = |path: &&PathBuf| {
        path.to_string_lossy().contains("libgamma-") && path.extension().is_some_and(|it| it == "rlib")
    };
    let library = files.iter().find(is_gamma).expect("gamma was cooked");
    let time = fs_err::metadata(library).and_then(|it| it.modified()).expect("it has a time");
    let mut content = fs_err::read(library).expect("readable");
    content[1000] ^= 1;
    fs_err::write(library, content).expect("writable");
    let open = std::fs::OpenOptions::new().write(true).open(library).expect("writable");
    open.set_modified(time).expect("times can be set");
    let said = larder(dir, &["unpack"], &[]);
    assert!(said.contains("warning: 1 crates in `target` have changed since they were packed"), "{said}");
    assert!(!library.with_extension("rmeta").exists());
    builds(dir, true);
}

#[test]
fn a_cook_and_a_seed_take_a_packed_directory_as_it_was() {
    let temp = project();
    let dir = temp.path();
    cook(dir, &["--pack"]);
    let said = cook(dir, &[]);
    assert!(said.contains("Unpacked ") && said.contains(": 0 compiled, "), "{said}");
    assert!(!dir.join("target/.larder-packed.json").exists());
    builds(dir, false);

    fs_err::remove_dir_all(dir.join("target")).expect("writable");
    cook(dir, &["--pack"]);
    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    let said = cook(dir, &["--seed", "seed"]);
    assert!(said.contains(": 0 compiled, "), "{said}");
    builds(dir, false);
}

#[test]
fn a_place_where_nothing_was_cooked_is_refused() {
    let temp = project();
    let said = refused(temp.path(), &["pack"]);
    assert!(said.contains("error: nothing was cooked in `target`"), "{said}");
    assert!(said.contains("help: cook with `cargo larder cook`, or name the directory with `--target-dir`"), "{said}");
}
