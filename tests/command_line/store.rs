//! The arguments that name a store.

use super::common::fake_cargo;
use super::{APP, Ended, Place};

fn run(args: &[&str], env: &[(&str, &str)]) -> Ended {
    let place = Place::new(&[APP]);
    place.run(place.directly(args).envs(env.iter().copied()))
}

#[test]
fn a_cache_command_wants_a_store_and_the_variable_names_one() {
    for verb in ["stats", "gc", "verify", "clear"] {
        let ended = run(&["cache", verb], &[("LARDER_CACHE", "")]);
        let expected =
            "error: no store is named\nhelp: name its directory with `--cache` or `LARDER_CACHE`\n".to_owned();
        assert_eq!((ended.code, ended.stderr), (Some(2), expected), "{verb}");
        let ended = run(&["cache", verb], &[("LARDER_CACHE", "none")]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{verb}: {}", ended.stdout);
        assert!(ended.stdout.contains("`none`") && ended.stdout.contains("0 units"), "{verb}: {}", ended.stdout);
    }
}

#[test]
fn a_size_that_is_none_is_answered_with_one() {
    for args in [&["cache", "gc", "--cache", "x", "--cache-size", "lots"][..], &["cook", "--cache-size", "-1GB"]] {
        let ended = run(args, &[]);
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.stderr);
    }
    let ended = run(&["cook", "--cache-size", "lots"], &[]);
    assert!(ended.stderr.contains("not a size such as `2GiB`"), "{}", ended.stderr);
}

#[test]
fn a_cook_without_a_store_makes_none_and_the_flag_goes_before_the_variable() {
    let place = Place::new(&[APP]);
    let cook = |args: &[&str], variable: &str| {
        let mut larder = fake_cargo::larder(&place, &[&["cook"], args].concat());
        let ended = place.run(larder.env("LARDER_CACHE", variable));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stderr
    };
    assert!(!cook(&[], "").contains("store"));
    // This cargo and this rustc tell no versions, or tell them: either way a cook is no worse for
    // it.
    cook(&["--cache", "named"], "by-variable");
    assert!(!place.dir().join("by-variable").exists());
}
