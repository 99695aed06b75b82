//! The tables of the page.
//!
//! In: the rows of a report. Out: HTML: time and bytes by where units came from, by package, and
//! for each unit. Touches nothing.

use super::escape::escape;
use crate::size;
use crate::target::report::{From, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Where units come from: the class in the page's style, and the words.
const ORIGINS: [(From, &str, &str); 4] = [
    (From::Compiled, "compiled", "compiled"),
    (From::Fresh, "fresh", "fresh"),
    (From::Seed, "seed", "seed"),
    (From::Store, "store", "store"),
];

/// A sum over units.
#[derive(Default)]
struct Sum {
    units: usize,
    seconds: f64,
    bytes: u64,
    from: BTreeSet<From>,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        self.units += 1;
        self.seconds += row.seconds.unwrap_or_default();
        self.bytes += row.bytes;
        self.from.insert(row.from);
    }
}

/// Returns the size of a unit and where it came from, as text.
pub fn size_and_origin(row: &Row) -> String {
    let (_, words) = origin(row.from);
    let seed = row.seed.as_ref().map(|seed| format!(" `{seed}`")).unwrap_or_default();
    format!("{}, {words}{seed}", size::print(row.bytes))
}

/// Returns the table of what came from where.
pub fn origins(rows: &[Row]) -> String {
    let sums = summed(rows, |row| row.from);
    let most = Most::of(sums.values());
    let lines = sums.iter().map(|(from, sum)| {
        let units = format!("<td class=\"n\">{}</td>", sum.units);
        format!(
            "<tr class=\"{}\"><th scope=\"row\">{}</th>{units}{}</tr>",
            origin(*from).1,
            badge(*from),
            most.cells(sum, "")
        )
    });
    let head = [("From", ""), ("Units", "n"), ("Time", "n"), ("Size", "n")];
    let head = head.map(|(name, class)| format!("<th scope=\"col\" class=\"{class}\">{name}</th>")).concat();
    table("Units by where they came from", &head, &lines.collect::<String>())
}

/// Returns the table of packages, the slowest first.
pub fn packages(rows: &[Row]) -> String {
    let sums = summed(rows, |row| (row.package.as_str(), row.version.as_str()));
    let most = Most::of(sums.values());
    let mut sorted: Vec<_> = sums.iter().collect();
    sorted.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
    let lines = sorted.into_iter().map(|((package, version), sum)| {
        format!(
            "<tr><th scope=\"row\">{} <small>{} · {}</small></th><td>{}</td>{}</tr>",
            escape(package),
            escape(version),
            units_of(sum.units),
            sum.from.iter().map(|from| badge(*from)).collect::<String>(),
            most.cells(sum, "all")
        )
    });
    let head = [sorting("Package", "", ""), sorting("From", "", ""), sorting("Time", "n", "descending")].concat();
    table("Packages", &(head + &sorting("Size", "n", "")), &lines.collect::<String>())
}

/// Returns the table of units, the slowest first.
pub fn units(rows: &[Row]) -> String {
    let mut lines = String::new();
    for row in rows {
        let seed = row.seed.as_ref().map(|seed| format!("<br><small>{}</small>", escape(seed))).unwrap_or_default();
        let started = row.started.map_or("–".to_owned(), seconds);
        let took = row.seconds.map_or("–".to_owned(), seconds);
        let _ = write!(
            lines,
            "<tr><th scope=\"row\">{}</th><td>{}{seed}</td><td class=\"n start\" data-v=\"{}\">{started}</td><td class=\"n\" data-v=\"{}\">{took}</td><td class=\"n\" data-v=\"{}\">{}</td></tr>",
            escape(&row.title()),
            badge(row.from),
            row.started.unwrap_or(-1.0),
            row.seconds.unwrap_or(-1.0),
            row.bytes,
            size::print(row.bytes)
        );
    }
    let head = [sorting("Unit", "", ""), sorting("From", "", ""), sorting("Start", "n start", "")].concat();
    let head = head + &sorting("Time", "n", "descending") + &sorting("Size", "n", "");
    table("Units", &head, &lines)
}

/// Returns a number of units as text.
pub fn units_of(count: usize) -> String {
    if count == 1 { "1 unit".to_owned() } else { format!("{count} units") }
}

