//! Cargo.lock, versions 1 to 4.
//!
//! In: the text of a Cargo.lock. Out: a [`Lockfile`], a list of packages that name each other by index; and back, as
//! cargo's `core/resolver/encode.rs` would write it for these packages. Touches nothing.

use crate::error::{Result, fail};
use semver::Version;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The newest format that is known here, as in cargo's `ResolveVersion`.
const NEWEST: u32 = 4;
/// What the older formats are written as; every cargo since 1.53 reads it.
const OLDEST_WRITTEN: u32 = 3;

/// A lockfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lockfile {
    /// The format that it is written in.
    pub version: u32,
    /// Its packages, sorted as cargo sorts them.
    pub packages: Vec<LockedPackage>,
}

/// One `[[package]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// Name.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// `registry+…`, `sparse+…`, `git+…#…`; none for a local package.
    pub source: Option<String>,
    /// Checksum, for packages of a registry.
    pub checksum: Option<String>,
    /// What it depends on, by index.
    pub dependencies: Vec<usize>,
    /// What `[replace]` put in its place, by index.
    pub replace: Option<usize>,
}

#[derive(Deserialize)]
struct LockToml {
    version: Option<u32>,
    #[serde(default)]
    package: Vec<PackageToml>,
    root: Option<PackageToml>,
    #[serde(default)]
    metadata: BTreeMap<String, toml::Value>,
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

/// Reads the text of the lockfile that messages call `name`.
///
/// # Errors
/// Text that is not a lockfile, holds marks of a merge conflict, or is of a format newer than 4.
pub fn parse(name: &str, text: &str) -> Result<Lockfile> {
    if let Some((number, line)) = text.lines().enumerate().find(|(_, l)| is_conflict_mark(l)) {
        fail!(
            "`{name}` holds a merge conflict: line {} is `{}`\nhelp: take one side and let cargo mend it: `git checkout --theirs Cargo.lock && cargo update --workspace`",
            number + 1,
            line.trim_end()
        );
    }
    let parsed: std::result::Result<LockToml, _> = toml::from_str(text);
    let LockToml { version, mut package, root, metadata } = match parsed {
        Ok(LockToml { version: Some(newer), .. }) if newer > NEWEST => return too_new(name, newer.into()),
        Ok(lock) => lock,
        // A format to come need not be one that `LockToml` fits.
        Err(error) => match toml::from_str::<toml::Table>(text).ok().and_then(|t| t.get("version")?.as_integer()) {
            Some(newer) if newer > i64::from(NEWEST) => return too_new(name, newer),
            _ => fail!("failed to parse lockfile `{name}`\n{}", error.to_string().trim_end()),
        },
    };
    package.extend(root);
    package.sort_by(|a, b| order(a).cmp(&order(b)));

    let mut packages = Vec::with_capacity(package.len());
    let index = Index::new(&package);
    for entry in &package {
        let target = |reference: &String| match index.find(reference) {
            Some(found) => Ok(found),
            None => fail!(
                "`{name}` is broken: `{} {}` depends on `{reference}`, which it does not list\nhelp: let cargo mend it: `cargo update --workspace`",
                entry.name,
                entry.version
            ),
        };
        packages.push(LockedPackage {
            name: entry.name.clone(),
            version: entry.version.clone(),
            source: entry.source.clone(),
            checksum: entry.checksum.clone().or_else(|| metadata_checksum(&metadata, entry)),
            dependencies: entry.dependencies.iter().map(target).collect::<Result<_>>()?,
            replace: entry.replace.as_ref().map(target).transpose()?,
        });
    }
    Ok(Lockfile { version: version.unwrap_or(1).max(OLDEST_WRITTEN), packages })
}

fn too_new(name: &str, version: i64) -> Result<Lockfile> {
    fail!(
        "`{name}` is of version {version}, and this cargo-larder knows versions 1 to {NEWEST}\nhelp: use a newer cargo-larder, or write the lockfile anew with an older cargo"
    )
}

fn is_conflict_mark(line: &str) -> bool {
    ["<<<<<<<", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) || line.trim_end() == "======="
}

/// Version 1 kept checksums in `[metadata]`.
fn metadata_checksum(metadata: &BTreeMap<String, toml::Value>, entry: &PackageToml) -> Option<String> {
    let key = format!("checksum {} {} ({})", entry.name, entry.version, entry.source.as_ref()?);
    let value = metadata.get(&key)?.as_str()?;
    (value != "<none>").then(|| value.to_owned())
}

/// cargo orders package ids by name, version, source.
fn order(package: &PackageToml) -> (&str, Option<Version>, &str, Option<&str>) {
    (&package.name, Version::parse(&package.version).ok(), &package.version, package.source.as_deref())
}

/// A source without the commit it was resolved to.
fn without_precise(source: &str) -> &str {
    source.split_once('#').map_or(source, |(source, _)| source)
}

/// Finds packages by the references of a lockfile: `name`, `name version` or `name version (source)`.
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

