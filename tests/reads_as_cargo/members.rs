//! Which packages belong to a workspace, and which of them cargo takes when none is named.

use super::{check, check_in};

/// A package with a library in a directory of its name, and what follows `[package]`.
fn package(dir: &str, more: &str) -> String {
    let name = dir.rsplit('/').next().unwrap_or(dir);
    format!(
        "-- {dir}/src/lib.rs --\n-- {dir}/Cargo.toml --\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n{more}\n"
    )
}

fn packages(dirs: &[&str]) -> String {
    dirs.iter().map(|dir| package(dir, "")).collect()
}

fn workspace(keys: &str) -> String {
    format!("-- Cargo.toml --\n[workspace]\nresolver = \"2\"\n{keys}\n")
}

/// A root that is a package too.
fn root_package(keys: &str) -> String {
    format!(
        "-- src/lib.rs --\n-- Cargo.toml --\n[package]\nname = \"root\"\nversion = \"1.0.0\"\nedition = \"2021\"\n{keys}\n"
    )
}

#[test]
fn a_package_alone_is_its_own_workspace() {
    check(&[&root_package("")]);
    check(&[&root_package("[workspace]")]);
}

#[test]
fn members_are_found_by_pattern() {
    let files = packages(&["crates/a", "crates/b", "crates/deep/c", "tools/one", "tools/two"]);
    for members in ["'crates/?'", "'crates/*/c', 'crates/a'", "'**/c'", "'tools/[ot]*'", "'crates/[!b]'"] {
        check(&[&files, &workspace(&format!("members = [{members}]"))]);
    }
    check(&[&files, &workspace("members = ['crates/a', './crates/b', 'crates/a/', 'tools/../tools/one']")]);
    check(&[&files, "-- tools/README.md --\n", &workspace("members = ['tools/*']")]);
}

#[test]
fn exclude_takes_from_patterns_and_not_from_names() {
    let files = packages(&["crates/a", "crates/b", "crates/b/inner"]);
    for exclude in
        ["'crates/b'", "'crates/b/inner'", "'crates'", "'crates/b/'", "'./crates/b'", "'crates/*'", "'x/../crates/b'"]
    {
        check(&[&files, &workspace(&format!("members = ['crates/*', 'crates/b/inner']\nexclude = [{exclude}]"))]);
        check(&[&files, &workspace(&format!("members = ['crates/a', 'crates/b']\nexclude = [{exclude}]"))]);
    }
}

#[test]
fn a_pattern_of_excluded_directories_leaves_them_out() {
    let files = packages(&["crates/a", "crates/b"]);
    check(&[
        &files,
        "-- crates/notes/README.md --\n",
        &workspace("members = ['crates/*']\nexclude = ['crates/notes']"),
    ]);
}

#[test]
fn default_members_count_at_the_root_only() {
    let files = packages(&["crates/a", "crates/b", "crates/c"]);
    for default in ["'crates/a'", "'crates/[ab]'", "'crates/*'", "'./crates/b'", ""] {
        let keys = workspace(&format!("members = ['crates/*']\ndefault-members = [{default}]"));
        check(&[&files, &keys]);
        check_in("crates/c", &[&files, &keys]);
    }
}

#[test]
fn default_members_of_a_root_package_may_leave_it_out() {
    let files = packages(&["a", "b"]);
    for keys in ["", "default-members = ['a']", "default-members = ['.', 'b']", "default-members = []"] {
        let root = root_package(&format!("[workspace]\nmembers = ['a', 'b']\n{keys}"));
        check(&[&files, &root]);
        check_in("a", &[&files, &root]);
    }
}

#[test]
fn a_default_member_may_be_excluded() {
    let files = packages(&["a", "b"]);
    check(&[&files, &workspace("members = ['*']\nexclude = ['b']\ndefault-members = ['a', 'b']")]);
}

