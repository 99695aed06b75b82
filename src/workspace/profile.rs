//! Selects the profiles that a build uses, and their settings.
//!
//! In: the `[profile]` tables of the root manifest and of the config, and the profile of the scope.
//! Out: only the tables that count. Profiles inherit as in cargo's `core/profiles.rs`. Touches
//! nothing.

use crate::config::layers::Layers;
use crate::error::{Result, fail};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The predefined profiles, and the profiles that they inherit from.
const BUILT_IN: &[(&str, Option<&str>)] =
    &[("dev", None), ("release", None), ("test", Some("dev")), ("bench", Some("release")), ("doc", Some("dev"))];

/// Returns the names of the profiles that count: the given one and those that it inherits from, or
/// all profiles if none is given.
///
/// # Errors
/// Neither cargo nor the tables define the profile.
pub fn used(given: Option<&str>, manifest: &Table, config: &Table) -> Result<BTreeSet<String>> {
    let defined = manifest.keys().chain(config.keys()).map(String::as_str);
    let Some(given) = given else { return Ok(defined.map(str::to_owned).collect()) };
    let mut used = BTreeSet::new();
    let mut next = Some(given);
    while let Some(name) = next.filter(|name| !used.contains(*name)) {
        let built_in = BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
        let tables = [config, manifest].map(|t| t.get(name).and_then(Value::as_table));
        let inherits = tables.iter().flatten().find_map(|t| t.get("inherits")).and_then(Value::as_str);
        if built_in.is_none() && tables.iter().all(Option::is_none) {
            let mut known: BTreeSet<&str> = defined.collect();
            known.extend(["dev", "release"]);
            fail!(
                "profile `{name}` is not defined\nhelp: the profiles of this workspace are {}",
                known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
            );
        }
        used.insert(name.to_owned());
        next = built_in.map_or(inherits, |(_, parent)| *parent);
    }
    Ok(used)
}

/// Keeps only the profiles in `used`, and of their overrides only those of third-party packages.
pub fn restrict(profiles: &mut Table, used: &BTreeSet<String>, is_third_party: &dyn Fn(&str) -> bool) {
    profiles.retain(|name, _| used.contains(name));
    for (_, profile) in profiles.iter_mut() {
        let Some(profile) = profile.as_table_mut() else { continue };
        if let Some(overrides) = profile.get_mut("package").and_then(Value::as_table_mut) {
            overrides.retain(|spec, _| spec == "*" || is_third_party(name_of_spec(spec)));
            if overrides.is_empty() {
                profile.remove("package");
            }
        }
    }
    profiles.retain(|_, profile| profile.as_table().is_none_or(|t| !t.is_empty()));
}

/// Returns the package name of a package id spec (`PackageIdSpec::parse`).
pub fn name_of_spec(spec: &str) -> &str {
    let tail = match spec.rsplit_once('#') {
        Some((url, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => url,
        Some((_, tail)) => tail,
        None => spec,
    };
    let tail = tail.rsplit('/').next().unwrap_or(tail);
    tail.split(['@', ':']).next().unwrap_or(tail)
}

/// Returns the profile settings of variables such as `CARGO_PROFILE_RELEASE_LTO`. Only the profiles
/// in `used` count, or all profiles if none is given. Only `lto` and `panic` are read, which
/// [`any_lto`] and [`any_abort`] need (`as_env_key` in cargo's `util/context/key.rs`).
pub fn of_variables(variables: &BTreeMap<String, String>, given: Option<&str>, used: &BTreeSet<String>) -> Table {
    let counts = |name: &str| given.is_none() || used.iter().any(|u| u.to_uppercase().replace('-', "_") == name);
    let mut profiles = Table::new();
    for (variable, value) in variables {
        for key in ["lto", "panic"] {
            let name = variable
                .strip_prefix("CARGO_PROFILE_")
                .and_then(|rest| rest.strip_suffix(&format!("_{}", key.to_uppercase())));
            if let Some(name) = name.filter(|name| counts(name)) {
                let value = value.parse().map_or_else(|_| Value::String(value.clone()), Value::Boolean);
                let profile = profiles.entry(name).or_insert_with(|| Table::new().into());
                profile.as_table_mut().expect("it was made here").insert(key.to_owned(), value);
            }
        }
    }
    profiles
}

/// Returns the settings of these profiles from config layers that do not travel, with one table for
/// each layer and profile.
pub fn besides(layers: &Layers, given: Option<&str>, used: &BTreeSet<String>) -> Table {
    let mut profiles = Table::new();
    for (i, (_, table)) in layers.beside().enumerate() {
        let said = table.get("profile").and_then(Value::as_table).into_iter().flatten();
        profiles.extend(
            said.filter(|(name, _)| given.is_none() || used.contains(*name))
                .map(|(name, p)| (format!("{name} {i}"), p.clone())),
        );
    }
    profiles
}

/// Returns whether a profile sets `lto` to anything but the default `false`. "off" counts, because
/// it applies below a cdylib on the host but not below the build script (`calculate` in `lto.rs`).
pub fn any_lto(profiles: &[&Table]) -> bool {
    any(profiles, "lto", |v| !matches!(v, Value::Boolean(false)))
}

/// Returns whether a profile makes panics abort. Tests and their dependencies always unwind, so
/// both variants may exist.
pub fn any_abort(profiles: &[&Table]) -> bool {
    any(profiles, "panic", |v| v.as_str() != Some("unwind"))
}

fn any(profiles: &[&Table], key: &str, is: impl Fn(&Value) -> bool) -> bool {
    profiles.iter().flat_map(|t| t.values()).filter_map(|p| p.get(key)).any(is)
}

/// Returns the name of the directory that a profile builds in (`Profiles::new` in cargo's
/// `core/profiles.rs`).
pub fn directory(profile: Option<&str>) -> &str {
    match profile {
        None | Some("dev" | "test") => "debug",
        Some("bench") => "release",
        Some(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        toml::from_str(text).expect("a valid table")
    }

    #[test]
    fn a_profile_brings_what_it_inherits_from() {
        let manifest = table("[dist]\ninherits = 'lean'\n[lean]\ninherits = 'release'\n[dev]\nopt-level = 1\n");
        let used = used(Some("dist"), &manifest, &Table::new()).expect("it is defined");
        assert_eq!(used.iter().map(String::as_str).collect::<Vec<_>>(), ["dist", "lean", "release"]);
    }

    #[test]
    fn overrides_of_local_packages_are_dropped() {
        let mut profiles = table(
            "[release.package]\nlocal = {opt-level = 1}\n'https://x/y#serde@1.0' = {opt-level = 2}\n'*' = {opt-level = 3}\n",
        );
        restrict(&mut profiles, &BTreeSet::from(["release".to_owned()]), &|name| name == "serde");
        let expected = table("[release.package]\n'https://x/y#serde@1.0' = {opt-level = 2}\n'*' = {opt-level = 3}\n");
        assert_eq!(profiles, expected);
    }
}
