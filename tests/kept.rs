//! After `cook`, the real build compiles no third-party crate, and what comes out is the real thing: on small
//! workspaces, each of a kind that has gone wrong in some tool, with real builds from a registry made on the spot.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, SystemTime};
use support::oracle::{CARGO, command};

/// A workspace as `-- path --` headers and texts, and how it is built.
struct Project {
    files: &'static str,
    /// Where cargo is called, relative to the top.
    at: &'static str,
    /// Flags of the build, and of a scoped `prepare`.
    flags: &'static [&'static str],
    /// Environment of `cook` and of the build.
    env: &'static [(&'static str, &'static str)],
    /// Where what is built is to be found, relative to `at`.
    target: &'static str,
    /// What the binary `app` prints.
    prints: Option<&'static str>,
}

const PLAIN: Project =
    Project { files: "", at: "", flags: &["--release"], env: &[], target: "target/release", prints: None };

/// What was done, in the order of the JSON messages: third-party packages compiled, and found fresh.
#[derive(Debug, Default)]
struct Built {
    compiled: Vec<String>,
    fresh: Vec<String>,
}

fn lay_out(files: &str, dir: &Path) {
    for file in files.split("-- ").skip(1) {
        let (path, text) = file.split_once(" --\n").expect("a header ends with ` --`");
        let path = dir.join(path);
        fs_err::create_dir_all(path.parent().expect("a file has a parent")).expect("writable");
        fs_err::write(path, text).expect("writable");
    }
}

/// Sets the modification time of every file that `files` names.
fn set_times(files: &str, dir: &Path, time: SystemTime) {
    for path in files.split("-- ").skip(1).filter_map(|f| f.split_once(" --\n")).map(|(path, _)| dir.join(path)) {
        let file = std::fs::OpenOptions::new().write(true).open(path).expect("the file was written");
        file.set_modified(time).expect("times can be set");
    }
}

fn run(program: &Path, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = command(program, dir);
    let output = command.args(args).envs(env.iter().copied()).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {}\n{stderr}", program.display(), args.join(" "));
    output
}

fn larder(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
    let args: Vec<&str> = std::iter::once("larder").chain(args.iter().copied()).collect();
    let output = run(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), dir, &args, env);
    String::from_utf8(output.stderr).expect("messages are UTF-8")
}

fn build(project: &Project, dir: &Path) -> Built {
    let mut args = vec!["build", "--offline", "--message-format=json"];
    args.extend(project.flags);
    let output = run(&CARGO, &dir.join(project.at), &args, project.env);
    let mut built = Built::default();
    for message in cargo_metadata::Message::parse_stream(output.stdout.as_slice()) {
        if let cargo_metadata::Message::CompilerArtifact(artifact) = message.expect("cargo writes messages") {
            if !artifact.package_id.repr.starts_with("path+") {
                let list = if artifact.fresh { &mut built.fresh } else { &mut built.compiled };
                list.push(format!("{} {:?}", artifact.package_id.repr, artifact.target.kind));
            }
        }
    }
    built
}

/// Prepares, cooks in a directory that holds the recipe alone, brings the sources there, once old and once new, and
/// builds. `prepare` is scoped in one round and unscoped in the other.
fn check(project: &Project) {
    for scoped in [true, false] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let (source, place) = (temp.path().join("source"), temp.path().join("place"));
        lay_out(project.files, &source);
        let at = source.join(project.at);
        run(&CARGO, &at, &["generate-lockfile", "--offline"], &[]);
        let root = at.ancestors().find(|dir| dir.join("Cargo.lock").exists()).expect("cargo wrote a lockfile");

        let flags: &[&str] = if scoped { project.flags } else { &[] };
        let prepare: Vec<&str> = std::iter::once("prepare").chain(flags.iter().copied()).collect();
        larder(&at, &prepare, &[]);
        fs_err::create_dir_all(place.join(project.at)).expect("writable");
        fs_err::copy(at.join("recipe.json"), place.join(project.at).join("recipe.json")).expect("it was written");
        let flags: &[&str] = if scoped { &[] } else { project.flags };
        let cook: Vec<&str> = ["cook", "--offline"].into_iter().chain(flags.iter().copied()).collect();
        let said = larder(&place.join(project.at), &cook, project.env);

        lay_out(project.files, &place);
        let lock = root.strip_prefix(&source).expect("the root is below the top").join("Cargo.lock");
        fs_err::copy(source.join(&lock), place.join(&lock)).expect("it was written");
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800);
        for time in [old, SystemTime::now() + Duration::from_secs(2)] {
            set_times(project.files, &place, time);
            let built = build(project, &place);
            assert!(built.compiled.is_empty(), "scoped: {scoped}\ncompiled again: {:#?}\n{said}", built.compiled);
            assert!(!built.fresh.is_empty(), "the project has no third-party crate to keep");
        }
        if let Some(prints) = project.prints {
            let app = place.join(project.at).join(project.target).join(format!("app{}", std::env::consts::EXE_SUFFIX));
            let output = run(&app, &place, &[], &[]);
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), prints);
        }
    }
}

