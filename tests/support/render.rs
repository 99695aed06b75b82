//! A workspace as the files of a directory: the workspace itself in `ws`, and packages outside its
//! root next to it. Manifests stay tables until they are written, so that edits need not parse
//! them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::{Table, Value};

use super::scope::Host;
use super::style::Style;
use super::workspace::{Case, Dependency, From, Kind, Library, Package, Place, Root, Target, Workspace};

/// The files of a case, by their paths.
#[derive(Clone, PartialEq, Default)]
pub struct Tree {
    /// Manifests and the config file.
    pub tables: BTreeMap<String, Table>,
    /// Sources and the lockfile.
    pub texts: BTreeMap<String, String>,
}

pub const ROOT: &str = "ws/Cargo.toml";
pub const CONFIG: &str = "ws/.cargo/config.toml";
pub const LOCK: &str = "ws/Cargo.lock";

impl Tree {
    /// Everything as text.
    pub fn files(&self, style: &mut Style) -> BTreeMap<String, String> {
        let tables = self.tables.iter().map(|(path, table)| (path.clone(), style.print(table)));
        let mut files: BTreeMap<String, String> = tables.collect();
        files.extend(self.texts.clone());
        files
    }

    /// Makes `dir` hold these files and no others.
    pub fn write(&self, dir: &Path, style: &mut Style) {
        let files = self.files(style);
        if dir.exists() {
            fs_err::remove_dir_all(dir).expect("the test's directory is its own");
        }
        for (path, text) in files {
            let path = dir.join(path);
            fs_err::create_dir_all(path.parent().expect("it lies in `dir`")).expect("the test's directory is writable");
            fs_err::write(path, text).expect("the test's directory is writable");
        }
    }
}

pub fn tree(workspace: &Workspace) -> Tree {
    let mut tree = Tree::default();
    let mut root = Table::new();
    for package in &workspace.packages {
        let manifest = manifest(workspace, package);
        if package.place == Place::Root {
            root = manifest;
        } else {
            tree.tables.insert(format!("{}/Cargo.toml", package.dir()), manifest);
        }
        for source in sources(package) {
            let text = if source.ends_with("main.rs") || source.starts_with("build") || source.contains("bin/") {
                "fn main() {}\n"
            } else {
                ""
            };
            tree.texts.insert(format!("{}/{source}", package.dir()), text.to_owned());
        }
    }
    if workspace.root != Root::Lone {
        root.insert("workspace".to_owned(), Value::Table(workspace_table(workspace)));
    } else if let (Some(resolver), Some(Value::Table(package))) = (workspace.resolver, root.get_mut("package")) {
        package.insert("resolver".to_owned(), resolver.to_string().into());
    }
    insert_table(&mut root, "profile", workspace.profiles.clone());
    tree.tables.insert(ROOT.to_owned(), root);
    if !workspace.config.is_empty() {
        tree.tables.insert(CONFIG.to_owned(), workspace.config.clone());
    }
    tree
}

fn insert_table(into: &mut Table, key: &str, table: Table) {
    if !table.is_empty() {
        into.insert(key.to_owned(), Value::Table(table));
    }
}

fn strings<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::Array(items.into_iter().map(|it| Value::String(it.into())).collect())
}

fn workspace_table(workspace: &Workspace) -> Table {
    let mut table = Table::new();
    let dirs = |wanted: &dyn Fn(&Package) -> bool| -> Vec<String> {
        let stripped = |it: &Package| it.dir().strip_prefix("ws/").unwrap_or(".").to_owned();
        workspace.packages.iter().filter(|it| wanted(it)).map(stripped).collect()
    };
    // A path dependency of the root package is a member without being listed.
    let implied = |it: &Package| {
        let root = workspace.root_package().map_or(&[][..], |root| &root.dependencies[..]);
        root.iter().any(|dependency| dependency.from == From::Local(it.name.clone()))
    };
    let mut members = dirs(&|it| matches!(it.place, Place::Member(_)) && !(workspace.globs && implied(it)));
    if workspace.globs && members.iter().any(|it| it.starts_with("crates/")) {
        members.retain(|it| !it.starts_with("crates/"));
        members.push("crates/*".to_owned());
    }
    table.insert("members".to_owned(), strings(members));
    let excluded = dirs(&|it| matches!(it.place, Place::Excluded(_)));
    if !excluded.is_empty() {
        table.insert("exclude".to_owned(), strings(excluded));
    }
    if let Some(names) = &workspace.default_members {
        table.insert("default-members".to_owned(), strings(dirs(&|it| names.contains(&it.name))));
    }
    if let Some(resolver) = workspace.resolver {
        table.insert("resolver".to_owned(), resolver.to_string().into());
    }
    if workspace.packages.iter().any(|it| it.inherits) {
        let shared = [("version", "0.5.0"), ("edition", "2021")].map(|(key, value)| (key.to_owned(), value.into()));
        insert_table(&mut table, "package", Table::from_iter(shared));
    }
    let shared = workspace.shared.iter().map(|it| (it.key.clone(), dependency(workspace, "ws", it)));
    insert_table(&mut table, "dependencies", shared.collect());
    table
}

