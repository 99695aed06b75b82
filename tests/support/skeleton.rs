//! The skeleton of a recipe, as cargo sees it.

use std::path::Path;

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
