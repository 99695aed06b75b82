//! Differences between the members of two unscoped recipes, and between carried packages.
//!
//! In: two views. Out: [`Change`]s: members, their features, targets, and other keys, and the files
//! of carried packages. What members require is for `required`. Touches nothing.

use super::super::change::{Change, Kind};
use super::Both;
use super::settings::{dotted, flat};
use crate::recipe::view::{View, package_name};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Returns the differences between members.
pub(super) fn members(both: &Both<'_>) -> Vec<Change> {
    let [old, new] = [both.old, both.new].map(|view| view.members().collect::<BTreeMap<_, _>>());
    let mut changes = Vec::new();
    for dir in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (old.get(dir).copied(), new.get(dir).copied());
        let name = is.or(was).and_then(package_name).unwrap_or(dir);
        let change = |kind, subject: String| Change { local: true, ..Change::new(kind, subject) };
        let (Some(was), Some(is)) = (was, is) else {
            let there = |member: Option<&Table>, view: &View| member.map(|_| asks(view, name));
            let (before, now) = (there(was, both.old), there(is, both.new));
            changes.push(change(Kind::Member, name.to_owned()).from_to(before, now));
            continue;
        };
        let features = [was, is].map(features);
        for feature in features[0].keys().chain(features[1].keys()).collect::<BTreeSet<_>>() {
            let [before, now] = [0, 1].map(|i| features[i].get(feature));
            if before != now {
                let values = |it: Option<&BTreeSet<String>>| it.cloned().unwrap_or_default();
                let (before_values, now_values) = (values(before), values(now));
                let gained = &now_values - &before_values;
                let lost = &before_values - &now_values;
                let there = |it: Option<&BTreeSet<String>>| it.map(|_| "there".to_owned());
                let named = change(Kind::MemberFeature, feature.clone()).from_to(there(before), there(now));
                changes.push(Change { gained, lost, asked_by: BTreeSet::from([name.to_owned()]), ..named });
            }
        }
        for (kind, [before, now]) in [
            (Kind::MemberTarget, [(both.old, was), (both.new, is)].map(|(view, it)| targets(view, dir, it))),
            (Kind::MemberKey, [was, is].map(keys)),
        ] {
            let (mut before, mut now) = (before, now);
            for (subject, was, is) in renamed(&mut before, &mut now) {
                let names = change(Kind::MemberTarget, subject).from_to(Some(was), Some(is));
                changes.push(Change { asked_by: BTreeSet::from([name.to_owned()]), ..names });
            }
            for subject in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
                if before.get(subject) != now.get(subject) {
                    let key = change(kind, subject.clone());
                    let key = key.from_to(before.get(subject).cloned(), now.get(subject).cloned());
                    changes.push(Change { asked_by: BTreeSet::from([name.to_owned()]), ..key });
                }
            }
        }
    }
    changes.extend(default_members(both, &old, &new));
    changes
}

/// Returns how the members that cargo selects by default differ, apart from new and removed ones.
fn default_members(both: &Both<'_>, old: &BTreeMap<&str, &Table>, new: &BTreeMap<&str, &Table>) -> Option<Change> {
    let listed = |view: &View| -> BTreeSet<String> {
        let listed = view.manifests[""].get("workspace").and_then(|it| it.get("default-members")?.as_array());
        let dirs = listed.into_iter().flatten().filter_map(Value::as_str).map(|dir| if dir == "." { "" } else { dir });
        let shared = dirs.filter(|dir| old.contains_key(dir) && new.contains_key(dir));
        shared.filter_map(|dir| package_name(new[dir])).map(str::to_owned).collect()
    };
    let (was, is) = (listed(both.old), listed(both.new));
    let (gained, lost) = (&is - &was, &was - &is);
    (was != is).then(|| Change { gained, lost, ..Change::new(Kind::Workspace, "default-members") })
}

/// Takes out the targets whose names have begun or ceased to count: a target of any name has become
/// some named ones, or the reverse. Returns each with its names before and now.
fn renamed(before: &mut BTreeMap<String, String>, now: &mut BTreeMap<String, String>) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (_, words, _) in TARGETS {
        let any = format!("{words} `{ANY}`");
        let of_kind = |targets: &BTreeMap<String, String>, others: &BTreeMap<String, String>| -> Vec<String> {
            let names = targets.keys().filter(|name| name.starts_with(&format!("{words} `")));
            names.filter(|name| !others.contains_key(*name)).cloned().collect()
        };
        let (lost, gained) = (of_kind(before, now), of_kind(now, before));
        if lost.is_empty() || gained.is_empty() || !lost.contains(&any) && !gained.contains(&any) {
            continue;
        }
        before.retain(|name, _| !lost.contains(name));
        now.retain(|name, _| !gained.contains(name));
        let names = |all: &[String]| {
            if all.contains(&any) { "any name".to_owned() } else { all.join(", ").replace(&format!("{words} "), "") }
        };
        found.push((format!("{words} names"), names(&lost), names(&gained)));
    }
    found
}

