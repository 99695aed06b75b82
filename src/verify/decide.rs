//! Decides why units are not fresh.
//!
//! In: the units that cargo would make, the units in the target directory, and the differences
//! between the cooked build and this one. Out: for each unit, its own causes, or those of the units
//! that it needs. Touches nothing.

use super::fingerprint::{Difference, Record};
use super::scopes::Facts;
use std::collections::{BTreeMap, BTreeSet};

/// Why a unit is not fresh. The most common causes come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// There is no unit.
    Nothing,
    /// Another profile, by its directory: cooked, and built.
    Profile(String, String),
    /// Another platform, or a platform that only one of the builds names.
    Target,
    /// Cooked for another command, such as `cargo check`.
    Command,
    /// Other features.
    Features,
    /// The package was not cooked.
    Missing,
    /// Another version of the package was cooked.
    Version,
    /// Settings of the profile.
    Settings,
    /// Flags of rustc: those of the cook, and those of the build.
    Rustflags(String, String),
    /// Another rustc.
    Rustc,
    /// The sources were in another directory: the cooked one, and this one.
    Moved(String, String),
    /// The linker.
    Linker,
    /// A target specification, which is a file.
    Platform,
    /// A variable that a build script watches, and its change.
    Variable(String, &'static str),
    /// Files that cargo compares by mtime.
    Files,
    /// A local package that the crate needs, and that is compiled.
    Local(String),
    /// cargo gives no other reason.
    Unknown,
}

/// A unit that cargo would make.
#[derive(Clone, Debug)]
pub struct Stale {
    /// The name of its package.
    pub package: String,
    /// The version of its package.
    pub version: String,
    /// Whether its package is local.
    pub is_local: bool,
    /// The directory of its profile, such as `release`.
    pub dir: String,
    /// What cargo compares about it.
    pub record: Record,
    /// The place of its source.
    pub source: String,
    /// The hashes of the units that it needs.
    pub needs: Vec<String>,
}

/// A unit in the target directory.
#[derive(Clone, Debug)]
pub struct Cooked {
    /// cargo's hash.
    pub hash: String,
    /// The name of its package.
    pub package: String,
    /// The directory of its profile.
    pub dir: String,
    /// What cargo compared.
    pub record: Record,
    /// The place of its source, if its dep-info tells.
    pub source: Option<String>,
}

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

fn of_difference(difference: Difference, unit: &Stale, cooked: &Cooked) -> (Cause, String) {
    let list = |word: &str, names: BTreeSet<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    };
    match difference {
        Difference::Rustc => (Cause::Rustc, String::new()),
        Difference::Source => source(unit, cooked),
        Difference::Features(more, fewer) => {
            let lists = [list("with", more), list("without", fewer)];
            (Cause::Features, format!(" {}", lists.into_iter().flatten().collect::<Vec<_>>().join(", ")))
        }
        Difference::Profile => (Cause::Settings, String::new()),
        Difference::Rustflags(then, now) => (Cause::Rustflags(then.join(" "), now.join(" ")), String::new()),
        Difference::Linker => (Cause::Linker, String::new()),
        Difference::Platform => (Cause::Platform, String::new()),
        Difference::Variable(name, then, now) => {
            let became = match (then, now) {
                (None, _) => "set",
                (_, None) => "unset",
                _ => "changed",
            };
            (Cause::Variable(name, became), String::new())
        }
    }
}

/// Returns whether it has another version, or is in another directory.
fn source(unit: &Stale, cooked: &Cooked) -> (Cause, String) {
    let Some(then) = &cooked.source else { return (Cause::Moved(String::new(), unit.source.clone()), String::new()) };
    match version_in(then, &unit.package) {
        Some(version) if version != unit.version => (Cause::Version, format!(", cooked was {version}")),
        _ => {
            let (then, now) = apart(then, &unit.source);
            (Cause::Moved(then, now), String::new())
        }
    }
}

/// The version in the path of a source: the directory of a package of a registry is called after
/// it.
fn version_in(path: &str, package: &str) -> Option<String> {
    let rests = path.split(['/', '\\']).filter_map(|part| part.strip_prefix(package)?.strip_prefix('-'));
    rests.into_iter().find(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned)
}

/// The directories that hold a package, from a file in it then and its own directory now.
fn apart(then: &str, now: &str) -> (String, String) {
    let (above, name) = now.rsplit_once(['/', '\\']).unwrap_or(("", now));
    let found = [format!("/{name}/"), format!("\\{name}\\")].into_iter().find_map(|it| Some(then.rsplit_once(&it)?.0));
    found.map_or((then.to_owned(), now.to_owned()), |then| (then.to_owned(), above.to_owned()))
}

/// Returns the platform and the profile of a directory: `TRIPLE/release`, or `release`.
pub fn parts(dir: &str) -> (Option<&str>, &str) {
    dir.rsplit_once('/').map_or((None, dir), |(triple, profile)| (Some(triple), profile))
}
