//! The arguments of `cache`.
//!
//! In: arguments. Out: [`Cache`]. Touches nothing.

use super::examples;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `cargo larder cache`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, subcommand_required = true, after_help = examples::CACHE)]
pub struct Cache {
    /// What to do.
    #[command(subcommand)]
    pub verb: CacheVerb,
}

/// What to do with a store.
#[derive(Debug, Subcommand)]
pub enum CacheVerb {
    /// Say what the store holds
    Stats(Named),
    /// Remove what was used longest ago, down to a size
    Gc(Gc),
    /// Read everything, and remove what is broken
    Verify(Named),
    /// Remove everything
    Clear(Named),
}

/// The store, and how to print the result.
#[derive(Debug, Args)]
pub struct Named {
    /// The directory of the store [env: `LARDER_CACHE`]
    #[arg(long, value_name = "DIRECTORY")]
    pub cache: Option<PathBuf>,
    /// How to print the result: human, json
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"], hide_possible_values = true)]
    pub format: String,
}

/// `cargo larder cache gc`.
#[derive(Debug, Args)]
pub struct Gc {
    /// Which store.
    #[command(flatten)]
    pub named: Named,
    /// How much the store may hold, such as `500MB` or `2GiB` [default: 10 GB]
    #[arg(long, value_name = "SIZE", value_parser = crate::size::parse)]
    pub cache_size: Option<u64>,
}
