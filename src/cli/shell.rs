//! The arguments of `completions` and `man`.
//!
//! In: arguments. Out: [`Completions`] and [`Man`]. Touches nothing.

use super::examples;
use clap::Args;
use std::path::PathBuf;

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
