//! Decides from sources alone whether a build script would do the same in another directory.
//!
//! In: the files of a package with a build script. Out: the reason why the package cannot travel,
//! or `None`. `carried/script.rs` judges the paths that a script tells cargo to watch, once it has
//! run. This module looks for dependencies that a script would not report. If it cannot tell, the
//! package does not travel, which only costs time. Reads directories and writes nothing.

use crate::workspace::{DependencyKind, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Code with which a script can see more than its package: paths, programs, and its `OUT_DIR`.
const UPWARDS: &[&str] = &[
    "ancestors()",
    "parent()",
    "pop()",
    "\"..\"",
    "\"/target",
    "\"target\"",
    "\"CARGO\"",
    "\"cargo\"",
    "\"cargo ",
    "\"git\"",
    "\"git ",
    "env!(\"CARGO_MANIFEST_",
];

/// Libraries for build scripts that look for a repository, a lockfile, or a workspace around the
/// package.
const LOOKING: &[&str] = &[
    "build-data",
    "built",
    "cargo-lock",
    "cargo_metadata",
    "git-version",
    "git2",
    "gix",
    "guppy",
    "rustc_tools_util",
    "shadow-rs",
    "tauri-build",
    "vergen",
];

const LOOKS: &str = "has a build script that may look around its directory";
const CALLS: &str = "has a build script, and a program that it may call";

/// Returns why the build script of a package can only run in the project, or `None`. `relative` has
/// the variables that cargo's config sets to a directory. `programs` has the names of executables.
pub fn doubt(
    package: &Package,
    manifest: &Table,
    files: &BTreeMap<String, Vec<u8>>,
    relative: &BTreeSet<String>,
    programs: &BTreeSet<String>,
) -> Option<&'static str> {
    let built_with = || package.dependencies.iter().filter(|d| d.kind == DependencyKind::Build);
    if built_with().any(|d| LOOKING.iter().any(|name| d.package.starts_with(name))) {
        return Some("has a build script with a library that looks around its directory");
    }
    let texts: BTreeMap<&str, String> = files
        .iter()
        .filter(|(name, _)| is_rust(name))
        .map(|(name, bytes)| (name.as_str(), String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    for text in of_script(manifest, &texts).iter().map(|name| &texts[name]) {
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let looks = |line: &str| {
            UPWARDS.iter().any(|word| line.contains(word)) || relative.iter().any(|name| line.contains(name.as_str()))
        };
        if code.any(looks) {
            return Some(LOOKS);
        }
        if programs.iter().any(|name| text.contains(name.as_str())) {
            return Some(CALLS);
        }
    }
    // A library can call an executable that the script does not name, such as `configure`.
    if !programs.is_empty() && built_with().next().is_some() {
        return Some(CALLS);
    }
    // A library can print the `rerun-if-` lines for the script.
    let tells = texts.values().any(|text| text.contains("rerun-if-")) || built_with().next().is_some();
    (!tells).then_some("has a build script that does not tell cargo what it depends on (`cargo::rerun-if-changed`)")
}

/// Returns the Rust files that may be part of a build script rather than of the library: the
/// script, the files next to it, and every file that one of these names.
fn of_script<'a>(manifest: &Table, texts: &'a BTreeMap<&'a str, String>) -> BTreeSet<&'a str> {
    let scripts = paths(manifest);
    let is_beside = |name: &str, script: &str| {
        let dir = Path::new(script).parent().filter(|dir| !["", "src"].iter().any(|it| *dir == Path::new(it)));
        name == script || dir.is_some_and(|dir| Path::new(name).starts_with(dir))
    };
    let is_first =
        |name: &str| !name.starts_with("src/") && !is_of_tests(name) || scripts.iter().any(|it| is_beside(name, it));
    let mut found: BTreeSet<&str> = texts.keys().copied().filter(|name| is_first(name)).collect();
    loop {
        let names = |inner: &str| found.iter().any(|name| texts[name].contains(&format!("\"{inner}\"")));
        let more: Vec<&str> = texts.keys().copied().filter(|name| !found.contains(name) && names(name)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Returns the build scripts that a manifest names, or the default `build.rs`.
pub fn paths(manifest: &Table) -> Vec<&str> {
    match manifest.get("package").and_then(|package| package.get("build")) {
        Some(Value::Array(paths)) => paths.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(path)) => vec![path],
        _ => vec!["build.rs"],
    }
}

/// Returns whether this is a Rust source file.
pub fn is_rust(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rs")
}

/// Returns whether a file is in a directory of tests, benchmarks, or examples.
pub fn is_of_tests(name: &str) -> bool {
    ["tests/", "benches/", "examples/"].iter().any(|dir| name.starts_with(dir))
}

/// Returns why the files that travel are not everything that a script can see in `dir`, or `None`.
/// Files directly in `dir` do not matter: a script can watch them only by name.
pub fn incomplete(dir: &Path, travels: &[PathBuf]) -> Option<&'static str> {
    if travels.iter().any(|path| path.ends_with("Cargo.toml")) {
        return Some("has a build script, and another package in its directory");
    }
    let travels: BTreeSet<PathBuf> = travels.iter().map(|path| dir.join(path)).collect();
    let inner = std::fs::read_dir(dir).into_iter().flatten().flatten().filter(|entry| entry.file_name() != "target");
    let is_whole = inner.map(|entry| entry.path()).filter(|path| path.is_dir()).all(|inner| {
        // If no file of a directory travels, the script cannot watch the directory.
        !travels.iter().any(|path| path.starts_with(&inner)) || is_whole(&inner, &travels)
    });
    (!is_whole).then_some("has a build script, and in its directories links, secrets or nothing, which do not travel")
}

/// Returns whether a directory travels unchanged: it holds only files that travel and directories
/// that are not empty.
fn is_whole(dir: &Path, travels: &BTreeSet<PathBuf>) -> bool {
    let Ok(entries) = std::fs::read_dir(dir).map(|it| it.flatten().collect::<Vec<_>>()) else { return false };
    !entries.is_empty()
        && entries.iter().all(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => is_whole(&entry.path(), travels),
            Ok(kind) => kind.is_file() && travels.contains(&entry.path()),
            Err(_) => false,
        })
}

/// Returns the names of executables. A recipe does not store the executable bit.
pub fn programs(dir: &Path, travels: &[PathBuf]) -> BTreeSet<String> {
    let programs = travels.iter().filter(|path| is_program(&dir.join(path)));
    programs.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    let is_executable = std::fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o111 != 0);
    let mut magic = [0; 2];
    is_executable
        && std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && [*b"#!", *b"\x7fE"].contains(&magic)
}

/// Returns `false`: outside Unix, files have no executable bit.
#[cfg(not(unix))]
fn is_program(_: &Path) -> bool {
    false
}
