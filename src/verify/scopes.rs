//! Compares a build with those that were cooked.
//!
//! In: the builds that a target directory was cooked for, and this build. Out: the most similar of
//! them, and [`Facts`]. Touches nothing.

use crate::target::builds::{Build, Setting};
use crate::workspace::profile::directory;
use crate::workspace::scope::Scope;
use std::collections::BTreeMap;

/// The differences between two builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The command, such as `cargo check`.
    pub command: bool,
    /// The profiles, by their directories.
    pub profile: Option<(String, String)>,
    /// The platforms.
    pub target: bool,
    /// Packages, features, or targets.
    pub selection: bool,
}

impl Facts {
    /// Compares a cooked build with this one.
    pub fn of(cooked: &Build, now: &Build) -> Self {
        let profiles = [cooked, now].map(|build| directory(build.scope.profile.as_deref()).to_owned());
        let [then, this] = profiles;
        let selection = |scope: &Scope| Scope { profile: None, target: Vec::new(), check: false, ..scope.clone() };
        Facts {
            command: cooked.scope.check != now.scope.check,
            profile: (then != this).then_some((then, this)),
            target: cooked.scope.target != now.scope.target,
            selection: selection(&cooked.scope) != selection(&now.scope),
        }
    }
}

/// Returns how far a cooked build is from this one. A profile or a platform of its own shares no
/// unit. Other targets of the same package share most of them.
fn distance(cooked: &Build, now: &Build) -> usize {
    let Facts { command, profile, target, .. } = Facts::of(cooked, now);
    let (then, this) = (&cooked.scope, &now.scope);
    let packages = |scope: &Scope| (scope.package.clone(), scope.workspace, scope.exclude.clone());
    let features = |scope: &Scope| (scope.features.clone(), scope.all_features, scope.no_default_features);
    let selection = [
        (packages(then) != packages(this), 3),
        (features(then) != features(this), 2),
        (then.all_targets != this.all_targets || named(then) != named(this), 1),
    ];
    let apart = [(command, 10), (profile.is_some(), 10), (target, 10)];
    apart.into_iter().chain(selection).filter(|(differs, _)| *differs).map(|(_, weight)| weight).sum()
}

/// Returns the targets that a scope names.
fn named(scope: &Scope) -> impl PartialEq + use<> {
    let lists = [&scope.bin, &scope.example, &scope.test, &scope.bench].map(Clone::clone);
    (scope.lib, scope.bins, scope.examples, scope.tests, scope.benches, lists)
}

/// Returns the cooked build that is most similar to `now`. Of two, the later one wins.
pub fn nearest<'a>(cooked: &'a [Build], now: &Build) -> Option<&'a Build> {
    cooked.iter().rev().min_by_key(|build| (distance(build, now), changed(build, now).len()))
}

/// Returns the settings that differ, with those of the profile: before, and now.
pub fn changed<'a>(cooked: &'a Build, now: &'a Build) -> BTreeMap<&'a str, [Option<&'a Setting>; 2]> {
    let keys = cooked.settings.keys().chain(now.settings.keys());
    let all = keys.map(|key| (key.as_str(), [cooked, now].map(|build| build.settings.get(key))));
    all.filter(|(_, [then, now])| then.map(|it| &it.value) != now.map(|it| &it.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(words: &str) -> Build {
        let mut scope = Scope::default();
        for word in words.split(' ') {
            match word {
                "release" => scope.profile = Some("release".to_owned()),
                "tests" => scope.tests = true,
                word if word.starts_with('+') => scope.features.push(word[1..].to_owned()),
                word => scope.package.push(word.to_owned()),
            }
        }
        Build { scope, words: words.to_owned(), ..Build::default() }
    }

    #[track_caller]
    fn check(cooked: &[&str], now: &str, expected: &str) {
        let cooked: Vec<Build> = cooked.iter().map(|words| build(words)).collect();
        assert_eq!(nearest(&cooked, &build(now)).map(|it| it.words.as_str()), Some(expected));
    }

    #[test]
    fn the_nearest_build_is_the_one_that_shares_most_and_not_the_last_one() {
        check(&["api", "web"], "api +tls", "api");
        check(&["api release", "web"], "api +tls", "web");
        check(&["api", "api release"], "api +tls release", "api release");
        check(&["api +tls", "api +tls tests", "web"], "api +tls tests", "api +tls tests");
        check(&["api", "web"], "other", "web");
    }
}