    fn find(&self, reference: &str) -> Option<usize> {
        let mut words = reference.splitn(3, ' ');
        let (name, version, source) = (words.next()?, words.next(), words.next());
        let source = source.map(|s| without_precise(s.trim_start_matches('(').trim_end_matches(')')));
        let mut found = self.by_name.get(name)?.iter().copied().filter(|i| {
            let package = &self.packages[*i];
            version.is_none_or(|v| v == package.version)
                && source.is_none_or(|s| package.source.as_deref().map(without_precise) == Some(s))
        });
        let first = found.next()?;
        // `name version` with no source means the local package where several sources share both.
        match source {
            None => Some(found.find(|i| self.packages[*i].source.is_none()).unwrap_or(first)),
            Some(_) => Some(first),
        }
    }
}

impl Lockfile {
    /// Indices of all packages that `roots` reach, themselves included.
    pub fn reach(&self, roots: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<usize> = roots.into_iter().collect();
        while let Some(i) = open.pop() {
            if reached.insert(i) {
                open.extend(&self.packages[i].dependencies);
                open.extend(self.packages[i].replace);
            }
        }
        reached
    }

    /// Indices of the packages that are such, and of all that reach one.
    pub fn dependents_of(&self, is_such: impl Fn(&LockedPackage) -> bool) -> BTreeSet<usize> {
        let mut above = vec![Vec::new(); self.packages.len()];
        for (i, package) in self.packages.iter().enumerate() {
            for below in package.dependencies.iter().chain(&package.replace) {
                above[*below].push(i);
            }
        }
        let mut found = BTreeSet::new();
        let mut open: Vec<usize> = (0..self.packages.len()).filter(|i| is_such(&self.packages[*i])).collect();
        while let Some(i) = open.pop() {
            if found.insert(i) {
                open.extend(&above[i]);
            }
        }
        found
    }

    /// These packages only, then `more` local ones, sorted; and the new index of each package that was kept.
    pub fn restricted(&self, kept: &BTreeSet<usize>, more: Vec<LocalEntry>) -> (Lockfile, BTreeMap<usize, usize>) {
        // An entry is told from where it comes: an index in this lockfile, or one in `more`.
        let key =
            |p: &LockedPackage| (p.name.clone(), Version::parse(&p.version).ok(), p.version.clone(), p.source.clone());
        let local = |entry: LocalEntry| LockedPackage {
            name: entry.name,
            version: entry.version,
            source: None,
            checksum: None,
            dependencies: entry.locked.into_iter().chain(entry.local.iter().map(|i| self.packages.len() + i)).collect(),
            replace: None,
        };
        let mut packages: Vec<(usize, LockedPackage)> = kept.iter().map(|i| (*i, self.packages[*i].clone())).collect();
        packages.extend(more.into_iter().enumerate().map(|(i, entry)| (self.packages.len() + i, local(entry))));
        packages.sort_by_cached_key(|(_, package)| key(package));
        let renewed: BTreeMap<usize, usize> = packages.iter().enumerate().map(|(new, (old, _))| (*old, new)).collect();
        for (_, package) in &mut packages {
            package.dependencies = package.dependencies.iter().filter_map(|i| renewed.get(i).copied()).collect();
            package.replace = package.replace.and_then(|i| renewed.get(&i).copied());
        }
        let packages = packages.into_iter().map(|(_, package)| package).collect();
        (Lockfile { version: self.version, packages }, renewed)
    }

