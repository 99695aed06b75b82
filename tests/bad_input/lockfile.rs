//! A lockfile that is missing, broken, too new, or behind the manifests.

use super::common::{CARGO, Place, registry};
use super::{APP, check};

/// A lockfile after which another text may follow, and a dependency to be added to the manifest.
const LOCK: &str = "-- Cargo.lock --\nversion = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";
const ITOA: &str = "[dependencies]\nitoa = \"1.0.5\"\n";

#[test]
fn a_missing_lockfile_without_cargo_names_the_command_that_makes_it() {
    let expected = "\
error: `Cargo.lock` is missing, and `/nowhere/cargo`, which could make one, cannot be started: No such file or directory (os error 2)
help: run `cargo generate-lockfile`, and keep the file under version control
";
    let app = APP.split_once("-- src/main.rs --").expect("it has a main.rs").1;
    let place = Place::new(&[&format!("-- src/main.rs --{app}")]);
    let ended = place.run(place.larder(&["prepare"]).env("CARGO", "/nowhere/cargo"));
    assert_eq!((ended.code, &*ended.stderr), (Some(1), expected));
}

#[test]
fn cargo_s_own_words_stand_where_it_cannot_make_the_lockfile() {
    let app = APP.split_once("-- src/main.rs --").expect("it has a main.rs").1;
    let place = Place::new(&[&format!("-- src/main.rs --{app}[dependencies]\nitoa = \"1\"\n")]);
    registry::put(&place, "other", "");
    let ended = place.run(&mut place.larder(&["cook", "--offline"]));
    assert_eq!(ended.code, Some(101), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: no matching package named `itoa` found\n"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("error:").count(), 1, "{}", ended.stderr);
}

#[test]
fn a_broken_lockfile_names_line_column_and_a_way_out() {
    let expected = "\
error: failed to parse lockfile `Cargo.lock`
TOML parse error at line 2, column 11
  |
2 | [[package]
  |           ^
unclosed array table, expected `]`
help: restore it from version control, or make a new one with `cargo generate-lockfile`
";
    check(&[APP, "-- Cargo.lock --\nversion = 4\n[[package]\n"], "prepare", expected);
}

#[test]
fn an_entry_without_version_is_shown_where_it_stands() {
    let expected = "\
error: failed to parse lockfile `Cargo.lock`
TOML parse error at line 2, column 1
  |
2 | [[package]]
  | ^^^^^^^^^^^
missing field `version`
help: restore it from version control, or make a new one with `cargo generate-lockfile`
";
    check(&[APP, "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\n"], "prepare", expected);
}

#[test]
fn a_merge_conflict_is_shown_where_it_begins() {
    let expected = "\
error: `Cargo.lock` holds a merge conflict: line 6 is `<<<<<<< HEAD`
help: take one side and let cargo fix it: `git checkout --theirs Cargo.lock && cargo update --workspace`
";
    let conflict = "<<<<<<< HEAD\ndependencies = [\"a\"]\n=======\ndependencies = [\"b\"]\n>>>>>>> topic\n";
    check(&[APP, LOCK, conflict], "prepare", expected);
}

#[test]
fn a_lockfile_of_a_later_version_names_those_that_are_known() {
    let expected = "\
error: `Cargo.lock` is of version 5, and this cargo-larder knows versions 1 to 4
help: use a newer cargo-larder, or write the lockfile again with an older cargo
";
    check(
        &[APP, "-- Cargo.lock --\nversion = 5\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n"],
        "prepare",
        expected,
    );
    // What else changed in that version does not matter.
    check(&[APP, "-- Cargo.lock --\nversion = 5\n[package]\napp = \"1.0.0\"\n"], "prepare", expected);
}

/// As in cargo, the missing entry is reported only for a package that depends on it.
#[test]
fn a_reference_to_an_entry_that_is_not_listed_is_left_out() {
    let itoa = registry::entry("itoa", &[]);
    let twice = "[[package]]\nname = \"itoa\"\nversion = \"2.0.0\"\n";
    for lock in [&["dependencies = [\"itoa\"]\n"][..], &["dependencies = [\"itoa\"]\n", &itoa, twice]] {
        goes_on(&[&[APP, LOCK], lock].concat());
        let place = app_and(&[&[APP, ITOA.replace("1.0.5", "1").as_str(), LOCK], lock].concat());
        let behind = "`Cargo.toml` depends on `itoa 1`, which the lockfile does not list for `app`";
        let expected =
            format!("error: `Cargo.lock` is behind the manifests: {behind}\nhelp: run `cargo update --workspace`\n");
        mended(&place, &expected);
    }
}

#[test]
fn what_a_third_party_package_lacks_in_the_lockfile_is_named_if_locked_and_else_completed() {
    let lock = [LOCK, "dependencies = [\"itoa\"]\n", &registry::entry("itoa", &["ryu"])].concat();
    let place = Place::new(&[APP, "[dependencies]\nitoa = \"1\"\n", &lock]);
    registry::put(&place, "itoa", "-- manifest --\n[dependencies]\nryu = \"1\"\n");
    registry::put(&place, "ryu", "");
    let ended = place.run(&mut place.larder(&["prepare", "--offline"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: `Cargo.lock` is behind the manifests: "), "{}", ended.stderr);
    assert!(place.read("recipe.json").contains("name = \\\"ryu\\\""), "{}", place.read("recipe.json"));
    let expected = "\
error: `Cargo.lock` is behind the manifests: `itoa 1.0.0` depends on `ryu`, which it does not list
help: run `cargo update --workspace`
";
    mended(&place, expected);
}

#[test]
fn a_new_member_is_named_with_the_command_that_mends_it() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: it does not list the package `web` of `web/Cargo.toml`
help: run `cargo update --workspace`
";
    let place = app_and(&[APP, "[workspace]\nmembers = [\"web\"]\n-- web/src/lib.rs --\n", WEB]);
    mended(&place, expected);
}

#[test]
fn a_new_dependency_is_named_with_the_command_that_mends_it() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: `Cargo.toml` depends on `itoa 1.0.5`, which the lockfile does not list for `app`
help: run `cargo update --workspace`
";
    mended(&app_and(&[APP, &ITOA.replace("1.0.5", "1")]), &expected.replace("1.0.5", "1"));
}

#[test]
fn a_new_renamed_dependency_is_named_as_the_registry_does() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: `Cargo.toml` depends on `itoa 1`, which the lockfile does not list for `app`
help: run `cargo update --workspace`
";
    mended(&app_and(&[APP, "[dev-dependencies]\nnumbers = { package = \"itoa\", version = \"1\" }\n"]), expected);
}

#[test]
fn a_new_dependency_that_another_member_has_is_named_if_locked() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: `web/Cargo.toml` depends on `itoa 1`, which the lockfile does not list for `web`
help: run `cargo update --workspace`
";
    let manifests =
        [APP, "[dependencies]\nitoa = \"1\"\n[workspace]\nmembers = [\"web\"]\n-- web/src/lib.rs --\n", WEB];
    let lock = "[[package]]\nname = \"web\"\nversion = \"1.0.0\"\n";
    let place = app_and(&[&manifests[..], &["[dependencies]\nitoa = \"1\"\n"]].concat());
    place.write(&[LOCK, "dependencies = [\"itoa\"]\n", &registry::entry("itoa", &[]), lock]);
    mended(&place, expected);
}

#[test]
fn a_bumped_requirement_is_named_with_what_is_locked() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: `Cargo.toml` depends on `itoa 1.0.5`, and the lockfile has `itoa 1.0.0`
help: run `cargo update --workspace`
";
    let lock = registry::entry("itoa", &[]);
    check(&[APP, ITOA, LOCK, "dependencies = [\"itoa\"]\n", &lock], "prepare --locked", expected);
}

