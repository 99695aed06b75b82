//! The command `show`: what is in a recipe.
//!
//! In: a recipe. Out: its requirements, settings, and sizes on stdout, as text, JSON, or a graph in
//! DOT. Reads the recipe only. `contents` decides, `text`, `dot`, and [`Contents`] as JSON report.

pub mod contents;
mod dot;
mod text;

use crate::cli::Show;
use crate::environment::Environment;
use crate::error::Result;
use crate::explain::load;
use crate::prepare::RECIPE;
use crate::recipe;
use crate::recipe::view::View;
use crate::report::colours;
use contents::{Contents, contents};
use std::io::Write;
use std::path::Path;

/// Runs `show`.
///
/// # Errors
/// The recipe is missing, or it is none.
pub fn show(args: &Show, environment: &Environment, stdout: &mut dyn Write) -> Result<()> {
    let path = args.recipe.as_deref().unwrap_or(Path::new(RECIPE));
    let name = path.display().to_string();
    let text = load::text(path, environment)?;
    let view = View::new(&name, recipe::decode(&name, &text)?)?;
    let shown: Contents = contents(&name, text.len(), &view);
    let printed = match args.format.as_str() {
        "json" => serde_json::to_string_pretty(&shown).expect("maps with string keys become JSON") + "\n",
        "dot" => dot::dot(&view),
        _ => text::text(&shown, colours(args.color.as_deref(), environment.stdout_is_terminal, environment)),
    };
    stdout.write_all(printed.as_bytes())?;
    Ok(())
}
