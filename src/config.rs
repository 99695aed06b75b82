//! Which keys of `.cargo/config.toml` travel in a recipe, and which of them are paths.
//!
//! In: a config table. Out: the same table less what cannot reach a third-party unit or must stay secret, or with its
//! relative paths mapped. A row of policy is a line of a table here, with its reason. Touches nothing. The keys are
//! those of cargo's reference, chapter "Configuration".

use toml::{Table, Value};

/// Keys that stay at home; `*` stands for any key. What is not listed travels (invariant 7).
const STAYS: &[(&str, &str)] = &[
    ("alias", "names of commands"),
    ("cache", "housekeeping of cargo's home"),
    ("cargo-new", "for `cargo new`"),
    ("credential-alias", "secret"),
    ("doc", "for `cargo doc`"),
    ("future-incompat-report", "a report"),
    ("install", "for `cargo install`"),
    ("resolver", "versions are locked"),
    ("term", "looks"),
    ("build.dep-info-basedir", "the dep-info of final artifacts"),
    ("build.incremental", "local packages only"),
    ("build.jobs", "how fast, not what"),
    ("build.rustc-workspace-wrapper", "local packages only"),
    ("build.rustdoc", "for `cargo doc`"),
    ("build.rustdocflags", "for `cargo doc`"),
    ("build.warnings", "local packages only"),
    ("http.proxy", "may hold a password, and belongs to the machine"),
    ("target.*.runner", "for `cargo run`"),
    ("target.*.rustdocflags", "for `cargo doc`"),
    ("registries.*.credential-provider", "secret"),
    ("registries.*.secret-key", "secret"),
    ("registries.*.secret-key-subject", "secret"),
    ("registries.*.token", "secret"),
    ("registry.credential-provider", "secret"),
    ("registry.global-credential-providers", "secret"),
    ("registry.secret-key", "secret"),
    ("registry.secret-key-subject", "secret"),
    ("registry.token", "secret"),
];

/// Keys that hold paths relative to the directory above `.cargo`, and how cargo reads them.
const PATHS: &[(&str, PathRule)] = &[
    ("build.rustc", PathRule::Program),
    ("build.rustc-wrapper", PathRule::Program),
    ("build.target", PathRule::Json),
    ("build.target-dir", PathRule::Path),
    ("build.build-dir", PathRule::Template),
    ("host.linker", PathRule::Program),
    ("http.cainfo", PathRule::Path),
    ("paths", PathRule::Path),
    ("source.*.directory", PathRule::Path),
    ("source.*.local-registry", PathRule::Path),
    ("target.*.ar", PathRule::Program),
    ("target.*.linker", PathRule::Program),
];

#[derive(Clone, Copy)]
enum PathRule {
    /// A path.
    Path,
    /// A path if it has a separator, else a name for PATH (`ConfigRelativePath::resolve_program`).
    Program,
    /// A path if it ends in `.json`, else a target triple.
    Json,
    /// A path that may begin with `{workspace-root}`.
    Template,
}

/// The keys that travel.
pub fn that_travel(config: &Table) -> Table {
    let mut config = config.clone();
    for (key, _) in STAYS {
        edit(&mut config, &key.split('.').collect::<Vec<_>>(), &mut |table, key| {
            table.remove(key);
        });
    }
    config.retain(|_, value| value.as_table().is_none_or(|t| !t.is_empty()));
    config
}

/// Maps every relative path in `config`.
pub fn map_paths(config: &mut Table, map: &dyn Fn(&str) -> String) {
    for (key, rule) in PATHS {
        edit(config, &key.split('.').collect::<Vec<_>>(), &mut |table, key| {
            for text in table.get_mut(key).into_iter().flat_map(strings) {
                *text = mapped(text, *rule, map);
            }
        });
    }
    for variable in config.get_mut("env").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        let Some(variable) = variable.1.as_table_mut() else { continue };
        if variable.get("relative").and_then(Value::as_bool) == Some(true)
            && let Some(Value::String(text)) = variable.get_mut("value")
        {
            *text = mapped(text, PathRule::Path, map);
        }
    }
}

