//! The packages of a recipe as a graph in DOT.
//!
//! In: a [`View`]. Out: the graph: boxes for what is required directly or by members, and an edge
//! for each dependency of the lockfile. Touches nothing.

use crate::recipe::secrets::without_credentials;
use crate::recipe::view::View;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Returns the graph.
pub(super) fn dot(view: &View) -> String {
    let all = view.third_party();
    let mut text = "digraph recipe {\n    rankdir = LR\n    node [shape = ellipse]\n".to_owned();
    let direct: BTreeSet<usize> = view.asks.iter().map(|ask| ask.package).filter(|i| all.contains(i)).collect();
    let mut asked = BTreeMap::<String, BTreeSet<usize>>::new();
    for ask in view.asks.iter().filter(|ask| all.contains(&ask.package)) {
        if let Some(by) = &ask.place.by {
            asked.entry(by.clone()).or_default().insert(ask.package);
        }
    }
    for member in asked.keys() {
        let _ = writeln!(text, "    {} [shape = box, style = filled]", quoted(member));
    }
    for i in &all {
        let shape = if direct.contains(i) { " [shape = box]" } else { "" };
        let _ = writeln!(text, "    {}{shape}", node(view, *i));
    }
    for (member, packages) in &asked {
        for package in packages {
            let _ = writeln!(text, "    {} -> {}", quoted(member), node(view, *package));
        }
    }
    for i in &all {
        let package = &view.lock.packages[*i];
        for below in package.dependencies.iter().chain(&package.replace).filter(|below| all.contains(below)) {
            let _ = writeln!(text, "    {} -> {}", node(view, *i), node(view, *below));
        }
    }
    text + "}\n"
}

/// Returns the name of a package's node. Packages of one name and version differ in their source.
fn node(view: &View, package: usize) -> String {
    let it = &view.lock.packages[package];
    let twins = view.lock.packages.iter().filter(|p| (&p.name, &p.version) == (&it.name, &it.version)).count();
    let source = it.source.as_deref().filter(|_| twins > 1).map(|it| format!(" {it}")).unwrap_or_default();
    quoted(&without_credentials(&format!("{} {}{source}", it.name, it.version)))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
