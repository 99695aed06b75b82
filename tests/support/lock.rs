//! What of a lockfile a build does not reach, and a lockfile in which that is of another version.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use toml::{Table, Value};

/// Name and version.
pub type Entry = (String, String);

/// The third-party entries, and the entries that each depends on.
fn graph(lockfile: &str) -> BTreeMap<Entry, BTreeSet<Entry>> {
    let table: Table = lockfile.parse().expect("a lockfile is TOML");
    let text = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let packages: Vec<&Value> = table.get("package").and_then(Value::as_array).into_iter().flatten().collect();
    let all: Vec<Entry> = packages.iter().map(|it| (text(it, "name"), text(it, "version"))).collect();
    let named = |reference: &str| {
        let (name, version) = reference.split_once(' ').map_or((reference, None), |(name, rest)| (name, Some(rest)));
        all.iter().find(|it| it.0 == name && version.is_none_or(|version| it.1 == version)).cloned()
    };
    let below = |it: &Value| {
        let list = it.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).filter_map(named).collect()
    };
    let third_party = packages.iter().zip(&all).filter(|(it, _)| it.get("source").is_some());
    third_party.map(|(it, entry)| (entry.clone(), below(it))).collect()
}

fn reach(graph: &BTreeMap<Entry, BTreeSet<Entry>>, from: impl IntoIterator<Item = Entry>) -> BTreeSet<Entry> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Entry> = from.into_iter().collect();
    while let Some(entry) = open.pop() {
        let below = graph.get(&entry).into_iter().flatten().cloned();
        if found.insert(entry.clone()) {
            open.extend(below);
        }
    }
    found
}

/// The entries that have nothing to do with a build of these packages: they, and all that depends
/// on them, reach nothing that the build reaches.
pub fn untouched(lockfile: &str, built: &BTreeSet<Entry>) -> Vec<Entry> {
    let graph = graph(lockfile);
    let reached = reach(&graph, built.iter().cloned());
    let touches: BTreeSet<&Entry> =
        graph.keys().filter(|it| !reach(&graph, [(*it).clone()]).is_disjoint(&reached)).collect();
    let above =
        |entry: &Entry| graph.keys().filter(|it| reach(&graph, [(*it).clone()]).contains(entry)).collect::<Vec<_>>();
    graph.keys().filter(|it| above(it).iter().all(|above| !touches.contains(above))).cloned().collect()
}

/// The lockfile with the next version of an entry; what it depends on stays the same.
pub fn bumped(lockfile: &str, (name, version): &Entry) -> Option<String> {
    let mut next = Version::parse(version).ok()?;
    next.patch += 90;
    next.pre = semver::Prerelease::EMPTY;
    let entry = |version: &str| format!("name = \"{name}\"\nversion = \"{version}\"\n");
    let reference = |version: &str| format!("\"{name} {version}\"");
    let next = next.to_string();
    Some(lockfile.replace(&entry(version), &entry(&next)).replace(&reference(version), &reference(&next)))
}

/// Lockfiles in which an entry differs in each thing that can, with what differs. A package comes,
/// which only it depends on.
pub fn changed(lockfile: &str, entry: &Entry) -> Vec<(&'static str, String)> {
    let other_checksum = edited(lockfile, entry, |it| {
        it.get("checksum")?;
        it.insert("checksum".to_owned(), Value::String("0".repeat(64)))
    });
    let no_dependency = edited(lockfile, entry, |it| it.remove("dependencies"));
    let more = edited(lockfile, entry, |it| {
        let list = it.entry("dependencies").or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut()?.push(Value::String("zz-newcomer".to_owned()));
        Some(Value::Boolean(true))
    });
    let newcomer = "\n[[package]]\nname = \"zz-newcomer\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let more = more.map(|text| text + newcomer);
    let all = [
        ("another version", bumped(lockfile, entry)),
        ("another checksum", other_checksum),
        ("no dependency", no_dependency),
        ("a dependency more", more),
    ];
    all.into_iter().filter_map(|(what, text)| Some((what, text?))).collect()
}

fn edited(lockfile: &str, entry: &Entry, change: impl Fn(&mut Table) -> Option<Value>) -> Option<String> {
    let mut table: Table = lockfile.parse().expect("a lockfile is TOML");
    let packages = table.get_mut("package")?.as_array_mut()?.iter_mut().filter_map(Value::as_table_mut);
    let text = |it: &Table, key: &str| it.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let mut of_entry = packages.filter(|it| (text(it, "name"), text(it, "version")) == *entry);
    change(of_entry.next()?)?;
    Some(table.to_string())
}
