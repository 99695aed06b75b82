//! A machine on which `cook` cannot do its work, and a cargo that fails.

use super::common::{Place, files_below, registry};
use super::{APP, check, refused};

/// A scoped recipe of a stub without dependencies.
const RECIPE: &str = r#"-- recipe.json --
{"format": 3, "scope": {}, "files": {
    "Cargo.toml": ["[package]", "name = 'larder-stub'", "version = '0.0.0'", "edition = '2021'", "[workspace]"],
    "Cargo.lock": ["version = 4", "[[package]]", "name = 'larder-stub'", "version = '0.0.0'"],
    "src/lib.rs": []
}}
"#;

#[test]
fn without_cargo_the_help_names_both_ways_to_give_one() {
    let place = Place::new(&[RECIPE]);
    let ended = place.run(place.larder(&["cook"]).env_remove("CARGO").env("PATH", ""));
    let expected = "\
error: could not find `cargo` on PATH
help: install Rust, or set `CARGO` to the path of cargo
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
fn a_cargo_that_is_not_there_is_named() {
    let place = Place::new(&[RECIPE]);
    let ended = place.run(place.larder(&["cook"]).env("CARGO", place.dir().join("no/cargo")));
    let expected = "\
error: could not find `[DIR]/no/cargo`, which `CARGO` names
help: install Rust, or set `CARGO` to the path of cargo
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
#[cfg(unix)]
fn a_cargo_that_is_no_program_is_named() {
    let place = Place::new(&[RECIPE]);
    let ended = place.run(place.larder(&["cook"]).env("CARGO", place.dir()));
    let expected = "error: failed to start `[DIR]`: Permission denied (os error 13)\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
#[cfg(unix)]
fn a_target_directory_that_cannot_be_made_is_named_before_anything_is_built() {
    let expected = "\
error: cannot write to the target directory `/dev/null/x`: failed to create directory `/dev/null/x`: Not a directory (os error 20)
help: name another one with `--target-dir` or `CARGO_TARGET_DIR`
";
    check(&[RECIPE], "cook --target-dir /dev/null/x", expected);
    let place = Place::new(&[RECIPE]);
    let ended = place.run(place.larder(&["cook"]).env("CARGO_TARGET_DIR", "/dev/null/x"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
#[cfg(unix)]
fn a_scratch_directory_that_cannot_be_made_names_where() {
    let place = Place::new(&[RECIPE]);
    let ended = place.run(place.larder(&["cook"]).env("TMPDIR", "/dev/null/t"));
    let expected = "\
error: cannot make a scratch directory in `/dev/null/t`: Not a directory (os error 20)
help: name another place for temporary files with `TMPDIR`
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
fn a_time_that_is_no_number_is_named_before_anything_is_built() {
    for value in ["yesterday", "-1", "+1", "1.5", "99999999999999999999"] {
        let place = Place::new(&[RECIPE]);
        let ended = place.run(place.larder(&["cook"]).env("SOURCE_DATE_EPOCH", value));
        let expected = format!(
            "\
error: `SOURCE_DATE_EPOCH` is `{value}`, which is no number of seconds since 1970
help: unset it, or set it to one, as `git log -1 --format=%ct` prints it
"
        );
        assert_eq!((ended.code, ended.stderr), (Some(1), expected));
        assert_eq!(files_below(&place.dir()), ["recipe.json"]);
    }
}

#[test]
fn no_build_does_not_overwrite_a_manifest() {
    let expected = "\
error: refusing to write the skeleton into `[DIR]`: it has a `Cargo.toml`
help: run `cook --no-build` in an empty directory
";
    check(&[RECIPE, APP], "cook --no-build", expected);
}

#[test]
fn no_build_does_not_overwrite_a_source() {
    let expected = "\
error: refusing to write the skeleton into `[DIR]`: it has a `src/lib.rs`
help: run `cook --no-build` in an empty directory
";
    check(&[RECIPE, "-- src/lib.rs --\npub fn real() {}\n"], "cook --no-build", expected);
}

#[test]
fn no_build_refuses_a_recipe_that_takes_two_builds() {
    let packages = "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"one\"]\n\
        [[package]]\nname = \"b\"\nversion = \"1.0.0\"\ndependencies = [\"one\"]\n";
    let member = |name: &str, features: &str| {
        format!(
            "-- {name}/src/main.rs --\n-- {name}/Cargo.toml --\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\none = {{ version = \"1\", features = [{features}] }}\n"
        )
    };
    let entry = registry::entry("one", &[]);
    let root = "-- Cargo.toml --\n[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n";
    let (a, b) = (member("a", ""), member("b", "\"x\""));
    let place = Place::new(&[root, &a, &b, packages, &entry]);
    assert_eq!(place.run(&mut place.larder(&["prepare", "--bin", "a"])).code, Some(0));
    let recipe = place.read("recipe.json");
    let alone = Place::new(&[]);
    fs_err::write(alone.dir().join("recipe.json"), recipe).expect("it is writable");
    let ended = alone.run(&mut alone.larder(&["cook", "--no-build"]));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let begins = "error: the recipe is cooked for several builds, each with a skeleton of its own: `cargo build";
    assert!(ended.stderr.starts_with(begins), "{}", ended.stderr);
    assert!(ended.stderr.contains("help: prepare it for one, as with `cargo larder prepare "), "{}", ended.stderr);
    assert_eq!(files_below(&alone.dir()), ["recipe.json"]);
}

#[test]
fn when_a_crate_does_not_compile_only_cargo_speaks() {
    let place = broken_dependency();
    let ended = place.run(&mut place.larder(&["cook"]));
    assert_eq!(ended.code, Some(101), "cargo's own exit code");
    let count = |text: &str| ended.stderr.matches(text).count();
    assert_eq!(count("error: this crate does not compile"), 1, "{}", ended.stderr);
    assert_eq!(count("error:"), 2, "the compiler's and cargo's: {}", ended.stderr);
    let last = "error: could not compile `broken` (lib) due to 1 previous error\n";
    assert!(ended.stderr.ends_with(last), "nothing follows cargo's message: {}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
}

#[test]
fn when_a_crate_cannot_be_found_only_cargo_speaks() {
    let place = broken_dependency();
    fs_err::remove_dir_all(place.root().join("registry/broken-1.0.0")).expect("it is there");
    let ended = place.run(&mut place.larder(&["cook", "--offline"]));
    assert_eq!(ended.code, Some(101), "cargo's own exit code");
    assert_eq!(ended.stderr.matches("error:").count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("Cooked") && !ended.stderr.contains("help: bring"), "{}", ended.stderr);
}

#[test]
fn flags_that_only_cargo_can_judge_are_judged_by_cargo() {
    let place = Place::new(&[RECIPE]);
    refused(
        &place,
        "cook -j x",
        101,
        "error: could not parse `x`. Number of parallel jobs should be `default` or a number.\n",
    );
}

/// An application with a dependency that no compiler accepts.
fn broken_dependency() -> Place {
    let lock = "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"broken\"]\n";
    let entry = registry::entry("broken", &[]);
    let place = Place::new(&[APP, "[dependencies]\nbroken = \"1\"\n", lock, &entry]);
    registry::put(&place, "broken", "-- src/lib.rs --\ncompile_error!(\"this crate does not compile\");\n");
    place
}

#[test]
fn a_wrapper_that_is_not_there_is_named_as_the_user_named_it() {
    let expected = |name: &str| {
        format!(
            "\
error: could not find `{name}`, which is named as the wrapper of the compiler
help: install it, `unset RUSTC_WRAPPER`, or remove `build.rustc-wrapper` from cargo's config
"
        )
    };
    for name in ["no-such-wrapper", "tools/wrapper"] {
        let place = Place::new(&[APP]);
        let ended = place.run(place.larder(&["cook"]).env("RUSTC_WRAPPER", name));
        assert_eq!((ended.code, ended.stderr), (Some(1), expected(name)));
        place.write(&[&format!("-- .cargo/config.toml --\n[build]\nrustc-wrapper = \"{name}\"\n")]);
        let ended = place.run(&mut place.larder(&["cook"]));
        assert_eq!((ended.code, ended.stderr), (Some(1), expected(name)), "of the config");
    }
}
