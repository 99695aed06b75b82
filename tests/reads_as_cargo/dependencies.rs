//! What packages depend on, and their features.

use super::{check, check_in, root_of};

/// Packages with a library, each with one of these after `[package]`.
fn in_edition(edition: &str, variants: &[&str]) {
    let mut files = String::new();
    let mut members = Vec::new();
    for (i, more) in variants.iter().enumerate() {
        let name = format!("app-{i}");
        files.extend([format!(
            "-- {name}/src/lib.rs --\n-- {name}/Cargo.toml --\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"{edition}\"\n{more}\n"
        )]);
        members.push(name);
    }
    check(&[&files, &root_of(&members)]);
}

fn packages(variants: &[&str]) {
    in_edition("2021", variants);
}

/// A member `app` with these tables, in a workspace with those.
fn member(own: &str, shared: &str) {
    let app =
        format!("-- app/src/lib.rs --\n-- app/Cargo.toml --\n[package]\nname = \"app\"\nedition = \"2021\"\n{own}\n");
    let util = "-- util/src/lib.rs --\n-- util/Cargo.toml --\n[package]\nname = \"util\"\nversion = \"1.0.0\"\n[features]\nx = []\n";
    let root = root_of(&["app".to_owned()]) + shared + "\n";
    check(&[&app, util, &root]);
    check_in("app", &[&app, util, &root]);
}

#[test]
fn each_table_gives_its_kind() {
    packages(&[
        "[dependencies]\na = '1'\n[dev-dependencies]\nb = '1'\n[build-dependencies]\nc = '1'",
        "[dependencies]\na = '1'\n[dev-dependencies]\na = '1.0'\n[build-dependencies]\na = '=1.0.0'",
    ]);
}

#[test]
fn old_spellings_count_where_the_new_one_is_missing() {
    for edition in ["2015", "2018", "2021"] {
        in_edition(
            edition,
            &[
                "[dev_dependencies]\na = '1'\n[build_dependencies]\nb = '1'",
                "[dev_dependencies]\na = '1'\n[dev-dependencies]\nb = '1'",
                "[target.'cfg(unix)'.dev_dependencies]\na = '1'\n[target.'cfg(unix)'.build_dependencies]\nb = '1'",
                "[dependencies]\na = { version = '1', default_features = false }",
                "[dependencies]\na = { version = '1', default_features = false, default-features = true }",
            ],
        );
    }
}

#[test]
fn requirements_are_read_as_written() {
    packages(&["[dependencies]\na = '*'\nb = '^1.0'\nc = '>=0.9, <2'\nd = '~1'\ne = '=1.0.0'\nf = '1.*'"]);
}

#[test]
fn switches_and_features_are_read() {
    packages(&[
        "[dependencies]\na = { version = '1', optional = true, features = ['z', 'x'], default-features = false }",
        "[dependencies]\na = { version = '1', features = [] }",
        "[dev-dependencies]\na = { version = '1', features = ['x', 'x'] }",
    ]);
}

#[test]
fn a_renamed_dependency_keeps_both_names() {
    packages(&[
        "[dependencies]\nold = { package = 'a', version = '1' }\nb = { package = 'b', version = '1' }",
        "[dependencies]\nx = { package = 'a', version = '1', optional = true }\n[features]\ny = ['x?/z', 'x']",
        "[dependencies]\nx = { package = 'a', version = '1' }\na = { package = 'x', version = '1' }",
    ]);
}

#[test]
fn platforms_are_spelled_as_cargo_spells_them() {
    let platforms = [
        "cfg(unix)",
        "x86_64-unknown-linux-gnu",
        "cfg( all( unix , not(target_os=\"linux\") ) )",
        "cfg(any())",
        "cfg(all(unix,))",
        "cfg(target_feature = \"sse2\")",
        "cfg(true)",
        "my-target",
    ];
    let table = |it| format!("[target.'{it}'.dependencies]\na = '1'\n[target.'{it}'.dev-dependencies]\nb = '1'");
    packages(&platforms.map(table).each_ref().map(String::as_str));
}

#[test]
fn a_dependency_may_stand_in_several_tables() {
    let unix = "[target.'cfg(unix)'.dependencies]\na = '1'\n";
    let windows = "[target.'cfg(windows)'.dependencies]\na = { version = '1', optional = true }\n";
    packages(&[&format!("{unix}{windows}[dependencies]\na = '1'"), &format!("{windows}[build-dependencies]\na = '1'")]);
}

#[test]
fn other_sources_do_not_change_what_is_asked() {
    packages(&[
        "[dependencies]\na = { git = 'https://example.invalid/a', branch = 'main' }",
        "[dependencies]\nb = { version = '1', git = 'https://example.invalid/b', tag = 'v1', optional = true }",
    ]);
}

