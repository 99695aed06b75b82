//! Finds likely secrets in a recipe.
//!
//! In: the files of a skeleton. Out: warnings that name keys but never a value. Touches nothing.

use super::CONFIG;
use super::skeleton::{self, Files};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Parts of the names of variables that are likely to hold secrets.
const NAMES: &[&str] =
    &["ACCESS_KEY", "API_KEY", "APIKEY", "CREDENTIAL", "PASSWD", "PASSWORD", "PRIVATE_KEY", "SECRET", "TOKEN"];

/// Returns warnings about likely secrets in these files.
pub fn warnings(files: &Files) -> Vec<String> {
    let tables = files.keys().filter(|name| is_toml(name)).filter_map(|name| {
        let text = skeleton::text(files, name).filter(|text| name == CONFIG || may_hold_credentials(text))?;
        let table: Table = text.parse().ok()?;
        Some((name.as_str(), table))
    });
    let (mut urls, mut variables) = (BTreeSet::new(), BTreeSet::new());
    for (name, table) in tables {
        find_urls(&Value::Table(table.clone()), &mut Vec::new(), &mut |key| {
            urls.insert(format!("`{key}` of `{name}`"));
        });
        if name == CONFIG {
            let env = table.get("env").and_then(Value::as_table).into_iter().flatten();
            variables.extend(env.filter(|(name, _)| is_secret(name)).map(|(name, _)| format!("`env.{name}`")));
        }
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(", ");
    let mut warnings = Vec::new();
    if !urls.is_empty() {
        warnings.push(format!(
            "the recipe holds URLs with credentials in them: {}\nhelp: leave them to a credential helper of git, or to `cargo login`",
            list(urls)
        ));
    }
    if !variables.is_empty() {
        warnings.push(format!(
            "the recipe holds values of cargo's config that look like secrets: {}\nhelp: set them in the environment of the build instead",
            list(variables)
        ));
    }
    warnings
}

fn is_toml(name: &str) -> bool {
    name == "Cargo.lock" || std::path::Path::new(name).extension().is_some_and(|it| it == "toml")
}

/// Returns whether the name of a variable suggests that its value is secret.
pub fn is_secret(variable: &str) -> bool {
    let variable = variable.to_uppercase();
    NAMES.iter().any(|part| variable.contains(part))
}

/// Calls `found` with the key of every URL with credentials.
fn find_urls(value: &Value, at: &mut Vec<String>, found: &mut dyn FnMut(String)) {
    match value {
        // A key can be a URL, as in `[patch]`.
        Value::Table(table) => {
            for (key, value) in table {
                at.push(if has_credentials(key) { "…".to_owned() } else { key.clone() });
                if has_credentials(key) {
                    found(at.join("."));
                }
                find_urls(value, at, found);
                at.pop();
            }
        }
        Value::Array(values) => values.iter().for_each(|value| find_urls(value, at, found)),
        Value::String(text) if has_credentials(text) => found(at.join(".")),
        _ => {}
    }
}

/// Returns whether a text can hold a URL with credentials. To parse a lockfile that holds none
/// would take a sixth of the time of `prepare`.
fn may_hold_credentials(text: &str) -> bool {
    text.split("://")
        .skip(1)
        .any(|rest| rest.split(['/', '?', '#', '"', '\'', '\n']).next().is_some_and(|it| it.contains('@')))
}

/// Returns whether a URL contains a password, or a user name with HTTP, which can be a token.
fn has_credentials(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    scheme.ends_with("http") || scheme.ends_with("https") || user.contains(':')
}

/// Returns a text without the credentials in its URLs.
pub fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '?', '#', '"', '\'', '\n', ' ']).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let hidden = if host.len() < authority.len() { "…@" } else { "" };
        kept.extend(["://", hidden, host, rest]);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_out_of_urls() {
        let text = "git = 'https://me:hunter2@x.invalid/a@b' and ssh://git@y.invalid";
        assert_eq!(without_credentials(text), "git = 'https://…@x.invalid/a@b' and ssh://…@y.invalid");
        assert_eq!(without_credentials("a@b https://x.invalid"), "a@b https://x.invalid");
    }

    #[test]
    fn secrets_are_named_by_their_keys() {
        let files = |name: &str, text: &str| Files::from([(name.to_owned(), text.as_bytes().to_owned())]);
        let lock = "[[package]]\nname = 'x'\nsource = 'git+https://me:hunter2@x.invalid/x?tag=1#0'\n";
        let said = warnings(&files("Cargo.lock", lock)).concat();
        assert!(said.contains("`package.source` of `Cargo.lock`") && !said.contains("hunter2"), "{said}");
        let config = "[env]\nDB_PASSWORD = 'hunter2'\nCC = 'cc'\n[source.x]\nregistry = 'https://hunter2@x.invalid'\n";
        let said = warnings(&files(CONFIG, config)).concat();
        assert!(said.contains("`env.DB_PASSWORD`\n") && said.contains("`source.x.registry`"), "{said}");
        assert!(!said.contains("hunter2") && !said.contains("CC"), "{said}");
        let plain = "a = 'ssh://git@x.invalid/x'\nb = 'sparse+https://x.invalid/@x'\n";
        assert_eq!(warnings(&files("Cargo.toml", plain)), [""; 0]);
    }
}
