//! Takes a recipe apart into what people ask about: packages, and who requires which features.
//!
//! In: a [`Recipe`]. Out: a [`View`], which `explain` compares and `show` prints. Touches nothing.

use super::skeleton::{self, Files};
use super::{CONFIG, Recipe};
use crate::error::{Result, fail};
use crate::path::{normalize, slashed};
use crate::workspace::lockfile::{self, LockedPackage, Lockfile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::{Table, Value};

/// The tables of a manifest that list dependencies, and how a member's entries are described.
pub const DEPENDENCIES: &[(&str, &str)] =
    &[("dependencies", ""), ("dev-dependencies", "in tests"), ("build-dependencies", "in its build script")];

/// A recipe, taken apart.
#[derive(Debug)]
pub struct View {
    /// The recipe itself.
    pub recipe: Recipe,
    /// The manifests by directory, `""` for the root.
    pub manifests: BTreeMap<String, Table>,
    /// The lockfile.
    pub lock: Lockfile,
    /// The config.
    pub config: Table,
    /// The directories of carried packages, with their entries in the lockfile.
    pub carried: BTreeMap<String, usize>,
    /// Every entry of a dependency table of a stub or a member.
    pub asks: Vec<Ask>,
}

/// An entry of a dependency table.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The required package, by its index in the lockfile.
    pub package: usize,
    /// Who requires it, and how.
    pub place: Place,
    /// `features`.
    pub features: BTreeSet<String>,
    /// `default-features`.
    pub default_features: bool,
    /// All other keys, except those that name the package.
    pub rest: Table,
}

/// Who requires a package, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The member, in an unscoped recipe.
    pub by: Option<String>,
    /// In words: `for the host`, `in tests`, `under cfg(unix)`. Empty for a plain dependency.
    pub how: String,
}

impl View {
    /// Takes a recipe apart. Messages call it `name`.
    ///
    /// # Errors
    /// A manifest, the config, or the lockfile in the recipe is not valid.
    pub fn new(name: &str, recipe: Recipe) -> Result<Self> {
        let lock_text = skeleton::text(&recipe.files, "Cargo.lock").unwrap_or_default();
        let lock = lockfile::parse(&format!("Cargo.lock of {name}"), lock_text)?;
        let mut manifests = BTreeMap::from([(String::new(), parsed(name, &recipe.files, "Cargo.toml")?)]);
        for dir in skeleton::manifests(&recipe.files) {
            manifests.insert(dir.to_owned(), parsed(name, &recipe.files, &format!("{dir}/Cargo.toml"))?);
        }
        let config =
            if recipe.files.contains_key(CONFIG) { parsed(name, &recipe.files, CONFIG)? } else { Table::new() };
        let stubs = skeleton::stubs(&recipe.files);
        let carried = carried(&manifests, &stubs, &lock);
        let mut view = View { recipe, manifests, lock, config, carried, asks: Vec::new() };
        view.asks = if stubs.is_empty() { view.of_members() } else { view.of_stubs(&stubs) };
        Ok(view)
    }

    /// Returns the packages that are compiled: those with a source, and carried ones.
    pub fn third_party(&self) -> BTreeSet<usize> {
        self.lock.sourced().chain(self.carried.values().copied()).collect()
    }

