//! Differences between the settings of two recipes: build, toolchain, profiles, config, patches.
//!
//! In: two views. Out: [`Change`]s, one for each key that differs. Touches nothing.

use super::super::change::{Change, Kind};
use super::Both;
use crate::prepare::command;
use crate::recipe::Recipe;
use crate::recipe::secrets::is_secret;
use crate::recipe::skeleton;
use crate::recipe::view::View;
use crate::shell;
use crate::workspace::profile::name_of_spec;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The names of toolchain files.
const TOOLCHAIN: &[&str] = &["rust-toolchain.toml", "rust-toolchain"];

/// Keys of the config that cannot change how a crate is compiled.
const FETCHING: &[&str] = &["http", "net", "registries", "registry", "source", "resolver"];

/// Returns the differences.
pub(super) fn settings(both: &Both<'_>) -> Vec<Change> {
    let (old, new) = (&both.old.recipe, &both.new.recipe);
    let mut changes = Vec::new();
    let mut compare = |kind, subject: &str, was: Option<String>, is: Option<String>, touched: &Touched| {
        if was != is {
            let change = Change::new(kind, subject).from_to(was, is);
            changes.push(change.touching(touched.packages(both)));
        }
    };
    let nothing = &Touched::Nothing;
    compare(Kind::Build, "build", Some(purpose(old)), Some(purpose(new)), nothing);
    if old.scope == new.scope {
        compare(Kind::Build, "flags for cargo", Some(flags(old)), Some(flags(new)), nothing);
    }
    compare(Kind::Host, "host", old.host.clone(), new.host.clone(), nothing);
    compare(Kind::Setting, "flags taken from", old.dockerfile.clone(), new.dockerfile.clone(), nothing);
    for (name, get) in PLACES {
        let value = |recipe: &Recipe| Some(get(recipe)).filter(|depth| *depth > 0).map(|depth| depth.to_string());
        compare(Kind::Setting, name, value(old), value(new), nothing);
    }
    compare(Kind::Setting, "current package", old.here.clone(), new.here.clone(), nothing);
    let names = |recipe: &Recipe| {
        let names: Vec<&str> = recipe.assumed.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    compare(Kind::Setting, "settings outside the recipe", names(old), names(new), nothing);
    if old.index != new.index {
        let packages =
            |recipe: &Recipe| recipe.index.as_ref().map(|index| format!("{} packages", index.packages.len()));
        let content = |recipe: &Recipe| packages(recipe).map(|it| it + ", others");
        let is = if packages(old) == packages(new) { content(new) } else { packages(new) };
        compare(Kind::Setting, "index for offline builds", packages(old), is, nothing);
    }
    let version = |view: &View| Some(view.lock.version.to_string());
    compare(Kind::Lockfile, "lockfile", version(both.old), version(both.new), nothing);

    let leaves = [both.old, both.new].map(leaves_of);
    let keys: BTreeSet<&Leaf> = leaves.iter().flat_map(BTreeMap::keys).collect();
    for leaf in keys {
        let [was, is] = [0, 1].map(|i| leaves[i].get(leaf).cloned());
        if leaf.kind == Kind::Env && is_secret(&leaf.subject) && was != is {
            let hidden = |value: Option<String>, word: &str| value.map(|_| format!("a secret, {word}"));
            compare(leaf.kind, &leaf.subject, hidden(was, "hidden"), hidden(is, "hidden as well"), &leaf.touched);
            continue;
        }
        compare(leaf.kind, &leaf.subject, was, is, &leaf.touched);
    }
    changes
}

/// How far a setting reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    /// Every third-party package.
    All,
    /// Packages of this name, and those above them.
    Named(String),
    /// No package by itself.
    Nothing,
}

impl Touched {
    fn packages(&self, both: &Both<'_>) -> BTreeSet<usize> {
        match self {
            Touched::All => both.all.clone(),
            Touched::Named(name) => {
                both.above(both.all.iter().copied().filter(|i| both.new.lock.packages[*i].name == *name))
            }
            Touched::Nothing => BTreeSet::new(),
        }
    }
}

/// Returns a number of a recipe.
type Number = fn(&Recipe) -> usize;

/// The numbers that say where a recipe was prepared.
const PLACES: &[(&str, Number)] = &[
    ("directories above the root with a config", |recipe| recipe.above),
    ("directories from the root to the manifest", |recipe| recipe.depth),
    ("directories from `prepare` to the manifest", |recipe| recipe.away),
];

