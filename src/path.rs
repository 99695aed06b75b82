//! Paths as values.
//!
//! In: paths. Out: paths, and the text of paths in messages and recipes. Does not read the disk.

use std::path::{Component, Path, PathBuf, Prefix};

/// Resolves `.` and `..` without reading the disk, like cargo's `paths::normalize_path`.
pub fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Returns a path without the prefix `\\?\` that Windows puts before real paths, because many
/// programs refuse such a path. Paths that need the prefix keep it.
pub fn plain(path: PathBuf) -> PathBuf {
    /// Windows takes paths of this length only with the prefix (`MAX_PATH`).
    const TOO_LONG: usize = 260;
    let on_disk =
        |part: Component<'_>| matches!(part, Component::Prefix(p) if matches!(p.kind(), Prefix::VerbatimDisk(_)));
    let rest = path.to_str().filter(|_| path.components().next().is_some_and(on_disk)).and_then(|text| text.get(4..));
    rest.filter(|rest| rest.len() < TOO_LONG).map(PathBuf::from).unwrap_or(path)
}

/// Returns a path as messages write it: relative to `here` if it is inside `here`.
pub fn display(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// Returns a relative path with forward slashes, as manifests and recipes write it on every system.
pub fn slashed(path: &Path) -> String {
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Returns the deepest directory that contains both absolute paths.
pub fn shared(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// Returns the path from `root` to `dir`, as recipes write it; `""` for the root itself.
pub fn relative(dir: &Path, root: &Path) -> String {
    slashed(&pathdiff::diff_paths(dir, root).unwrap_or_else(|| dir.to_owned()))
}

/// Returns how many steps a directory is from another one.
pub fn steps(dir: &Path, from: &Path) -> usize {
    pathdiff::diff_paths(dir, from).map_or(0, |way| way.components().count())
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

    #[test]
    fn real_paths_lose_their_prefix_unless_they_need_it() {
        let check = |path: &str, plain_path: &str| assert_eq!(plain(path.into()), PathBuf::from(plain_path));
        check(r"\\?\C:\a\b", r"C:\a\b");
        check(r"C:\a", r"C:\a");
        check(r"\\?\UNC\server\share", r"\\?\UNC\server\share");
        let long = format!(r"\\?\C:\{}", "a".repeat(300));
        check(&long, &long);
    }
}
