//! Where manifests stand and where cargo is called (catalogue 6 and 16).

use super::{CARGO, PLAIN, Project, build, check, larder, lay_out, run};
use std::path::Path;

/// A workspace; a second one below it, one of whose members the first depends on; and a package on
/// its own that depends on a member of the first.
const NESTED: &str = "-- Cargo.toml --
[workspace]
members = ['app', 'core']
exclude = ['nested', 'tools']
resolver = '2'
[workspace.package]
version = '1.1.0'
edition = '2021'
[workspace.dependencies]
alpha = { version = '1', default-features = false }
inner = { path = 'nested/inner' }
-- app/Cargo.toml --
[package]
name = 'app'
version.workspace = true
edition.workspace = true
[dependencies]
inner = { workspace = true, features = ['more'] }
-- app/src/main.rs --
fn main() { println!(\"{}\", inner::WHO) }
-- core/Cargo.toml --
[package]
name = 'core-lib'
version.workspace = true
edition.workspace = true
[dependencies]
alpha = { workspace = true, features = ['alloc'] }
-- core/src/lib.rs --
pub const WHO: &str = env!(\"CARGO_PKG_VERSION\");
-- nested/Cargo.toml --
[workspace]
members = ['inner', 'app']
resolver = '1'
[workspace.package]
version = '2.2.0'
edition = '2021'
[workspace.dependencies]
alpha = { version = '1', features = ['derive'] }
zeta = '2'
-- nested/inner/Cargo.toml --
[package]
name = 'inner'
version.workspace = true
edition.workspace = true
[features]
more = ['dep:zeta']
[dependencies]
alpha.workspace = true
zeta = { workspace = true, optional = true }
[dev-dependencies]
zeta = { workspace = true, features = ['eta'] }
-- nested/inner/src/lib.rs --
pub const WHO: &str = env!(\"CARGO_PKG_VERSION\");
-- nested/app/Cargo.toml --
[package]
name = 'app'
version.workspace = true
edition.workspace = true
[dependencies]
inner = { path = '../inner' }
-- nested/app/src/main.rs --
fn main() { println!(\"nested {}\", inner::WHO) }
-- tools/Cargo.toml --
[package]
name = 'app'
edition = '2021'
[dependencies]
core-lib = { path = '../core' }
eta = '1'
[profile.release]
opt-level = 1
-- tools/src/main.rs --
fn main() { println!(\"tools {}\", core_lib::WHO) }
";

#[test]
fn nested_workspaces_and_excluded_packages_are_built_on_their_own() {
    for (at, prints) in [("", "2.2.0"), ("nested", "nested 2.2.0"), ("tools", "tools 1.1.0")] {
        check(&Project { files: NESTED, at, prints: Some(prints), ..PLAIN });
    }
}

#[test]
fn a_package_outside_that_has_a_workspace_and_neighbours_brings_theirs() {
    check(&Project {
        files: "-- here/Cargo.toml --
[package] app
[dependencies]
one = { path = '../there/one' }
-- here/src/main.rs --
fn main() { println!(\"{}\", one::WHO) }
-- there/Cargo.toml --
[workspace]
members = ['one', 'two']
[workspace.dependencies]
kappa = { version = '1', default-features = false }
two = { path = 'two', default-features = false }
-- there/one/Cargo.toml --
[package] one
[dependencies]
kappa = { workspace = true, features = ['theta'] }
two.workspace = true
-- there/one/src/lib.rs --
pub use two::WHO;
-- there/two/Cargo.toml --
[package] two
[features]
default = ['dep:alpha']
[dependencies]
alpha = { version = '1', optional = true }
eta = '1'
-- there/two/src/lib.rs --
pub const WHO: &str = \"two\";
",
        at: "here",
        prints: Some("two"),
        ..PLAIN
    });
}

/// A workspace in a directory below that of the repository.
const BELOW: &str = "-- README.md --
-- rust/Cargo.toml --
[workspace]
members = ['app']
resolver = '2'
-- rust/app/Cargo.toml --
[package] app
[dependencies]
alpha = '1'
-- rust/app/src/main.rs --
fn main() { println!(\"below\") }
";

fn below(temp: &Path) {
    lay_out(BELOW, temp);
    run(&CARGO, &temp.join("rust"), &["generate-lockfile", "--offline"], &[]);
}

const FROM_ABOVE: &[&str] = &["--release", "--manifest-path", "rust/Cargo.toml"];

fn nothing_is_compiled(top: &Path) {
    let built = build(&Project { flags: FROM_ABOVE, ..PLAIN }, top);
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
}

#[test]
fn a_manifest_below_is_prepared_from_above_and_cooked_in_its_directory() {
    for scoped in [true, false] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let (source, place) = (temp.path().join("source"), temp.path().join("place"));
        below(&source);
        let flags = if scoped { FROM_ABOVE } else { &FROM_ABOVE[1..] };
        larder(&source, &[&["prepare"], flags].concat(), &[]);
        fs_err::create_dir_all(place.join("rust")).expect("writable");
        fs_err::copy(source.join("recipe.json"), place.join("recipe.json")).expect("it was written");
        larder(&place.join("rust"), &["cook", "--offline", "--release", "--recipe-path", "../recipe.json"], &[]);
        lay_out(BELOW, &place);
        fs_err::copy(source.join("rust/Cargo.lock"), place.join("rust/Cargo.lock")).expect("it was written");
        nothing_is_compiled(&place);
    }
}

#[test]
fn a_member_is_cooked_into_the_target_directory_of_the_root_where_only_the_recipe_is() {
    const MEMBER: &[&str] = &["--release", "--manifest-path", "app/Cargo.toml"];
    for scoped in [true, false] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let (source, place) = (temp.path().join("source"), temp.path().join("place"));
        below(&source);
        let flags = if scoped { MEMBER } else { &MEMBER[1..] };
        larder(&source.join("rust"), &[&["prepare"], flags].concat(), &[]);
        fs_err::create_dir_all(place.join("rust")).expect("writable");
        fs_err::copy(source.join("rust/recipe.json"), place.join("rust/recipe.json")).expect("it was written");
        larder(&place.join("rust"), &[&["cook", "--offline"], MEMBER].concat(), &[]);
        lay_out(BELOW, &place);
        fs_err::copy(source.join("rust/Cargo.lock"), place.join("rust/Cargo.lock")).expect("it was written");
        nothing_is_compiled(&place);
    }
}

#[test]
fn a_manifest_below_is_cooked_from_above_without_a_recipe() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    below(temp.path());
    larder(temp.path(), &[&["cook", "--offline"], FROM_ABOVE].concat(), &[]);
    nothing_is_compiled(temp.path());
}

/// Configs of the directory that cargo is called in, and of that of the manifest.
const CONFIGS: &str = "-- .cargo/config.toml --
[build]
rustflags = ['--cfg', 'above']
-- rust/.cargo/config.toml --
[build]
rustflags = ['--cfg', 'beside']
";

#[test]
fn the_config_is_that_of_the_directory_called_in_as_with_cargo() {
    for with_recipe in [true, false] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let (source, mut place) = (temp.path().join("source"), temp.path().join("place"));
        below(&source);
        lay_out(CONFIGS, &source);
        fs_err::create_dir_all(&place).expect("writable");
        let said = if with_recipe {
            let said = larder(&source, &[&["prepare"], FROM_ABOVE].concat(), &[]);
            fs_err::copy(source.join("recipe.json"), place.join("recipe.json")).expect("it was written");
            larder(&place, &["cook", "--offline", "--manifest-path", "rust/Cargo.toml"], &[]);
            said
        } else {
            place.clone_from(&source);
            larder(&source, &[&["cook", "--offline"], FROM_ABOVE].concat(), &[])
        };
        assert!(said.contains("warning: `rust/.cargo/config.toml` is not used"), "{said}");
        lay_out(BELOW, &place);
        lay_out(CONFIGS, &place);
        nothing_is_compiled(&place);
    }
}

/// A directory next to the root, with a config that affects compilation.
const BESIDE: &str = "-- tools/.cargo/config.toml --
[build]
rustflags = ['--cfg', 'tool']
[profile.release]
lto = 'thin'
opt-level = 0
-- rust/app/src/lib.rs --
-- rust/app/Cargo.toml --
[package] app
[lib]
name = 'both'
crate-type = ['cdylib', 'rlib']
[dependencies]
alpha = '1'
";

#[test]
fn the_config_of_a_directory_beside_the_root_counts_once() {
    const FLAGS: &[&str] = &["--release", "--manifest-path", "../rust/Cargo.toml"];
    for (in_checkout, with_recipe) in [(true, true), (true, false), (false, true), (false, false)] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        below(temp.path());
        lay_out(BESIDE, temp.path());
        if in_checkout {
            fs_err::create_dir(temp.path().join(".git")).expect("writable");
        }
        let tools = temp.path().join("tools");
        if with_recipe {
            larder(&tools, &[&["prepare"], FLAGS].concat(), &[]);
        }
        larder(&tools, &[&["cook", "--offline"], FLAGS].concat(), &[]);
        let built = build(&Project { at: "tools", flags: FLAGS, ..PLAIN }, temp.path());
        assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{in_checkout} {with_recipe}: {built:#?}");
    }
}

#[test]
fn any_directory_of_a_member_is_the_member() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(NESTED, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let recipe = |dir: &str, flags: &[&str]| {
        larder(&temp.path().join(dir), &[&["prepare"], flags].concat(), &[]);
        let text = fs_err::read_to_string(temp.path().join(dir).join("recipe.json")).expect("it was written");
        serde_json::from_str::<serde_json::Value>(&text).expect("a recipe is JSON")["files"].to_string()
    };
    for flags in [&["--release"] as &[&str], &[]] {
        assert_eq!(recipe("core", flags), recipe("core/src", flags));
        assert_ne!(recipe("core", flags), recipe("", flags));
    }
    assert_eq!(recipe("core/src", &["--release"]), recipe("", &["--release", "-p", "core-lib"]));
    larder(&temp.path().join("core/src"), &["cook", "--offline", "--release"], &[]);
    let built = build(&Project { at: "core/src", ..PLAIN }, temp.path());
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
}

/// What stands behind the links of the next test.
#[cfg(unix)]
const BEHIND: &str = "-- behind/lib/Cargo.toml --
[package] lib
[dependencies]
alpha = '1'
low = { path = '../low' }
-- behind/lib/src/lib.rs --
pub use low::WHO;
-- behind/low/Cargo.toml --
[package] low
[dependencies]
zeta = '2'
-- behind/low/src/lib.rs --
pub const WHO: &str = \"wrong\";
-- behind/root.toml --
[workspace]
members = ['app', 'lib']
resolver = '2'
-- behind/bin.rs --
fn main() { println!(\"{}\", lib::WHO) }
-- ws/app/Cargo.toml --
[package] app
[dependencies]
lib = { path = '../lib' }
-- ws/low/Cargo.toml --
[package] low
[dependencies]
eta = { version = '1', features = ['b'] }
-- ws/low/src/lib.rs --
pub const WHO: &str = \"beside the link\";
-- behind/Cargo.lock --
version = 4
";

#[test]
#[cfg(unix)]
fn symbolic_links_are_what_stands_behind_them_where_they_stand() {
    let link = |top: &Path| {
        let made = |behind: &str, link: &str| {
            let link = top.join(link);
            fs_err::create_dir_all(link.parent().expect("a link has a parent")).expect("writable");
            if fs_err::symlink_metadata(&link).is_err() {
                fs_err::os::unix::fs::symlink(behind, link).expect("writable");
            }
        };
        made("../behind/root.toml", "ws/Cargo.toml");
        made("../behind/Cargo.lock", "ws/Cargo.lock");
        made("../behind/lib", "ws/lib");
        made("../../../behind/bin.rs", "ws/app/src/main.rs");
        made("ws", "through");
    };
    for (at, manifest) in
        [("ws", "Cargo.toml"), ("through", "Cargo.toml"), ("through/app", "Cargo.toml"), ("", "through/Cargo.toml")]
    {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(BEHIND, temp.path());
        link(temp.path());
        run(&CARGO, &temp.path().join("ws"), &["generate-lockfile", "--offline"], &[]);
        let dir = temp.path().join(at);
        let flags: &[&str] = &["--release", "--manifest-path", manifest];
        larder(&dir, &[&["cook", "--offline"], flags].concat(), &[]);
        let built = build(&Project { at, flags, ..PLAIN }, temp.path());
        assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{at}: {built:#?}");
        let output = run(&temp.path().join("ws/target/release/app"), &dir, &[], &[]);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "beside the link");
    }
}
