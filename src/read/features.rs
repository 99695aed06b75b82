//! Checks the features that local packages request from each other.
//!
//! In: packages with resolved dependencies. Out: an error about the first feature that its package
//! does not have. cargo resolves a workspace with all features of all members, whatever it builds,
//! and refuses such a feature (`resolve_with_previous` in its `ops/resolve.rs`,
//! `Requirements::require_feature` in `core/resolver/dep_cache.rs`). Features of third-party
//! packages are in the registry's index, which only cargo reads. Touches nothing.

use crate::error::{Result, fail};
use crate::workspace::{Dependency, DependencyKind, Package};

/// Refuses a feature that a local package requests and another one does not have.
///
/// # Errors
/// There is such a feature.
pub fn refuse_unknown(packages: &[Package]) -> Result<()> {
    for package in packages {
        // Only these dependencies of a package that is not a member are certainly resolved.
        let counts = |d: &&Dependency| package.is_member || d.kind != DependencyKind::Dev && !d.optional;
        for dependency in package.dependencies.iter().filter(counts) {
            let Some(to) = dependency.to.local().map(|i| &packages[i]) else { continue };
            let values = package.features.values().filter(|_| package.is_member).flatten();
            let by_features = values.filter_map(|value| value.split_once('/'));
            let by_features =
                by_features.filter(|(key, _)| key.trim_end_matches('?') == dependency.key).map(|(_, feature)| feature);
            let mut asked = dependency.features.iter().map(String::as_str).chain(by_features);
            if let Some(feature) = asked.find(|feature| !to.features.contains_key(*feature)) {
                let known: Vec<String> = to.features.keys().map(|feature| format!("`{feature}`")).collect();
                let known = if known.is_empty() {
                    "it has no features".to_owned()
                } else {
                    format!("its features are {}", known.join(", "))
                };
                fail!(
                    "package `{}` asks for feature `{feature}` of `{}`, which has no such feature\nhelp: {known}",
                    package.name,
                    to.name
                );
            }
        }
    }
    Ok(())
}