#[test]
fn path_dependencies_below_the_root_become_members() {
    let files = packages(&["util", "dev", "build", "unix", "off"]);
    let root = root_package(
        "[dependencies]\nutil = { path = 'util' }\noff = { path = './off', optional = true }
        [dev-dependencies]\ndev = { path = 'x/../dev' }
        [build-dependencies]\nbuild = { path = 'build' }
        [target.'cfg(unix)'.dependencies]\nunix = { path = 'unix' }\n[workspace]",
    );
    check(&[&files, &root]);
    check_in("util", &[&files, &root]);
}

#[test]
fn path_dependencies_of_path_dependencies_become_members() {
    let chain = package("a", "[dependencies]\nb = { path = '../b' }")
        + &package("b", "[dev-dependencies]\nc = { path = '../c' }");
    check(&[&chain, &packages(&["c"]), &workspace("members = ['a']")]);
    check(&[&chain, &packages(&["c"]), &workspace("members = ['a']\nexclude = ['b']")]);
    check(&[&chain, &packages(&["c"]), &workspace("members = ['a']\nexclude = ['c']")]);
}

#[test]
fn path_dependencies_outside_the_root_stay_outside() {
    let files = packages(&["ws/a", "shared", "shared/more"]);
    let a = package("ws/a", "[dependencies]\nshared = { path = '../../shared' }");
    let shared = package("shared", "[dependencies]\nmore = { path = 'more' }");
    let root = "-- ws/Cargo.toml --\n[workspace]\nmembers = ['a']\nresolver = '2'\n";
    check_in("ws", &[&files, &a, &shared, root]);
}

#[test]
fn a_member_may_stand_beside_the_root_and_point_to_it() {
    let beside = package("beside", "workspace = '../ws'");
    let root = "-- ws/Cargo.toml --\n[workspace]\nmembers = ['a', '../beside']\nresolver = '2'\n";
    check_in("ws", &[&beside, &packages(&["ws/a"]), root]);
    check_in("beside", &[&beside, &packages(&["ws/a"]), root]);
}

#[test]
fn a_path_dependency_beside_the_root_that_points_to_it_is_a_member() {
    let beside = package("beside", "workspace = '../ws'");
    let a = package("ws/a", "[dependencies]\nbeside = { path = '../../beside' }");
    check_in("ws", &[&beside, &a, "-- ws/Cargo.toml --\n[workspace]\nmembers = ['a']\nresolver = '2'\n"]);
}

#[test]
fn a_workspace_within_a_workspace_is_its_own() {
    let inner = package("crates/inner", "[workspace]\nmembers = ['x']") + &packages(&["crates/inner/x"]);
    let root = workspace("members = ['crates/a']\nexclude = ['crates/inner']");
    check(&[&inner, &packages(&["crates/a"]), &root]);
    check_in("crates/inner", &[&inner, &packages(&["crates/a"]), &root]);
    check_in("crates/inner/x", &[&inner, &packages(&["crates/a"]), &root]);
}

#[test]
fn an_excluded_package_is_alone() {
    check_in("b", &[&packages(&["a", "b"]), &workspace("members = ['a']\nexclude = ['b']")]);
}

#[test]
fn an_excluded_package_may_belong_to_a_workspace_further_up() {
    let inner = "-- mid/Cargo.toml --\n[workspace]\nmembers = []\nexclude = ['leaf']\n";
    check_in("mid/leaf", &[&packages(&["mid/leaf"]), inner, &workspace("members = ['mid/leaf']")]);
}

#[test]
fn a_package_between_root_and_member_does_not_hide_the_root() {
    check_in("outer/inner", &[&packages(&["outer", "outer/inner"]), &workspace("members = ['outer', 'outer/inner']")]);
}

#[test]
fn the_root_may_be_a_member_by_name() {
    check(&[&packages(&["a"]), &root_package("[workspace]\nmembers = ['.', 'a']")]);
}

#[test]
fn directories_with_odd_letters_are_directories() {
    check(&[
        &packages(&["crates/a b", "crates/ü"]).replace("\"a b\"", "\"ab\"").replace("\"ü\"", "\"u\""),
        &workspace("members = ['crates/*']"),
    ]);
}
