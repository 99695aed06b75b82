//! What is the project's own stays its own: binaries, build scripts, names, directories, config.

use super::{PLAIN, Project, build, check, larder, lay_out, run};
use crate::support::oracle::CARGO;

#[test]
fn a_binary_without_version_and_with_required_features_is_never_a_stub() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
edition = '2021'
[features]
default = ['cli']
cli = ['dep:alpha']
[dependencies]
alpha = { version = '1', optional = true }
[[bin]]
name = 'app'
path = 'src/app.rs'
required-features = ['cli']
-- src/app.rs --
fn main() { println!(\"real\") }
",
        prints: Some("real"),
        ..PLAIN
    });
}

#[test]
fn a_build_script_of_a_member_is_its_own() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace] app core
-- app/Cargo.toml --
[package]
name = 'app'
edition = '2021'
[dependencies]
core-lib = { path = '../core', package = 'core' }
-- app/src/main.rs --
fn main() { println!(\"{}\", core_lib::FOO) }
-- core/Cargo.toml --
[package]
name = 'core'
edition = '2021'
build = 'build/main.rs'
[lib]
name = 'core_lib'
[dependencies]
gamma = '0.3'
[build-dependencies]
buildkit = { version = '1', features = ['parallel'] }
-- core/build/main.rs --
fn main() { println!(\"cargo:rustc-env=FOO=from the build script\") }
-- core/src/lib.rs --
pub const FOO: &str = env!(\"FOO\");
",
        prints: Some("from the build script"),
        ..PLAIN
    });
}

#[test]
fn a_path_dependency_outside_the_root_brings_its_dependencies() {
    check(&Project {
        files: "-- ws/Cargo.toml --
[workspace]
members = ['app']
resolver = '2'
-- ws/app/Cargo.toml --
[package] app
[dependencies]
shared = { path = '../../shared' }
-- ws/app/src/main.rs --
fn main() { println!(\"{}\", shared::NAME) }
-- shared/Cargo.toml --
[package] shared
[dependencies]
zeta = { version = '1', features = ['full'] }
-- shared/src/lib.rs --
pub const NAME: &str = \"shared\";
",
        at: "ws",
        prints: Some("shared"),
        ..PLAIN
    });
}

#[test]
fn a_member_may_have_the_name_of_a_registry_crate() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace] app alpha
-- app/Cargo.toml --
[package] app
[dependencies]
alpha = { path = '../alpha' }
alpha-old = { version = '0.1', package = 'alpha' }
delta = '1'
-- app/src/main.rs --
fn main() { println!(\"{}\", alpha::WHO) }
-- alpha/Cargo.toml --
[package] alpha 3.0.0
[dependencies]
theta = '0.4'
-- alpha/src/lib.rs --
pub const WHO: &str = \"local\";
",
        prints: Some("local"),
        ..PLAIN
    });
}

#[test]
fn config_of_the_project_is_in_force() {
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
[profile.dist]
inherits = 'release'
opt-level = 1
-- .cargo/config.toml --
[build]
rustflags = ['--cfg', 'from_config']
target-dir = 'out'
[profile.dist]
codegen-units = 3
[env]
SOME = { value = 'x', relative = true }
-- src/main.rs --
fn main() { println!(\"{}\", cfg!(from_config)) }
",
        flags: &["--profile", "dist"],
        target: "out/dist",
        prints: Some("true"),
        ..PLAIN
    });
}

#[test]
fn denied_lints_do_not_meet_a_stub() {
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[lints.rust]
missing_docs = 'deny'
[dependencies]
alpha = '1'
-- src/main.rs --
//! Documented.
fn main() { println!(\"documented\") }
",
        env: &[("RUSTFLAGS", "-Dwarnings")],
        prints: Some("documented"),
        ..PLAIN
    });
}

#[test]
fn a_member_directory_is_a_scope() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace] app other
-- app/Cargo.toml --
[package] app
[dependencies]
alpha = { version = '1', default-features = false }
-- app/src/main.rs --
fn main() {}
-- other/Cargo.toml --
[package] other
[dependencies]
alpha = '1'
zeta = '1'
-- other/src/lib.rs --
",
        at: "app",
        env: &[("CARGO_TARGET_DIR", "../target")],
        target: "../target/release",
        ..PLAIN
    });
}

#[test]
fn what_depends_on_a_patched_package_outside_the_root_is_left_to_the_real_build() {
    let files = "-- ws/Cargo.toml --
[package] app
[dependencies]
delta = '1'
eta = '1'
[patch.crates-io]
alpha = { path = '../alpha' }
-- ws/src/main.rs --
fn main() {}
-- alpha/Cargo.toml --
[package] alpha 0.2.0
[features]
default = ['std']
std = []
-- alpha/src/lib.rs --
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    let dir = &temp.path().join("ws");
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    let said = larder(dir, &["prepare", "--release"], &[]);
    assert!(said.contains("left out `delta`, which depends on the local package `alpha`, which stands outside of the workspace root: the real build compiles it"), "{said}");
    larder(dir, &["cook", "--offline"], &[]);
    let built = build(&Project { files, ..PLAIN }, dir);
    let expected = |it: &String| it.contains("#delta@") || it.contains("#beta@");
    assert!(built.compiled.iter().all(expected), "{:#?}", built.compiled);
    assert!(built.fresh.iter().any(|it| it.contains("#eta@")), "{:#?}", built.fresh);
}
