//! The arguments of `show`.
//!
//! In: arguments. Out: [`Show`]. Touches nothing.

use super::examples;
use clap::Args;
use std::path::PathBuf;

/// `cargo larder show`.
#[derive(Debug, Args)]
#[command(after_help = examples::SHOW)]
pub struct Show {
    /// The recipe [default: recipe.json]
    #[arg(value_name = "RECIPE")]
    pub recipe: Option<PathBuf>,
    /// How to print it: human, json, dot
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json", "dot"], hide_possible_values = true)]
    pub format: String,
    /// When to use colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
}