/// Returns the build that a recipe is for.
fn purpose(recipe: &Recipe) -> String {
    recipe.scope.as_ref().map_or_else(|| "any build".to_owned(), command::build)
}

fn flags(recipe: &Recipe) -> String {
    shell::line(command::flags(&recipe.build))
}

/// A key with a plain value. What kind it is comes with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Leaf {
    kind: Kind,
    subject: String,
    touched: Touched,
}

/// Returns every setting of the files that apply to the whole skeleton.
fn leaves_of(view: &View) -> BTreeMap<Leaf, String> {
    let mut leaves = BTreeMap::new();
    let mut put = |kind, subject: String, touched, value: String| {
        leaves.insert(Leaf { kind, subject, touched }, value);
    };
    for file in TOOLCHAIN {
        let Some(text) = skeleton::text(&view.recipe.files, file) else { continue };
        // An old file has nothing but the channel.
        let Ok(table) = text.parse::<Table>() else {
            put(Kind::Toolchain, "channel".to_owned(), Touched::All, text.trim().to_owned());
            continue;
        };
        for (path, value) in flat(&table) {
            let key = path.last().cloned().unwrap_or_default();
            let touched = if ["channel", "path"].contains(&key.as_str()) { Touched::All } else { Touched::Nothing };
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            put(Kind::Toolchain, key, touched, value);
        }
    }
    for (path, value) in flat(&view.config) {
        let kind = match path[0].as_str() {
            "env" => Kind::Env,
            "profile" => Kind::Profile,
            "patch" => Kind::Patch,
            _ => Kind::Config,
        };
        let touched = match kind {
            Kind::Profile => of_profile(&path[1..]),
            _ if FETCHING.contains(&path[0].as_str()) => Touched::Nothing,
            _ => Touched::All,
        };
        let subject = if kind == Kind::Config { dotted(&path) } else { dotted(&path[1..]) };
        let subject = if kind == Kind::Profile { subject + " in the config" } else { subject };
        put(kind, subject, touched, plain(&value));
    }
    for (path, value) in flat(&view.manifests[""]) {
        let rest = &path[1..];
        match path[0].as_str() {
            "profile" => put(Kind::Profile, dotted(rest), of_profile(rest), plain(&value)),
            "patch" | "replace" => {
                let kind = if path[0] == "patch" { Kind::Patch } else { Kind::Replace };
                // Which package it puts in place is a change of the lockfile.
                put(kind, dotted(rest), Touched::Nothing, plain(&value));
            }
            "cargo-features" => put(Kind::CargoFeatures, dotted(&path), Touched::Nothing, plain(&value)),
            "workspace" => match rest.first().map_or("", String::as_str) {
                "resolver" => put(Kind::Resolver, "resolver".to_owned(), Touched::All, plain(&value)),
                // Members and stubs are compared one by one.
                "members" | "default-members" | "exclude" | "metadata" => {}
                _ => put(Kind::Workspace, dotted(rest), Touched::Nothing, plain(&value)),
            },
            _ => {} // of the package in the root
        }
    }
    leaves
}

/// Returns how far a key of a profile reaches: an override of one package touches that package.
fn of_profile(path: &[String]) -> Touched {
    match path {
        [_, package, spec, ..] if package == "package" && spec != "*" => Touched::Named(name_of_spec(spec).to_owned()),
        _ => Touched::All,
    }
}

/// Returns the values of a table that are no tables, by path. An empty table is a value.
pub(super) fn flat(table: &Table) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                let below = flat(inner).into_iter();
                found.extend(below.map(|(path, value)| ([vec![key.clone()], path].concat(), value)));
            }
            other => found.push((vec![key.clone()], other.clone())),
        }
    }
    found
}

/// Returns a path as TOML writes it.
pub(super) fn dotted(path: &[String]) -> String {
    let is_bare = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let quoted = |key: &String| if is_bare(key) { key.clone() } else { Value::from(key.as_str()).to_string() };
    path.iter().map(quoted).collect::<Vec<_>>().join(".")
}

/// Returns a value as TOML writes it, without quotes if it is a word.
fn plain(value: &Value) -> String {
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./+".contains(c));
    // `false` and `"false"` are two values.
    let is_taken = |text: &str| format!("x = {text}").parse::<Table>().is_ok();
    match value.as_str() {
        Some(text) if is_word(text) && !is_taken(text) => text.to_owned(),
        _ => value.to_string(),
    }
}
