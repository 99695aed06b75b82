//! Registries other than crates.io, by name and by index, and sources that replace others
//! (catalogue 19).

use super::{PLAIN, Project, check, larder, lay_out, run, shelf};
use crate::support::oracle::CARGO;
use std::path::Path;

/// What `cargo vendor` leaves of a registry crate and of a git repository. No other registry of
/// these tests has the first.
const VENDORED: &str = "-- vendor/pickle/Cargo.toml --
[package] pickle 1.0.0
-- vendor/pickle/src/lib.rs --
pub const WHO: &str = \"pickle\";
-- vendor/pickle/.cargo-checksum.json --
{\"files\":{},\"package\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}
-- vendor/one/Cargo.toml --
[package] one 1.0.0
-- vendor/one/src/lib.rs --
pub const WHO: &str = \"one\";
-- vendor/one/.cargo-checksum.json --
{\"files\":{}}
";

#[test]
fn vendored_sources_beside_the_recipe_are_built() {
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[dependencies]
pickle = '1'
one = { git = 'https://git.invalid/one', branch = 'feature/x' }
-- Cargo.lock --
version = 4
[[package]]
name = 'app'
version = '0.1.0'
dependencies = ['one', 'pickle']
[[package]]
name = 'one'
version = '1.0.0'
source = 'git+https://git.invalid/one?branch=feature%2Fx#0123456789012345678901234567890123456789'
[[package]]
name = 'pickle'
version = '1.0.0'
source = 'registry+https://github.com/rust-lang/crates.io-index'
checksum = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
-- .cargo/config.toml --
[source.crates-io]
replace-with = 'vendored-sources'
[source.'git+https://git.invalid/one?branch=feature%2Fx']
git = 'https://git.invalid/one'
branch = 'feature/x'
replace-with = 'vendored-sources'
[source.vendored-sources]
directory = 'vendor'
-- src/main.rs --
fn main() { println!(\"{} {}\", one::WHO, pickle::WHO) }
",
        prints: Some("one pickle"),
        bring: |top| lay_out(VENDORED, top),
        ..PLAIN
    });
}

#[test]
fn a_local_registry_beside_the_recipe_is_built() {
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[dependencies]
jam = '1'
-- .cargo/config.toml --
[source.crates-io]
replace-with = 'shelf'
[source.shelf]
local-registry = 'third-party/shelf'
-- src/main.rs --
fn main() { println!(\"{}\", jam::WHO) }
",
        prints: Some("jam"),
        bring: |top| shelf::local_registry(&top.join("third-party/shelf")),
        ..PLAIN
    });
}

/// Two registries and crates.io, each with a package of one name and version. They are directories.
const OURS_AND_THEIRS: &str = "-- .cargo/config.toml --
[registries.ours]
index = 'sparse+https://ours.invalid/index/'
[registries.theirs]
index = 'https://theirs.invalid/index'
[source.ours]
registry = 'sparse+https://ours.invalid/index/'
replace-with = 'in-ours'
[source.in-ours]
directory = 'ours'
[source.theirs]
registry = 'https://theirs.invalid/index'
replace-with = 'in-theirs'
[source.in-theirs]
directory = 'theirs'
";

fn ours_and_theirs(top: &Path) {
    for who in ["ours", "theirs"] {
        let checksum = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        lay_out(
            &format!(
                "-- {who}/eta/Cargo.toml --
[package] eta 1.0.0
[features]
more = []
-- {who}/eta/src/lib.rs --
pub const WHO: &str = \"{who}\";
-- {who}/eta/.cargo-checksum.json --
{{\"files\":{{}},\"package\":\"{checksum}\"}}
"
            ),
            top,
        );
    }
}

#[test]
fn one_name_and_version_from_three_registries_are_three_packages() {
    let files = format!(
        "{OURS_AND_THEIRS}-- Cargo.toml --
[package] app
[dependencies]
eta = '1'
ours = {{ package = 'eta', version = '1', registry = 'ours' }}
theirs = {{ package = 'eta', version = '1.0', registry = 'theirs', features = ['more'] }}
[build-dependencies]
ours = {{ package = 'eta', version = '1', registry-index = 'sparse+https://ours.invalid/index/' }}
-- build.rs --
fn main() {{ println!(\"cargo:rustc-env=BUILT_WITH={{}}\", ours::WHO) }}
-- src/main.rs --
fn main() {{ println!(\"{{}} {{}} {{}}\", ours::WHO, theirs::WHO, env!(\"BUILT_WITH\")) }}
"
    );
    check(&Project { files: &files, prints: Some("ours theirs ours"), bring: ours_and_theirs, ..PLAIN });
}

#[test]
fn a_path_with_a_version_and_a_registry_is_the_path() {
    let files = format!(
        "{OURS_AND_THEIRS}-- Cargo.toml --
[workspace] app eta
-- app/Cargo.toml --
[package] app
[dependencies]
eta = {{ path = '../eta', version = '1', registry = 'ours' }}
theirs = {{ package = 'eta', version = '1', registry = 'theirs' }}
zeta = '1'
-- app/src/main.rs --
fn main() {{ println!(\"{{}} {{}}\", eta::WHO, theirs::WHO) }}
-- eta/Cargo.toml --
[package] eta 1.0.0
publish = ['ours']
-- eta/src/lib.rs --
pub const WHO: &str = \"path\";
"
    );
    check(&Project { files: &files, prints: Some("path theirs"), bring: ours_and_theirs, ..PLAIN });
}

/// A package of the registry `ours`, which is at the URL.
fn of_ours(index: &str, more: &str) -> String {
    format!(
        "-- Cargo.toml --
[package] app
[dependencies]
jam = {{ version = '1', registry = 'ours' }}
-- .cargo/config.toml --
[registries.ours]
index = '{index}'
{more}-- src/main.rs --
fn main() {{ println!(\"{{}}\", jam::WHO) }}
"
    )
}

#[test]
fn a_registry_with_a_git_index_is_kept() {
    if super::repositories::without_git() {
        return;
    }
    let index = super::repositories::index(&shelf::crates());
    check(&Project { files: &of_ours(&index, ""), prints: Some("jam"), ..PLAIN });
}

#[test]
fn a_token_is_in_no_recipe_and_in_force_wherever_it_stands() {
    const TOKEN: &str = "Bearer of-a-secret";
    let registry = shelf::Server::start(TOKEN);
    let home = tempfile::tempdir().expect("a temporary directory can be made");
    let home_text = home.path().to_str().expect("a UTF-8 path").to_owned();
    let home_env = ("CARGO_HOME", home_text.as_str());
    let in_config = format!("token = '{TOKEN}'\ncredential-provider = 'cargo:token'\n");
    let files = of_ours(&registry.index(), &in_config);

    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(&files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile"], &[home_env]);
    for flags in [&["prepare", "--release"] as &[&str], &["prepare"]] {
        larder(temp.path(), flags, &[]);
        let recipe = fs_err::read_to_string(temp.path().join("recipe.json")).expect("it was written");
        assert!(!recipe.contains("secret"), "{recipe}");
        assert!(recipe.contains(&registry.index()), "{recipe}");
    }

    let cook = |project: &str, env: &[(&str, &str)]| {
        let place = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(project, place.path());
        fs_err::copy(temp.path().join("recipe.json"), place.path().join("recipe.json")).expect("it was written");
        let cache = home.path().join("registry");
        if cache.exists() {
            fs_err::remove_dir_all(cache).expect("it is ours");
        }
        larder(place.path(), &["cook", "--release"], env)
    };
    let of_config = cook(&files, &[home_env]);
    assert!(of_config.contains("1 compiled"), "{of_config}");
    let of_environment = cook("", &[home_env, ("CARGO_REGISTRIES_OURS_TOKEN", TOKEN)]);
    assert!(of_environment.contains("1 compiled"), "{of_environment}");
    fs_err::write(home.path().join("credentials.toml"), format!("[registries.ours]\ntoken = '{TOKEN}'\n"))
        .expect("writable");
    let of_home = cook("", &[home_env]);
    assert!(of_home.contains("1 compiled"), "{of_home}");
    assert!(registry.refused() > 0, "the registry asked for no token");
}
