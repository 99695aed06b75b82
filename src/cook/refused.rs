//! Explains a failed build. cargo knows only stubs, and not the packages behind them.
//!
//! In: what cargo did until it failed, its message, and the local packages behind the stubs, if
//! they are known. Out: a note, which names the member or the flag that requests a missing feature,
//! or tells that cargo is too old. Also warnings about build scripts that failed. `prepare` cannot
//! know: the features of third-party packages are in the registry's index. If cargo has refused to
//! begin, starts it again to read its message. Writes nothing.

use super::age;
use super::order::Order;
use crate::cargo::{self, Build, Outcome};
use crate::cli::How;
use crate::error::{Error, Result};
use crate::report::Report;
use crate::workspace::Workspace;
use crate::workspace::scope::Scope;
use std::collections::BTreeSet;

/// Prints what cargo cannot know after a failure: who requests a missing feature, and what a build
/// script may miss.
pub fn explain(built: &Result<()>, outcome: &Outcome, build: &Build<'_>, how: &How, order: &Order, report: Report) {
    let Err(Error::Cargo(code)) = built else { return };
    explain_scripts(outcome, report);
    // cargo exits with 101 if it cannot begin.
    let has_begun = *code != 101 || !outcome.units.is_empty();
    let message = (!has_begun && !how.quiet).then(|| cargo::refusal(build, &how.settings())).flatten();
    if let Some(missing) = message.and_then(|message| Missing::find(&message, &build.stubs)) {
        report.note(&missing.told(order.workspace.as_deref(), &order.scope));
    } else if !has_begun && !how.quiet {
        let version = cargo::version(build).unwrap_or_default();
        if let Some(sentence) = age::too_old(&order.files, &build.args, &version) {
            report.note(&sentence);
        }
    }
}

/// Warns about failed build scripts, which may need files of the project outside their package.
fn explain_scripts(outcome: &Outcome, report: Report) {
    for dir in outcome.scripts.iter().filter(|dir| outcome.ran.iter().all(|run| run.dir != **dir)) {
        report.warning(&format!(
            "the build script of `{dir}` failed here, where only its own package exists\nhelp: to leave it to the real build, write `cook = false` below `[package.metadata.larder]` in `{dir}/Cargo.toml`, and prepare the recipe again"
        ));
    }
}

/// A feature, and the package that does not have it.
#[derive(Debug, PartialEq, Eq)]
pub struct Missing {
    package: String,
    feature: String,
}

impl Missing {
    /// Finds the feature in a message of cargo about one of these stubs (`activation_error` in its
    /// `core/resolver/errors.rs`). The message is "package `stub` depends on `x` with feature `f`
    /// but …", and before 1.88 ", with features: `f, g` but …".
    pub fn find(message: &str, stubs: &BTreeSet<String>) -> Option<Self> {
        let line = message.lines().find(|line| line.contains("` depends on `") && line.contains("with feature"))?;
        let mut quoted = line.split('`').skip(1).step_by(2);
        let (stub, package, features) = (quoted.next()?, quoted.next()?, quoted.next()?);
        let feature = features.split(", ").next()?;
        stubs.contains(stub).then(|| Missing { package: package.to_owned(), feature: feature.to_owned() })
    }

    /// Returns a sentence that names who requests the feature.
    pub fn told(&self, workspace: Option<&Workspace>, scope: &Scope) -> String {
        let Missing { package, feature } = self;
        let askers = workspace.map(|workspace| self.askers(workspace, scope)).unwrap_or_default();
        if askers.is_empty() {
            return format!(
                "the recipe asks for feature `{feature}` of `{package}`, as a manifest of the workspace or `--features` did when it was prepared"
            );
        }
        let askers: Vec<String> = askers.into_iter().collect();
        let verb = if askers.len() == 1 { "asks" } else { "ask" };
        format!("{} {verb} for feature `{feature}` of `{package}`", askers.join(" and "))
    }

    fn askers(&self, workspace: &Workspace, scope: &Scope) -> BTreeSet<String> {
        let mut askers = BTreeSet::new();
        for package in &workspace.packages {
            for dependency in package.dependencies.iter().filter(|d| d.package == self.package) {
                if dependency.features.contains(&self.feature) {
                    askers.insert(format!("package `{}`", package.name));
                }
                let is_it = |value: &str| {
                    value.split_once('/').is_some_and(|(key, feature)| {
                        key.trim_end_matches('?') == dependency.key && feature == self.feature
                    })
                };
                let by_features = package.features.iter().filter(|(_, values)| values.iter().any(|v| is_it(v)));
                askers.extend(by_features.map(|(name, _)| format!("feature `{name}` of package `{}`", package.name)));
                let by_flags = scope.features.iter().filter(|value| is_it(value));
                askers.extend(by_flags.map(|value| format!("`--features {value}`")));
            }
        }
        askers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_is_found_in_the_words_of_either_cargo() {
        let stubs = BTreeSet::from(["larder-stub".to_owned()]);
        let new =
            "x\npackage `larder-stub` depends on `serde` with feature `nope` but `serde` does not have that feature.";
        let old = "package `larder-stub` depends on `serde`, with features: `nope, no` but `serde` does not have these features.";
        for message in [new, old] {
            let missing = Missing { package: "serde".to_owned(), feature: "nope".to_owned() };
            assert_eq!(Missing::find(message, &stubs), Some(missing));
        }
        assert_eq!(Missing::find(&new.replace("larder-stub", "serde_json"), &stubs), None);
    }
}
