//! Decides which keys of `.cargo/config.toml` travel in a recipe, and which of them are paths.
//!
//! In: a config table. Out: the same table without keys that cannot affect a third-party unit or
//! must stay secret. Each row of a table here is a rule with its reason. `paths.rs` maps relative
//! paths. Touches nothing. The keys are those of the chapter "Configuration" in cargo's reference.

pub mod assumed;
mod file;
pub mod files;
pub mod layers;
mod merge;
mod paths;
mod walk;

pub use file::file;
pub use merge::{merge, without_lists_of};
pub use paths::{fill_templates, filled, is_specification, map_paths, map_variable};

use layers::Layers;
use std::path::Path;
use toml::{Table, Value};
use walk::{Keep, edit, keys, put, strings};

/// Keys that do not travel, but stay in force where they are set. `*` stands for any key. All other
/// keys travel (invariant 7).
const STAYS: &[(&str, &str)] = &[
    ("alias", "names of commands"),
    ("cache", "housekeeping of cargo's home"),
    ("cargo-new", "for `cargo new`"),
    ("credential-alias", "secret"),
    ("doc", "for `cargo doc`"),
    ("future-incompat-report", "a report"),
    ("install", "for `cargo install`"),
    ("resolver.incompatible-publish-age", "versions are locked"),
    ("resolver.incompatible-rust-versions", "versions are locked"),
    ("term", "looks"),
    ("build.analysis", "a report"),
    ("build.dep-info-basedir", "the dep-info of final artifacts"),
    ("build.incremental", "local packages only"),
    ("build.jobs", "how fast, not what"),
    ("build.rustc-workspace-wrapper", "local packages only"),
    ("build.rustdoc", "for `cargo doc`"),
    ("build.rustdocflags", "for `cargo doc`"),
    ("build.sbom", "final artifacts only"),
    ("build.warnings", "local packages only"),
    ("http.proxy", "may hold a password, and belongs to the machine"),
    ("target.*.runner", "for `cargo run`"),
    ("target.*.rustdocflags", "for `cargo doc`"),
    ("registries.*.min-publish-age", "versions are locked"),
    ("registries.*.secret-key", "secret"),
    ("registries.*.secret-key-subject", "secret"),
    ("registries.*.token", "secret"),
    ("registry.default", "for `cargo publish` and the like"),
    ("registry.global-min-publish-age", "versions are locked"),
    ("registry.secret-key", "secret"),
    ("registry.secret-key-subject", "secret"),
    ("registry.token", "secret"),
];

/// Keys that do not travel unless they name a provider that is built into cargo, such as
/// `cargo:token`. Without it, cargo cannot use a registry that needs a token. Programs belong to
/// the machine, and their arguments may be secret.
const STAYS_UNLESS_BUILT_IN: &[&str] =
    &["registries.*.credential-provider", "registry.credential-provider", "registry.global-credential-providers"];

/// Keys for the workspace root alone. They neither travel nor are in force in a skeleton.
const OF_THE_ROOT: &[(&str, &str)] = &[
    ("build.artifact-dir", "a stub has no artifact to be copied"),
    ("paths", "sources that are not there yet"),
    ("resolver.lockfile-path", "the lockfile of a skeleton is its own"),
];

/// Returns the keys that travel.
pub fn that_travel(config: &Table) -> Table {
    divided(config).0
}

/// Returns the keys of a recipe's config that are used. `include` is not, because included files
/// are merged before they travel.
pub fn that_may_arrive(config: &Table) -> Table {
    let mut config = that_travel(config);
    config.remove("include");
    config
}

/// Returns the keys that do not travel.
pub fn that_stay(config: &Table) -> Table {
    divided(config).1
}

fn divided(config: &Table) -> (Table, Table) {
    let (mut travel, mut stay) = (config.clone(), Table::new());
    drop_those_of_the_root(&mut travel);
    let programs = STAYS_UNLESS_BUILT_IN.iter().map(|key| (*key, true));
    for (key, is_program) in STAYS.iter().map(|(key, _)| (*key, false)).chain(programs) {
        edit(&mut travel, &keys(key), &mut |path, value| {
            if is_program && is_built_in(value) {
                return Keep::Yes;
            }
            put(&mut stay, path, std::mem::replace(value, Value::Boolean(false)));
            Keep::No
        });
    }
    travel.retain(|_, value| value.as_table().is_none_or(|t| !t.is_empty()));
    (travel, stay)
}

/// Removes the keys that must not be in force in a skeleton. Patches with a path are among them,
/// because they name local packages.
pub fn drop_those_of_the_root(config: &mut Table) {
    for (key, _) in OF_THE_ROOT {
        edit(config, &keys(key), &mut |_, _| Keep::No);
    }
    edit(config, &keys("patch.*.*"), &mut |_, patch| if patch.get("path").is_some() { Keep::No } else { Keep::Yes });
}

/// Returns flags that make cargo write its own files into the skeleton. The user may have set their
/// paths for the workspace root: in a variable, in `--config`, or in the config of cargo's home. Of
/// several values of `--config`, the last one wins, and `--config` wins over all other layers.
pub fn told_for_skeleton(layers: &Layers, scratch: &Path) -> Vec<String> {
    let given = OWN_PLACES.iter().filter(|(key, _)| layers.is_given(key));
    let tell = |(key, name): &(&str, &str)| {
        let path = Value::from(scratch.join(name).to_string_lossy().into_owned());
        [format!("--config={key}={path}")]
    };
    given.flat_map(tell).collect()
}

/// Keys that name a file or directory for cargo to write, and its place in a skeleton.
const OWN_PLACES: &[(&str, &str)] =
    &[("build.artifact-dir", ".larder/artifacts"), ("resolver.lockfile-path", "Cargo.lock")];

/// Returns whether a program, or each program of a list, is built into cargo and has no arguments.
fn is_built_in(value: &mut Value) -> bool {
    strings(value).iter().all(|word| word.starts_with("cargo:") && !word.contains(char::is_whitespace))
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
    fn a_credential_provider_travels_if_it_is_cargos_own() {
        let config = |provider: &str| {
            let text = "[registries.x]\ncredential-provider = P\n[registry]\nglobal-credential-providers = ['cargo:token', P]\n";
            table(&text.replace('P', provider))
        };
        let own = config("'cargo:token'");
        assert_eq!((that_travel(&own), that_stay(&own)), (own, Table::new()));
        for other in ["'cargo:token-from-stdout cat t'", "'bin/cred'"] {
            let other = config(other);
            assert_eq!((that_travel(&other), that_stay(&other)), (Table::new(), other));
        }
        let listed = table("[registry]\ncredential-provider = ['cargo:token-from-stdout', 'cat', 't']\n");
        assert_eq!((that_travel(&listed), that_stay(&listed)), (Table::new(), listed));
    }

    #[test]
    fn what_is_for_the_root_alone_goes_nowhere() {
        let config = table(
            "paths = ['x']\nbuild.artifact-dir = 'out'\nresolver.lockfile-path = 'my/Cargo.lock'\n[patch.crates-io]\na = { path = 'a' }\nb = { git = 'https://b.invalid' }\n",
        );
        let expected = table("[patch.crates-io]\nb = { git = 'https://b.invalid' }\n");
        assert_eq!((that_travel(&config), that_stay(&config)), (expected, Table::new()));
    }
}
