//! The last lines of a cook.
//!
//! In: the command of the build, and what was done. Out: lines within 80 columns. Touches nothing.

use crate::target::report::{From, Report, Row};

/// The columns of a line after cargo's word and a space.
const COLUMNS: usize = 80 - 13;
/// How many units to name.
const NAMED: usize = 5;
/// A unit below this many seconds is not worth a line.
const LEAST: f64 = 1.0;
/// Below this many seconds in all, the cook was short, and nothing is named.
const LEAST_OF_ALL: f64 = 10.0;

/// Returns the units that took longest to compile in this cook, and what the cook saves the next
/// build. Each line has cargo's word before it. After a short cook, returns nothing.
pub fn slowest(units: &Report) -> Vec<(&'static str, String)> {
    let compiled = || units.rows().iter().filter(|row| row.from == From::Compiled);
    let took: f64 = compiled().filter_map(|row| row.seconds).sum();
    let timed = compiled().filter_map(|row| Some((row, row.seconds.filter(|seconds| *seconds >= LEAST)?)));
    let named: Vec<_> = timed.take(NAMED).collect();
    if took < LEAST_OF_ALL || named.is_empty() {
        return Vec::new();
    }
    let line = |(i, (row, seconds)): (usize, &(&Row, f64))| {
        (if i == 0 { "Slowest" } else { "" }, shortened(&format!("{seconds:>6.1}s {}", row.title()), COLUMNS))
    };
    let saves = format!("the next build {:.1}s of compilation", units.seconds_of_all());
    named.iter().enumerate().map(line).chain([("Saved", saves)]).collect()
}

/// Returns a text within this many columns.
fn shortened(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Returns the command and what was done, within 80 columns. Adds the first of these `sizes` that
/// fits. If the line is still too long, shortens the command.
pub fn last_line(build: &str, done: &str, sizes: &[String]) -> String {
    const ROOM: usize = COLUMNS - "for : ".len();
    let room = ROOM.saturating_sub(done.chars().count());
    let fits = |size: &&str| build.chars().count() + size.chars().count() <= room;
    match sizes.iter().map(String::as_str).chain([""]).find(fits) {
        Some(size) => format!("for {build}: {done}{size}"),
        None => format!("for {}: {done}", shortened(build, room)),
    }
}

pub fn megabytes(bytes: u64) -> String {
    let (whole, tenth) = (bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    if whole < 10 { format!("{whole}.{tenth} MB") } else { format!("{whole} MB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(package: &str, kind: &str, from: From, seconds: f64) -> Row {
        let [package, kind, version] = [package, kind, "1.2.3"].map(str::to_owned);
        Row { package, version, kind, from, seed: None, bytes: 7, started: None, seconds: Some(seconds) }
    }

    fn lines(rows: Vec<Row>) -> Vec<String> {
        let units = Report::new("cargo build".to_owned(), rows, 0);
        slowest(&units).into_iter().map(|(verb, line)| format!("{verb:>12} {line}")).collect()
    }

    #[test]
    fn the_five_units_that_took_longest_are_named_and_what_is_saved() {
        let mut rows: Vec<Row> =
            (1..=4_u8).map(|i| row(&format!("p{i}"), "lib", From::Compiled, f64::from(i))).collect();
        rows.push(row("ring", "run-build-script", From::Compiled, 9.25));
        rows.push(row("syn", "proc-macro", From::Compiled, 120.0));
        rows.push(row("fresh", "lib", From::Store, 500.0));
        let expected = [
            "     Slowest  120.0s syn 1.2.3 (proc-macro)",
            "                9.2s ring 1.2.3 (run of its build script)",
            "                4.0s p4 1.2.3",
            "                3.0s p3 1.2.3",
            "                2.0s p2 1.2.3",
            "       Saved the next build 639.2s of compilation",
        ];
        assert_eq!(lines(rows), expected);
    }

    #[test]
    fn nothing_is_named_after_a_short_cook_or_one_that_compiled_nothing() {
        assert!(lines(vec![row("a", "lib", From::Compiled, 3.0), row("b", "lib", From::Compiled, 4.0)]).is_empty());
        assert!(lines(vec![row("a", "lib", From::Fresh, 300.0), row("b", "lib", From::Seed, 40.0)]).is_empty());
        assert!(lines((0..99).map(|i| row(&format!("p{i}"), "lib", From::Compiled, 0.4)).collect()).is_empty());
    }

    #[test]
    fn every_line_fits_80_columns() {
        let long = "a-name-of-sixty-four-characters-which-is-what-a-registry-accepts".to_owned();
        for line in lines(vec![row(&long, "run-build-script", From::Compiled, 12_345.6)]) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for build in ["cargo build", &format!("cargo build -p {long} --features {long}")] {
            let line = last_line(build, "120 compiled, 3 fresh in 99.9s", &[", 120 MB".to_owned()]);
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }
}
