//! The system, as build scripts, C compilers, and linkers see it.
//!
//! In: variables, and the named linkers. Out: lines that are the same on the same system. Reads a
//! few files, and starts compilers and linkers to read their versions. Writes nothing.
//!
//! STORE.md has a reason for each row. An unnecessary row costs time. A missing row causes a wrong
//! build, such as an `openssl-sys` that found its library in another image.

use super::names::{counts, is_program};
use super::watch::listing;
use crate::digest::Digest;
use crate::target::records::{entries, name_of};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use toml::Table;

/// The inputs.
pub struct Looks<'a> {
    /// The variables of cargo.
    pub variables: &'a BTreeMap<OsString, OsString>,
    /// `[env]` of the configuration, which build scripts have too.
    pub env: &'a Table,
    /// The linkers that the configuration names.
    pub linkers: Vec<String>,
    /// The target directory. A directory that holds it changes with every build.
    pub target_dir: &'a Path,
    /// The root of the system: `/`, but in tests.
    pub root: &'a Path,
}

/// Files that list the installed packages or identify the system. All existing ones count.
const DATABASES: &[&str] = &[
    "etc/os-release",
    "usr/lib/os-release",
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "System/Library/CoreServices/SystemVersion.plist",
];

/// Directories that list what is installed: one entry for each package, or for each file without a
/// package.
const LISTED: &[(&str, usize)] = &[
    ("var/lib/dpkg/status.d", 0),
    ("var/lib/pacman/local", 0),
    ("opt/homebrew/Cellar", 1),
    ("usr/local/Cellar", 1),
    ("usr/local/include", 2),
    ("usr/local/lib", 2),
    ("usr/local/lib64", 2),
];

/// Compilers and linkers that build scripts and rustc call by default.
const COMPILERS: &[&str] = &["cc", "c++", "ld", "clang", "zig"];

/// Other programs that build scripts call. Their paths and sizes count.
const TOOLS: &[&str] = &[
    "ar",
    "as",
    "bindgen",
    "cargo-zigbuild",
    "clang++",
    "cmake",
    "g++",
    "gcc",
    "go",
    "ld.lld",
    "lld",
    "llvm-config",
    "make",
    "mold",
    "nasm",
    "ninja",
    "perl",
    "pkg-config",
    "pkgconf",
    "protoc",
    "python3",
    "ranlib",
    "yasm",
];

/// Suffixes of compilers and linkers for other targets, such as `aarch64-linux-gnu-gcc`, which the
/// `cc` crate finds on its own.
const ENDINGS: &[&str] = &["-ar", "-c++", "-cc", "-clang", "-clang++", "-g++", "-gcc", "-ld", "-pkg-config"];

/// Returns lines that distinguish this system from others.
pub fn lines(looks: &Looks<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for path in DATABASES {
        if let Ok(bytes) = std::fs::read(looks.root.join(path)) {
            lines.push(format!("{path} {}", Digest::of(&bytes)));
        }
    }
    for (dir, depth) in LISTED {
        lines.push(format!("{dir} {}", Digest::of_parts(listing(&looks.root.join(dir), *depth))));
    }
    let path = looks.variables.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let mut versions: BTreeSet<String> = COMPILERS.iter().map(|name| (*name).to_owned()).collect();
    versions.extend(looks.linkers.iter().cloned());
    let of_process = looks.variables.iter().map(|(name, value)| (name.to_string_lossy(), value.to_string_lossy()));
    let own = of_process.map(|(name, value)| {
        let value = if name == "LD_LIBRARY_PATH" { without_toolchains(&value).into() } else { value };
        (name, value)
    });
    for (name, value) in own.filter(|(name, value)| counts(name) && !(name == "LD_LIBRARY_PATH" && value.is_empty())) {
        lines.push(format!("{name}={value}"));
        let is_listed = |dir: &PathBuf| dir.is_absolute() && dir.is_dir() && !looks.target_dir.starts_with(dir);
        for dir in std::env::split_paths(&*value).filter(is_listed) {
            lines.push(format!("{} {}", dir.display(), Digest::of_parts(listing(&dir, 3))));
        }
        // The first word counts, as in the `cc` crate. In `ccache gcc`, a second word follows.
        if is_program(&name) {
            versions.extend(value.split_whitespace().map(str::to_owned));
        }
    }
    // Every variable in `[env]` was set for builds.
    lines.extend(looks.env.iter().map(|(name, value)| format!("[env] {name}={value}")));
    for name in versions {
        if let Some(program) = found(&name, &path) {
            lines.push(format!("{name} {} {}", told(&program), version(&program)));
        }
    }
    let for_targets = for_targets(&path);
    let tools = TOOLS.iter().copied().chain(for_targets.iter().map(String::as_str));
    lines.extend(tools.filter_map(|name| Some(format!("{name} {}", told(&found(name, &path)?)))));
    lines
}

/// Returns a search path without the libraries of toolchains. rustup adds those of the one that it
/// starts, so they are there if cargo has started this program, and otherwise not.
fn without_toolchains(value: &str) -> String {
    let is_of_toolchain = |dir: &PathBuf| dir.ends_with("lib") && dir.with_file_name("bin/rustc").is_file();
    let kept = std::env::split_paths(value).filter(|dir| !is_of_toolchain(dir));
    std::env::join_paths(kept).map_or_else(|_| value.to_owned(), |kept| kept.to_string_lossy().into_owned())
}

