//! Edits that change no third-party unit: the recipe must not notice them.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::dice::Dice;
use super::oracle::{OnDisk, Refusal};
use super::refactors;
use super::render::{CONFIG, LOCK, ROOT, Tree};
use super::scope::{TargetFlag, Wanted};
use super::style::{Style, with_underscores};
use super::workspace::{Case, Library, Package, Root};

/// A case and its files, to be edited. An edit of the workspace renders the files again.
#[derive(Clone)]
pub struct Draft {
    pub case: Case,
    pub tree: Tree,
}

/// An edit; its function says whether it found anything to edit.
#[derive(Clone, Copy)]
pub struct Edit {
    pub name: &'static str,
    pub applies: Applies,
    pub change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// To scoped recipes.
    Scoped,
    /// To those made without a scope as well, which hold the local packages.
    Always,
}

#[derive(Clone, Copy)]
pub enum Change {
    /// Of the workspace, with a new lockfile.
    Model(fn(&mut Case, &mut Dice) -> bool),
    /// Of the files.
    Files(fn(&mut Draft, &mut Dice) -> bool),
    /// Of nothing but how the files are written.
    Style,
}

const fn model(name: &'static str, applies: Applies, change: fn(&mut Case, &mut Dice) -> bool) -> Edit {
    Edit { name, applies, change: Change::Model(change) }
}

const fn files(name: &'static str, applies: Applies, change: fn(&mut Draft, &mut Dice) -> bool) -> Edit {
    Edit { name, applies, change: Change::Files(change) }
}

pub const EDITS: &[Edit] = &[
    Edit { name: "manifests written in another way", applies: Applies::Always, change: Change::Style },
    files("lists in another order", Applies::Always, other_order),
    files("old spellings of keys", Applies::Always, old_spellings),
    files("description, authors, metadata, lints", Applies::Always, metadata),
    files("an alias", Applies::Always, alias),
    files("empty tables", Applies::Always, empty_tables),
    files("a feature without effect", Applies::Always, idle_feature),
    files("another spelling of requirements", Applies::Always, caret),
    files("a lockfile with other line ends", Applies::Always, lock_line_ends),
    files("a workspace dependency that nobody uses", Applies::Always, unused_shared),
    files("a profile that is not used", Applies::Scoped, unused_profile),
    files("a new file that is no target of the scope", Applies::Scoped, new_target),
    files("one more binary", Applies::Scoped, new_binary),
    files("a first binary beside a library", Applies::Always, first_binary),
    model("versions of local packages", Applies::Always, refactors::versions),
    model("a dependency inherited from the workspace", Applies::Always, refactors::inherit),
    model("a dependency that a dependency implies", Applies::Always, refactors::implied),
    model("members in another order", Applies::Always, refactors::members_reversed),
    model("a package with another name", Applies::Scoped, refactors::rename),
    model("a package in another directory", Applies::Scoped, refactors::relocate),
    model("a new member without dependencies", Applies::Scoped, refactors::new_member),
    model("a build script without dependencies", Applies::Scoped, refactors::build_script),
];

fn table<'a>(parent: &'a mut Table, key: &str) -> &'a mut Table {
    let value = parent.entry(key).or_insert_with(|| Value::Table(Table::new()));
    value.as_table_mut().expect("manifests have tables under these keys")
}

/// The manifests, and for each the package it belongs to.
fn manifests(draft: &mut Draft) -> impl Iterator<Item = (&Package, &mut Table)> {
    let packages: BTreeMap<String, &Package> =
        draft.case.workspace.packages.iter().map(|it| (format!("{}/Cargo.toml", it.dir()), it)).collect();
    draft.tree.tables.iter_mut().filter_map(move |(path, table)| packages.get(path).map(|&package| (package, table)))
}

fn other_order(draft: &mut Draft, _: &mut Dice) -> bool {
    fn reverse(key: &str, value: &mut Value) {
        match value {
            Value::Array(items) if key != "rustflags" => items.reverse(),
            Value::Table(table) => table.iter_mut().for_each(|(key, value)| reverse(key, value)),
            _ => {}
        }
    }
    draft.tree.tables.values_mut().flat_map(|it| it.iter_mut()).for_each(|(key, value)| reverse(key, value));
    true
}

