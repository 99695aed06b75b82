//! Compares cargo's fingerprints, as far as they tell why a unit is not fresh.
//!
//! In: the directory of a record. Out: a [`Fingerprint`], and the differences between two of them.
//! Reads and changes nothing. A field that another cargo does not write counts as equal
//! (`Fingerprint` in cargo's `core/compiler/fingerprint/mod.rs`).

use crate::target::records::{entries, name_of};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The values of a unit that cargo compares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Fingerprint {
    rustc: u64,
    features: String,
    profile: u64,
    path: u64,
    rustflags: Vec<String>,
    config: u64,
    compile_kind: u64,
    local: Vec<serde_json::Value>,
}

/// A record: the name of its file without extension, such as `lib-serde`, and its content.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Names the kind of the unit and its target.
    pub stem: String,
    /// What cargo compares.
    pub fingerprint: Fingerprint,
}

/// A difference between the fingerprint of a unit and that of a cooked one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Another compiler.
    Rustc,
    /// Another source: version or directory.
    Source,
    /// Features that were added, and features that are missing.
    Features(BTreeSet<String>, BTreeSet<String>),
    /// Settings of the profile, or another command.
    Profile,
    /// The flags before, and the flags now.
    Rustflags(Vec<String>, Vec<String>),
    /// The linker.
    Linker,
    /// The target specification.
    Platform,
    /// A variable that a build script watches, with its value before and now.
    Variable(String, Option<String>, Option<String>),
}

impl Record {
    /// Reads the record in a directory.
    pub fn read(dir: &Path) -> Option<Self> {
        let file = entries(dir).into_iter().find(|path| path.extension().is_some_and(|it| it == "json"))?;
        let fingerprint = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
        let stem = name_of(&file);
        Some(Record { stem: stem.strip_suffix(".json").unwrap_or(&stem).to_owned(), fingerprint })
    }

    /// Returns whether the unit is the run of a build script.
    pub fn is_run(&self) -> bool {
        self.stem.starts_with("run-")
    }

    /// Returns the kind of the unit for messages.
    pub fn kind(&self) -> &'static str {
        match &self.stem {
            stem if stem.starts_with("run-build-script-") => "run of the build script",
            stem if stem.starts_with("build-script-") => "build script",
            stem if stem.starts_with("lib-") => "library",
            _ => "crate",
        }
    }
}

impl Fingerprint {
    /// Returns the differences from `cooked`.
    pub fn differences(&self, cooked: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differs = |is: bool, difference: Difference| found.extend(is.then_some(difference));
        differs(self.rustc != cooked.rustc, Difference::Rustc);
        differs(self.path != cooked.path, Difference::Source);
        let (now, then) = (set(&self.features), set(&cooked.features));
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect();
        differs(now != then, Difference::Features(only(&now, &then), only(&then, &now)));
        differs(self.profile != cooked.profile, Difference::Profile);
        let flags = Difference::Rustflags(cooked.rustflags.clone(), self.rustflags.clone());
        differs(self.rustflags != cooked.rustflags, flags);
        differs(self.config != cooked.config, Difference::Linker);
        differs(self.compile_kind != cooked.compile_kind, Difference::Platform);
        let (now, then) = (self.watched(), cooked.watched());
        for (name, value) in &now {
            if let Some(before) = then.get(name).filter(|before| *before != value) {
                found.push(Difference::Variable(name.clone(), before.clone(), value.clone()));
            }
        }
        found
    }

    /// Returns the variables that a build script watches, with their values.
    fn watched(&self) -> BTreeMap<String, Option<String>> {
        let watched = self.local.iter().filter_map(|local| local.get("RerunIfEnvChanged"));
        let text = |value: Option<&serde_json::Value>| value.and_then(|it| it.as_str()).map(str::to_owned);
        watched.filter_map(|it| Some((text(it.get("var"))?, text(it.get("val"))))).collect()
    }
}

/// Parses cargo's list of features, which is the debug output of a list.
fn set(list: &str) -> BTreeSet<String> {
    serde_json::from_str(list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cooked: &str, now: &str, expected: &[Difference]) {
        let read = |text: &str| serde_json::from_str::<Fingerprint>(text).expect("a fingerprint");
        assert_eq!(read(now).differences(&read(cooked)), expected);
    }

    #[test]
    fn differences_are_named() {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        check("{}", "{}", &[]);
        check(r#"{"rustc":1,"future":1}"#, r#"{"rustc":2}"#, &[Difference::Rustc]);
        check(
            r#"{"features":"[\"a\", \"b\"]","path":1}"#,
            r#"{"features":"[\"b\", \"c\"]","path":1}"#,
            &[Difference::Features(owned(&["c"]), owned(&["a"]))],
        );
        check(
            r#"{"rustflags":["-Ca"],"profile":1}"#,
            r#"{"rustflags":[],"profile":2}"#,
            &[Difference::Profile, Difference::Rustflags(vec!["-Ca".to_owned()], Vec::new())],
        );
        check(
            r#"{"local":[{"RerunIfEnvChanged":{"var":"A","val":null}},{"RerunIfEnvChanged":{"var":"B","val":"1"}}]}"#,
            r#"{"local":[{"RerunIfEnvChanged":{"var":"A","val":"x"}},{"RerunIfEnvChanged":{"var":"B","val":"1"}}]}"#,
            &[Difference::Variable("A".to_owned(), None, Some("x".to_owned()))],
        );
    }
}
