//! Paths as values.
//!
//! In: paths. Out: paths, and how messages and recipes write them. Asks the disk nothing.

use std::path::{Component, Path, PathBuf};

/// Resolves `.` and `..` without asking the disk, as cargo's `paths::normalize_path`.
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

/// How messages name a path: relative to `here` where it is below it.
pub fn display(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// A relative path as manifests and recipes write it on every system.
pub fn slashed(path: &Path) -> String {
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The directory that two absolute paths have in common.
pub fn shared(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// The way from `root` to `dir`, as recipes write it; `""` for the root itself.
pub fn relative(dir: &Path, root: &Path) -> String {
    slashed(&pathdiff::diff_paths(dir, root).unwrap_or_else(|| dir.to_owned()))
}
