//! Features that local packages ask of each other.
//!
//! In: packages whose dependencies are resolved. Out: nothing, or the first feature that is asked of a package without it.
//! cargo resolves a workspace with all features of all members, whatever is built, and refuses it for such a feature
//! (`resolve_with_previous` in its `ops/resolve.rs`, `Requirements::require_feature` in `core/resolver/dep_cache.rs`). What is
//! asked of third-party packages stands in the registry's index, which only cargo reads. Touches nothing.

use crate::error::{Result, fail};
use crate::workspace::{Dependency, DependencyKind, Package};

/// # Errors
/// A local package has not the feature that another one asks of it.
pub fn refuse_unknown(packages: &[Package]) -> Result<()> {
    for package in packages {
        // Of a package that is no member only this is certain to be resolved.
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
