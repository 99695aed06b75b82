//! Warns if a container build would copy the host's target directory over the cooked one.
//!
//! In: the workspace root and the current directory. Out: a warning. Reads the names of files and
//! `.dockerignore`, and writes nothing.

use crate::path;
use std::path::{Path, PathBuf};

/// Files in the target directory that must stay out of the context.
const BUILT: [&str; 2] = ["debug/deps/x", "release/deps/x"];

/// Returns a warning if there is a Dockerfile and a target directory, and no `.dockerignore`
/// excludes the target directory.
pub fn warning(root: &Path, here: &Path) -> Option<String> {
    let target = root.join("target");
    let _first = std::fs::read_dir(&target).ok()?.next()?;
    let contexts: Vec<PathBuf> = contexts(root).into_iter().filter(|dir| dockerfile(dir).is_some()).collect();
    let context = contexts.first()?;
    // With `docker build -f`, the context may be any directory above.
    if contexts.iter().any(|context| leaves_out(context, &target)) {
        return None;
    }
    let way = path::relative(&target, context);
    let ignore = context.join(".dockerignore");
    let file = path::display(&ignore, here);
    let state = if ignore.is_file() { "does not leave out" } else { "is missing, which would leave out" };
    Some(format!(
        "`{file}` {state} `{way}`, so `COPY . .` puts that over what was cooked, and all is built again\nhelp: echo {way} >> {file}"
    ))
}

/// Returns the directories that may be the context of a container build: the root, and those above
/// it in the same checkout.
fn contexts(root: &Path) -> Vec<PathBuf> {
    let above: Vec<&Path> = root.ancestors().collect();
    let top = above.iter().position(|dir| dir.join(".git").exists()).unwrap_or(0);
    above[..=top].iter().map(|dir| (*dir).to_owned()).collect()
}

/// Returns the first Dockerfile of a directory, or of its folder `docker`.
fn dockerfile(dir: &Path) -> Option<PathBuf> {
    dockerfiles(dir).into_iter().next()
}

/// Returns the Dockerfiles of a directory, and those of its folder `docker`, each sorted by name.
pub fn dockerfiles(dir: &Path) -> Vec<PathBuf> {
    let of = |dir: PathBuf| {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> = entries.filter(|path| is_dockerfile(path) && path.is_file()).collect();
        files.sort();
        files
    };
    [dir.to_owned(), dir.join("docker")].into_iter().flat_map(of).collect()
}

fn is_dockerfile(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let of_others = name.ends_with("ignore");
    !of_others && (matches!(stem, "Dockerfile" | "Containerfile") || name.ends_with(".Dockerfile"))
}

/// Returns whether an ignore file of a context excludes the target directory. A file next to a
/// Dockerfile with the same name wins.
fn leaves_out(context: &Path, target: &Path) -> bool {
    let own = dockerfile(context).map(|file| {
        let mut name = file.into_os_string();
        name.push(".dockerignore");
        PathBuf::from(name)
    });
    let files = own.into_iter().chain([".dockerignore", ".containerignore"].map(|name| context.join(name)));
    let Some(text) = files.into_iter().find_map(|file| std::fs::read_to_string(file).ok()) else { return false };
    let way = path::relative(target, context);
    BUILT.iter().all(|built| is_left_out(&text, &format!("{way}/{built}")))
}

/// Returns whether the patterns of a `.dockerignore` leave out a file.
pub fn is_left_out(patterns: &str, file: &str) -> bool {
    Patterns::parse(patterns).leave_out(file)
}

/// The patterns of a `.dockerignore`.
pub struct Patterns(Vec<(glob::Pattern, bool)>);

impl Patterns {
    /// Parses the lines; a line that is no pattern counts for nothing.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pattern = |line: &str| {
            let (pattern, excludes) = line.strip_prefix('!').map_or((line, true), |rest| (rest.trim(), false));
            let pattern = path::slashed(&path::normalize(Path::new(pattern.trim_start_matches('/'))));
            Some((glob::Pattern::new(&pattern).ok()?, excludes))
        };
        Patterns(lines.filter_map(pattern).collect())
    }

    /// Returns whether a pattern brings back what an earlier one leaves out.
    pub fn bring_back(&self) -> bool {
        self.0.iter().any(|(_, excludes)| !excludes)
    }

    /// Returns whether the patterns match a file or a directory above it. The last matching pattern
    /// decides (`MatchesOrParentMatches` in moby's `patternmatcher`).
    pub fn leave_out(&self, file: &str) -> bool {
        let ends = file.match_indices('/').map(|(end, _)| end).chain([file.len()]);
        let names: Vec<&str> = ends.map(|end| &file[..end]).collect();
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        let deciding = self.0.iter().rfind(|(pattern, _)| names.iter().any(|name| pattern.matches_with(name, options)));
        deciding.is_some_and(|(_, excludes)| *excludes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_docker_reads_them() {
        let left_out = |patterns: &str| is_left_out(patterns, "target/release/deps/x");
        for patterns in [
            "target",
            "/target",
            "target/",
            "./target",
            "**/target",
            "*",
            "target/**",
            "a\n# b\ntarget\n",
            "!x\nt*",
            "*\n!src",
        ] {
            assert!(left_out(patterns), "{patterns}");
        }
        for patterns in
            ["", "#target", "*/target", "target/debug", "targets", "target\n!target", "*\n!target", "src/target"]
        {
            assert!(!left_out(patterns), "{patterns}");
        }
        assert!(is_left_out("**/target", "rust/target/debug/x") && !is_left_out("target", "rust/target/debug/x"));
    }
}
