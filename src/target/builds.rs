//! Stores which build a cook was for, so that a later verification can name the differences.
//!
//! In: flags, the configuration, and the surroundings. Out: a [`Build`], and a file of them in the
//! directory of the units. The file holds settings that affect units, and no other variable.
//! Without it, a verification only has fewer words, so no failure here fails the cook.

use crate::config::layers::{Layers, Origin, spelled};
use crate::disk;
use crate::environment::Environment;
use crate::recipe::skeleton::{self, Files};
use crate::workspace::scope::Scope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// The name of the file in the directory of the units.
pub const RECORD: &str = ".larder-builds.json";
const FORMAT: u32 = 1;

/// Keys of a profile that affect units (`Profile::comparable` in cargo's `core/profiles.rs`).
const OF_PROFILES: [&str; 14] = [
    "opt-level",
    "lto",
    "codegen-backend",
    "codegen-units",
    "debug",
    "split-debuginfo",
    "debug-assertions",
    "overflow-checks",
    "rpath",
    "incremental",
    "panic",
    "strip",
    "rustflags",
    "trim-paths",
];
/// The variables of rustc's flags, which override the config (`env_args` in cargo's
/// `target_info.rs`).
const FLAGS: [&str; 2] = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"];

/// The parts of a build that affect its units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// What it selects.
    pub scope: Scope,
    /// Its command.
    pub words: String,
    /// Settings by name, such as `profile.release.lto` and `RUSTFLAGS`.
    pub settings: BTreeMap<String, Setting>,
    /// The version of rustc.
    pub rustc: Option<String>,
    /// cargo's home.
    pub cargo_home: Option<String>,
    /// The command that chose it.
    #[serde(default)]
    pub chosen_by: ChosenBy,
}

/// The command whose flags chose a cooked build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChosenBy {
    /// `prepare`: the recipe is for one build.
    #[default]
    Prepare,
    /// `cook`: the recipe is for every build.
    Cook,
    /// `cook`, without a recipe in a file.
    CookAlone,
}

/// The value of a setting, and the layer that sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The value as text.
    pub value: String,
    /// A variable, a flag, or a key of a file.
    pub by: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    format: u32,
    builds: Vec<Build>,
}

/// Stores that `build` was cooked for, in the directory of the units.
pub fn note(units: &Path, build: Build) {
    let mut builds = read(units);
    if builds.last() == Some(&build) {
        return;
    }
    builds.retain(|it| it.words != build.words);
    builds.push(build);
    if let Ok(text) = serde_json::to_string_pretty(&File { format: FORMAT, builds }) {
        let _ = disk::write_whole(&units.join(RECORD), format!("{text}\n").as_bytes());
    }
}

/// Returns the builds that were cooked for, the latest last.
pub fn read(units: &Path) -> Vec<Build> {
    let text = std::fs::read_to_string(units.join(RECORD)).unwrap_or_default();
    let file: Option<File> = serde_json::from_str(&text).ok();
    file.filter(|file| file.format == FORMAT).map(|file| file.builds).unwrap_or_default()
}

/// Collects the settings that affect units. `manifest` is the root of the workspace or of its
/// skeleton.
pub fn settings(layers: &Layers, environment: &Environment, manifest: &Table) -> BTreeMap<String, Setting> {
    let mut found = BTreeMap::new();
    let mut add = |key: String, value: String, by: String| {
        found.entry(key).or_insert(Setting { value, by });
    };
    for name in FLAGS {
        // Even an empty variable overrides the config.
        let value = environment.var_os(name).and_then(std::ffi::OsStr::to_str);
        if let Some(value) = value {
            add(name.to_owned(), value.replace('\x1f', " "), name.to_owned());
        }
    }
    for (name, value) in environment.texts().filter(|(_, value)| !value.is_empty()) {
        if let Some(key) = of_profile(name) {
            add(key, value.to_owned(), name.to_owned());
        } else if name.starts_with("CARGO_TARGET_") && (name.ends_with("_LINKER") || name.ends_with("_RUSTFLAGS"))
            || name == "CARGO_BUILD_RUSTFLAGS"
        {
            add(name.to_owned(), value.to_owned(), name.to_owned());
        }
    }
    for key in leaves(&layers.merged()).into_keys().filter(|key| decides(key)) {
        let Some((value, origin)) = layers.get(&key) else { continue };
        let by = match origin {
            Origin::Project | Origin::Home => format!("{key} in cargo's config"),
            origin => spelled(&key, origin),
        };
        add(key.clone(), text(value), by);
    }
    for (key, value) in leaves(manifest).into_iter().filter(|(key, _)| decides(key)) {
        add(key.clone(), value, format!("{key} in Cargo.toml"));
    }
    found
}

