//! Shrinks a store that is too large: removes what was used longest ago.
//!
//! In: what a holder lists, and how much it may hold. Out: names that go. Deletes; a cook that runs
//! at the same time finds less, and compiles it.

use super::holder::{Holder, INDEX, Listed, OBJECTS};
use super::record::Record;
use crate::digest::Digest;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, SystemTime};

/// The age at which an object without a record no longer belongs to a running cook.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// The number of units, which is the number of records.
    pub units: usize,
    /// The number of objects.
    pub objects: usize,
    /// The bytes of both.
    pub bytes: u64,
}

/// Shrinks a store to its limit.
///
/// # Errors
/// The store cannot be read, or nothing can be removed from it.
pub fn to_size(holder: &dyn Holder, limit: u64) -> io::Result<Gone> {
    let (records, objects) = (holder.list(INDEX)?, holder.list(OBJECTS)?);
    let total: u64 = records.iter().chain(&objects).map(|listed| listed.bytes).sum();
    if total <= limit {
        return Ok(Gone::default());
    }
    // Room for the next cook, so that not each one has to look.
    remove(holder, records, &objects, limit - limit / 10, &BTreeSet::new())
}

/// Removes a tenth of a store whose disk is full, but no record of `stays`, which a cook has just
/// used.
///
/// # Errors
/// The store cannot be read, or nothing be removed from it.
pub fn make_room(holder: &dyn Holder, stays: &BTreeSet<String>) -> io::Result<Gone> {
    let (records, objects) = (holder.list(INDEX)?, holder.list(OBJECTS)?);
    let total: u64 = records.iter().chain(&objects).map(|listed| listed.bytes).sum();
    remove(holder, records, &objects, total - total / 10, stays)
}

fn remove(
    holder: &dyn Holder,
    records: Vec<Listed>,
    objects: &[Listed],
    limit: u64,
    stays: &BTreeSet<String>,
) -> io::Result<Gone> {
    let held = held(holder, records);
    let going = decide(&held, objects, (limit, stays), SystemTime::now());
    let mut gone = Gone::default();
    for listed in going {
        holder.delete(&listed.name)?;
        let count = if listed.name.starts_with(OBJECTS) { &mut gone.objects } else { &mut gone.units };
        *count += 1;
        gone.bytes += listed.bytes;
    }
    Ok(gone)
}

/// A record, as far as it matters who goes first.
struct Held {
    listed: Listed,
    /// The name of its object; none, if the record is broken.
    object: Option<String>,
    /// The length of the longest chain of units that it was compiled against.
    depth: usize,
}

fn record(holder: &dyn Holder, listed: &Listed) -> Option<Record> {
    let bytes = holder.get(&listed.name).ok()??;
    Record::parse(&listed.name, &bytes)
}

fn held(holder: &dyn Holder, records: Vec<Listed>) -> Vec<Held> {
    let read: Vec<Option<Record>> = records.iter().map(|listed| record(holder, listed)).collect();
    let mut below = BTreeMap::<(String, &Digest), Vec<(String, &Digest)>>::new();
    for record in read.iter().flatten() {
        let dependencies = record.dependencies.iter().map(|(unit, object)| (unit.clone(), object));
        below.entry((record.unit.key(), &record.object)).or_default().extend(dependencies);
    }
    let mut depths = BTreeMap::new();
    let depths: Vec<usize> = read
        .iter()
        .map(|record| record.as_ref().map_or(0, |it| depth(&(it.unit.key(), &it.object), &below, &mut depths)))
        .collect();
    let objects: Vec<Option<String>> = read.iter().map(|record| record.as_ref().map(Record::object_name)).collect();
    records
        .into_iter()
        .zip(objects)
        .zip(depths)
        .map(|((listed, object), depth)| Held { listed, object, depth })
        .collect()
}

type At<'a> = (String, &'a Digest);

fn depth<'a>(at: &At<'a>, below: &BTreeMap<At<'a>, Vec<At<'a>>>, known: &mut BTreeMap<At<'a>, usize>) -> usize {
    if let Some(known) = known.get(at) {
        return *known;
    }
    // A store that somebody made up could hold a circle.
    known.insert(at.clone(), 0);
    let deepest = below.get(at).into_iter().flatten().map(|it| depth(it, below, known) + 1).max().unwrap_or(0);
    known.insert(at.clone(), deepest);
    deepest
}

/// The minute in which a record was put: a cook puts all of its records at about one time.
fn minute(listed: &Listed) -> u64 {
    listed.put.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() / 60)
}

