//! What travels of a local package that third-party ones depend on: it has to be compiled for real.
//!
//! In: the manifests, and the directory of the package. Out: its [`Sources`]: a manifest that stands on its own, and the
//! files that cargo would package. The only place that reads what is in a source file. Writes nothing.

use super::members::Manifests;
use super::schema::StringOr;
use crate::error::{Result, fail};
use crate::workspace::Sources;
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The most that the files of one package may hold together.
const LIMIT: usize = 8 << 20;

/// What a file may not say that is to be compiled in one place for another: cargo takes these for granted and does not
/// notice that they differ (`dep_info` in cargo's `fingerprint/mod.rs` leaves out variables that cargo sets itself).
const PLACES: &[&str] = &["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"];

/// The sources of the package at `dir`; none where they would be compiled to something else elsewhere.
///
/// # Errors
/// Files that cannot be read, or are too many to travel.
pub fn sources(manifests: &Manifests, dir: &Path) -> Result<Option<Sources>> {
    let mut files = BTreeMap::new();
    let mut total = 0;
    for path in packaged(manifests, dir)? {
        let bytes = fs_err::read(dir.join(&path))?;
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let says = |place: &&str| bytes.windows(place.len()).any(|window| window == place.as_bytes());
        if is_rust && PLACES.iter().any(says) {
            return Ok(None);
        }
        total += bytes.len();
        if total > LIMIT {
            fail!(
                "`{}` is compiled below third-party crates, so its files travel in the recipe, and they are more than {} MB\nhelp: list what its build needs in `package.include`",
                manifests.name(dir),
                LIMIT >> 20
            );
        }
        files.insert(path.to_string_lossy().replace('\\', "/"), bytes);
    }
    Ok(Some(Sources { manifest: manifest(manifests, dir)?.to_string(), files }))
}

/// The files that cargo would package, but the manifest and the lockfile (`_list_files` in cargo's `sources/path.rs`).
fn packaged(manifests: &Manifests, dir: &Path) -> Result<Vec<PathBuf>> {
    let package = manifests.get(dir).package.as_ref();
    let patterns = |key: &str| -> Vec<String> {
        let list = package.and_then(|p| p.rest.get(key)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (include, mut exclude) = (patterns("include"), patterns("exclude"));
    if include.is_empty() && !dir.ancestors().any(|above| above.join(".git").exists()) {
        exclude.push(".*".to_owned());
    }
    let (included, excluded) = (matcher(dir, &include)?, matcher(dir, &exclude)?);
    let root = dir.to_owned();
    let walk = WalkBuilder::new(dir)
        .standard_filters(false)
        .git_ignore(true)
        .git_exclude(true)
        .parents(true)
        .filter_entry(move |entry| {
            let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
            let at_root = entry.depth() == 1;
            entry.path() == root
                || !(is_dir && entry.path().join("Cargo.toml").exists()
                    || entry.file_name() == ".git"
                    || at_root && ["target", "Cargo.toml", "Cargo.lock"].iter().any(|n| entry.file_name() == *n))
        })
        .build();
    let mut found = Vec::new();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => fail!("failed to list the files of `{}`: {error}", manifests.name(dir)),
        };
        let Ok(path) = entry.path().strip_prefix(dir) else { continue };
        if !entry.path().is_file() {
            continue;
        }
        let is_packaged = if include.is_empty() {
            !excluded.matched_path_or_any_parents(path, false).is_ignore()
        } else {
            included.matched_path_or_any_parents(path, false).is_ignore()
        };
        if is_packaged {
            found.push(path.to_owned());
        }
    }
    found.sort();
    Ok(found)
}

fn matcher(dir: &Path, patterns: &[String]) -> Result<Gitignore> {
    let mut builder = GitignoreBuilder::new(dir);
    for pattern in patterns {
        if let Err(error) = builder.add_line(None, pattern) {
            fail!("failed to parse manifest `{}`: {error}", dir.join("Cargo.toml").display());
        }
    }
    match builder.build() {
        Ok(matcher) => Ok(matcher),
        Err(error) => fail!("failed to parse manifest `{}`: {error}", dir.join("Cargo.toml").display()),
    }
}

/// The manifest without what only a root can give it, and without targets that nothing depends on.
fn manifest(manifests: &Manifests, dir: &Path) -> Result<Table> {
    let text = fs_err::read_to_string(dir.join("Cargo.toml"))?;
    let mut table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => fail!("failed to parse manifest `{}`\n{error}", manifests.name(dir)),
    };
    let root = &manifests.inherits_from[dir];
    let workspace = manifests.get(root).workspace.as_ref();
    if let Some(Value::Table(package)) = table.get_mut("package") {
        for (key, value) in package.iter_mut().filter(|(_, value)| inherits(value)) {
            if let Some(shared) = workspace.and_then(|w| w.package.get(key)) {
                *value = shared.clone();
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
    Ok(table)
}

/// Tables that only a root, or only a package that is built for itself, makes use of.
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

/// A dependency with what it inherits (`inner_dependency_inherit_with` in cargo's `util/toml/mod.rs`).
fn inherited(shared: &StringOr<super::schema::DependencyTable>, own: &Table, root: &Path, dir: &Path) -> Value {
    let shared = shared.table();
    let mut table = shared.rest.clone();
    table.extend(own.iter().filter(|(key, _)| *key != "workspace").map(|(k, v)| (k.clone(), v.clone())));
    let mut put = |key: &str, value: Option<Value>| {
        table.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("version", shared.version.clone().map(Value::from));
    put("package", shared.package.clone().map(Value::from));
    let path = shared.path.as_ref().map(|path| super::relative(&super::normalize(&root.join(path)), dir));
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