/// The name of a target whose name does not count (`names` in `quotient`).
const ANY: &str = "any";

/// Returns what a member requires, as a number in words.
fn asks(view: &View, name: &str) -> String {
    let packages: BTreeSet<usize> = view
        .asks
        .iter()
        .filter(|ask| ask.place.by.as_deref() == Some(name) && !view.is_local(ask.package))
        .map(|ask| ask.package)
        .collect();
    match packages.len() {
        1 => "1 package".to_owned(),
        several => format!("{several} packages"),
    }
}

fn features(manifest: &Table) -> BTreeMap<String, BTreeSet<String>> {
    let features = manifest.get("features").and_then(Value::as_table).into_iter().flatten();
    let values =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    features.map(|(feature, value)| (feature.clone(), values(value))).collect()
}

/// The tables of targets, and the words for them. Sources are where cargo finds them without a
/// table.
const TARGETS: &[(&str, &str, &str)] = &[
    ("bin", "binary", "src/bin/"),
    ("example", "example", "examples/"),
    ("test", "test", "tests/"),
    ("bench", "benchmark", "benches/"),
];

/// Returns the targets of a member, each with its settings.
fn targets(view: &View, dir: &str, manifest: &Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in view.recipe.files.keys() {
        let below = if dir.is_empty() {
            Some(path.as_str())
        } else {
            path.strip_prefix(dir).and_then(|it| it.strip_prefix('/'))
        };
        let target = match below {
            Some("src/lib.rs") => Some("library".to_owned()),
            Some("build.rs") => Some("build script".to_owned()),
            Some(path) => TARGETS.iter().find_map(|(_, words, place)| {
                let name = path.strip_prefix(place)?.strip_suffix(".rs")?;
                Some(format!("{words} `{name}`"))
            }),
            None => None,
        };
        found.extend(target.map(|target| (target, "as cargo finds it".to_owned())));
    }
    if let Some(lib) = manifest.get("lib") {
        found.insert("library".to_owned(), lib.to_string());
    }
    for (table, words, _) in TARGETS {
        for target in manifest.get(*table).and_then(Value::as_array).into_iter().flatten() {
            let name = target.get("name").and_then(Value::as_str).unwrap_or_default();
            found.insert(format!("{words} `{name}`"), target.to_string());
        }
    }
    found
}

/// Returns the other keys of a member's manifest.
fn keys(manifest: &Table) -> BTreeMap<String, String> {
    const COMPARED: &[&str] = &[
        "features",
        "dependencies",
        "dev-dependencies",
        "build-dependencies",
        "lib",
        "bin",
        "example",
        "test",
        "bench",
        "workspace",
        "profile",
        "patch",
        "replace",
    ];
    let mut found = BTreeMap::new();
    for (path, value) in flat(manifest) {
        let is_dependency = path[0] == "target" && path.get(2).is_some_and(|table| table.ends_with("dependencies"));
        let is_compared = COMPARED.contains(&path[0].as_str()) || is_dependency;
        if !is_compared {
            found.insert(dotted(&path), value.to_string());
        }
    }
    found
}

/// Returns the carried packages whose files differ, or that only one recipe carries.
pub(super) fn carried(both: &Both<'_>) -> Vec<Change> {
    let dirs: BTreeSet<&String> = both.old.carried.keys().chain(both.new.carried.keys()).collect();
    let mut changes = Vec::new();
    for dir in dirs {
        let [old, new] = [both.old, both.new].map(|view| files(view, dir));
        if old == new {
            continue;
        }
        let names = |a: &BTreeMap<String, &Vec<u8>>, b: &BTreeMap<String, &Vec<u8>>| {
            a.keys().filter(|name| !b.contains_key(*name)).cloned().collect::<BTreeSet<_>>()
        };
        let (gained, lost) = (names(&new, &old), names(&old, &new));
        let edited = new.iter().filter(|(name, bytes)| old.get(*name).is_some_and(|was| was != *bytes));
        let edited: Vec<&str> = edited.map(|(name, _)| name.as_str()).collect();
        let carries = |view: &View| view.carried.contains_key(dir).then(|| "carried".to_owned());
        let change = Change { gained, lost, place: edited.join(", "), ..Change::new(Kind::Carried, dir) };
        let change = change.from_to(carries(both.old), carries(both.new));
        changes.push(change.touching(both.above(both.new.carried.get(dir).copied())));
    }
    changes
}

/// Returns the files of a carried package.
fn files<'a>(view: &'a View, dir: &str) -> BTreeMap<String, &'a Vec<u8>> {
    if !view.carried.contains_key(dir) {
        return BTreeMap::new();
    }
    let below = |path: &'a String| path.strip_prefix(dir).and_then(|it| it.strip_prefix('/')).map(str::to_owned);
    view.recipe.files.iter().filter_map(|(path, bytes)| Some((below(path)?, bytes))).collect()
}