/// Whether a target is a file that specifies it (`CompileTarget::new` in cargo's `core/compiler/compile_kind.rs`).
pub fn is_specification(target: &str) -> bool {
    std::path::Path::new(target).extension().is_some_and(|e| e == "json")
}

fn mapped(text: &str, rule: PathRule, map: &dyn Fn(&str) -> String) -> String {
    let is_path = match rule {
        PathRule::Path => true,
        PathRule::Program => text.contains(['/', '\\']),
        PathRule::Json => is_specification(text),
        PathRule::Template => {
            if let Some(below) = text.strip_prefix("{workspace-root}") {
                return map(below.trim_start_matches('/'));
            }
            !text.starts_with('{')
        }
    };
    if is_path && !std::path::Path::new(text).is_absolute() { map(text) } else { text.to_owned() }
}

fn strings(value: &mut Value) -> Vec<&mut String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter_mut().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// Calls `act` with every table that the path leads to, and the last key.
fn edit(table: &mut Table, path: &[&str], act: &mut dyn FnMut(&mut Table, &str)) {
    match path {
        [] => {}
        [last] => act(table, last),
        ["*", rest @ ..] => {
            for value in table.iter_mut().filter_map(|(_, v)| v.as_table_mut()) {
                edit(value, rest, act);
            }
        }
        [key, rest @ ..] => {
            if let Some(value) = table.get_mut(*key).and_then(Value::as_table_mut) {
                edit(value, rest, act);
                if value.is_empty() {
                    table.remove(*key);
                }
            }
        }
    }
}

/// Adds `weaker` below `config`: tables merge, lists join with the weaker one first, other values stay as they are
/// (`ConfigValue::merge` in cargo's `util/context/mod.rs`).
pub fn merge(config: &mut Table, weaker: Table) {
    for (key, theirs) in weaker {
        match (config.get_mut(&key), theirs) {
            (None, theirs) => {
                config.insert(key, theirs);
            }
            (Some(Value::Table(ours)), Value::Table(theirs)) => merge(ours, theirs),
            (Some(Value::Array(ours)), Value::Array(mut theirs)) => {
                theirs.append(ours);
                *ours = theirs;
            }
            (Some(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        toml::from_str(text).expect("a valid table")
    }

    #[test]
    fn secrets_and_looks_stay_at_home() {
        let config = table(
            "alias.b = 'build'\n[build]\njobs = 3\nrustflags = ['-Ca']\n[registries.x]\nindex = 'i'\ntoken = 't'\n[registry]\ntoken = 't'\n[future]\nkey = 1\n",
        );
        let expected = table("[build]\nrustflags = ['-Ca']\n[registries.x]\nindex = 'i'\n[future]\nkey = 1\n");
        assert_eq!(that_travel(&config), expected);
    }

    #[test]
    fn relative_paths_are_mapped_and_names_are_not() {
        let mut config = table(
            "[target.a]\nlinker = 'cc'\n[target.b]\nlinker = 'bin/cc'\n[source.v]\ndirectory = 'vendor'\n[build]\ntarget = ['x86', 'my.json']\nbuild-dir = '{workspace-root}/b'\n[env]\nA = {value = 'a', relative = true}\nB = 'b'\n",
        );
        map_paths(&mut config, &|p| format!("/at/{p}"));
        let expected = table(
            "[target.a]\nlinker = 'cc'\n[target.b]\nlinker = '/at/bin/cc'\n[source.v]\ndirectory = '/at/vendor'\n[build]\ntarget = ['x86', '/at/my.json']\nbuild-dir = '/at/b'\n[env]\nA = {value = '/at/a', relative = true}\nB = 'b'\n",
        );
        assert_eq!(config, expected);
    }

    #[test]
    fn the_nearer_config_wins_and_lists_join() {
        let mut near = table("[build]\nrustflags = ['b']\ntarget = 'x'\n");
        merge(&mut near, table("[build]\nrustflags = ['a']\ntarget = 'y'\n[net]\noffline = true\n"));
        assert_eq!(near, table("[build]\nrustflags = ['a', 'b']\ntarget = 'x'\n[net]\noffline = true\n"));
    }
}
