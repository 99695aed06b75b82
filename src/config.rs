//! Which keys of `.cargo/config.toml` travel in a recipe, and which of them are paths.
//!
//! In: a config table. Out: the same table less what cannot reach a third-party unit or must stay secret, or with its
//! relative paths mapped. A row of policy is a line of a table here, with its reason. Touches nothing. The keys are
//! those of cargo's reference, chapter "Configuration".

use toml::{Table, Value};

/// Keys that stay at home, where they are in force all the same; `*` stands for any key. What is not listed travels
/// (invariant 7).
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
    ("credential-alias.*", PathRule::Command),
    ("host.linker", PathRule::Program),
    ("http.cainfo", PathRule::Path),
    // Of a file it is followed when that is read, and is seen from beside the file; this one is of `--config`.
    ("include", PathRule::Path),
    ("patch.*.*.path", PathRule::Path),
    ("paths", PathRule::Path),
    ("registries.*.credential-provider", PathRule::Command),
    ("registry.credential-provider", PathRule::Command),
    ("registry.global-credential-providers", PathRule::Commands),
    ("source.*.directory", PathRule::Path),
    ("source.*.local-registry", PathRule::Path),
    ("target.*.ar", PathRule::Program),
    ("target.*.linker", PathRule::Program),
];

/// Paths in environment variables that are not named after a key of the config.
const VARIABLES: &[(&str, PathRule)] =
    &[("CARGO_HOME", PathRule::Path), ("RUSTC", PathRule::Program), ("RUSTC_WRAPPER", PathRule::Program)];

/// Lists of which the nearer one counts alone (`NON_MERGEABLE_LISTS` in cargo's `util/context/config_value.rs`).
const WHOLE: &[&str] = &[
    "credential-alias.*",
    "doc.browser",
    "host.runner",
    "registries.*.credential-provider",
    "registry.credential-provider",
    "target.*.runner",
];

#[derive(Clone, Copy)]
enum PathRule {
    /// A path.
    Path,
    /// A path if it has a separator, else a name for PATH (`ConfigRelativePath::resolve_program`).
    Program,
    /// A program and its arguments, either words of a text or a list.
    Command,
    /// A list of such texts.
    Commands,
    /// A path if it ends in `.json`, else a target triple.
    Json,
    /// A path that may begin with `{workspace-root}`.
    Template,
}

/// The keys that travel.
pub fn that_travel(config: &Table) -> Table {
    divided(config).0
}

/// The keys that stay at home.
pub fn that_stay(config: &Table) -> Table {
    divided(config).1
}

fn divided(config: &Table) -> (Table, Table) {
    let (mut travel, mut stay) = (config.clone(), Table::new());
    for (key, _) in STAYS {
        edit(&mut travel, &keys(key), &mut |path, value| {
            put(&mut stay, path, std::mem::replace(value, Value::Boolean(false)));
            Keep::No
        });
    }
    travel.retain(|_, value| value.as_table().is_none_or(|t| !t.is_empty()));
    (travel, stay)
}

