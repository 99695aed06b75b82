//! Whether a build script would do the same elsewhere, as far as its texts and the files of its package tell.
//!
//! In: the files of a package that has one. Out: why not. What a script tells cargo to watch is known only when it has run
//! (`cook/script.rs`); here is what it would not tell. Reads directories; in doubt it is no, which costs time.

use crate::workspace::{DependencyKind, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// How a script comes to see what is around its package: by paths, by programs, or by where it writes to.
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

/// Libraries for build scripts that look for a repository, a lockfile or a workspace around the package.
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

/// Why the build script of a package can only be run where that stands. `relative` are the variables that cargo's config
/// sets to a directory, `programs` the files that are to be executed.
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
    // A library may know the name of one by itself, such as `configure`.
    if !programs.is_empty() && built_with().next().is_some() {
        return Some(CALLS);
    }
    // What cargo is told may be the work of a library.
    let tells = texts.values().any(|text| text.contains("rerun-if-")) || built_with().next().is_some();
    (!tells).then_some("has a build script that does not tell cargo what it depends on (`cargo::rerun-if-changed`)")
}

/// The files of Rust that may be part of a build script rather than of the library: the script, what stands beside it, and
/// whatever these name.
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

/// The build scripts that a manifest names, or the one that cargo finds by itself.
pub fn paths(manifest: &Table) -> Vec<&str> {
    match manifest.get("package").and_then(|package| package.get("build")) {
        Some(Value::Array(paths)) => paths.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(path)) => vec![path],
        _ => vec!["build.rs"],
    }
}

/// Whether this is a source file of Rust.
pub fn is_rust(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rs")
}

/// Whether neither a library nor a build script is made of this file.
pub fn is_of_tests(name: &str) -> bool {
    ["tests/", "benches/", "examples/"].iter().any(|dir| name.starts_with(dir))
}

/// Why the files that travel of the package at `dir` would not be all that a script finds in it. What stands in the package's
/// own directory can only be watched by its name, and does not matter.
pub fn incomplete(dir: &Path, travels: &[PathBuf]) -> Option<&'static str> {
    if travels.iter().any(|path| path.ends_with("Cargo.toml")) {
        return Some("has a build script, and another package in its directory");
    }
    let travels: BTreeSet<PathBuf> = travels.iter().map(|path| dir.join(path)).collect();
    let inner = std::fs::read_dir(dir).into_iter().flatten().flatten().filter(|entry| entry.file_name() != "target");
    let is_whole = inner.map(|entry| entry.path()).filter(|path| path.is_dir()).all(|inner| {
        // Of what does not travel at all nothing can be watched.
        !travels.iter().any(|path| path.starts_with(&inner)) || is_whole(&inner, &travels)
    });
    (!is_whole).then_some("has a build script, and in its directories links, secrets or nothing, which do not travel")
}

/// Whether all below a directory travels as it is: files, and directories that hold some.
fn is_whole(dir: &Path, travels: &BTreeSet<PathBuf>) -> bool {
    let Ok(entries) = std::fs::read_dir(dir).map(|it| it.flatten().collect::<Vec<_>>()) else { return false };
    !entries.is_empty()
        && entries.iter().all(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => is_whole(&entry.path(), travels),
            Ok(kind) => kind.is_file() && travels.contains(&entry.path()),
            Err(_) => false,
        })
}

/// The names of the files that are to be executed, which no recipe says of them.
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

/// Files tell by their names there.
#[cfg(not(unix))]
fn is_program(_: &Path) -> bool {
    false
}