/// Returns seconds as text.
pub fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

/// The largest values of a table, for the bars in its cells.
struct Most {
    seconds: f64,
    bytes: u64,
}

impl Most {
    fn of<'a>(sums: impl Iterator<Item = &'a Sum>) -> Self {
        let most = Most { seconds: f64::MIN_POSITIVE, bytes: 1 };
        sums.fold(most, |most, sum| Most { seconds: most.seconds.max(sum.seconds), bytes: most.bytes.max(sum.bytes) })
    }

    /// Returns the cells of time and size.
    #[expect(clippy::cast_precision_loss, reason = "a part of a width")]
    fn cells(&self, sum: &Sum, class: &str) -> String {
        let cell = |value: &str, text: &str, part: f64| {
            format!(
                "<td class=\"n\" data-v=\"{value}\">{text}<i class=\"{class}\" style=\"width:{:.1}%\"></i></td>",
                part * 100.0
            )
        };
        let time = cell(&format!("{:.3}", sum.seconds), &seconds(sum.seconds), sum.seconds / self.seconds);
        time + &cell(&sum.bytes.to_string(), &size::print(sum.bytes), sum.bytes as f64 / self.bytes as f64)
    }
}

fn summed<'a, K: Ord>(rows: &'a [Row], key: impl Fn(&'a Row) -> K) -> BTreeMap<K, Sum> {
    let mut sums = BTreeMap::<K, Sum>::new();
    for row in rows {
        sums.entry(key(row)).or_default().add(row);
    }
    sums
}

/// Returns the class of an origin, and its words.
pub fn origin(from: From) -> (&'static str, &'static str) {
    let row = ORIGINS.iter().find(|(it, ..)| *it == from).expect("each has a row");
    (row.1, row.2)
}

fn badge(from: From) -> String {
    let (class, words) = origin(from);
    format!("<span class=\"from {class}\">{words}</span>")
}

/// Returns the head of a column with a button that sorts by it.
fn sorting(name: &str, class: &str, sorted: &str) -> String {
    let sorted = if sorted.is_empty() { String::new() } else { format!(" aria-sort=\"{sorted}\"") };
    format!("<th scope=\"col\" class=\"{class}\"{sorted}><button type=\"button\">{name}</button></th>")
}

fn table(name: &str, head: &str, lines: &str) -> String {
    format!("<table class=\"wide\" aria-label=\"{name}\"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(package: &str, kind: &str, from: From, seconds: f64, bytes: u64) -> Row {
        let [package, kind, version] = [package, kind, "1.0.0"].map(str::to_owned);
        let seed = (from == From::Seed).then(|| "/a/<seed>".to_owned());
        Row { package, version, kind, from, seed, bytes, started: None, seconds: Some(seconds) }
    }

    #[test]
    fn a_package_has_one_line_with_the_sums_of_its_units_and_all_its_origins() {
        let rows = [
            row("alpha", "lib", From::Compiled, 1.5, 2000),
            row("alpha", "custom-build", From::Store, 1.0, 1000),
            row("beta", "lib", From::Fresh, 5.0, 500),
        ];
        let html = packages(&rows);
        assert_eq!(html.matches("<tr><th scope=\"row\">").count(), 2, "{html}");
        assert!(html.find(">beta ").expect("it is there") < html.find(">alpha ").expect("it is there"), "{html}");
        assert!(html.contains("alpha <small>1.0.0 · 2 units</small>"), "{html}");
        assert!(html.contains("data-v=\"2.500\">2.5 s<i class=\"all\" style=\"width:50.0%\">"), "{html}");
        assert!(html.contains(">compiled</span>") && html.contains(">store</span>"), "{html}");
        assert!(origins(&rows).contains("<td class=\"n\">1</td><td class=\"n\" data-v=\"5.000\">5.0 s"), "{html}");
    }

    #[test]
    fn names_and_paths_are_escaped() {
        let rows = [row("<i>", "lib", From::Seed, 1.0, 1)];
        for html in [packages(&rows), units(&rows)] {
            assert!(!html.contains("<i>") && !html.contains("<seed>"), "{html}");
        }
        assert!(units(&rows).contains("/a/&lt;seed&gt;"));
    }
}
