//! Third-party packages from git repositories (catalogue 19), which cargo fetches over `file://`.

use super::{PLAIN, Project, check, repositories};

/// Checks a project whose binary prints this, if there is a git.
fn kept(files: &str, prints: &str) {
    if !repositories::without_git() {
        check(&Project { files, prints: Some(prints), ..PLAIN });
    }
}

/// A binary that prints which commit of `one` it was built on; `rust_version` decides the version
/// of its lockfile.
fn app(reference: &str, rust_version: &str) -> String {
    format!(
        "-- Cargo.toml --
[package] app
rust-version = '{rust_version}'
[dependencies]
alpha = '1'
one = {{ git = '[REPOSITORIES]/one'{reference} }}
-- src/main.rs --
fn main() {{ println!(\"{{}}\", one::WHO) }}
"
    )
}

#[test]
fn a_git_dependency_is_kept_by_branch_tag_rev_and_default_branch() {
    if repositories::without_git() {
        return;
    }
    let rev = format!(", rev = '{}'", repositories::commit("one", "v1.0.0"));
    let references = [
        ("", "main"),
        (", branch = 'main'", "main"),
        (", branch = 'feature/x+y'", "feature"),
        (", tag = 'v1.0.0'", "first"),
        (&rev, "first"),
        (", version = '1', default-features = false", "main"),
    ];
    for (reference, prints) in references {
        check(&Project { files: &app(reference, "1.85"), prints: Some(prints), ..PLAIN });
    }
}

#[test]
fn lockfile_version_3_spells_a_branch_otherwise_and_is_kept_as_well() {
    if repositories::without_git() {
        return;
    }
    for (reference, prints) in [(", branch = 'feature/x+y'", "feature"), (", tag = 'v1.0.0'", "first")] {
        check(&Project { files: &app(reference, "1.70"), prints: Some(prints), ..PLAIN });
    }
}

#[test]
fn packages_of_one_repository_that_need_each_other_are_kept() {
    kept(
        "-- Cargo.toml --
[package] app
[dependencies]
high = { git = '[REPOSITORIES]/many', tag = 'v2.1.0' }
[build-dependencies]
low = { git = '[REPOSITORIES]/many', tag = 'v2.1.0', version = '2' }
-- build.rs --
fn main() { println!(\"cargo:rustc-env=BUILT_WITH={}\", low::WHO) }
-- src/main.rs --
fn main() { println!(\"{} {}\", high::WHO, env!(\"BUILT_WITH\")) }
",
        "low low",
    );
}

#[test]
fn one_name_and_version_from_the_registry_and_from_git_are_two_packages() {
    if repositories::without_git() {
        return;
    }
    let files = |members: &str| {
        format!(
            "-- Cargo.toml --
[workspace]
members = [{members}]
resolver = '2'
-- app/Cargo.toml --
[package] app
[dependencies]
zeta = '1'
eta = '1'
eta-git = {{ package = 'eta', git = '[REPOSITORIES]/eta', default-features = false, features = ['b'] }}
-- app/src/main.rs --
fn main() {{ println!(\"{{}}\", eta_git::WHO) }}
-- other/Cargo.toml --
[package] other
[dependencies]
eta = {{ git = '[REPOSITORIES]/eta', version = '1' }}
-- other/src/lib.rs --
pub use eta::WHO;
"
        )
    };
    check(&Project { files: &files("'app'"), prints: Some("eta of git"), ..PLAIN });
    check(&Project { files: &files("'app', 'other'"), prints: Some("eta of git"), ..PLAIN });
    check(&Project { files: &files("'app', 'other'"), flags: &["-p", "other"], ..PLAIN });
}

#[test]
fn one_package_at_two_commits_is_two_packages() {
    kept(
        "-- Cargo.toml --
[package] app
[dependencies]
new = { package = 'one', git = '[REPOSITORIES]/one', branch = 'feature/x+y' }
old = { package = 'one', git = '[REPOSITORIES]/one', tag = 'v1.0.0', default-features = false }
[build-dependencies]
one = { git = '[REPOSITORIES]/one' }
-- build.rs --
fn main() { println!(\"cargo:rustc-env=BUILT_WITH={}\", one::WHO) }
-- src/main.rs --
fn main() { println!(\"{} {} {}\", new::WHO, old::WHO, env!(\"BUILT_WITH\")) }
",
        "feature first main",
    );
}

#[test]
fn a_patch_that_is_a_git_repository_is_in_force() {
    kept(
        "-- Cargo.toml --
[package] app
[dependencies]
eta = '1'
zeta = '1'
[patch.crates-io]
eta = { git = '[REPOSITORIES]/eta', branch = 'main' }
-- src/main.rs --
fn main() { println!(\"{}\", eta::WHO) }
",
        "eta of git",
    );
}

#[test]
fn a_git_repository_may_be_patched_by_a_package_at_hand() {
    if repositories::without_git() {
        return;
    }
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[workspace]
[dependencies]
high = { git = '[REPOSITORIES]/many' }
low = { git = '[REPOSITORIES]/many' }
[patch.'[REPOSITORIES]/many']
low = { path = 'patches/low' }
-- src/main.rs --
fn main() { println!(\"{}\", low::WHO) }
-- patches/low/Cargo.toml --
[package] low 2.1.0
[features]
more = []
[workspace]
-- patches/low/src/lib.rs --
pub const WHO: &str = \"patched\";
",
        prints: Some("patched"),
        cooked_again: true,
        ..PLAIN
    });
}
