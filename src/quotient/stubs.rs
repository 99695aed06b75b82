//! Makes stub packages for entries.
//!
//! In: entries, their workspace, and the part of its lockfile that they reach. Out: [`Stubs`].
//! These are packages without code whose dependency tables hold the entries. They are connected so
//! that cargo builds or resolves each entry in its class. Touches nothing.

use super::class::{Class, Panic};
use super::entries::{Entry, Role};
use super::tree::{MACRO, PREFIX, RESOLVE, Stub, TESTS, place};
use crate::carried;
use crate::workspace::lockfile::{LocalEntry, Lockfile};
use crate::workspace::{
    Below, Dependency, DependencyKind, Package, Resolved, SOURCE_KEYS, Target, TargetKind, Workspace,
};
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// The stubs that cargo selects, if they exist.
const SELECTED: &[&str] = &[PREFIX, TESTS, MACRO, RESOLVE];

/// The version of every stub.
const VERSION: &str = "0.0.0";

/// The feature that the binary of `larder-stub-resolve` requires, and that is never active.
const NEVER: &str = "never";

/// The stub packages.
pub struct Stubs {
    /// The stubs, sorted by name, and the carried packages.
    pub packages: Vec<Package>,
    /// The packages that cargo selects.
    pub selected: Vec<usize>,
    /// The directories of the stubs among the packages.
    pub dirs: BTreeSet<String>,
    /// The lockfile, pruned to what they reach, with the stubs in it.
    pub lock: Lockfile,
    /// Whether a stub is compiled as a test.
    pub has_tests: bool,
}

/// Makes the stubs for `entries`.
pub fn stubs(workspace: &Workspace, entries: &[Entry], reach: &BTreeSet<usize>) -> Stubs {
    let is_test = |e: &Entry| matches!(e.role, Role::Built(Class::Target(Panic::Unwind, _)));
    let is_plain = |e: &Entry| matches!(e.role, Role::Built(Class::Target(Panic::Profile, _)));
    let has_tests = entries.iter().any(is_test);
    let carrier = if has_tests && !entries.iter().any(is_plain) { TESTS } else { PREFIX };
    let mut made = BTreeMap::from([(carrier.to_owned(), Stub::default())]);
    for entry in entries {
        place(&mut made, carrier, entry);
    }
    let base = base(workspace, reach);
    let called = |name: &str| name.replacen(PREFIX, &base, 1);
    let names: Vec<String> = made.keys().cloned().collect();
    let index = |name: &str| names.iter().position(|n| n == name).expect("a stub is made before it is depended on");

    let locals = names.iter().zip(made.values()).map(|(name, stub)| LocalEntry {
        name: called(name),
        version: VERSION.to_owned(),
        locked: stub.entries.iter().map(|(_, e)| e.locked).collect(),
        local: stub.below.iter().map(|(_, below)| index(below)).collect(),
    });
    let (lock, renewed) = workspace.lock.restricted(reach, locals.collect());

    let cargo_features: BTreeSet<String> = workspace.packages.iter().flat_map(|p| p.cargo_features.clone()).collect();
    let (package_rest, rest) = unknown_keys(workspace);
    let mut packages = Vec::new();
    for (name, stub) in &made {
        let keys = keys(workspace, stub);
        let mut dependencies: Vec<Dependency> =
            stub.below.iter().map(|(platform, below)| local(platform.as_ref(), &called(below), index(below))).collect();
        for (platform, entry) in &stub.entries {
            let to = Resolved::Locked(renewed[&entry.locked]);
            dependencies.push(third_party(
                workspace,
                platform.as_ref(),
                entry,
                &keys[&(entry.locked, &entry.variant)],
                to,
            ));
        }
        let unstable = dependencies.iter().any(|d| d.rest.keys().any(|k| !SOURCE_KEYS.contains(&k.as_str())));
        let is_carrier = name == carrier;
        let unknown = is_carrier && !(package_rest.is_empty() && rest.is_empty());
        packages.push(Package {
            name: called(name),
            version: VERSION.to_owned(),
            dir: called(name),
            is_member: true,
            targets: targets(name, &called(name), stub, has_tests),
            build_script: false,
            features: if name == RESOLVE { BTreeMap::from([(NEVER.to_owned(), Vec::new())]) } else { BTreeMap::new() },
            cargo_features: if unstable || unknown { cargo_features.iter().cloned().collect() } else { Vec::new() },
            package_rest: if is_carrier { package_rest.clone() } else { Table::new() },
            rest: if is_carrier { rest.clone() } else { Table::new() },
            dependencies,
            below: Below::Nothing,
        });
    }
    let dirs = packages.iter().map(|p| p.dir.clone()).collect();
    packages.extend(carried::among(workspace, reach));
    let selected = (0..names.len()).filter(|i| SELECTED.contains(&names[*i].as_str()));
    Stubs { selected: selected.collect(), packages, dirs, lock, has_tests }
}

