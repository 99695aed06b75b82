//! The text of `.dockerignore`, and what it leaves of the context.
//!
//! In: a [`Plan`], or the text of an ignore file. Out: text; the files that it hides although the
//! build reads them; sizes of the context. Reads names and sizes of files; writes nothing.

use super::plan::Plan;
use crate::prepare::context::{Patterns, is_left_out};
use std::collections::BTreeMap;
use std::path::Path;

/// Returns the text.
pub fn dockerignore(plan: &Plan) -> String {
    let mut by_reason = BTreeMap::<&str, Vec<&str>>::new();
    for (pattern, why) in &plan.ignored {
        by_reason.entry(why).or_default().push(pattern);
    }
    let mut text = "# What a container build does not need.\n".to_owned();
    for (why, patterns) in by_reason {
        text.extend(["# Files ", why, ":\n"]);
        text.extend(patterns.into_iter().flat_map(|pattern| [pattern, "\n"]));
    }
    let hidden = hidden(plan, &text);
    if !hidden.is_empty() {
        text += "# Files that the build reads:\n";
        text.extend(hidden.iter().flat_map(|(path, _)| ["!", path, "\n"]));
    }
    text
}

/// Returns the files that the build reads and these patterns hide, each with its reader.
pub fn hidden(plan: &Plan, patterns: &str) -> Vec<(String, String)> {
    let inner =
        |path: &str| if plan.facts.inner.is_empty() { path.to_owned() } else { format!("{}/{path}", plan.facts.inner) };
    let needed =
        [inner("Cargo.toml"), inner("Cargo.lock"), inner("src/main.rs")].map(|path| (path, "cargo".to_owned()));
    let served = plan.facts.serves.iter().map(|path| (inner(path), "the program".to_owned()));
    let reads = plan.facts.reads.iter().map(|(path, reader)| (path.clone(), reader.clone()));
    reads.chain(served).chain(needed).filter(|(path, _)| is_left_out(patterns, path)).collect()
}

/// Returns whether these patterns leave the target directory in the context.
pub fn keeps_target(plan: &Plan, patterns: &str) -> bool {
    let dir = if plan.facts.inner.is_empty() { String::new() } else { format!("{}/", plan.facts.inner) };
    !is_left_out(patterns, &format!("{dir}{}/release/deps/x", plan.facts.target_dir))
}

/// The size of a context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes of all files.
    pub all: u64,
    /// Bytes of the files that the patterns leave.
    pub left: u64,
    /// Bytes of these files, by the name below the context.
    pub by_name: BTreeMap<String, u64>,
}

/// Measures a context.
pub fn size(context: &Path, patterns: &str) -> Size {
    let mut size = Size::default();
    // A directory that is left out can have files that a later pattern brings back.
    let patterns = Patterns::parse(patterns);
    let brings_back = patterns.bring_back();
    let mut open = vec![(context.to_owned(), String::new(), false)];
    while let Some((dir, way, is_out)) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if way.is_empty() { name } else { format!("{way}/{name}") };
            let Ok(kind) = entry.file_type() else { continue };
            let is_out = (is_out && !brings_back) || patterns.leave_out(&path);
            if kind.is_dir() {
                open.push((entry.path(), path, is_out));
            } else if let Ok(file) = entry.metadata() {
                size.all += file.len();
                if !is_out {
                    size.left += file.len();
                    let top = path.split('/').next().unwrap_or(&path).to_owned();
                    *size.by_name.entry(top).or_default() += file.len();
                }
            }
        }
    }
    size
}
