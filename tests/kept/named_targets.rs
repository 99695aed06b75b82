//! `--bin NAME` and its like: what one target needs, whichever members have others.

use super::{PLAIN, Project, check};

/// Two applications. In `dev`, a host dependency that something needs for the target as well is compiled in another way.
const APPLICATIONS: &str = "-- Cargo.toml --
[workspace]
members = ['a', 'b', 'c']
default-members = ['a', 'b']
resolver = '2'
[profile.release]
lto = true
-- a/Cargo.toml --
[package]
name = 'a'
version = '0.1.0'
edition = '2021'
[dependencies]
eta = '1'
[build-dependencies]
zeta = '1'
-- a/build.rs --
fn main() {}
-- a/src/main.rs --
fn main() {}
-- b/Cargo.toml --
[package]
name = 'b'
version = '0.1.0'
edition = '2021'
[lib]
crate-type = ['cdylib', 'rlib']
[[bin]]
name = 'server'
path = 'src/main.rs'
[dependencies]
eta = { version = '1', features = ['b'] }
zeta = '1'
[dev-dependencies]
alpha = '1'
-- b/src/lib.rs --
-- b/src/main.rs --
fn main() {}
-- b/tests/it.rs --
-- c/Cargo.toml --
[package]
name = 'c'
version = '0.1.0'
edition = '2021'
[dependencies]
zeta = '1'
[dev-dependencies]
beta = '1'
-- c/src/lib.rs --
-- c/src/main.rs --
fn main() {}
-- c/tests/other.rs --
-- c/examples/server.rs --
fn main() {}
";

fn kept(flags: &[&str]) {
    check(&Project { files: APPLICATIONS, flags, ..PLAIN });
}

#[test]
fn a_binary_is_cooked_as_it_is_built_whatever_other_members_are() {
    kept(&["--profile", "dev", "--bin", "a"]);
    kept(&["--release", "--bin", "server"]);
    kept(&["--profile", "dev", "--bin", "a", "--bin", "server"]);
}

#[test]
fn targets_of_a_member_that_is_no_default_one_are_found() {
    kept(&["-p", "c", "--bin", "c"]);
    kept(&["--workspace", "--example", "server"]);
    kept(&["--workspace", "--test", "other"]);
    kept(&["--release", "--test", "it"]);
}
