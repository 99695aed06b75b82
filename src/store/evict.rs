//! Shrinks a store that is too large: removes what was used longest ago.
//!
//! In: the list of a holder, and the limit. Out: the removed names. Deletes files. A cook that runs
//! at the same time finds fewer units and compiles them.

use super::holder::{Holder, INDEX, Listed, OBJECTS};
use super::record::Record;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, SystemTime};

/// The age at which an object without a record no longer belongs to a running cook.
const GRACE: Duration = Duration::from_hours(1);

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
    // Leaves room for the next cook, so that not every cook must shrink the store.
    let named: Vec<(Listed, Option<String>)> = records
        .into_iter()
        .map(|listed| (object_of(holder, &listed), listed))
        .map(|(object, listed)| (listed, object))
        .collect();
    let going = decide(&named, &objects, limit - limit / 10, SystemTime::now());
    let mut gone = Gone::default();
    for listed in going {
        holder.delete(&listed.name)?;
        let count = if listed.name.starts_with(OBJECTS) { &mut gone.objects } else { &mut gone.units };
        *count += 1;
        gone.bytes += listed.bytes;
    }
    Ok(gone)
}

/// Returns the name of a record's object, or `None` if the record is broken.
pub fn object_of(holder: &dyn Holder, listed: &Listed) -> Option<String> {
    let bytes = holder.get(&listed.name).ok()??;
    Some(Record::parse(&listed.name, &bytes)?.object_name())
}

/// Returns what to remove, in this order: unusable files first, then records by their time. An
/// object is removed with its last record.
fn decide<'a>(
    records: &'a [(Listed, Option<String>)],
    objects: &'a [Listed],
    limit: u64,
    now: SystemTime,
) -> Vec<&'a Listed> {
    let mut total: u64 = records.iter().map(|(listed, _)| listed.bytes).chain(objects.iter().map(|it| it.bytes)).sum();
    let by_name: BTreeMap<&str, &Listed> = objects.iter().map(|listed| (listed.name.as_str(), listed)).collect();
    let mut users = BTreeMap::<&str, usize>::new();
    for object in records.iter().filter_map(|(_, object)| object.as_deref()) {
        *users.entry(object).or_default() += 1;
    }
    let is_old = |listed: &&Listed| now.duration_since(listed.put).is_ok_and(|age| age > GRACE);
    let mut going: Vec<&Listed> = records
        .iter()
        .filter(|(_, object)| object.as_deref().is_none_or(|object| !by_name.contains_key(object)))
        .map(|(listed, _)| listed)
        .chain(objects.iter().filter(|listed| !users.contains_key(listed.name.as_str())).filter(is_old))
        .collect();
    let dead: BTreeSet<&str> = going.iter().map(|listed| listed.name.as_str()).collect();
    total -= going.iter().map(|listed| listed.bytes).sum::<u64>();
    let mut by_age: Vec<_> = records.iter().filter(|(listed, _)| !dead.contains(listed.name.as_str())).collect();
    by_age.sort_by(|a, b| (a.0.put, &a.0.name).cmp(&(b.0.put, &b.0.name)));
    for (listed, object) in by_age {
        if total <= limit {
            break;
        }
        going.push(listed);
        total -= listed.bytes;
        let Some(object) = object.as_deref() else { continue };
        if let Some(left) = users.get_mut(object) {
            *left -= 1;
            if *left == 0
                && let Some(listed) = by_name.get(object)
            {
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
        let put = now() - Duration::from_hours(hours_ago);
        Listed { name: name.to_owned(), bytes, put }
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(1000)
    }

    fn record(name: &str, hours_ago: u64, object: &str) -> (Listed, Option<String>) {
        (listed(name, 1, hours_ago), Some(object.to_owned()))
    }

    #[track_caller]
    fn check(records: &[(Listed, Option<String>)], objects: &[Listed], limit: u64, expected: &[&str]) {
        let going: Vec<&str> = decide(records, objects, limit, now()).into_iter().map(|it| it.name.as_str()).collect();
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
        let records = [record("r/lost", 1, "o/none"), (listed("r/broken", 1, 1), None), record("r", 1, "o")];
        let objects = [listed("o", 100, 2), listed("o/fresh", 100, 0), listed("o/left", 100, 2)];
        check(&records, &objects, 1000, &["r/lost", "r/broken", "o/left"]);
    }
}
