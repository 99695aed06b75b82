//! The skeleton of a recipe, as cargo sees it.

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

use super::larder::{self, Recipe};
use super::oracle::{self, OnDisk};
use super::units::Units;

/// Compares the units of a recipe's skeleton, and gives the flags with which to build it.
pub fn skeleton_has(disk: &OnDisk, recipe: &Recipe, args: &[String], expected: &Units) -> Result<Vec<String>, String> {
    let dir = disk.beside("skeleton");
    let flags = larder::skeleton(&disk.beside("recipe.json"), &dir, args)?;
    let actual =
        oracle::units(&dir, &flags).map_err(|why| format!("cargo refuses the skeleton: {why}\n{}", files_of(&dir)))?;
    if actual != *expected {
        return Err(format!(
            "`-` is missing in the skeleton, `+` is too much:\n{}\ncargo build {}\n{}",
            actual.difference(expected),
            flags.join(" "),
            files_of(&dir)
        ));
    }
    let allowed = oracle::locked(&recipe.lockfile());
    let settled = fs_err::read_to_string(dir.join("Cargo.lock")).map(|text| oracle::locked(&text)).unwrap_or_default();
    let foreign: Vec<&String> = if args.is_empty() { settled.difference(&allowed).collect() } else { Vec::new() };
    if foreign.is_empty() {
        Ok(flags)
    } else {
        Err(format!("cargo adds {foreign:?} to the lockfile\n{}", files_of(&dir)))
    }
}

/// Refuses a recipe whose skeleton asks a registry for what its lockfile has from none: a package
/// without a source is one of the skeleton, and asked for by its path.
pub fn asks_no_registry_for_what_is_local(recipe: &Recipe) -> Result<(), String> {
    let lock: Table = recipe.lockfile().parse().map_err(|error| format!("{error}"))?;
    let text = |table: &Table, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let entries = lock.get("package").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table);
    let (sourced, local): (Vec<&Table>, Vec<&Table>) = entries.partition(|it| it.contains_key("source"));
    let names =
        |entries: Vec<&Table>| -> BTreeSet<String> { entries.into_iter().filter_map(|it| text(it, "name")).collect() };
    let (sourced, local) = (names(sourced), names(local));
    let mut own = BTreeSet::new();
    for (path, lines) in
        recipe.files().as_object().into_iter().flatten().filter(|(path, _)| path.ends_with("Cargo.toml"))
    {
        let lines = lines.as_array().into_iter().flatten().filter_map(|it| it.as_str());
        let manifest: String = lines.flat_map(|line| [line, "\n"]).collect();
        let manifest: Table = manifest.parse().map_err(|error| format!("{path}: {error}"))?;
        own.extend(manifest.get("package").and_then(Value::as_table).and_then(|it| text(it, "name")));
        let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let tables = [&manifest].into_iter().chain(platforms.filter_map(Value::as_table)).flat_map(|it| {
            ["dependencies", "dev-dependencies", "build-dependencies"].into_iter().filter_map(|kind| it.get(kind))
        });
        for (key, value) in tables.filter_map(Value::as_table).flatten() {
            let table = value.as_table().cloned().unwrap_or_default();
            let name = text(&table, "package").unwrap_or_else(|| key.clone());
            if !table.contains_key("path") && !table.contains_key("workspace") && !sourced.contains(&name) {
                return Err(format!("`{path}` asks a registry for `{name}`, which is not locked to be from one"));
            }
        }
    }
    match local.difference(&own).next() {
        Some(stranger) => Err(format!("`{stranger}` is locked without a source, and is none of the skeleton's")),
        None => Ok(()),
    }
}

/// A directory as text.
pub fn files_of(dir: &Path) -> String {
    let mut text = String::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        let mut entries: Vec<_> = fs_err::read_dir(&next).into_iter().flatten().flatten().map(|it| it.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                open.push(path);
            } else if let Ok(content) = fs_err::read_to_string(&path) {
                let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy();
                text.extend(["-- skeleton/", &name, " --\n", &content]);
            }
        }
    }
    text
}
