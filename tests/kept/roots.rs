//! Which root a package inherits from, and what of the packages outside of the workspace has to be
//! there.

use super::{PLAIN, Project, check};

/// A package of its own with the library `name`, and what follows `[package]`.
fn library(dir: &str, more: &str) -> String {
    let name = dir.rsplit('/').next().unwrap_or(dir);
    format!(
        "-- {dir}/src/lib.rs --\n-- {dir}/Cargo.toml --\n[package]\nname = '{name}'\nversion = '1.0.0'\nedition = '2021'\n{more}\n"
    )
}

fn app(dir: &str, more: &str) -> String {
    library(dir, more).replace("src/lib.rs --", "src/main.rs --\nfn main() {}")
}

/// A root of a workspace with the dependency `eta` by path, whose name the registry has, too.
fn root_with_eta(dir: &str, members: &str) -> String {
    format!(
        "-- {dir}/Cargo.toml --\n[workspace]\nmembers = [{members}]\nresolver = '2'\n[workspace.dependencies]\neta = {{ path = 'eta' }}\n"
    )
}

const INHERITS: &str = "[dependencies]\neta.workspace = true";
const ALPHA: &str = "[dependencies]\nalpha = '1'";

fn kept(files: &[String], at: &str) {
    check(&Project { files: &files.concat(), at, ..PLAIN });
}

#[test]
fn an_excluded_workspace_below_the_root_gives_what_its_members_inherit() {
    let files = [
        app("ws", "[workspace]\nexclude = ['vendor']\n[dependencies]\nx = { path = 'vendor/b/x' }"),
        root_with_eta("ws/vendor/b", "'x', 'eta'"),
        library("ws/vendor/b/x", INHERITS),
        library("ws/vendor/b/eta", ALPHA),
    ];
    kept(&files, "ws");
}

#[test]
fn a_pointer_decides_what_is_inherited() {
    let files = [
        app("ws", "[workspace]\nexclude = ['x']\n[dependencies]\nx = { path = 'x' }"),
        root_with_eta("other", "'eta', '../ws/x'"),
        library("ws/x", "workspace = '../../other'\n[dependencies]\neta.workspace = true"),
        library("other/eta", ALPHA),
    ];
    kept(&files, "ws");
}

#[test]
fn a_patched_fork_inherits_from_its_own_workspace() {
    let root = "-- fork/Cargo.toml --\n[workspace]\nmembers = ['zeta', 'eta']\n[workspace.dependencies]\nalpha = '1'\n";
    let zeta = "[features]\ndefault = ['eta']\neta = []\n[dependencies]\nalpha.workspace = true";
    let files = [
        app("ws", "[dependencies]\nzeta = '1'\n[patch.crates-io]\nzeta = { path = '../fork/zeta' }"),
        root.to_owned(),
        library("fork/zeta", zeta),
        library("fork/eta", ALPHA),
    ];
    kept(&files, "ws");
}

#[test]
fn what_cargo_does_not_resolve_of_packages_outside_need_not_be_there() {
    for more in [
        "[dev-dependencies]\nhelper = { path = '../helper' }",
        "[dependencies.extra]\npath = '../extra'\noptional = true",
        "[target.'cfg(unix)'.dependencies]\nextra = { path = '../extra', optional = true }",
    ] {
        let files = [
            app("ws", "[dependencies]\nshared = { path = '../other/shared' }"),
            library("other/shared", &format!("{ALPHA}\n{more}")),
        ];
        kept(&files, "ws");
    }
}

#[test]
fn a_root_that_nobody_inherits_from_need_not_be_sound() {
    let app = app("ws", "[dependencies]\nshared = { path = '../other/shared' }");
    for root in ["-- other/Cargo.toml --\nno toml {{\n", "-- other/Cargo.toml --\n[workspace]\nmembers = ['gone']\n"] {
        kept(&[app.clone(), library("other/shared", ALPHA), root.to_owned()], "ws");
    }
    // A pointer to nowhere.
    kept(&[app, library("other/shared", &format!("workspace = '../gone'\n{ALPHA}"))], "ws");
}

#[test]
fn what_is_activated_outside_is_built() {
    let files = [
        app("ws", "[dependencies]\nshared = { path = '../shared', features = ['more'] }"),
        library(
            "shared",
            "[features]\nmore = ['dep:extra']\n[dependencies]\nextra = { path = '../extra', optional = true }",
        ),
        library("extra", ALPHA),
    ];
    kept(&files, "ws");
}
