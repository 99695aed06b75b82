//! Unknown keys (catalogue 9): keys of nightly cargos reach cargo unchanged.

use super::{PLAIN, Project, build, check, larder, lay_out, run};
use crate::support::oracle::CARGO;

/// What a nightly takes, of whatever toolchain runs the tests.
const NIGHTLY: &[(&str, &str)] = &[("RUSTC_BOOTSTRAP", "1")];

#[test]
fn unstable_keys_of_profiles_hold_for_dependencies() {
    check(&Project {
        files: "-- Cargo.toml --
cargo-features = ['profile-rustflags', 'trim-paths']
[package] app
[dependencies]
alpha = '1'
eta = '1'
[profile.release]
rustflags = ['--cfg', 'of_the_profile']
trim-paths = 'all'
[profile.release.package.eta]
rustflags = ['--cfg', 'of_the_override']
-- src/main.rs --
fn main() { println!(\"{}\", cfg!(of_the_profile)) }
",
        env: NIGHTLY,
        prints: Some("true"),
        ..PLAIN
    });
}

#[test]
fn unstable_keys_of_dependencies_reach_cargo() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace] app lib
-- app/Cargo.toml --
[package] app
[dependencies]
lib = { path = '../lib' }
alpha = '1'
-- app/src/main.rs --
fn main() { println!(\"{}\", lib::NAME) }
-- lib/Cargo.toml --
cargo-features = ['public-dependency']
[package] lib
[dependencies]
alpha = { version = '1', public = true, features = ['derive'] }
eta = '1'
[hints]
mostly-unused = true
-- lib/src/lib.rs --
pub const NAME: &str = \"lib\";
",
        env: NIGHTLY,
        prints: Some("lib"),
        ..PLAIN
    });
}

#[test]
fn an_artifact_of_a_dependency_is_built() {
    check(&Project {
        files: "-- .cargo/config.toml --
[unstable]
bindeps = true
-- Cargo.toml --
[package] app
[dependencies]
nu = { version = '1', artifact = 'cdylib' }
alpha = '1'
[build-dependencies]
nu = { version = '1', artifact = 'cdylib' }
-- build.rs --
fn main() {}
-- src/main.rs --
fn main() { println!(\"{}\", env!(\"CARGO_CDYLIB_FILE_NU\").contains(\"nu\")) }
",
        env: NIGHTLY,
        prints: Some("true"),
        ..PLAIN
    });
}

#[test]
fn unstable_keys_of_the_workspace_and_the_package_reach_cargo() {
    check(&Project {
        files: "-- Cargo.toml --
cargo-features = ['per-package-target', 'codegen-backend']
[workspace]
resolver = '3'
[package]
name = 'app'
version = '0.1.0'
edition = '2024'
rust-version = '1.85'
[dependencies]
zeta = '1'
[profile.dev]
codegen-backend = 'llvm'
-- src/main.rs --
fn main() {}
",
        env: NIGHTLY,
        ..PLAIN
    });
}

#[test]
fn an_artifact_for_the_target_of_a_build_script_is_left_to_the_real_build() {
    let files = "-- .cargo/config.toml --
[unstable]
bindeps = true
-- Cargo.toml --
[package] app
[dependencies]
eta = '1'
[build-dependencies]
nu = { version = '1', artifact = 'cdylib', target = 'target' }
-- build.rs --
fn main() {}
-- src/main.rs --
fn main() {}
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], NIGHTLY);
    let said = larder(temp.path(), &["cook", "--offline", "--release"], NIGHTLY);
    let expected = "left out `nu`, an artifact for the target of a build script: the real build compiles it";
    assert!(said.contains(expected), "{said}");
    let built = build(&Project { files, env: NIGHTLY, ..PLAIN }, temp.path());
    assert!(built.compiled.iter().all(|it| it.contains("#nu@") || it.contains("#alpha@")), "{built:#?}");
    assert!(built.fresh.iter().any(|it| it.contains("#eta@")), "{built:#?}");
}
