//! Expands the patterns of `workspace.members` and `workspace.default-members`.
//!
//! In: patterns, and the directory of the root. Out: the directories that match. Reads the names of
//! directories.

use crate::error::{Error, Result, fail};
use crate::path::{display, normalize, relative};
use std::path::{Path, PathBuf};

/// Returns the directories that match, each with its pattern (`members_paths` in cargo). A pattern
/// that matches nothing is returned as a path, so that the error names it.
///
/// # Errors
/// A pattern cannot be parsed.
pub fn expand(root: &Path, patterns: &[String], manifest: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut dirs = Vec::new();
    for pattern in patterns {
        // The path of the root is escaped. cargo does not escape it, and fails if it has brackets.
        // An absolute pattern replaces the root.
        let full = if Path::new(pattern).is_absolute() {
            pattern.clone()
        } else {
            format!("{}/{pattern}", glob::Pattern::escape(&root.to_string_lossy()))
        };
        let paths = match glob::glob(&full) {
            Ok(paths) => paths,
            // The position in the error is omitted, because it refers to `full`.
            Err(error) => fail!("could not parse pattern `{pattern}` in `{manifest}`: {}", error.msg),
        };
        // Like cargo's `expand_member_path`, the walk ends at the first directory that cannot be
        // read. With `..` in the pattern, it could otherwise go through the whole file system.
        let found: Vec<PathBuf> = match paths.collect() {
            Ok(found) => found,
            Err(error) => fail!(
                "unable to match the pattern `{pattern}` of `{manifest}`: {}: {}\nhelp: narrow the pattern",
                error.path().display(),
                error.error()
            ),
        };
        if found.is_empty() {
            dirs.push((normalize(&root.join(pattern)), pattern.clone()));
        }
        dirs.extend(found.into_iter().filter(|p| p.is_dir()).map(|p| (normalize(&p), pattern.clone())));
    }
    Ok(dirs)
}

/// Refuses a pattern that matches no directory, or a directory without a manifest. cargo's message
/// names only the missing manifest, not the pattern.
///
/// # Errors
/// The directory or its manifest is missing.
pub fn refuse_empty_match(dir: &Path, pattern: &str, root: &Path, here: &Path) -> Result<()> {
    let manifest = |dir: &Path| display(&dir.join("Cargo.toml"), here);
    let is_literal = !pattern.contains(['*', '?', '[']);
    if is_literal || dir.join("Cargo.toml").exists() {
        return Ok(());
    }
    if !dir.is_dir() {
        fail!(
            "`workspace.members` of `{}` has `{pattern}`, which matches no directory\nhelp: every manifest of the workspace is needed; add those that match, or remove the pattern",
            manifest(root)
        );
    }
    let missing = format!(
        "no manifest at `{}`\nhelp: add it, or list `{}` in `workspace.exclude`",
        manifest(dir),
        relative(dir, root)
    );
    Err(Error::Failed(missing).within(&format!("failed to load workspace member `{pattern}` of `{}`", manifest(root))))
}
