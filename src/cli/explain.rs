//! The arguments of `explain`.
//!
//! In: arguments. Out: [`Explain`]. Touches nothing.

use super::examples;
use crate::workspace::scope::Scope;
use clap::Args;
use std::path::PathBuf;

/// `cargo larder explain`.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPLAIN)]
pub struct Explain {
    /// The recipe from before
    #[arg(value_name = "OLD", required_unless_present = "since")]
    pub old: Option<PathBuf>,
    /// The recipe from after [default: recipe.json; if that is missing, one is prepared in memory]
    #[arg(value_name = "NEW")]
    pub new: Option<PathBuf>,
    /// Compare the workspace as of a git revision with the workspace now
    #[arg(long, value_name = "REV", conflicts_with_all = ["old", "new"])]
    pub since: Option<String>,
    /// With --since: the path to Cargo.toml
    #[arg(long, value_name = "PATH", requires = "since")]
    pub manifest_path: Option<PathBuf>,
    /// With --since: the triple that will be built on
    #[arg(long, value_name = "TRIPLE", requires = "since")]
    pub host: Option<String>,
    /// How to print the result: human, json
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"], hide_possible_values = true)]
    pub format: String,
    /// Name every package
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colours: auto, always, never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
    /// What the build selects, with --since.
    #[command(flatten)]
    pub scope: Scope,
}
