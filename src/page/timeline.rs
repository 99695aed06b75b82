//! The timeline of the units that a cook compiled, and the time of those that it did not compile.
//!
//! In: the rows of a report. Out: HTML: bars in lanes. Two bars share a lane if the later unit
//! started after the earlier one had ended. So the number of lanes is how many units cargo made at
//! once. Units that were not compiled have one lane for each origin, because their order in time is
//! not known. Touches nothing.

use super::escape::escape;
use super::table::{origin, seconds as as_text, size_and_origin, units_of};
use crate::target::report::{From, Row};
use std::fmt::Write;

/// The mtimes from which times come may be this many seconds too early.
const BLUR: f64 = 0.01;
/// A bar shows its name if it has this part of the width, and on a narrow screen if it has that.
const WIDE: f64 = 0.04;
const WIDEST: f64 = 0.2;

/// A unit with its time.
struct Bar<'a> {
    row: &'a Row,
    started: f64,
    seconds: f64,
}

/// Returns the timeline of a cook of this many seconds.
pub fn timeline(rows: &[Row], seconds: f64) -> String {
    let bars = bars(rows);
    if bars.is_empty() {
        return "<p>No unit was compiled.</p>".to_owned();
    }
    let lanes = lanes(bars);
    let ends = lanes.iter().flatten().map(|bar| bar.started + bar.seconds);
    let whole = ends.fold(seconds, f64::max).max(BLUR);
    let count: usize = lanes.iter().map(Vec::len).sum();
    let mut html = format!(
        "<div class=\"chart\" role=\"group\" tabindex=\"0\" aria-label=\"Timeline of {count} compiled units in {whole:.1} seconds. Arrow keys go from unit to unit.\"><div class=\"lanes\">"
    );
    let step = step(whole);
    for at in (0..=8).map(|i| f64::from(i) * step).take_while(|at| *at <= whole) {
        let place = at / whole;
        let class = if place > 0.93 { "tick last" } else { "tick" };
        let _ = write!(
            html,
            "<div class=\"{class}\" style=\"left:{:.2}%\" aria-hidden=\"true\"><span>{at} s</span></div>",
            place * 100.0
        );
    }
    for lane in &lanes {
        html.push_str("<div class=\"lane\">");
        for bar in lane {
            draw(bar, whole, &mut html);
        }
        html.push_str("</div>");
    }
    html.push_str("</div>");
    html.push_str(&output("Point at a unit, or use the arrow keys. Striped units are runs of build scripts."));
    html
}

/// Returns the units that were not compiled, in a lane for each origin. Their lengths are the times
/// that they once took.
pub fn saved(rows: &[Row]) -> String {
    let lanes = [From::Fresh, From::Seed, From::Store].map(|from| {
        let timed = rows.iter().filter(|row| row.from == from).filter_map(|row| Some((row, row.seconds?)));
        (from, timed.collect::<Vec<_>>())
    });
    let sum = |lane: &[(&Row, f64)]| lane.iter().map(|(_, seconds)| seconds).sum::<f64>();
    let whole = lanes.iter().map(|(_, lane)| sum(lane)).fold(0.0, f64::max);
    if whole == 0.0 {
        return String::new();
    }
    let mut html = "<h2>Not compiled again</h2><div class=\"chart\" role=\"group\" tabindex=\"0\" aria-label=\"Units that were not compiled, by the time that they once took. Arrow keys go from unit to unit.\">".to_owned();
    let mut at = 0;
    for (from, lane) in lanes.iter().filter(|(_, lane)| !lane.is_empty()) {
        let (class, words) = origin(*from);
        let all = sum(lane);
        let _ = write!(
            html,
            "<p><span class=\"from {class}\">{words}</span> <span class=\"soft\">{}, once {}</span></p><div class=\"strip {class}\" style=\"width:{:.2}%\">",
            units_of(lane.len()),
            as_text(all),
            all / whole * 100.0
        );
        for (row, seconds) in lane {
            at += 1;
            let title = format!("{}: once {}, {}", row.title(), as_text(*seconds), size_and_origin(row));
            let (class, name) = look(row, seconds / whole);
            let _ = write!(
                html,
                "<div class=\"{class}\" data-s=\"{at}\" style=\"flex-grow:{seconds:.3}\" title=\"{}\">{name}</div>",
                escape(&title)
            );
        }
        html.push_str("</div>");
    }
    html.push_str(&output("A bar is as long as the unit once took. Point at a unit, or use the arrow keys."));
    html
}

/// Returns the place for the details of a unit, with a hint, and the end of the chart.
fn output(hint: &str) -> String {
    format!("<output aria-live=\"polite\"><span class=\"soft\">{hint}</span></output></div>")
}

/// Returns the class of a bar with this part of the width, and the name that it shows.
fn look(row: &Row, width: f64) -> (String, String) {
    let run = if row.kind == "run-build-script" { " run" } else { "" };
    let wide = match width {
        width if width >= WIDEST => " wide widest",
        width if width >= WIDE => " wide",
        _ => " thin",
    };
    (format!("bar{run}{wide}"), if width >= WIDE { escape(&row.package) } else { String::new() })
}

