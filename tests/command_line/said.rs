//! Messages of `prepare` and `cook` about what they did, and about a recipe of another workspace.

use super::common::{Ended, fake_cargo, registry};
use super::{APP, Place, cook, prepare, succeed};

/// A package with three dependencies, one of which is for tests.
fn with_dependencies() -> Place {
    let place = Place::new(&[APP, "[dependencies]\none = \"1\"\ntwo = \"1\"\n[dev-dependencies]\nthree = \"1\"\n"]);
    lock(&place, &["one", "two", "three"]);
    place
}

fn lock(place: &Place, names: &[&str]) {
    let app = format!("version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = {names:?}\n");
    let entries: String = names.iter().map(|name| registry::entry(name, &[])).collect();
    place.write(&[&format!("-- Cargo.lock --\n{app}{entries}")]);
}

fn says(place: &Place, args: &[&str], expected: &str) {
    let Ended { stderr, .. } = succeed(place, &mut fake_cargo::larder(place, args));
    assert_eq!(stderr, expected, "{args:?}");
}

#[test]
fn prepare_says_for_which_build_how_many_packages_and_what_is_next() {
    let place = with_dependencies();
    let expected = "    Prepared recipe.json for cargo build --release: 2 of 3 packages; next: `cargo larder cook`\n";
    says(&place, &["prepare", "--release"], expected);
    says(&place, &["prepare", "--release"], &expected.replace("recipe.json", "recipe.json (unchanged)"));
    let path = ["--recipe-path", "my recipe.json"];
    let expected = "    Prepared my recipe.json for any build: 3 of 3 packages; next: `cargo larder cook --recipe-path 'my recipe.json'`\n";
    says(&place, &[&["prepare"], &path[..]].concat(), expected);
    let expected = "    Prepared check.json for cargo check --tests: 3 of 3 packages; next: `cargo larder cook --recipe-path check.json`\n";
    says(&place, &["prepare", "--check", "--tests", "--recipe-path", "check.json"], expected);
}

#[test]
fn prepare_says_at_length_what_is_left_out() {
    let place = with_dependencies();
    let ended = succeed(&place, &mut place.larder(&["prepare", "-v", "--release"]));
    assert!(ended.stderr.starts_with("note: left out: three 1.0.0\n"), "{}", ended.stderr);
}

