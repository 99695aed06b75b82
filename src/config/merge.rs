//! Merges configs as cargo does.
//!
//! In: two config tables. Out: the stronger one with what the weaker one adds. Touches nothing.

use super::walk::keys;
use toml::{Table, Value};

/// Lists that are not joined: the nearer one wins (`NON_MERGEABLE_LISTS` in cargo's
/// `util/context/config_value.rs`).
const WHOLE: &[&str] = &[
    "credential-alias.*",
    "doc.browser",
    "host.runner",
    "registries.*.credential-provider",
    "registry.credential-provider",
    "target.*.runner",
];

/// Adds `weaker` to `config`. Tables merge, lists join with the weaker one first, and other values
/// of `config` stay unchanged (`ConfigValue::merge` in cargo's `util/context/config_value.rs`).
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

/// Removes the elements of lists in `other` from the same lists in `config`, because cargo will
/// join the two.
pub fn without_lists_of(config: &mut Table, other: &Table) {
    for (key, theirs) in other {
        match (config.get_mut(key), theirs) {
            (Some(Value::Table(ours)), Value::Table(theirs)) => without_lists_of(ours, theirs),
            (Some(Value::Array(ours)), Value::Array(theirs)) if !theirs.is_empty() => {
                if let Some(at) = ours.windows(theirs.len()).position(|window| window == theirs.as_slice()) {
                    ours.drain(at..at + theirs.len());
                }
            }
            _ => {}
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
    fn the_nearer_config_wins_and_lists_join() {
        let mut near = table("[build]\nrustflags = ['b']\ntarget = 'x'\n");
        merge(&mut near, table("[build]\nrustflags = ['a']\ntarget = 'y'\n[net]\noffline = true\n"));
        assert_eq!(near, table("[build]\nrustflags = ['a', 'b']\ntarget = 'x'\n[net]\noffline = true\n"));
        let mut near = table("target.x.runner = ['b']\n");
        merge(&mut near, table("target.x.runner = ['a', 'c']\n"));
        assert_eq!(near, table("target.x.runner = ['b']\n"));
    }
}
