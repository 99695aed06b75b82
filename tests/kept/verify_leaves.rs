//! `verify` leaves all as it was: the target directory, the lockfile, and what the build that
//! follows does.

use super::cooked::Cooked;
use super::{lay_out, run};
use crate::support::oracle::CARGO;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// Members of every kind: one whose files carry no hash, build scripts that tell that they ran, a
/// procedural macro.
const FILES: &str = "-- Cargo.toml --
[workspace]
members = ['app', 'ffi', 'derive', 'core']
resolver = '2'
-- app/Cargo.toml --
[package]
name = 'app'
version = '0.1.0'
edition = '2021'
[dependencies]
core = { path = '../core' }
derive = { path = '../derive' }
lambda = '0.2'
[build-dependencies]
buildkit = '1'
-- app/build.rs --
fn main() { std::fs::OpenOptions::new().create(true).append(true).open(\"../ran\").unwrap(); }
-- app/src/main.rs --
fn main() { println!(\"{}\", core::WORD) }
-- ffi/Cargo.toml --
[package]
name = 'ffi'
version = '0.1.0'
edition = '2021'
[lib]
crate-type = ['cdylib', 'staticlib', 'rlib']
[dependencies]
alpha = '1'
-- ffi/src/lib.rs --
#[unsafe(no_mangle)] pub extern \"C\" fn word() -> u8 { 1 }
-- derive/Cargo.toml --
[package]
name = 'derive'
version = '0.1.0'
edition = '2021'
[lib]
proc-macro = true
[dependencies]
zeta = '1'
-- derive/src/lib.rs --
-- core/Cargo.toml --
[package]
name = 'core'
version = '0.1.0'
edition = '2021'
build = 'make.rs'
[lib]
crate-type = ['dylib', 'rlib']
-- core/make.rs --
fn main() { println!(\"cargo:rustc-env=WORD=real\"); println!(\"cargo:rerun-if-changed=make.rs\"); }
-- core/src/lib.rs --
pub const WORD: &str = env!(\"WORD\");
";

/// Every file below a directory, with its content and mtime; of directories the mtime.
fn state(dir: &Path) -> BTreeMap<String, (Option<Vec<u8>>, SystemTime)> {
    let (mut found, mut open) = (BTreeMap::new(), vec![dir.to_owned()]);
    while let Some(next) = open.pop() {
        let metadata = fs_err::metadata(&next).expect("it is there");
        let content = metadata.is_file().then(|| fs_err::read(&next).expect("readable"));
        if metadata.is_dir() {
            open.extend(fs_err::read_dir(&next).expect("a directory").map(|it| it.expect("an entry").path()));
        }
        found.insert(next.display().to_string(), (content, metadata.modified().expect("it has a time")));
    }
    found
}

/// What a build does: each unit that it tells of, by package and kind, and whether it was fresh.
fn built(dir: &Path, flags: &[&str]) -> Vec<String> {
    let output = run(&CARGO, dir, &[&["build", "--offline", "--message-format=json"], flags].concat(), &[]);
    let messages = cargo_metadata::Message::parse_stream(output.stdout.as_slice());
    let mut units: Vec<String> = messages
        .filter_map(|message| match message.expect("cargo writes messages") {
            cargo_metadata::Message::CompilerArtifact(it) => {
                Some(format!("{} {:?} {}", it.target.name, it.target.kind, it.fresh))
            }
            _ => None,
        })
        .collect();
    units.sort();
    units
}

/// Verifies twice with flags that differ, and finds the directory as it was.
#[track_caller]
fn leaves(cooked: &Cooked, all: &[&[&str]]) {
    let before = state(cooked.dir());
    for flags in all {
        let (_, shown, last) = cooked.verify(flags, &[]);
        // A lockfile that is kept is written next to its place.
        let is_root = |path: &str| Path::new(path) == cooked.dir();
        let changed: Vec<_> = state(cooked.dir())
            .into_iter()
            .filter(|(path, now)| before.get(path) != Some(now) && !is_root(path))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(changed, [""; 0], "after verify {flags:?}\n{shown}{last}");
        assert_eq!(state(cooked.dir()).len(), before.len(), "nothing is removed by verify {flags:?}");
    }
}

const ALL: &[&[&str]] =
    &[&["--workspace"], &["--workspace", "--release"], &["--check", "--workspace"], &["-p", "ffi"], &["--all-targets"]];

#[test]
fn the_build_that_follows_is_the_same_as_without() {
    let (with, without) = (Cooked::with(FILES, &["--workspace"], &[]), Cooked::with(FILES, &["--workspace"], &[]));
    leaves(&with, ALL);
    assert!(!with.dir().join("ran").exists(), "a build script ran");
    let flags = ["--workspace"];
    assert_eq!(built(with.dir(), &flags), built(without.dir(), &flags));
    assert!(with.dir().join("ran").exists());
    let app = with.dir().join("target/debug").join(format!("app{}", std::env::consts::EXE_SUFFIX));
    let output = run(&app, with.dir(), &[], &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "real");

    // After a build, and after an edit of the member whose files carry no hash.
    leaves(&with, ALL);
    let later = SystemTime::now() + std::time::Duration::from_secs(5);
    for cooked in [&with, &without] {
        lay_out(
            "-- ffi/src/lib.rs --\n#[unsafe(no_mangle)] pub extern \"C\" fn other_word() -> u8 { 1 }\n",
            cooked.dir(),
        );
        super::set_times("-- ffi/src/lib.rs --\n", cooked.dir(), later);
    }
    leaves(&with, ALL);
    let (after, plain) = (built(with.dir(), &flags), built(without.dir(), &flags));
    assert_eq!(after, plain);
    assert!(after.iter().any(|unit| unit.starts_with("ffi ") && unit.ends_with(" false")), "{after:?}");
    let library = super::files_below(&with.dir().join("target/debug")).into_iter().find(|path| {
        path.file_name().is_some_and(|name| name == "libffi.so" || name == "libffi.dylib" || name == "ffi.dll")
    });
    let library = fs_err::read(library.expect("a dynamic library is built")).expect("readable");
    assert!(String::from_utf8_lossy(&library).contains("other_word"), "the library is of the sources as they are");
}

/// As `cargo build` would, `verify` resolves what the lockfile lacks; but it keeps the file.
#[test]
fn a_lockfile_that_is_behind_stays_as_it_is() {
    let cooked = Cooked::with(FILES, &["--workspace"], &[]);
    lay_out(
        "-- core/Cargo.toml --\n[package]\nname = 'core'\nversion = '0.2.0'\nedition = '2021'\nbuild = 'make.rs'\n[lib]\ncrate-type = ['dylib', 'rlib']\n",
        cooked.dir(),
    );
    leaves(&cooked, &[&["--workspace"]]);
    let (code, ..) = cooked.verify(&["--workspace"], &[]);
    assert_eq!(code, Some(0));
    let (code, _, last) = cooked.verify(&["--workspace", "--locked"], &[]);
    assert_eq!(code, Some(101), "{last}");
    fs_err::remove_file(cooked.dir().join("Cargo.lock")).expect("it was there");
    leaves(&cooked, &[&["--workspace"]]);
}