    /// The text that cargo would write for these packages.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = {}\n",
            self.version
        );
        let names = Names::new(&self.packages);
        for package in &self.packages {
            let _ = write!(text, "\n[[package]]\nname = \"{}\"\nversion = \"{}\"\n", package.name, package.version);
            for (key, value) in [("source", &package.source), ("checksum", &package.checksum)] {
                if let Some(value) = value {
                    let _ = writeln!(text, "{key} = \"{value}\"");
                }
            }
            let dependencies: BTreeSet<String> =
                package.dependencies.iter().map(|i| names.of(&self.packages[*i])).collect();
            if !dependencies.is_empty() {
                text.push_str("dependencies = [\n");
                for dependency in dependencies {
                    let _ = writeln!(text, " \"{dependency}\",");
                }
                text.push_str("]\n");
            }
            if let Some(replace) = package.replace {
                let _ = writeln!(text, "replace = \"{}\"", names.of(&self.packages[replace]));
            }
        }
        text
    }
}

/// A local package to be added to a lockfile.
#[derive(Clone, Debug, Default)]
pub struct LocalEntry {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Its dependencies in the old lockfile, by index there.
    pub locked: BTreeSet<usize>,
    /// Its dependencies among the entries added, by index there.
    pub local: BTreeSet<usize>,
}

/// How packages are named inside a lockfile: no longer than needed (`encodable_package_id` in cargo's `encode.rs`).
struct Names<'a>(BTreeMap<&'a str, BTreeMap<&'a str, usize>>);

impl<'a> Names<'a> {
    fn new(packages: &'a [LockedPackage]) -> Self {
        let mut counts = BTreeMap::<&str, BTreeMap<&str, usize>>::new();
        for package in packages {
            *counts.entry(&package.name).or_default().entry(&package.version).or_default() += 1;
        }
        Names(counts)
    }

    fn of(&self, package: &LockedPackage) -> String {
        let versions = &self.0[package.name.as_str()];
        let LockedPackage { name, version, source, .. } = package;
        match (versions.len(), versions[version.as_str()], source) {
            (1, 1, _) => name.clone(),
            (_, 1, _) | (_, _, None) => format!("{name} {version}"),
            (_, _, Some(source)) => format!("{name} {version} ({})", without_precise(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_VERSIONS: &str = r#"version = 4

[[package]]
name = "a"
version = "1.0.0"
dependencies = ["b 0.9.0", "c"]

[[package]]
name = "b"
version = "0.9.0"
source = "registry+https://example.invalid/index"
checksum = "00"

[[package]]
name = "b"
version = "0.10.0"
source = "registry+https://example.invalid/index"

[[package]]
name = "c"
version = "1.0.0"
source = "git+https://example.invalid/c?branch=x#0123"
dependencies = ["b 0.10.0"]
"#;

    #[test]
    fn names_grow_shorter_when_the_other_version_is_pruned() {
        let lock = parse("Cargo.lock", TWO_VERSIONS).expect("a valid lockfile");
        assert!(lock.to_text().contains(" \"b 0.9.0\",\n \"c\",\n"), "{}", lock.to_text());
        let c = lock.packages.iter().position(|p| p.name == "c").expect("c is listed");
        let (pruned, _) = lock.restricted(&lock.reach([c]), Vec::new());
        assert!(pruned.to_text().contains("dependencies = [\n \"b\",\n]"), "{}", pruned.to_text());
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let lock = parse("Cargo.lock", TWO_VERSIONS).expect("a valid lockfile");
        let versions: Vec<_> = lock.packages.iter().map(|p| p.version.as_str()).collect();
        assert_eq!(versions, ["1.0.0", "0.9.0", "0.10.0", "1.0.0"]);
    }

    #[test]
    fn version_1_keeps_its_checksums() {
        let text = r#"
[[package]]
name = "a"
version = "1.0.0"
dependencies = ["b 0.9.0 (registry+https://example.invalid/index)"]

[[package]]
name = "b"
version = "0.9.0"
source = "registry+https://example.invalid/index"

[metadata]
"checksum b 0.9.0 (registry+https://example.invalid/index)" = "00ff"
"#;
        let lock = parse("Cargo.lock", text).expect("a valid lockfile");
        assert_eq!(lock.packages[1].checksum.as_deref(), Some("00ff"));
        assert_eq!(lock.packages[0].dependencies, [1]);
        assert!(lock.to_text().contains("version = 3\n"));
    }
}