#[test]
fn cook_warns_of_a_recipe_for_another_host() {
    let place = with_dependencies();
    let warns = |flags: &[&str], host: &str| {
        succeed(&place, &mut place.larder(&[&["prepare", "--release"], flags].concat()));
        let rustc = place.root().join("bin/rustc");
        super::common::write(&rustc, &format!("#!/bin/sh\necho 'rustc 1.0.0'\necho 'host: {host}'\n"));
        fs_err::set_permissions(&rustc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
        let ended = place.run(fake_cargo::larder(&place, &["cook"]).env("RUSTC", &rustc));
        ended.stderr.contains(&format!(
            "warning: the recipe was prepared for the host `x86_64-unknown-linux-gnu`, and this one is `{host}`"
        ))
    };
    let named = ["--host", "x86_64-unknown-linux-gnu"];
    assert!(warns(&named, "aarch64-unknown-linux-gnu"));
    assert!(!warns(&named, "x86_64-unknown-linux-gnu"));
    assert!(!warns(&[], "aarch64-unknown-linux-gnu"), "none was named");
}

#[test]
fn prepare_warns_of_a_package_whose_root_is_not_above_it() {
    let root = "-- ws/Cargo.toml --\n[workspace]\nmembers = [\"../app\"]\n";
    let app = "-- app/src/main.rs --\n-- app/Cargo.toml --\n[package]\nname = \"app\"\nversion = \"1.0.0\"\nworkspace = \"../ws\"\n";
    let place = Place::new(&[
        root,
        app,
        "-- ws/Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n",
    ]);
    let warning = "warning: `package.workspace` points to `ws`, which is not above the package";
    let said = |manifest: &str| succeed(&place, &mut place.larder(&["prepare", "--manifest-path", manifest])).stderr;
    assert!(said("app/Cargo.toml").contains(warning), "{}", said("app/Cargo.toml"));
    assert!(!said("ws/Cargo.toml").contains(warning));
}

#[test]
fn prepare_warns_of_a_recipe_for_another_build_that_it_replaces() {
    let place = with_dependencies();
    let warning = |args: &[&str]| {
        let ended = succeed(&place, &mut place.larder(&[&["prepare"], args].concat()));
        ended.stderr.lines().find_map(|line| line.strip_prefix("warning: ")).map(str::to_owned)
    };
    let replaced = |other: &str| Some(format!("recipe `recipe.json` was prepared for {other}, and is replaced"));
    assert_eq!(warning(&["--release"]), None);
    assert_eq!(warning(&["--release"]), None);
    assert_eq!(warning(&["-p", "app"]), replaced("`cargo build --release`"));
    assert_eq!(warning(&[]), replaced("`cargo build -p app`"));
    assert_eq!(warning(&["--host", "x86_64-unknown-linux-gnu"]), replaced("any build"));
    assert_eq!(warning(&["--tests"]), replaced("`cargo build` on `x86_64-unknown-linux-gnu`"));
    lock(&place, &["one", "two", "three", "four"]);
    assert_eq!(warning(&["--tests"]), None, "a recipe for the same build is what is to be replaced");
    place.write(&["-- recipe.json --\n{\"skeleton\": {}}\n"]);
    assert_eq!(warning(&[]), None, "what is none of ours is not looked into");
}

/// Returns the warnings of `cook`: everything before its last line.
fn warned(place: &Place, args: &[&str]) -> String {
    let said = cook(place, args).stderr;
    said.rsplit_once("      Cooked for ").expect("the last line").0.to_owned()
}

#[test]
fn cook_says_nothing_of_a_recipe_that_is_of_the_workspace() {
    for flags in [&[][..], &["--release"], &["--host", "x86_64-unknown-linux-gnu", "--tests"]] {
        let place = with_dependencies();
        prepare(&place, flags);
        let said = warned(&place, &[]);
        assert!(!said.contains("does not match the workspace"), "{said}");
        // Nor where there is no workspace yet, or a part of one.
        fs_err::remove_file(place.dir().join("Cargo.lock")).expect("it is there");
        assert!(!warned(&place, &[]).contains("does not match the workspace"));
        fs_err::remove_file(place.dir().join("Cargo.toml")).expect("it is there");
        assert!(!warned(&place, &[]).contains("does not match the workspace"));
    }
}

#[test]
fn cook_warns_of_a_recipe_that_is_older_than_a_dependency() {
    for (flags, again) in [
        (&[][..], "cargo larder prepare"),
        (&["--release", "-p", "app"], "cargo larder prepare -p app --release"),
        (
            &["--tests", "--host", "x86_64-unknown-linux-gnu"],
            "cargo larder prepare --tests --host x86_64-unknown-linux-gnu",
        ),
        (&["--release", "--offline"], "cargo larder prepare --release --offline"),
    ] {
        let place = with_dependencies();
        prepare(&place, flags);
        place.write(&[APP, "[dependencies]\none = \"1\"\nnine = \"1\"\n"]);
        lock(&place, &["nine", "one"]);
        let said = warned(&place, &[]);
        let (first, help) = said.split_once("\nhelp: ").expect("it helps");
        assert!(
            first.starts_with(
                "warning: recipe `recipe.json` does not match the workspace any more: it lacks `nine 1.0.0`"
            ),
            "{said}"
        );
        assert!(first.contains(", it has ") && first.contains("`two 1.0.0`"), "{said}");
        assert_eq!(help.lines().next(), Some(&*format!("unless this is intended, make a new one with `{again}`")));
        let flags: Vec<&str> = again.split(' ').skip(3).collect();
        prepare(&place, &flags);
        assert!(!warned(&place, &[]).contains("does not match the workspace"), "{again}");
    }
}

#[test]
fn cook_warns_of_a_feature_that_was_added_and_of_a_lockfile_that_is_behind() {
    let place = with_dependencies();
    prepare(&place, &["--release"]);
    place.write(&[APP, "[dependencies]\none = { version = \"1\", features = [\"more\"] }\ntwo = \"1\"\n[dev-dependencies]\nthree = \"1\"\n"]);
    lock(&place, &["one", "two", "three"]);
    let said = warned(&place, &[]);
    assert!(said.starts_with("warning: recipe `recipe.json` does not match the workspace any more\nhelp: "), "{said}");
    place.write(&[APP, "[dependencies]\nfour = \"1\"\n"]);
    assert!(warned(&place, &[]).starts_with("warning: recipe `recipe.json` does not match the workspace any more"));
}

#[test]
fn cook_warns_of_the_recipe_of_another_project() {
    let place = with_dependencies();
    prepare(&place, &["--release", "-p", "app"]);
    place.write(&[&APP.replace("name = \"app\"", "name = \"other\"").replace("[package] app", "[package] other")]);
    let said = warned(&place, &[]);
    let expected = "warning: recipe `recipe.json` does not match the workspace any more: -p `app` matches no package";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn the_last_line_of_cook_names_the_build_and_fits() {
    let place = with_dependencies();
    let last = |prepared: &[&str], args: &[&str]| {
        prepare(&place, prepared);
        let said = cook(&place, args).stderr;
        said.lines().last().expect("there is one").to_owned()
    };
    let line = last(&["-p", "app"], &["--release"]);
    assert!(line.starts_with("      Cooked for cargo build -p app --release: 0 compiled, 0 fresh in "), "{line}");
    let line = last(&[], &["--check", "--target", "x86_64-unknown-linux-musl"]);
    assert!(line.starts_with("      Cooked for cargo check --target x86_64-un"), "{line}");
    assert!(line.contains("…: 0 compiled, 0 fresh in ") && line.chars().count() == 80, "{line}");
    let line = last(&["--bins"], &["--target-dir", "o"]);
    assert!(line.ends_with(" MB in o"), "{line}");
    assert!(line.chars().count() <= 80, "{line}");
}

#[test]
fn prepare_tells_of_maturin_where_it_builds_what_pyo3_is_in() {
    let locked = |name: &str| {
        format!(
            "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"{name}\"]\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n"
        )
    };
    let is_told = |name: &str, backend: &str| {
        let python = format!("-- pyproject.toml --\n[build-system]\nbuild-backend = \"{backend}\"\n");
        let place = Place::new(&[APP, &format!("[dependencies]\n{name} = \"1\"\n"), &locked(name), &python]);
        place.run(&mut place.larder(&["prepare"])).stderr.contains("run `cargo larder cook --maturin`")
    };
    assert!(is_told("pyo3", "maturin") && is_told("pyo3-ffi", "maturin"));
    assert!(!is_told("pyo3", "setuptools.build_meta") && !is_told("itoa", "maturin"));
}

/// A package below a third-party crate.
const PATCHED: &[&str] = &[
    "-- Cargo.toml --\n[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\none = \"1\"\n[patch.crates-io]\ntwo = { path = \"patched/two\" }\n-- src/main.rs --\nfn main() {}\n",
    "-- patched/two/src/lib.rs --\n-- patched/two/Cargo.toml --\n[package]\nname = \"two\"\nversion = \"1.0.0\"\n",
];

#[test]
fn prepare_says_when_sources_that_travel_want_a_second_cook() {
    let place = Place::new(PATCHED);
    let local =
        |name: &str, on: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\ndependencies = [{on}]\n");
    let lock = |on: &[&str]| {
        let entries = [local("app", "\"one\""), registry::entry("one", on), local("two", "")].concat();
        place.write(&[&format!("-- Cargo.lock --\nversion = 4\n{entries}")]);
    };
    let note = "note: the recipe has the sources of `patched/two`, which third-party crates depend on\nhelp: if the sources arrive newer than the recipe";
    for scope in [&["prepare"][..], &["prepare", "--release"]] {
        lock(&["two"]);
        let said = succeed(&place, &mut place.larder(scope)).stderr;
        assert!(said.contains(note), "{said}");
        lock(&[]);
        let said = succeed(&place, &mut place.larder(scope)).stderr;
        assert!(!said.contains("note: the recipe has"), "{said}");
    }
}

#[test]
fn cook_says_which_directories_a_pattern_would_take_for_members() {
    let place = with_dependencies();
    succeed(&place, &mut place.larder(&["prepare", "--release"]));
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let args = ["cook", "--no-build", "--recipe-path", "../project/recipe.json"];
    let said = succeed(&place, fake_cargo::larder(&place, &args).current_dir(&elsewhere)).stderr;
    let dirs = fs_err::read_dir(&elsewhere).expect("it is there").flatten().filter(|it| it.path().is_dir());
    let mut dirs: Vec<String> = dirs.map(|it| format!("`{}`", it.file_name().to_string_lossy())).collect();
    dirs.retain(|dir| elsewhere.join(dir.trim_matches('`')).join("Cargo.toml").is_file());
    dirs.sort();
    assert!(!dirs.is_empty());
    let note = format!("note: remove {} before the sources come, if a pattern in `workspace.members`", dirs.join(", "));
    assert!(said.contains(&note), "{said}");
}

#[test]
fn prepare_says_for_which_build_alone_the_dockerfile_cooks() {
    let place = with_dependencies();
    place.write(&["-- Dockerfile --\nRUN cargo larder cook --release --locked\nRUN cargo build --release\n"]);
    let said = succeed(&place, &mut place.larder(&["prepare"])).stderr;
    let note = "note: `Dockerfile` cooks for `cargo build --release` alone, and a recipe of that build changes less often\nhelp: prepare it with `cargo larder prepare --release`\n";
    assert!(said.starts_with(note), "{said}");
    for silent in [&["prepare", "--release"][..], &["prepare", "-q"]] {
        let said = succeed(&place, &mut place.larder(silent)).stderr;
        assert!(!said.contains("note:"), "{said}");
    }
    place.write(&["-- Dockerfile --\nRUN cargo larder cook --release\nRUN cargo larder cook --check\n"]);
    let said = succeed(&place, &mut place.larder(&["prepare"])).stderr;
    assert!(!said.contains("note:"), "{said}");
}

#[test]
fn prepare_without_flags_takes_those_that_the_dockerfile_cooks_with() {
    let place = with_dependencies();
    let recipe = || place.read("recipe.json");
    succeed(&place, &mut place.larder(&["prepare", "--release"]));
    let scoped = recipe();
    // The lines of cargo-chef's README, with the word replaced.
    place.write(&["-- Dockerfile --\nRUN cargo larder prepare --recipe-path recipe.json\nRUN cargo larder cook --release --recipe-path recipe.json\n"]);
    let said = succeed(&place, &mut place.larder(&["prepare"])).stderr;
    let expected = "note: this is the build that `Dockerfile` cooks for\nhelp: `cargo larder prepare --any-build` makes a recipe for all builds\n    Prepared recipe.json for cargo build --release: 2 of 3 packages; next: `cargo larder cook --release`\n";
    assert_eq!(said, expected);
    let taken = "  \"dockerfile\": \"Dockerfile\",\n";
    assert!(recipe().contains(taken));
    assert_eq!(recipe().replace(taken, ""), scoped, "nothing else differs");

    let said = succeed(&place, &mut fake_cargo::larder(&place, &["cook", "--release"])).stderr;
    assert!(said.contains("Cooked for cargo build --release"), "{said}");
    // A developer next to the sources does not get the build of the image.
    let said = succeed(&place, &mut fake_cargo::larder(&place, &["cook"])).stderr;
    let note = "note: recipe `recipe.json` is for the build that `Dockerfile` cooks; for this one, `cook` reads the workspace\n";
    assert!(said.starts_with(note) && said.contains("Cooked for cargo build:"), "{said}");
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let args = ["cook", "--recipe-path", "../project/recipe.json"];
    let refused = place.run(fake_cargo::larder(&place, &args).current_dir(&elsewhere));
    let expected = "error: recipe was prepared for `--release`, as `Dockerfile` cooks, not for a build without flags\nhelp: prepare one for all builds with `cargo larder prepare --any-build`\n";
    assert_eq!((refused.code, refused.stderr.as_str()), (Some(2), expected));

    succeed(&place, &mut place.larder(&["prepare", "--any-build"]));
    let unscoped = recipe();
    for file in [
        "RUN cargo larder prepare\nRUN cargo larder cook --release\nRUN cargo larder cook",
        "ARG FLAGS\nRUN cargo larder prepare\nRUN cargo larder cook $FLAGS",
        "RUN cargo larder prepare\nRUN cargo larder cook --release -p nope",
        "RUN cargo larder prepare --recipe-path a.json\nRUN cargo larder cook --release --recipe-path a.json",
    ] {
        place.write(&[&format!("-- Dockerfile --\n{file}\n")]);
        succeed(&place, &mut place.larder(&["prepare"]));
        assert_eq!(recipe(), unscoped, "{file}");
    }
}

#[test]
fn cook_says_which_names_of_targets_a_recipe_alone_cannot_check() {
    let place = with_dependencies();
    place.write(&["-- src/bin/other.rs --\nfn main() {}\n-- tests/it.rs --\n"]);
    succeed(&place, &mut place.larder(&["prepare", "--any-build"]));
    let elsewhere = place.root().join("elsewhere");
    fs_err::create_dir(&elsewhere).expect("it is writable");
    let cook = |flags: &[&str]| {
        let args = [&["cook", "--recipe-path", "../project/recipe.json"], flags].concat();
        place.run(fake_cargo::larder(&place, &args).current_dir(&elsewhere))
    };
    for (flag, name) in [("--bin", "nope"), ("--bin", "other"), ("--test", "nope")] {
        let note = format!(
            "note: an unscoped recipe has no names of targets that need the same crates, so `{flag} {name}` is not checked\nhelp: `cargo larder prepare {flag} {name}` checks it\n"
        );
        let said = cook(&[flag, name]);
        assert!(said.code == Some(0) && said.stderr.starts_with(&note), "{}", said.stderr);
    }
    for silent in [&["--bins"][..], &["--bin", "oth*"], &["--release"]] {
        assert!(!cook(silent).stderr.contains("note:"), "{silent:?}");
    }
    // Next to the workspace, it can be checked.
    let said = succeed(&place, &mut fake_cargo::larder(&place, &["cook", "--bin", "other"])).stderr;
    assert!(!said.contains("note:"), "{said}");
    let refused = place.run(&mut fake_cargo::larder(&place, &["cook", "--bin", "nope"]));
    assert!(refused.code != Some(0) && refused.stderr.contains("nope"), "{}", refused.stderr);
}
