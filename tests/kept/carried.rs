//! Local packages below third-party ones (catalogue 7, 8): their sources travel, and they are
//! compiled for real.

use super::{PLAIN, Project, build, check, larder, lay_out, run};
use crate::support::oracle::CARGO;
use std::path::Path;

/// `delta` depends on `alpha` 0.2, which is a local package here.
macro_rules! patched {
    ($root:literal, $alpha:literal) => {
        concat!(
            "-- Cargo.toml --
[package] app
[dependencies]
delta = '1'
",
            $root,
            "-- src/main.rs --
fn main() { println!(\"real\") }
-- patches/alpha/Cargo.toml --
[package] alpha 0.2.7
",
            $alpha,
            "[features]
default = ['std']
std = []
-- patches/alpha/src/lib.rs --
//! The patched one.
pub const DATA: &[u8] = include_bytes!(\"data.bin\");
-- patches/alpha/src/data.bin --
no line feed at the end\u{0}\u{1}"
        )
    };
}

const PATCH: &str = patched!("[patch.crates-io]\nalpha = { path = 'patches/alpha' }\n", "");

#[test]
fn a_patch_that_is_no_member_is_compiled_below_what_it_patches() {
    check(&Project { files: PATCH, prints: Some("real"), cooked_again: true, ..PLAIN });
}

#[test]
fn a_patch_that_is_a_member_is_compiled_below_what_it_patches() {
    const FILES: &str = patched!(
        "[workspace]\nmembers = ['patches/alpha']\n[patch.crates-io]\nalpha = { path = 'patches/alpha' }\n",
        "[dev-dependencies]\nzeta = '1'\n"
    );
    check(&Project { files: FILES, prints: Some("real"), cooked_again: true, ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "--workspace"], cooked_again: true, ..PLAIN });
    check(&Project {
        files: FILES,
        flags: &["--workspace", "--no-default-features"],
        target: "target/debug",
        cooked_again: true,
        ..PLAIN
    });
    check(&Project {
        files: FILES,
        flags: &["--workspace", "--tests"],
        target: "target/debug",
        cooked_again: true,
        ..PLAIN
    });
}

#[test]
fn a_replacement_is_compiled_below_what_it_replaces() {
    const FILES: &str = patched!("[replace]\n'alpha:0.2.0' = { path = 'patches/alpha' }\n", "");
    let files: &'static str = Box::leak(FILES.replace("alpha 0.2.7", "alpha 0.2.0").into_boxed_str());
    check(&Project { files, prints: Some("real"), cooked_again: true, ..PLAIN });
}

#[test]
fn a_patch_of_the_config_is_compiled_below_what_it_patches() {
    const FILES: &str = patched!(
        "-- .cargo/config.toml --\n[patch.crates-io]\nalpha = { path = 'patches/alpha' }\n",
        "[dependencies]\neta = '1'\n"
    );
    check(&Project { files: FILES, prints: Some("real"), cooked_again: true, ..PLAIN });
}

#[test]
fn what_a_patch_depends_on_by_path_travels_with_it() {
    const FILES: &str = patched!(
        "common = { path = 'common' }
[workspace]
members = ['common']
[workspace.dependencies]
common = { path = 'common', features = ['b'] }
[workspace.package]
license = 'MIT'
[patch.crates-io]
alpha = { path = 'patches/alpha' }
-- common/Cargo.toml --
[package] common
license.workspace = true
[features]
a = []
b = []
-- common/src/lib.rs --
pub const WHO: &str = \"common\";
",
        "[dependencies]
common = { path = '../../common', features = ['a'] }
"
    );
    check(&Project { files: FILES, cooked_again: true, ..PLAIN });
}

/// A version that stubs like to have, a package below another's directory, and dev-dependencies of
/// both.
#[test]
fn members_below_a_patched_one_are_told_from_what_is_selected_of_them() {
    const FILES: &str = patched!(
        "[workspace]
members = ['patches/alpha', 'patches/alpha/inner']
[patch.crates-io]
alpha = { path = 'patches/alpha' }
-- patches/alpha/inner/Cargo.toml --
[package] inner 0.0.0
[dev-dependencies]
zeta = '1'
-- patches/alpha/inner/src/lib.rs --
pub const WHO: &str = \"inner\";
",
        "[dependencies]\ninner = { path = 'inner' }\n[dev-dependencies]\neta = '1'\n"
    );
    check(&Project { files: FILES, prints: Some("real"), cooked_again: true, ..PLAIN });
    let flags: &[&str] = &["--workspace", "--tests"];
    check(&Project { files: FILES, flags, target: "target/debug", cooked_again: true, ..PLAIN });
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (source, again) = (temp.path().join("source"), temp.path().join("again"));
    lay_out(FILES, &source);
    run(&CARGO, &source, &["generate-lockfile", "--offline"], &[]);
    larder(&source, &["prepare"], &[]);
    let recipe = fs_err::read_to_string(source.join("recipe.json")).expect("it was written");
    for (name, bytes) in cargo_larder::recipe::decode("recipe.json", &recipe).expect("it is one").files {
        fs_err::create_dir_all(again.join(&name).parent().expect("a file has a parent")).expect("writable");
        fs_err::write(again.join(name), bytes).expect("writable");
    }
    larder(&again, &["prepare"], &[]);
    assert_eq!(fs_err::read_to_string(again.join("recipe.json")).expect("it was written"), recipe);
    for cook in [&["cook", "--offline", "-p", "inner@0.0.0", "--tests"], &["cook", "--offline", "-p", "alpha", "--lib"]]
    {
        larder(&source, cook, &[]);
    }
}

/// The project of [`PATCH`], whose program says what the patched crate says, and its recipe.
fn prepared(says: &str) -> (tempfile::TempDir, Vec<u8>) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(PATCH, temp.path());
    say(temp.path(), says);
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    larder(temp.path(), &["prepare", "--release"], &[]);
    let recipe = fs_err::read(temp.path().join("recipe.json")).expect("it was written");
    (temp, recipe)
}

fn say(dir: &Path, says: &str) {
    let manifest = fs_err::read_to_string(dir.join("Cargo.toml")).expect("it was written");
    let manifest = manifest.replace("delta = '1'\n[", "delta = '1'\nalpha = '0.2'\n[");
    fs_err::write(dir.join("Cargo.toml"), manifest).expect("writable");
    fs_err::write(dir.join("src/main.rs"), "fn main() { println!(\"{}\", alpha::WORD) }\n").expect("writable");
    let lib = format!("pub const WORD: &str = \"{says}\";\n");
    fs_err::write(dir.join("patches/alpha/src/lib.rs"), lib).expect("writable");
}

fn said(dir: &Path) -> String {
    let output = run(&dir.join("target/release/app"), dir, &[], &[]);
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[test]
fn a_cook_that_comes_again_finds_all_fresh() {
    let (temp, _) = prepared("one");
    let first = larder(temp.path(), &["cook", "--offline"], &[]);
    assert!(first.contains(": 3 compiled, 0 fresh in "), "{first}");
    let again = larder(temp.path(), &["cook", "--offline"], &[]);
    assert!(again.contains(": 0 compiled, 3 fresh in "), "{again}");
}

/// A recipe may be older than the sources, and these may be older than the cook: cargo alone would
/// not notice.
#[test]
fn a_recipe_of_other_sources_costs_time_and_makes_no_wrong_program() {
    let (temp, recipe) = prepared("old");
    let dir = temp.path();
    // The sources are there, and differ from the recipe's.
    say(dir, "new");
    super::set_times(PATCH, dir, super::old());
    larder(dir, &["cook", "--offline"], &[]);
    build(&Project { files: PATCH, ..PLAIN }, dir);
    assert_eq!(said(dir), "new");
    // Now cargo has compiled them: a cook of the old recipe after that must not make it believe
    // otherwise.
    larder(dir, &["cook", "--offline"], &[]);
    build(&Project { files: PATCH, ..PLAIN }, dir);
    assert_eq!(said(dir), "new");
    // The sources arrive after the cook, and were changed after the recipe was made.
    let place = temp.path().join("place");
    fs_err::create_dir(&place).expect("writable");
    fs_err::write(place.join("recipe.json"), recipe).expect("writable");
    let hour = |n: u64| super::old() + std::time::Duration::from_secs(n * 60 * 60);
    fs_err::File::open(place.join("recipe.json"))
        .and_then(|file| file.file().set_modified(hour(1)))
        .expect("times can be set");
    larder(&place, &["cook", "--offline"], &[]);
    lay_out(PATCH, &place);
    say(&place, "newer");
    fs_err::copy(dir.join("Cargo.lock"), place.join("Cargo.lock")).expect("it was written");
    super::set_times(PATCH, &place, hour(2));
    build(&Project { files: PATCH, ..PLAIN }, &place);
    assert_eq!(said(&place), "newer");
}

/// What comes of a patch with this `alpha`: warned of, left to the real build, scoped and not.
fn is_bound(change: impl Fn(&Path), why: &str) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    lay_out(PATCH, dir);
    let manifest = fs_err::read_to_string(dir.join("Cargo.toml")).expect("it was written");
    fs_err::write(dir.join("Cargo.toml"), manifest.replace("delta = '1'", "delta = '1'\nlambda = '0.2'"))
        .expect("writable");
    change(dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    let expected = format!(
        "warning: left out `delta`, which depends on the local package `alpha`, which {why}: the real build compiles it"
    );
    for (prepare, cook) in [
        (&["prepare", "--release"][..], &["cook", "--offline"][..]),
        (&["prepare"], &["cook", "--offline", "--release"]),
    ] {
        let said = larder(dir, prepare, &[]);
        assert!(said.contains(&expected), "{said}");
        larder(dir, cook, &[]);
        let built = build(&Project { files: PATCH, ..PLAIN }, dir);
        assert!(built.compiled.iter().all(|it| it.contains("#delta@") || it.contains("#eta@")), "{built:#?}");
        assert!(built.fresh.iter().any(|it| it.contains("#lambda@")), "{built:#?}");
        fs_err::remove_dir_all(dir.join("target")).expect("it was made");
    }
}

#[test]
fn what_can_only_be_compiled_in_its_place_is_left_to_the_real_build() {
    let lib = |text: &'static str| {
        move |dir: &Path| fs_err::write(dir.join("patches/alpha/src/lib.rs"), text).expect("writable")
    };
    is_bound(
        lib("pub const HERE: &str = env!(\"CARGO_MANIFEST_DIR\");\n"),
        "asks in its sources for the directory that they are compiled in",
    );
    is_bound(
        lib("pub const NOTE: &str = include_str!(\"../../../Cargo.toml\");\n"),
        "reads files outside of its own directory",
    );
    is_bound(
        |dir| fs_err::write(dir.join("patches/alpha/build.rs"), "fn main() {}\n").expect("writable"),
        "has a build script that does not tell cargo what it depends on (`cargo::rerun-if-changed`)",
    );
    is_bound(
        |dir| {
            let script = "fn main() {
    println!(\"cargo::rerun-if-changed=build.rs\");
    let _ = std::path::Path::new(&std::env::var(\"CARGO_MANIFEST_DIR\").unwrap()).parent();
}
";
            fs_err::write(dir.join("patches/alpha/build.rs"), script).expect("writable");
        },
        "has a build script that may look around its directory",
    );
    is_bound(
        |dir| {
            let path = dir.join("patches/alpha/Cargo.toml");
            let manifest = fs_err::read_to_string(&path).expect("it was written");
            fs_err::write(path, manifest + "[lib]\ncrate-type = ['dylib', 'rlib']\n").expect("writable");
        },
        "is not a plain library",
    );
}

/// A directory with a space in its name, temporary files behind a link, and files that git ignores.
/// Also a hidden file and a feature of a dev-dependency.
#[cfg(unix)]
#[test]
fn places_and_names_that_are_out_of_the_ordinary_do_not_matter() {
    let (temp, _) = prepared("one");
    let dir = temp.path();
    fs_err::rename(dir.join("patches"), dir.join("my patches")).expect("writable");
    let manifest = fs_err::read_to_string(dir.join("Cargo.toml")).expect("it was written");
    fs_err::write(dir.join("Cargo.toml"), manifest.replace("patches/", "my patches/")).expect("writable");
    let alpha = dir.join("my patches/alpha");
    let manifest = fs_err::read_to_string(alpha.join("Cargo.toml")).expect("it was written");
    let manifest = manifest.replace("std = []", "std = []\ntest = ['theta/full']\n[dev-dependencies]\ntheta = '0.4'");
    fs_err::write(alpha.join("Cargo.toml"), manifest).expect("writable");
    fs_err::write(alpha.join(".gitignore"), "generated.rs\n").expect("writable");
    fs_err::write(alpha.join(".env"), "SECRET\n").expect("writable");
    fs_err::write(alpha.join("src/generated.rs"), "pub const WORD: &str = include_str!(\".word\");\n")
        .expect("writable");
    fs_err::write(alpha.join("src/.word"), "old").expect("writable");
    fs_err::write(alpha.join("src/lib.rs"), "mod generated;\npub use generated::WORD;\n").expect("writable");
    fs_err::create_dir(dir.join("real")).expect("writable");
    fs_err::os::unix::fs::symlink(dir.join("real"), dir.join("link")).expect("writable");
    let tmp = dir.join("link").to_string_lossy().into_owned();
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    for (prepare, cook) in [
        (&["prepare", "--release"][..], &["cook", "--offline"][..]),
        (&["prepare"], &["cook", "--offline", "--release"]),
    ] {
        fs_err::write(alpha.join("src/.word"), "old").expect("writable");
        larder(dir, prepare, &[]);
        let recipe = fs_err::read_to_string(dir.join("recipe.json")).expect("it was written");
        assert!(!recipe.contains("SECRET"), "{recipe}");
        fs_err::write(alpha.join("src/.word"), "new").expect("writable");
        let file = std::fs::OpenOptions::new().write(true).open(alpha.join("src/.word")).expect("it was written");
        file.set_modified(super::old()).expect("times can be set");
        larder(dir, cook, &[("TMPDIR", &tmp)]);
        build(&Project { files: PATCH, ..PLAIN }, dir);
        assert_eq!(said(dir), "new");
        fs_err::remove_dir_all(dir.join("target")).expect("it was made");
    }
}

/// `delta` cannot be compiled after `alpha` was, from a recipe that is older than the sources.
#[cfg(unix)]
#[test]
fn what_a_cook_compiled_before_it_failed_passes_for_nothing_else() {
    let (temp, _) = prepared("old");
    let dir = temp.path();
    say(dir, "new");
    super::set_times(PATCH, dir, super::old());
    let wrapper = dir.join("wrapper");
    fs_err::write(&wrapper, "#!/bin/sh\ncase \"$*\" in *\"--crate-name delta \"*) exit 1;; esac\nexec \"$@\"\n")
        .expect("writable");
    fs_err::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    let failing = crate::support::oracle::command(env!("CARGO_BIN_EXE_cargo-larder"), dir)
        .args(["larder", "cook", "--offline"])
        .env("RUSTC_WRAPPER", &wrapper)
        .output()
        .expect("the program starts");
    assert!(!failing.status.success(), "{}", String::from_utf8_lossy(&failing.stderr));
    build(&Project { files: PATCH, ..PLAIN }, dir);
    assert_eq!(said(dir), "new");
}

#[test]
fn a_root_that_is_patched_in_stays_where_it_is() {
    let files = "-- Cargo.toml --
[package] alpha 0.2.9
[features]
default = ['std']
std = []
[dependencies]
lambda = '0.2'
[dev-dependencies]
delta = '1'
[patch.crates-io]
alpha = { path = '.' }
-- src/lib.rs --
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let said = larder(temp.path(), &["cook", "--offline", "--tests"], &[]);
    assert!(said.contains("which is the root of the workspace: the real build compiles it"), "{said}");
    let built = build(&Project { files, flags: &["--tests"], ..PLAIN }, temp.path());
    assert!(built.fresh.iter().any(|it| it.contains("#lambda@")), "{built:#?}");
}

#[test]
fn an_empty_wrapper_of_the_environment_hides_no_stub() {
    let (temp, _) = prepared("one");
    larder(temp.path(), &["cook", "--offline"], &[("RUSTC_WRAPPER", "")]);
    let built = build(&Project { files: PATCH, env: &[("RUSTC_WRAPPER", "")], ..PLAIN }, temp.path());
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
    let deps = fs_err::read_dir(temp.path().join("target/release/deps"))
        .map(|mut it| it.any(|entry| entry.expect("an entry").file_name().to_string_lossy().contains("larder_stub")));
    assert!(!deps.unwrap_or(false), "a stub was compiled");
}
