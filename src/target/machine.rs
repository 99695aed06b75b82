//! The environment of a cook, as a report holds it, and how two of them differ.
//!
//! In: versions, settings, and variables. Out: [`Machine`], and a list of differences. Touches
//! nothing.
//!
//! A report travels from a CI to a laptop. It holds no value of a variable whose name suggests a
//! secret, and no credentials of URLs.

use crate::recipe::secrets::{is_secret, without_credentials};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a cook was run with, as far as it affects units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `rustc 1.95.0 (…)`.
    pub rustc: String,
    /// `cargo 1.95.0 (…)`.
    pub cargo: String,
    /// The platform of rustc.
    pub host: String,
    /// The name of the system and its version.
    pub system: String,
    /// The platforms that it builds for, if flags or the configuration name some.
    pub targets: Vec<String>,
    /// Flags of rustc, keys of profiles, and linkers, by the name of the variable or key.
    pub settings: BTreeMap<String, Value>,
    /// Variables of C compilers and build scripts.
    pub variables: BTreeMap<String, Value>,
    /// cargo's home.
    pub cargo_home: String,
    /// The target directory.
    pub target_dir: String,
}

/// A value that is told, or `null` for one that may be a secret.
pub type Value = Option<String>;

/// A difference between two environments. `None` is a value that is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// The value in the report.
    pub there: Option<String>,
    /// The value here.
    pub here: Option<String>,
    /// Whether somebody sets it, or it is found.
    pub kind: Kind,
}

/// What can be done about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Choose another toolchain.
    Toolchain,
    /// Set a variable of this name.
    Variable,
    /// Set a key of cargo's configuration, or a variable for it.
    Key,
    /// Use another machine.
    System,
    /// A directory. It matters only to who takes units from there.
    Place,
}

/// Returns values to tell.
pub fn told(pairs: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, Value> {
    let value = |name: &str, value: &str| (!is_secret(name)).then(|| without_credentials(value));
    pairs.into_iter().map(|(name, text)| (name.clone(), value(&name, &text))).collect()
}

impl Machine {
    /// Returns how this environment differs from that of a report.
    pub fn differences(&self, there: &Machine) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut compare = |what: &str, there: Option<String>, here: Option<String>, kind| {
            if there != here {
                found.push(Difference { what: what.to_owned(), there, here, kind });
            }
        };
        let text = |text: &str| Some(text.to_owned());
        compare("rustc", text(&there.rustc), text(&self.rustc), Kind::Toolchain);
        // They have one version in every toolchain, but a cargo alone can be another one.
        if there.rustc == self.rustc {
            compare("cargo", text(&there.cargo), text(&self.cargo), Kind::Toolchain);
        }
        compare("host", text(&there.host), text(&self.host), Kind::System);
        compare("target", listed(&there.targets), listed(&self.targets), Kind::Key);
        compare("system", text(&there.system), text(&self.system), Kind::System);
        for (theirs, ours) in [(&there.settings, &self.settings), (&there.variables, &self.variables)] {
            let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
            for name in names {
                let shown = |value: &Value| value.clone().unwrap_or_else(|| "a value that is not told".to_owned());
                let kind = if is_variable(name) { Kind::Variable } else { Kind::Key };
                compare(name, theirs.get(name).map(shown), ours.get(name).map(shown), kind);
            }
        }
        compare("CARGO_HOME", text(&there.cargo_home), text(&self.cargo_home), Kind::Place);
        compare("target directory", text(&there.target_dir), text(&self.target_dir), Kind::Place);
        found
    }
}

/// Returns whether a setting has the name of a variable.
fn is_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.starts_with(|c: char| c.is_ascii_uppercase())
}

fn listed(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        let values = |pairs: &[(&str, &str)]| told(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())));
        Machine {
            rustc: "rustc 1.95.0 (a)".to_owned(),
            cargo: "cargo 1.95.0 (a)".to_owned(),
            host: "x86_64-unknown-linux-gnu".to_owned(),
            system: "Debian 12".to_owned(),
            targets: Vec::new(),
            settings: values(&[("profile.release.lto", "thin"), ("RUSTFLAGS", "-Ca")]),
            variables: values(&[("CC", "clang"), ("NPM_TOKEN_DIR", "hunter2"), ("PROXY_DIR", "http://me:hunter2@x")]),
            cargo_home: "/cargo".to_owned(),
            target_dir: "/app/target".to_owned(),
        }
    }

    #[test]
    fn an_environment_does_not_differ_from_itself() {
        assert_eq!(machine().differences(&machine()), []);
        let text = serde_json::to_string(&machine()).expect("JSON");
        assert_eq!(serde_json::from_str::<Machine>(&text).expect("the same"), machine());
    }

    #[test]
    fn each_part_of_an_environment_is_compared() {
        let other = |change: &dyn Fn(&mut Machine)| {
            let mut here = machine();
            change(&mut here);
            let found = here.differences(&machine());
            found
                .into_iter()
                .map(|it| (it.what, it.there.unwrap_or_default(), it.here.unwrap_or_default(), it.kind))
                .collect::<Vec<_>>()
        };
        let one = |what: &str, there: &str, here: &str, kind| {
            vec![(what.to_owned(), there.to_owned(), here.to_owned(), kind)]
        };
        let new = || Some("new".to_owned());
        let found = other(&|it| (it.rustc, it.cargo) = ("new".to_owned(), "new".to_owned()));
        assert_eq!(found, one("rustc", "rustc 1.95.0 (a)", "new", Kind::Toolchain), "one line for a toolchain");
        assert_eq!(other(&|it| it.cargo = "new".to_owned())[0].0, "cargo");
        assert_eq!(other(&|it| it.host = "new".to_owned())[0].0, "host");
        assert_eq!(other(&|it| it.system = "x".to_owned()), one("system", "Debian 12", "x", Kind::System));
        assert_eq!(other(&|it| it.targets = vec!["a".to_owned(), "b".to_owned()]), one("target", "", "a b", Kind::Key));
        let lto = |it: &mut Machine| drop(it.settings.insert("profile.release.lto".to_owned(), new()));
        assert_eq!(other(&lto), one("profile.release.lto", "thin", "new", Kind::Key));
        assert_eq!(other(&|it| drop(it.settings.remove("RUSTFLAGS"))), one("RUSTFLAGS", "-Ca", "", Kind::Variable));
        assert_eq!(other(&|it| drop(it.variables.remove("CC"))), one("CC", "clang", "", Kind::Variable));
        assert_eq!(other(&|it| it.cargo_home = "new".to_owned()), one("CARGO_HOME", "/cargo", "new", Kind::Place));
        assert_eq!(other(&|it| it.target_dir = "new".to_owned())[0].3, Kind::Place);
    }

    #[test]
    fn no_secret_is_told() {
        let text = serde_json::to_string(&machine()).expect("JSON");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("\"NPM_TOKEN_DIR\":null") && text.contains("http://…@x"), "{text}");
    }
}