/// Returns the prefix of the names and directories of all stubs: `larder-stub`, or the first free
/// name like it. No package of the skeleton and no local package may have it: to cargo, a package
/// with the same name and directory is the same unit. Stubs of the workspace itself do not
/// count, so that the skeleton of a skeleton is the same.
fn base(workspace: &Workspace, reach: &BTreeSet<usize>) -> String {
    let locals = workspace.packages.iter().filter(|p| !workspace.stubs.contains(&p.dir));
    let dirs = locals.clone().filter(|p| p.is_carried()).filter_map(|p| p.dir.split('/').next());
    let locked = reach.iter().map(|i| workspace.lock.packages[*i].name.as_str());
    let names = locals.map(|p| p.name.as_str()).chain(dirs).chain(locked);
    // cargo treats `-` and `_` alike in crate names, and some file systems ignore case.
    let taken: BTreeSet<String> = names.map(|name| name.replace('_', "-").to_lowercase()).collect();
    let is_free = |base: &String| {
        let begins = |name: &String| {
            name.strip_prefix(base.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        !taken.iter().any(begins)
    };
    let numbered = (2..).map(|n| format!("{PREFIX}{n}"));
    [PREFIX.to_owned()].into_iter().chain(numbered).find(is_free).expect("names are finitely many")
}

/// Returns the unknown keys of all packages. The carrier gets them, so that none is lost.
fn unknown_keys(workspace: &Workspace) -> (Table, Table) {
    let union = |table: fn(&Package) -> &Table| {
        workspace.packages.iter().flat_map(table).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    (union(|p| &p.package_rest), union(|p| &p.rest))
}

fn targets(name: &str, called: &str, stub: &Stub<'_>, has_tests: bool) -> Vec<Target> {
    let lib = |crate_types: &[&str], tested: bool| Target {
        kind: TargetKind::Lib,
        name: called.replace('-', "_"),
        crate_types: crate_types.iter().map(|t| (*t).to_owned()).collect(),
        required_features: Vec::new(),
        tested,
        benched: false,
    };
    let bin = |required: &[&str]| Target {
        kind: TargetKind::Bin,
        name: called.to_owned(),
        crate_types: vec!["bin".to_owned()],
        required_features: required.iter().map(|f| (*f).to_owned()).collect(),
        tested: false,
        benched: false,
    };
    let suffix = stub.way.as_ref().map(|(.., suffix)| *suffix);
    let target = match (name, suffix) {
        (RESOLVE, None) => bin(&[NEVER]),
        (MACRO, None) => lib(&["proc-macro"], has_tests),
        // Next to a stub that is compiled as a test, this one must not be a library, because it is
        // not compiled as a test.
        (PREFIX, None) if has_tests => bin(&[]),
        (TESTS, None) => lib(&["lib"], true),
        (_, Some("-host")) => lib(&["proc-macro"], false),
        (_, Some("-mixed")) => lib(&["cdylib", "rlib"], false),
        (_, Some("-static")) => lib(&["staticlib"], false),
        (_, Some("-dylib")) => lib(&["dylib"], false),
        _ => lib(&["lib"], false),
    };
    vec![target]
}

/// Returns the keys of third-party packages in one stub: the name, with the version if the stub has
/// several packages of that name.
fn keys<'a>(workspace: &Workspace, stub: &Stub<'a>) -> BTreeMap<(usize, &'a String), String> {
    let mut by_name = BTreeMap::<&str, BTreeSet<(usize, &'a String)>>::new();
    for (_, entry) in &stub.entries {
        let name = workspace.lock.packages[entry.locked].name.as_str();
        by_name.entry(name).or_default().insert((entry.locked, &entry.variant));
    }
    let mut keys = BTreeMap::new();
    for (name, packages) in &by_name {
        for package in packages {
            let version = &workspace.lock.packages[package.0].version;
            let mut key = match packages.len() {
                1 => (*name).to_owned(),
                _ => format!("{name}-{}", version.replace(['.', '+'], "-")),
            };
            while keys.values().any(|k| *k == key) || packages.len() > 1 && by_name.contains_key(key.as_str()) {
                key.push_str("-also");
            }
            keys.insert(*package, key);
        }
    }
    keys
}

fn local(platform: Option<&String>, name: &str, index: usize) -> Dependency {
    Dependency {
        key: name.to_owned(),
        package: name.to_owned(),
        kind: DependencyKind::Normal,
        platform: platform.cloned(),
        version: None,
        features: Vec::new(),
        default_features: true,
        optional: false,
        rest: Table::new(),
        to: Resolved::Local(index),
    }
}

fn third_party(workspace: &Workspace, platform: Option<&String>, entry: &Entry, key: &str, to: Resolved) -> Dependency {
    let locked = &workspace.lock.packages[entry.locked];
    Dependency {
        key: key.to_owned(),
        package: locked.name.clone(),
        kind: DependencyKind::Normal,
        platform: platform.cloned(),
        version: Some(locked.requirement()),
        features: entry.features.iter().cloned().collect(),
        default_features: entry.default_features,
        optional: false,
        rest: entry.rest.clone(),
        to,
    }
}