/// Returns the path of a program, as a shell finds it.
fn found(name: &str, path: &OsStr) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = if name.contains(['/', '\\']) {
        vec![PathBuf::from(name)]
    } else {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(path).map(|dir| dir.join(&file)).collect()
    };
    candidates.into_iter().find(|path| path.is_file())
}

/// Returns the names of compilers and linkers for other targets.
fn for_targets(path: &OsStr) -> BTreeSet<String> {
    let dirs = std::env::split_paths(path).filter(|dir| dir.is_absolute());
    let names = dirs.flat_map(|dir| entries(&dir)).map(|path| name_of(&path));
    names.filter(|name| ENDINGS.iter().any(|ending| name.ends_with(ending))).collect()
}

/// Returns the real path of a program, and its size.
fn told(program: &Path) -> String {
    let real = fs_err::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    let bytes = std::fs::metadata(&real).map_or(0, |it| it.len());
    format!("{} {bytes}", real.display())
}

/// Returns the version that it prints.
fn version(program: &Path) -> String {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    Digest::of(&output).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn differs(one: &[(&str, &str)], other: &[(&str, &str)]) -> bool {
        let of = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
            lines(&Looks {
                variables: &variables,
                env: &Table::new(),
                linkers: Vec::new(),
                target_dir: Path::new("/t"),
                root: Path::new("/"),
            })
        };
        of(one) != of(other)
    }

    #[test]
    fn variables_of_the_list_count_by_value() {
        assert!(differs(&[("CFLAGS", "-O2")], &[("CFLAGS", "-O3")]));
        assert!(differs(&[("OPENSSL_DIR", "/a")], &[]));
        assert!(!differs(&[("TERM", "xterm")], &[]));
    }

    #[test]
    fn what_a_variable_leads_to_counts() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let of = || {
            let variables = [("OPENSSL_DIR".into(), temp.path().into())].into();
            lines(&Looks {
                variables: &variables,
                env: &Table::new(),
                linkers: Vec::new(),
                target_dir: Path::new("/t"),
                root: Path::new("/"),
            })
        };
        let before = of();
        fs_err::write(temp.path().join("libssl.a"), "").expect("writable");
        assert_ne!(before, of());
    }

    #[test]
    fn what_a_project_holds_is_no_system() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let target_dir = temp.path().join("target");
        let of = || {
            let variables = [("APP_ROOT".into(), temp.path().into())].into();
            let (env, root) = (Table::new(), Path::new("/"));
            lines(&Looks { variables: &variables, env: &env, linkers: Vec::new(), target_dir: &target_dir, root })
        };
        let before = of();
        fs_err::write(temp.path().join("main.rs"), "").expect("writable");
        assert_eq!(before, of());
    }

    #[test]
    fn what_is_installed_counts() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let of = || {
            let looks = Looks {
                variables: &BTreeMap::new(),
                env: &Table::new(),
                linkers: Vec::new(),
                target_dir: Path::new("/t"),
                root: temp.path(),
            };
            lines(&looks)
        };
        for path in DATABASES.iter().copied().chain(["usr/local/lib/libssl.a", "usr/local/include/ssl/ssl.h"]) {
            let path = temp.path().join(path);
            fs_err::create_dir_all(path.parent().expect("below the root")).expect("writable");
            let before = of();
            fs_err::write(&path, "Package: openssl").expect("writable");
            let after = of();
            assert_ne!(before, after, "{}", path.display());
            assert_eq!(after, of());
            fs_err::write(&path, "Package: openssl 3").expect("writable");
            assert_ne!(after, of(), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_versions_of_compilers_and_linkers_count() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let program = |name: &str, version: &str| {
            let path = temp.path().join(name);
            fs_err::write(&path, format!("#!/bin/sh\necho {version}\n")).expect("writable");
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its own");
            path.to_str().expect("UTF-8").to_owned()
        };
        let linker = program("my-linker", "1");
        let of = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
            lines(&Looks {
                variables: &variables,
                env: &Table::new(),
                linkers: vec![linker.clone()],
                target_dir: Path::new("/t"),
                root: Path::new("/"),
            })
        };
        for (name, variables) in [
            ("cc", vec![("PATH", temp.path().to_str().expect("UTF-8"))]),
            ("c++", vec![("PATH", temp.path().to_str().expect("UTF-8"))]),
            ("ld", vec![("PATH", temp.path().to_str().expect("UTF-8"))]),
            ("aarch64-linux-gnu-gcc", vec![("PATH", temp.path().to_str().expect("UTF-8"))]),
            ("my-linker", vec![]),
        ] {
            program(name, "1");
            let before = of(&variables);
            // Both have the same size, so only their versions differ, unless they are not asked for
            // it.
            program(name, if name.ends_with("-gcc") { "10" } else { "2" });
            assert_ne!(before, of(&variables), "{name}");
        }
        let named = program("my-cc", "1");
        let before = of(&[("CC", &named)]);
        program("my-cc", "2");
        assert_ne!(before, of(&[("CC", &named)]));
    }
}
