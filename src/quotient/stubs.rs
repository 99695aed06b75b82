//! Stub packages for entries.
//!
//! In: entries, the workspace they come from, and what of its lockfile they reach. Out: [`Stubs`], packages without code
//! whose dependency tables hold the entries, wired so that cargo builds or resolves each in its class. Touches nothing.
//!
//! | stub | how cargo comes to it | what it carries |
//! |---|---|---|
//! | `larder-stub` | selected | what is built for the target |
//! | `larder-stub-tests` | selected, compiled as a test | the same, where panics always unwind |
//! | `…-mixed`, `…-dylib` | below one of these two | what is built below such crate types, with LTO |
//! | `…-host` | below one of these, a proc-macro | what is built for the host |
//! | `…-host-static` | below that, a staticlib | the same below such a library, with LTO |
//! | `larder-stub-macro` | selected, a proc-macro | what `cargo check` checks for the host |
//! | `larder-stub-resolve` | selected, its one binary never built | what only counts for features |
//! | `…-when-N` | below another, under a platform | what conditions one table cannot say |

use super::entries::{Entry, Role};
use crate::carried;
use crate::quotient::units::{Class, Emit, Lto, Panic};
use crate::workspace::condition::{Atom, Chain, Side};
use crate::workspace::lockfile::{LocalEntry, Lockfile};
use crate::workspace::{
    Below, Dependency, DependencyKind, Package, Resolved, SOURCE_KEYS, Target, TargetKind, Workspace,
};
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// What the stubs are called here; [`base`] decides what a skeleton calls them.
const PREFIX: &str = "larder-stub";
const TESTS: &str = "larder-stub-tests";
const MACRO: &str = "larder-stub-macro";
const RESOLVE: &str = "larder-stub-resolve";
/// The stubs that cargo selects, as far as they are made.
const SELECTED: &[&str] = &[PREFIX, TESTS, MACRO, RESOLVE];
/// The version of every stub.
const VERSION: &str = "0.0.0";
/// The feature that the binary of `larder-stub-resolve` requires, and nobody activates.
const NEVER: &str = "never";

/// The stub packages.
pub struct Stubs {
    /// Sorted by name, and what of the local packages is carried.
    pub packages: Vec<Package>,
    /// Those that cargo selects.
    pub selected: Vec<usize>,
    /// The directories of the stubs among the packages.
    pub dirs: BTreeSet<String>,
    /// The lockfile pruned to what they reach, with the stubs in it.
    pub lock: Lockfile,
    /// Whether one of them is to be compiled as a test.
    pub has_tests: bool,
}