/// Returns the units that were compiled. One without a time was faster than the clock of mtimes.
fn bars(rows: &[Row]) -> Vec<Bar<'_>> {
    let of = |row| Some(Bar { row, started: row.started?, seconds: row.seconds.unwrap_or_default() });
    rows.iter().filter_map(of).collect()
}

fn draw(bar: &Bar<'_>, whole: f64, html: &mut String) {
    let Bar { row, started, seconds } = bar;
    let width = seconds / whole;
    let (class, name) = look(row, width);
    let _ = write!(
        html,
        "<div class=\"{class}\" data-s=\"{started:.3}\" style=\"left:{:.3}%;width:{:.3}%\" title=\"{}: {seconds:.1} s from {started:.1} s, {}\">{name}</div>",
        started / whole * 100.0,
        width * 100.0,
        escape(&row.title()),
        escape(&size_and_origin(row)),
    );
}

/// Returns the bars in lanes, each in the first lane that is free.
fn lanes(mut bars: Vec<Bar<'_>>) -> Vec<Vec<Bar<'_>>> {
    bars.sort_by(|a, b| a.started.total_cmp(&b.started));
    let mut lanes = Vec::<Vec<Bar<'_>>>::new();
    for bar in bars {
        let is_free =
            |lane: &&mut Vec<Bar<'_>>| lane.last().is_none_or(|last| last.started + last.seconds <= bar.started + BLUR);
        match lanes.iter_mut().find(is_free) {
            Some(lane) => lane.push(bar),
            None => lanes.push(vec![bar]),
        }
    }
    lanes
}

/// Returns the distance of marks below which there are at most eight: 1, 2, or 5, times a power of
/// ten.
fn step(whole: f64) -> f64 {
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0];
    steps.into_iter().find(|step| whole / step <= 8.0).unwrap_or((whole / 8.0).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::report::From;

    fn row(package: &str, started: Option<f64>, seconds: f64) -> Row {
        let [package, kind, version] = [package, "lib", "1.0.0"].map(str::to_owned);
        Row { package, version, kind, from: From::Compiled, seed: None, bytes: 1000, started, seconds: Some(seconds) }
    }

    /// The names in each lane.
    fn names(rows: &[Row]) -> Vec<Vec<&str>> {
        let of = |lane: Vec<Bar<'_>>| lane.iter().map(|bar| bar.row.package.len()).collect::<Vec<_>>();
        let found = lanes(bars(rows)).into_iter().map(of);
        let name = |length: usize| rows.iter().map(|row| row.package.as_str()).find(|name| name.len() == length);
        found.map(|lane| lane.into_iter().filter_map(name).collect()).collect()
    }

    #[test]
    fn units_at_the_same_time_have_lanes_of_their_own() {
        let rows =
            [row("a", Some(0.0), 2.0), row("bb", Some(1.0), 3.0), row("ccc", Some(2.0), 1.0), row("dddd", None, 1.0)];
        assert_eq!(names(&rows), [vec!["a", "ccc"], vec!["bb"]]);
    }

    #[test]
    fn a_bar_is_where_its_unit_was_and_has_an_escaped_name() {
        let html = timeline(&[row("<b>", Some(2.5), 5.0)], 10.0);
        assert!(html.contains("style=\"left:25.000%;width:50.000%\""), "{html}");
        assert!(html.contains(">&lt;b&gt;</div>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("title=\"&lt;b&gt; 1.0.0: 5.0 s from 2.5 s, 1.0 kB, compiled\""), "{html}");
    }

    #[test]
    fn without_a_compiled_unit_there_is_a_sentence() {
        assert_eq!(timeline(&[row("a", None, 1.0)], 3.0), "<p>No unit was compiled.</p>");
    }

    #[test]
    fn units_that_were_not_compiled_have_a_lane_for_each_origin() {
        let of = |package, from, seconds| Row { from, ..row(package, None, seconds) };
        let rows = [of("a", From::Store, 3.0), of("<b>", From::Store, 1.0), of("c", From::Fresh, 1.0)];
        let html = saved(&rows);
        assert!(
            html.contains(
                "<span class=\"soft\">2 units, once 4.0 s</span></p><div class=\"strip store\" style=\"width:100.00%\">"
            ),
            "{html}"
        );
        assert!(html.contains("<div class=\"strip fresh\" style=\"width:25.00%\">"), "{html}");
        assert!(
            html.contains("title=\"&lt;b&gt; 1.0.0: once 1.0 s, 1.0 kB, store\"") && !html.contains("<b>"),
            "{html}"
        );
        assert_eq!(saved(&[row("a", Some(0.0), 1.0)]), "");
    }

    #[test]
    fn there_are_at_most_nine_marks() {
        for whole in [0.01, 0.9, 3.0, 59.0, 61.0, 3000.0, 90_000.0] {
            assert!(whole / step(whole) <= 8.0, "{whole}");
        }
    }
}
