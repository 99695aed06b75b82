//! `cook --report` and `cook --html`: what a cook did, unit by unit.

use super::larder;
use super::store::{FILES, project};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Cooks, and returns the report and the page.
fn cooked(dir: &Path, flags: &[&str]) -> (Value, String) {
    let fixed = ["cook", "--offline", "--release", "--report", "report.json", "--html", "cook.html"];
    larder(dir, &[&fixed, flags].concat(), &[]);
    let report = fs_err::read(dir.join("report.json")).expect("it was written");
    let page = fs_err::read_to_string(dir.join("cook.html")).expect("it was written");
    (serde_json::from_slice(&report).expect("it is JSON"), page)
}

fn rows(report: &Value) -> &[Value] {
    report["rows"].as_array().expect("there are rows")
}

/// How many units came from where.
fn from(report: &Value) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for row in rows(report) {
        *counts.entry(row["from"].as_str().expect("it is text")).or_default() += 1;
    }
    counts
}

/// The lines of the table of units: a line has the words of one origin.
fn lines_with(page: &str, words: &str) -> usize {
    let table = page.split("aria-label=\"Units\">").nth(1).expect("there is one").split("</table>").next();
    table.expect("it ends").matches(&format!(">{words}</span>")).count()
}

#[test]
fn the_page_and_the_report_have_each_unit_with_its_time_and_its_origin() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir, &[]);

    let (report, page) = cooked(dir, &["--cache", "store"]);
    let all = rows(&report).len();
    assert!(all > 5 && from(&report) == BTreeMap::from([("compiled", all)]), "{report}");
    let whole = report["seconds"].as_f64().expect("a number");
    for row in rows(&report) {
        let started = row["started"].as_f64().expect("a number");
        // The run of a build script may be faster than the clock of mtimes.
        let seconds = row["seconds"].as_f64();
        assert!(seconds.is_some_and(|it| it > 0.0) || row["kind"] == "run-build-script", "{row}");
        assert!(started > 0.0 && started + seconds.unwrap_or_default() <= whole, "{row} in {whole}");
        let [package, version] = ["package", "version"].map(|key| row[key].as_str().expect("it is text"));
        assert!(page.contains(&format!("title=\"{package} {version}")), "{package} has a bar");
        assert!(page.contains(&format!("<th scope=\"row\">{package} <small>{version} · ")), "{package} has a line");
    }
    assert_eq!(page.matches("<div class=\"bar").count(), all);
    assert_eq!(lines_with(&page, "compiled"), all);
    // A crate starts when what it needs has begun.
    let start = |name: &str| rows(&report).iter().find(|row| row["package"] == name).map(|row| row["started"].as_f64());
    assert!(start("alpha") > start("epsilon-derive"), "{report}");

    // Nothing is compiled: there is no timeline, and the times are the earlier ones.
    let (again, page) = cooked(dir, &[]);
    assert_eq!(from(&again), BTreeMap::from([("fresh", all)]));
    assert!(rows(&again).iter().all(|row| row["started"].is_null() && row["from"] == "fresh"), "{again}");
    assert!(page.contains("No unit was compiled.") && page.contains("<div class=\"strip fresh\""), "{page}");
    assert!(!page.contains("<div class=\"lane"), "{page}");
    assert_eq!(lines_with(&page, "fresh"), all);

    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    let (_, page) = cooked(dir, &["--seed", "seed"]);
    assert_eq!(lines_with(&page, "seed"), all);
    fs_err::remove_dir_all(dir.join("target")).expect("writable");
    let (stored, page) = cooked(dir, &["--cache", "store"]);
    assert_eq!(lines_with(&page, "store"), all, "{stored}");
}

#[test]
fn units_of_several_builds_are_on_one_page_in_the_order_of_time() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let files = "-- Cargo.toml --
[workspace]
members = ['app', 'other']
resolver = '2'
-- app/Cargo.toml --
[package] app
[dependencies]
alpha = '1'
-- app/src/main.rs --
fn main() {}
-- other/Cargo.toml --
[package] other
[dependencies]
alpha = { version = '1', features = ['derive'] }
-- other/src/main.rs --
fn main() {}
";
    project(files, temp.path(), &[]);
    larder(temp.path(), &["prepare", "--bin", "app"], &[]);
    let (report, page) = cooked(temp.path(), &[]);
    assert_eq!(report["build"], "cargo build -p app --release && cargo build --bin app --release");
    assert!(page.contains("cargo build -p app --release &amp;&amp; cargo build --bin app --release"), "{page}");
    let alphas = rows(&report).iter().filter(|row| row["package"] == "alpha");
    let mut starts: Vec<f64> = alphas.map(|row| row["started"].as_f64().expect("a number")).collect();
    starts.sort_by(f64::total_cmp);
    let [first, second] = starts[..] else { panic!("`alpha` is compiled for each build: {report}") };
    assert!(first < second, "{report}");
    assert_eq!(page.matches("<div class=\"bar").count(), rows(&report).len());
}

#[test]
fn a_page_that_cannot_be_written_is_an_error_that_names_it() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    project(FILES, temp.path(), &[]);
    fs_err::write(temp.path().join("none"), "a file").expect("it is writable");
    let cook = || {
        let mut command = super::command(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), temp.path());
        command.args(["cook", "--offline", "--html", "none/cook.html"]).output().expect("it starts")
    };
    let output = cook();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected = "error: cannot write the report `none/cook.html`: `none` is not a directory\nhelp: name a file in another directory\n";
    assert_eq!(said, expected);
    assert!(!temp.path().join("target").exists(), "nothing is compiled before");
    fs_err::remove_file(temp.path().join("none")).expect("it is there");
    assert!(cook().status.success() && temp.path().join("none/cook.html").is_file(), "a missing directory is made");
}
