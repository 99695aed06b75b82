//! The schema of a manifest, as the user wrote it.
//!
//! In: the text of a Cargo.toml. Out: a [`Manifest`], before inheritance, defaults, and discovery.
//! Unknown keys remain in the `rest` tables (invariant 7). The keys are spelled as in cargo's
//! `cargo-util-schemas`, `src/manifest/mod.rs`. Touches nothing.

use crate::error::{Result, fail};
use crate::workspace::DependencyKind;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Table;

/// `Cargo.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub struct Manifest {
    #[serde(default)]
    pub cargo_features: Vec<String>,
    #[serde(alias = "project")]
    pub package: Option<PackageTable>,
    pub workspace: Option<WorkspaceTable>,
    pub lib: Option<TargetTable>,
    // cargo distinguishes an empty list from a missing one.
    pub bin: Option<Vec<TargetTable>>,
    pub example: Option<Vec<TargetTable>>,
    pub test: Option<Vec<TargetTable>>,
    pub bench: Option<Vec<TargetTable>>,
    #[serde(default)]
    pub features: BTreeMap<String, Vec<String>>,
    // Not a flattened `DependencyTables`: serde loses the positions of values in a `flatten`.
    #[serde(default)]
    dependencies: Dependencies,
    #[serde(rename = "dev-dependencies")]
    dev_hyphen: Option<Dependencies>,
    #[serde(rename = "dev_dependencies")]
    dev_underscore: Option<Dependencies>,
    #[serde(rename = "build-dependencies")]
    build_hyphen: Option<Dependencies>,
    #[serde(rename = "build_dependencies")]
    build_underscore: Option<Dependencies>,
    #[serde(default)]
    target: BTreeMap<String, DependencyTables>,
    #[serde(default)]
    pub profile: Table,
    #[serde(default)]
    pub patch: BTreeMap<String, BTreeMap<String, StringOr<DependencyTable>>>,
    #[serde(default)]
    pub replace: Table,
    #[serde(flatten)]
    pub rest: Table,
}

/// One `[target.'…']`.
#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "a table")]
struct DependencyTables {
    #[serde(default)]
    dependencies: Dependencies,
    #[serde(rename = "dev-dependencies")]
    dev_hyphen: Option<Dependencies>,
    #[serde(rename = "dev_dependencies")]
    dev_underscore: Option<Dependencies>,
    #[serde(rename = "build-dependencies")]
    build_hyphen: Option<Dependencies>,
    #[serde(rename = "build_dependencies")]
    build_underscore: Option<Dependencies>,
}

impl Manifest {
    /// Returns whether it inherits anything. If not, cargo does not search for a root to inherit
    /// from (`normalize_toml` in cargo's `workspace/parser/mod.rs`).
    pub fn inherits(&self) -> bool {
        let is_inherited = |value: &toml::Value| value.get("workspace").is_some();
        let of_package = |p: &PackageTable| {
            let versioned = [&p.version, &p.edition].into_iter().flatten().any(|v| matches!(v, StringOr::Full(_)));
            versioned || p.rest.iter().any(|(key, value)| key != "metadata" && is_inherited(value))
        };
        let is_dependency =
            |d: &StringOr<DependencyTable>| matches!(d, StringOr::Full(table) if table.workspace.is_some());
        self.package.as_ref().is_some_and(of_package)
            || self.rest.get("lints").is_some_and(is_inherited)
            || self.dependency_tables().any(|(_, _, table)| table.values().any(is_dependency))
    }

    /// Returns the dependency tables: kind, platform as written, and table. If both spellings are
    /// present, the one with a hyphen wins (`TomlManifest::dev_dependencies` in
    /// `cargo-util-schemas`).
    pub fn dependency_tables(&self) -> impl Iterator<Item = (DependencyKind, Option<&str>, &Dependencies)> {
        let plain = kinds(
            &self.dependencies,
            [&self.dev_hyphen, &self.dev_underscore],
            [&self.build_hyphen, &self.build_underscore],
        );
        let platforms = self.target.iter().flat_map(|(platform, of)| {
            let tables =
                kinds(&of.dependencies, [&of.dev_hyphen, &of.dev_underscore], [&of.build_hyphen, &of.build_underscore]);
            tables.map(move |(kind, table)| (kind, Some(platform.as_str()), table))
        });
        plain.map(|(kind, table)| (kind, None, table)).chain(platforms)
    }
}

/// Returns every entry of every dependency table: kind, platform as written, key, and entry.
pub fn tables(
    manifest: &Manifest,
) -> impl Iterator<Item = (DependencyKind, Option<&str>, &str, &StringOr<DependencyTable>)> {
    manifest
        .dependency_tables()
        .flat_map(|(kind, platform, table)| table.iter().map(move |(key, entry)| (kind, platform, key.as_str(), entry)))
}

