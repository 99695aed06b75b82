//! Parses a lockfile.
//!
//! In: the text of a Cargo.lock. Out: a [`Lockfile`], or an error that names the line or the entry
//! and a way out. Touches nothing.

use super::{LockedPackage, Lockfile, without_precise};
use crate::error::{Result, fail};
use semver::Version;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The newest format version of cargo's `ResolveVersion`.
const NEWEST: u32 = 4;
/// The version in which older formats are written. Every cargo since 1.53 reads it.
const OLDEST_WRITTEN: u32 = 3;

#[derive(Deserialize)]
struct LockToml {
    version: Option<u32>,
    #[serde(default)]
    package: Vec<PackageToml>,
    root: Option<PackageToml>,
    #[serde(default)]
    metadata: BTreeMap<String, toml::Value>,
    #[serde(default)]
    patch: PatchToml,
}

#[derive(Default, Deserialize)]
struct PatchToml {
    #[serde(default)]
    unused: Vec<PackageToml>,
}

#[derive(Deserialize)]
struct PackageToml {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    replace: Option<String>,
}

/// Parses the text of a lockfile, which messages call `name`.
///
/// # Errors
/// The text is not a lockfile, has conflict markers, or has a format version newer than 4.
pub fn parse(name: &str, text: &str) -> Result<Lockfile> {
    if let Some((number, line)) = text.lines().enumerate().find(|(_, l)| is_conflict_mark(l)) {
        fail!(
            "`{name}` holds a merge conflict: line {} is `{}`\nhelp: take one side and let cargo fix it: `git checkout --theirs Cargo.lock && cargo update --workspace`",
            number + 1,
            line.trim_end()
        );
    }
    let parsed: std::result::Result<LockToml, _> = toml::from_str(text);
    let LockToml { version, mut package, root, metadata, patch } = match parsed {
        Ok(LockToml { version: Some(newer), .. }) if newer > NEWEST => return too_new(name, newer.into()),
        Ok(lock) => lock,
        // A format to come need not be one that `LockToml` fits.
        Err(error) => match toml::from_str::<toml::Table>(text).ok().and_then(|t| t.get("version")?.as_integer()) {
            Some(newer) if newer > i64::from(NEWEST) => return too_new(name, newer),
            _ => fail!(
                "failed to parse lockfile `{name}`\n{}\nhelp: restore it from version control, or make a new one with `cargo generate-lockfile`",
                error.to_string().trim_end()
            ),
        },
    };
    package.extend(root);
    package.sort_by(|a, b| order(a).cmp(&order(b)));

    let mut packages = Vec::with_capacity(package.len());
    let mut dropped = Vec::new();
    let index = Index::new(&package);
    for entry in &package {
        for reference in entry.dependencies.iter().chain(&entry.replace).filter(|it| index.find(it).is_none()) {
            dropped.push((packages.len(), reference.clone()));
        }
        packages.push(LockedPackage {
            name: entry.name.clone(),
            version: entry.version.clone(),
            source: entry.source.clone(),
            checksum: entry.checksum.clone().or_else(|| metadata_checksum(&metadata, entry)),
            dependencies: entry.dependencies.iter().filter_map(|it| index.find(it)).collect(),
            replace: entry.replace.as_ref().and_then(|it| index.find(it)),
        });
    }
    // cargo writes no dependencies of these (`Patch` in its `core/resolver/encode.rs`).
    let unused = patch.unused.into_iter().map(|entry| LockedPackage {
        name: entry.name,
        version: entry.version,
        source: entry.source,
        checksum: entry.checksum,
        dependencies: Vec::new(),
        replace: None,
    });
    Ok(Lockfile { version: version.unwrap_or(1).max(OLDEST_WRITTEN), packages, unused: unused.collect(), dropped })
}

fn too_new(name: &str, version: i64) -> Result<Lockfile> {
    fail!(
        "`{name}` is of version {version}, and this cargo-larder knows versions 1 to {NEWEST}\nhelp: use a newer cargo-larder, or write the lockfile again with an older cargo"
    )
}

fn is_conflict_mark(line: &str) -> bool {
    ["<<<<<<<", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) || line.trim_end() == "======="
}

/// Returns the checksum in `[metadata]`, where version 1 stores it.
fn metadata_checksum(metadata: &BTreeMap<String, toml::Value>, entry: &PackageToml) -> Option<String> {
    let key = format!("checksum {} {} ({})", entry.name, entry.version, entry.source.as_ref()?);
    let value = metadata.get(&key)?.as_str()?;
    (value != "<none>").then(|| value.to_owned())
}

/// Returns the sort key of a package. cargo sorts package ids by name, version, and source.
fn order(package: &PackageToml) -> (&str, Option<Version>, &str, Option<&str>) {
    (&package.name, Version::parse(&package.version).ok(), &package.version, package.source.as_deref())
}

/// Finds packages by references: `name`, `name version`, or `name version (source)`.
struct Index<'a> {
    packages: &'a [PackageToml],
    by_name: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn new(packages: &'a [PackageToml]) -> Self {
        let mut by_name = BTreeMap::<&str, Vec<usize>>::new();
        for (i, package) in packages.iter().enumerate() {
            by_name.entry(&package.name).or_default().push(i);
        }
        Index { packages, by_name }
    }

    /// Returns the entry that a reference names. cargo leaves out a reference that names no entry
    /// or several (`lookup_id` in cargo's `core/resolver/encode.rs`). It fixes them as it resolves.
    fn find(&self, reference: &str) -> Option<usize> {
        let mut words = reference.splitn(3, ' ');
        let (name, version, source) = (words.next()?, words.next(), words.next());
        let source = source.map(|s| without_precise(s.trim_start_matches('(').trim_end_matches(')')));
        let named = self.by_name.get(name)?.iter().copied();
        let mut found: Vec<usize> = named
            .filter(|i| {
                let package = &self.packages[*i];
                version.is_none_or(|v| v == package.version)
                    && source.is_none_or(|s| package.source.as_deref().map(without_precise) == Some(s))
            })
            .collect();
        let first = *found.first()?;
        if source.is_some() {
            return Some(first);
        }
        // No source means the local package where several sources share name and version.
        let is_one_version = found.iter().all(|i| self.packages[*i].version == self.packages[first].version);
        if found.len() > 1 && is_one_version {
            found.retain(|i| self.packages[*i].source.is_none());
        }
        if let [only] = found[..] { Some(only) } else { None }
    }
}
