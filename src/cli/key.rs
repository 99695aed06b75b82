//! The arguments of `key`.
//!
//! In: arguments. Out: [`Key`]. Touches nothing.

use super::{How, examples};
use crate::workspace::scope::{MANIFEST_OPTIONS, Scope};
use clap::Args;
use std::path::PathBuf;

/// `cargo larder key`.
#[derive(Debug, Args)]
#[command(after_help = examples::KEY)]
pub struct Key {
    /// The recipe [default: recipe.json; where that is missing too, one is prepared in memory]
    #[arg(long, value_name = "PATH")]
    pub recipe_path: Option<PathBuf>,
    /// Print the first part, which does not depend on the recipe
    #[arg(long)]
    pub restore: bool,
    /// A variable that build scripts watch, such as `DATABASE_URL` (repeatable)
    #[arg(long, value_name = "NAME")]
    pub env: Vec<String>,
    /// How to print the key: human, json
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"], hide_possible_values = true, conflicts_with = "restore")]
    pub format: String,
    /// What `cook` will build.
    #[command(flatten)]
    pub scope: Scope,
    /// How `cook` will build.
    #[command(flatten)]
    pub how: How,
    /// Path to Cargo.toml
    #[arg(help_heading = MANIFEST_OPTIONS, long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
}
