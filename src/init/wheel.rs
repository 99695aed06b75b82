//! Whether maturin builds a Python extension from the project.
//!
//! In: the directory of a `pyproject.toml`. Out: a [`Wheel`], and the flags of the build that
//! maturin runs. Reads `pyproject.toml`; writes nothing.

use crate::workspace::scope::Scope;
use std::path::Path;
use toml::{Table, Value};

/// What `pyproject.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wheel {
    /// The name that Python imports.
    pub module: String,
    /// The features that maturin activates.
    pub features: Vec<String>,
    /// The profile that maturin builds with, if it is not `release`.
    pub profile: Option<String>,
}

/// Reads the `pyproject.toml` of a directory; nothing if maturin is not its build backend.
pub fn wheel(dir: &Path) -> Option<Wheel> {
    let table: Table = std::fs::read_to_string(dir.join("pyproject.toml")).ok()?.parse().ok()?;
    let backend = table.get("build-system")?.get("build-backend")?.as_str()?;
    if backend != "maturin" {
        return None;
    }
    let maturin = table.get("tool").and_then(|tool| tool.get("maturin")?.as_table()).cloned().unwrap_or_default();
    if maturin.get("bindings").and_then(Value::as_str) == Some("bin") {
        return None;
    }
    let text = |key: &str| maturin.get(key).and_then(Value::as_str).map(str::to_owned);
    let project = table.get("project").and_then(|project| project.get("name")?.as_str());
    let module = text("module-name").or_else(|| Some(project?.replace('-', "_")))?;
    let features = maturin.get("features").and_then(Value::as_array).into_iter().flatten();
    Some(Wheel {
        module,
        features: features.filter_map(Value::as_str).map(str::to_owned).collect(),
        profile: text("profile").filter(|profile| profile != "release"),
    })
}

/// Returns the flags of the build that maturin runs.
pub fn scope(wheel: &Wheel, package: Option<&str>, wish: &Scope) -> Scope {
    let mut scope = Scope { lib: true, package: package.map(str::to_owned).into_iter().collect(), ..wish.clone() };
    scope.features.extend(wheel.features.iter().cloned());
    scope.normalized()
}
