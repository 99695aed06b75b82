//! Draws cargo's progress bar although cargo writes to a pipe.
//!
//! In: whether stderr is a terminal, and what the user has set. Out: variables for cargo. Reads the
//! width of the terminal.
//!
//! Without these variables, cargo draws no bar and uses no colours in a pipe
//! (`Progress::with_style` in its `util/progress.rs`, `Shell::new` in its `core/shell.rs`).

use crate::config::layers::Layers;
use crate::environment::Environment;
use crate::report::Report;
use std::ffi::OsString;

/// Returns the width of the terminal at stderr, if stderr is a terminal.
pub fn width() -> Option<usize> {
    #[cfg(unix)]
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok().map(|size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    let size = None;
    size.filter(|width| *width > 0)
}

/// Returns the variables with which cargo writes to a pipe as to this terminal. Does not override
/// what the user has set.
pub fn variables(layers: &Layers, environment: &Environment, report: Report) -> Vec<(String, OsString)> {
    if !environment.stderr_is_terminal {
        return Vec::new();
    }
    // `is_ci` in cargo's `util/mod.rs`.
    let is_ci = ["CI", "TF_BUILD"].into_iter().any(|name| environment.var_os(name).is_some());
    let has_bar = !report.is_quiet() && !is_ci && environment.text("TERM") != Some("dumb");
    let bar = width()
        .filter(|_| has_bar)
        .map(|width| [("term.progress.when", "always".to_owned()), ("term.progress.width", width.to_string())]);
    let colour = report.has_colour().then(|| ("term.color", "always".to_owned()));
    let wanted = bar.into_iter().flatten().chain(colour);
    let open = wanted.filter(|(key, _)| layers.get(key).is_none());
    open.map(|(key, value)| (crate::config::layers::variable(key), OsString::from(value))).collect()
}
