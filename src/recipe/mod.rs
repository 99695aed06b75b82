//! Encodes and decodes recipe.json.
//!
//! In: a [`Recipe`], or its text. Out: the other one. RECIPE.md describes the format. `decode`
//! checks that a recipe can write only where it may, and interprets nothing else. Touches nothing.

mod manifest;
pub mod secrets;
pub mod skeleton;
pub mod view;

use crate::config;
use crate::error::{Result, fail};
use crate::recipe::skeleton::Files;
use crate::workspace::lockfile::{self, Lockfile};
use crate::workspace::scope::Scope;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The format that is written and read. A change of the bytes for the same workspace and scope
/// needs a new number.
pub const FORMAT: u64 = 3;

/// The path of a skeleton's config.
pub const CONFIG: &str = ".cargo/config.toml";

/// Everything that `prepare` passes to `cook`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The scope that it was prepared for; `None` if the flags of `cook` decide.
    pub scope: Option<Scope>,
    /// The host that a scoped recipe was prepared for, if one was given.
    pub host: Option<String>,
    /// The Dockerfile that the scope was taken from, if no flag gave it.
    pub dockerfile: Option<String>,
    /// The directory of the current package, for an unscoped recipe; `None` for the root.
    pub here: Option<String>,
    /// The number of directories between the workspace root and the highest config file above it.
    pub above: usize,
    /// The depth below the workspace root of the manifest that `prepare` was called for.
    pub depth: usize,
    /// The depth of that manifest below the directory that `prepare` was called in.
    pub away: usize,
    /// The flags with which cargo builds a scoped recipe.
    pub build: Scope,
    /// The skeleton.
    pub files: Files,
    /// The names of settings that shaped a scoped recipe but are not in it (`config::assumed`).
    pub assumed: BTreeSet<String>,
    /// All third-party packages, for a build without network whose skeleton lacks some of them.
    pub index: Option<Lockfile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Json {
    format: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dockerfile: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    assumed: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    here: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    above: usize,
    #[serde(default, skip_serializing_if = "is_zero")]
    depth: usize,
    #[serde(default, skip_serializing_if = "is_zero")]
    away: usize,
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    build: Scope,
    #[serde(deserialize_with = "once_each")]
    files: BTreeMap<String, Content>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    index: Option<Content>,
}

/// Deserializes a map and refuses a repeated key: readers of JSON differ in which value they take.
fn once_each<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Content>, D::Error> {
    struct OnceEach;
    impl<'de> Visitor<'de> for OnceEach {
        type Value = BTreeMap<String, Content>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut files = BTreeMap::new();
            while let Some((path, content)) = map.next_entry::<String, Content>()? {
                if files.contains_key(&path) {
                    return Err(A::Error::custom(format_args!("the file `{path}` is in it twice")));
                }
                files.insert(path, content);
            }
            Ok(files)
        }
    }
    deserializer.deserialize_map(OnceEach)
}

