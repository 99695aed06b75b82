//! What the flags of a command name: a recipe, a manifest, and how to build.
//!
//! In: arguments. Out: [`Named`]. Touches nothing.

use crate::cli::How;
use crate::path;
use std::path::{Path, PathBuf};

/// What flags name.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// The recipe.
    pub recipe: Option<&'a Path>,
    /// The manifest.
    pub manifest: Option<&'a Path>,
    /// How to build.
    pub how: &'a How,
}

impl Named<'_> {
    /// Returns the directory of the manifest, or the current one.
    pub fn current(&self, here: &Path) -> PathBuf {
        let named = self.manifest.map(|path| path::normalize(&here.join(path)).with_file_name(""));
        named.unwrap_or_else(|| here.to_owned())
    }
}
