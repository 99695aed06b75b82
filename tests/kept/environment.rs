//! What the environment says is in force, and is not in the recipe.

use super::config::{app, witnesses};
use super::{CARGO, PLAIN, Project, check, larder, lay_out, run};

#[test]
fn what_the_environment_says_is_not_in_a_recipe() {
    let files = app("witness = '1'", "witness::A", "[build]\nrustflags = ['--cfg', 'flagged']");
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(&files, temp.path());
    witnesses(temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let environment = [
        ("CARGO_BUILD_RUSTFLAGS", "--cfg of_environment"),
        ("CARGO_BUILD_TARGET", "wasm32-unknown-unknown"),
        ("CARGO_BUILD_TARGET_DIR", "elsewhere"),
        ("CARGO_ENCODED_RUSTFLAGS", "--cfg of_environment"),
        ("CARGO_NET_OFFLINE", "true"),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        ("CARGO_REGISTRIES_OURS_INDEX", "sparse+https://ours.invalid/"),
        ("CARGO_TARGET_DIR", "elsewhere"),
        ("RUSTC_WRAPPER", "sccache"),
        ("RUSTFLAGS", "--cfg of_environment"),
        ("RUSTUP_TOOLCHAIN", "1.0.0"),
        ("WITNESS_A", "of the environment"),
    ];
    for flags in [&["prepare", "--release"] as &[&str], &["prepare"]] {
        let recipe = |env: &[(&str, &str)]| {
            larder(temp.path(), flags, env);
            fs_err::read(temp.path().join("recipe.json")).expect("it was written")
        };
        assert_eq!(recipe(&[]), recipe(&environment));
    }
}

/// Which units are bitcode, and which unwind, turns on the profile, of which the environment may
/// say a part.
#[test]
fn profiles_of_the_environment_are_in_force() {
    const FILES: &str = "-- Cargo.toml --
[workspace] app c
-- app/Cargo.toml --
[package] app
[dependencies]
alpha = '1'
c = { path = '../c' }
-- app/src/main.rs --
fn main() { println!(\"real\") }
-- c/Cargo.toml --
[package] c
[lib]
crate-type = ['cdylib', 'rlib']
[dependencies]
zeta = '1'
-- c/src/lib.rs --
pub const C: u8 = 0;
";
    let env = &[
        ("CARGO_PROFILE_DEV_LTO", "thin"),
        ("CARGO_PROFILE_DEV_PANIC", "abort"),
        ("CARGO_PROFILE_DEV_DEBUG", "false"), // costs time to link
    ];
    let flags: &[&str] = &["--tests", "--bins"];
    check(&Project {
        files: FILES,
        env,
        prepared_in: env,
        flags,
        target: "target/debug",
        prints: Some("real"),
        ..PLAIN
    });
}

#[test]
fn a_scratch_directory_below_a_config_is_told_of() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(&app("witness = '1'", "witness::A", "[build]\nrustflags = ['--cfg', 'flagged']"), temp.path());
    witnesses(temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let scratch = temp.path().join("tmp");
    fs_err::create_dir(&scratch).expect("writable");
    let cook = |env: &[(&str, &str)]| larder(temp.path(), &["cook", "--offline"], env);
    let warning = "cargo reads `.cargo/config.toml` above the scratch directory";
    assert!(cook(&[("TMPDIR", &scratch.to_string_lossy())]).contains(warning));
    assert!(!cook(&[]).contains(warning));
}
