//! Which images the stages start from.
//!
//! In: a style, and what the project says about its toolchain. Out: names of official images, and
//! why. Touches nothing.

use super::facts::{Facts, numbers};
use crate::cli::init::Base;

/// The images of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The image that builds.
    pub rust: String,
    /// Why it is this one, as a sentence.
    pub why: String,
    /// The image below the program.
    pub runtime: &'static str,
}

/// The first Rust with an image for bookworm.
const FIRST: [u64; 2] = [1, 70];

/// The first cargo that reads version 4 of Cargo.lock.
const LOCK_4: [u64; 2] = [1, 78];

/// Returns the images for a style.
pub fn images(base: Base, facts: &Facts) -> Images {
    let suffix = if base.is_musl() { "alpine" } else { "slim-bookworm" };
    let (version, why) = version(facts);
    Images {
        rust: format!("rust:{version}-{suffix}"),
        why,
        runtime: match base {
            Base::Debian => "debian:bookworm-slim",
            Base::Alpine => "alpine:3",
            Base::Distroless => "gcr.io/distroless/cc-debian12:nonroot",
            Base::Scratch => "scratch",
        },
    }
}

/// The version in the tag, and why.
fn version(facts: &Facts) -> (String, String) {
    if let Some((file, channel)) = &facts.toolchain {
        let channel = channel.as_deref().unwrap_or_default();
        let parts = numbers(channel);
        let is_version = !parts.is_empty() && channel.split('.').count() == parts.len();
        if is_version && parts.as_slice() >= FIRST.as_slice() {
            return (channel.to_owned(), format!("`{file}` names Rust {channel}."));
        }
        let named = if channel.is_empty() { "the toolchain".to_owned() } else { format!("`{channel}`") };
        return ("1".to_owned(), format!("rustup installs {named}, which `{file}` names."));
    }
    match &facts.rust_version {
        None => ("1".to_owned(), "No `rust-version` and no toolchain file name another one.".to_owned()),
        Some(least) => {
            let parts = numbers(least);
            let cannot = if parts.as_slice() < FIRST.as_slice() {
                Some("which has no image for bookworm")
            } else if facts.lock_version >= 4 && parts.as_slice() < LOCK_4.as_slice() {
                Some("which cannot read version 4 of Cargo.lock")
            } else {
                None
            };
            match cannot {
                Some(reason) => ("1".to_owned(), format!("`rust-version` is {least}, {reason}.")),
                None => (least.clone(), format!("`rust-version` is {least}; dependencies may need a newer one.")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(facts: &Facts, base: Base, expected: &str) {
        assert_eq!(images(base, facts).rust, expected);
    }

    #[test]
    fn the_toolchain_file_wins_over_rust_version() {
        let mut facts = Facts { rust_version: Some("1.80".to_owned()), lock_version: 4, ..Facts::default() };
        check(&facts, Base::Debian, "rust:1.80-slim-bookworm");
        check(&facts, Base::Scratch, "rust:1.80-alpine");
        for (channel, expected) in [
            ("1.85.1", "rust:1.85.1-slim-bookworm"),
            ("stable", "rust:1-slim-bookworm"),
            ("nightly-2026-01-01", "rust:1-slim-bookworm"),
            ("1.60", "rust:1-slim-bookworm"),
        ] {
            facts.toolchain = Some(("rust-toolchain.toml".to_owned(), Some(channel.to_owned())));
            check(&facts, Base::Distroless, expected);
        }
    }

    #[test]
    fn a_rust_version_without_a_fitting_image_gives_the_newest() {
        let of = |version: Option<&str>, lock_version| Facts {
            rust_version: version.map(str::to_owned),
            lock_version,
            ..Facts::default()
        };
        check(&of(None, 4), Base::Debian, "rust:1-slim-bookworm");
        check(&of(Some("1.56"), 3), Base::Debian, "rust:1-slim-bookworm");
        check(&of(Some("1.74"), 3), Base::Debian, "rust:1.74-slim-bookworm");
        check(&of(Some("1.74"), 4), Base::Debian, "rust:1-slim-bookworm");
    }
}
