//! Writes packages as manifests.
//!
//! In: a package of a [`Workspace`], or its root. Out: the text of Cargo.toml in a canonical form,
//! with sorted keys and one dependency a line. Touches nothing.

use crate::path::slashed;
use crate::workspace::{
    Dependency, DependencyKind, Package, Resolved, Resolver, SOURCE_KEYS, Target, TargetKind, Workspace,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use toml::{Table, Value};

/// The edition of every stub. It has no effect, because a stub has no code.
const EDITION: &str = "2021";

/// Returns the path where cargo's target discovery finds a target of this name.
pub fn source(target: &Target) -> String {
    match target.kind {
        TargetKind::Lib => "src/lib.rs".to_owned(),
        TargetKind::Bin => format!("src/bin/{}.rs", target.name),
        TargetKind::Example => format!("examples/{}.rs", target.name),
        TargetKind::Test => format!("tests/{}.rs", target.name),
        TargetKind::Bench => format!("benches/{}.rs", target.name),
    }
}

/// Returns the tables of the root manifest that are not the root package's.
pub fn root_tables(workspace: &Workspace) -> String {
    let tables = &workspace.root_tables;
    let mut text = String::new();
    let has_root_package = workspace.packages.iter().any(|p| p.dir.is_empty());
    if !tables.cargo_features.is_empty() && !has_root_package {
        let _ = writeln!(text, "cargo-features = {}\n", strings(&tables.cargo_features));
    }
    let dirs = |packages: &mut dyn Iterator<Item = &Package>| -> String {
        let dirs: BTreeSet<&str> = packages.map(|p| if p.dir.is_empty() { "." } else { &p.dir }).collect();
        dirs.into_iter().fold("[\n".to_owned(), |list, dir| list + &format!("    {},\n", quoted(dir))) + "]"
    };
    // cargo takes the root package for a member, and `.` in `members` would disable `exclude`.
    let resolver = if workspace.resolver == Resolver::V1 { "1" } else { "2" };
    let _ = writeln!(text, "[workspace]\nresolver = \"{resolver}\"");
    let _ = writeln!(
        text,
        "members = {}",
        dirs(&mut workspace.packages.iter().filter(|p| p.is_member && !p.dir.is_empty()))
    );
    let _ = writeln!(
        text,
        "default-members = {}",
        dirs(&mut workspace.default_members.iter().map(|i| &workspace.packages[*i]))
    );
    let outside: Vec<String> = workspace.packages.iter().filter(|p| !p.is_member).map(|p| p.dir.clone()).collect();
    if !outside.is_empty() {
        let _ = writeln!(text, "exclude = {}", strings(&outside));
    }
    if !workspace.stubs.is_empty() {
        let dirs: Vec<String> = workspace.stubs.iter().cloned().collect();
        let _ = writeln!(text, "metadata.larder.stubs = {}", strings(&dirs));
    }
    text.push_str(&tables.workspace_rest.to_string());
    for (name, table) in [("profile", &tables.profile), ("patch", &tables.patch), ("replace", &tables.replace)] {
        if !table.is_empty() {
            let _ = write!(text, "\n{}", Table::from_iter([(name.to_owned(), Value::Table(table.clone()))]));
        }
    }
    text
}

/// Returns the manifest of a package.
pub fn manifest(workspace: &Workspace, package: &Package) -> String {
    let mut text = String::new();
    if !package.cargo_features.is_empty() {
        let _ = writeln!(text, "cargo-features = {}\n", strings(&package.cargo_features));
    }
    let _ = writeln!(text, "[package]\nname = {}\nversion = {}", quoted(&package.name), quoted(&package.version));
    let _ = writeln!(text, "edition = \"{EDITION}\"");
    text.push_str(&package.package_rest.to_string());
    for target in &package.targets {
        text.push_str(&target_table(package, target));
    }
    if !package.features.is_empty() {
        text.push_str("\n[features]\n");
        for (feature, values) in &package.features {
            let _ = writeln!(text, "{} = {}", key(feature), strings(values));
        }
    }
    let mut tables = BTreeMap::<(Option<&str>, DependencyKind), Vec<&Dependency>>::new();
    for dependency in &package.dependencies {
        tables.entry((dependency.platform.as_deref(), dependency.kind)).or_default().push(dependency);
    }
    for ((platform, kind), mut dependencies) in tables {
        let _ = match platform {
            Some(platform) => writeln!(text, "\n[target.{}.{}]", literal(platform), kind.table()),
            None => writeln!(text, "\n[{}]", kind.table()),
        };
        dependencies.sort_by_key(|d| &d.key);
        for dependency in dependencies {
            let _ = writeln!(text, "{} = {}", key(&dependency.key), dependency_value(workspace, package, dependency));
        }
    }
    if !package.rest.is_empty() {
        let _ = write!(text, "\n{}", package.rest);
    }
    text
}

/// Returns the table of a target, or nothing if cargo infers the same target.
fn target_table(package: &Package, target: &Target) -> String {
    let (header, tested, benched, crate_type) = match target.kind {
        TargetKind::Lib => ("[lib]", true, true, "lib"),
        TargetKind::Bin => ("[[bin]]", true, true, "bin"),
        TargetKind::Example => ("[[example]]", false, false, "bin"),
        TargetKind::Test => ("[[test]]", true, false, "bin"),
        TargetKind::Bench => ("[[bench]]", false, true, "bin"),
    };
    let mut lines = String::new();
    if target.is_proc_macro() {
        lines.push_str("proc-macro = true\n");
    } else if target.crate_types != [crate_type] {
        let _ = writeln!(lines, "crate-type = {}", strings(&target.crate_types));
    }
    if target.tested != tested {
        let _ = writeln!(lines, "test = {}", target.tested);
    }
    if target.benched != benched {
        let _ = writeln!(lines, "bench = {}", target.benched);
    }
    if !target.required_features.is_empty() {
        let _ = writeln!(lines, "required-features = {}", strings(&target.required_features));
    }
    if target.kind == TargetKind::Lib {
        let named = target.name != package.name.replace('-', "_");
        let name = if named { format!("name = {}\n", quoted(&target.name)) } else { String::new() };
        return if lines.is_empty() && !named { String::new() } else { format!("\n{header}\n{name}{lines}") };
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!("\n{header}\nname = {}\npath = {}\n{lines}", quoted(&target.name), quoted(&source(target)))
    }
}

fn dependency_value(workspace: &Workspace, package: &Package, dependency: &Dependency) -> String {
    let mut parts = Vec::new();
    let local = match dependency.to {
        Resolved::Local(i) => Some(i),
        Resolved::Locked(i) => workspace.carried(i),
        Resolved::Absent => None,
    };
    if let Some(i) = local {
        let (from, to) = (Path::new("/").join(&package.dir), Path::new("/").join(&workspace.packages[i].dir));
        let path = pathdiff::diff_paths(to, from).unwrap_or_default();
        let path = slashed(&path);
        parts.push(format!("path = {}", quoted(if path.is_empty() { "." } else { &path })));
    }
    if let Some(version) = &dependency.version {
        parts.push(format!("version = {}", quoted(version)));
    }
    if dependency.package != dependency.key {
        parts.push(format!("package = {}", quoted(&dependency.package)));
    }
    // `git` and `path` exclude each other (`to_dependency_source_id` in cargo's
    // `util/toml/mod.rs`).
    let counts = |name: &str| local.is_none() || !SOURCE_KEYS.contains(&name);
    for (name, value) in dependency.rest.iter().filter(|(name, _)| counts(name)) {
        parts.push(format!("{} = {value}", key(name)));
    }
    if !dependency.default_features {
        parts.push("default-features = false".to_owned());
    }
    if dependency.optional {
        parts.push("optional = true".to_owned());
    }
    if !dependency.features.is_empty() {
        parts.push(format!("features = {}", strings(&dependency.features)));
    }
    match (&dependency.version, parts.len()) {
        (Some(version), 1) => quoted(version),
        _ => format!("{{ {} }}", parts.join(", ")),
    }
}

fn strings(values: &[String]) -> String {
    format!("[{}]", values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Returns a platform as a key in single quotes, because it often contains double quotes.
fn literal(text: &str) -> String {
    if text.contains('\'') { quoted(text) } else { format!("'{text}'") }
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { quoted(name) }
}
