//! The command `explain`: why a recipe changed.
//!
//! In: two recipes. Out: their differences, on stdout. Reads, and writes nothing.
//! `diff` decides, `text` and [`Explained`] as JSON report.

pub mod change;
pub mod diff;
mod git;
pub mod load;
mod since;
pub mod text;
mod unrelated;

use crate::cli::Explain;
use crate::config::layers::Given;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::manifest;
use crate::prepare::{self, RECIPE, command, locked};
use crate::recipe::view::View;
use crate::recipe::{self, Recipe};
use crate::report::{Report, colours};
use crate::shell;
use crate::workspace::scope::Scope;
use change::{Change, Kind};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use text::Style;

/// The version of the JSON.
const FORMAT: u32 = 1;

/// The answer.
#[derive(Debug, Serialize)]
pub struct Explained {
    format: u32,
    /// The name of the old recipe.
    old: String,
    /// The name of the new recipe.
    new: String,
    /// Whether the recipes are equal.
    same: bool,
    /// The number of third-party packages in the new recipe.
    packages: usize,
    /// The number of packages that the changes touch together.
    touched: usize,
    /// The differences.
    changes: Vec<Change>,
    /// What changed in the workspace without a difference, if that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unrelated: Vec<Notable>,
}

/// Something that changed in the workspace, and why the recipe is the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notable {
    /// What changed.
    pub what: String,
    /// Why it does not matter.
    pub why: String,
}

/// Runs `explain`.
///
/// # Errors
/// A recipe that is none, or whatever `prepare` refuses.
pub fn explain(args: &Explain, environment: Environment, stdout: &mut dyn Write) -> Result<()> {
    let colour = colours(args.color.as_deref(), environment.stdout_is_terminal, &environment);
    let explained = match &args.since {
        Some(rev) => since(rev, args, &environment)?,
        None => of_files(args, environment)?,
    };
    let text = if args.format == "json" {
        serde_json::to_string_pretty(&explained).expect("maps with string keys become JSON") + "\n"
    } else {
        text::text(&explained, Style { colour, verbose: args.verbose > 0 })
    };
    stdout.write_all(text.as_bytes())?;
    Ok(())
}

/// Compares two recipes that are files; the new one may be of the workspace here.
fn of_files(args: &Explain, environment: Environment) -> Result<Explained> {
    if !args.scope.is_empty() {
        let flags = shell::line(command::flags(&args.scope));
        return Err(Error::Usage(format!(
            "a recipe is for the build that it was prepared for, so `{flags}` says nothing about it\nhelp: to compare two states of the workspace: `cargo larder explain --since REV {flags}`"
        )));
    }
    let old_path = args.old.as_deref().unwrap_or(Path::new(RECIPE));
    let old_text = load::text(old_path, &environment)?;
    let old_name = old_path.display().to_string();
    let new_path = args.new.as_deref().unwrap_or(Path::new(RECIPE));
    let is_file = args.new.is_some() || environment.here.join(new_path).exists();
    let names = |new: &str| Names { old: old_name.clone(), new: new.to_owned() };
    if !is_file {
        let old = recipe::decode(&old_name, &old_text)?;
        let new = of_workspace(&old, args, environment)?;
        return explained(names("this workspace"), old, new);
    }
    let new_text = load::text(new_path, &environment)?;
    let new_name = new_path.display().to_string();
    let formats = [&old_text, &new_text].map(|text| recipe::format(text));
    match formats {
        [Some(was), Some(is)] if was != is => {
            let change = Change::new(Kind::Format, "format").from_to(Some(was.to_string()), Some(is.to_string()));
            return Ok(answer(names(&new_name), vec![change], 0));
        }
        _ => {}
    }
    let [old, new] = [(&old_name, &old_text), (&new_name, &new_text)].map(|(name, text)| recipe::decode(name, text));
    let mut explained = explained(names(&new_name), old?, new?)?;
    if explained.changes.is_empty() && old_text != new_text {
        explained.changes.push(Change::new(Kind::Form, &new_name));
        explained.same = false;
    }
    Ok(explained)
}

/// Compares the workspace as of a revision with the workspace now.
fn since(rev: &str, args: &Explain, environment: &Environment) -> Result<Explained> {
    let mut both = since::both(rev, args, environment)?;
    let names = Names { old: rev.to_owned(), new: "this workspace".to_owned() };
    let [old, new] = [&mut both.old, &mut both.new].map(|state| std::mem::take(&mut state.recipe));
    let scope = new.scope.clone();
    let mut explained = explained(names, old, new)?;
    both.new.recipe.scope = scope;
    since::name_askers(&mut explained.changes, &both);
    if explained.changes.is_empty() {
        explained.unrelated = unrelated::unrelated(&both);
    }
    both.checkout.dir.close()?;
    Ok(explained)
}

/// What messages call the two recipes.
struct Names {
    old: String,
    new: String,
}

/// Compares two recipes.
fn explained(names: Names, old: Recipe, new: Recipe) -> Result<Explained> {
    let [old, new] = [View::new(&names.old, old)?, View::new(&names.new, new)?];
    let changes = diff::diff(&old, &new);
    Ok(answer(names, changes, new.third_party().len()))
}

fn answer(Names { old, new }: Names, changes: Vec<Change>, packages: usize) -> Explained {
    let touched: BTreeSet<usize> = changes.iter().flat_map(|change| &change.touched).copied().collect();
    Explained {
        format: FORMAT,
        old,
        new,
        same: changes.is_empty(),
        packages,
        touched: touched.len(),
        changes,
        unrelated: Vec::new(),
    }
}

/// Prepares the workspace here for the build that an old recipe is for.
fn of_workspace(old: &Recipe, args: &Explain, environment: Environment) -> Result<Recipe> {
    let given = Given { environment, config: Vec::new(), unstable: Vec::new(), top: None };
    let report = Report::new(args.color.as_deref(), false, args.verbose > 0, &given.environment);
    let manifest = manifest::find_manifest(&given.environment.here, None)?;
    let workspace = locked::workspace(&manifest, &given, locked::Network::default(), report)?;
    let scope = old.scope.clone().unwrap_or_else(|| Scope { bin: old.build.bin.clone(), ..Scope::default() });
    let prepared = prepare::prepared(&workspace, &scope, old.host.as_deref())?;
    // Where it is prepared, and for which network, is as before.
    let Recipe { dockerfile, depth, away, index, .. } = old.clone();
    Ok(Recipe { dockerfile, depth, away, index, ..prepared.recipe })
}
