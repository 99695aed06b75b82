//! Local packages below third-party ones (catalogue 7, 8): their sources travel, and they are compiled for real.

use super::{PLAIN, Project, build, check, larder, lay_out, run};
use crate::support::oracle::CARGO;
use std::path::Path;

/// `delta` depends on `alpha` 0.2, which is a local package here.
macro_rules! patched {
    ($root:literal, $alpha:literal) => {
        concat!(
            "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
delta = '1'
",
            $root,
            "-- src/main.rs --
fn main() { println!(\"real\") }
-- patches/alpha/Cargo.toml --
[package]
name = 'alpha'
version = '0.2.7'
edition = '2021'
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
}

#[test]
fn a_replacement_is_compiled_below_what_it_replaces() {
    const FILES: &str = patched!("[replace]\n'alpha:0.2.0' = { path = 'patches/alpha' }\n", "");
    let files: &'static str = Box::leak(FILES.replace("version = '0.2.7'", "version = '0.2.0'").into_boxed_str());
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
[package]
name = 'common'
version = '0.1.0'
edition = '2021'
license.workspace = true
[features]
a = []
b = []
[build-dependencies]
buildkit = '1'
-- common/build.rs --
fn main() { println!(\"cargo:rustc-env=WHO=built\"); println!(\"cargo:rerun-if-changed=build.rs\") }
-- common/src/lib.rs --
pub const WHO: &str = env!(\"WHO\");
",
        "[dependencies]
common = { path = '../../common', features = ['a'] }
"
    );
    // Old sources only: where what its build script watches is newer than the cook, cargo runs that again.
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (source, place) = (temp.path().join("source"), temp.path().join("place"));
    lay_out(FILES, &source);
    run(&CARGO, &source, &["generate-lockfile", "--offline"], &[]);
    larder(&source, &["prepare", "--release"], &[]);
    fs_err::create_dir(&place).expect("writable");
    fs_err::copy(source.join("recipe.json"), place.join("recipe.json")).expect("it was written");
    larder(&place, &["cook", "--offline"], &[]);
    lay_out(FILES, &place);
    fs_err::copy(source.join("Cargo.lock"), place.join("Cargo.lock")).expect("it was written");
    super::set_times(FILES, &place, super::old());
    let built = build(&Project { files: FILES, ..PLAIN }, &place);
    assert!(built.compiled.is_empty(), "compiled again: {:#?}", built.compiled);
    assert_eq!(built.fresh.len(), 4, "{:#?}", built.fresh);
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
    assert!(first.contains("Cooked 3 third-party units (3 compiled, 0 fresh)"), "{first}");
    let again = larder(temp.path(), &["cook", "--offline"], &[]);
    assert!(again.contains("Cooked 3 third-party units (0 compiled, 3 fresh)"), "{again}");
}

/// A recipe may be older than the sources, and these may be older than the cook: cargo alone would not notice.
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
    // Now cargo has compiled them: a cook of the old recipe after that must not make it believe otherwise.
    larder(dir, &["cook", "--offline"], &[]);
    build(&Project { files: PATCH, ..PLAIN }, dir);
    assert_eq!(said(dir), "new");
    // The sources arrive after the cook, and were changed after the recipe was made.
    let place = temp.path().join("place");
    fs_err::create_dir(&place).expect("writable");
    fs_err::write(place.join("recipe.json"), recipe).expect("writable");
    let hour = |n: u64| super::old() + std::time::Duration::from_hours(n);
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

#[test]
fn what_asks_for_its_own_directory_is_left_to_the_real_build() {
    const FILES: &str = patched!("[patch.crates-io]\nalpha = { path = 'patches/alpha' }\n", "");
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(FILES, temp.path());
    let lib = "pub const HERE: &str = env!(\"CARGO_MANIFEST_DIR\");\n";
    fs_err::write(temp.path().join("patches/alpha/src/lib.rs"), lib).expect("writable");
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let said = larder(temp.path(), &["prepare", "--release"], &[]);
    let expected = "warning: left out `delta`, which depends on the local package `alpha`, which asks in its sources for the directory that they are compiled in: the real build compiles it";
    assert!(said.contains(expected), "{said}");
}