fn old_spellings(draft: &mut Draft, _: &mut Dice) -> bool {
    for (_, manifest) in manifests(draft).filter(|(package, _)| package.edition != "2024") {
        // What members inherit is judged by the edition of each.
        let workspace = manifest.remove("workspace");
        with_underscores(manifest);
        manifest.extend(workspace.map(|it| ("workspace".to_owned(), it)));
    }
    true
}

fn metadata(draft: &mut Draft, _: &mut Dice) -> bool {
    for (package, manifest) in manifests(draft) {
        let head = table(manifest, "package");
        head.insert("description".to_owned(), "something else".into());
        head.insert("authors".to_owned(), Value::Array(vec!["Someone <someone@example.org>".into()]));
        head.insert("rust-version".to_owned(), "1.85".into());
        head.insert("publish".to_owned(), false.into());
        table(table(head, "metadata"), "docs").insert("all-features".to_owned(), true.into());
        if package.has_library() {
            table(manifest, "lib").insert("doctest".to_owned(), false.into());
        }
        table(table(manifest, "lints"), "rust").insert("unsafe_code".to_owned(), "forbid".into());
    }
    true
}

fn alias(draft: &mut Draft, _: &mut Dice) -> bool {
    let config = draft.tree.tables.entry(CONFIG.to_owned()).or_default();
    table(config, "alias").insert("xt".to_owned(), "test --workspace".into());
    true
}

fn empty_tables(draft: &mut Draft, _: &mut Dice) -> bool {
    for (_, manifest) in manifests(draft) {
        for key in ["dependencies", "dev-dependencies", "build-dependencies", "features"] {
            table(manifest, key);
        }
        table(table(table(manifest, "target"), "cfg(target_os = \"hermit\")"), "dependencies");
    }
    true
}

fn idle_feature(draft: &mut Draft, _: &mut Dice) -> bool {
    for (_, manifest) in manifests(draft) {
        let features = table(manifest, "features");
        features.insert("idle".to_owned(), Value::Array(Vec::new()));
        features.insert("more-idle".to_owned(), Value::Array(vec!["idle".into()]));
        if let Some(Value::Array(default)) = features.get_mut("default") {
            default.push("idle".into());
        }
    }
    true
}

fn caret(draft: &mut Draft, _: &mut Dice) -> bool {
    fn respell(value: &mut Value) {
        match value {
            Value::Table(table) => {
                let version = table.get_mut("version").into_iter();
                version.for_each(respell);
            }
            Value::String(it) if !it.starts_with('=') => *it = format!("^{it}"),
            _ => {}
        }
    }
    fn tables(table: &mut Table) {
        for (key, value) in table {
            match value {
                Value::Table(inner) if key.ends_with("dependencies") => {
                    inner.iter_mut().for_each(|(_, it)| respell(it));
                }
                Value::Table(inner) if key != "package" && key != "features" => tables(inner),
                _ => {}
            }
        }
    }
    draft.tree.tables.values_mut().for_each(tables);
    true
}

fn lock_line_ends(draft: &mut Draft, _: &mut Dice) -> bool {
    let lock = draft.tree.texts.get_mut(LOCK).expect("a draft has a lockfile");
    *lock = lock.replace('\n', "\r\n");
    true
}

fn unused_shared(draft: &mut Draft, _: &mut Dice) -> bool {
    if draft.case.workspace.root == Root::Lone || draft.case.workspace.shared.iter().any(|it| it.key == "win-mu") {
        return false;
    }
    let root = draft.tree.tables.get_mut(ROOT).expect("a draft has a root manifest");
    table(table(root, "workspace"), "dependencies").insert("win-mu".to_owned(), "0.5".into());
    true
}

