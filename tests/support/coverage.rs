//! What a random case has, for a look at whether the generator reaches all it should.

use std::collections::BTreeSet;

use super::scope::Selection;
use super::workspace::{Case, From, Kind, Library, Package, Place, Root};

/// The notable things of one case, each by a short name.
pub fn traits(case: &Case) -> BTreeSet<String> {
    let workspace = &case.workspace;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut note = |is: bool, name: &str| {
        if is {
            found.insert(name.to_owned());
        }
    };
    note(true, &format!("packages {}", workspace.packages.len()));
    note(true, &format!("resolver {}", workspace.resolver()));
    note(true, &format!("root {:?}", workspace.root));
    note(workspace.resolver.is_none(), "resolver by edition");
    note(workspace.globs, "member globs");
    note(workspace.default_members.is_some(), "default-members");
    note(!workspace.shared.is_empty(), "workspace.dependencies");
    note(!workspace.config.is_empty(), "config");
    note(
        workspace.root != Root::Lone && workspace.packages.iter().any(|it| !it.is_member()),
        "path package that is no member",
    );
    for (name, profile) in &workspace.profiles {
        note(true, &format!("profile {name}"));
        for key in ["lto", "panic", "strip", "build-override", "package", "opt-level", "incremental"] {
            note(profile.get(key).is_some(), &format!("profile key {key}"));
        }
        let named = |it: &Package| profile.get("package").is_some_and(|table| table.get(&it.name).is_some());
        note(workspace.packages.iter().any(named), "profile override of a local package");
    }
    for package in &workspace.packages {
        note(package.library == Library::None, "no library");
        note(package.library == Library::ProcMacro, "proc-macro");
        note(matches!(package.library, Library::Types(_)), "crate types");
        note(package.build_script.is_some(), "build script");
        note(package.inherits, "workspace.package");
        note(!package.bins.is_empty() || package.main, "binaries");
        note(package.bins.iter().any(|it| !it.required_features.is_empty()), "required-features");
        note(!package.tests.is_empty(), "tests");
        note(!package.benches.is_empty(), "benches");
        note(!package.examples.is_empty(), "examples");
        note(matches!(package.place, Place::Outside(_)), "outside the root");
        note(matches!(package.place, Place::Excluded(_)) && workspace.root != Root::Lone, "excluded");
        note(package.features.contains_key("default"), "default features");
        for value in package.features.values().flatten() {
            let form = match (value.starts_with("dep:"), value.contains("?/"), value.contains('/')) {
                (true, ..) => "dep:x",
                (_, true, _) => "x?/y",
                (_, _, true) => "x/y",
                _ if package.features.contains_key(value) => "feature",
                _ => "implicit feature",
            };
            note(true, &format!("feature value {form}"));
        }
        let mut crates = BTreeSet::new();
        for it in &package.dependencies {
            let Some(source) = workspace.inherited(it) else { continue };
            note(true, &format!("{:?} dependency", it.kind));
            note(it.from == From::Shared, "inherited dependency");
            note(it.platform.is_some(), "platform dependency");
            note(it.optional, "optional dependency");
            note(source.is_renamed(), "renamed dependency");
            note(it.default_features == Some(false), "default-features = false");
            note(!it.features.is_empty(), "dependency with features");
            match &source.from {
                From::Local(name) => {
                    note(true, &format!("local {:?} dependency", it.kind));
                    note(*name == package.name, "dev-dependency on itself");
                    let target = workspace.package(name);
                    note(target.is_some_and(|it| it.library == Library::ProcMacro), "dependency on a local proc-macro");
                    note(!it.features.is_empty(), "local dependency with features");
                }
                From::Registry { package, requirement } => {
                    note(requirement.starts_with('='), "exact requirement");
                    let versions = crates
                        .range((*package, String::new())..)
                        .take_while(|(name, _): &&(&str, String)| name == package);
                    note(versions.clone().any(|(_, other)| other != requirement), "several versions of one crate");
                    crates.insert((*package, requirement.clone()));
                }
                From::Shared => {}
            }
        }
    }
    note(workspace.packages.iter().any(|it| it.dependencies.iter().any(|it| it.kind == Kind::Dev)), "dev-dependencies");
    let scope = &case.scope;
    note(scope.packages == Selection::Default, "scope: default packages");
    note(matches!(scope.packages, Selection::Workspace { .. }), "scope: --workspace");
    note(matches!(scope.packages, Selection::Packages(_)), "scope: -p");
    for target in &scope.targets {
        let name = format!("{target:?}");
        note(true, &format!("scope: {}", name.split('(').next().unwrap_or("")));
    }
    note(!scope.features.is_empty(), "scope: --features");
    note(scope.all_features, "scope: --all-features");
    note(scope.no_default_features, "scope: --no-default-features");
    note(scope.check, "scope: --check");
    note(true, &format!("scope: profile {}", scope.profile.as_deref().unwrap_or("by default")));
    note(scope.target, "scope: --target");
    note(scope.from_member.is_some(), "scope: in a member's directory");
    found
}
