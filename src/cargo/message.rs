//! cargo's JSON messages, as far as this program reads them.
//!
//! In: lines of cargo's stdout. Out: a [`Message`] for each line about a unit. Other lines, which
//! may come from programs that cargo starts, are no messages.

use serde::Deserialize;
use std::io::BufRead;
use std::path::PathBuf;

/// A message about a unit (`machine_message.rs` in cargo's `util`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Message {
    /// cargo compiled a target or found it fresh.
    CompilerArtifact(Artifact),
    /// The result of a build script is known.
    BuildScriptExecuted(BuildScript),
}

/// A target that cargo compiled or found fresh.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Artifact {
    /// The target's package.
    pub package_id: PackageId,
    /// The manifest of the package.
    pub manifest_path: PathBuf,
    /// The target.
    pub target: Target,
    /// The files that the compiler wrote.
    pub filenames: Vec<PathBuf>,
    /// Whether cargo found it fresh.
    pub fresh: bool,
}

/// A target of a package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Target {
    /// The kinds, such as `lib` or `custom-build`. A library has one for each crate type.
    pub kind: Vec<String>,
}

/// The run of a build script.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BuildScript {
    /// The script's package.
    pub package_id: PackageId,
    /// The script's `OUT_DIR`.
    pub out_dir: PathBuf,
}

/// cargo's id of a package, which has two forms (`PackageId::serialize`): the package id spec
/// `SOURCE#NAME@VERSION`, and `NAME VERSION (SOURCE)` before Rust 1.77.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PackageId(String);

impl PackageId {
    /// Returns whether the package comes from a registry or a repository.
    pub fn is_third_party(&self) -> bool {
        !self.source().starts_with("path+")
    }

    /// Returns whether the package comes from a source of a lockfile.
    pub fn is_from(&self, source: &str) -> bool {
        self.source().starts_with(source)
    }

    /// Returns name and version of the package.
    pub fn name_and_version(&self) -> Option<(String, String)> {
        if let [name, version, _] = self.words()[..] {
            return Some((name.to_owned(), version.to_owned()));
        }
        let (url, fragment) = self.0.rsplit_once('#')?;
        let (name, version) = fragment.split_once('@').unwrap_or_else(|| {
            let path = url.split_once('?').map_or(url, |(path, _)| path);
            (path.rsplit('/').next().unwrap_or(path), fragment)
        });
        Some((name.to_owned(), version.to_owned()))
    }

    fn source(&self) -> &str {
        match self.words()[..] {
            [_, _, source] => source.trim_matches(['(', ')']),
            _ => &self.0,
        }
    }

    /// Returns the parts of the older form. A URL has no spaces.
    fn words(&self) -> Vec<&str> {
        self.0.splitn(3, ' ').collect()
    }
}

/// Returns the messages about units, until the output ends.
pub fn messages(stdout: impl BufRead) -> impl Iterator<Item = Message> {
    stdout.split(b'\n').map_while(Result::ok).filter_map(|line| serde_json::from_slice(&line).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> PackageId {
        PackageId(text.to_owned())
    }

    #[test]
    fn both_forms_of_an_id_say_the_same() {
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        for [new, old] in [
            [
                "registry+https://github.com/rust-lang/crates.io-index#log@0.4.17",
                "log 0.4.17 (registry+https://github.com/rust-lang/crates.io-index)",
            ],
            ["git+https://host/repo/log?branch=a#0.4.17", "log 0.4.17 (git+https://host/repo/log?branch=a#1234567)"],
            ["path+file:///a/log#0.4.17", "log 0.4.17 (path+file:///a/log)"],
            ["path+file:///a%20b#log@0.4.17", "log 0.4.17 (path+file:///a%20b)"],
        ] {
            let (new, old) = (id(new), id(old));
            assert_eq!(new.name_and_version(), Some(("log".to_owned(), "0.4.17".to_owned())));
            assert_eq!(old.name_and_version(), new.name_and_version());
            assert_eq!(old.is_third_party(), new.is_third_party());
            assert_eq!(old.is_from(registry), new.is_from(registry));
        }
        assert!(id("log 0.4.17 (registry+https://host/index)").is_third_party());
        assert!(!id("log 0.4.17 (path+file:///a)").is_third_party());
    }

    #[test]
    fn lines_that_are_no_messages_about_units_are_passed_over() {
        let lines = b"a build script prints \xff\n{\"reason\":\"build-finished\",\"success\":true}\n\
            {\"reason\":\"build-script-executed\",\"package_id\":\"a 1.0.0 (path+file:///a)\",\"out_dir\":\"/t/out\"}\n{";
        let script = BuildScript { package_id: id("a 1.0.0 (path+file:///a)"), out_dir: PathBuf::from("/t/out") };
        assert_eq!(messages(&lines[..]).collect::<Vec<_>>(), [Message::BuildScriptExecuted(script)]);
    }
}
