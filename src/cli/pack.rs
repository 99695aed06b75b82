//! The arguments of `pack` and `unpack`.
//!
//! In: arguments. Out: [`Pack`]. Touches nothing.

use super::examples;
use clap::Args;
use std::path::PathBuf;

/// `cargo larder pack` and `cargo larder unpack`.
#[derive(Debug, Args)]
#[command(after_help = examples::PACK)]
pub struct Pack {
    /// The target directory [default: `CARGO_TARGET_DIR`, the config, or `target`]
    #[arg(long, value_name = "DIRECTORY")]
    pub target_dir: Option<PathBuf>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Override a configuration value
    #[arg(long, value_name = "KEY=VALUE|PATH")]
    pub config: Vec<String>,
    /// Say nothing
    #[arg(short, long)]
    pub quiet: bool,
    /// When to use colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
}