#[test]
fn optional_dependencies_give_features_unless_named_with_dep() {
    let two = "[dependencies]\na-1 = { version = '1', optional = true }\nb = { version = '1', optional = true }\n[features]\n";
    packages(&[
        two,
        &format!("{two}default = ['dep:a-1']\nmore = ['b']"),
        &format!("{two}x = ['a-1/y', 'b?/z']"),
        &format!("{two}a-1 = ['dep:a-1', 'b']\nx = ['a-1']"),
        "[build-dependencies]\na = { version = '1', optional = true }",
        "[target.'cfg(unix)'.dependencies]\na = { version = '1', optional = true }",
    ]);
}

#[test]
fn features_keep_their_odd_names() {
    packages(&["[features]\ndefault = ['x.y', 'c++20']\n'x.y' = []\n'c++20' = []\n_under = []\n2d = []\n'ü' = []"]);
}

#[test]
fn package_keys_are_inherited() {
    member("version.workspace = true\n", "[workspace.package]\nversion = '2.3.4'");
    member(
        "version = { workspace = true }\nlicense.workspace = true",
        "[workspace.package]\nversion = '2.3.4'\nlicense = 'MIT'",
    );
    let app = "-- app/src/bin/x.rs --\n-- app/src/bin/y.rs --\n-- app/Cargo.toml --\n[package]\nname = \"app\"\nversion.workspace = true\nedition.workspace = true\n[[bin]]\nname = \"x\"\n";
    for edition in ["2015", "2018", "2024"] {
        let root = format!(
            "-- Cargo.toml --\n[workspace]\nmembers = ['app']\n[workspace.package]\nedition = '{edition}'\nversion = '1.0.0'\n"
        );
        check(&[app, &root]);
    }
}

#[test]
fn a_root_package_inherits_from_its_own_workspace() {
    let root = "-- src/lib.rs --\n-- Cargo.toml --\n[package]\nname = \"app\"\nversion.workspace = true\nedition.workspace = true\n[dependencies]\na.workspace = true\n[workspace]\n[workspace.package]\nversion = '3.0.0'\nedition = '2021'\n[workspace.dependencies]\na = '1'\n";
    check(&[root]);
}

#[test]
fn dependencies_are_inherited_with_their_features_added() {
    let shared = "[workspace.dependencies]\na = { version = '1', features = ['x'] }\nb = '1.0'\nc = { package = 'real-c', version = '1', default-features = false }";
    member(
        "[dependencies]\na = { workspace = true, features = ['y'] }\nb.workspace = true\nc = { workspace = true, optional = true }",
        shared,
    );
    member(
        "[dev-dependencies]\na.workspace = true\n[build-dependencies]\nb = { workspace = true, features = ['z'] }\n[target.'cfg(unix)'.dependencies]\nc.workspace = true",
        shared,
    );
}

#[test]
fn default_features_are_inherited_by_the_rules_of_cargo() {
    let shared = "[workspace.dependencies]
        a = '1'
        b = { version = '1', default-features = true }
        c = { version = '1', default-features = false }";
    for own in ["", ", default-features = true", ", default-features = false", ", default_features = true"] {
        let table = format!("{{ workspace = true{own} }}");
        member(&format!("[dependencies]\na = {table}\nb = {table}\nc = {table}"), shared);
    }
}

#[test]
fn a_path_is_inherited_relative_to_the_root() {
    let shared = "[workspace.dependencies]\nutil = { path = 'util', features = ['x'] }";
    member("[dependencies]\nutil.workspace = true", shared);
    member(
        "[dependencies]\nutil.workspace = true",
        "[workspace.dependencies]\nutil = { path = './app/../util', version = '1' }",
    );
}

#[test]
fn a_dependency_of_the_workspace_that_nobody_uses_is_none() {
    member("", "[workspace.dependencies]\na = '1'\nutil = { path = 'util' }\ngone = { path = 'gone' }");
}

#[test]
fn a_path_beside_a_version_is_local() {
    let util = "-- util/src/lib.rs --\n-- util/Cargo.toml --\n[package]\nname = \"util\"\nversion = \"1.2.0\"\n";
    let app = "-- src/lib.rs --\n-- Cargo.toml --\n[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\ntools = { path = 'util', version = '1', package = 'util' }\n[workspace]\n";
    check(&[util, app]);
}

#[test]
fn keys_that_cargo_does_not_know_are_no_matter() {
    packages(&[
        "future = true\n[dependencies]\na = { version = '1', future = 1 }\n[future]\nx = 1\n[target.'cfg(unix)'.future]\nx = '1'",
    ]);
}
