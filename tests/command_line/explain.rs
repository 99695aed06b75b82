//! Why a recipe changed: one transcript for each kind of line.

use super::{Place, succeed};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A workspace of two members. `web` has a build script.
pub const WORKSPACE: &str = r#"-- Cargo.toml --
[workspace]
members = ["crates/*"]
resolver = "2"
-- crates/api/src/lib.rs --
-- crates/api/Cargo.toml --
[package]
name = "api"
version = "0.1.0"
edition = "2021"
[dependencies]
tokio = { version = "1", default-features = false }
serde = "1"
-- crates/web/src/main.rs --
-- crates/web/build.rs --
-- crates/web/Cargo.toml --
[package]
name = "web"
version = "0.1.0"
edition = "2021"
[dependencies]
api = { path = "../api" }
"#;

/// One entry of a lockfile: `name version: dependency dependency`, and `name version` without a
/// colon for a local package.
pub fn lock(entries: &[&str]) -> String {
    let mut text = "-- Cargo.lock --\nversion = 4\n".to_owned();
    for entry in entries {
        let (package, below) = entry.split_once(':').unwrap_or((entry, ""));
        let (name, version) = package.trim().split_once(' ').expect("a name and a version");
        let (version, is_local) = (version.trim_end_matches(" local"), version.ends_with(" local"));
        let source = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n";
        let below: Vec<String> = below.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
        let _ = write!(text, "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        text += if is_local { "" } else { source };
        let _ = writeln!(text, "dependencies = {below:?}");
    }
    text
}

pub const LOCK: &[&str] = &[
    "api 0.1.0 local: tokio, serde",
    "web 0.1.0 local: api",
    "tokio 1.0.0: bytes",
    "bytes 1.0.0: libc",
    "libc 0.2.0:",
    "serde 1.0.1:",
];

/// Two recipes of a workspace before and after an edit, as `old.json` and `recipe.json`.
struct Edit {
    place: Place,
}

impl Edit {
    /// Prepares with these flags before and after the files are written.
    fn of(flags: &[&str], files: &[&str]) -> Self {
        let place = Place::new(&[WORKSPACE, &lock(LOCK)]);
        let edit = Edit { place };
        edit.prepare("old.json", flags);
        edit.place.write(files);
        edit.prepare("recipe.json", flags);
        edit
    }

    fn prepare(&self, path: &str, flags: &[&str]) {
        succeed(&self.place, &mut self.place.larder(&[&["prepare", "--recipe-path", path], flags].concat()));
    }

    /// What `explain` prints below the first line, less the spaces in front.
    fn lines(&self, args: &[&str]) -> Vec<String> {
        let ended = succeed(&self.place, &mut self.place.larder(&[&["explain", "old.json"], args].concat()));
        assert_eq!(ended.stderr, "");
        ended.stdout.lines().skip(1).map(|line| line.trim().to_owned()).collect()
    }
}

/// Checks the explanation of an edit, in a scoped recipe and in an unscoped one.
fn explains(files: &[&str], scoped: &[&str], unscoped: &[&str]) {
    for (flags, expected) in [(&["--release"][..], scoped), (&[], unscoped)] {
        assert_eq!(Edit::of(flags, files).lines(&[]), expected, "{flags:?}");
    }
}

/// The lockfile with other entries in place of those of the same names.
pub fn relock(entries: &[&str]) -> String {
    let name = |entry: &str| entry.split(' ').next().unwrap_or_default().to_owned();
    let is_replaced = |entry: &&&str| entries.iter().any(|it| name(it) == name(entry));
    let kept: Vec<&str> = LOCK.iter().filter(|entry| !is_replaced(entry)).copied().collect();
    lock(&[&kept, entries].concat())
}

pub fn manifest(member: &str, text: &str) -> String {
    format!(
        "-- crates/{member}/Cargo.toml --\n[package]\nname = \"{member}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{text}"
    )
}

pub const API: &str = "[dependencies]\ntokio = { version = \"1\", default-features = false }\nserde = \"1\"\n";

#[test]
fn an_update_names_both_versions_and_who_asks() {
    explains(
        &[&relock(&["serde 1.0.2:"])],
        &["~ serde 1.0.1 → 1.0.2: touches 1 package"],
        &["~ serde 1.0.1 → 1.0.2 (api): touches 1 package"],
    );
    // What is above is compiled again, too.
    let expected = ["~ libc 0.2.0 → 0.2.1: touches 3 packages"];
    explains(&[&relock(&["libc 0.2.1:"])], &expected, &expected);
}

#[test]
fn an_update_says_what_it_brings_and_drops() {
    let entries =
        ["serde 1.0.2: serde_core, serde_derive", "serde_core 1.0.2:", "serde_derive 1.0.2: syn", "syn 2.0.0:"];
    let edit = Edit::of(&["--release"], &[&relock(&entries)]);
    let names = "serde_core 1.0.2, serde_derive 1.0.2, syn 2.0.0";
    assert_eq!(edit.lines(&[]), [format!("~ serde 1.0.1 → 1.0.2, brings 3 packages: {names}: touches 4 packages")]);
    let more = [&entries[..2], &["serde_derive 1.0.2: syn, quote", "syn 2.0.0:", "quote 1.0.0:"]].concat();
    let edit = Edit::of(&["--release"], &[&relock(&more)]);
    assert_eq!(edit.lines(&[]), ["~ serde 1.0.1 → 1.0.2, brings 4 packages: touches 5 packages"]);
    assert_eq!(
        edit.lines(&["-v"]),
        [
            "~ serde 1.0.1 → 1.0.2, brings 4 packages: quote 1.0.0, serde_core 1.0.2, serde_derive 1.0.2, syn 2.0.0: touches 5 packages"
        ]
    );
    let dropped = relock(&["bytes 1.0.1:"]).replace("name = \"libc\"", "name = \"unused\"");
    let expected = ["~ bytes 1.0.0 → 1.0.1, drops 1 package: libc 0.2.0: touches 2 packages"];
    explains(&[&dropped], &expected, &expected);
}

#[test]
fn a_new_package_names_who_asks_and_how_many_it_brings() {
    let files = [
        manifest("web", "[dependencies]\napi = { path = \"../api\" }\nreqwest = \"0.12\"\n"),
        relock(&["web 0.1.0 local: api, reqwest", "reqwest 0.12.0: hyper, tokio", "hyper 1.0.0: http", "http 1.0.0:"]),
    ];
    let brings = "brings 2 packages: http 1.0.0, hyper 1.0.0: touches 3 packages";
    explains(
        &[&files[0], &files[1]],
        &[&format!("+ reqwest 0.12.0 is new, {brings}")],
        &[&format!("+ reqwest 0.12.0 is new (web), {brings}")],
    );
}

#[test]
fn a_removed_package_names_what_goes_with_it() {
    let files = [
        manifest("api", "[dependencies]\nserde = \"1\"\n"),
        lock(&["api 0.1.0 local: serde", "web 0.1.0 local: api", "serde 1.0.1:"]),
    ];
    let went = "with 2 packages: bytes 1.0.0, libc 0.2.0";
    explains(
        &[&files[0], &files[1]],
        &[&format!("- tokio 1.0.0 is gone, {went}")],
        &[&format!("- tokio 1.0.0 is gone (api), {went}")],
    );
}

#[test]
fn features_are_named_with_who_asks() {
    let more = manifest("api", &API.replace("default-features = false", "features = [\"fs\", \"net\"]"));
    explains(
        &[&more],
        &["+ tokio gains features default, fs, net: touches 1 package"],
        &["+ tokio gains features default, fs, net (asked by api): touches 1 package"],
    );
    let fewer = manifest(
        "api",
        &API.replace("serde = \"1\"", "serde = { version = \"1\", default-features = false, features = [\"rc\"] }"),
    );
    explains(
        &[&fewer],
        &["~ serde gains feature rc and loses feature default: touches 1 package"],
        &["~ serde gains feature rc and loses feature default (asked by api): touches 1 package"],
    );
}

#[test]
fn a_package_that_a_feature_needs_is_explained_by_the_feature() {
    let files = [
        manifest("api", &API.replace("default-features = false", "default-features = false, features = [\"net\"]")),
        relock(&["tokio 1.0.0: bytes, mio", "mio 1.0.0:"]),
    ];
    let edit = Edit::of(&["--release"], &[&files[0], &files[1]]);
    assert_eq!(edit.lines(&[]), ["+ tokio gains feature net, brings 1 package: mio 1.0.0: touches 2 packages"]);
}

#[test]
fn a_place_is_named_where_a_package_is_required() {
    let build = manifest("web", "[dependencies]\napi = { path = \"../api\" }\n[build-dependencies]\nserde = \"1\"\n");
    let locked = relock(&["web 0.1.0 local: api, serde"]);
    explains(
        &[&build, &locked],
        &["+ serde is now required for the host: touches 1 package"],
        &["+ serde is now required by web in its build script: touches 1 package", "+ build script of web now counts"],
    );
    let unix = manifest("api", &API.replace("serde = \"1\"", "[target.'cfg(unix)'.dependencies]\nserde = \"1\""));
    explains(
        &[&unix],
        &["~ serde is now required under `cfg(unix)` and is no longer required for the target: touches 1 package"],
        &["~ serde is now required by api under `cfg(unix)` and is no longer required by api: touches 1 package"],
    );
    let direct = manifest("api", &format!("{API}libc = \"0.2\"\n"));
    explains(
        &[&direct, &relock(&["api 0.1.0 local: tokio, serde, libc"])],
        &["+ libc is now required directly"],
        &["+ libc is now required by api"],
    );
}

#[test]
fn another_resolution_below_a_package_is_explained() {
    let two = |of_tokio: &str| {
        lock(&[
            "api 0.1.0 local: tokio, serde",
            "web 0.1.0 local: api",
            &format!("tokio 1.0.0: {of_tokio}"),
            "libc 0.1.0:",
            "libc 0.2.0:",
            "serde 1.0.1: libc 0.1.0, libc 0.2.0",
        ])
    };
    let place = Place::new(&[WORKSPACE, &two("libc 0.1.0")]);
    let edit = Edit { place };
    edit.prepare("old.json", &["--release"]);
    edit.place.write(&[&two("libc 0.2.0")]);
    edit.prepare("recipe.json", &["--release"]);
    assert_eq!(edit.lines(&[]), ["~ tokio uses libc 0.2.0 instead of 0.1.0: touches 1 package"]);
}

#[test]
fn another_source_or_checksum_is_explained() {
    let elsewhere = relock(&[]).replace(
        "name = \"serde\"\nversion = \"1.0.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"",
        "name = \"serde\"\nversion = \"1.0.1\"\nsource = \"git+https://me:secret@example.invalid/serde#0123\"",
    );
    let elsewhere = elsewhere.replace("checksum = \"00\"\ndependencies = []\n\n[[package]]\nname = \"web\"", "");
    let patch = "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n[patch.crates-io]\nserde = { git = \"https://me:secret@example.invalid/serde\" }\n";
    let edit = Edit::of(&["--release"], &[&elsewhere, patch]);
    let lines = edit.lines(&[]);
    assert_eq!(
        lines,
        [
            "~ serde 1.0.1 from https://github.com/rust-lang/crates.io-index → 1.0.1 from git+https://…@example.invalid/serde#0123: touches 1 package",
            "+ patch crates-io.serde.git: not set → \"https://…@example.invalid/serde\""
        ]
    );
    let other = relock(&[]).replacen("checksum = \"00\"", "checksum = \"11\"", 1);
    let lines = Edit::of(&["--release"], &[&other]).lines(&[]);
    assert!(lines[0].contains(" has another checksum, with the same version: touches "), "{lines:?}");
}

#[test]
fn settings_are_explained_key_by_key() {
    let toml = "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n[profile.release]\nlto = \"fat\"\n[profile.release.package.bytes]\nopt-level = 1\n";
    let files = "-- .cargo/config.toml --\n[build]\nrustflags = [\"-Ctarget-cpu=native\"]\n[env]\nPKG = \"a\"\nMY_TOKEN = \"hunter2\"\n[net]\nretry = 3\n-- rust-toolchain.toml --\n[toolchain]\nchannel = \"1.95\"\ncomponents = [\"clippy\"]\n";
    let edit = Edit::of(&["--release"], &[toml, files]);
    assert_eq!(
        edit.lines(&[]),
        [
            "+ toolchain file, channel: not set → 1.95: touches all 4 packages",
            "+ profile release: lto not set → fat: touches all 4 packages",
            "+ config build.rustflags: not set → [\"-Ctarget-cpu=native\"]: touches all 4 packages",
            "+ environment variable MY_TOKEN of the config: not set → a secret, hidden as well: touches all 4 packages",
            "+ environment variable PKG of the config: not set → a: touches all 4 packages",
            "+ profile release: package.bytes.opt-level not set → 1: touches 2 packages",
            "+ toolchain file, components: not set → [\"clippy\"]",
            "+ config net.retry: not set → 3",
        ]
    );
}

#[test]
fn members_of_an_unscoped_recipe_are_explained() {
    let features =
        manifest("api", &API.replace("[dependencies]", "[features]\nfull = [\"tokio/net\"]\n[dependencies]"));
    explains(&[&features], &[], &["+ feature full of api is new, activates tokio/net"]);
    let member = "-- crates/cli/src/main.rs --\n-- crates/cli/Cargo.toml --\n[package]\nname = \"cli\"\nversion = \"0.1.0\"\n[dependencies]\nserde = \"1\"\n";
    let locked = relock(&["cli 0.1.0 local: serde"]);
    let names = "~ binary names of web: any name → `web`"; // two packages have one
    explains(&[member, &locked], &[], &["+ local package cli is new, requires 1 package", names]);
    let default = "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\ndefault-members = [\"crates/api\"]\nresolver = \"2\"\n";
    explains(&[default], &["- tokio"; 0], &["- a build without `-p` no longer selects web"]);
    let local = manifest(
        "web",
        "[dependencies]\napi = { path = \"../api\", optional = true }\n[features]\nmore = [\"dep:api\"]\n",
    );
    let expected =
        ["+ feature more of web is new, activates dep:api", "+ api `optional`: not set → true (asked by web)"];
    let lines = Edit::of(&[], &[&local]).lines(&[]);
    assert_eq!(lines.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    let types = manifest("api", &format!("[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n{API}"));
    let lines = Edit::of(&[], &[&types]).lines(&[]);
    assert!(lines[0].starts_with("~ library of api: "), "{lines:?}");
    let key = manifest("api", &format!("links = \"z\"\n{API}"));
    let lines = Edit::of(&[], &[&key, "-- crates/api/build.rs --\n"]).lines(&[]);
    assert_eq!(lines, [""; 0], "`links` of a local package reaches no other");
}

#[test]
fn another_build_is_explained() {
    let place = Place::new(&[WORKSPACE, &lock(LOCK)]);
    let edit = Edit { place };
    edit.prepare("old.json", &["--release"]);
    edit.prepare("recipe.json", &["--release", "--host", "x86_64-unknown-linux-gnu", "--tests"]);
    assert_eq!(
        edit.lines(&[]),
        [
            "~ build: cargo build --release → cargo build --tests --release",
            "+ host: not set → x86_64-unknown-linux-gnu"
        ]
    );
    edit.prepare("recipe.json", &[]);
    assert_eq!(edit.lines(&[]), ["~ build: cargo build --release → any build"]);
}

#[test]
fn sources_of_a_patched_package_are_explained() {
    let patch = "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"vendored\"]\nresolver = \"2\"\n[patch.crates-io]\nlibc = { path = \"vendored/libc\" }\n";
    let source = "-- vendored/libc/src/lib.rs --\n-- vendored/libc/Cargo.toml --\n[package]\nname = \"libc\"\nversion = \"0.2.0\"\n";
    let locked = relock(&["libc 0.2.0 local:"]);
    for flags in [&["--release"][..], &[]] {
        let edit = Edit::of(flags, &[patch, source, &locked]);
        assert_eq!(
            edit.lines(&[]),
            [
                "~ libc 0.2.0 from https://github.com/rust-lang/crates.io-index → 0.2.0 from a local directory: touches 3 packages",
                "+ patched package vendored/libc is new, its sources travel in the recipe: touches 3 packages",
                "+ patch crates-io.libc.path: not set → vendored/libc",
            ],
            "{flags:?}"
        );
        edit.prepare("old.json", flags);
        edit.place.write(&["-- vendored/libc/src/lib.rs --\n// other\n-- vendored/libc/src/more.rs --\n"]);
        edit.prepare("recipe.json", flags);
        let expected =
            "+ files of patched package vendored/libc: other: src/lib.rs; new: src/more.rs: touches 3 packages";
        assert_eq!(edit.lines(&[])[0].trim_start_matches(['+', '~', ' ']), expected.trim_start_matches("+ "));
    }
}

#[test]
fn the_first_line_names_both_recipes_and_counts() {
    let edit = Edit::of(&["--release"], &[&relock(&["serde 1.0.2:", "libc 0.2.1:"])]);
    let print = |args: &[&str]| succeed(&edit.place, &mut edit.place.larder(args)).stdout;
    let first = |args: &[&str]| print(args).lines().next().map(str::to_owned);
    let counts = "2 changes, which touch 4 of 4 packages";
    assert_eq!(first(&["explain", "old.json"]), Some(format!("old.json → recipe.json: {counts}")));
    assert_eq!(first(&["explain", "recipe.json", "old.json"]), Some(format!("recipe.json → old.json: {counts}")));
    let same = "No difference between recipe.json and recipe.json\n";
    assert_eq!(print(&["explain", "recipe.json", "recipe.json"]), same);
    // Without a recipe.json, the workspace counts.
    fs_err::remove_file(edit.place.dir().join("recipe.json")).expect("it is ours");
    assert_eq!(first(&["explain", "old.json"]), Some(format!("old.json → this workspace: {counts}")));
}

#[test]
fn the_answer_can_be_json_and_coloured() {
    let edit = Edit::of(&["--release"], &[&relock(&["serde 1.0.2:"])]);
    let print =
        |args: &[&str]| succeed(&edit.place, &mut edit.place.larder(&[&["explain", "old.json"], args].concat())).stdout;
    let json: serde_json::Value = serde_json::from_str(&print(&["--format", "json"])).expect("it is JSON");
    let expected = serde_json::json!({
        "format": 1, "old": "old.json", "new": "recipe.json", "same": false, "packages": 4, "touched": 1,
        "changes": [{ "kind": "updated", "subject": "serde", "old": "1.0.1", "new": "1.0.2", "touches": 1 }],
    });
    assert_eq!(json, expected);
    let coloured = "\u{1b}[33m~ serde 1.0.1 → 1.0.2\u{1b}[0m\u{1b}[2m: touches 1 package\u{1b}[0m";
    assert!(print(&["--color", "always"]).contains(coloured));
    assert!(!print(&[]).contains('\u{1b}'), "it is not a terminal");
}

#[test]
fn recipes_of_another_format_are_explained_by_the_format() {
    let edit = Edit::of(&["--release"], &[]);
    let text = edit.place.read("old.json").replace("\"format\": 3", "\"format\": 2");
    edit.place.write(&[&format!("-- old.json --\n{text}")]);
    assert_eq!(edit.lines(&[]), ["~ recipe format 2 → 3"]);
}

#[test]
fn the_same_recipe_in_other_bytes_is_a_difference() {
    let edit = Edit::of(&["--release"], &[]);
    let text = edit.place.read("old.json").replace('\n', " ");
    edit.place.write(&[&format!("-- old.json --\n{text}")]);
    assert_eq!(edit.lines(&[]), ["~ recipe.json is written differently, and means the same"]);
}

#[test]
fn a_recipe_that_is_missing_or_none_is_refused() {
    let edit = Edit::of(&["--release"], &["-- none.json --\n{}\n"]);
    let fails = |args: &[&str]| {
        let ended = edit.place.run(&mut edit.place.larder(&[&["explain"], args].concat()));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        ended.stderr
    };
    let missing =
        "error: recipe `x.json` does not exist\nhelp: make it with `cargo larder prepare --recipe-path x.json`\n";
    assert_eq!(fails(&["x.json"]), missing);
    assert_eq!(fails(&["old.json", "x.json"]), missing);
    assert!(
        fails(&["old.json", "none.json"]).starts_with("error: recipe `none.json` is not a recipe: it has no `format`")
    );
}
