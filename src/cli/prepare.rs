//! The arguments of `prepare`.
//!
//! In: arguments. Out: [`Prepare`]. Touches nothing.

use super::examples;
use crate::workspace::scope::{COMPILATION_OPTIONS, MANIFEST_OPTIONS, Scope};
use clap::Args;
use std::path::PathBuf;

/// `cargo larder prepare`.
#[derive(Debug, Args)]
#[command(after_help = examples::PREPARE)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each of cargo's switches")]
pub struct Prepare {
    /// Where to write the recipe
    #[arg(long, value_name = "PATH", default_value = "recipe.json")]
    pub recipe_path: PathBuf,
    /// Say more: what the recipe leaves out
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
    /// What the build will select.
    #[command(flatten)]
    pub scope: Scope,
    /// The triple that will be built on; leaves out dependencies of other platforms where there
    /// is no --target
    #[arg(help_heading = COMPILATION_OPTIONS, long, value_name = "TRIPLE")]
    pub host: Option<String>,
    /// Prepare for any build, even if the Dockerfile cooks for one alone
    #[arg(help_heading = COMPILATION_OPTIONS, long)]
    pub any_build: bool,
    /// Path to Cargo.toml
    #[arg(help_heading = MANIFEST_OPTIONS, long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Assert that Cargo.lock is there and up to date
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub locked: bool,
    /// Run without the network; the build will, too
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub offline: bool,
    /// The same as --locked --offline
    #[arg(help_heading = MANIFEST_OPTIONS, long)]
    pub frozen: bool,
    /// Override a configuration value, as the build will
    #[arg(long, value_name = "KEY=VALUE|PATH")]
    pub config: Vec<String>,
    /// Unstable flags that the build will have
    #[arg(short = 'Z', value_name = "FLAG")]
    pub unstable: Vec<String>,
    /// Other flags that the build may have.
    #[command(flatten)]
    pub ignored: Ignored,
}

/// Flags of `cargo build` that do not affect a recipe. `prepare` accepts and ignores them, so that
/// it can be called with the flags of the build.
#[derive(Debug, Args)]
pub struct Ignored {
    #[arg(short, long, value_name = "N", allow_hyphen_values = true, hide = true)]
    jobs: Option<String>,
    #[arg(long, value_name = "DIRECTORY", hide = true)]
    target_dir: Option<PathBuf>,
    #[arg(long, value_name = "FMT", hide = true)]
    message_format: Vec<String>,
    #[arg(long, hide = true)]
    keep_going: bool,
    #[arg(long, hide = true)]
    ignore_rust_version: bool,
    #[arg(long, hide = true)]
    future_incompat_report: bool,
    #[arg(long, value_name = "FMTS", num_args = 0..=1, require_equals = true, default_missing_value = "", hide = true)]
    timings: Option<String>,
}
