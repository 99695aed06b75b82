//! The arguments of `cook`.
//!
//! In: arguments. Out: [`Cook`]. Touches nothing.

use super::{How, examples};
use crate::workspace::scope::{MANIFEST_OPTIONS, Scope};
use clap::Args;
use std::path::PathBuf;

/// `cargo larder cook`.
#[derive(Debug, Args)]
#[command(after_help = examples::COOK)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each switch")]
pub struct Cook {
    /// The recipe [default: recipe.json; where that is missing too, one is prepared in memory]
    #[arg(long, value_name = "PATH")]
    pub recipe_path: Option<PathBuf>,
    /// Write the skeleton into the current directory and print the command that would build it
    #[arg(long)]
    pub no_build: bool,
    /// Start from an earlier target directory, which is only read (repeatable) [env: `LARDER_SEED`,
    /// separated as PATH is]
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "no_build")]
    pub seed: Vec<PathBuf>,
    /// Take units from a store, and keep there what is compiled [env: `LARDER_CACHE`]
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "no_build")]
    pub cache: Option<PathBuf>,
    /// How much the store may hold, such as `500MB` or `2GiB` [default: 10 GB]
    #[arg(long, value_name = "SIZE", value_parser = crate::size::parse)]
    pub cache_size: Option<u64>,
    /// Keep units in the target directory that no recipe uses any more
    #[arg(long)]
    pub no_trim: bool,
    /// Remove the sources that cargo unpacks for this cook, but not their archives: smaller layers
    #[arg(long, conflicts_with = "no_build")]
    pub slim: bool,
    /// Remove metadata that crates hold twice, until `cargo larder unpack`: much smaller layers
    #[arg(long, conflicts_with_all = ["no_build", "no_trim"])]
    pub pack: bool,
    /// Write what became of each unit to a file, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "no_build")]
    pub report: Option<PathBuf>,
    /// Say how this environment differs from that of a report, such as the CI's
    #[arg(long, value_name = "REPORT", conflicts_with = "no_build")]
    pub compare: Option<PathBuf>,
    /// Write what became of each unit as a page for a browser, with a timeline
    #[arg(long, value_name = "FILE", conflicts_with = "no_build")]
    pub html: Option<PathBuf>,
    /// Cook for maturin, which will build for this Python [default: the one that maturin takes]
    #[arg(long, value_name = "PYTHON", num_args = 0..=1, require_equals = true, conflicts_with = "no_build")]
    pub maturin: Option<Option<PathBuf>>,
    /// What to build.
    #[command(flatten)]
    pub scope: Scope,
    /// How to build.
    #[command(flatten)]
    pub how: How,
    /// Path to Cargo.toml: cook as in its directory; without a recipe, prepare one of it in memory
    #[arg(help_heading = MANIFEST_OPTIONS, long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
}
