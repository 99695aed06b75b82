//! What the disk says about a project, in addition to its workspace.
//!
//! In: a workspace, and the directories of the chosen packages. Out: [`Facts`], plain values: the
//! context of the container build, the toolchain, ports, and files that the build or the program
//! reads. Reads manifests, configuration, sources, and names of files. Writes nothing.

use super::sources;
use crate::config::files;
use crate::path::{self, normalize, shared};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What the disk says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The directory that the container build gets.
    pub context: PathBuf,
    /// The workspace root, relative to the context; empty if they are the same.
    pub inner: String,
    /// The context, relative to the top of the repository; empty if they are the same.
    pub below: String,
    /// The toolchain file, relative to the context, and the channel that it names.
    pub toolchain: Option<(String, Option<String>)>,
    /// The largest `rust-version` of the local packages.
    pub rust_version: Option<String>,
    /// The version of the format of Cargo.lock.
    pub lock_version: u32,
    /// The target directory, relative to the workspace root.
    pub target_dir: String,
    /// The port that a file names, and that file.
    pub port: Option<(u16, String)>,
    /// Files and directories that the build reads, relative to the context, each with its reader.
    pub reads: BTreeMap<String, String>,
    /// Files and directories that the program reads, relative to the workspace root.
    pub serves: Vec<String>,
    /// Whether the profile decides about symbols or debug information itself.
    pub keeps_symbols: bool,
}

/// Directories that programs read when they run, each with the crates that read it.
const SERVED: &[(&str, &[&str])] = &[
    ("Rocket.toml", &["rocket"]),
    ("templates", &["rocket_dyn_templates", "tera", "handlebars", "minijinja"]),
    ("static", &["rocket", "tower-http", "actix-files", "warp", "poem"]),
    ("public", &["rocket", "tower-http", "actix-files", "warp", "poem"]),
    ("assets", &["rocket", "tower-http", "actix-files", "warp", "poem"]),
];

/// Directories that builds read, each with the crates that read it.
const READ: &[(&str, &[&str])] = &[
    (".sqlx", &["sqlx"]),
    ("sqlx-data.json", &["sqlx"]),
    ("migrations", &["sqlx", "diesel_migrations", "refinery", "sea-orm-migration"]),
    ("templates", &["askama", "askama_derive", "rinja", "sailfish"]),
    ("proto", &["prost-build", "tonic-build", "protobuf-codegen"]),
    ("protos", &["prost-build", "tonic-build", "protobuf-codegen"]),
];

/// Reads the facts about the packages in `dirs`, whose build has the crates that `has` knows.
pub fn facts(workspace: &Workspace, dirs: &[String], profile: &str, has: &dyn Fn(&str) -> bool) -> Facts {
    let root = &workspace.root;
    let toolchain = workspace.toolchain.as_ref().and_then(|_| toolchain_file(root));
    let context = context(workspace, toolchain.as_deref());
    let inner = path::relative(root, &context);
    let mut places: Vec<PathBuf> = dirs.iter().map(|dir| normalize(&root.join(dir))).collect();
    places.push(root.clone());
    places.dedup();
    let in_context = |path: &Path| path.strip_prefix(&context).ok().map(path::slashed);
    let mut reads = BTreeMap::new();
    for (name, crates) in READ {
        let Some(reader) = crates.iter().find(|name| has(name)) else { continue };
        for found in places.iter().map(|dir| dir.join(name)).filter(|path| path.exists()) {
            reads.extend(in_context(&found).map(|path| (path, format!("`{reader}`"))));
        }
    }
    for package in &workspace.packages {
        for (found, reader) in sources::included(&normalize(&root.join(&package.dir))) {
            reads.extend(in_context(&found).map(|path| (path, format!("`{reader}`"))));
        }
    }
    let is_served = |(name, crates): &&(&str, &[&str])| crates.iter().any(|c| has(c)) && root.join(name).exists();
    let top = context.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(&context);
    Facts {
        inner,
        below: path::relative(&context, top),
        toolchain: toolchain.as_deref().and_then(|path| Some((in_context(path)?, channel(path)))),
        rust_version: rust_version(workspace),
        lock_version: workspace.lock.version,
        target_dir: workspace.layers.text("build.target-dir").unwrap_or("target").to_owned(),
        port: port(&places, &context, has),
        reads,
        serves: SERVED.iter().filter(is_served).map(|(name, _)| (*name).to_owned()).collect(),
        keeps_symbols: keeps_symbols(workspace, profile),
        context,
    }
}

