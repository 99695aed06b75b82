//! Decides why units are not fresh.
//!
//! In: the units that cargo would make, the units in the target directory, and the differences
//! between the cooked build and this one. Out: for each unit, its own causes, or those of the units
//! that it needs. Touches nothing.

use super::cause::{Cause, Cooked, Stale, of_difference, version_in};
use super::fingerprint::Difference;
use super::scopes::Facts;
use std::collections::{BTreeMap, BTreeSet};

/// Why a unit is not fresh, with details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The causes, each with its detail about this unit.
    pub causes: BTreeMap<Cause, String>,
    /// Whether they are the causes of a unit that it needs.
    pub is_inherited: bool,
}

/// Everything that decides.
pub struct Case<'a> {
    /// The units that cargo would make, by hash.
    pub stale: &'a BTreeMap<String, Stale>,
    /// The units in the target directory.
    pub cooked: &'a [Cooked],
    /// The differences between the cooked build and this one.
    pub facts: &'a Facts,
    /// Names and versions in the lockfile.
    pub locked: &'a BTreeSet<(String, String)>,
    /// cargo's own words, by `NAME vVERSION`.
    pub words: &'a BTreeMap<String, String>,
}

impl Case<'_> {
    /// Decides each third-party unit.
    pub fn verdicts(&self) -> BTreeMap<&String, Verdict> {
        let own: BTreeMap<&String, BTreeMap<Cause, String>> =
            self.stale.iter().map(|(hash, unit)| (hash, self.own(hash, unit))).collect();
        let third_party = self.stale.iter().filter(|(_, unit)| !unit.is_local);
        third_party.map(|(hash, unit)| (hash, self.verdict(hash, unit, &own))).collect()
    }

    fn verdict(&self, hash: &String, unit: &Stale, own: &BTreeMap<&String, BTreeMap<Cause, String>>) -> Verdict {
        if let Some(causes) = own.get(hash).filter(|own| !own.is_empty()) {
            return Verdict { causes: causes.clone(), is_inherited: false };
        }
        let (mut inherited, mut seen) = (BTreeMap::new(), BTreeSet::from([hash]));
        let mut open: Vec<(&String, &Stale)> = vec![(hash, unit)];
        while let Some(next) = open.pop() {
            for (need, below) in self.needs(next.0, next.1) {
                if !seen.insert(need) {
                    continue;
                }
                match own.get(need) {
                    _ if below.is_local => {
                        inherited.insert(Cause::Local(below.package.clone()), String::new());
                    }
                    Some(causes) if !causes.is_empty() => inherited.extend(causes.clone()),
                    _ => open.push((need, below)),
                }
            }
        }
        if inherited.is_empty() {
            return Verdict { causes: BTreeMap::from([self.by_words(unit)]), is_inherited: false };
        }
        Verdict { causes: inherited, is_inherited: true }
    }

    /// Returns the units that a unit needs and that cargo would make. The run of a build script
    /// does not name them, but it needs the script. The record of a run contains almost nothing. If
    /// there was no such run before, the crate of the script tells the differences.
    fn needs<'a>(&'a self, hash: &str, unit: &'a Stale) -> Vec<(&'a String, &'a Stale)> {
        if !unit.record.is_run() {
            return unit.needs.iter().filter_map(|hash| self.stale.get_key_value(hash)).collect();
        }
        let is_beside = |it: &&Stale| (&it.package, &it.version) == (&unit.package, &unit.version);
        let beside = || self.stale.iter().filter(|(_, it)| is_beside(it) && !it.record.is_run());
        let script: Vec<_> = beside().filter(|(_, it)| it.record.stem.starts_with("build-script-")).collect();
        if !script.is_empty() || self.cooked.iter().any(|it| it.hash == hash) {
            return script;
        }
        beside().filter(|(_, it)| it.dir == unit.dir).collect()
    }

    /// Returns the reason that cargo gives if its records do not tell.
    fn by_words(&self, unit: &Stale) -> (Cause, String) {
        let words = self.words.get(&format!("{} v{}", unit.package, unit.version));
        let of_files = words.filter(|words| words.starts_with("the file"));
        let of_variable = words.and_then(|words| {
            let rest = words.strip_prefix("the environment variable ").or(words.strip_prefix("the env variable "))?;
            rest.split(' ').next().map(|name| name.trim_matches('`').to_owned())
        });
        match (of_variable, of_files, words) {
            (Some(name), ..) => (Cause::Variable(name, "changed"), String::new()),
            (_, Some(words), _) => (Cause::Files, format!(", {words}")),
            (_, _, words) => (Cause::Unknown, words.map(|words| format!(": {words}")).unwrap_or_default()),
        }
    }

    /// Returns the unit in the target directory that is most similar.
    fn nearest(&self, hash: &str, unit: &Stale) -> Option<(&Cooked, Vec<Difference>)> {
        let (triple, profile) = parts(&unit.dir);
        let of = self.cooked.iter().filter(|it| it.package == unit.package && it.record.stem == unit.record.stem);
        let of = of.filter(|it| self.is_instead(it, unit));
        let all = of.map(|it| (it, unit.record.fingerprint.differences(&it.record.fingerprint)));
        all.min_by_key(|(it, differences)| {
            let (its_triple, its_profile) = parts(&it.dir);
            let is_moved = differences.contains(&Difference::Source);
            let far = [profile != its_profile, triple != its_triple, is_moved].into_iter().filter(|it| *it).count();
            (it.hash != hash, 3 * far + differences.len())
        })
    }

    /// Returns whether a unit in the target directory has the same version, or one that the
    /// lockfile no longer has.
    fn is_instead(&self, cooked: &Cooked, unit: &Stale) -> bool {
        let version = cooked.source.as_deref().and_then(|path| version_in(path, &unit.package));
        let version = version.filter(|version| *version != unit.version);
        version.is_none_or(|version| !self.locked.contains(&(unit.package.clone(), version)))
    }

    /// Returns the causes of a unit itself.
    fn own(&self, hash: &str, unit: &Stale) -> BTreeMap<Cause, String> {
        let mut causes = BTreeMap::new();
        if self.cooked.is_empty() {
            causes.insert(Cause::Nothing, String::new());
            return causes;
        }
        let Some((cooked, differences)) = self.nearest(hash, unit) else {
            // A unit may be missing because the unit that builds it is missing.
            let is_run = unit.record.is_run() && !self.needs(hash, unit).is_empty();
            let cause = whole(self.facts).unwrap_or(Cause::Missing);
            return if is_run { causes } else { BTreeMap::from([(cause, String::new())]) };
        };
        let ((triple, profile), (its_triple, its_profile)) = (parts(&unit.dir), parts(&cooked.dir));
        if profile != its_profile {
            causes.insert(Cause::Profile(its_profile.to_owned(), profile.to_owned()), String::new());
        }
        if triple != its_triple {
            causes.insert(Cause::Target, String::new());
        }
        let is_placed = causes.is_empty();
        // Hashes of another cargo cannot be compared.
        let is_comparable = !differences.contains(&Difference::Rustc);
        for difference in differences {
            if !is_comparable && matches!(difference, Difference::Profile | Difference::Linker | Difference::Platform) {
                continue;
            }
            let (cause, about) = match difference {
                Difference::Profile if self.facts.command => (Cause::Command, String::new()),
                Difference::Profile if is_placed => (Cause::Settings, String::new()),
                Difference::Profile | Difference::Platform if !is_placed => continue,
                other => of_difference(other, unit, cooked),
            };
            causes.insert(cause, about);
        }
        if causes.is_empty() && self.needs(hash, unit).is_empty() {
            causes.extend([self.by_words(unit)]);
        }
        // A platform that only one build names also decides about flags and settings of units for
        // the host.
        if self.facts.target && !causes.is_empty() {
            causes.retain(|cause, _| matches!(cause, Cause::Rustc | Cause::Moved(..) | Cause::Profile(..)));
            causes.insert(Cause::Target, String::new());
        }
        causes
    }
}

/// Returns the cause that alone explains a missing unit.
fn whole(facts: &Facts) -> Option<Cause> {
    let profile = facts.profile.clone().map(|(then, now)| Cause::Profile(then, now));
    profile.or(facts.target.then_some(Cause::Target)).or(facts.command.then_some(Cause::Command))
}

/// Returns the platform and the profile of a directory: `TRIPLE/release`, or `release`.
pub fn parts(dir: &str) -> (Option<&str>, &str) {
    dir.rsplit_once('/').map_or((None, dir), |(triple, profile)| (Some(triple), profile))
}
