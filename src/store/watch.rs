//! Variables and files outside its package that a unit was made from.
//!
//! In: a unit, or what one watched. Out: the watched names with their digests, or whether these
//! still match. Reads files and writes nothing.
//!
//! cargo compares variables that a build script names, and mtimes of files. It does not compare a
//! variable that a crate of a registry reads with `env!`. An older header in another base image
//! does not seem changed to it. A store is read on other machines and at other times than it was
//! written, so all of these are compared by content.

use super::surroundings::Surroundings;
use crate::digest::Digest;
use crate::target::copy::files_below;
use crate::target::records::{entries, name_of};
use crate::target::unit::{Parts, Unit};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Names with the digests of their values, or `None` for missing ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// Variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Option<Digest>>,
    /// Files and directories, by absolute path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Option<Digest>>,
}

/// The digests of files, each computed once in a cook.
#[derive(Default)]
pub struct Looked(RefCell<BTreeMap<PathBuf, Content>>);

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file, or a directory with everything in it.
    Is(Digest),
    /// Nothing.
    Nothing,
    /// Too many files, or an unreadable one.
    Untold,
}

impl Content {
    /// Returns the digest as a record stores it, or `None` if a record cannot store it.
    fn told(self) -> Result<Option<Digest>, ()> {
        match self {
            Content::Is(digest) => Ok(Some(digest)),
            Content::Nothing => Ok(None),
            Content::Untold => Err(()),
        }
    }
}

/// A directory with more entries is not read, and a unit that watches it is not stored.
const FILES: usize = 20_000;
const BYTES: u64 = 256 << 20;

impl Looked {
    /// Returns what is at a path.
    pub fn at(&self, path: &Path) -> Content {
        if let Some(known) = self.0.borrow().get(path) {
            return known.clone();
        }
        let found = content(path);
        self.0.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }
}

fn content(path: &Path) -> Content {
    let Ok(metadata) = std::fs::metadata(path) else { return Content::Nothing };
    let found = if metadata.is_file() { file(path, metadata.len()) } else { directory(path) };
    found.map_or(Content::Untold, Content::Is)
}

fn file(path: &Path, bytes: u64) -> Option<Digest> {
    if bytes > BYTES { None } else { std::fs::read(path).ok().map(|content| Digest::of(&content)) }
}

fn directory(path: &Path) -> Option<Digest> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    let top = fs_err::canonicalize(path).ok()?;
    let files = files_below(&top);
    if files.len() > FILES {
        return None;
    }
    for file in files {
        let inner = file.strip_prefix(&top).unwrap_or(&file);
        parts.push(inner.as_os_str().as_encoded_bytes().to_vec());
        // The target of a link counts, unless it is a directory.
        match std::fs::metadata(&file) {
            Ok(metadata) if metadata.is_file() => {
                bytes += metadata.len();
                if bytes > BYTES {
                    return None;
                }
                parts.push(std::fs::read(&file).ok()?);
            }
            _ => parts.push(fs_err::read_link(&file).map_or(Vec::new(), |to| to.into_os_string().into_encoded_bytes())),
        }
    }
    Some(Digest::of_parts(parts))
}

impl Watched {
    /// Returns whether nothing has changed.
    pub fn holds(&self, around: &Surroundings, looked: &Looked) -> bool {
        self.variables.iter().all(|(name, digest)| around.variable(name) == *digest)
            && self.files.iter().all(|(path, digest)| looked.at(Path::new(path)).told().is_ok_and(|now| now == *digest))
    }

    /// Returns what a unit was made from, or `None` if this is unknown. `sources` is the directory
    /// of its package's sources, if they are not in cargo's home.
    pub fn of(
        unit: &Unit,
        parts: &Parts,
        sources: Option<&Path>,
        around: &Surroundings,
        looked: &Looked,
    ) -> Option<Self> {
        let dir = &around.target_dir;
        let mut names = Names::default();
        if unit.is_run(dir) {
            let run = dir.join(unit.run());
            for printed in ["output", "stdout"].map(|name| run.join(name)).iter().filter(|path| path.is_file()) {
                names.of_script(&String::from_utf8_lossy(&fs_err::read(printed).ok()?))?;
            }
        } else {
            let is_dep_info = |path: &PathBuf| path.extension().is_some_and(|it| it == "d");
            let files = parts.0.iter().flat_map(|part| files_below(&dir.join(part))).filter(is_dep_info);
            for file in files {
                names.of_dep_info(&String::from_utf8_lossy(&fs_err::read(file).ok()?));
            }
        }
        let mut watched = Watched::default();
        for name in names.variables {
            watched.variables.insert(name.clone(), around.variable(&name));
        }
        let is_elsewhere = |path: &PathBuf| {
            let homes = [&around.cargo_home, dir];
            !homes.iter().any(|home| path.starts_with(home))
                && !sources.is_some_and(|sources| path.starts_with(sources))
        };
        let of_package = sources.map(Path::to_owned);
        for path in names.files.into_iter().filter(is_elsewhere).chain(of_package) {
            watched.files.insert(path.to_str()?.to_owned(), looked.at(&path).told().ok()?);
        }
        Some(watched)
    }
}

