//! The language of fixtures: files as text, `-- path --` above the lines of each.
//!
//! If a path is there twice, the later text counts. Lines without a path above them belong to the
//! last file of the text before. Two lines stand for the tables with which most manifests begin:
//!
//! - `[package] NAME VERSION`, with edition 2021. The version is 0.1.0 unless one is given.
//! - `[workspace] MEMBER MEMBER …`, with resolver 2.

use std::collections::BTreeMap;
use std::path::Path;

/// Returns the text of each file by its path.
pub fn parse(files: &[&str]) -> BTreeMap<String, String> {
    let mut parsed = BTreeMap::new();
    let mut path = String::new();
    for line in files.iter().flat_map(|text| text.lines()) {
        if let Some(named) = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            parsed.insert(named.to_owned(), String::new());
            named.clone_into(&mut path);
            continue;
        }
        let text = parsed.get_mut(&path).expect("a path is above the first line");
        match (line.strip_prefix("[package] "), line.strip_prefix("[workspace] ")) {
            (Some(package), _) => text.push_str(&package_table(package)),
            (_, Some(members)) => text.push_str(&workspace_table(members)),
            _ => text.extend([line, "\n"]),
        }
    }
    // A file may end without a line feed.
    if files.last().is_some_and(|text| !text.ends_with('\n')) {
        parsed.get_mut(&path).and_then(String::pop);
    }
    parsed
}

fn workspace_table(members: &str) -> String {
    let members: Vec<String> = members.split(' ').map(|member| format!("'{member}'")).collect();
    format!("[workspace]\nmembers = [{}]\nresolver = '2'\n", members.join(", "))
}

fn package_table(package: &str) -> String {
    let (name, version) = package.split_once(' ').unwrap_or((package, "0.1.0"));
    format!("[package]\nname = '{name}'\nversion = '{version}'\nedition = '2021'\n")
}

/// Writes a file, with the directories above it.
pub fn write(path: &Path, text: &str) {
    fs_err::create_dir_all(path.parent().expect("a file has a parent")).expect("it is writable");
    fs_err::write(path, text).expect("it is writable");
}
