//! The arguments of `verify`.
//!
//! In: arguments. Out: [`Verify`]. Touches nothing.

use super::{How, examples};
use crate::workspace::scope::{MANIFEST_OPTIONS, Scope};
use clap::Args;
use std::path::PathBuf;

/// `cargo larder verify`.
#[derive(Debug, Args)]
#[command(after_help = examples::VERIFY)]
pub struct Verify {
    /// How to print the result: human, json
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"], hide_possible_values = true)]
    pub format: String,
    /// Accepted, so that it can be called with the flags of the build.
    #[arg(long, value_name = "FMT", hide = true)]
    pub message_format: Vec<String>,
    /// Verify the build that maturin runs for this Python [default: the one that maturin takes]
    #[arg(long, value_name = "PYTHON", num_args = 0..=1, require_equals = true)]
    pub maturin: Option<Option<PathBuf>>,
    /// What to build.
    #[command(flatten)]
    pub scope: Scope,
    /// How to build.
    #[command(flatten)]
    pub how: How,
    /// Path to Cargo.toml
    #[arg(help_heading = MANIFEST_OPTIONS, long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
}
