//! `cook --no-build`: writes the skeleton into the current directory and prints the command that
//! builds it.
//!
//! In: the orders of a cook. Out: the files of its one skeleton in the current directory, and a
//! command line on stdout. Writes nothing else.

use super::order::Order;
use crate::cli::How;
use crate::error::{Result, fail};
use crate::prepare::command;
use crate::recipe::skeleton::{self, Files};
use crate::shell;
use crate::workspace::scope::Scope;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Refuses several skeletons, because a directory holds only one.
pub fn refuse_several(orders: &[Order]) -> Result<()> {
    let [first, .., _] = orders else { return Ok(()) };
    let builds: Vec<String> = orders.iter().map(|order| format!("`{}`", command::build(&order.scope))).collect();
    fail!(
        "the recipe is cooked for several builds, each with a skeleton of its own: {}\nhelp: prepare it for one, as with `cargo larder prepare {}`",
        builds.join(", "),
        shell::line(command::flags(&first.scope))
    )
}

pub fn unpack(files: &Files, here: &Path) -> Result<()> {
    if let Some(name) = files.keys().find(|name| here.join(name).exists()) {
        let name = if here.join("Cargo.toml").exists() { "Cargo.toml" } else { name };
        fail!(
            "refusing to write the skeleton into `{}`: it has a `{name}`\nhelp: run `cook --no-build` in an empty directory",
            here.display()
        );
    }
    skeleton::unpack(files, here)
}

/// Returns what to do with the packages of an unpacked skeleton. If a pattern of a workspace
/// matches their directories, cargo takes them for members, and then `--locked` fails
/// (`Workspace::find_path_deps`, `core/workspace.rs`).
pub fn stays(files: &Files) -> Option<String> {
    let top = skeleton::manifests(files).filter_map(|dir| dir.split('/').next());
    let top: BTreeSet<String> = top.map(|dir| format!("`{dir}`")).collect();
    let named = top.into_iter().collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| {
        format!(
            "remove {named} before the sources come, if a pattern in `workspace.members`, such as `*`, matches them"
        )
    })
}

/// Prints the command that builds the skeleton here.
pub fn tell(how: &How, build: &Scope, stdout: &mut dyn Write) -> Result<()> {
    let target_dir = how.target_dir.iter().flat_map(|dir| ["--target-dir".to_owned(), dir.display().to_string()]);
    let flags = build.to_words().into_iter().chain(how.to_args()).chain(target_dir);
    let words = ["cargo", how.command(build)].map(str::to_owned).into_iter().chain(flags);
    writeln!(stdout, "{}", shell::line(words))?;
    Ok(())
}
