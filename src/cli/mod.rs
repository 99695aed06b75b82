//! The command line.
//!
//! In: arguments. Out: [`Larder`], plain values. Every flag is one field. Does no work.

mod examples;
mod how;
pub mod init;
mod key;

pub use how::How;
pub use init::Init;
pub use key::Key;

use crate::workspace::scope::{COMPILATION_OPTIONS, MANIFEST_OPTIONS, Scope};
use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Parses the arguments, the first of which is the name of the program. cargo calls `cargo-larder
/// larder …` for `cargo larder …`. Without cargo, which may be a proxy of rustup and download a
/// toolchain, `cargo-larder …` does the same.
///
/// # Errors
/// The command line is wrong, or requests help or the version, which clap prints.
pub fn parse(args: &[OsString]) -> Result<Larder, clap::Error> {
    if args.get(1).is_some_and(|first| first == "larder") {
        return Cargo::try_parse_from(args).map(|Cargo::Larder(larder)| larder).map_err(|error| explained(error, args));
    }
    Larder::try_parse_from(args).map_err(|error| explained(error, args))
}

/// The name of the program.
pub const NAME: &str = "cargo-larder";

/// Returns the command line as clap knows it.
pub fn command() -> clap::Command {
    Larder::command()
}

/// Adds a hint if the value of a flag must be joined to it with `=`.
fn explained(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg).cloned() else { return error };
    let is_apart = |pair: &&[OsString]| ["--maturin", "--timings"].iter().any(|flag| pair[0] == *flag);
    let apart = args.windows(2).filter(is_apart).find(|pair| pair[1] == *unexpected);
    if let Some([flag, _]) = apart {
        let hint = format!("its value is given as '{}={unexpected}'", flag.to_string_lossy());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

/// The commands. The wrapper looks them up for each compiler that cargo starts, so they are not
/// taken from clap.
const VERBS: [&str; 10] =
    ["prepare", "cook", "verify", "explain", "show", "key", "init", "cache", "completions", "man"];

/// Returns whether a command line of a user can begin with this word. The one that cargo gives to a
/// wrapper begins with a compiler.
pub fn is_first(word: &OsStr) -> bool {
    VERBS.into_iter().chain(["larder", "help"]).any(|own| word == own) || word.as_encoded_bytes().starts_with(b"-")
}

/// `cargo larder …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", subcommand_required = true, max_term_width = 80)]
pub enum Cargo {
    /// Build the dependencies of a workspace ahead of its sources
    #[command(version, about, long_about = ABOUT, arg_required_else_help = true, subcommand_required = true)]
    Larder(Larder),
}

const ABOUT: &str = "\
Builds the dependencies of a Rust workspace ahead of its sources, and keeps them until they really change.

    cargo larder prepare --release    read the workspace, write recipe.json
    cargo larder cook                 read recipe.json, build what it lists

Give `prepare` the flags that the build will use (-p, --features, --release, --target, …): the recipe then changes only \
when a third-party crate that this build compiles does. Without any, the recipe serves every build, and `cook` takes \
the flags.";

/// The arguments after `larder`, or after `cargo-larder`.
#[derive(Debug, Parser)]
#[command(name = "cargo-larder", bin_name = "cargo-larder", version, about, long_about = ABOUT, max_term_width = 80)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Larder {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Read the workspace and write the recipe of its dependencies
    Prepare(Prepare),
    /// Build the dependencies that a recipe lists, and nothing else
    Cook(Cook),
    /// Say whether a build would compile a dependency again, and why
    Verify(Verify),
    /// Say why a recipe changed
    Explain(Explain),
    /// Show what is in a recipe
    Show(Show),
    /// Print the key of a CI cache for what a recipe builds
    Key(Box<Key>),
    /// Write a Dockerfile for the workspace, and what goes with it
    Init(Box<Init>),
    /// Look after the store that `cook --cache` fills
    Cache(Cache),
    /// Print the completions of a shell
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
}

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

/// `cargo larder completions`.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETIONS)]
pub struct Completions {
    /// The shell: bash, elvish, fish, nushell, powershell, zsh
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,
}

/// A shell with completions.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
#[expect(missing_docs, reason = "the names of shells")]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Nushell,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

/// `cargo larder man`.
#[derive(Debug, Args)]
#[command(after_help = examples::MAN)]
pub struct Man {
    /// The directory to write into, such as `~/.local/share/man/man1`
    #[arg(value_name = "DIRECTORY")]
    pub directory: PathBuf,
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

/// `cargo larder cook`.
#[derive(Debug, Args)]
#[command(after_help = examples::COOK)]
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
    /// Write what became of each unit to a file, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "no_build")]
    pub report: Option<PathBuf>,
    /// Say how this environment differs from that of a report, such as the CI's
    #[arg(long, value_name = "REPORT", conflicts_with = "no_build")]
    pub compare: Option<PathBuf>,
    /// Write it as a page for a browser, with a timeline
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_commands_is_complete() {
        let known: Vec<String> = command().get_subcommands().map(|it| it.get_name().to_owned()).collect();
        assert_eq!(known, VERBS);
    }
}
