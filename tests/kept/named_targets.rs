//! `--bin NAME` and its like: what one target needs, whichever members have others.

use super::{CARGO, PLAIN, Project, build, check, larder, lay_out, run};

/// Two applications. In `dev`, a host dependency that something needs for the target as well is
/// compiled in another way.
const APPLICATIONS: &str = "-- Cargo.toml --
[workspace]
members = ['a', 'b', 'c']
default-members = ['a', 'b']
resolver = '2'
[profile.release]
lto = true
-- a/Cargo.toml --
[package] a
[dependencies]
eta = '1'
[build-dependencies]
zeta = '1'
-- a/build.rs --
fn main() {}
-- a/src/main.rs --
fn main() {}
-- b/Cargo.toml --
[package] b
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
[package] c
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

/// Members that ask for other features of what `a` needs, and for more.
const NARROWED: &str = "-- Cargo.toml --
[workspace] a b util
-- a/Cargo.toml --
[package] a
[[bin]]
name = 'tool'
path = 'src/main.rs'
[dependencies]
eta = { version = '1', default-features = false }
util = { path = '../util' }
-- a/src/main.rs --
fn main() {}
-- util/Cargo.toml --
[package] util
[features]
more = ['zeta/full']
[dependencies]
zeta = '1'
-- util/src/lib.rs --
-- b/Cargo.toml --
[package] b
[dependencies]
eta = { version = '1', features = ['b'] }
util = { path = '../util', features = ['more'] }
-- b/src/main.rs --
fn main() {}
";

/// After `prepare` with these flags and `cook` with those, a build with each of `builds` compiles
/// no third-party crate.
fn all_kept(prepare: &[&str], cook: &[&str], builds: &[&[&str]]) {
    for flags in builds {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(NARROWED, temp.path());
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
        larder(temp.path(), &[&["prepare"], prepare].concat(), &[]);
        let said = larder(temp.path(), &[&["cook", "--offline"], cook].concat(), &[]);
        let built = build(&Project { flags, ..PLAIN }, temp.path());
        assert!(built.compiled.is_empty(), "{prepare:?} {cook:?} {flags:?}: {:#?}\n{said}", built.compiled);
        assert!(!built.fresh.is_empty());
    }
}

#[test]
fn a_recipe_of_a_binary_serves_its_package_alone_and_among_others() {
    all_kept(&["--bin", "tool"], &[], &[&["-p", "a"], &["--bin", "tool"]]);
    all_kept(&["--bin", "a"], &["--release"], &[&["--release", "-p", "a"], &["--release", "--bin", "tool"]]);
    all_kept(&["--bin", "a"], &["--bin", "tool"], &[&["--bin", "tool"]]);
    all_kept(&["--bin", "a"], &["-p", "a"], &[&["-p", "a"]]);
}

#[test]
fn a_recipe_of_a_binary_takes_no_notice_of_what_others_get() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let prepared = |more: &str| {
        lay_out(&format!("{NARROWED}{more}"), temp.path());
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
        larder(temp.path(), &["prepare", "--bin", "a"], &[]);
        fs_err::read_to_string(temp.path().join("recipe.json")).expect("it was written")
    };
    let plain = prepared("");
    assert!(plain == prepared("-- b/src/bin/more.rs --\n-- b/tests/it.rs --\n"));
    let leaf = NARROWED.replace("-- b/src", "alpha = { version = '1', default-features = false }\n-- b/src");
    let leaf = leaf.split_once("-- b/Cargo.toml").expect("it is there").1;
    assert!(plain == prepared(&format!("-- b/Cargo.toml{leaf}")));
}