    /// Returns the members of an unscoped recipe by directory.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Table)> {
        let is_member = |dir: &str, manifest: &Table| {
            self.recipe.scope.is_none() && !self.carried.contains_key(dir) && manifest.contains_key("package")
        };
        let all = self.manifests.iter().map(|(dir, manifest)| (dir.as_str(), manifest));
        all.filter(move |(dir, manifest)| is_member(dir, manifest))
    }

    /// Returns the names of the members of an unscoped recipe.
    pub fn member_names(&self) -> BTreeSet<String> {
        self.members().filter_map(|(_, manifest)| package_name(manifest)).map(str::to_owned).collect()
    }

    /// Returns who requires a package, and with this feature if one is given.
    pub fn askers(&self, package: usize, feature: Option<&str>) -> BTreeSet<String> {
        let counts = |ask: &&Ask| ask.package == package && feature.is_none_or(|it| ask.features.contains(it));
        self.asks.iter().filter(counts).filter_map(|ask| ask.place.by.clone()).collect()
    }

    fn of_members(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        for (dir, manifest) in self.members() {
            let by = package_name(manifest).unwrap_or_default();
            for (table, how) in DEPENDENCIES {
                for (platform, key, entry) in entries(manifest, table) {
                    let Some(package) = self.find(dir, key, entry) else { continue };
                    let renamed = entry.get("package").filter(|name| name.as_str() != Some(key)).map(|_| key);
                    let words = [
                        (!how.is_empty()).then(|| (*how).to_owned()),
                        platform.map(|platform| format!("under `{platform}`")),
                        renamed.map(|key| format!("as `{key}`")),
                    ];
                    let how = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
                    asks.push(ask(package, Place { by: Some(by.to_owned()), how }, entry));
                }
            }
        }
        asks
    }

    fn of_stubs(&self, stubs: &BTreeSet<String>) -> Vec<Ask> {
        let mut asks = Vec::new();
        for (stub, words) in self.roles(stubs) {
            let Some(manifest) = self.manifests.get(&stub) else { continue };
            for (platform, key, entry) in entries(manifest, "dependencies") {
                let Some(package) = self.find(&stub, key, entry) else { continue };
                if self.is_local(package) {
                    continue; // another stub
                }
                let under = platform.map(|platform| format!("under `{platform}`"));
                let how = words.iter().cloned().chain(under).collect::<Vec<_>>().join(" ");
                asks.push(ask(package, Place { by: None, how }, entry));
            }
        }
        asks
    }

    /// Returns the stubs, and what each is for in words. A stub below another one has its words,
    /// too.
    fn roles(&self, stubs: &BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
        let mut below = BTreeMap::<String, Vec<(String, Option<String>)>>::new();
        let mut inner = BTreeSet::new();
        for stub in stubs {
            let Some(manifest) = self.manifests.get(stub) else { continue };
            for (platform, _, entry) in entries(manifest, "dependencies") {
                if let Some(child) = path_of(stub, entry).filter(|child| stubs.contains(child)) {
                    inner.insert(child.clone());
                    below.entry(stub.clone()).or_default().push((child, platform.map(str::to_owned)));
                }
            }
        }
        let own = |stub: &str| ROLES.iter().find(|(end, _)| stub.trim_end_matches("-also").ends_with(end));
        let words = |stub: &str| own(stub).map(|(_, words)| (*words).to_owned());
        let mut roles = BTreeMap::new();
        let mut open: Vec<(String, Vec<String>)> = stubs
            .iter()
            .filter(|stub| !inner.contains(*stub))
            .map(|stub| (stub.clone(), words(stub).into_iter().collect()))
            .collect();
        while let Some((stub, said)) = open.pop() {
            if roles.contains_key(&stub) {
                continue;
            }
            for (child, platform) in below.get(&stub).into_iter().flatten() {
                let under = platform.as_ref().map(|platform| format!("under `{platform}`"));
                let all = said.iter().cloned().chain(under).chain(words(child).filter(|it| !said.contains(it)));
                open.push((child.clone(), all.collect()));
            }
            roles.insert(stub, said);
        }
        roles
    }

    /// Returns whether an entry of the lockfile is a stub or a member.
    pub fn is_local(&self, package: usize) -> bool {
        self.lock.packages[package].source.is_none() && !self.carried.values().any(|i| *i == package)
    }

    /// Returns the entry of the lockfile that a dependency of the manifest in `dir` means.
    fn find(&self, dir: &str, key: &str, entry: &Value) -> Option<usize> {
        let name = entry.get("package").and_then(Value::as_str).unwrap_or(key);
        if let Some(below) = path_of(dir, entry) {
            let manifest = self.manifests.get(&below)?;
            return self.lock.local_entry(package_name(manifest)?, version(manifest)?);
        }
        let wanted = entry.as_str().or_else(|| entry.get("version")?.as_str()).unwrap_or("*");
        let is_git = entry.get("git").is_some();
        let bare = |version: &str| version.split_once('+').map_or(version, |(bare, _)| bare).to_owned();
        let fits = |p: &LockedPackage| {
            p.name == name && wanted.strip_prefix('=').is_none_or(|wanted| bare(wanted) == bare(&p.version))
        };
        let found = || self.lock.packages.iter().enumerate().filter(|(_, p)| fits(p));
        let of_kind = |p: &LockedPackage| p.source.as_ref().is_some_and(|it| it.starts_with("git+") == is_git);
        found().find(|(_, p)| of_kind(p)).or_else(|| found().next()).map(|(i, _)| i)
    }
}