#[test]
fn a_dependency_that_moved_to_git_is_named_with_what_is_locked() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: `Cargo.toml` depends on `itoa` from `https://example.invalid/itoa`, and the lockfile has `itoa 1.0.0` from a registry
help: run `cargo update --workspace`
";
    let lock = registry::entry("itoa", &[]);
    let moved = "[dependencies]\nitoa = { git = \"https://example.invalid/itoa\" }\n";
    check(&[APP, moved, LOCK, "dependencies = [\"itoa\"]\n", &lock], "prepare --locked", expected);
}

#[test]
fn a_patch_may_put_the_registry_in_the_place_of_git() {
    let git = "[dependencies]\nitoa = { git = \"https://example.invalid/itoa\" }\n";
    let patch = "[patch.'https://example.invalid/itoa']\nnumbers = { package = \"itoa\", version = \"1\" }\n";
    let lock = [LOCK, "dependencies = [\"itoa\"]\n", &registry::entry("itoa", &[])].concat();
    let in_config = format!("-- .cargo/config.toml --\n{patch}");
    for files in [[APP, git, patch, &lock], [APP, git, &in_config, &lock]] {
        let place = Place::new(&files);
        let ended = place.run(&mut place.larder(&["prepare"]));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

#[test]
fn locked_wants_a_lockfile() {
    let expected = "\
error: `Cargo.lock` is missing
help: run `cargo generate-lockfile`, and keep the file under version control
";
    let app = APP.split_once("-- src/main.rs --").expect("it has a main.rs").1;
    for args in ["prepare --locked", "prepare --frozen", "cook --locked"] {
        check(&[&format!("-- src/main.rs --{app}")], args, expected);
    }
}

#[test]
fn a_version_of_a_member_that_ran_ahead_is_named_if_locked() {
    let expected = "\
error: `Cargo.lock` is behind the manifests: `app` of `Cargo.toml` is 1.0.0, and the lockfile has 0.9.0
help: run `cargo update --workspace`
";
    let lock = "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"0.9.0\"\n";
    mended(&app_and(&[APP, lock]), expected);
}

/// `prepare` succeeds without a message, and without cargo.
fn goes_on(files: &[&str]) {
    for scope in [&["prepare"][..], &["prepare", "--release"]] {
        let place = Place::new(files);
        let lock = place.read("Cargo.lock");
        let ended = place.run(place.larder(scope).env("CARGO", "/nowhere/cargo"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
        assert_eq!(place.read("Cargo.lock"), lock);
    }
}

#[test]
fn a_lockfile_that_lacks_no_third_party_package_serves() {
    let web = "[workspace]\nmembers = [\"web\"]\n-- web/src/lib.rs --\n";
    goes_on(&[APP, web, WEB]);
    goes_on(&[APP, web, WEB, "[dependencies]\napp = { path = \"..\" }\n"]);
    goes_on(&[APP, "-- Cargo.lock --\n"]);
    goes_on(&[APP, "-- Cargo.lock --\nversion = 4\n"]);
    // The new member asks for no more than another one did.
    let lock = [LOCK, "dependencies = [\"itoa\"]\n", &registry::entry("itoa", &[])].concat();
    goes_on(&[APP, "[dependencies]\nitoa = \"1\"\n", web, WEB, "[dependencies]\nitoa = \"1.0\"\n", &lock]);
}

#[test]
fn a_lockfile_that_lacks_a_third_party_package_is_completed_in_a_copy() {
    let more = "ryu = { version = \"1\", optional = true }\n";
    let lock = [LOCK, "dependencies = [\"itoa\"]\n", &registry::entry("itoa", &[])].concat();
    for lock in [&*lock, "-- Cargo.lock --\n", LOCK] {
        let place = app_and(&[APP, "[dependencies]\nitoa = \"1\"\n", more, lock]);
        registry::put(&place, "ryu", "");
        let before = place.read("Cargo.lock");
        let ended = place.run(&mut place.larder(&["prepare", "--offline", "--all-features"]));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("warning: `Cargo.lock` is behind the manifests: "), "{}", ended.stderr);
        assert!(ended.stderr.contains("\nhelp: run `cargo update --workspace`\n"), "{}", ended.stderr);
        assert!(place.read("recipe.json").contains("name = \\\"ryu\\\""), "{}", place.read("recipe.json"));
        assert_eq!(place.read("Cargo.lock"), before);
        assert_eq!(place.left_behind(), [""; 0]);
    }
}

#[test]
fn an_entry_without_a_source_is_never_asked_of_a_registry() {
    // `ryu` was a local package, and `itoa` depended on it by a patch that is gone.
    let local = "[[package]]\nname = \"ryu\"\nversion = \"1.0.0\"\n";
    let itoa = registry::entry("itoa", &["ryu"]);
    let expected = "\
error: `Cargo.lock` is behind the manifests: it lists `ryu 1.0.0` as a local package, which is not there
help: run `cargo update --workspace`
";
    let lock = [LOCK, "dependencies = [\"itoa\"]\n", &itoa, local].concat();
    check(&[APP, "[dependencies]\nitoa = \"1\"\n", &lock], "prepare --locked", expected);
    let expected = "\
error: `Cargo.lock` is behind the manifests: `Cargo.toml` depends on `ryu 1`, and the lockfile has it as a local package, which is not there
help: run `cargo update --workspace`
";
    let lock = [LOCK, "dependencies = [\"ryu\"]\n", local].concat();
    check(&[APP, "[dependencies]\nryu = \"1\"\n", &lock], "prepare --locked", expected);
}

#[test]
fn a_version_of_a_member_may_run_ahead_of_the_lockfile() {
    let place = Place::new(&[APP, "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"0.9.0\"\n"]);
    assert_eq!(place.run(&mut place.larder(&["prepare"])).code, Some(0));
}

const WEB: &str = "-- web/Cargo.toml --\n[package]\nname = \"web\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";

/// A place with a registry that holds `itoa`.
fn app_and(files: &[&str]) -> Place {
    let place = Place::new(files);
    registry::put(&place, "itoa", "");
    place
}

/// `prepare --locked` fails with this, and succeeds once the command that the help names has run.
fn mended(place: &Place, stderr: &str) {
    let prepare = || place.run(&mut place.larder(&["prepare", "--locked"]));
    let refused = prepare();
    assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), stderr));
    let command = stderr.rsplit('`').nth(1).expect("the help names a command");
    let words = command.strip_prefix("cargo ").expect("it is one of cargo's").split(' ');
    let update = place.run(place.command(&*CARGO).args(words).arg("--offline"));
    assert_eq!(update.code, Some(0), "{}", update.stderr);
    let prepared = prepare();
    assert_eq!(prepared.code, Some(0), "{}", prepared.stderr);
}

