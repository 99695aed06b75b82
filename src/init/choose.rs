//! Which programs the image gets.
//!
//! In: a workspace, and what the user says about the build. Out: a [`Choice`]: the binaries, and
//! the flags that build them in the workspace root. It asks nothing: it says what it chose, and
//! which flags choose otherwise. Touches nothing.

use crate::error::{Result, fail};
use crate::quotient::platform::Platforms;
use crate::quotient::{features, select, units};
use crate::workspace::scope::Scope;
use crate::workspace::{DependencyKind, Package, Target, TargetKind, Workspace};
use std::collections::BTreeSet;

/// What the image is made of.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The program that the image runs.
    pub main: String,
    /// All programs of the image.
    pub binaries: Vec<String>,
    /// The flags of the build, without a profile.
    pub scope: Scope,
    /// Directories of the chosen packages, relative to the workspace root.
    pub dirs: Vec<String>,
    /// What the user may want to know about the choice.
    pub notes: Vec<String>,
}

/// Parts of names of packages whose binaries are tools of the repository.
const TOOLS: &[&str] = &["xtask", "bench", "example", "test", "fuzz", "codegen", "internal", "tools"];

/// Chooses from `workspace`, which is read in its root. `near` is the directory, relative to the
/// root, that the command was called in; `name` is the name of the root directory.
///
/// # Errors
/// There is no binary, or none that the flags select.
pub fn choose(workspace: &Workspace, wish: &Scope, near: &str, name: &str) -> Result<Choice> {
    let mut notes = Vec::new();
    let mut scope = wish.clone();
    if scope.package.is_empty() {
        scope.package = packages(workspace, &scope, near, name, &mut notes)?;
    }
    let found = binaries(workspace, &scope)?;
    if found.is_empty() {
        fail!(
            "the selected packages have no binary whose `required-features` are active\nhelp: choose others with `-p`, or activate features with `--features`"
        );
    }
    let indices: BTreeSet<usize> = found.iter().map(|(package, _)| *package).collect();
    let main = main(workspace, &found);
    let mut binaries: Vec<String> = found.into_iter().map(|(_, name)| name).collect();
    binaries.sort();
    binaries.dedup();
    if binaries.len() > 1 {
        let others: Vec<String> = binaries.iter().filter(|b| **b != main).map(|b| format!("`{b}`")).collect();
        notes.push(format!("the image runs `{main}`, and also has {}; choose with `--bin`", others.join(", ")));
    }
    let dirs = indices.iter().map(|i| workspace.packages[*i].dir.clone()).collect();
    Ok(Choice { main, binaries, scope, dirs, notes })
}

/// The packages to name with `-p`; none if cargo selects them by default.
fn packages(
    workspace: &Workspace,
    scope: &Scope,
    near: &str,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<String>> {
    let members: Vec<usize> = (0..workspace.packages.len()).filter(|i| workspace.packages[*i].is_member).collect();
    let wanted = |i: &usize| {
        let bins = available(workspace, *i, scope);
        if scope.bin.is_empty() { !bins.is_empty() } else { scope.bin.iter().all(|bin| bins.contains(bin)) }
    };
    let called_in = members.iter().copied().find(|i| !near.is_empty() && workspace.packages[*i].dir == near);
    let all: Vec<usize> = members.iter().copied().filter(wanted).collect();
    if all.is_empty() {
        if scope.bin.is_empty() {
            fail!(
                "no package of the workspace has a binary, so there is no program for an image\nhelp: run this in a workspace with `src/main.rs` or a `[[bin]]`"
            );
        }
        // Says which name is wrong, and what is close to it.
        select::select(workspace, &Scope { workspace: true, ..scope.clone() })?;
        fail!(
            "no package of the workspace has all of these binaries: {}\nhelp: name packages with `-p`, too",
            scope.bin.iter().map(|b| format!("`{b}`")).collect::<Vec<_>>().join(", ")
        );
    }
    let chosen = called_in.filter(|i| all.contains(i)).unwrap_or_else(|| best(workspace, &all, name));
    let package = &workspace.packages[chosen];
    let others: Vec<String> =
        all.iter().filter(|i| **i != chosen).map(|i| format!("`{}`", workspace.packages[*i].name)).collect();
    if !others.is_empty() {
        notes.push(format!(
            "chose the package `{}`; choose another one with `-p`: {}",
            package.name,
            shortened(&others)
        ));
    }
    Ok(if workspace.default_members == [chosen] { Vec::new() } else { vec![package.name.clone()] })
}

fn shortened(names: &[String]) -> String {
    const MOST: usize = 8;
    let more = names.len().saturating_sub(MOST);
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown}, and {more} more") }
}