/// Returns the tables that are present. Of each kind, the first spelling counts.
fn kinds<'a>(
    normal: &'a Dependencies,
    dev: [&'a Option<Dependencies>; 2],
    build: [&'a Option<Dependencies>; 2],
) -> impl Iterator<Item = (DependencyKind, &'a Dependencies)> {
    let first = |kind, spellings: [&'a Option<Dependencies>; 2]| {
        spellings.into_iter().find_map(Option::as_ref).map(|table| (kind, table))
    };
    let normal = (DependencyKind::Normal, normal);
    std::iter::once(normal).chain(first(DependencyKind::Dev, dev)).chain(first(DependencyKind::Build, build))
}

pub type Dependencies = BTreeMap<String, StringOr<DependencyTable>>;

/// `[package]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub struct PackageTable {
    pub name: String,
    pub version: Option<StringOr<Inherit>>,
    pub edition: Option<StringOr<Inherit>>,
    pub workspace: Option<String>,
    pub resolver: Option<String>,
    pub build: Option<BuildKey>,
    pub autolib: Option<bool>,
    pub autobins: Option<bool>,
    pub autoexamples: Option<bool>,
    pub autotests: Option<bool>,
    pub autobenches: Option<bool>,
    #[serde(flatten)]
    pub rest: Table,
}

/// `package.build`: a path, `false`, or several paths (unstable).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum BuildKey {
    Switch(bool),
    Path(#[expect(dead_code, reason = "only that there is one counts")] String),
    Paths(Vec<String>),
}

/// `{ workspace = true }`.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a table")]
pub struct Inherit {
    pub workspace: bool,
}

/// `[workspace]`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub struct WorkspaceTable {
    #[serde(default)]
    pub members: Vec<String>,
    pub default_members: Option<Vec<String>>,
    #[serde(default)]
    pub exclude: Vec<String>,
    pub resolver: Option<String>,
    #[serde(default)]
    pub package: Table,
    #[serde(default)]
    pub dependencies: Dependencies,
    #[serde(flatten)]
    pub rest: Table,
}

/// `[lib]`, `[[bin]]`, `[[example]]`, `[[test]]`, `[[bench]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub struct TargetTable {
    pub name: Option<String>,
    pub path: Option<String>,
    pub test: Option<bool>,
    pub bench: Option<bool>,
    pub required_features: Option<Vec<String>>,
    #[serde(rename = "crate-type")]
    crate_type_hyphen: Option<Vec<String>>,
    #[serde(rename = "crate_type")]
    crate_type_underscore: Option<Vec<String>>,
    #[serde(rename = "proc-macro")]
    proc_macro_hyphen: Option<bool>,
    #[serde(rename = "proc_macro")]
    proc_macro_underscore: Option<bool>,
}

impl TargetTable {
    /// Returns the crate types, or `default` if none is given (`to_lib_target` in cargo's
    /// `util/toml/targets.rs`).
    pub fn crate_types(&self, default: &str) -> Vec<String> {
        let named = self.crate_type_hyphen.clone().or_else(|| self.crate_type_underscore.clone());
        let proc_macro = self.proc_macro_hyphen.or(self.proc_macro_underscore) == Some(true);
        named.unwrap_or_else(|| vec![if proc_macro { "proc-macro" } else { default }.to_owned()])
    }
}

/// `{ version = "…", … }`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a table")]
pub struct DependencyTable {
    pub version: Option<String>,
    pub workspace: Option<bool>,
    pub path: Option<String>,
    pub package: Option<String>,
    pub features: Option<Vec<String>>,
    #[serde(rename = "default-features")]
    default_features_hyphen: Option<bool>,
    #[serde(rename = "default_features")]
    default_features_underscore: Option<bool>,
    pub optional: Option<bool>,
    #[serde(flatten)]
    pub rest: Table,
}

impl DependencyTable {
    pub fn default_features(&self) -> Option<bool> {
        self.default_features_hyphen.or(self.default_features_underscore)
    }

    pub fn with_default_features(self, default_features: Option<bool>) -> Self {
        DependencyTable { default_features_hyphen: default_features, default_features_underscore: None, ..self }
    }
}

/// A value that is a table, or a string as its short form.
#[derive(Clone, Debug)]
pub enum StringOr<T> {
    Short(String),
    Full(T),
}

impl StringOr<DependencyTable> {
    /// Returns the table. `"1.0"` is `{ version = "1.0" }`.
    pub fn table(&self) -> DependencyTable {
        match self {
            StringOr::Short(version) => {
                DependencyTable { version: Some(version.clone()), ..DependencyTable::default() }
            }
            StringOr::Full(table) => table.clone(),
        }
    }
}

// Not `#[serde(untagged)]`, whose errors do not name the wrong key and its position.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for StringOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = StringOr<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a table")
            }
            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E> {
                Ok(StringOr::Short(value.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(StringOr::Full)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// Parses the text of a manifest, which messages call `name`.
///
/// # Errors
/// The text is not TOML, a known key has the wrong type, or there is neither a package nor a
/// workspace.
pub fn parse(name: &str, text: &str) -> Result<Manifest> {
    match toml::from_str(text) {
        Ok(Manifest { package: None, workspace: None, .. }) => {
            fail!("failed to parse manifest `{name}`\nit has neither a `[package]` nor a `[workspace]`")
        }
        Ok(manifest) => Ok(manifest),
        Err(error) => fail!("failed to parse manifest `{name}`\n{}", error.to_string().trim_end()),
    }
}