/// Returns the key of a profile that a variable sets: `CARGO_PROFILE_RELEASE_LTO` is
/// `profile.release.lto`.
fn of_profile(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix("CARGO_PROFILE_")?;
    OF_PROFILES.iter().find_map(|key| {
        let name = rest.strip_suffix(&format!("_{}", key.replace('-', "_").to_uppercase()))?;
        let (name, below) = name.strip_suffix("_BUILD_OVERRIDE").map_or((name, ""), |name| (name, "build-override."));
        Some(format!("profile.{}.{below}{key}", name.to_lowercase().replace('_', "-")))
    })
}

/// Returns whether a key of a manifest or of the config affects units.
fn decides(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    match key.split('.').next() {
        Some("profile") => OF_PROFILES.contains(&last),
        Some("build") => ["rustflags", "target"].contains(&last),
        Some("target" | "host") => ["rustflags", "linker"].contains(&last),
        Some("unstable") => true,
        _ => false,
    }
}

/// Returns every value in a table, by its dotted key. Names in a table of targets may contain dots,
/// which no requested key does.
fn leaves(table: &Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in table {
        match value {
            Value::Table(below) => {
                found.extend(leaves(below).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => {
                found.insert(name.clone(), text(value));
            }
        }
    }
    found
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    }
}

/// Returns the root manifest of a skeleton.
pub fn manifest(files: &Files) -> Table {
    skeleton::text(files, "Cargo.toml").and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Returns the version of rustc that cargo stores in a target directory (`Cache` in its
/// `util/rustc.rs`).
pub fn rustc(target_dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(target_dir.join(".rustc_info.json")).ok()?;
    let info: serde_json::Value = serde_json::from_str(&text).ok()?;
    let outputs = info.get("outputs")?.as_object()?;
    let said = outputs.values().filter_map(|output| output.get("stdout")?.as_str());
    said.into_iter().find(|said| said.starts_with("rustc ")).and_then(|said| said.lines().next()).map(str::to_owned)
}

/// Returns a scope with the platform that the config names, if no flag does.
pub fn with_target(scope: Scope, layers: &Layers) -> Scope {
    if !scope.target.is_empty() {
        return scope;
    }
    let target = match layers.get("build.target").map(|(value, _)| value) {
        Some(Value::Array(list)) => list.iter().map(text).collect(),
        Some(Value::String(target)) => vec![target.clone()],
        _ => Vec::new(),
    };
    Scope { target, ..scope }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::Given;

    #[test]
    fn a_setting_has_one_name_however_it_is_spelled_and_secrets_are_not_among_them() {
        let variables = [
            ("CARGO_PROFILE_RELEASE_LTO", "fat"),
            ("CARGO_PROFILE_MY_CI_BUILD_OVERRIDE_OPT_LEVEL", "1"),
            ("RUSTFLAGS", ""),
            ("CARGO_REGISTRIES_X_TOKEN", "secret"),
            ("PASSWORD", "secret"),
        ];
        let environment = Environment::with(&variables);
        let given = Given { environment: environment.clone(), ..Given::default() };
        let project = "[build]\nrustflags = ['-Ca', '-Cb']\njobs = 3\n[registry]\ntoken = 'secret'\n[profile.release]\nlto = 'thin'\n";
        let layers = Layers::read(&given, project.parse().expect("TOML")).expect("no file is read");
        let manifest = "[profile.release]\nlto = true\ndebug = 1\n".parse().expect("TOML");
        let found: Vec<(String, String, String)> = settings(&layers, &environment, &manifest)
            .into_iter()
            .map(|(key, setting)| (key, setting.value, setting.by))
            .collect();
        let expected = [
            ("RUSTFLAGS", "", "RUSTFLAGS"),
            ("build.rustflags", "-Ca -Cb", "build.rustflags in cargo's config"),
            ("profile.my-ci.build-override.opt-level", "1", "CARGO_PROFILE_MY_CI_BUILD_OVERRIDE_OPT_LEVEL"),
            ("profile.release.debug", "1", "profile.release.debug in Cargo.toml"),
            ("profile.release.lto", "fat", "CARGO_PROFILE_RELEASE_LTO"),
        ];
        assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn a_record_is_read_back_and_a_broken_one_is_none() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let build = |words: &str| Build { words: words.to_owned(), ..Build::default() };
        for words in ["a", "b", "a"] {
            note(dir.path(), build(words));
        }
        assert_eq!(read(dir.path()), [build("b"), build("a")]);
        fs_err::write(dir.path().join(RECORD), "{").expect("writable");
        assert_eq!(read(dir.path()), []);
    }
}
