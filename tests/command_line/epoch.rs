//! `SOURCE_DATE_EPOCH`: everything that a cook leaves has that time.

use super::common::{fake_cargo, files_below};
use super::{APP, Ended, Place, succeed};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What the fake cargo builds: a file, a directory, and a symbolic link to a file outside the
/// target directory.
const BUILDS: &str =
    "cd \"$OUT\"; mkdir -p debug/deps; echo code > debug/deps/x.rlib; ln -sf ../outside link; touch .rustc_info.json";

const EPOCH: u64 = 1_600_000_000;

fn cook(place: &Place, args: &[&str], epoch: &str) -> Ended {
    let mut larder = fake_cargo::larder(place, &[&["cook"], args].concat());
    larder.env("FAKE_CARGO", BUILDS).env("OUT", place.dir().join("target"));
    succeed(place, larder.env("SOURCE_DATE_EPOCH", epoch))
}

fn modified(path: &Path) -> SystemTime {
    fs_err::symlink_metadata(path).and_then(|it| it.modified()).expect("it is there")
}

fn has_epoch(path: &Path, seconds: u64) -> bool {
    modified(path) == SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A place with a file next to the target directory that has another mtime.
fn place() -> Place {
    let place = Place::new(&[APP, "-- outside --\n"]);
    fs_err::create_dir(place.dir().join("target")).expect("it is writable");
    place
}

const ALL: [&str; 6] = ["", "debug", "debug/deps", "debug/deps/x.rlib", "link", ".rustc_info.json"];

#[test]
fn all_that_is_cooked_has_the_time_and_nothing_else_has() {
    let place = place();
    cook(&place, &[], "1600000000");
    for path in ALL {
        assert!(has_epoch(&place.dir().join("target").join(path), EPOCH), "`{path}`");
    }
    for path in ["", "outside", "Cargo.toml"] {
        assert!(!has_epoch(&place.dir().join(path), EPOCH), "`{path}` is none of what was cooked");
    }
}

#[test]
fn without_it_times_are_those_of_the_cook() {
    let place = place();
    cook(&place, &[], "");
    assert!(ALL.iter().all(|path| !has_epoch(&place.dir().join("target").join(path), EPOCH)));
}

#[test]
fn one_cook_may_follow_another() {
    let place = place();
    let said = |ended: Ended| ended.stderr.split_once("MB\n").expect("it has cooked").1.to_owned();
    assert_eq!(said(cook(&place, &[], "1600000000")), "");
    assert_eq!(said(cook(&place, &["--release"], "1600000001")), "");
    assert!(ALL.iter().all(|path| has_epoch(&place.dir().join("target").join(path), EPOCH + 1)));
}

#[test]
fn where_something_else_has_built_times_stay() {
    let place = place();
    let own = place.dir().join("target/debug/app");
    cook(&place, &[], "1600000000");
    place.write(&["-- target/debug/app --\nbuilt before the edit\n"]);
    let before = modified(&own);
    let ended = cook(&place, &[], "4000000000");
    let note = "\
note: times below `target` stay unchanged: not only cooks with `SOURCE_DATE_EPOCH` have written there
help: cook into an empty directory
";
    assert!(ended.stderr.ends_with(note), "{}", ended.stderr);
    assert_eq!(modified(&own), before, "it would pass for newer than its sources");
    assert_eq!(files_below(&place.dir().join("target")).len(), 4);
}

#[test]
fn a_build_directory_of_its_own_is_cooked_into_as_well() {
    let place = place();
    let mut larder = fake_cargo::larder(&place, &["cook"]);
    let build = place.dir().join("build");
    larder.env("CARGO_BUILD_BUILD_DIR", "{workspace-root}/build").env("SOURCE_DATE_EPOCH", "1600000000");
    larder.env("FAKE_CARGO", "mkdir -p \"$OUT/deps\"").env("OUT", &build);
    succeed(&place, &mut larder);
    for path in ["target", "build", "build/deps"] {
        assert!(has_epoch(&place.dir().join(path), EPOCH), "`{path}`");
    }
}