#[test]
fn a_binary_without_version_and_with_required_features_is_never_a_stub() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
edition = '2021'
[features]
default = ['cli']
cli = ['dep:alpha']
[dependencies]
alpha = { version = '1', optional = true }
[[bin]]
name = 'app'
path = 'src/app.rs'
required-features = ['cli']
-- src/app.rs --
fn main() { println!(\"real\") }
",
        prints: Some("real"),
        ..PLAIN
    });
}

#[test]
fn a_build_script_of_a_member_is_its_own() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace]
members = ['app', 'core']
resolver = '2'
-- app/Cargo.toml --
[package]
name = 'app'
edition = '2021'
[dependencies]
core-lib = { path = '../core', package = 'core' }
-- app/src/main.rs --
fn main() { println!(\"{}\", core_lib::FOO) }
-- core/Cargo.toml --
[package]
name = 'core'
edition = '2021'
build = 'build/main.rs'
[lib]
name = 'core_lib'
[dependencies]
gamma = '0.3'
[build-dependencies]
buildkit = { version = '1', features = ['parallel'] }
-- core/build/main.rs --
fn main() { println!(\"cargo:rustc-env=FOO=from the build script\") }
-- core/src/lib.rs --
pub const FOO: &str = env!(\"FOO\");
",
        prints: Some("from the build script"),
        ..PLAIN
    });
}

#[test]
fn features_unify_over_the_packages_selected_only() {
    const FILES: &str = "-- Cargo.toml --
[workspace]
members = ['a', 'b']
resolver = '2'
-- a/Cargo.toml --
[package]
name = 'a'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = { version = '1', default-features = false }
eta = { version = '1', default-features = false }
-- a/src/lib.rs --
-- b/Cargo.toml --
[package]
name = 'b'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = { version = '1', features = ['derive'] }
eta = '1'
-- b/src/lib.rs --
";
    check(&Project { files: FILES, ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "a"], ..PLAIN });
    check(&Project { files: FILES, flags: &["-p", "b", "--lib"], ..PLAIN });
}

#[test]
fn two_spellings_of_one_source_are_one_dependency() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace]
members = ['a', 'b']
resolver = '2'
-- a/Cargo.toml --
[package]
name = 'a'
edition = '2021'
[dependencies]
alpha = { version = '1', registry = 'crates-io' }
-- a/src/lib.rs --
-- b/Cargo.toml --
[package]
name = 'b'
edition = '2021'
[dependencies]
alpha = { version = '1', features = ['derive'] }
-- b/src/lib.rs --
",
        ..PLAIN
    });
}

#[test]
fn a_path_dependency_outside_the_root_brings_its_dependencies() {
    check(&Project {
        files: "-- ws/Cargo.toml --
[workspace]
members = ['app']
resolver = '2'
-- ws/app/Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
shared = { path = '../../shared' }
-- ws/app/src/main.rs --
fn main() { println!(\"{}\", shared::NAME) }
-- shared/Cargo.toml --
[package]
name = 'shared'
version = '0.1.0'
edition = '2021'
[dependencies]
zeta = { version = '1', features = ['full'] }
-- shared/src/lib.rs --
pub const NAME: &str = \"shared\";
",
        at: "ws",
        prints: Some("shared"),
        ..PLAIN
    });
}

#[test]
fn a_member_may_have_the_name_of_a_registry_crate() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace]
members = ['app', 'alpha']
resolver = '2'
-- app/Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = { path = '../alpha' }
alpha-old = { version = '0.1', package = 'alpha' }
delta = '1'
-- app/src/main.rs --
fn main() { println!(\"{}\", alpha::WHO) }
-- alpha/Cargo.toml --
[package]
name = 'alpha'
version = '3.0.0'
edition = '2021'
[dependencies]
theta = '0.4'
-- alpha/src/lib.rs --
pub const WHO: &str = \"local\";
",
        prints: Some("local"),
        ..PLAIN
    });
}

#[test]
fn crate_types_and_lto_leave_the_same_bitcode() {
    const FILES: &str = "-- Cargo.toml --
[workspace]
members = ['app', 'mixed', 'dyn']
resolver = '2'
[profile.release]
lto = 'fat'
-- app/Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
mixed = { path = '../mixed' }
eta = '1'
-- app/src/main.rs --
fn main() { println!(\"{}\", mixed::NAME) }
-- mixed/Cargo.toml --
[package]
name = 'mixed'
version = '0.1.0'
edition = '2021'
[lib]
crate-type = ['cdylib', 'rlib']
[dependencies]
alpha = '1'
-- mixed/src/lib.rs --
pub const NAME: &str = \"mixed\";
-- dyn/Cargo.toml --
[package]
name = 'dyn'
version = '0.1.0'
edition = '2021'
[lib]
crate-type = ['dylib']
[dependencies]
delta = '1'
-- dyn/src/lib.rs --
";
    check(&Project { files: FILES, prints: Some("mixed"), ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "mixed"], ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "dyn", "-p", "app"], ..PLAIN });
}

