//! Decides whether a local package that third-party ones depend on can travel, and with which
//! files.
//!
//! In: the manifests, and the directory of the package. Out: [`Below`]. It holds a manifest without
//! inheritance and the files of the package, or the reason why only the project can compile it. If
//! this module cannot tell, the package does not travel, which only costs time. The only module
//! that reads the content of source files. Writes nothing.

use super::private::{self, Found, Stays};
use super::{doubt, manifest};
use crate::error::{Result, fail};
use crate::manifest::Manifests;
use crate::path;
use crate::workspace::{Below, Package, Sources};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::Value;

/// The largest total size of the files of one package.
const LIMIT: u64 = 8 << 20;

/// Paths that a skeleton uses at its root: cargo's config, a toolchain file, and targets of the
/// root package. A carried package must not use them. `quotient::stubs` does the same for stubs.
const CLAIMED: &[&str] =
    &[".cargo", "benches", "build.rs", "examples", "rust-toolchain", "rust-toolchain.toml", "src", "src/bin", "tests"];

/// Variables that hold the package's directory. A source that reads one must be compiled in the
/// project, because cargo does not detect that the value differs: `dep_info` in cargo's
/// `fingerprint/mod.rs` leaves out the variables that cargo sets.
const PLACES: &[&str] = &["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"];

/// Returns whether the package in `dir` can be compiled in another directory, and from which files.
///
/// # Errors
/// A file cannot be read, or the files are too large to travel.
pub fn below(manifests: &Manifests, dir: &Path, package: &Package) -> Result<Below> {
    if !dir.starts_with(&manifests.root) {
        // cargo identifies a package by its path from the root, too (`SourceId::stable_hash`).
        return Ok(Below::Bound("stands outside of the workspace root"));
    }
    if package.dir.is_empty() {
        return Ok(Below::Bound("is the root of the workspace"));
    }
    if CLAIMED.contains(&package.dir.to_lowercase().as_str()) {
        return Ok(Below::Bound("stands where a skeleton has files of its own"));
    }
    let is_plain = |t: &String| ["lib", "rlib", "proc-macro"].contains(&t.as_str());
    if !package.lib().is_some_and(|lib| lib.crate_types.iter().all(is_plain)) {
        return Ok(Below::Bound("is not a plain library"));
    }
    let manifest = manifest::standalone(manifests, dir)?;
    let lib = manifest.get("lib").and_then(|lib| lib.get("path")).and_then(Value::as_str);
    if doubt::paths(&manifest).into_iter().chain(lib).any(|path| leaves(Path::new(""), path)) {
        return Ok(Below::Bound(OUTSIDE));
    }
    let metadata = manifests.get(dir).package.as_ref().and_then(|p| p.rest.get("metadata"));
    let cook = metadata.and_then(|m| m.get("larder")?.get("cook")?.as_bool());
    if cook == Some(false) {
        return Ok(Below::Bound("says `cook = false` below `[package.metadata.larder]`"));
    }
    let Ok(Found { travels: paths, stays }) = packaged(manifests, dir, package.build_script)? else {
        return Ok(Below::Bound("has files that cannot be listed"));
    };
    if let Some(why) = package.build_script.then(|| doubt::incomplete(dir, &paths)).flatten() {
        return Ok(Below::Bound(why));
    }
    let programs = doubt::programs(dir, &paths);
    let mut files = BTreeMap::new();
    let mut total = 0;
    for path in paths {
        let name = path.to_str().map(|_| path::slashed(&path));
        let Some(name) = name.filter(|name| !name.contains(['\\', ':'])) else {
            return Ok(Below::Bound("has a file whose name cannot travel"));
        };
        total += fs_err::metadata(dir.join(&path))?.len();
        if total > LIMIT && package.build_script {
            return Ok(Below::Bound("has a build script, and more than 8 MB of files that it may look at"));
        }
        if total > LIMIT {
            fail!(
                "`{}` is compiled below third-party crates, so its files travel in the recipe, and they are more than {} MB\nhelp: list what its build needs in `package.include`",
                manifests.name(dir),
                LIMIT >> 20
            );
        }
        files.insert(name, fs_err::read(dir.join(&path))?);
    }
    if stays.iter().any(|(path, _)| is_needed(path, &files)) {
        return Ok(Below::Bound("has sources that name a file which does not travel"));
    }
    let scripted = || doubt::doubt(package, &manifest, &files, &relative_variables(manifests), &programs);
    let of_secrets = stays.iter().filter(|(_, reason)| *reason == Stays::Secret);
    let secrets = of_secrets.map(|(path, _)| format!("{}/{}", package.dir, path::slashed(path))).collect();
    let bound = match cook {
        Some(_) => None,
        None => binding(package, &files).or_else(|| scripted().filter(|_| package.build_script)),
    };
    Ok(bound.map_or_else(|| Below::Carried(Sources { manifest: manifest.to_string(), files, secrets }), Below::Bound))
}

