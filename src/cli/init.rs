//! The command line of `init`.
//!
//! In: arguments. Out: [`Init`], plain values. Every flag is one field. Does no work.

use crate::workspace::scope::Scope;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `cargo larder init`.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each switch")]
#[command(after_help = super::examples::INIT)]
pub struct Init {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Package whose binaries the image gets [default: chosen from the workspace]
    #[arg(short, long, value_name = "SPEC")]
    pub package: Vec<String>,
    /// Binary that the image gets (repeatable) [default: all of the package]
    #[arg(long, value_name = "NAME")]
    pub bin: Vec<String>,
    /// Features to activate (repeatable)
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub features: Vec<String>,
    /// Activate all features
    #[arg(long)]
    pub all_features: bool,
    /// Do not activate the `default` feature
    #[arg(long)]
    pub no_default_features: bool,
    /// Profile to build with, unless the build argument PROFILE names another
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub profile: String,
    /// Build for the target TRIPLE [default: the platform of the image]
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// What the image is based on: debian, alpine, distroless, scratch
    #[arg(long, value_name = "BASE", default_value = "debian", hide_possible_values = true)]
    pub base: Base,
    /// Also keep compiled units in a cache mount, with `cook --cache`
    #[arg(long)]
    pub cache_mount: bool,
    /// Convert this Dockerfile, which uses cargo-chef, and show the difference
    #[arg(long, value_name = "DOCKERFILE", conflicts_with_all = ["compose", "ci", "check"])]
    pub from: Option<PathBuf>,
    /// Also write a compose file
    #[arg(long)]
    pub compose: bool,
    /// Also write a pipeline: github, gitlab (repeatable)
    #[arg(long, value_name = "SERVICE", hide_possible_values = true)]
    pub ci: Vec<Ci>,
    /// Replace files that exist
    #[arg(long, conflicts_with_all = ["stdout", "check"])]
    pub force: bool,
    /// Print the files, or one of them, and write nothing
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with = "check")]
    pub stdout: Option<Option<String>>,
    /// Write nothing; fail if a file is missing or out of date
    #[arg(long)]
    pub check: bool,
    /// Run without the network
    #[arg(long)]
    pub offline: bool,
    /// Print errors only
    #[arg(short, long)]
    pub quiet: bool,
    /// When to use colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
}

/// What the image of the program is based on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Base {
    /// Debian for building and for running.
    #[default]
    Debian,
    /// Alpine for building and for running.
    Alpine,
    /// Debian for building, and Google's distroless image for running.
    Distroless,
    /// Alpine for building a static program, and nothing below it.
    Scratch,
}

/// A service that runs pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
}

impl Ci {
    /// Returns its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Ci::Github => "github",
            Ci::Gitlab => "gitlab",
        }
    }
}

impl Base {
    /// Returns its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Base::Debian => "debian",
            Base::Alpine => "alpine",
            Base::Distroless => "distroless",
            Base::Scratch => "scratch",
        }
    }

    /// Returns whether the program is built on Alpine.
    pub fn is_musl(self) -> bool {
        matches!(self, Base::Alpine | Base::Scratch)
    }
}

impl Init {
    /// Returns what the user says about the build. The profile is left out: it is a build argument.
    pub fn wish(&self) -> Scope {
        Scope {
            package: self.package.clone(),
            bin: self.bin.clone(),
            features: self.features.clone(),
            all_features: self.all_features,
            no_default_features: self.no_default_features,
            target: self.target.iter().cloned().collect(),
            ..Scope::default()
        }
        .normalized()
    }

    /// Returns the words of the command that writes the same files again.
    pub fn words(&self) -> Vec<String> {
        let mut words = ["cargo", "larder", "init"].map(str::to_owned).to_vec();
        words.extend(self.wish().to_words());
        let mut value = |flag: &str, value: &str, default: &str| {
            if value != default {
                words.extend([flag.to_owned(), value.to_owned()]);
            }
        };
        value("--profile", &self.profile, "release");
        value("--base", self.base.name(), Base::default().name());
        let switches = [("--cache-mount", self.cache_mount), ("--compose", self.compose)];
        words.extend(switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned()));
        words.extend(self.ci.iter().flat_map(|ci| ["--ci".to_owned(), ci.name().to_owned()]));
        words
    }
}
