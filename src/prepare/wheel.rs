//! Detects a project that maturin builds, so that `cook` needs `--maturin`.
//!
//! In: a workspace, and the packages of its recipe. Out: a hint. Reads `pyproject.toml` next to
//! manifests, and writes nothing.

use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Table;

/// The crates whose build scripts watch what maturin sets.
const BINDINGS: [&str; 2] = ["pyo3", "pyo3-ffi"];

/// Returns a hint if pyo3 is one of the `packages`, which include versions, and maturin builds a
/// member or the root.
pub fn hint(workspace: &Workspace, packages: &BTreeSet<String>) -> Option<String> {
    let is_binding = |package: &String| package.split(' ').next().is_some_and(|name| BINDINGS.contains(&name));
    let binds = packages.iter().any(is_binding);
    let members = workspace.packages.iter().filter(|package| package.is_member);
    let mut dirs = members.map(|package| workspace.root.join(&package.dir)).chain([workspace.root.clone()]);
    (binds && dirs.any(|dir| is_built_by_maturin(&dir))).then(|| {
        "maturin sets variables that pyo3's build scripts watch, and compiles what was cooked without them again\nhelp: where maturin builds, run `cargo larder cook --maturin`"
            .to_owned()
    })
}

fn is_built_by_maturin(dir: &Path) -> bool {
    let text = std::fs::read_to_string(dir.join("pyproject.toml")).unwrap_or_default();
    let table: Table = text.parse().unwrap_or_default();
    let backend = table.get("build-system").and_then(|system| system.get("build-backend")?.as_str());
    backend == Some("maturin")
}