/// The package whose program the image is most likely for: the root package; else one that is not a
/// tool, is named like the directory, and is above most others.
fn best(workspace: &Workspace, all: &[usize], name: &str) -> usize {
    let of = |i: usize| &workspace.packages[i];
    let defaults: Vec<usize> = all.iter().copied().filter(|i| workspace.default_members.contains(i)).collect();
    let among = if defaults.is_empty() { all.to_vec() } else { defaults };
    if let Some(root) = among.iter().copied().find(|i| of(*i).dir.is_empty()) {
        return root;
    }
    let is_product = |p: &Package| !TOOLS.iter().any(|tool| p.name.contains(tool) || p.dir.contains(tool));
    let rank = |i: &usize| {
        let package = of(*i);
        let likeness = if package.name == name { 0 } else { usize::from(!package.name.contains(name)) + 1 };
        (!is_product(package), likeness, std::cmp::Reverse(reach(workspace, *i)), package.name.clone())
    };
    among.iter().copied().min_by_key(rank).expect("there is a candidate")
}

/// The number of local packages below one.
fn reach(workspace: &Workspace, from: usize) -> usize {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(i) = open.pop() {
        if seen.insert(i) {
            let below = workspace.packages[i].dependencies.iter().filter(|d| d.kind != DependencyKind::Dev);
            open.extend(below.filter_map(|d| d.to.local()));
        }
    }
    seen.len()
}

/// The binaries of a package whose `required-features` the flags activate.
fn available(workspace: &Workspace, package: usize, scope: &Scope) -> Vec<String> {
    if !workspace.packages[package].targets.iter().any(|t| t.kind == TargetKind::Bin) {
        return Vec::new();
    }
    // Features of other packages may be named, which is no error here.
    let features = Scope { package: vec![workspace.packages[package].name.clone()], bin: Vec::new(), ..scope.clone() };
    let found =
        binaries(workspace, &features).or_else(|_| binaries(workspace, &Scope { features: Vec::new(), ..features }));
    found.unwrap_or_default().into_iter().map(|(_, name)| name).collect()
}

/// The binaries that a scope builds, each with the index of its package.
fn binaries(workspace: &Workspace, scope: &Scope) -> Result<Vec<(usize, String)>> {
    let selection = select::select(workspace, scope)?;
    let platforms = Platforms::new(scope, None, &workspace.config);
    let features = features::resolve(workspace, &platforms, &selection, false);
    let target = |p: &select::Proposal| -> &Target { &workspace.packages[p.package].targets[p.target] };
    let is_active = |p: &&select::Proposal| {
        target(p).kind == TargetKind::Bin
            && !units::required_features(workspace, &features, p.package, target(p)).is_never()
    };
    Ok(selection.proposals.iter().filter(is_active).map(|p| (p.package, target(p).name.clone())).collect())
}

/// The program to run: the one with the name of its package, or the first one.
fn main(workspace: &Workspace, found: &[(usize, String)]) -> String {
    let named = found.iter().find(|(package, name)| workspace.packages[*package].name == *name);
    named.or(found.first()).map(|(_, name)| name.clone()).unwrap_or_default()
}
