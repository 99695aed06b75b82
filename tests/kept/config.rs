//! What `.cargo/config.toml` says holds for the dependencies as well, and is in the recipe.

use super::{CARGO, PLAIN, Project, check, larder, lay_out, run};
use crate::support::oracle::HOST;
use std::path::Path;

/// A third-party crate that tells what it was built with, and one whose build script must not run.
const WITNESS: &str = "-- vendor/witness/Cargo.toml --
[package] witness 1.0.0
-- vendor/witness/build.rs --
fn main() {
    for name in [\"A\", \"B\", \"PLACE\"].map(|name| format!(\"WITNESS_{name}\")) {
        println!(\"cargo:rerun-if-env-changed={name}\");
        println!(\"cargo:rustc-env={name}={}\", std::env::var(&name).unwrap_or_default());
    }
    println!(\"cargo:rustc-env=WITNESS_LEVEL={}\", std::env::var(\"OPT_LEVEL\").unwrap());
    println!(\"cargo:rustc-env=WITNESS_BUILD={}\", cfg!(flagged));
}
-- vendor/witness/src/lib.rs --
pub const A: &str = env!(\"WITNESS_A\");
pub const B: &str = env!(\"WITNESS_B\");
pub const PLACE: &str = env!(\"WITNESS_PLACE\");
pub const LEVEL: &str = env!(\"WITNESS_LEVEL\");
pub const BUILD: &str = env!(\"WITNESS_BUILD\");
pub const FLAGGED: bool = cfg!(flagged);
-- vendor/witness/.cargo-checksum.json --
{\"files\":{}}
-- vendor/witness-sys/Cargo.toml --
[package] witness-sys 1.0.0
links = 'witness'
build = 'build.rs'
-- vendor/witness-sys/build.rs --
fn main() { panic!(\"the config overrides this build script\") }
-- vendor/witness-sys/src/lib.rs --
pub const FLAGGED: bool = cfg!(overridden);
-- vendor/witness-sys/.cargo-checksum.json --
{\"files\":{}}
";

/// A binary that prints an expression, and a config, the rest of which says where the witnesses
/// are.
pub fn app(dependencies: &str, expression: &str, config: &str) -> String {
    format!(
        "-- Cargo.toml --
[package] app
[dependencies]
{dependencies}
-- src/main.rs --
fn main() {{ println!(\"{{}}\", {expression}) }}
-- .cargo/config.toml --
{config}
[source.crates-io]
replace-with = 'vendored'
[source.vendored]
directory = 'vendor'
"
    )
}

pub fn witnesses(top: &Path) {
    lay_out(WITNESS, top);
    lay_out("-- tools/cc --\n#!/bin/sh\nexec cc \"$@\"\n", top);
    #[cfg(unix)]
    {
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs_err::set_permissions(top.join("tools/cc"), executable).expect("the file is ours");
    }
}

/// What `witness` tells of a build with this config.
fn witness(expression: &str, config: &str, prints: &str, more: &Project<'_>) {
    let files = app("witness = '1'", &format!("witness::{expression}"), config);
    check(&Project { files: &files, prints: Some(prints), bring: witnesses, ..*more });
}

#[test]
fn variables_of_the_config_reach_build_scripts() {
    witness("A", "[env]\nWITNESS_A = 'of the config'\n", "of the config", &PLAIN);
    let both = "[env]\nWITNESS_A = 'weak'\nWITNESS_B = { value = 'forced', force = true }\n";
    let env = [("WITNESS_A", "of the environment"), ("WITNESS_B", "of the environment")];
    witness("A", both, "of the environment", &Project { env: &env, ..PLAIN });
    witness("B", both, "forced", &Project { env: &env, ..PLAIN });
}

#[test]
fn a_relative_path_in_a_variable_is_seen_from_the_config() {
    let config = "[env]\nWITNESS_PLACE = { value = 'data/x', relative = true }\n";
    let here = "PLACE.ends_with(\"/place/data/x\")";
    witness(here, config, "true", &PLAIN);
}

#[test]
fn flags_of_the_config_are_those_of_dependencies() {
    witness("FLAGGED", "[build]\nrustflags = ['--cfg', 'flagged']\n", "true", &PLAIN);
    for platform in [&**HOST, "'cfg(not(nothing))'"] {
        let config = format!("[target.{platform}]\nrustflags = '--cfg flagged'\n");
        witness("FLAGGED", &config, "true", &PLAIN);
        witness("BUILD", &config, "true", &PLAIN);
    }
}

#[test]
fn flags_of_the_config_are_for_the_target_alone_where_one_is_given() {
    let config = format!("[target.{}]\nrustflags = ['--cfg', 'flagged']\n", *HOST);
    let target = format!("target/{}/release", *HOST);
    let cross = &Project { flags: &["--release", "--target", &HOST], target: &target, ..PLAIN };
    let both = "FLAGGED.to_string() + witness::BUILD";
    witness(both, &config, "truefalse", cross);
    let config = format!("[build]\ntarget = '{}'\nrustflags = ['--cfg', 'flagged']\n", *HOST);
    witness(both, &config, "truefalse", &Project { target: &target, ..PLAIN });
}

#[test]
#[cfg(unix)]
fn a_linker_of_the_config_links_build_scripts() {
    let config = format!("[target.{}]\nlinker = 'tools/cc'\n", *HOST);
    witness("A.len()", &config, "0", &PLAIN);
}

#[test]
fn a_build_script_that_the_config_overrides_is_not_run() {
    let config = format!(
        "[target.{}.witness]\nrustc-cfg = ['overridden']\nrustc-link-search = ['/nowhere']\nroot = 'x'\n",
        *HOST
    );
    let files = app("witness-sys = '1'", "witness_sys::FLAGGED", &config);
    check(&Project { files: &files, prints: Some("true"), bring: witnesses, ..PLAIN });
    let target = format!("target/{}/release", *HOST);
    let flags: &[&str] = &["--release", "--target", &HOST];
    check(&Project { files: &files, prints: Some("true"), bring: witnesses, flags, target: &target, ..PLAIN });
}

#[test]
fn profiles_of_the_config_win_over_those_of_the_manifest() {
    let config = "[profile.release.package.witness]\nopt-level = 1\n[profile.release]\nopt-level = 2\n";
    witness("LEVEL", config, "1", &PLAIN);
    let config = "[profile.mine]\ninherits = 'release'\nopt-level = 's'\n";
    witness("LEVEL", config, "s", &Project { flags: &["--profile", "mine"], target: "target/mine", ..PLAIN });
    let env = [("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")];
    witness("LEVEL", "", "1", &Project { env: &env, ..PLAIN });
}

#[test]
fn unstable_keys_of_the_config_are_in_force() {
    let config = "[unstable]\nprofile-rustflags = true\n[profile.release]\nrustflags = ['--cfg', 'flagged']\n";
    let env = [("RUSTC_BOOTSTRAP", "1")];
    witness("FLAGGED", config, "true", &Project { env: &env, ..PLAIN });
    let config = "target-applies-to-host = false\n[unstable]\nhost-config = true\ntarget-applies-to-host = true\n[host]\nrustflags = ['--cfg', 'flagged']\n";
    witness("FLAGGED.to_string() + witness::BUILD", config, "falsetrue", &Project { env: &env, ..PLAIN });
}

#[test]
fn a_patch_of_the_config_is_in_force() {
    if super::repositories::without_git() {
        return;
    }
    check(&Project {
        files: "-- Cargo.toml --
[package] app
[dependencies]
eta = '1'
zeta = '1'
-- .cargo/config.toml --
[patch.crates-io]
eta = { git = '[REPOSITORIES]/eta' }
-- src/main.rs --
fn main() { println!(\"{}\", eta::WHO) }
",
        prints: Some("eta of git"),
        ..PLAIN
    });
}

#[test]
fn a_config_without_extension_and_what_it_includes_count() {
    let files = app("witness = '1'", "witness::A", "include = ['more.toml', { path = 'none.toml', optional = true }]");
    let files = files.replace(".cargo/config.toml", ".cargo/config");
    let files = files
        + "-- .cargo/more.toml --\ninclude = ['../ci/deep.toml']\n-- ci/deep.toml --\n[env]\nWITNESS_A = 'deep'\n";
    check(&Project { files: &files, prints: Some("deep"), bring: witnesses, ..PLAIN });
}

#[test]
fn a_target_directory_of_the_config_is_where_the_build_looks() {
    let of = |config: &str, target: &str, env: &[(&str, &str)]| {
        let config = format!("[build]\n{config}\n[env]\nWITNESS_A = 'kept'\n");
        witness("A", &config, "kept", &Project { env, target, ..PLAIN });
    };
    of("target-dir = 'out/deep'", "out/deep/release", &[]);
    of("target-dir = 'out'", "other/release", &[("CARGO_TARGET_DIR", "other")]);
    of("target-dir = 'out'", "third/release", &[("CARGO_BUILD_TARGET_DIR", "third")]);
}

#[test]
fn a_build_directory_of_the_config_is_where_the_build_looks() {
    for build_dir in [
        "between",
        "{workspace-root}/between",
        "{cargo-cache-home}/between/{workspace-path-hash}",
        "between/{workspace-path-hash}/x",
    ] {
        let config = format!("[build]\nbuild-dir = '{build_dir}'\n[env]\nWITNESS_A = 'kept'\n");
        witness("A", &config, "kept", &PLAIN);
        let env = [("CARGO_BUILD_BUILD_DIR", build_dir)];
        witness("A", "[env]\nWITNESS_A = 'kept'\n", "kept", &Project { env: &env, ..PLAIN });
    }
}

#[test]
fn a_lockfile_elsewhere_is_the_one_that_counts() {
    let files = app(
        "witness = '1'",
        "witness::A",
        "[resolver]\nlockfile-path = 'locks/Cargo.lock'\n[build]\nartifact-dir = 'out'",
    );
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(&files, temp.path());
    witnesses(temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    for flags in [&["prepare", "--release"] as &[&str], &["prepare"]] {
        larder(temp.path(), flags, &[]);
        let recipe = || fs_err::read(temp.path().join("recipe.json")).expect("it was written");
        let beside_the_root = recipe();
        fs_err::remove_file(temp.path().join("recipe.json")).expect("it was written");
        fs_err::create_dir_all(temp.path().join("locks")).expect("writable");
        let (here, there) = (temp.path().join("Cargo.lock"), temp.path().join("locks/Cargo.lock"));
        fs_err::rename(&here, &there).expect("both are ours");
        larder(temp.path(), flags, &[]);
        assert_eq!(beside_the_root, recipe());
        let said = larder(temp.path(), &["cook", "--offline", "--release"], &[]);
        assert!(said.contains(" Cooked for cargo ") && !said.contains("Locking"), "{said}");
        fs_err::rename(&there, &here).expect("both are ours");
    }
}

#[test]
fn a_patch_of_the_config_with_a_path_is_seen_from_the_config() {
    let files = "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
eta = '1'
old = { package = 'alpha', version = '0.2' }
-- .cargo/config.toml --
[patch.crates-io]
alpha = { path = 'patches/alpha' }
-- patches/alpha/Cargo.toml --
[package] alpha 0.2.0
[dependencies]
zeta = '2'
-- patches/alpha/src/lib.rs --
pub const WHO: &str = \"patched\";
-- src/main.rs --
fn main() { println!(\"{}\", old::WHO) }
";
    check(&Project { files, prints: Some("patched"), ..PLAIN });
}

/// The recipe and the messages of `prepare` for a target that is not the host, with this config.
fn prepared_for_wasm(config: &str) -> (String, String) {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(&app("witness = '1'", "witness::A", config), temp.path());
    witnesses(temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let said = larder(
        temp.path(),
        &["prepare", "--release", "--target", "wasm32-unknown-unknown", "--host", HOST.as_str()],
        &[],
    );
    (fs_err::read_to_string(temp.path().join("recipe.json")).expect("it was written"), said)
}

#[test]
fn of_the_table_of_the_host_only_what_concerns_build_scripts_counts_for_another_target() {
    let of_host = |key: &str| prepared_for_wasm(&format!("[target.{}]\n{key}", HOST.as_str())).0;
    let (none, _) = prepared_for_wasm("");
    assert_eq!(of_host("rustflags = ['--cfg', 'flagged']"), none);
    assert_ne!(of_host("linker = 'own-cc'"), none);
    assert!(!of_host("linker = 'own-cc'\nrustflags = ['--cfg', 'flagged']").contains("flagged"));
    let other = "[target.aarch64-apple-darwin]\nlinker = 'own-cc'";
    assert_eq!(prepared_for_wasm(other).0, none);
}

#[test]
fn crates_that_the_config_takes_from_elsewhere_are_left_to_the_real_build() {
    let (recipe, said) = prepared_for_wasm("paths = ['elsewhere']\n[build]\nincremental = false");
    assert!(!recipe.contains("elsewhere"), "{recipe}");
    assert!(said.contains("warning: `paths` of the config is left out: "), "{said}");
}

/// Prepares in `at` of a copy of the project, cooks where only the recipe is, and returns whether
/// the build there compiles again.
fn is_built_again(files: &str, at: &str, env: &dyn Fn(&Path) -> Vec<(&'static str, String)>) -> bool {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (plan, app) = (temp.path().join("plan"), temp.path().join("app"));
    let within = |top: &Path, args: &[&str]| {
        let env = env(top);
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        larder(&top.join(at), args, &env)
    };
    lay_out(files, &plan);
    run(&CARGO, &plan.join(at), &["generate-lockfile", "--offline"], &[]);
    // Where a home of cargo is to be, it stands before the cook.
    within(&plan, &["prepare", "--release"]);
    fs_err::create_dir_all(app.join(at)).expect("writable");
    fs_err::copy(plan.join(at).join("recipe.json"), app.join(at).join("recipe.json")).expect("it was written");
    within(&app, &["cook", "--offline"]);
    lay_out(files, &app);
    fs_err::copy(plan.join(at).join("Cargo.lock"), app.join(at).join("Cargo.lock")).expect("it was written");
    let env = env(&app);
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let args = ["build", "--release", "--offline"];
    let output = run(&CARGO, &app.join(at), &args, &env);
    String::from_utf8_lossy(&output.stderr).contains("Compiling alpha")
}

#[test]
fn a_config_above_the_root_travels_where_there_is_no_repository() {
    let files = "-- backend/Cargo.toml --\n[package]\nname = 'app'\nversion = '0.1.0'\nedition = '2021'\n[dependencies]\nalpha = '1'\n-- backend/src/main.rs --\nfn main() {}\n-- .cargo/config.toml --\n[build]\nrustflags = ['--cfg', 'mono']\n";
    assert!(!is_built_again(files, "backend", &|_| Vec::new()));
}

#[test]
#[cfg(unix)]
fn a_home_of_cargo_in_the_project_does_not_hide_its_config() {
    let files = "-- Cargo.toml --\n[package]\nname = 'app'\nversion = '0.1.0'\nedition = '2021'\n[dependencies]\nalpha = '1'\n-- src/main.rs --\nfn main() {}\n-- .cargo/config.toml --\n";
    let own = "[build]\nrustflags = ['--cfg', 'own']\n";
    let home = crate::support::registry::cargo_home();
    let shared = fs_err::read_to_string(home.join("config.toml")).expect("the registry stands there");
    let files = format!("{files}{own}{shared}");
    let env = |top: &Path| {
        let dir = top.join(".cargo");
        fs_err::create_dir_all(&dir).expect("writable");
        let (link, registry) = (dir.join("registry"), home.join("registry"));
        if !link.exists() && registry.exists() {
            fs_err::os::unix::fs::symlink(registry, link).expect("writable");
        }
        vec![("CARGO_HOME", dir.to_string_lossy().into_owned())]
    };
    assert!(!is_built_again(&files, "", &env));
}

#[test]
fn features_unify_over_the_workspace_however_that_is_said() {
    let files = "-- Cargo.toml --\n[workspace]\nmembers = ['app', 'other']\nresolver = '2'\n-- app/Cargo.toml --\n[package]\nname = 'app'\nversion = '0.1.0'\nedition = '2021'\n[dependencies]\nalpha = { version = '1', default-features = false }\n-- other/Cargo.toml --\n[package]\nname = 'other'\nversion = '0.1.0'\nedition = '2021'\n[dependencies]\nalpha = '1'\nzeta = '1'\n-- app/src/main.rs --\nfn main() {}\n-- other/src/lib.rs --\n";
    let key = "resolver.feature-unification='workspace'";
    let by_variable =
        [("CARGO_RESOLVER_FEATURE_UNIFICATION", "workspace"), ("CARGO_UNSTABLE_FEATURE_UNIFICATION", "true")];
    let by_flag = ["-Zfeature-unification", "--config", key];
    for (variables, flags) in [(&by_variable[..], &by_flag[..0]), (&by_variable[..0], &by_flag[..])] {
        for scoped in [true, false] {
            let temp = tempfile::tempdir().expect("a temporary directory can be made");
            lay_out(files, temp.path());
            run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
            let env = [&[("RUSTC_BOOTSTRAP", "1")] as &[(&str, &str)], variables].concat();
            let scope: &[&str] = &["-p", "app", "--release"];
            let (first, then): (&[&str], &[&str]) = if scoped { (scope, &[]) } else { (&[], scope) };
            larder(temp.path(), &[&["prepare"] as &[&str], first, if scoped { flags } else { &[] }].concat(), &env);
            let said = larder(temp.path(), &[&["cook", "--offline"] as &[&str], then, flags].concat(), &env);
            assert!(!said.contains("was prepared without"), "{said}");
            let output = run(&CARGO, temp.path(), &[&["build", "--offline"] as &[&str], scope, flags].concat(), &env);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("Compiling alpha"), "scoped: {scoped}, {flags:?}\n{said}");
        }
    }
}
