//! In what a build is another one than that which was cooked for.
//!
//! In: the builds that a target directory was cooked for, and the build at hand. Out: the nearest of them, and [`Facts`].
//! Touches nothing.

use crate::target::builds::{Build, Setting};
use crate::workspace::profile::directory;
use crate::workspace::scope::Scope;
use std::collections::BTreeMap;

/// In what two builds differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The command, such as `cargo check`.
    pub command: bool,
    /// The profile, each by its directory.
    pub profile: Option<(String, String)>,
    /// The platforms.
    pub target: bool,
    /// Packages, features, or targets.
    pub selection: bool,
}

impl Facts {
    /// Compares a build that was cooked for with this one.
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

    /// How much that is.
    fn weight(&self) -> usize {
        [self.command, self.profile.is_some(), self.target].into_iter().filter(|it| *it).count() * 2
            + usize::from(self.selection)
    }
}

/// The build that was cooked for and is most like `now`; the later of two.
pub fn nearest<'a>(cooked: &'a [Build], now: &Build) -> Option<&'a Build> {
    cooked.iter().rev().min_by_key(|build| (Facts::of(build, now).weight(), changed(build, now).len()))
}

/// The settings that differ, with the profile's own: what was, and what is.
pub fn changed<'a>(cooked: &'a Build, now: &'a Build) -> BTreeMap<&'a str, [Option<&'a Setting>; 2]> {
    let keys = cooked.settings.keys().chain(now.settings.keys());
    let all = keys.map(|key| (key.as_str(), [cooked, now].map(|build| build.settings.get(key))));
    all.filter(|(_, [then, now])| then.map(|it| &it.value) != now.map(|it| &it.value)).collect()
}