/// How the names of stubs end, and what the packages below such a stub are for. The longer ends
/// come first.
const ROLES: &[(&str, &str)] = &[
    ("-host", "for the host"),
    ("-tests", "for tests"),
    ("-macro", "for a checked proc-macro"),
    ("-resolve", "for its features only"),
    ("-mixed", "below libraries of several crate types"),
    ("-dylib", "below dynamic libraries"),
    ("-static", "below static libraries"),
];

/// Returns the entries of a dependency table: the platform, the key, and the value.
pub fn entries<'a>(manifest: &'a Table, table: &'a str) -> impl Iterator<Item = (Option<&'a str>, &'a str, &'a Value)> {
    let plain = manifest.get(table).and_then(Value::as_table).map(|entries| (None, entries));
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let conditional =
        platforms.filter_map(move |(platform, tables)| Some((Some(platform.as_str()), tables.get(table)?.as_table()?)));
    let all = plain.into_iter().chain(conditional);
    all.flat_map(|(platform, entries)| entries.iter().map(move |(key, value)| (platform, key.as_str(), value)))
}

/// Returns `package.name`.
pub fn package_name(manifest: &Table) -> Option<&str> {
    manifest.get("package")?.get("name")?.as_str()
}

fn version(manifest: &Table) -> Option<&str> {
    manifest.get("package")?.get("version")?.as_str()
}

/// Returns the directory that `path` of a dependency leads to.
fn path_of(dir: &str, entry: &Value) -> Option<String> {
    let path = entry.get("path")?.as_str()?;
    Some(slashed(&normalize(&Path::new(dir).join(path))))
}

fn ask(package: usize, place: Place, entry: &Value) -> Ask {
    const NAMED: &[&str] = &["version", "path", "package", "features", "default-features"];
    let table = entry.as_table().cloned().unwrap_or_default();
    let features = table.get("features").and_then(Value::as_array).into_iter().flatten();
    Ask {
        package,
        place,
        features: features.filter_map(Value::as_str).map(str::to_owned).collect(),
        default_features: table.get("default-features").and_then(Value::as_bool).unwrap_or(true),
        rest: table.into_iter().filter(|(key, _)| !NAMED.contains(&key.as_str())).collect(),
    }
}

fn parsed(name: &str, files: &Files, path: &str) -> Result<Table> {
    match skeleton::text(files, path).map(str::parse::<Table>) {
        Some(Ok(table)) => Ok(table),
        Some(Err(error)) => fail!(
            "`{path}` of recipe `{name}` is not valid TOML\n{}\nhelp: make a new one with `cargo larder prepare`",
            error.to_string().trim_end()
        ),
        None => fail!("`{path}` of recipe `{name}` is not text\nhelp: make a new one with `cargo larder prepare`"),
    }
}

/// Returns the directories of carried packages. In a recipe of stubs these are all others. In an
/// unscoped recipe these are the local packages below third-party ones.
fn carried(manifests: &BTreeMap<String, Table>, stubs: &BTreeSet<String>, lock: &Lockfile) -> BTreeMap<String, usize> {
    let below = lock.reach(lock.sourced());
    let entry = |manifest: &Table| lock.local_entry(package_name(manifest)?, version(manifest)?);
    let all = manifests.iter().filter(|(dir, _)| !dir.is_empty() && !stubs.contains(*dir));
    let entries = all.filter_map(|(dir, manifest)| Some((dir.clone(), entry(manifest)?)));
    entries.filter(|(_, i)| !stubs.is_empty() || below.contains(i)).collect()
}
