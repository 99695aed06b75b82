//! Detects a lockfile that cargo would complete.
//!
//! In: a workspace as read. Out: the member data that the lockfile lacks, although it lists every
//! third-party package. cargo completes such a lockfile, but refuses it with `--locked`. Touches
//! nothing.

use crate::error::{Error, Result};
use crate::manifest::Manifests;
use crate::manifest::lockfile;
use crate::workspace::{Package, Resolved, Workspace};

/// Refuses a lockfile that cargo would complete.
///
/// # Errors
/// The lockfile lacks a member, lists another version of it, or lacks one of its dependencies.
pub fn refuse_behind(manifests: &Manifests, workspace: &Workspace) -> Result<()> {
    let missing = workspace.packages.iter().filter(|p| p.is_member).find_map(|p| missing(manifests, workspace, p));
    missing.map_or(Ok(()), |why| {
        Err(Error::Behind(format!(
            "`{}` is behind the manifests: {why}\nhelp: run `cargo update --workspace`",
            manifests.display(&lockfile(manifests))
        )))
    })
}

fn missing(manifests: &Manifests, workspace: &Workspace, package: &Package) -> Option<String> {
    let Package { name, version, .. } = package;
    let manifest = manifests.name(&crate::path::normalize(&workspace.root.join(&package.dir)));
    let Some(entry) = workspace.entry_of(package).map(|i| &workspace.lock.packages[i]) else {
        return Some(format!("it does not list the package `{name}` of `{manifest}`"));
    };
    if entry.version != *version {
        return Some(format!("`{name}` of `{manifest}` is {version}, and the lockfile has {}", entry.version));
    }
    let packages = &workspace.lock.packages;
    let is_listed =
        |wanted: usize| entry.dependencies.iter().any(|i| *i == wanted || packages[*i].replace == Some(wanted));
    let lacks = package.dependencies.iter().find(|d| match d.to {
        Resolved::Locked(i) => !is_listed(i),
        Resolved::Local(i) => !workspace.entry_of(&workspace.packages[i]).is_some_and(is_listed),
        Resolved::Absent => false,
    })?;
    let requirement = lacks.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
    let what = format!("{}{requirement}", lacks.package);
    Some(format!("`{manifest}` depends on `{what}`, which the lockfile does not list for `{name}`"))
}