/// Returns whether the package may need a path that does not travel. Only names are compared: the
/// path is a Rust source, or a source contains the last part of the path.
fn is_needed(path: &Path, files: &BTreeMap<String, Vec<u8>>) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
    let is_source = path.starts_with("src") && path.extension().is_none_or(|it| it == "rs");
    let ends = [format!("{name}\""), format!("{name}/")];
    let sources = files.iter().filter(|(name, _)| doubt::is_rust(name) && !doubt::is_of_tests(name));
    let mut texts = sources.map(|(_, bytes)| String::from_utf8_lossy(bytes));
    is_source || texts.any(|text| ends.iter().any(|end| text.contains(end.as_str())))
}

/// Returns the variables that `[env]` in cargo's config sets to paths of the project.
fn relative_variables(manifests: &Manifests) -> BTreeSet<String> {
    let env = manifests.config.table.get("env").and_then(Value::as_table);
    let is_relative = |value: &Value| value.get("relative").and_then(Value::as_bool) == Some(true);
    env.into_iter().flatten().filter(|(_, value)| is_relative(value)).map(|(name, _)| name.clone()).collect()
}

const OUTSIDE: &str = "reads files outside of its own directory";

/// Returns why only the project can compile these sources, or `None`, judged by their text. A build
/// script may read the package's directory.
fn binding(package: &Package, files: &BTreeMap<String, Vec<u8>>) -> Option<&'static str> {
    for (name, bytes) in files.iter().filter(|(name, _)| doubt::is_rust(name) && !doubt::is_of_tests(name)) {
        let text = String::from_utf8_lossy(bytes);
        let may_ask = package.build_script && !name.starts_with("src/");
        if !may_ask && PLACES.iter().any(|place| text.contains(place)) {
            return Some("asks in its sources for the directory that they are compiled in");
        }
        let dir = Path::new(name).parent().unwrap_or(Path::new(""));
        let mut literals = text.split('"').filter(|literal| literal.contains("../") && !literal.contains('\n'));
        if literals.any(|literal| leaves(dir, literal)) {
            return Some(OUTSIDE);
        }
    }
    None
}

/// Returns whether a path leads out of the package. It is relative to `dir`, a directory of the
/// package.
fn leaves(dir: &Path, path: &str) -> bool {
    let mut depth = dir.components().count();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// Returns the files that a build of the package can see, except those that `private` leaves out.
/// `package.include` and `package.exclude` apply, as when cargo packages it (`_list_files` in
/// cargo's `sources/path.rs`). They do not apply to a package with a build script: a directory that
/// the script watches must be complete.
fn packaged(manifests: &Manifests, dir: &Path, has_script: bool) -> Result<std::io::Result<Found>> {
    if has_script {
        return Ok(private::files(dir, &manifests.root, true));
    }
    let package = manifests.get(dir).package.as_ref();
    let patterns = |key: &str| -> Vec<String> {
        let list = package.and_then(|p| p.rest.get(key)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let name = manifests.name(dir);
    let (include, exclude) = (patterns("include"), patterns("exclude"));
    let (included, excluded) = (matcher(dir, &include, &name)?, matcher(dir, &exclude, &name)?);
    let is_packaged = |path: &PathBuf| {
        if include.is_empty() {
            !excluded.matched_path_or_any_parents(path, false).is_ignore()
        } else {
            included.matched_path_or_any_parents(path, false).is_ignore()
        }
    };
    let found = private::files(dir, &manifests.root, false);
    Ok(found.map(|Found { mut travels, mut stays }| {
        travels.retain(is_packaged);
        stays.retain(|(path, _)| is_packaged(path));
        Found { travels, stays }
    }))
}

fn matcher(dir: &Path, patterns: &[String], name: &str) -> Result<Gitignore> {
    let mut builder = GitignoreBuilder::new(dir);
    for pattern in patterns {
        if let Err(error) = builder.add_line(None, pattern) {
            fail!("failed to parse manifest `{name}`: {error}");
        }
    }
    match builder.build() {
        Ok(matcher) => Ok(matcher),
        Err(error) => fail!("failed to parse manifest `{name}`: {error}"),
    }
}
