//! The command line.
//!
//! In: arguments. Out: [`Larder`], plain values. Every flag is one field. Each verb has a file.
//! Does no work.

mod cache;
mod cook;
mod examples;
mod explain;
mod how;
pub mod init;
mod key;
mod pack;
mod prepare;
mod shell;
mod show;
mod verify;

pub use cache::{Cache, CacheVerb, Gc, Named};
pub use cook::Cook;
pub use explain::Explain;
pub use how::How;
pub use init::Init;
pub use key::Key;
pub use pack::Pack;
pub use prepare::{Ignored, Prepare};
pub use shell::{Completions, Man, Shell};
pub use show::Show;
pub use verify::Verify;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::{OsStr, OsString};

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

/// Parses a verb and its arguments that a file contains. Returns `None` if only a shell knows
/// what they say, or if they are wrong.
pub fn parse_plain(words: &[&str]) -> Option<Verb> {
    if words.iter().any(|word| word.contains(['$', '\'', '"', '\\', '`', '<', '>'])) {
        return None;
    }
    let args: Vec<OsString> = [NAME].iter().chain(words).map(OsString::from).collect();
    Some(parse(&args).ok()?.verb)
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
const VERBS: [&str; 12] =
    ["prepare", "cook", "verify", "explain", "show", "key", "init", "pack", "unpack", "cache", "completions", "man"];

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
    /// Remove metadata that crates hold twice, as `cook --pack` does
    Pack(Pack),
    /// Bring back what `cook --pack` has removed
    Unpack(Pack),
    /// Look after the store that `cook --cache` fills
    Cache(Cache),
    /// Print the completions of a shell
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
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
