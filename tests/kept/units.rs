//! Features, crate types and profiles: the units are those of the real build.

use super::{PLAIN, Project, check};

#[test]
fn features_unify_over_the_packages_selected_only() {
    const FILES: &str = "-- Cargo.toml --
[workspace] a b
-- a/Cargo.toml --
[package] a
[dependencies]
alpha = { version = '1', default-features = false }
eta = { version = '1', default-features = false }
-- a/src/lib.rs --
-- b/Cargo.toml --
[package] b
[dependencies]
alpha = { version = '1', features = ['derive'] }
eta = '1'
-- b/src/lib.rs --
";
    check(&Project { files: FILES, ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "a"], ..PLAIN });
    check(&Project { files: FILES, flags: &["-p", "b", "--lib"], ..PLAIN });
}

#[test]
fn features_unify_over_the_workspace_where_the_config_says_so() {
    let files = "-- Cargo.toml --
[workspace] a b derive
-- .cargo/config.toml --
[unstable]
feature-unification = true
[resolver]
feature-unification = 'workspace'
-- a/Cargo.toml --
[package]
name = 'a'
edition = '2021'
[dependencies]
alpha = { version = '1', default-features = false }
eta = { version = '1', default-features = false }
zeta = '1'
-- a/src/lib.rs --
-- b/Cargo.toml --
[package]
name = 'b'
edition = '2021'
[dependencies]
alpha = { version = '1', features = ['derive'] }
[build-dependencies]
zeta = { version = '1', features = ['full'] }
-- b/build.rs --
fn main() {}
-- b/src/lib.rs --
-- derive/Cargo.toml --
[package]
name = 'derive'
edition = '2021'
[lib]
proc-macro = true
[dependencies]
eta = { version = '1', features = ['b'] }
-- derive/src/lib.rs --
";
    let project = Project { files, env: &[("RUSTC_BOOTSTRAP", "1")], ..PLAIN };
    check(&Project { flags: &["--release", "-p", "a"], ..project });
    check(&Project { flags: &["-p", "a", "-p", "b"], ..project });
    check(&Project { flags: &["--release", "-p", "derive"], ..project });
    check(&project);
}

#[test]
fn two_spellings_of_one_source_are_one_dependency() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace] a b
-- a/Cargo.toml --
[package]
name = 'a'
edition = '2021'
[dependencies]
alpha = { version = '1', registry = 'crates-io' }
-- a/src/lib.rs --
-- b/Cargo.toml --
[package]
name = 'b'
edition = '2021'
[dependencies]
alpha = { version = '1', features = ['derive'] }
-- b/src/lib.rs --
",
        ..PLAIN
    });
}

#[test]
fn crate_types_and_lto_leave_the_same_bitcode() {
    const FILES: &str = "-- Cargo.toml --
[workspace] app mixed dyn
[profile.release]
lto = 'fat'
-- app/Cargo.toml --
[package] app
[dependencies]
mixed = { path = '../mixed' }
eta = '1'
-- app/src/main.rs --
fn main() { println!(\"{}\", mixed::NAME) }
-- mixed/Cargo.toml --
[package] mixed
[lib]
crate-type = ['cdylib', 'rlib']
[dependencies]
alpha = '1'
-- mixed/src/lib.rs --
pub const NAME: &str = \"mixed\";
-- dyn/Cargo.toml --
[package] dyn
[lib]
crate-type = ['dylib']
[dependencies]
delta = '1'
-- dyn/src/lib.rs --
";
    check(&Project { files: FILES, prints: Some("mixed"), ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "mixed"], ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "dyn", "-p", "app"], ..PLAIN });
}

#[test]
fn tests_unwind_and_binaries_abort() {
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
[dev-dependencies]
delta = '1'
[build-dependencies]
eta = '1'
[profile.dev]
panic = 'abort'
-- build.rs --
fn main() {}
-- src/lib.rs --
-- src/main.rs --
fn main() { println!(\"aborts\") }
-- tests/it.rs --
#[test] fn it() {}
",
        flags: &["--tests"],
        target: "target/debug",
        prints: Some("aborts"),
        ..PLAIN
    });
}

#[test]
fn a_proc_macro_that_is_selected_needs_its_dependencies_on_the_host() {
    const FILES: &str = "-- Cargo.toml --
[workspace] app derive
-- app/Cargo.toml --
[package] app
[dependencies]
derive = { path = '../derive' }
eta = { version = '1', default-features = false }
-- app/src/main.rs --
fn main() { derive::hello!() }
-- derive/Cargo.toml --
[package] derive
[lib]
proc-macro = true
[dependencies]
eta = { version = '1', features = ['b'] }
zeta = '1'
-- derive/src/lib.rs --
#[proc_macro]
pub fn hello(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"println!(\\\"hello\\\")\".parse().unwrap() }
";
    check(&Project { files: FILES, prints: Some("hello"), ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "app"], prints: Some("hello"), ..PLAIN });
    check(&Project { files: FILES, flags: &["-p", "derive"], ..PLAIN });
    check(&Project { files: FILES, flags: &["--workspace", "--tests"], ..PLAIN });
}

#[test]
fn resolver_1_counts_every_feature_anybody_asks_for() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2018'
[dependencies]
alpha = { version = '1', default-features = false }
eta = { version = '1', default-features = false }
[dev-dependencies]
alpha = { version = '1', features = ['derive'] }
[target.'cfg(windows)'.dependencies]
eta = { version = '1', features = ['b'] }
[build-dependencies]
beta = '2'
-- build.rs --
fn main() {}
-- src/main.rs --
fn main() { println!(\"one\") }
",
        prints: Some("one"),
        ..PLAIN
    });
}
