//! Manifests that do not go together.

use super::common::{Place, registry};
use super::{APP, check};

/// A virtual workspace with one member; the root stands last.
const MEMBER: &str = r#"-- Cargo.lock --
version = 4

[[package]]
name = "app"
version = "1.0.0"
-- app/src/main.rs --
-- app/Cargo.toml --
[package] app 1.0.0
-- Cargo.toml --
"#;

#[test]
fn a_member_pattern_without_match_names_manifest_and_pattern() {
    let expected = "\
error: `workspace.members` of `Cargo.toml` has `crates/*`, which matches no directory
help: every manifest of the workspace is needed; add those that match, or remove the pattern
";
    check(&[MEMBER, "[workspace]\nmembers = [\"app\", \"crates/*\"]\n"], "prepare", expected);
}

#[test]
fn a_member_that_is_not_there_is_named() {
    let expected = "\
error: failed to load workspace member `web` of `Cargo.toml`

Caused by:
  no manifest at `web/Cargo.toml`
help: every manifest of the workspace is needed; add this one, or remove what refers to it
";
    check(&[MEMBER, "[workspace]\nmembers = [\"app\", \"web\"]\n"], "prepare", expected);
}

#[test]
fn a_directory_that_matches_without_a_manifest_is_named() {
    let expected = "\
error: failed to load workspace member `crates/*` of `Cargo.toml`

Caused by:
  no manifest at `crates/notes/Cargo.toml`
help: add it, or list `crates/notes` in `workspace.exclude`
";
    let notes = "-- crates/notes/README.md --\n";
    check(&[notes, MEMBER, "[workspace]\nmembers = [\"app\", \"crates/*\"]\n"], "prepare", expected);
}

#[test]
fn a_broken_manifest_of_a_member_is_named_with_its_line() {
    let expected = r"error: failed to load workspace member `w*` of `Cargo.toml`

Caused by:
  failed to parse manifest `web/Cargo.toml`
  TOML parse error at line 2, column 8
    |
  2 | name = 3
    |        ^
  invalid type: integer `3`, expected a string
";
    let web = "-- web/Cargo.toml --\n[package]\nname = 3\n";
    check(&[web, MEMBER, "[workspace]\nmembers = [\"app\", \"w*\"]\n"], "prepare", expected);
}

#[test]
fn a_pattern_that_cannot_be_parsed_is_shown_as_written() {
    let expected = "\
error: could not parse pattern `crates/***` in `Cargo.toml`: wildcards are either regular `*` or recursive `**`
";
    check(&[MEMBER, "[workspace]\nmembers = [\"crates/***\"]\n"], "prepare", expected);
}

#[test]
fn a_default_member_that_is_no_member_is_named() {
    let expected = "error: `web` is listed in `workspace.default-members` of `Cargo.toml` but is not a member\n";
    check(&[MEMBER, "[workspace]\nmembers = [\"app\"]\ndefault-members = [\"web\"]\n"], "prepare", expected);
}

#[test]
fn a_package_below_a_workspace_that_does_not_list_it_names_both() {
    let place = Place::new(&[MEMBER, "[workspace]\nmembers = []\n"]);
    let ended = place.run(place.larder(&["prepare"]).current_dir(place.dir().join("app")));
    let expected = "\
error: current package believes it is in a workspace when it is not:
current:   `Cargo.toml`
workspace: `[DIR]/Cargo.toml`
help: list it in `workspace.members` or `workspace.exclude` of the latter, or add an empty `[workspace]` table to the former
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}

#[test]
fn a_workspace_pointer_that_leads_nowhere_names_both_ends() {
    let expected = "\
error: `package.workspace` of `Cargo.toml` points to `[ROOT]/other/Cargo.toml`

Caused by:
  no manifest at `[ROOT]/other/Cargo.toml`
help: every manifest of the workspace is needed; add this one, or remove what refers to it
";
    check(&[APP, "workspace = \"../other\"\n"], "prepare", expected);
}

#[test]
fn a_workspace_pointer_to_a_mere_package_names_both_ends() {
    let other = "-- other/Cargo.toml --\n[package]\nname = \"other\"\n";
    let expected = "\
error: `package.workspace` of `Cargo.toml` points to `other/Cargo.toml`, which has no `[workspace]`
";
    check(&[other, APP, "workspace = \"other\"\n"], "prepare", expected);
}

#[test]
fn two_members_of_one_name_are_both_named() {
    let twin = "-- twin/src/lib.rs --\n-- twin/Cargo.toml --\n[package]\nname = \"app\"\n";
    let expected = "error: two packages named `app` in this workspace: `app` and `twin`\n";
    check(&[twin, MEMBER, "[workspace]\nmembers = [\"app\", \"twin\"]\n"], "prepare", expected);
}

