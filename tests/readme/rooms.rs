//! The order of the sources. Each row of the table in ARCHITECTURE.md imports only from the rows
//! above it. No two files of a folder import each other.

use super::{Page, root, spans};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Returns the files and folders of `src/` in the order of the table, by the names of their
/// modules.
fn order() -> Vec<String> {
    let page = Page::read("ARCHITECTURE.md");
    let table = page.text.lines().skip_while(|line| *line != "| folder | input → output |").skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    let columns = rows.map(|row| row.split('|').nth(1).unwrap_or_default());
    columns.flat_map(|column| spans(column).map(room).collect::<Vec<_>>()).collect()
}

/// Returns the name of the module at the top that a path below `src/` belongs to.
fn room(path: &str) -> String {
    let below = path.trim_start_matches("src/");
    below.split('/').next().unwrap_or(below).trim_end_matches(".rs").to_owned()
}

/// Returns every source file below `src/`, relative to the repository, with its code. Comments and
/// tests do not count.
fn sources() -> BTreeMap<PathBuf, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![root().join("src")]);
    while let Some(dir) = open.pop() {
        for entry in fs_err::read_dir(dir).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs_err::read_to_string(&path).expect("a source is text");
                let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                let name = path.strip_prefix(root()).expect("it is below the root").to_owned();
                found.insert(name, lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    found
}

/// Returns the names that follow `prefix` in a file, including those in braces.
fn names_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let word = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                names.extend(list.split(['}', ';']).next().unwrap_or_default().split(',').map(|it| word(it.trim())));
            }
            None => {
                names.insert(word(rest));
            }
        }
    }
    names
}

#[test]
fn each_folder_imports_only_from_those_above_it_in_the_table() {
    let order = order();
    for (file, code) in sources() {
        let own = room(file.to_str().expect("UTF-8"));
        let place = |name: &str| order.iter().position(|it| it == name);
        let Some(here) = place(&own) else { panic!("the table in ARCHITECTURE.md needs a row for `{own}`") };
        let paths = names_after(&code, "crate::").into_iter().chain(names_after(&code, "cargo_larder::"));
        for name in paths.filter(|name| *name != own) {
            // Macros and items of `lib.rs` are no modules.
            let Some(there) = place(name) else { continue };
            assert!(
                there < here,
                "{} imports `{name}`, which stands below `{own}` in the table in ARCHITECTURE.md",
                file.display()
            );
        }
    }
}

#[test]
fn no_two_files_of_a_folder_import_each_other() {
    let sources = sources();
    let siblings = |file: &Path| {
        let dir = file.parent().expect("a file stands in a folder");
        let own = file.with_extension("");
        let above = dir.strip_prefix("src").expect("it is below `src`").to_str().expect("UTF-8").replace('/', "::");
        let code = &sources[file];
        let names = names_after(code, "super::").into_iter().chain(names_after(code, &format!("crate::{above}::")));
        let paths = names.map(|name| dir.join(name)).filter(|path| *path != own);
        paths.filter(|path| sources.contains_key(&path.with_extension("rs"))).collect::<BTreeSet<PathBuf>>()
    };
    let files = sources.keys().filter(|file| file.parent() != Some(Path::new("src")) && !file.ends_with("mod.rs"));
    let imports: BTreeMap<PathBuf, BTreeSet<PathBuf>> =
        files.map(|file| (file.with_extension(""), siblings(file))).collect();
    let mutual =
        |file: &PathBuf, other: &PathBuf| file < other && imports.get(other).is_some_and(|of| of.contains(file));
    let pairs = imports.iter().flat_map(|(file, of)| of.iter().map(move |other| (file, other)));
    let pairs: Vec<_> = pairs.filter(|(file, other)| mutual(file, other)).collect();
    assert!(pairs.is_empty(), "these files import each other: {pairs:?}");
}

/// The functions of the standard library that ask the process about its surroundings.
const SURROUNDINGS: &[&str] = &[
    "env::args",
    "env::current_dir(",
    "env::current_exe(",
    "env::home_dir(",
    "env::temp_dir(",
    "env::var(",
    "env::var_os(",
    "env::vars",
    "is_terminal()",
];

/// The files that may ask the process, each with the functions that it needs.
const MAY_ASK: &[(&str, &[&str])] = &[
    ("src/environment.rs", SURROUNDINGS),
    ("src/main.rs", &["env::args"]),
    // The process that cargo starts as a compiler is no command of the user.
    ("src/wrapper.rs", SURROUNDINGS),
    ("src/verify/compiler.rs", SURROUNDINGS),
    // Only for a message: `tempfile` asks for the same directory on its own.
    ("src/disk.rs", &["env::temp_dir("]),
];

#[test]
fn only_the_environment_and_the_wrapper_ask_the_process_about_its_surroundings() {
    for (file, code) in sources() {
        let may = MAY_ASK.iter().find(|(name, _)| Path::new(name) == file).map_or(&[][..], |(_, may)| may);
        let asked = SURROUNDINGS.iter().filter(|it| code.contains(**it) && !may.contains(it)).collect::<Vec<_>>();
        assert!(asked.is_empty(), "{} asks {asked:?}: take it from `Environment`", file.display());
    }
}
