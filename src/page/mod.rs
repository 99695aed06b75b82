//! The page that `cook --html` writes.
//!
//! In: the report of a cook. Out: one HTML file that needs no other file and no network: a timeline
//! of the units, and tables of time and size. Its text is in page.html, next to this file. Touches
//! nothing.
//!
//! The page holds every number as text, so it can be read without its script. The script only sorts
//! tables and shows details of a bar.

mod escape;
mod table;
mod timeline;

use crate::size;
use crate::target::report::Report;
use escape::{escape, filled};
use std::fmt::Write;
use table::{seconds, units_of};

/// Returns the page for a report.
pub fn html(report: &Report) -> String {
    let values = [
        ("build", escape(report.build())),
        ("facts", facts(report)),
        ("timeline", timeline::timeline(report.rows(), report.seconds())),
        ("saved", timeline::saved(report.rows())),
        ("origins", table::origins(report.rows())),
        ("packages", table::packages(report.rows())),
        ("units", table::units(report.rows())),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    filled(include_str!("page.html"), &values)
}

/// Returns the numbers at the top.
fn facts(report: &Report) -> String {
    let units = report.units();
    let kept = units.fresh + units.seeded + units.stored;
    let bytes = report.rows().iter().map(|row| row.bytes).sum();
    let facts = [
        ("This cook", seconds(report.seconds()), format!("{} compiled", units_of(units.compiled))),
        ("Saved in this cook", seconds(report.saved_seconds()), format!("{} not compiled again", units_of(kept))),
        ("Saved in the next build", seconds(report.seconds_of_all()), "of compilation".to_owned()),
        ("Size", size::print(bytes), units_of(report.rows().len())),
    ];
    let mut html = String::new();
    for (name, value, more) in facts {
        let _ = write!(html, "<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::report::{From, Row};

    fn page(build: &str) -> String {
        let row = |package: &str, from, started| Row {
            package: package.to_owned(),
            version: "1.0.0".to_owned(),
            kind: "lib".to_owned(),
            from,
            seed: None,
            bytes: 1_500_000,
            started,
            seconds: Some(2.0),
        };
        let rows = vec![row("alpha", From::Compiled, Some(0.5)), row("beta", From::Store, None)];
        html(&Report::new(build.to_owned(), rows, 0).after(3.25))
    }

    #[test]
    fn the_page_tells_what_was_cooked_and_what_is_saved() {
        let html = page("cargo build --release");
        assert!(html.contains("<title>Cooked for cargo build --release</title>"), "{html}");
        for fact in [
            "<dt>This cook</dt><dd>3.2 s<small>1 unit compiled</small>",
            "<dt>Saved in this cook</dt><dd>2.0 s<small>1 unit not compiled again</small>",
            "<dt>Saved in the next build</dt><dd>4.0 s",
            "<dt>Size</dt><dd>3.0 MB<small>2 units</small>",
        ] {
            assert!(html.contains(fact), "{fact}\n{html}");
        }
    }

    #[test]
    fn the_page_loads_nothing() {
        let html = page("cargo build");
        for word in ["http:", "https:", "//", "@import", "url(", "src=", "fetch", "XMLHttpRequest"] {
            assert!(!html.contains(word), "{word}");
        }
        assert!(html.contains("default-src 'none'"));
    }

    #[test]
    fn the_command_is_escaped_wherever_it_is_written() {
        let html = page("cargo build --features '<script>alert(1)</script>{{units}}'");
        assert!(!html.contains("<script>alert"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;alert(1)&lt;/script&gt;{{units}}").count(), 2, "{html}");
    }
}
