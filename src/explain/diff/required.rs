//! Differences between what stubs and members require of packages that both recipes have.
//!
//! In: two views. Out: [`Change`]s: features, places, and other keys. Packages that are new or gone
//! are for `packages`, and what a new member requires is for `members`. Touches nothing.

use super::super::change::{Change, Kind};
use super::{Both, subject};
use crate::recipe::view::{Ask, Place};
use std::collections::{BTreeMap, BTreeSet};

/// What is required of one package, by place.
type Asked<'a> = BTreeMap<Place, &'a Ask>;

/// Returns the differences.
pub(super) fn required(both: &Both<'_>) -> Vec<Change> {
    let (old_members, new_members) = (both.old.member_names(), both.new.member_names());
    let shared =
        |place: &Place| place.by.as_ref().is_none_or(|by| old_members.contains(by) && new_members.contains(by));
    let forward = |o: usize| both.pairs.forward.get(&o).copied().or_else(|| local(both, o));
    let mut packages = BTreeMap::<usize, (Asked<'_>, Asked<'_>)>::new();
    for ask in both.old.asks.iter().filter(|ask| shared(&ask.place)) {
        if let Some(n) = forward(ask.package) {
            insert(&mut packages.entry(n).or_default().0, ask);
        }
    }
    for ask in both.new.asks.iter().filter(|ask| shared(&ask.place) && !both.pairs.new.contains(&ask.package)) {
        insert(&mut packages.entry(ask.package).or_default().1, ask);
    }
    packages.into_iter().flat_map(|(package, (old, new))| package_changes(both, package, &old, &new)).collect()
}

/// One stub or member can require a package twice, with different keys.
fn insert<'a>(asked: &mut Asked<'a>, ask: &'a Ask) {
    let mut place = ask.place.clone();
    while asked.contains_key(&place) {
        place.how = if place.how.is_empty() { "again".to_owned() } else { format!("{} again", place.how) };
    }
    asked.insert(place, ask);
}

/// Returns the local package of the new lockfile that is called as this one of the old.
fn local(both: &Both<'_>, o: usize) -> Option<usize> {
    let old = &both.old.lock.packages[o];
    let found = both
        .new
        .lock
        .packages
        .iter()
        .position(|p| (&p.name, &p.version, &p.source) == (&old.name, &old.version, &old.source));
    found.filter(|n| both.old.is_local(o) && both.new.is_local(*n))
}

fn package_changes(both: &Both<'_>, package: usize, old: &Asked<'_>, new: &Asked<'_>) -> Vec<Change> {
    let local = both.new.is_local(package);
    let change = |kind| Change { local, ..Change::new(kind, subject(&both.new.lock, package)) };
    let mut changes = Vec::new();
    let only =
        |a: &Asked<'_>, b: &Asked<'_>| -> Vec<Place> { a.keys().filter(|p| !b.contains_key(*p)).cloned().collect() };
    let (gained, lost) = (only(new, old), only(old, new));
    if !gained.is_empty() || !lost.is_empty() {
        let asked_by = gained.iter().filter_map(|place| place.by.clone()).collect();
        // A package can still be needed by others.
        let plain = if old.is_empty() || new.is_empty() { "directly" } else { "for the target" };
        let words = |places: &[Place]| places.iter().map(|place| in_words(place, plain)).collect();
        let required = Change { gained: words(&gained), lost: words(&lost), asked_by, ..change(Kind::Required) };
        changes.push(required.touching(gained.iter().flat_map(|place| reached(both, package, place)).collect()));
    }
    // Equal differences in several places are one change.
    let mut features = BTreeMap::<(BTreeSet<String>, BTreeSet<String>), Vec<&Place>>::new();
    let mut keys = BTreeMap::<(String, Option<String>, Option<String>), Vec<&Place>>::new();
    for (place, was, is) in old.iter().filter_map(|(place, was)| Some((place, was, new.get(place)?))) {
        let (before, now) = (all_features(was), all_features(is));
        if before != now {
            let difference = (&now - &before, &before - &now);
            features.entry(difference).or_default().push(place);
        }
        let names: BTreeSet<&String> = was.rest.keys().chain(is.rest.keys()).collect();
        for name in names.into_iter().filter(|name| was.rest.get(*name) != is.rest.get(*name)) {
            let text = |ask: &Ask| ask.rest.get(name).map(ToString::to_string);
            keys.entry((name.clone(), text(was), text(is))).or_default().push(place);
        }
    }
    let above = if local { BTreeSet::new() } else { both.above([package]) };
    for ((gained, lost), places) in features {
        let (asked_by, place) = (by(&places), how(&places, new.len()));
        changes.push(Change { gained, lost, place, asked_by, ..change(Kind::Features) }.touching(above.clone()));
    }
    for ((key, was, is), places) in keys {
        let (asked_by, place) = (by(&places), how(&places, new.len()));
        let subject = format!("{} `{key}`", subject(&both.new.lock, package));
        let declared = Change { subject, place, asked_by, ..change(Kind::Declared) }.from_to(was, is);
        changes.push(declared.touching(above.clone()));
    }
    changes
}

/// Returns the features, `default` included.
fn all_features(ask: &Ask) -> BTreeSet<String> {
    let default = ask.default_features.then(|| "default".to_owned());
    ask.features.iter().cloned().chain(default).collect()
}

fn by(places: &[&Place]) -> BTreeSet<String> {
    places.iter().filter_map(|place| place.by.clone()).collect()
}

/// Returns the words for these places, or none if they are all there are.
fn how(places: &[&Place], all: usize) -> String {
    let words: BTreeSet<&str> = places.iter().map(|place| place.how.as_str()).collect();
    if places.len() == all || words == BTreeSet::from([""]) && places[0].by.is_some() {
        return String::new();
    }
    let words: Vec<&str> = words.into_iter().map(|how| if how.is_empty() { "for the target" } else { how }).collect();
    words.join(" and ")
}

fn in_words(place: &Place, plain: &str) -> String {
    match (&place.by, place.how.as_str()) {
        (None, "") => plain.to_owned(),
        (None, how) => how.to_owned(),
        (Some(by), "") => format!("by {by}"),
        (Some(by), how) => format!("by {by} {how}"),
    }
}

/// Returns what a package needs in a place where nothing has required it before: the package and
/// those below it, except for those that were required there already.
fn reached(both: &Both<'_>, package: usize, place: &Place) -> BTreeSet<usize> {
    if both.new.is_local(package) {
        return BTreeSet::new();
    }
    let there = both.old.asks.iter().filter(|ask| ask.place.how == place.how).map(|ask| ask.package);
    let before = both.old.lock.reach(there);
    let before: BTreeSet<usize> = before.iter().filter_map(|o| both.pairs.forward.get(o).copied()).collect();
    both.new.lock.reach([package]).intersection(&both.all).copied().filter(|i| !before.contains(i)).collect()
}