fn unused_profile(draft: &mut Draft, dice: &mut Dice) -> bool {
    // A recipe that was not told a profile serves all of them.
    let Some(used) = draft.case.scope.profile.clone() else { return false };
    let base = draft.case.workspace.profiles.get(&used).and_then(|it| it.get("inherits")).and_then(Value::as_str);
    let unused: Vec<&str> =
        ["dev", "release", "bench", "doc-like"].into_iter().filter(|&it| it != used && Some(it) != base).collect();
    // Profile `test` inherits dev, `bench` inherits release; nothing inherits them.
    let name = *dice.pick(&unused);
    if used == "test" && name == "dev" || used == "bench" && name == "release" {
        return false;
    }
    let root = draft.tree.tables.get_mut(ROOT).expect("a draft has a root manifest");
    let profile = table(table(root, "profile"), name);
    if name == "doc-like" {
        profile.insert("inherits".to_owned(), "release".into());
    }
    profile.insert("opt-level".to_owned(), "z".into());
    profile.insert("lto".to_owned(), "thin".into());
    profile.insert("debug".to_owned(), 2.into());
    true
}

fn new_target(draft: &mut Draft, dice: &mut Dice) -> bool {
    let scope = &draft.case.scope;
    let dirs = [("tests", Wanted::Tests), ("examples", Wanted::Examples), ("benches", Wanted::Benches)];
    let dirs: Vec<&str> = dirs.iter().filter(|(_, wanted)| !scope.builds(*wanted)).map(|(dir, _)| *dir).collect();
    let package = dice.pick(&draft.case.workspace.packages).dir();
    let Some(dir) = dice.maybe(&dirs) else { return false };
    draft.tree.texts.insert(format!("{package}/{dir}/one_more.rs"), String::new());
    true
}

/// A second program needs what the first needs; a first one may be the only target that a build
/// has.
fn new_binary(draft: &mut Draft, dice: &mut Dice) -> bool {
    let free = |it: &&Package| it.main || it.bins.iter().any(|bin| bin.required_features.is_empty());
    let named = draft.case.scope.targets.iter().any(|it| matches!(it, TargetFlag::Bin(_)));
    let packages: Vec<&Package> = draft.case.workspace.packages.iter().filter(free).collect();
    match dice.maybe(&packages) {
        Some(package) if !named => {
            let path = format!("{}/src/bin/one-more-of-{}.rs", package.dir(), package.name);
            draft.tree.texts.insert(path, "fn main() {}\n".to_owned());
            true
        }
        _ => false,
    }
}

/// Adds `src/main.rs` to a plain library. If tests run the binary and panics abort, it is compiled
/// for them as well.
fn first_binary(draft: &mut Draft, dice: &mut Dice) -> bool {
    let workspace = &draft.case.workspace;
    let profiles = workspace.profiles.values();
    let aborts = profiles.filter_map(|it| it.get("panic")).any(|it| it.as_str() == Some("abort"));
    let is_free = |it: &&Package| {
        let is_run = !(it.tests.is_empty() && it.benches.is_empty());
        it.library == Library::Plain && it.unit_tests && !it.main && !(aborts && is_run)
    };
    let packages: Vec<&Package> = workspace.packages.iter().filter(is_free).collect();
    let Some(package) = dice.maybe(&packages) else { return false };
    draft.tree.texts.insert(format!("{}/src/main.rs", package.dir()), "fn main() {}\n".to_owned());
    true
}

impl Edit {
    /// Writes the edited draft to disk; nothing if it has nothing to edit.
    pub fn apply(&self, draft: &Draft, disk: &OnDisk, dice: &mut Dice) -> Result<Option<Draft>, Refusal> {
        let mut edited = draft.clone();
        let found = match self.change {
            Change::Model(change) => change(&mut edited.case, dice),
            Change::Files(change) => change(&mut edited, dice),
            Change::Style => true,
        };
        if !found {
            return Ok(None);
        }
        match self.change {
            Change::Model(_) => edited.tree = disk.lay_out(&edited.case.workspace)?,
            Change::Files(_) => edited.tree.write(&disk.dir(), &mut Style::plain()),
            Change::Style => edited.tree.write(&disk.dir(), &mut Style::random(dice.roll())),
        }
        Ok(Some(edited))
    }
}