#[test]
fn a_missing_path_dependency_names_who_wants_it() {
    let expected = "\
error: failed to load path dependency `util` of `Cargo.toml`

Caused by:
  no manifest at `util/Cargo.toml`
help: every manifest of the workspace is needed; add this one, or remove what refers to it
";
    check(&[APP, "[dependencies]\nutil = { path = \"util\" }\n"], "prepare", expected);
}

#[test]
fn causes_stand_below_each_other_and_help_stands_last() {
    let expected = "\
error: failed to load workspace member `web` of `Cargo.toml`

Caused by:
  failed to load path dependency `util` of `web/Cargo.toml`

Caused by:
  no manifest at `util/Cargo.toml`
help: every manifest of the workspace is needed; add this one, or remove what refers to it
";
    let web = "-- web/Cargo.toml --\n[package]\nname = \"web\"\n[dependencies]\nutil = { path = \"../util\" }\n";
    check(&[web, MEMBER, "[workspace]\nmembers = [\"app\", \"web\"]\n"], "prepare", expected);
}

#[test]
fn a_missing_path_dependency_outside_names_where_it_should_be() {
    let expected = "\
error: failed to load path dependency `util` of `Cargo.toml`

Caused by:
  no manifest at `[ROOT]/util/Cargo.toml`
help: every manifest of the workspace is needed; add this one, or remove what refers to it
";
    check(&[APP, "[dependencies]\nutil = { path = \"../util\" }\n"], "prepare", expected);
}

#[test]
fn a_path_dependency_that_is_no_package_says_so() {
    let expected = "\
error: failed to load path dependency `util` of `Cargo.toml`

Caused by:
  `util/Cargo.toml` is a virtual manifest: it has no `[package]`
";
    let util = "-- util/Cargo.toml --\n[workspace]\n";
    check(&[util, APP, "[dependencies]\nutil = { path = \"util\" }\n"], "prepare", expected);
}

#[test]
fn a_missing_patch_names_who_wants_it() {
    let expected = "\
error: failed to load patch `util` of `crates-io` in `Cargo.toml`

Caused by:
  no manifest at `util/Cargo.toml`
help: every manifest of the workspace is needed; add this one, or remove what refers to it
";
    check(&[APP, "[patch.crates-io]\nutil = { path = \"util\" }\n"], "prepare", expected);
}

#[test]
fn a_package_key_that_the_workspace_lacks_names_both_manifests() {
    let expected = "\
error: `web/Cargo.toml` inherits `package.version`, but `[workspace.package]` of `Cargo.toml` has no `version`
help: add it there, or write `version = \"…\"` in the package
";
    let web = "-- web/Cargo.toml --\n[package]\nname = \"web\"\nversion.workspace = true\n";
    check(&[web, MEMBER, "[workspace]\nmembers = [\"app\", \"web\"]\n"], "prepare", expected);
}

#[test]
fn a_package_key_without_effect_that_the_workspace_lacks_is_named_too() {
    let expected = "\
error: `Cargo.toml` inherits `package.license`, but `[workspace.package]` of `Cargo.toml` has no `license`
help: add it there, or set `license` in the package
";
    check(&[APP, "license.workspace = true\n[workspace]\n"], "prepare", expected);
}

#[test]
fn a_package_key_cannot_be_inherited_without_a_workspace() {
    let expected = "\
error: `Cargo.toml` inherits `package.license`, but it is in no workspace
help: set `license` in the package
";
    check(&[APP, "license.workspace = true\n"], "prepare", expected);
}

#[test]
fn a_version_cannot_be_inherited_without_a_workspace() {
    let expected = "\
error: `Cargo.toml` inherits `package.version`, but it is in no workspace
help: write `version = \"…\"` in the package
";
    check(&[APP, "-- Cargo.toml --\n[package]\nname = \"app\"\nversion.workspace = true\n"], "prepare", expected);
}

#[test]
fn a_dependency_that_the_workspace_lacks_names_both_manifests() {
    let expected = "\
error: `web/Cargo.toml` inherits the dependency `serde`, but `[workspace.dependencies]` of `Cargo.toml` has no `serde`
help: add `serde = \"<version>\"` there
";
    let web = "-- web/src/lib.rs --\n-- web/Cargo.toml --\n[package]\nname = \"web\"\n[dependencies]\nserde.workspace = true\n";
    check(&[web, MEMBER, "[workspace]\nmembers = [\"app\", \"web\"]\n"], "prepare", expected);
}

