//! What a checkout lacks, or has above the workspace (catalogue 16): no lockfile, config further
//! up.

use super::{CARGO, PLAIN, Project, build, check, larder, lay_out, run};

/// Catalogue 16: cargo picks the versions, in a copy, and a build that picks at the same time has
/// the same.
#[test]
fn without_a_lockfile_cargo_makes_one_and_the_tree_is_left_alone() {
    let files = "-- ws/Cargo.toml --
[workspace]
members = ['app', 'mac*']
resolver = '2'
[workspace.dependencies]
shared = { path = '../shared' }
-- ws/app/Cargo.toml --
[package] app
[dependencies]
shared.workspace = true
macros = { path = '../macros' }
[[bin]]
name = 'app'
path = 'main.rs'
-- ws/app/main.rs --
fn main() { println!(\"{}\", shared::NAME) }
-- ws/macros/Cargo.toml --
[package] macros
[lib]
proc-macro = true
[build-dependencies]
eta = '1'
-- ws/macros/build.rs --
fn main() {}
-- ws/macros/src/lib.rs --
-- shared/Cargo.toml --
[package] shared
[dependencies]
zeta = '1'
-- shared/src/lib.rs --
pub const NAME: &str = \"shared\";
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    let dir = temp.path().join("ws");
    let said = larder(&dir, &["prepare", "--release"], &[]);
    assert!(
        said.contains("warning: `Cargo.lock` is missing, so the recipe has the versions that cargo selects now"),
        "{said}"
    );
    assert!(!dir.join("Cargo.lock").exists());
    let place = temp.path().join("place/ws");
    fs_err::create_dir_all(&place).expect("writable");
    fs_err::copy(dir.join("recipe.json"), place.join("recipe.json")).expect("it was written");
    larder(&place, &["cook", "--offline"], &[]);
    lay_out(files, &temp.path().join("place"));
    let built = build(&Project { files, ..PLAIN }, &place);
    assert!(built.compiled.is_empty(), "compiled again: {:#?}", built.compiled);
    assert!(!built.fresh.is_empty());
    // And without a recipe.
    larder(&dir, &["cook", "--offline", "--release"], &[]);
    assert!(!dir.join("Cargo.lock").exists());
    assert!(build(&Project { files, ..PLAIN }, &dir).compiled.is_empty());
}

#[test]
fn config_of_the_checkout_above_the_root_travels_and_counts_once() {
    const FILES: &str = "-- .git/HEAD --
ref: refs/heads/main
-- .cargo/config.toml --
[build]
rustflags = ['--cfg', 'of_the_checkout']
[env]
PLACE = { value = 'data', relative = true }
-- services/api/Cargo.toml --
[package] app
[dependencies]
alpha = '1'
-- services/api/.cargo/config.toml --
[build]
rustflags = ['--cfg', 'of_the_root']
-- services/api/src/main.rs --
fn main() { println!(\"{} {}\", cfg!(of_the_checkout), cfg!(of_the_root)) }
";
    // Where the recipe alone is, the config of the checkout is in it; where the checkout is too, it
    // is not taken twice.
    check(&Project { files: FILES, at: "services/api", prints: Some("true true"), ..PLAIN });
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(FILES, temp.path());
    let dir = temp.path().join("services/api");
    run(&CARGO, &dir, &["generate-lockfile", "--offline"], &[]);
    larder(&dir, &["prepare", "--release"], &[]);
    fs_err::remove_dir_all(temp.path().join(".git")).expect("it was made");
    larder(&dir, &["cook", "--offline"], &[]);
    let built = build(&Project { files: FILES, at: "services/api", ..PLAIN }, temp.path());
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
}
