//! The settings that affect a recipe without being in it: variables, `--config`, `-Z`, and the
//! config in cargo's home.
//!
//! In: the layers of the configuration, the variables of profiles, and the profiles in use. Out:
//! the settings by name, each with the layer that sets it. `prepare` stores the names in a scoped
//! recipe, and `cook` compares them with its own. Touches nothing.

use super::layers::{Layers, Origin, spelled};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// Settings by name, each as the layer that sets it spells it.
pub type Settings = BTreeMap<&'static str, String>;

/// Features unify over the workspace. This is also stored if the project's config sets it, because
/// the stubs already have the unified features.
pub const UNIFICATION: &str = "feature-unification";

/// Keys of a profile that decide which units there are, and their default values.
const OF_PROFILES: &[(&str, &str)] = &[("lto", "false"), ("panic", "unwind")];

/// Returns the settings that count and do not travel. `profiles` are the profiles in use, and
/// `None` stands for any.
pub fn settings<'a>(
    layers: &Layers,
    variables: impl Iterator<Item = (&'a str, &'a str)>,
    profiles: Option<&BTreeSet<String>>,
) -> Settings {
    let mut settings = Settings::new();
    if layers.unify_over_workspace() {
        let said = ["resolver.feature-unification", "unstable.feature-unification"].map(|key| (key, layers.get(key)));
        let by = said.into_iter().filter_map(|(key, found)| Some((key, found?.1)));
        let by = by.max_by_key(|(_, origin)| **origin != Origin::Project);
        settings.extend(by.map(|(key, origin)| (UNIFICATION, spelled(key, origin))));
    }
    for (variable, value) in variables {
        for (key, default) in OF_PROFILES {
            let suffix = format!("_{}", key.to_uppercase());
            let name = variable.strip_prefix("CARGO_PROFILE_").and_then(|rest| rest.strip_suffix(&suffix));
            let is_in_use = |name: &str| {
                profiles.is_none_or(|all| all.iter().any(|it| it.to_uppercase().replace('-', "_") == name))
            };
            if value != *default && !value.is_empty() && name.is_some_and(is_in_use) {
                settings.entry(key).or_insert_with(|| variable.to_owned());
            }
        }
    }
    for (origin, table) in layers.beside() {
        for (name, profile) in table.get("profile").and_then(Value::as_table).into_iter().flatten() {
            for (key, default) in OF_PROFILES {
                let is_default =
                    |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned) == *default;
                let is_said = profile.get(key).is_some_and(|value| !is_default(value));
                if is_said && profiles.is_none_or(|all| all.contains(name)) {
                    settings.entry(key).or_insert_with(|| spelled(&format!("profile.{name}.{key}"), origin));
                }
            }
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::Given;
    use crate::environment::Environment;

    #[test]
    fn what_decides_is_named_as_it_is_said() {
        let variables = [("CARGO_PROFILE_RELEASE_LTO", "thin"), ("CARGO_PROFILE_DEV_PANIC", "abort")];
        let given = Given {
            environment: Environment::with(&[("CARGO_RESOLVER_FEATURE_UNIFICATION", "workspace")]),
            config: vec!["profile.release.panic='abort'".to_owned()],
            unstable: vec!["feature-unification".to_owned()],
            top: None,
        };
        let layers = Layers::read(&given, toml::Table::new()).expect("no file is read");
        let used = BTreeSet::from(["release".to_owned()]);
        let said = settings(&layers, variables.into_iter(), Some(&used));
        let expected = [
            (UNIFICATION, "-Z feature-unification"),
            ("lto", "CARGO_PROFILE_RELEASE_LTO"),
            ("panic", "--config profile.release.panic"),
        ];
        let said: Vec<(&str, &str)> = said.iter().map(|(key, by)| (*key, by.as_str())).collect();
        assert_eq!(said, expected);
    }
}
