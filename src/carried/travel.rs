//! Decides whether a local package that third-party ones depend on can travel, and with which
//! files.
//!
//! In: the manifests, and the directory of the package. Out: [`Below`]. It holds a manifest without
//! inheritance and the files of the package, or the reason why only the project can compile it. If
//! this module cannot tell, the package does not travel, which only costs time. The only module
//! that reads the content of source files. Writes nothing.

use super::doubt;
use super::private::{self, Found, Stays};
use crate::error::{Result, fail};
use crate::path::{normalize, relative};
use crate::read::Manifests;
use crate::read::schema::{DependencyTable, StringOr};
use crate::workspace::{Below, Package, Sources};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

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
        return Ok(Below::Bound("is no plain library"));
    }
    let manifest = manifest(manifests, dir)?;
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
    if package.build_script
        && let Some(why) = doubt::incomplete(dir, &paths)
    {
        return Ok(Below::Bound(why));
    }
    let programs = doubt::programs(dir, &paths);
    let mut files = BTreeMap::new();
    let mut total = 0;
    for path in paths {
        let Some(name) = path.to_str().filter(|name| !name.contains(['\\', ':'])) else {
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
        files.insert(name.to_owned(), fs_err::read(dir.join(&path))?);
    }
    if stays.iter().any(|(path, _)| is_needed(path, &files)) {
        return Ok(Below::Bound("has sources that name a file which does not travel"));
    }
    let scripted = || doubt::doubt(package, &manifest, &files, &relative_variables(manifests), &programs);
    let of_secrets = stays.iter().filter(|(_, reason)| *reason == Stays::Secret);
    let secrets = of_secrets.map(|(path, _)| format!("{}/{}", package.dir, path.display())).collect();
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

/// Returns the manifest with inherited values filled in, and without targets that nothing depends
/// on.
fn manifest(manifests: &Manifests, dir: &Path) -> Result<Table> {
    let text = fs_err::read_to_string(dir.join("Cargo.toml"))?;
    let mut table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => fail!("failed to parse manifest `{}`\n{error}", manifests.name(dir)),
    };
    let (root, workspace) = manifests.inherited(dir).map_or((dir, None), |(root, w)| (root, Some(w)));
    if let Some(Value::Table(package)) = table.get_mut("package") {
        for (key, value) in package.iter_mut().filter(|(_, value)| inherits(value)) {
            if let Some(shared) = workspace.and_then(|w| w.package.get(key)) {
                *value = match (key.as_str(), shared.as_str()) {
                    ("readme" | "license-file", Some(path)) => relative(&normalize(&root.join(path)), dir).into(),
                    _ => shared.clone(),
                };
            }
        }
        for (key, value) in [("autobins", false), ("autoexamples", false), ("autotests", false), ("autobenches", false)]
        {
            package.insert(key.to_owned(), value.into());
        }
        package.remove("workspace");
        package.remove("default-run");
    }
    if let Some(lints) = table.get_mut("lints").filter(|lints| inherits(lints)) {
        *lints = workspace.and_then(|w| w.rest.get("lints")).cloned().unwrap_or_else(|| Table::new().into());
    }
    for key in DROPPED {
        table.remove(*key);
    }
    let mut inherit = |dependencies: &mut Table| {
        for (key, value) in dependencies.iter_mut().filter(|(_, value)| inherits(value)) {
            let shared = workspace.and_then(|w| w.dependencies.get(key));
            if let (Some(shared), Some(own)) = (shared, value.as_table()) {
                *value = inherited(shared, own, root, dir);
            }
        }
    };
    of_tables(&mut table, &mut inherit);
    for platform in table.get_mut("target").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        if let Some(platform) = platform.1.as_table_mut() {
            platform.remove("dev-dependencies");
            platform.remove("dev_dependencies");
            of_tables(platform, &mut inherit);
        }
    }
    drop_features_of_dev_dependencies(&mut table);
    Ok(table)
}

/// Removes values such as `dev/feature` from `[features]` if no dependency `dev` is left.
fn drop_features_of_dev_dependencies(table: &mut Table) {
    let mut kept: Vec<String> = Vec::new();
    of_tables(table, &mut |dependencies| kept.extend(dependencies.keys().cloned()));
    for (_, platform) in table.get_mut("target").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        if let Some(platform) = platform.as_table_mut() {
            of_tables(platform, &mut |dependencies| kept.extend(dependencies.keys().cloned()));
        }
    }
    let is_kept = |value: &Value| {
        let of = value.as_str().and_then(|value| value.split_once('/')).map(|(key, _)| key.trim_end_matches('?'));
        of.is_none_or(|key| kept.iter().any(|k| k == key))
    };
    for (_, values) in table.get_mut("features").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        if let Some(values) = values.as_array_mut() {
            values.retain(is_kept);
        }
    }
}

/// Tables that count only in a root manifest, or only for targets that nothing depends on.
const DROPPED: &[&str] = &[
    "badges",
    "bench",
    "bin",
    "dev-dependencies",
    "dev_dependencies",
    "example",
    "patch",
    "profile",
    "replace",
    "test",
    "workspace",
];

fn of_tables(table: &mut Table, act: &mut dyn FnMut(&mut Table)) {
    for key in ["dependencies", "build-dependencies", "build_dependencies"] {
        table.get_mut(key).and_then(Value::as_table_mut).into_iter().for_each(&mut *act);
    }
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// Returns a dependency with inherited values (`inner_dependency_inherit_with` in cargo's
/// `util/toml/mod.rs`).
fn inherited(shared: &StringOr<DependencyTable>, own: &Table, root: &Path, dir: &Path) -> Value {
    let shared = shared.table();
    let mut table = shared.rest.clone();
    table.extend(own.iter().filter(|(key, _)| *key != "workspace").map(|(k, v)| (k.clone(), v.clone())));
    let mut put = |key: &str, value: Option<Value>| {
        table.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("version", shared.version.clone().map(Value::from));
    put("package", shared.package.clone().map(Value::from));
    let path = shared.path.as_ref().map(|path| relative(&normalize(&root.join(path)), dir));
    put("path", path.map(Value::from));
    let features = |of: Option<&Value>| of.and_then(Value::as_array).cloned().unwrap_or_default();
    let both: Vec<Value> = shared.features.iter().flatten().cloned().map(Value::from).collect();
    put("features", Some([both, features(own.get("features"))].concat().into()));
    let switch = ["default-features", "default_features"].iter().find_map(|key| own.get(*key)).and_then(Value::as_bool);
    let default = match (switch, shared.default_features()) {
        (Some(true), Some(false)) => Some(true),
        (_, shared) => shared,
    };
    put("default-features", default.map(Value::from));
    table.remove("default_features");
    if default.is_none() {
        table.remove("default-features");
    }
    table.into()
}
