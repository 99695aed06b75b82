//! The flags that `cook` passes on to cargo.
//!
//! In: arguments. Out: [`How`], and the arguments of cargo that say the same. Touches nothing.

use crate::workspace::scope::{COMPILATION_OPTIONS, MANIFEST_OPTIONS, Scope};
use clap::Args;
use std::path::PathBuf;

/// Flags that decide how to build, not what. cargo gets them unchanged, except that paths are made
/// absolute.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each of cargo's switches")]
pub struct How {
    /// Directory for what is built [default: `CARGO_TARGET_DIR`, the config, or `target`]
    #[arg(help_heading = COMPILATION_OPTIONS, long, value_name = "DIRECTORY")]
    pub target_dir: Option<PathBuf>,
    /// Build with `cargo zigbuild`
    #[arg(help_heading = COMPILATION_OPTIONS, long, conflicts_with_all = ["check", "clippy"])]
    pub zigbuild: bool,
    /// Accepted for the sake of cargo-chef; no stub is compiled, so none needs `std`
    #[arg(long, hide = true)]
    pub no_std: bool,
    /// Number of parallel jobs
    #[arg(help_heading = COMPILATION_OPTIONS, short, long, value_name = "N", allow_hyphen_values = true)]
    pub jobs: Option<String>,
    /// Do not abort as soon as one crate fails
    #[arg(help_heading = COMPILATION_OPTIONS, long)]
    pub keep_going: bool,
    /// Ignore `rust-version` of packages
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub ignore_rust_version: bool,
    /// Run without the network
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub offline: bool,
    /// Assert that versions stay as locked (they always do)
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub locked: bool,
    /// The same as --locked --offline
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub frozen: bool,
    /// Say more (-vv: even more)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
    /// Report how long each crate took
    #[arg(help_heading = COMPILATION_OPTIONS, long, value_name = "FMTS", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub timings: Option<String>,
    /// Override a configuration value
    #[arg(long, value_name = "KEY=VALUE|PATH")]
    pub config: Vec<String>,
    /// Unstable flags of a nightly cargo
    #[arg(short = 'Z', value_name = "FLAG")]
    pub unstable: Vec<String>,
}

impl How {
    /// Returns the command of cargo that builds this `scope`.
    pub fn command(&self, scope: &Scope) -> &'static str {
        if self.zigbuild { "zigbuild" } else { scope.command() }
    }

    /// Returns the flags that change cargo's configuration. Every command of cargo takes them.
    pub fn settings(&self) -> Vec<String> {
        let config = self.config.iter().map(|value| format!("--config={value}"));
        config.chain(self.unstable.iter().map(|flag| format!("-Z{flag}"))).collect()
    }

    /// Returns the flags as cargo takes them, without the target directory, which `cook` always
    /// sets.
    pub fn to_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        let values = [("--jobs", &self.jobs), ("--color", &self.color)];
        for (flag, value) in values {
            args.extend(value.iter().map(|v| format!("{flag}={v}")));
        }
        args.extend(
            self.timings.iter().map(|t| if t.is_empty() { "--timings".to_owned() } else { format!("--timings={t}") }),
        );
        args.extend(self.settings());
        let switches = [
            ("--keep-going", self.keep_going),
            ("--ignore-rust-version", self.ignore_rust_version),
            ("--offline", self.offline || self.frozen),
            ("--quiet", self.quiet),
        ];
        args.extend(switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned()));
        args.extend((0..self.verbose).map(|_| "-v".to_owned()));
        args
    }
}
