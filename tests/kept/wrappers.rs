//! Wrappers of the user's: they see third-party crates as in a plain build, and never a stub.
//! (Catalogue 15.)

use super::{PLAIN, Project, build, larder, lay_out, run};
use crate::support::oracle::CARGO;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// `lambda` and `gamma` have build scripts that watch `RUSTC_WRAPPER`, as those with the `cc` crate
/// do.
const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
gamma = '0.3'
-- src/main.rs --
fn main() {}
-- tools/spy --
#!/bin/sh
echo \"$@\" >> \"$SPY\"
exec \"$@\"
-- tools/meddler --
#!/bin/sh
echo \"meddler: $@\" >> \"$SPY\"
exec \"$@\"
";

/// Cooks and builds with this config and environment; gives what the wrapper was called with while
/// cooking.
fn seen(config: &str, env: &[(&str, &str)]) -> String {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    lay_out(FILES, dir);
    lay_out(config, dir);
    for tool in ["tools/spy", "tools/meddler"] {
        fs_err::set_permissions(dir.join(tool), PermissionsExt::from_mode(0o755)).expect("the file is ours");
    }
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
    let log = dir.join("log");
    let log_name = log.to_str().expect("UTF-8").to_owned();
    let path = format!("{}:{}", dir.join("tools").display(), std::env::var("PATH").expect("there is a PATH"));
    let env = [env, &[("SPY", &log_name), ("PATH", &path)]].concat();
    larder(dir, &["cook", "--offline", "--release"], &env);
    let seen = fs_err::read_to_string(&log).expect("the wrapper was called");
    let built = build(&Project { files: FILES, env: &env, ..PLAIN }, dir);
    assert!(built.compiled.is_empty(), "compiled again: {:#?}", built.compiled);
    assert!(!built.fresh.is_empty());
    seen
}

fn sees_third_party_crates_only(seen: &str) {
    let names: BTreeSet<&str> = crate_names(seen).collect();
    assert_eq!(names, BTreeSet::from([PROBE, "build_script_build", "gamma", "lambda"]), "{seen}");
    is_not_told_of_larder(seen);
}

/// The name that cargo gives to what it asks the compiler about.
const PROBE: &str = "___";

/// The names of the crates that a wrapper was to compile.
fn crate_names(seen: &str) -> impl Iterator<Item = &str> {
    seen.split("--crate-name ").skip(1).filter_map(|rest| rest.split_whitespace().next())
}

/// Looks at words, not for a name in the text: the checkout may be a directory of that name.
fn is_not_told_of_larder(seen: &str) {
    let program = env!("CARGO_BIN_EXE_cargo-larder");
    assert!(seen.split_whitespace().all(|word| word != program), "{seen}");
}

#[test]
fn a_wrapper_of_the_environment_sees_no_stub() {
    let seen = seen("", &[("RUSTC_WRAPPER", "spy")]);
    sees_third_party_crates_only(&seen);
}

#[test]
fn a_wrapper_with_a_relative_path_sees_no_stub() {
    sees_third_party_crates_only(&seen("", &[("RUSTC_WRAPPER", "tools/spy")]));
}

#[test]
fn a_wrapper_of_the_config_sees_no_stub() {
    sees_third_party_crates_only(&seen("-- .cargo/config.toml --\n[build]\nrustc-wrapper = 'tools/spy'\n", &[]));
    sees_third_party_crates_only(&seen("", &[("CARGO_BUILD_RUSTC_WRAPPER", "spy")]));
}

#[test]
fn an_empty_wrapper_of_the_environment_is_none() {
    let config = "-- .cargo/config.toml --\n[build]\nrustc-wrapper = 'tools/spy'\n[env]\nX = 'y'\n";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(FILES, temp.path());
    lay_out(config, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    larder(temp.path(), &["cook", "--offline", "--release"], &[("RUSTC_WRAPPER", ""), ("SPY", "log")]);
    assert!(!Path::new(&temp.path().join("log")).exists());
}

#[test]
fn a_wrapper_of_the_workspace_sees_nothing_while_cooking() {
    let seen = seen("", &[("RUSTC_WRAPPER", "spy"), ("RUSTC_WORKSPACE_WRAPPER", "meddler")]);
    is_not_told_of_larder(&seen);
    assert!(crate_names(&seen).all(|name| [PROBE, "build_script_build", "gamma", "lambda"].contains(&name)), "{seen}");
    // Its probes of the compiler go through all wrappers, as in a plain build.
    let compiles = |line: &&str| line.starts_with("meddler: ") && !line.contains(" -vV") && !line.contains(" ___ ");
    assert_eq!(seen.lines().find(compiles), None, "{seen}");
}