#[test]
fn a_patched_package_of_another_version_is_named() {
    let files = r#"-- Cargo.toml --
[package] app 1.0.0
[dependencies]
outer = "1"
[patch.crates-io]
inner = { path = "inner" }
-- src/main.rs --
-- inner/Cargo.toml --
[package] inner 1.1.0
-- inner/src/lib.rs --
-- Cargo.lock --
version = 4
[[package]]
name = "app"
version = "1.0.0"
dependencies = ["outer"]
[[package]]
name = "inner"
version = "1.0.0"
[[package]]
name = "outer"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "0000000000000000000000000000000000000000000000000000000000000000"
dependencies = ["inner"]
"#;
    let expected = "\
error: `Cargo.lock` is behind the manifests: `inner` in `inner` is 1.1.0, and the lockfile has 1.0.0
help: run `cargo update --workspace`
";
    check(&[files], "prepare --locked", expected);
}

#[test]
fn a_value_with_a_quote_stays_one_value() {
    let quoted = r#"-- Cargo.lock --
version = 4
[[package]]
name = "app"
version = "1.0.0"
dependencies = ["itoa"]
[[package]]
name = "itoa"
version = "1.0.5"
source = "registry+https://example.invalid/\"\nsource2 = \"x"
checksum = "00\"\nsource3 = \"x"
"#;
    let place = Place::new(&[APP, ITOA, quoted]);
    for scope in [&["prepare"][..], &["prepare", "--release"]] {
        assert_eq!(place.run(&mut place.larder(scope)).code, Some(0));
        let recipe = cargo_larder::recipe::decode("recipe.json", &place.read("recipe.json")).expect("a recipe");
        let lock = std::str::from_utf8(&recipe.files["Cargo.lock"]).expect("text");
        let lock = cargo_larder::workspace::lockfile::parse("Cargo.lock", lock).expect("a lockfile");
        let itoa = lock.packages.iter().find(|p| p.name == "itoa").expect("it is listed");
        assert_eq!(itoa.checksum.as_deref(), Some("00\"\nsource3 = \"x"));
        assert_eq!(itoa.source.as_deref(), Some("registry+https://example.invalid/\"\nsource2 = \"x"));
    }
}