#[test]
fn tests_unwind_and_binaries_abort() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = '1'
[dev-dependencies]
delta = '1'
[build-dependencies]
eta = '1'
[profile.dev]
panic = 'abort'
-- build.rs --
fn main() {}
-- src/lib.rs --
-- src/main.rs --
fn main() { println!(\"aborts\") }
-- tests/it.rs --
#[test] fn it() {}
",
        flags: &["--tests"],
        target: "target/debug",
        prints: Some("aborts"),
        ..PLAIN
    });
}

#[test]
fn a_proc_macro_that_is_selected_needs_its_dependencies_on_the_host() {
    const FILES: &str = "-- Cargo.toml --
[workspace]
members = ['app', 'derive']
resolver = '2'
-- app/Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
derive = { path = '../derive' }
eta = { version = '1', default-features = false }
-- app/src/main.rs --
fn main() { derive::hello!() }
-- derive/Cargo.toml --
[package]
name = 'derive'
version = '0.1.0'
edition = '2021'
[lib]
proc-macro = true
[dependencies]
eta = { version = '1', features = ['b'] }
zeta = '1'
-- derive/src/lib.rs --
#[proc_macro]
pub fn hello(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"println!(\\\"hello\\\")\".parse().unwrap() }
";
    check(&Project { files: FILES, prints: Some("hello"), ..PLAIN });
    check(&Project { files: FILES, flags: &["--release", "-p", "app"], prints: Some("hello"), ..PLAIN });
    check(&Project { files: FILES, flags: &["-p", "derive"], ..PLAIN });
    check(&Project { files: FILES, flags: &["--workspace", "--tests"], ..PLAIN });
}

#[test]
fn resolver_1_counts_every_feature_anybody_asks_for() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2018'
[dependencies]
alpha = { version = '1', default-features = false }
eta = { version = '1', default-features = false }
[dev-dependencies]
alpha = { version = '1', features = ['derive'] }
[target.'cfg(windows)'.dependencies]
eta = { version = '1', features = ['b'] }
[build-dependencies]
beta = '2'
-- build.rs --
fn main() {}
-- src/main.rs --
fn main() { println!(\"one\") }
",
        prints: Some("one"),
        ..PLAIN
    });
}

#[test]
fn config_of_the_project_is_in_force() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = '1'
[profile.dist]
inherits = 'release'
opt-level = 1
-- .cargo/config.toml --
[build]
rustflags = ['--cfg', 'from_config']
target-dir = 'out'
[profile.dist]
codegen-units = 3
[env]
SOME = { value = 'x', relative = true }
-- src/main.rs --
fn main() { println!(\"{}\", cfg!(from_config)) }
",
        flags: &["--profile", "dist"],
        target: "out/dist",
        prints: Some("true"),
        ..PLAIN
    });
}

#[test]
fn denied_lints_do_not_meet_a_stub() {
    check(&Project {
        files: "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[lints.rust]
missing_docs = 'deny'
[dependencies]
alpha = '1'
-- src/main.rs --
//! Documented.
fn main() { println!(\"documented\") }
",
        env: &[("RUSTFLAGS", "-Dwarnings")],
        prints: Some("documented"),
        ..PLAIN
    });
}

#[test]
fn a_member_directory_is_a_scope() {
    check(&Project {
        files: "-- Cargo.toml --
[workspace]
members = ['app', 'other']
resolver = '2'
-- app/Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = { version = '1', default-features = false }
-- app/src/main.rs --
fn main() {}
-- other/Cargo.toml --
[package]
name = 'other'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = '1'
zeta = '1'
-- other/src/lib.rs --
",
        at: "app",
        env: &[("CARGO_TARGET_DIR", "../target")],
        target: "../target/release",
        ..PLAIN
    });
}

#[test]
fn what_depends_on_a_patched_local_package_is_left_to_the_real_build() {
    let files = "-- Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
delta = '1'
eta = '1'
[patch.crates-io]
alpha = { path = 'alpha' }
-- src/main.rs --
fn main() {}
-- alpha/Cargo.toml --
[package]
name = 'alpha'
version = '0.2.0'
edition = '2021'
[features]
default = ['std']
std = []
-- alpha/src/lib.rs --
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    let said = larder(temp.path(), &["prepare", "--release"], &[]);
    assert!(said.contains("left out `delta`, which depends on a local package: the real build compiles it"), "{said}");
    larder(temp.path(), &["cook", "--offline"], &[]);
    let built = build(&Project { files, ..PLAIN }, temp.path());
    let compiled: BTreeMap<&str, ()> = built.compiled.iter().map(|it| (it.as_str(), ())).collect();
    assert!(compiled.keys().all(|it| it.contains("#delta@") || it.contains("#beta@")), "{compiled:#?}");
    assert!(built.fresh.iter().any(|it| it.contains("#eta@")), "{:#?}", built.fresh);
}