/// The names that a unit contains.
#[derive(Default)]
struct Names {
    variables: Vec<String>,
    files: Vec<PathBuf>,
}

impl Names {
    /// Adds what a build script printed (`BuildOutput::parse` in cargo's `custom_build.rs`).
    /// Returns `None` if a path leads out of the package, and only the package's directory could
    /// resolve it.
    fn of_script(&mut self, printed: &str) -> Option<()> {
        for line in printed.lines() {
            let Some(line) = line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:")) else { continue };
            if let Some(name) = line.strip_prefix("rerun-if-env-changed=") {
                self.variables.push(name.trim_end().to_owned());
            } else if let Some(path) = line.strip_prefix("rerun-if-changed=") {
                let path = Path::new(path.trim_end());
                if path.is_absolute() {
                    self.files.push(path.to_owned());
                } else if path.components().any(|part| part == Component::ParentDir) {
                    return None;
                }
            }
        }
        Some(())
    }

    /// Adds what rustc read (`write_out_deps` in its `interface/passes.rs`): a line with nothing
    /// after the colon for each file, and the variables of `env!`. Variables that cargo sets follow
    /// from the package.
    fn of_dep_info(&mut self, text: &str) {
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let name = variable.split_once('=').map_or(variable, |(name, _)| name);
                if name != "OUT_DIR" && name != "CARGO" && !name.starts_with("CARGO_") {
                    self.variables.push(name.to_owned());
                }
            } else if let Some(path) = line.strip_suffix(':') {
                let path = PathBuf::from(path.replace("\\ ", " "));
                if path.is_absolute() {
                    self.files.push(path);
                }
            }
        }
    }
}

/// Returns the directory of the package that a source belongs to. Returns `None` for sources that
/// never change, because cargo unpacked them in its home, and for relative paths.
pub fn sources(source: &Path, cargo_home: &Path) -> Option<PathBuf> {
    if ["registry/src", "git/checkouts"].iter().any(|own| source.starts_with(cargo_home.join(own))) {
        return None;
    }
    source.ancestors().skip(1).find(|dir| dir.join("Cargo.toml").is_file()).map(Path::to_owned)
}

/// Returns the name of a directory in a record.
pub fn digest_of_path(path: &Path) -> Digest {
    Digest::of(path.as_os_str().as_encoded_bytes())
}

/// Returns the names and sizes of entries in a directory, a few levels deep. They show what was
/// installed there.
pub fn listing(dir: &Path, depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for path in entries(dir) {
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            lines.push(format!("{}/", name_of(&path)));
            if depth > 0 && !path.is_symlink() {
                lines.extend(listing(&path, depth - 1).into_iter().map(|below| format!("{}/{below}", name_of(&path))));
            }
        } else {
            lines.push(format!("{} {}", name_of(&path), metadata.len()));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(windows, ignore = "its paths are those of Unix")]
    fn what_a_script_and_rustc_name_is_watched() {
        let mut names = Names::default();
        let printed = "cargo:rerun-if-env-changed=CC\ncargo::rerun-if-changed=/usr/include/ssl.h\ncargo:rerun-if-changed=build.rs\ncargo:rustc-cfg=x\n";
        assert_eq!(names.of_script(printed), Some(()));
        names.of_dep_info("/t/x.d: /a/lib.rs /etc/my\\ table\n\n/a/lib.rs:\n/etc/my\\ table:\n\n# env-dep:CARGO_PKG_NAME=x\n# env-dep:SALT=1\n# env-dep:NOT_SET\n");
        assert_eq!(names.variables, ["CC", "SALT", "NOT_SET"]);
        assert_eq!(names.files, ["/usr/include/ssl.h", "/a/lib.rs", "/etc/my table"].map(PathBuf::from));
        assert_eq!(names.of_script("cargo:rerun-if-changed=../up.h"), None);
    }

    #[test]
    fn a_directory_is_as_it_was_if_all_below_is() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let file = temp.path().join("a/b");
        let now = || Looked::default().at(temp.path());
        fs_err::create_dir_all(temp.path().join("a")).expect("writable");
        fs_err::write(&file, "1").expect("writable");
        let before = now();
        assert!(matches!(before, Content::Is(_)));
        assert_eq!(before, now());
        fs_err::write(&file, "2").expect("writable");
        assert_ne!(before, now());
        assert_eq!(Looked::default().at(&temp.path().join("none")), Content::Nothing);
    }
}