/// The content of a file: a list of lines, or base64 if it is not UTF-8 or lacks the last line
/// feed.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of lines, or an object with `base64`")]
enum Content {
    Lines(Vec<String>),
    Bytes { base64: String },
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_empty() || text.ends_with('\n') => {
                Content::Lines(text.split_terminator('\n').map(str::to_owned).collect())
            }
            _ => Content::Bytes { base64: BASE64.encode(bytes) },
        }
    }

    fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Content::Lines(lines) => Some(lines.into_iter().map(|line| line + "\n").collect::<String>().into_bytes()),
            Content::Bytes { base64 } => BASE64.decode(base64).ok(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The one key that every format has.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
struct Versioned {
    format: Option<u64>,
}

/// Returns the text of a recipe, with sorted keys and each line of a file on its own line.
pub fn encode(recipe: &Recipe) -> String {
    let json = Json {
        format: FORMAT,
        scope: recipe.scope.clone(),
        host: recipe.host.clone(),
        dockerfile: recipe.dockerfile.clone(),
        here: recipe.here.clone(),
        above: recipe.above,
        depth: recipe.depth,
        away: recipe.away,
        build: recipe.build.clone(),
        files: recipe.files.iter().map(|(path, bytes)| (path.clone(), Content::of(bytes))).collect(),
        assumed: recipe.assumed.clone(),
        index: recipe.index.as_ref().map(|lock| Content::of(lock.to_text().as_bytes())),
    };
    let mut text = serde_json::to_string_pretty(&json).expect("maps with string keys become JSON");
    text.push('\n');
    text
}

/// Returns the format of a recipe, if the text has one.
pub fn format(text: &str) -> Option<u64> {
    serde_json::from_str::<Versioned>(text).ok()?.format
}

/// Reads the text of the recipe that messages call `name`.
///
/// # Errors
/// The text is not a recipe of this format, or a path would leave the directory of the skeleton.
pub fn decode(name: &str, text: &str) -> Result<Recipe> {
    let again = "help: make a new one with `cargo larder prepare`";
    if text.trim().is_empty() {
        fail!("recipe `{name}` is empty\n{again}");
    }
    let at = |e: &serde_json::Error| format!("line {}, column {}", e.line(), e.column());
    match serde_json::from_str::<Versioned>(text) {
        Err(error) if error.is_eof() => fail!("recipe `{name}` is cut off at {}\n{again}", at(&error)),
        Err(error) => fail!("recipe `{name}` is not a recipe: {error}\n{again}"),
        Ok(Versioned { format: None }) if text.contains("\"skeleton\"") => {
            fail!(
                "recipe `{name}` was not made by cargo-larder: it has no `format`, and looks like one of cargo-chef\n{again}"
            )
        }
        Ok(Versioned { format: None }) => fail!("recipe `{name}` is not a recipe: it has no `format`\n{again}"),
        Ok(Versioned { format: Some(FORMAT) }) => {}
        Ok(Versioned { format: Some(other) }) => fail!(
            "recipe `{name}` is of format {other}, and this cargo-larder {} reads format {FORMAT}\nhelp: use the same cargo-larder for `prepare` and `cook`",
            env!("CARGO_PKG_VERSION")
        ),
    }
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => fail!("recipe `{name}` is not a recipe: {error}\n{again}"),
    };
    for path in json.files.keys().chain(json.here.as_ref().filter(|h| !h.is_empty())) {
        // `Path::components` skips `.` and repeated slashes, so one file could have two names.
        let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !is_plain || path.contains(['\\', ':', '\0']) {
            fail!("recipe `{name}` has a file outside its own directory: `{path}`\n{again}");
        }
    }
    let dirs = json.files.keys().flat_map(|path| path.match_indices('/').map(move |(at, _)| (path, &path[..at])));
    for (path, dir) in dirs {
        if json.files.contains_key(dir) {
            fail!("recipe `{name}` has a file `{dir}`, and with `{path}` a directory of that name\n{again}");
        }
    }
    // cargo prefers this file to `config.toml`, which is checked (`get_file_path` in cargo's
    // `util/context/mod.rs`).
    if json.files.contains_key(".cargo/config") {
        fail!("recipe `{name}` has a `.cargo/config`, which no recipe has\n{again}");
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        if !json.files.contains_key(file) {
            fail!("recipe `{name}` has no {file}\n{again}");
        }
    }
    let mut files = Files::new();
    for (path, content) in json.files {
        let Some(bytes) = content.bytes() else {
            fail!("recipe `{name}` is not a recipe: the file `{path}` is not valid base64\n{again}")
        };
        files.insert(path, bytes);
    }
    if let Some(text) = skeleton::text(&files, CONFIG) {
        let Ok(config) = toml::from_str::<toml::Table>(text) else {
            fail!("the `{CONFIG}` of recipe `{name}` is not valid TOML\n{again}")
        };
        // A recipe can come from anybody, so keys that `prepare` would not store have no effect.
        let config = config::that_may_arrive(&config);
        files.insert(CONFIG.to_owned(), config.to_string().into_bytes());
    }
    let lock = |content: Content| lockfile::parse("index", std::str::from_utf8(&content.bytes()?).ok()?).ok();
    let index = match json.index.map(lock) {
        Some(None) => fail!("recipe `{name}` is not a recipe: its `index` is no lockfile\n{again}"),
        index => index.flatten(),
    };
    let Json { scope, host, dockerfile, here, above, depth, away, build, assumed, .. } = json;
    Ok(Recipe { scope, host, dockerfile, here, above, depth, away, build, files, assumed, index })
}