/// A stub in the making: its path dependencies and entries, each under a platform or none.
#[derive(Default)]
struct Stub<'a> {
    /// The stub above it, under which platform, and the suffix that says its crate type; none if it is selected.
    way: Option<(String, Option<String>, &'static str)>,
    below: BTreeSet<(Option<String>, String)>,
    entries: Vec<(Option<String>, &'a Entry)>,
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

/// What the names and directories of all stubs begin with: `larder-stub`, or the first like it that is free. It is free of
/// the packages that a skeleton holds, and of the local packages: a stub of the same name, in the same directory, would
/// be the same unit to cargo. Stubs of the workspace itself do not count, so that the skeleton of a skeleton is the same.
fn base(workspace: &Workspace, reach: &BTreeSet<usize>) -> String {
    let locals = workspace.packages.iter().filter(|p| !workspace.stubs.contains(&p.dir));
    let dirs = locals.clone().filter(|p| p.is_carried()).filter_map(|p| p.dir.split('/').next());
    let locked = reach.iter().map(|i| workspace.lock.packages[*i].name.as_str());
    let names = locals.map(|p| p.name.as_str()).chain(dirs).chain(locked);
    // cargo takes `-` and `_` for the same in names of crates, and some file systems do not tell case apart.
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

/// Keys of packages that are not known here go to the carrier, so that none is lost.
fn unknown_keys(workspace: &Workspace) -> (Table, Table) {
    let union = |table: fn(&Package) -> &Table| {
        workspace.packages.iter().flat_map(table).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    (union(|p| &p.package_rest), union(|p| &p.rest))
}

/// The stubs that lead to the one of a role: the one that is selected, and the suffixes below it. Conditions on the target
/// stand above a `-host`, those on the host below it.
fn path_to(role: Role, carrier: &str) -> (&str, &'static [&'static str]) {
    match role {
        Role::Built(Class::Target(panic, lto)) => {
            let selected = if panic == Panic::Unwind { TESTS } else { PREFIX };
            let below: &[&str] = match lto {
                Lto::Bitcode => &[],
                Lto::Both => &["-mixed"],
                Lto::Object => &["-dylib"],
            };
            (selected, below)
        }
        Role::Built(Class::Host(emit, lto)) => {
            let below: &[&str] = match lto {
                Lto::Object => &["-host"],
                Lto::Bitcode => &["-host", "-static"],
                Lto::Both => &["-host", "-static", "-mixed"],
            };
            if emit == Emit::Metadata { (MACRO, &below[1..]) } else { (carrier, below) }
        }
        Role::Resolved(Side::Target) => (RESOLVE, &[]),
        Role::Resolved(Side::Host) => (RESOLVE, &["-host"]),
    }
}

/// Puts an entry where its role and its conditions belong, making the stubs on the way.
fn place<'a>(made: &mut BTreeMap<String, Stub<'a>>, carrier: &str, entry: &'a Entry) {
    let (selected, below) = path_to(entry.role, carrier);
    made.entry(selected.to_owned()).or_default();
    let side = |side: Side| entry.chain.iter().filter(|a| a.side == side).cloned().collect::<Chain>();
    let (mut stub, mut chain) = (selected.to_owned(), side(Side::Target));
    if selected == MACRO {
        chain = side(Side::Host);
    }
    for suffix in below {
        let mut platform = None;
        if *suffix == "-host" {
            (stub, platform) = descend(made, stub, chain);
            chain = side(Side::Host);
        }
        stub = child(made, &stub, platform, suffix);
    }
    let (stub, platform) = descend(made, stub, chain);
    made.entry(stub).or_default().entries.push((platform, entry));
}

/// Goes down until the remaining conditions can be said by one table: `cfg`s join to `cfg(all(…))`, triples do not.
fn descend(made: &mut BTreeMap<String, Stub<'_>>, mut stub: String, mut chain: Chain) -> (String, Option<String>) {
    while let Some(platform) = (chain.len() > 1).then(|| triple(&chain)).flatten() {
        chain.retain(|a| a.platform != platform);
        stub = child(made, &stub, Some(platform), "");
    }
    (stub, joined(&chain))
}

fn triple(chain: &Chain) -> Option<String> {
    chain.iter().map(|a| &a.platform).find(|p| !p.starts_with("cfg(")).cloned()
}

fn joined(chain: &Chain) -> Option<String> {
    let inner =
        |a: &Atom| a.platform.trim_start_matches("cfg(").strip_suffix(')').map(str::to_owned).unwrap_or_default();
    match chain.len() {
        0 => None,
        1 => chain.first().map(|a| a.platform.clone()),
        _ => Some(format!("cfg(all({}))", chain.iter().map(inner).collect::<Vec<_>>().join(", "))),
    }
}

/// The stub below `parent` under `platform`, of the crate type that `suffix` says.
fn child(
    made: &mut BTreeMap<String, Stub<'_>>,
    parent: &str,
    platform: Option<String>,
    suffix: &'static str,
) -> String {
    let condition = platform.as_ref().map(|platform| format!("-when-{}", slug(platform))).unwrap_or_default();
    let mut name = format!("{parent}{condition}{suffix}");
    let way = Some((parent.to_owned(), platform.clone(), suffix));
    // Different platforms may look alike, as `a-host` and `a` do above a `-host`.
    while made.get(&name).is_some_and(|stub| stub.way != way) {
        name.push_str("-also");
    }
    made.entry(name.clone()).or_default().way = way;
    made.get_mut(parent).expect("the parent was made").below.insert((platform, name.clone()));
    name
}

/// A platform as part of a package name. Punctuation tells operators apart, so that different conditions differ.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => slug.push(c),
            '_' => slug.push('_'),
            '(' => slug.push_str("--"),
            '=' => slug.push_str("-is-"),
            ',' => slug.push_str("-and-"),
            _ => {}
        }
    }
    slug
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
        // Beside a stub that is compiled as a test, this one is not, so it must be something else than a library.
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

/// The keys of third-party packages in one stub: the name, with the version where the stub has several of that name.
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
