//! Reads the dependencies of one package, after workspace inheritance.
//!
//! In: a manifest, and the `[workspace.dependencies]` that it inherits from. Out: one [`Declared`]
//! for each entry of its dependency tables. `link.rs` resolves the entries. Touches nothing.

use crate::error::{Result, fail};
use crate::manifest::schema::{Dependencies, DependencyTable, Manifest, tables};
use crate::path::normalize;
use crate::workspace::{Dependency, DependencyKind, Resolved};
use cargo_platform::Platform;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A dependency that is not resolved yet.
pub struct Declared {
    /// Everything except the package that it resolves to.
    pub dependency: Dependency,
    /// Directory of a path dependency.
    pub path: Option<PathBuf>,
}

/// The location of a manifest, and the values that it can inherit.
pub struct Context<'a> {
    /// How messages name the manifest.
    pub name: &'a str,
    /// Its directory.
    pub dir: &'a Path,
    /// The directory of the workspace root.
    pub root: &'a Path,
    /// How messages name the manifest of that root.
    pub root_name: &'a str,
    /// `[workspace.dependencies]` of that root.
    pub inheritable: Option<&'a Dependencies>,
}

/// Returns the dependencies that `manifest` declares.
///
/// # Errors
/// The workspace lacks an inherited dependency, or cargo cannot parse a platform.
pub fn declared(manifest: &Manifest, context: &Context<'_>) -> Result<Vec<Declared>> {
    tables(manifest).map(|(kind, platform, key, entry)| declare(kind, platform, key, &entry.table(), context)).collect()
}

fn declare(
    kind: DependencyKind,
    platform: Option<&str>,
    key: &str,
    written: &DependencyTable,
    context: &Context<'_>,
) -> Result<Declared> {
    let (table, base) = match written.workspace {
        Some(true) => (inherit(key, written, context)?, context.root),
        Some(false) => {
            fail!("`{key}` in `{}` has `workspace = false`; only `true` means something there", context.name)
        }
        None => (written.clone(), context.dir),
    };
    let platform = match platform.map(Platform::from_str).transpose() {
        Ok(platform) => platform.map(|p| p.to_string()),
        Err(error) => fail!("failed to parse manifest `{}`: {error}", context.name),
    };
    let mut features = table.features.clone().unwrap_or_default();
    features.sort();
    features.dedup();
    Ok(Declared {
        path: table.path.as_ref().map(|p| normalize(&base.join(p))),
        dependency: Dependency {
            key: key.to_owned(),
            package: table.package.clone().unwrap_or_else(|| key.to_owned()),
            kind,
            platform,
            version: table.version.clone(),
            features,
            default_features: table.default_features().unwrap_or(true),
            optional: table.optional.unwrap_or(false),
            rest: table.rest,
            to: Resolved::Absent,
        },
    })
}

/// Merges a dependency with the one that it inherits (`inner_dependency_inherit_with` in cargo's
/// `util/toml/mod.rs`). Features are combined. `default-features = true` of the member overrides
/// `false` of the workspace. `false` of the member overrides nothing.
fn inherit(key: &str, member: &DependencyTable, context: &Context<'_>) -> Result<DependencyTable> {
    let Some(inheritable) = context.inheritable else {
        fail!(
            "`{}` inherits the dependency `{key}`, but it is in no workspace\nhelp: write `{key} = \"<version>\"`",
            context.name
        );
    };
    let Some(entry) = inheritable.get(key) else {
        fail!(
            "`{}` inherits the dependency `{key}`, but `[workspace.dependencies]` of `{}` has no `{key}`\nhelp: add `{key} = \"<version>\"` there",
            context.name,
            context.root_name
        );
    };
    let mut table = entry.table();
    let mut features = table.features.take().unwrap_or_default();
    features.extend(member.features.iter().flatten().cloned());
    let default_features = match (member.default_features(), table.default_features()) {
        (Some(true), Some(false)) => Some(true),
        (_, workspace) => workspace,
    };
    table.features = Some(features);
    table.optional = member.optional;
    table.rest.extend(member.rest.clone());
    Ok(table.with_default_features(default_features))
}
