//! Which targets a package has.
//!
//! In: a manifest and the names of the files beside it. Out: its targets and whether it has a build script, by cargo's
//! discovery (`workspace/parser/targets.rs`, formerly `util/toml/targets.rs`). Reads names of files, never their text.

use super::schema::{BuildKey, Manifest, PackageTable, TargetTable};
use crate::workspace::{Target, TargetKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The targets of the package at `dir`, sorted by kind and name.
pub fn discover(dir: &Path, manifest: &Manifest, package: &PackageTable, edition: &str) -> Vec<Target> {
    let mut targets: Vec<Target> = library(dir, manifest, package).into_iter().collect();
    let rules = [
        (TargetKind::Bin, &manifest.bin, package.autobins),
        (TargetKind::Example, &manifest.example, package.autoexamples),
        (TargetKind::Test, &manifest.test, package.autotests),
        (TargetKind::Bench, &manifest.bench, package.autobenches),
    ];
    for (kind, named, switch) in rules {
        let named = named.as_deref();
        // One word of a kind, even an empty list, turns its discovery off in 2015 (`toml_targets_and_inferred`).
        let discovers = switch.unwrap_or(named.is_none() || edition != "2015");
        let inferred = if discovers { inferred(dir, kind, &package.name) } else { Vec::new() };
        targets.extend(with_inferred(dir, kind, named.unwrap_or_default(), inferred));
    }
    targets.sort();
    targets
}

/// Whether the package has a build script (`normalize_build`).
pub fn has_build_script(dir: &Path, package: &PackageTable) -> bool {
    match &package.build {
        None => dir.join("build.rs").is_file(),
        Some(BuildKey::Switch(on)) => *on,
        Some(BuildKey::Path(_)) => true,
        Some(BuildKey::Paths(paths)) => !paths.is_empty(),
    }
}

/// What cargo would find of a kind in a package.
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

fn library(dir: &Path, manifest: &Manifest, package: &PackageTable) -> Option<Target> {
    let table = match &manifest.lib {
        Some(table) => table.clone(),
        None if package.autolib != Some(false) && dir.join("src/lib.rs").exists() => TargetTable::default(),
        None => return None,
    };
    let name = table.name.clone().unwrap_or_else(|| package.name.replace('-', "_"));
    Some(target(TargetKind::Lib, name, &table))
}

/// The named targets, and those of the inferred ones whose name and path none of them has.
fn with_inferred(dir: &Path, kind: TargetKind, named: &[TargetTable], inferred: Vec<Source>) -> Vec<Target> {
    let name_of = |table: &TargetTable| table.name.clone().unwrap_or_default();
    let mut targets: Vec<Target> = named.iter().map(|table| target(kind, name_of(table), table)).collect();
    let names: BTreeSet<String> = named.iter().map(name_of).collect();
    // As in cargo, what is compared is joined to the package's directory, which drops `.` and keeps `..`.
    let paths: BTreeSet<PathBuf> = named.iter().filter_map(|t| t.path.as_ref()).map(|path| dir.join(path)).collect();
    let new = inferred.into_iter().filter(|(name, path)| !names.contains(name) && !paths.contains(&dir.join(path)));
    targets.extend(new.map(|(name, _)| target(kind, name, &TargetTable::default())));
    targets
}

/// `Target::{lib,bin,example,test,bench}_target` and `configure` in cargo.
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

/// `infer_from_directory`: `DIR/name.rs` and `DIR/name/main.rs`, hidden files left out.
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
