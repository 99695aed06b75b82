//! `prepare` takes the flags of the build.

use super::{APP, Place, prepare, succeed};

#[test]
fn prepare_ignores_the_flags_of_a_build_that_decide_nothing_about_a_recipe() {
    let place = Place::new(&[APP]);
    let expected = prepare(&place, &["--release", "-p", "app"]);
    for flags in [
        &["-j", "2"][..],
        &["-j-1"],
        &["--jobs=default"],
        &["--target-dir", "elsewhere"],
        &["--message-format", "json", "--message-format=short"],
        &["--keep-going", "--ignore-rust-version", "--future-incompat-report"],
        &["--timings"],
        &["--timings=html"],
        &["--locked"],
        &["--offline"],
        &["--frozen", "--locked"],
        &["-q"],
        &["-vv"],
        &["--color", "always"],
    ] {
        let found = prepare(&place, &[&["--release", "-p", "app"], flags].concat());
        assert_eq!(found, expected, "{flags:?}");
    }
}

#[test]
fn prepare_speaks_in_the_colours_that_are_wanted() {
    let place = Place::new(&[APP]);
    for (colour, has) in [("always", true), ("never", false), ("auto", false)] {
        let ended = succeed(&place, &mut place.larder(&["prepare", "--color", colour]));
        assert_eq!(ended.stderr.contains("\u{1b}["), has, "{colour}");
    }
}