#[test]
fn a_dependency_cannot_be_inherited_without_a_workspace() {
    let expected = "\
error: `Cargo.toml` inherits the dependency `serde`, but it is in no workspace
help: write `serde = \"<version>\"`
";
    check(&[APP, "[dependencies]\nserde.workspace = true\n"], "prepare", expected);
}

#[test]
fn inheriting_can_only_be_true() {
    let expected = "error: `serde` in `Cargo.toml` has `workspace = false`; only `true` means something there\n";
    check(&[APP, "[dependencies]\nserde = { workspace = false }\n"], "prepare", expected);
}

#[test]
fn sources_that_are_too_many_to_travel_name_their_package_and_the_limit() {
    let lock = "-- Cargo.lock --\nversion = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"above\"]\n\n[[package]]\nname = \"below\"\nversion = \"1.0.0\"\n";
    let files = "-- below/Cargo.toml --\n[package]\nname = \"below\"\nversion = \"1.0.0\"\n-- below/src/lib.rs --\n-- src/main.rs --
-- Cargo.toml --
[package]
name = \"app\"
version = \"1.0.0\"
[dependencies]
above = \"1\"
[patch.crates-io]
below = { path = \"below\" }
";
    let place = Place::new(&[lock, &registry::entry("above", &["below"]), files]);
    let big = fs_err::File::create(place.dir().join("below/data")).expect("it is writable");
    big.file().set_len(9 << 20).expect("it is writable");
    let expected = "\
error: `below/Cargo.toml` is compiled below third-party crates, so its files travel in the recipe, and they are more than 8 MB
help: list what its build needs in `package.include`
";
    let ended = place.run(&mut place.larder(&["prepare", "--release"]));
    assert_eq!((ended.code, &*ended.stderr), (Some(1), expected));
    place.write(&["-- below/Cargo.toml --\n[package]\nname = \"below\"\nversion = \"1.0.0\"\ninclude = [\"src\"]\n"]);
    let ended = place.run(&mut place.larder(&["prepare", "--release"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// Each package reaches the next under two conditions, so that the ways to the last double with
/// each.
#[test]
fn conditions_that_double_with_each_package_come_to_an_end() {
    let mut files = String::from("-- Cargo.toml --\n[workspace]\nresolver = \"2\"\nmembers = [\"p*\"]\n");
    let mut lock = String::from("-- Cargo.lock --\nversion = 4\n");
    for i in 0..40 {
        let next = format!("p{}", i + 1);
        let table = |cfg: &str| format!("[target.'cfg({cfg}{i})'.dependencies]\n{next} = {{ path = \"../{next}\" }}\n");
        files.extend([&*format!("-- p{i}/src/lib.rs --\n-- p{i}/Cargo.toml --\n[package]\nname = \"p{i}\"\n")]);
        files.extend([table("x"), table("y")]);
        lock.extend([format!("[[package]]\nname = \"p{i}\"\nversion = \"0.0.0\"\ndependencies = [\"{next}\"]\n")]);
    }
    files += "-- p40/src/lib.rs --\n-- p40/Cargo.toml --\n[package]\nname = \"p40\"\n[dependencies]\nitoa = \"1\"\n";
    lock +=
        "[[package]]\nname = \"p40\"\nversion = \"0.0.0\"\ndependencies = [\"itoa\"]\n[[package]]\nname = \"itoa\"\n";
    lock += "version = \"1.0.0\"\nsource = \"registry+https://example.invalid/index\"\n";
    let place = Place::new(&[&files, &lock]);
    let started = std::time::Instant::now();
    let ended = place.run(&mut place.larder(&["prepare", "--release", "-p", "p0"]));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    let expected =
        "warning: too many platform conditions meet in one package; dependencies may be cooked that no platform";
    assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
    assert_eq!(ended.code, Some(0));
    assert!(place.read("recipe.json").contains("itoa = \\\"=1.0.0\\\""), "it is asked for unconditionally");
}

#[test]
fn a_member_of_another_workspace_names_both() {
    let expected = "\
error: package `web/Cargo.toml` is a member of the wrong workspace:
expected: `Cargo.toml`
actual:   `other/Cargo.toml`
help: list it in `workspace.exclude` of the former, or leave the latter without `[workspace]`
";
    let web = "-- web/src/lib.rs --\n-- web/Cargo.toml --\n[package]\nname = \"web\"\nworkspace = \"../other\"\n-- other/Cargo.toml --\n[workspace]\n";
    check(&[web, MEMBER, "[workspace]\nmembers = [\"app\", \"web\"]\n"], "prepare", expected);
}
