//! A workspace told as lines of text, once by cargo and once by the reader.

use crate::common::{CARGO, Place};
use cargo_larder::workspace::{Dependency, DependencyKind, Resolved, Target, TargetKind, Workspace};
use cargo_metadata::semver::VersionReq;
use cargo_metadata::{Metadata, camino::Utf8Path};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

/// What cargo says.
pub fn metadata(place: &Place, manifest: &Path) -> Metadata {
    let mut command = place.command(&*CARGO);
    command.args(["metadata", "--no-deps", "--format-version=1", "--offline", "--manifest-path"]).arg(manifest);
    let Output { status, stdout, stderr } = command.output().expect("cargo starts");
    assert!(status.success(), "cargo refuses the workspace: {}", place.relative(&stderr));
    serde_json::from_slice(&stdout).expect("cargo prints its metadata")
}

/// A lockfile for these packages, in which everything else is of version 1.0.0.
pub fn lockfile(metadata: &Metadata) -> String {
    let mut entries = BTreeMap::new();
    for dependency in metadata.packages.iter().flat_map(|p| &p.dependencies) {
        let source = match &dependency.source {
            _ if dependency.path.is_some() => String::new(),
            Some(git) if git.starts_with("git+") => format!("source = \"{git}#0123456\"\n"),
            _ => "source = \"registry+https://example.invalid/\"\n".to_owned(),
        };
        entries.insert(dependency.name.clone(), ("1.0.0".to_owned(), source, BTreeSet::new()));
    }
    for package in &metadata.packages {
        let names = package.dependencies.iter().map(|d| d.name.clone()).collect();
        entries.insert(package.name.clone(), (package.version.to_string(), String::new(), names));
    }
    entries.iter().fold("version = 4\n".to_owned(), |text, (name, (version, source, names))| {
        let names: Vec<&String> = names.iter().collect();
        format!("{text}\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = {names:?}\n")
    })
}

/// cargo's story.
pub fn of_metadata(metadata: &Metadata) -> BTreeSet<String> {
    let root = &metadata.workspace_root;
    let mut story = BTreeSet::new();
    for package in metadata.workspace_packages() {
        let mut lines = vec![format!("has version {}", package.version)];
        lines.push(format!("stands in `{}`", relative(package.manifest_path.parent().expect("a directory"), root)));
        lines
            .extend(metadata.workspace_default_members.contains(&package.id).then(|| "is a default member".to_owned()));
        for target in &package.targets {
            let of_kind = |kind: &&str| target.kind.iter().any(|k| k.to_string() == *kind);
            let kind = ["bin", "example", "test", "bench", "custom-build"].into_iter().find(of_kind);
            lines.push(match kind {
                Some("custom-build") => "has a build script".to_owned(),
                kind => format!(
                    "has {} {} as {:?}, requires {:?}, tested: {}",
                    kind.unwrap_or("lib"),
                    target.name,
                    set(target.crate_types.iter().map(ToString::to_string)),
                    set(&target.required_features),
                    target.test
                ),
            });
        }
        lines.extend(package.features.iter().map(|(name, values)| format!("has feature {name} = {:?}", set(values))));
        for dependency in &package.dependencies {
            lines.push(tell_dependency(
                &dependency.kind.to_string(),
                dependency.rename.as_ref().unwrap_or(&dependency.name),
                &dependency.name,
                dependency.target.as_ref().map(ToString::to_string),
                &dependency.req,
                [("optional", dependency.optional), ("default features", dependency.uses_default_features)],
                &dependency.features,
                dependency.path.as_ref().map(|path| relative(path, root)),
            ));
        }
        story.extend(lines.into_iter().map(|line| format!("{} {line}", package.name)));
    }
    story
}

/// The reader's story.
pub fn of_workspace(workspace: &Workspace) -> BTreeSet<String> {
    let mut story = BTreeSet::new();
    for (i, package) in workspace.packages.iter().enumerate().filter(|(_, p)| p.is_member) {
        let mut lines = vec![format!("has version {}", package.version), format!("stands in `{}`", package.dir)];
        lines.extend(workspace.default_members.contains(&i).then(|| "is a default member".to_owned()));
        lines.extend(package.build_script.then(|| "has a build script".to_owned()));
        lines.extend(package.targets.iter().map(tell_target));
        lines.extend(package.features.iter().map(|(name, values)| format!("has feature {name} = {:?}", set(values))));
        lines.extend(package.dependencies.iter().map(|d| tell_own(workspace, d)));
        story.extend(lines.into_iter().map(|line| format!("{} {line}", package.name)));
    }
    story
}

fn tell_target(target: &Target) -> String {
    let kind = format!("{:?}", target.kind).to_lowercase();
    let required = match target.kind {
        // cargo reads them there and never looks at them.
        TargetKind::Lib => &[],
        _ => &target.required_features[..],
    };
    let (name, types, tested) = (&target.name, set(&target.crate_types), target.tested);
    let required = set(required);
    format!("has {kind} {name} as {types:?}, requires {required:?}, tested: {tested}")
}

fn tell_own(workspace: &Workspace, dependency: &Dependency) -> String {
    let kind = match dependency.kind {
        DependencyKind::Normal => "normal",
        DependencyKind::Dev => "dev",
        DependencyKind::Build => "build",
    };
    let version = dependency.version.as_deref().unwrap_or("*");
    tell_dependency(
        kind,
        &dependency.key,
        &dependency.package,
        dependency.platform.clone(),
        &VersionReq::parse(version).expect("cargo has accepted it"),
        [("optional", dependency.optional), ("default features", dependency.default_features)],
        &dependency.features,
        match dependency.to {
            Resolved::Local(i) => Some(workspace.packages[i].dir.clone()),
            Resolved::Locked(_) | Resolved::Absent => None,
        },
    )
}

#[expect(clippy::too_many_arguments, reason = "one for each thing that the two must agree on")]
fn tell_dependency(
    kind: &str,
    key: &str,
    package: &str,
    platform: Option<String>,
    version: &VersionReq,
    switches: [(&str, bool); 2],
    features: &[String],
    dir: Option<String>,
) -> String {
    let platform = platform.map(|p| format!(" on {p}")).unwrap_or_default();
    let dir = dir.map(|d| format!(" in `{d}`")).unwrap_or_default();
    let switches: Vec<&str> = switches.iter().filter(|(_, on)| *on).map(|(word, _)| *word).collect();
    let features = set(features);
    format!("depends by {kind} on {key} = {package} {version}{platform}{dir}, {switches:?}, features {features:?}")
}

/// A list whose order and repetitions mean nothing to cargo.
fn set<T: Ord>(list: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    list.into_iter().collect()
}

fn relative(dir: &Utf8Path, root: &Utf8Path) -> String {
    let path = pathdiff::diff_paths(dir, root).expect("both are absolute");
    path.to_string_lossy().replace('\\', "/")
}