/// The directory that has the root, all local packages, and the files that cargo and rustup read.
fn context(workspace: &Workspace, toolchain: Option<&Path>) -> PathBuf {
    let root = &workspace.root;
    let packages = workspace.packages.iter().map(|p| normalize(&root.join(&p.dir)));
    let config = root.ancestors().nth(workspace.config_above).unwrap_or(root).to_owned();
    let toolchain = toolchain.and_then(Path::parent).unwrap_or(root).to_owned();
    packages.chain([config, toolchain]).fold(root.clone(), |context, dir| shared(&context, &dir))
}

fn toolchain_file(root: &Path) -> Option<PathBuf> {
    root.ancestors().find_map(files::toolchain_file)
}

/// The channel of a toolchain file, which may also be the whole text of it.
fn channel(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    match text.parse::<Table>() {
        Ok(table) => Some(table.get("toolchain")?.get("channel")?.as_str()?.to_owned()),
        Err(_) => Some(text.trim().to_owned()),
    }
}

/// The largest `rust-version`.
fn rust_version(workspace: &Workspace) -> Option<String> {
    let manifest = |dir: &str| -> Option<Table> {
        std::fs::read_to_string(workspace.root.join(dir).join("Cargo.toml")).ok()?.parse().ok()
    };
    let shared = manifest("").and_then(|root| root.get("workspace")?.get("package")?.get("rust-version").cloned());
    let of = |dir: &str| -> Option<Value> {
        let own = manifest(dir)?.get("package")?.get("rust-version")?.clone();
        if own.is_str() { Some(own) } else { shared.clone() }
    };
    let all = workspace.packages.iter().filter_map(|p| of(&p.dir)?.as_str().map(str::to_owned));
    all.max_by_key(|version| numbers(version))
}

/// A version as numbers, for comparing.
pub fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

fn keeps_symbols(workspace: &Workspace, profile: &str) -> bool {
    let merged = workspace.layers.merged();
    let tables = [Some(&workspace.root_tables.profile), merged.get("profile").and_then(Value::as_table)];
    let own = tables.into_iter().flatten().filter_map(|profiles| profiles.get(profile)?.as_table());
    own.flat_map(Table::keys).any(|key| key == "strip" || key == "debug")
}

/// Files that may name the port, and the tables of them that may have it.
const CONFIGS: &[&str] = &[
    "config/default.toml",
    "config/production.toml",
    "config/config.toml",
    "configuration/base.toml",
    "config.toml",
    "Config.toml",
    "Settings.toml",
    "settings.toml",
];
const TABLES: &[&str] = &["", "server", "http", "web", "application", "app", "api", "default"];

/// The port that `Rocket.toml` or another configuration file names.
fn port(places: &[PathBuf], context: &Path, has: &dyn Fn(&str) -> bool) -> Option<(u16, String)> {
    let table = |path: &Path| std::fs::read_to_string(path).ok()?.parse::<Table>().ok();
    let of = |table: &Table, key: &str| -> Option<u16> {
        let table = if key.is_empty() { table } else { table.get(key)?.as_table()? };
        u16::try_from(table.get("port")?.as_integer()?).ok()
    };
    let named = |path: &Path| path.strip_prefix(context).map(path::slashed).unwrap_or_default();
    if has("rocket") {
        let files = places.iter().map(|dir| dir.join("Rocket.toml")).filter(|path| path.is_file());
        let found = files.filter_map(|path| {
            let table = table(&path)?;
            let port = ["release", "default", "global"].iter().find_map(|profile| of(&table, profile))?;
            Some((port, named(&path)))
        });
        return found.into_iter().next().or_else(|| Some((8000, "the default of Rocket".to_owned())));
    }
    places.iter().flat_map(|dir| CONFIGS.iter().map(|name| dir.join(name))).find_map(|path| {
        let table = table(&path)?;
        let port = TABLES.iter().find_map(|key| of(&table, key))?;
        Some((port, named(&path)))
    })
}
