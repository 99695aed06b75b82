//! Decides which config keys are paths, and how cargo reads them.
//!
//! In: a config table or the value of a variable, and what to do with a relative path. Out: the
//! same with its relative paths mapped, or with variables of templates replaced. Touches nothing.

use super::walk::{Keep, edit, keys, strings};
use toml::{Table, Value};

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
    ("http.proxy-cainfo", PathRule::Path),
    // The `include` of a file is resolved when the file is read. This rule is for the one in
    // `--config`.
    ("include", PathRule::Path),
    ("patch.*.*.path", PathRule::Path),
    ("paths", PathRule::Path),
    ("registries.*.credential-provider", PathRule::Command),
    ("registry.credential-provider", PathRule::Command),
    ("registry.global-credential-providers", PathRule::Commands),
    ("resolver.lockfile-path", PathRule::Path),
    ("source.*.directory", PathRule::Path),
    ("source.*.local-registry", PathRule::Path),
    ("target.*.ar", PathRule::Program),
    ("target.*.linker", PathRule::Program),
];

/// Variables that hold paths and do not have the name of a config key.
const VARIABLES: &[(&str, PathRule)] =
    &[("CARGO_HOME", PathRule::Path), ("RUSTC", PathRule::Program), ("RUSTC_WRAPPER", PathRule::Program)];

#[derive(Clone, Copy)]
enum PathRule {
    /// A path.
    Path,
    /// A path if it has a separator, else a name that is searched on PATH
    /// (`ConfigRelativePath::resolve_program`).
    Program,
    /// A program and its arguments, as one string or a list.
    Command,
    /// A list of such strings.
    Commands,
    /// A path if it ends in `.json`, else a target triple.
    Json,
    /// A path that may contain variables. The first variables stand for absolute paths. See
    /// [`fill_templates`].
    Template,
}

/// Maps every relative path in `config`.
pub fn map_paths(config: &mut Table, map: &dyn Fn(&str) -> String) {
    for (key, rule) in PATHS {
        edit(config, &keys(key), &mut |_, value| {
            let words = strings(value);
            // In a list, the words after the program are its arguments.
            let programs = if words.len() > 1 && matches!(rule, PathRule::Command) { 1 } else { words.len() };
            for text in words.into_iter().take(programs) {
                *text = mapped(text, *rule, map);
            }
            Keep::Yes
        });
    }
    for variable in config.get_mut("env").and_then(Value::as_table_mut).into_iter().flat_map(|t| t.iter_mut()) {
        let Some(variable) = variable.1.as_table_mut() else { continue };
        if variable.get("relative").and_then(Value::as_bool) != Some(true) {
            continue;
        }
        if let Some(Value::String(text)) = variable.get_mut("value") {
            *text = mapped(text, PathRule::Path, map);
        }
    }
}

/// Replaces variables such as `{workspace-root}` in every path that may contain them.
pub fn fill_templates(config: &mut Table, variables: &[(&str, String)]) {
    for (key, _) in PATHS.iter().filter(|(_, rule)| matches!(rule, PathRule::Template)) {
        edit(config, &keys(key), &mut |_, value| {
            for text in strings(value) {
                *text = filled(text, variables);
            }
            Keep::Yes
        });
    }
}

/// Replaces the variables in a path.
pub fn filled(template: &str, variables: &[(&str, String)]) -> String {
    variables.iter().fold(template.to_owned(), |text, (variable, value)| text.replace(variable, value))
}

/// Returns the value of a variable of cargo, mapped if it is a relative path. `CARGO_BUILD_RUSTC`
/// stands for the key `build.rustc`, and so on.
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

/// Returns whether a target is the path of a target specification (`CompileTarget::new` in cargo's
/// `core/compiler/compile_kind.rs`).
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
        PathRule::Template => !text.starts_with('{'),
    };
    // On Windows, `/usr/bin/cc` is not absolute, but the build may run on Linux.
    if is_path && !std::path::Path::new(text).has_root() { map(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        toml::from_str(text).expect("a valid table")
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
            "[target.a]\nlinker = 'cc'\n[target.b]\nlinker = '/at/bin/cc'\n[source.v]\ndirectory = '/at/vendor'\n[build]\ntarget = ['x86', '/at/my.json']\nbuild-dir = '{workspace-root}/b'\n[env]\nA = {value = '/at/a', relative = true}\nB = 'b'\n",
        );
        assert_eq!(config, expected);
        fill_templates(&mut config, &[("{workspace-root}", "/ws".to_owned())]);
        assert_eq!(config["build"]["build-dir"].as_str(), Some("/ws/b"));
    }
}
