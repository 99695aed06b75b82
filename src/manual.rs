//! Completions for shells and manual pages.
//!
//! In: the command line as clap knows it. Out: a script on stdout, or a page for each command in a
//! directory. Reads nothing.

use crate::cli::{self, Completions, Man, Shell};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use clap_complete::Generator;
use std::io::Write;

/// Prints the completions of a shell.
///
/// # Errors
/// Stdout is closed.
pub fn completions(args: &Completions, stdout: &mut dyn Write) -> Result<()> {
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => generate(clap_complete::Shell::Bash, &mut script),
        Shell::Elvish => generate(clap_complete::Shell::Elvish, &mut script),
        Shell::Fish => generate(clap_complete::Shell::Fish, &mut script),
        Shell::Nushell => generate(clap_complete_nushell::Nushell, &mut script),
        Shell::PowerShell => generate(clap_complete::Shell::PowerShell, &mut script),
        Shell::Zsh => generate(clap_complete::Shell::Zsh, &mut script),
    }
    stdout.write_all(&script)?;
    Ok(())
}

fn generate(shell: impl Generator, script: &mut Vec<u8>) {
    clap_complete::generate(shell, &mut cli::command(), cli::NAME, script);
}

/// Writes the manual pages: `cargo-larder.1`, and one for each command.
///
/// # Errors
/// The directory cannot be made or written to.
pub fn man(args: &Man, environment: &Environment) -> Result<()> {
    let dir = environment.here.join(&args.directory);
    if let Err(error) = std::fs::create_dir_all(&dir) {
        fail!("cannot make the directory `{}`: {}", args.directory.display(), disk::cause(&error));
    }
    let mut command = cli::command();
    // Gives each command the name of its page.
    command.build();
    pages(&command, &mut |name, page| {
        let file = dir.join(name);
        match disk::write_whole(&file, page) {
            Ok(()) => Ok(()),
            Err(error) => fail!("cannot write the page `{}`: {}", file.display(), disk::cause(&error)),
        }
    })
}

/// Renders the page of a command, and those of its own commands.
fn pages(command: &clap::Command, write: &mut impl FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    write(&man.get_filename(), &page)?;
    let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
    inner.into_iter().try_for_each(|inner| pages(inner, write))
}
