//! Discovers the targets of a package.
//!
//! In: a manifest, and the names of the files next to it. Out: the targets, and whether there is a
//! build script. Follows cargo's discovery (`workspace/parser/targets.rs`, formerly
//! `util/toml/targets.rs`). Reads the names of files, never their content. Refuses the same targets
//! as cargo, with cargo's messages: if only manifests are copied, a recipe would lack dependencies.

use crate::error::{Result, fail};
use crate::manifest::schema::{BuildKey, Manifest, PackageTable, TargetTable};
use crate::workspace::{Target, TargetKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The help for missing sources.
const SOURCES_COUNT: &str =
    "help: copy the sources too, not only the manifests: which targets there are depends on the names of the files";

/// Returns the targets of the package in `dir`, sorted by kind and name.
///
/// # Errors
/// The package has no target, or cargo would not find the file of a target without a path.
pub fn discover(dir: &Path, manifest: &Manifest, package: &PackageTable, edition: &str) -> Result<Vec<Target>> {
    let mut targets: Vec<Target> = library(dir, manifest, package, edition)?.into_iter().collect();
    let has_lib = !targets.is_empty();
    let rules = [
        (TargetKind::Bin, &manifest.bin, package.autobins),
        (TargetKind::Example, &manifest.example, package.autoexamples),
        (TargetKind::Test, &manifest.test, package.autotests),
        (TargetKind::Bench, &manifest.bench, package.autobenches),
    ];
    for (kind, named, switch) in rules {
        // In the 2015 edition, any list of a kind turns its discovery off, even an empty one
        // (`toml_targets_and_inferred`).
        let discovers = switch.unwrap_or(named.is_none() || edition != "2015");
        let named = named.as_deref().unwrap_or_default();
        let inferred = inferred(dir, kind, &package.name);
        for table in named {
            refuse_missing(dir, kind, table, &inferred, (edition, has_lib))?;
        }
        targets.extend(with_inferred(dir, kind, named, if discovers { inferred } else { Vec::new() }));
    }
    if targets.is_empty() {
        fail!(
            "no targets specified in the manifest\neither src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section must be present\n{SOURCES_COUNT}"
        );
    }
    targets.sort();
    Ok(targets)
}

/// Returns the missing files of targets with a path. cargo reports such a file only when it
/// compiles the target.
pub fn missing(dir: &Path, manifest: &Manifest) -> Vec<String> {
    let lists = [&manifest.bin, &manifest.example, &manifest.test, &manifest.bench];
    let tables = manifest.lib.iter().chain(lists.into_iter().flatten().flatten());
    tables.filter_map(|table| table.path.clone()).filter(|path| !dir.join(path).exists()).collect()
}

/// Returns whether the package has a build script (`normalize_build`).
pub fn has_build_script(dir: &Path, package: &PackageTable) -> bool {
    match &package.build {
        None => dir.join("build.rs").is_file(),
        Some(BuildKey::Switch(on)) => *on,
        Some(BuildKey::Path(_)) => true,
        Some(BuildKey::Paths(paths)) => !paths.is_empty(),
    }
}

/// Returns the targets of a kind that cargo would discover in a package.
fn inferred(dir: &Path, kind: TargetKind, package: &str) -> Vec<Source> {
    match kind {
        TargetKind::Lib => Vec::new(),
        TargetKind::Bin => {
            let main = PathBuf::from("src/main.rs");
            let main = dir.join(&main).exists().then(|| (package.to_owned(), main));
            main.into_iter().chain(sources_below(dir, "src/bin")).collect()
        }
        TargetKind::Example => sources_below(dir, "examples"),
        TargetKind::Test => sources_below(dir, "tests"),
        TargetKind::Bench => sources_below(dir, "benches"),
    }
}

/// A name and a path relative to the package.
type Source = (String, PathBuf);

/// Returns the library, if there is one (`normalize_lib`).
fn library(dir: &Path, manifest: &Manifest, package: &PackageTable, edition: &str) -> Result<Option<Target>> {
    let is_there = |path: &str| dir.join(path).exists();
    let table = match &manifest.lib {
        Some(table) => table.clone(),
        None if package.autolib != Some(false) && is_there("src/lib.rs") => TargetTable::default(),
        None => return Ok(None),
    };
    let name = table.name.clone().unwrap_or_else(|| package.name.replace('-', "_"));
    let is_legacy = || edition == "2015" && is_there(&format!("src/{name}.rs"));
    if table.path.is_none() && !is_there("src/lib.rs") && !is_legacy() {
        fail!("can't find library `{name}`, rename file to `src/lib.rs` or specify lib.path\n{SOURCES_COUNT}");
    }
    Ok(Some(target(TargetKind::Lib, name, &table)))
}

/// Refuses a target without a path that has no file, or two files (`target_path`). The 2015 edition
/// has more places for the file (`legacy_bin_path`, `normalize_benches`).
fn refuse_missing(
    dir: &Path,
    kind: TargetKind,
    table: &TargetTable,
    inferred: &[Source],
    (edition, has_lib): (&str, bool),
) -> Result<()> {
    let (word, long, below) = match kind {
        TargetKind::Lib | TargetKind::Bin => ("bin", "binary", "src/bin"),
        TargetKind::Example => ("example", "example", "examples"),
        TargetKind::Test => ("test", "test", "tests"),
        TargetKind::Bench => ("bench", "benchmark", "benches"),
    };
    let Some(name) = &table.name else { fail!("{long} target {word}.name is required") };
    let is_there = |path: &str| dir.join(path).exists();
    let is_legacy = || match kind {
        TargetKind::Bin => {
            !has_lib && is_there(&format!("src/{name}.rs")) || is_there("src/main.rs") || is_there("src/bin/main.rs")
        }
        TargetKind::Bench => name == "bench" && is_there("src/bench.rs"),
        _ => false,
    };
    if table.path.is_some() {
        return Ok(());
    }
    let mut found = inferred.iter().filter(|(other, _)| other == name).map(|(_, path)| path.display());
    match (found.next(), found.next()) {
        (Some(_), None) => Ok(()),
        _ if edition == "2015" && is_legacy() => Ok(()),
        (Some(first), Some(second)) => fail!(
            "cannot infer path for `{name}` {word}\nCargo doesn't know which to use because multiple target files found at `{first}` and `{second}`."
        ),
        (None, _) => fail!(
            "can't find `{name}` {word} at `{below}/{name}.rs` or `{below}/{name}/main.rs`. Please specify {word}.path if you want to use a non-default path.\n{SOURCES_COUNT}"
        ),
    }
}

/// Returns the named targets, and the inferred ones that share no name and no path with them.
fn with_inferred(dir: &Path, kind: TargetKind, named: &[TargetTable], inferred: Vec<Source>) -> Vec<Target> {
    let name_of = |table: &TargetTable| table.name.clone().unwrap_or_default();
    let mut targets: Vec<Target> = named.iter().map(|table| target(kind, name_of(table), table)).collect();
    let names: BTreeSet<String> = named.iter().map(name_of).collect();
    // As in cargo, paths are joined to the package's directory first, which drops `.` but keeps
    // `..`.
    let paths: BTreeSet<PathBuf> = named.iter().filter_map(|t| t.path.as_ref()).map(|path| dir.join(path)).collect();
    let new = inferred.into_iter().filter(|(name, path)| !names.contains(name) && !paths.contains(&dir.join(path)));
    targets.extend(new.map(|(name, _)| target(kind, name, &TargetTable::default())));
    targets
}

/// Returns a target (`Target::{lib,bin,example,test,bench}_target` and `configure` in cargo).
fn target(kind: TargetKind, name: String, table: &TargetTable) -> Target {
    let tested = !matches!(kind, TargetKind::Example | TargetKind::Bench);
    let benched = !matches!(kind, TargetKind::Example | TargetKind::Test);
    let mut crate_types = match kind {
        TargetKind::Lib => table.crate_types("lib"),
        TargetKind::Example => table.crate_types("bin"),
        TargetKind::Bin | TargetKind::Test | TargetKind::Bench => vec!["bin".to_owned()],
    };
    if crate_types.is_empty() && kind == TargetKind::Example {
        crate_types.push("bin".to_owned());
    }
    let mut required_features = table.required_features.clone().unwrap_or_default();
    for list in [&mut crate_types, &mut required_features] {
        list.sort();
        list.dedup();
    }
    Target {
        kind,
        name,
        crate_types,
        required_features,
        tested: table.test.unwrap_or(tested),
        benched: table.bench.unwrap_or(benched),
    }
}

/// Returns `DIR/name.rs` and `DIR/name/main.rs` for every name, without hidden files
/// (`infer_from_directory`).
fn sources_below(package: &Path, dir: &str) -> Vec<Source> {
    let Ok(entries) = fs_err::read_dir(package.join(dir)) else { return Vec::new() };
    let entry = |entry: std::io::Result<fs_err::DirEntry>| {
        let entry = entry.ok()?;
        let file_name = entry.file_name().into_string().ok()?;
        if file_name.starts_with('.') {
            return None;
        }
        let relative = Path::new(dir).join(&file_name);
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            let main = relative.join("main.rs");
            package.join(&main).exists().then_some((file_name, main))
        } else {
            let stem = file_name.strip_suffix(".rs")?.to_owned();
            Some((stem, relative))
        }
    };
    entries.filter_map(entry).collect()
}
