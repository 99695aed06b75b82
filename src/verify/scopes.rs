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

    /// Returns the number of differences.
    fn weight(&self) -> usize {
        [self.command, self.profile.is_some(), self.target].into_iter().filter(|it| *it).count() * 2
            + usize::from(self.selection)
    }
}

/// Returns the cooked build that is most similar to `now`. Of two, the later one wins.
pub fn nearest<'a>(cooked: &'a [Build], now: &Build) -> Option<&'a Build> {
    cooked.iter().rev().min_by_key(|build| (Facts::of(build, now).weight(), changed(build, now).len()))
}

/// Returns the settings that differ, with those of the profile: before, and now.
pub fn changed<'a>(cooked: &'a Build, now: &'a Build) -> BTreeMap<&'a str, [Option<&'a Setting>; 2]> {
    let keys = cooked.settings.keys().chain(now.settings.keys());
    let all = keys.map(|key| (key.as_str(), [cooked, now].map(|build| build.settings.get(key))));
    all.filter(|(_, [then, now])| then.map(|it| &it.value) != now.map(|it| &it.value)).collect()
}
