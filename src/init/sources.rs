//! Which files the sources of a package read when they are compiled.
//!
//! In: the directory of a package. Out: paths that exist, each with the macro or function that
//! reads it. It looks for string literals after the names of well-known macros, which is cheap and
//! finds most of them. Reads `.rs` files below `src`, and the build script. Writes nothing.

use crate::path::normalize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a path is relative to.
#[derive(Clone, Copy)]
enum From {
    /// The file that has the macro.
    File,
    /// The directory of the package.
    Package,
    /// A directory of the package.
    Below(&'static str),
}

/// What comes before a string literal, the name that messages use, and what the literal is
/// relative to.
const READERS: &[(&str, &str, From)] = &[
    ("include_str!(", "include_str!", From::File),
    ("include_bytes!(", "include_bytes!", From::File),
    ("include!(", "include!", From::File),
    ("include_dir!(", "include_dir!", From::Package),
    ("migrate!(", "migrate!", From::Package),
    ("embed_migrations!(", "embed_migrations!", From::Package),
    ("#[folder = ", "rust_embed", From::Package),
    ("#[template(path = ", "template", From::Below("templates")),
    ("compile_protos(", "compile_protos", From::Package),
    ("compile_protos(&[", "compile_protos", From::Package),
    ("query_file!(", "query_file!", From::Package),
    ("dotenv!(", "dotenv!", From::Package),
];

/// Files that are larger than this are not sources that people write.
const LARGEST: u64 = 1 << 20;

/// Returns the files and directories outside of `src` that the package in `dir` reads.
pub fn included(dir: &Path) -> BTreeMap<PathBuf, &'static str> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.join("src"), dir.join("build.rs")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            open.extend(entries.map(|entry| entry.path()).filter(|path| !path.is_symlink()));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.metadata().is_ok_and(|file| file.len() <= LARGEST)
        {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let read = read(&text, path.parent().unwrap_or(dir), dir);
            found.extend(read.into_iter().filter(|(path, _)| !path.starts_with(dir.join("src")) && path.exists()));
        }
    }
    found
}

/// The paths that a source reads.
fn read(text: &str, file: &Path, package: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    for (lead, name, from) in READERS {
        for (at, _) in text.match_indices(lead) {
            let after = text[at + lead.len()..].trim_start();
            let of_package = after.strip_prefix("concat!(env!(\"CARGO_MANIFEST_DIR\"),");
            let Some(named) = literal(of_package.unwrap_or(after)) else { continue };
            let (named, from) = match named.strip_prefix("$CARGO_MANIFEST_DIR/") {
                Some(named) => (named, From::Package),
                None if of_package.is_some() => (named.trim_start_matches('/'), From::Package),
                None => (named, *from),
            };
            let base = match from {
                From::File => file.to_owned(),
                From::Package => package.to_owned(),
                From::Below(dir) => package.join(dir),
            };
            found.push((normalize(&base.join(named)), *name));
        }
    }
    found
}

/// The string literal at the start of a text.
fn literal(text: &str) -> Option<&str> {
    let (literal, _) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(literal).filter(|literal| !literal.is_empty() && !literal.contains('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(windows, ignore = "its paths are those of Unix")]
    fn paths_are_relative_to_what_the_macro_says() {
        let read = |text: &str| {
            let found = read(text, Path::new("/a/src/x"), Path::new("/a"));
            found.into_iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(read(r#"include_str!("../../README.md")"#), ["/a/README.md"]);
        assert_eq!(read(r#"include_dir!("$CARGO_MANIFEST_DIR/assets")"#), ["/a/assets"]);
        assert_eq!(read(r#"#[template(path = "a.html")]"#), ["/a/templates/a.html"]);
        assert_eq!(read(r#"sqlx::migrate!("db/migrations")"#), ["/a/db/migrations"]);
        assert_eq!(read(r#"include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/x"))"#), ["/a/x"]);
        assert_eq!(read("include_str!(NAME)"), Vec::<String>::new());
    }
}