/// What goes, in this order: first what nobody can use, then records by the time they were put, and
/// objects with their last record. Of what was put at one time, units go before those that they
/// were compiled against and are of no use without.
fn decide<'a>(
    records: &'a [Held],
    objects: &'a [Listed],
    (limit, stays): (u64, &BTreeSet<String>),
    now: SystemTime,
) -> Vec<&'a Listed> {
    let mut total: u64 = records.iter().map(|held| held.listed.bytes).chain(objects.iter().map(|it| it.bytes)).sum();
    let by_name: BTreeMap<&str, &Listed> = objects.iter().map(|listed| (listed.name.as_str(), listed)).collect();
    let mut users = BTreeMap::<&str, usize>::new();
    for object in records.iter().filter_map(|held| held.object.as_deref()) {
        *users.entry(object).or_default() += 1;
    }
    let is_old = |listed: &&Listed| now.duration_since(listed.put).is_ok_and(|age| age > GRACE);
    let mut going: Vec<&Listed> = records
        .iter()
        .filter(|held| held.object.as_deref().is_none_or(|object| !by_name.contains_key(object)))
        .map(|held| &held.listed)
        .chain(objects.iter().filter(|listed| !users.contains_key(listed.name.as_str())).filter(is_old))
        .collect();
    let dead: BTreeSet<&str> = going.iter().map(|listed| listed.name.as_str()).collect();
    total -= going.iter().map(|listed| listed.bytes).sum::<u64>();
    let may_go = |name: &str| !dead.contains(name) && !stays.contains(name);
    let mut by_age: Vec<_> = records.iter().filter(|held| may_go(&held.listed.name)).collect();
    by_age.sort_by_key(|held| {
        (minute(&held.listed), std::cmp::Reverse(held.depth), held.listed.put, held.listed.name.as_str())
    });
    for Held { listed, object, .. } in by_age {
        if total <= limit {
            break;
        }
        going.push(listed);
        total -= listed.bytes;
        let Some(object) = object.as_deref() else { continue };
        if let Some(left) = users.get_mut(object) {
            *left -= 1;
            if let Some(listed) = by_name.get(object).filter(|_| *left == 0) {
                going.push(listed);
                total -= listed.bytes;
            }
        }
    }
    going
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, bytes: u64, hours_ago: u64) -> Listed {
        let put = now() - Duration::from_secs(hours_ago * 60 * 60);
        Listed { name: name.to_owned(), bytes, put }
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1000 * 60 * 60)
    }

    fn record(name: &str, hours_ago: u64, object: &str) -> Held {
        Held { listed: listed(name, 1, hours_ago), object: Some(object.to_owned()), depth: 0 }
    }

    #[track_caller]
    fn check(records: &[Held], objects: &[Listed], limit: u64, expected: &[&str]) {
        let going: Vec<&str> = decide(records, objects, (limit, &BTreeSet::from(["r/stays".to_owned()])), now())
            .into_iter()
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(going, expected);
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let records = [record("r/new", 1, "o/new"), record("r/old", 9, "o/old"), record("r/older", 10, "o/older")];
        let objects = [listed("o/new", 100, 1), listed("o/old", 100, 20), listed("o/older", 100, 5)];
        check(&records, &objects, 303, &[]);
        check(&records, &objects, 302, &["r/older", "o/older"]);
        check(&records, &objects, 102, &["r/older", "o/older", "r/old", "o/old"]);
    }

    #[test]
    fn an_object_stays_as_long_as_a_record_names_it() {
        let records = [record("r/new", 1, "o"), record("r/old", 9, "o")];
        check(&records, &[listed("o", 100, 20)], 101, &["r/old"]);
    }

    #[test]
    fn what_nobody_can_use_goes_and_what_a_cook_may_be_writing_stays() {
        let broken = Held { object: None, ..record("r/broken", 1, "") };
        let records = [record("r/lost", 1, "o/none"), broken, record("r", 1, "o")];
        let objects = [listed("o", 100, 2), listed("o/fresh", 100, 0), listed("o/left", 100, 2)];
        check(&records, &objects, 1000, &["r/lost", "r/broken", "o/left"]);
    }

    #[test]
    fn of_what_was_put_at_one_time_the_rest_is_of_use_without_what_goes() {
        let records = [record("r/low", 9, "o/low"), Held { depth: 1, ..record("r/top", 9, "o/top") }];
        check(&records, &[listed("o/low", 100, 9), listed("o/top", 100, 9)], 150, &["r/top", "o/top"]);
    }

    #[test]
    fn what_a_cook_has_just_used_stays() {
        let records = [record("r/stays", 9, "o"), record("r/other", 1, "o"), record("r/new", 1, "o/new")];
        check(&records, &[listed("o", 100, 9), listed("o/new", 100, 1)], 0, &["r/new", "o/new", "r/other"]);
    }
}
