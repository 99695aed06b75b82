//! Reads and writes Cargo.lock, versions 1 to 4.
//!
//! In: the text of a Cargo.lock. Out: a [`Lockfile`], a list of packages that refer to each other
//! by index. Also the reverse: the text that cargo's `core/resolver/encode.rs` would write. Touches
//! nothing.

mod parse;
mod write;

pub use parse::parse;

use semver::Version;
use std::collections::{BTreeMap, BTreeSet};

/// A lockfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lockfile {
    /// Its format version.
    pub version: u32,
    /// Its packages, sorted as cargo sorts them.
    pub packages: Vec<LockedPackage>,
    /// What `[patch]` brings and nothing uses (`[[patch.unused]]`). Never compiled, and never
    /// written.
    pub unused: Vec<LockedPackage>,
    /// References that name no entry or several, each with the index of the entry that has it.
    /// Never written.
    pub dropped: Vec<(usize, String)>,
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
    /// Its dependencies, by index.
    pub dependencies: Vec<usize>,
    /// The package that `[replace]` puts in its place, by index.
    pub replace: Option<usize>,
}

impl LockedPackage {
    /// Returns the requirement that only this version meets. It leaves out build metadata, which
    /// cargo ignores with a warning.
    pub fn requirement(&self) -> String {
        format!("={}", self.version.split_once('+').map_or(self.version.as_str(), |(version, _)| version))
    }
}

impl Lockfile {
    /// Returns the indices of the entries with a source, which are third-party packages.
    pub fn sourced(&self) -> impl Iterator<Item = usize> {
        self.packages.iter().enumerate().filter(|(_, p)| p.source.is_some()).map(|(i, _)| i)
    }

    /// Returns the third-party packages, each as `name version`.
    pub fn third_parties(&self) -> BTreeSet<String> {
        self.sourced().map(|i| format!("{} {}", self.packages[i].name, self.packages[i].version)).collect()
    }

    /// Returns the indices of `roots` and of everything that they depend on, directly or not.
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

    /// Returns the entry of a local package with this version, else with any version.
    pub fn local_entry(&self, name: &str, version: &str) -> Option<usize> {
        let named = |p: &LockedPackage| p.source.is_none() && p.name == name;
        let exact = self.packages.iter().position(|p| named(p) && p.version == version);
        exact.or_else(|| self.packages.iter().position(named))
    }

    /// Returns the indices of this package and of everything that depends on it, directly or not.
    pub fn dependents_of(&self, package: usize) -> BTreeSet<usize> {
        let mut above = vec![Vec::new(); self.packages.len()];
        for (i, package) in self.packages.iter().enumerate() {
            for below in package.dependencies.iter().chain(&package.replace) {
                above[*below].push(i);
            }
        }
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(i) = open.pop() {
            if found.insert(i) {
                open.extend(&above[i]);
            }
        }
        found
    }

    /// Returns a lockfile with only these packages and the local packages `more`, sorted. Also
    /// returns the new index of each kept package.
    pub fn restricted(&self, kept: &BTreeSet<usize>, more: Vec<LocalEntry>) -> (Lockfile, BTreeMap<usize, usize>) {
        // An index past the end of this lockfile refers to an entry of `more`.
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
        (Lockfile { version: self.version, packages, ..Lockfile::default() }, renewed)
    }
}

/// A local package that is added to a lockfile.
#[derive(Clone, Debug, Default)]
pub struct LocalEntry {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Its dependencies among the packages of the old lockfile, by index there.
    pub locked: BTreeSet<usize>,
    /// Its dependencies among the added packages, by index there.
    pub local: BTreeSet<usize>,
}

/// Returns a source without the commit that it was resolved to.
pub fn without_precise(source: &str) -> &str {
    source.split_once('#').map_or(source, |(source, _)| source)
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