/// Maps every relative path in `config`.
pub fn map_paths(config: &mut Table, map: &dyn Fn(&str) -> String) {
    for (key, rule) in PATHS {
        edit(config, &keys(key), &mut |_, value| {
            let words = strings(value);
            // The words that follow a program in a list are its arguments.
            let programs = if words.len() > 1 && matches!(rule, PathRule::Command) { 1 } else { words.len() };
            for text in words.into_iter().take(programs) {
                *text = mapped(text, *rule, map);
            }
            Keep::Yes
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

/// The value of an environment variable of cargo, mapped if it is a relative path. `CARGO_BUILD_RUSTC` is the key
/// `build.rustc`, and so on.
pub fn map_variable(name: &str, value: &str, map: &dyn Fn(&str) -> String) -> String {
    let of_key = |key: &str| {
        let pattern = format!("CARGO_{}", key.replace(['.', '-'], "_").to_uppercase());
        match pattern.split_once('*') {
            None => name == pattern,
            Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
        }
    };
    let own = VARIABLES.iter().find(|(variable, _)| *variable == name);
    match own.or_else(|| PATHS.iter().find(|(key, _)| of_key(key))) {
        Some((_, rule)) if !value.is_empty() => mapped(value, *rule, map),
        _ => value.to_owned(),
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
        PathRule::Command | PathRule::Commands => {
            let (program, arguments) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
            return mapped(program, PathRule::Program, map) + arguments;
        }
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

/// What becomes of a value that was looked at.
enum Keep {
    Yes,
    No,
}

fn keys(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Calls `act` with every value that the path leads to and where it is; removes those not kept, and what they leave empty.
fn edit(table: &mut Table, path: &[&str], act: &mut dyn FnMut(&[String], &mut Value) -> Keep) {
    edit_below(table, path, &mut Vec::new(), act);
}

fn edit_below(
    table: &mut Table,
    path: &[&str],
    above: &mut Vec<String>,
    act: &mut dyn FnMut(&[String], &mut Value) -> Keep,
) {
    let [key, rest @ ..] = path else { return };
    table.retain(|name, value| {
        if *key != "*" && name != *key {
            return true;
        }
        above.push(name.to_owned());
        let keep = match value {
            value if rest.is_empty() => matches!(act(above, value), Keep::Yes),
            Value::Table(below) => {
                let was_empty = below.is_empty();
                edit_below(below, rest, above, act);
                was_empty || !below.is_empty()
            }
            _ => true,
        };
        above.pop();
        keep
    });
}

fn put(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [key, rest @ ..] => {
            if let Value::Table(below) = table.entry(key.clone()).or_insert_with(|| Table::new().into()) {
                put(below, rest, value);
            }
        }
    }
}

/// Adds `weaker` below `config`: tables merge, lists join with the weaker one first, other values stay as they are
/// (`ConfigValue::merge` in cargo's `util/context/config_value.rs`).
pub fn merge(config: &mut Table, weaker: Table) {
    let whole: Vec<_> = WHOLE.iter().map(|path| keys(path)).collect();
    merge_below(config, weaker, &whole);
}

fn merge_below(config: &mut Table, weaker: Table, whole: &[Vec<&str>]) {
    for (key, theirs) in weaker {
        let below: Vec<Vec<&str>> = whole
            .iter()
            .filter(|path| path.first().is_some_and(|first| *first == "*" || *first == key))
            .map(|path| path[1..].to_vec())
            .collect();
        match (config.get_mut(&key), theirs) {
            (None, theirs) => {
                config.insert(key, theirs);
            }
            (Some(Value::Table(ours)), Value::Table(theirs)) => merge_below(ours, theirs, &below),
            (Some(Value::Array(ours)), Value::Array(mut theirs)) if !below.iter().any(Vec::is_empty) => {
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
        let rest = table("alias.b = 'build'\nbuild.jobs = 3\nregistries.x.token = 't'\nregistry.token = 't'\n");
        assert_eq!(that_stay(&config), rest);
    }

    #[test]
    fn variables_are_mapped_as_their_keys_are() {
        let of = |name, value| map_variable(name, value, &|p| format!("/at/{p}"));
        assert_eq!(of("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "bin/cc"), "/at/bin/cc");
        assert_eq!(of("CARGO_BUILD_TARGET", "my.json"), "/at/my.json");
        assert_eq!(of("CARGO_HTTP_CAINFO", "ca.pem"), "/at/ca.pem");
        assert_eq!(of("CARGO_REGISTRY_CREDENTIAL_PROVIDER", "bin/cred --x a/b"), "/at/bin/cred --x a/b");
        for (name, value) in [("CARGO_BUILD_TARGET", "x86"), ("RUSTC", "/bin/rustc"), ("RUSTC", ""), ("CC", "bin/cc")] {
            assert_eq!(of(name, value), value);
        }
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
        let mut near = table("target.x.runner = ['b']\n");
        merge(&mut near, table("target.x.runner = ['a', 'c']\n"));
        assert_eq!(near, table("target.x.runner = ['b']\n"));
    }
}
