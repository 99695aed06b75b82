//! Checks the platforms that flags and the configuration name.
//!
//! In: the targets and the host. Out: an error if a target specification does not exist, and
//! warnings about triples that may be misspelled. They are only warnings, because rustc may be
//! newer than the table of triples. Reads whether files exist.

use crate::config::is_specification;
use crate::config::layers::Layers;
use crate::error::{Result, fail};
use cfg_expr::targets::{ALL_BUILTINS, get_builtin_target_by_triple};
use std::collections::BTreeSet;
use std::path::Path;
use toml::Value;

/// The places that name platforms.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// `--target`.
    pub targets: &'a [String],
    /// `--host`.
    pub host: Option<&'a str>,
    /// The configuration, which may set `build.target`.
    pub layers: &'a Layers,
    /// The directory that paths on the command line are relative to.
    pub here: &'a Path,
    /// The directory that paths in the project are relative to.
    pub root: &'a Path,
}

/// Returns warnings about unknown triples.
///
/// # Errors
/// A target specification does not exist.
pub fn check(named: &Named<'_>) -> Result<Vec<String>> {
    // As in cargo, the flag overrides the key (`CompileKind::from_requested_targets`).
    let of_config = if named.targets.is_empty() { configured(named.layers) } else { Vec::new() };
    for (target, base) in
        named.targets.iter().map(|t| (t.as_str(), named.here)).chain(of_config.iter().map(|t| (*t, named.root)))
    {
        if is_specification(target) && !base.join(target).is_file() {
            fail!(
                "target specification `{target}` does not exist\nhelp: name the file that has it, or a triple of `rustc --print target-list`"
            );
        }
    }
    let targets = named.targets.iter().map(String::as_str).chain(of_config).map(|triple| ("target", triple));
    let all: BTreeSet<(&str, &str)> = targets.chain(named.host.map(|triple| ("host", triple))).collect();
    Ok(all.into_iter().filter_map(|(role, triple)| doubt(role, triple)).collect())
}

fn configured(layers: &Layers) -> Vec<&str> {
    match layers.get("build.target").map(|(value, _)| value) {
        Some(Value::String(target)) => vec![target],
        Some(Value::Array(targets)) => targets.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns the triple without the version of glibc that `cargo zigbuild` takes after it, as in
/// `x86_64-unknown-linux-gnu.2.17`.
pub fn without_glibc(triple: &str) -> &str {
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    triple.split_once('.').filter(|(_, version)| is_version(version)).map_or(triple, |(triple, _)| triple)
}

/// Returns a warning about a triple that the table lacks.
fn doubt(role: &str, triple: &str) -> Option<String> {
    // `host-tuple` is cargo's name for the host. It is valid only as a target.
    let is_target = role == "target";
    let triple = if is_target { without_glibc(triple) } else { triple };
    if get_builtin_target_by_triple(triple).is_some()
        || is_target && (is_specification(triple) || triple == "host-tuple")
    {
        return None;
    }
    let near = ALL_BUILTINS.iter().map(|target| target.triple.as_str());
    let near = near.map(|known| (strsim::osa_distance(triple, known), known)).min();
    // If the triple is new, the nearest one differs in a whole part.
    let near = near.filter(|(distance, _)| *distance <= 3);
    let meant = near.map(|(_, known)| format!("did you mean `{known}`? ")).unwrap_or_default();
    Some(format!(
        "{role} `{triple}` is no triple that is known here, so rustc may refuse it\nhelp: {meant}`rustc --print target-list` prints those that it knows"
    ))
}
