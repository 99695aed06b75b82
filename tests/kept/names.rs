//! Stubs are known by where they stand: members, packages and directories may have any name, those
//! of stubs included.

use super::{PLAIN, Project, build, check, larder, lay_out, old, run, set_times};
use crate::support::oracle::CARGO;
use std::time::{Duration, SystemTime};

const APP: &str = "-- Cargo.toml --
[package] app
[dependencies]
delta = '1'
";

/// `delta` depends on `alpha` 0.2.
fn patched(dir: &str) -> String {
    format!(
        "{APP}[patch.crates-io]
alpha = {{ path = '{dir}' }}
-- src/main.rs --
fn main() {{ println!(\"real\") }}
-- {dir}/Cargo.toml --
[package] alpha 0.2.7
[features]
default = ['std']
std = []
-- {dir}/src/lib.rs --
"
    )
}

#[test]
fn a_patch_in_a_directory_that_is_called_as_a_stub_is_compiled() {
    for dir in ["larder-stub", "larder-stub-alpha", "Larder-Stub", "larder_stub/alpha", ".larder"] {
        let files: &'static str = Box::leak(patched(dir).into_boxed_str());
        check(&Project { files, prints: Some("real"), cooked_again: true, ..PLAIN });
        check(&Project { files, flags: &[], target: "target/debug", cooked_again: true, ..PLAIN });
    }
}

#[test]
fn a_changed_source_below_a_directory_that_is_called_as_a_stub_is_compiled_again() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    let files = patched("larder-stub-alpha");
    lay_out(&files, dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    set_times(&files, dir, old());
    larder(dir, &["prepare", "--release"], &[]);
    // As after a pull: the recipe is an older one, and the source is changed and older than this
    // cook.
    lay_out("-- larder-stub-alpha/src/lib.rs --\npub fn new() {}\n", dir);
    set_times("-- recipe.json --\n-- larder-stub-alpha/src/lib.rs --\n", dir, old());
    set_times("-- larder-stub-alpha/src/lib.rs --\n", dir, SystemTime::now() - Duration::from_secs(60));
    larder(dir, &["cook", "--offline"], &[]);
    let built = build(&Project { files: "", ..PLAIN }, dir);
    assert!(built.compiled.iter().any(|it| it.contains("delta")), "{:#?}", built.compiled);
}

#[test]
fn members_and_dependencies_may_have_the_names_of_stubs() {
    const FILES: &str = "-- Cargo.toml --
[package] larder-stub 0.0.0
[dependencies]
delta = '1'
host = { package = 'larder-stub-host', path = 'larder-stub-host' }
[workspace]
members = ['larder-stub-host', 'larder-stub-resolve']
-- src/main.rs --
fn main() { println!(\"{}\", host::real!()) }
-- larder-stub-host/Cargo.toml --
[package] larder-stub-host 0.0.0
[lib]
proc-macro = true
[dependencies]
zeta = '1'
-- larder-stub-host/src/lib.rs --
#[proc_macro]
pub fn real(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"\\\"real\\\"\".parse().unwrap() }
-- larder-stub-resolve/Cargo.toml --
[package] larder-stub-resolve 0.0.0
-- larder-stub-resolve/src/lib.rs --
";
    check(&Project { files: FILES, cooked_again: true, ..PLAIN });
    check(&Project { files: FILES, flags: &["--workspace"], target: "target/debug", cooked_again: true, ..PLAIN });
}

/// Two would claim one file: what stays where it stands is left to the real build.
#[test]
fn a_patch_that_stands_where_a_skeleton_has_files_of_its_own_is_left_to_the_real_build() {
    for dir in [".cargo", "rust-toolchain.toml", "src"] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(&patched(dir).replace("-- src/main.rs", "-- src/bin/app.rs"), temp.path());
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
        for flags in [&["prepare"][..], &["prepare", "--release"]] {
            let said = larder(temp.path(), flags, &[]);
            assert!(said.contains("where a skeleton has files of its own"), "{dir}: {said}");
        }
        larder(temp.path(), &["cook", "--offline"], &[]);
        build(&Project { files: "", ..PLAIN }, temp.path());
    }
}

/// A package that third-party ones depend on, with the name, the version and, but for a number, the
/// directory of a stub.
#[test]
fn a_carried_package_may_be_called_as_a_stub() {
    const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
delta = '1'
[patch.crates-io]
alpha = { path = 'vendor/alpha' }
-- src/main.rs --
fn main() { println!(\"real\") }
-- vendor/alpha/Cargo.toml --
[package] alpha 0.2.7
[features]
default = ['std']
std = []
[dependencies]
larder-stub = { path = '../../larder-stub' }
-- vendor/alpha/src/lib.rs --
pub use larder_stub::REAL;
-- larder-stub/Cargo.toml --
[package] larder-stub 0.0.0
[workspace]
-- larder-stub/src/lib.rs --
pub const REAL: &str = \"real\";
";
    check(&Project { files: FILES, prints: Some("real"), cooked_again: true, ..PLAIN });
}