fn manifest(workspace: &Workspace, package: &Package) -> Table {
    let mut head = Table::new();
    head.insert("name".to_owned(), package.name.clone().into());
    if package.inherits {
        let inherit = || Value::Table(Table::from_iter([("workspace".to_owned(), true.into())]));
        head.insert("version".to_owned(), inherit());
        head.insert("edition".to_owned(), inherit());
    } else {
        head.extend(package.version.clone().map(|it| ("version".to_owned(), it.into())));
        head.insert("edition".to_owned(), package.edition.into());
    }
    if let Some(script) = package.build_script.filter(|&it| it != "build.rs") {
        head.insert("build".to_owned(), script.into());
    }
    let mut table = Table::from_iter([("package".to_owned(), Value::Table(head))]);
    let mut library = Table::new();
    match &package.library {
        Library::None | Library::Plain => {}
        Library::ProcMacro => drop(library.insert("proc-macro".to_owned(), true.into())),
        Library::Types(types) => drop(library.insert("crate-type".to_owned(), strings(types.iter().copied()))),
    }
    if package.has_library() && !package.unit_tests {
        library.insert("test".to_owned(), false.into());
    }
    insert_table(&mut table, "lib", library);
    for (key, targets) in [("bin", &package.bins), ("example", &package.examples)] {
        if targets.iter().any(|it| !it.required_features.is_empty()) {
            let mut listed: Vec<Value> = targets.iter().map(|it| Value::Table(target(it))).collect();
            if key == "bin" && package.main {
                // In edition 2015 a list of targets switches their discovery off.
                let main = [("name", package.name.as_str()), ("path", "src/main.rs")];
                listed.push(Value::Table(Table::from_iter(main.map(|(key, value)| (key.to_owned(), value.into())))));
            }
            table.insert(key.to_owned(), Value::Array(listed));
        }
    }
    let features = package.features.iter().map(|(name, values)| (name.clone(), strings(values.clone())));
    insert_table(&mut table, "features", features.collect());
    for it in &package.dependencies {
        let mut into = &mut table;
        for key in it.platform.iter().flat_map(|&platform| ["target", platform]).chain([kind(it.kind)]) {
            let next = into.entry(key).or_insert_with(|| Value::Table(Table::new()));
            into = next.as_table_mut().expect("only tables have these keys");
        }
        into.insert(it.key.clone(), dependency(workspace, &package.dir(), it));
    }
    table
}

pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Normal => "dependencies",
        Kind::Build => "build-dependencies",
        Kind::Dev => "dev-dependencies",
    }
}

fn target(target: &Target) -> Table {
    let mut table = Table::from_iter([("name".to_owned(), target.name.clone().into())]);
    if !target.required_features.is_empty() {
        table.insert("required-features".to_owned(), strings(target.required_features.clone()));
    }
    table
}

fn dependency(workspace: &Workspace, dir: &str, it: &Dependency) -> Value {
    let mut table = Table::new();
    let mut insert = |key: &str, value: Value| drop(table.insert(key.to_owned(), value));
    match &it.from {
        From::Registry { requirement, .. } => insert("version", requirement.clone().into()),
        From::Local(name) => {
            let to = workspace.package(name).expect("a tidy workspace has what it refers to").dir();
            insert("path", relative(dir, &to).into());
        }
        From::Shared => insert("workspace", true.into()),
    }
    match &it.from {
        From::Registry { package, .. } if it.is_renamed() => insert("package", (*package).into()),
        From::Local(name) if it.is_renamed() => insert("package", name.clone().into()),
        _ => {}
    }
    if it.optional {
        insert("optional", true.into());
    }
    if let Some(choice) = it.default_features {
        insert("default-features", choice.into());
    }
    if !it.features.is_empty() {
        insert("features", strings(it.features.clone()));
    }
    match table.get("version") {
        Some(version) if table.len() == 1 => version.clone(),
        _ => Value::Table(table),
    }
}

fn relative(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..");
    let path: Vec<&str> = up.chain(to[common..].iter().copied()).collect();
    if path.is_empty() { ".".to_owned() } else { path.join("/") }
}

fn sources(package: &Package) -> Vec<String> {
    let mut files = Vec::new();
    if package.has_library() {
        files.push("src/lib.rs".to_owned());
    }
    if package.main {
        files.push("src/main.rs".to_owned());
    }
    for (dir, targets) in [
        ("src/bin", &package.bins),
        ("examples", &package.examples),
        ("tests", &package.tests),
        ("benches", &package.benches),
    ] {
        files.extend(targets.iter().map(|it| format!("{dir}/{}.rs", it.name)));
    }
    files.extend(package.build_script.map(str::to_owned));
    files
}

/// A failure shows the whole case as files.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {:#x}", self.seed)?;
        let scope = &self.scope;
        let dir = scope
            .from_member
            .as_ref()
            .and_then(|name| self.workspace.package(name))
            .map_or("ws".to_owned(), Package::dir);
        writeln!(
            f,
            "in `{dir}`: cargo build {}{}",
            scope.args().join(" "),
            if scope.host == Host::Told { "  # prepare knows the host" } else { "" }
        )?;
        for (path, text) in tree(&self.workspace).files(&mut Style::plain()) {
            write!(f, "-- {path} --\n{text}")?;
        }
        Ok(())
    }
}
