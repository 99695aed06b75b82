//! The lockfile of a skeleton is checked before anything is compiled, and is never resolved again.

use super::{PLAIN, Project, check, larder, lay_out, run};
use crate::support::oracle::{CARGO, command};
use std::path::Path;

const APP: &str = "-- src/main.rs --
fn main() {}
-- Cargo.toml --
[package] app
[features]
f = ['alpha/derive']
[dependencies]
alpha = '1'
";

/// `cook` fails with these words, and has compiled nothing.
fn refused(dir: &Path, cargo_would_take: &str) {
    for flags in [&["--offline"][..], &[]] {
        let mut cook = command(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), dir);
        let ended = cook.args(["larder", "cook"]).args(flags).output().expect("the program starts");
        let expected = format!(
            "error: the lockfile of the recipe does not hold: cargo would take {cargo_would_take}\nhelp: run `cargo update --workspace`, then prepare the recipe again with `cargo larder prepare`\n"
        );
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert!(stderr.ends_with(&expected), "{stderr}");
        assert_eq!(ended.status.code(), Some(1));
        let built = ["release", "debug"].map(|profile| dir.join("target").join(profile).exists());
        assert_eq!(built, [false; 2], "something was built");
    }
}

#[test]
fn a_recipe_whose_lockfile_lacks_an_entry_is_refused_before_anything_is_compiled() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    lay_out(APP, dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    for scope in [&["prepare", "--release"][..], &["prepare"]] {
        larder(dir, scope, &[]);
        let path = dir.join("recipe.json");
        let mut recipe: serde_json::Value =
            serde_json::from_str(&fs_err::read_to_string(&path).expect("it was written")).expect("a recipe");
        let lines = recipe["files"]["Cargo.lock"].as_array().expect("a list of lines").clone();
        let at = lines.iter().position(|line| line == "name = \"lambda\"").expect("beta depends on it");
        let kept =
            lines.iter().enumerate().filter(|(i, line)| !(at - 1..at + 4).contains(i) && **line != " \"lambda\",");
        recipe["files"]["Cargo.lock"] = kept.map(|(_, line)| line.clone()).collect();
        fs_err::write(&path, recipe.to_string()).expect("writable");
        refused(dir, "`lambda 0.2.5`, which it lacks");
    }
}

/// Which packages a feature needs, only a registry knows, and `prepare` asks none.
#[test]
fn a_new_feature_that_needs_a_package_that_is_not_locked_is_refused_before_anything_is_compiled() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    lay_out(&APP.replace("f = ['alpha/derive']\n", ""), dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    lay_out(&APP.replace("f = ", "default = "), dir);
    larder(dir, &["prepare", "--release"], &[]);
    refused(dir, "`epsilon-derive 1.0.3`, which it lacks; `eta 1.0.0`, which it lacks; `zeta 1.4.0`, which it lacks");
    // As the help says.
    run(&CARGO, dir, &["update", "--workspace", "--offline"], &[]);
    larder(dir, &["prepare", "--release"], &[]);
    larder(dir, &["cook", "--offline"], &[]);
}

/// The lockfile of a workspace has what all features of its members reach.
#[test]
fn a_skeleton_that_needs_less_than_is_locked_holds() {
    for flags in [&["--release"][..], &["--release", "--features", "f"]] {
        check(&Project { files: APP, flags, ..PLAIN });
    }
}

#[test]
fn a_lockfile_with_what_is_replaced_holds() {
    let files = format!(
        "{APP}[replace]\n'beta:1.2.0' = {{ path = 'beta' }}\n-- beta/src/lib.rs --\n-- beta/Cargo.toml --\n[package]\nname = 'beta'\nversion = '1.2.0'\nedition = '2021'\n[features]\nsimd = []\nstd = []\nos = []\n"
    );
    check(&Project { files: &files, ..PLAIN });
}

#[test]
fn a_lockfile_with_patches_that_nothing_uses_holds() {
    let files = format!(
        "{APP}[patch.crates-io]\nkappa = {{ path = 'kappa' }}\nbeta = {{ path = 'beta' }}\n{}",
        ["kappa", "beta"].map(|name| format!("-- {name}/src/lib.rs --\n-- {name}/Cargo.toml --\n[package]\nname = '{name}'\nversion = '9.9.9'\nedition = '2021'\n")).concat()
    );
    check(&Project { files: &files, ..PLAIN });
}

/// cargo keeps the format of a lockfile that is else as it would write it.
#[test]
fn a_lockfile_of_an_old_format_holds() {
    for version in [1, 2, 3] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let dir = temp.path();
        lay_out(APP, dir);
        run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
        let path = dir.join("Cargo.lock");
        let lock = fs_err::read_to_string(&path).expect("cargo wrote it");
        let old =
            if version == 3 { lock.replace("version = 4", "version = 3") } else { lock.replace("version = 4\n", "") };
        let old = if version == 1 { of_version_1(&old) } else { old };
        fs_err::write(&path, &old).expect("writable");
        for scope in [&["prepare", "--release"][..], &["prepare"]] {
            larder(dir, scope, &[]);
            larder(dir, &["cook", "--offline", "--target-dir", "elsewhere"], &[]);
        }
        assert_eq!(fs_err::read_to_string(&path).expect("it is there"), old);
    }
}

/// References in full, and checksums at the end.
fn of_version_1(lock: &str) -> String {
    let lock: toml::Table = lock.parse().expect("a lockfile");
    let packages = lock["package"].as_array().expect("a list of packages");
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(|it| it.as_str()).map(str::to_owned);
    let full = |name: &str| {
        let package = packages.iter().find(|it| text(it, "name").as_deref() == Some(name)).expect("it is listed");
        let source = text(package, "source").map(|source| format!(" ({source})")).unwrap_or_default();
        format!("{name} {}{source}", text(package, "version").expect("every entry has one"))
    };
    let mut metadata = toml::Table::new();
    let mut written = Vec::new();
    for package in packages {
        let mut package = package.as_table().expect("an entry").clone();
        if let Some(checksum) = package.remove("checksum") {
            metadata.insert(format!("checksum {}", full(package["name"].as_str().expect("a name"))), checksum);
        }
        for dependency in package.get_mut("dependencies").and_then(|it| it.as_array_mut()).into_iter().flatten() {
            *dependency = full(dependency.as_str().expect("a reference")).into();
        }
        written.push(toml::Value::Table(package));
    }
    let whole = [("package", toml::Value::Array(written)), ("metadata", toml::Value::Table(metadata))];
    whole.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<toml::Table>().to_string()
}
