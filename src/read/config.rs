//! `.cargo/config.toml` and the toolchain file of a project.
//!
//! In: the current directory and the root of the workspace. Out: the merged config, its paths relative to the root, and
//! the toolchain file. What lies above the root belongs to the machine and is left alone. Reads only.

use crate::config;
use crate::error::{Result, fail};
use crate::workspace::Toolchain;
use std::path::{Path, PathBuf};
use toml::Table;

/// The config of `current` and every directory up to `root`, the nearer ones winning, and only what travels.
///
/// # Errors
/// A config that is not TOML.
pub fn read(current: &Path, root: &Path, here: &Path) -> Result<Table> {
    let mut merged = Table::new();
    for dir in up_to(current, root) {
        let Some(mut table) = file(&dir, here)? else { continue };
        let below = dir.strip_prefix(root).unwrap_or(Path::new(""));
        if below != Path::new("") {
            config::map_paths(&mut table, &|path| below.join(path).to_string_lossy().replace('\\', "/"));
        }
        config::merge(&mut merged, table);
    }
    Ok(config::that_travel(&merged))
}

/// The config file in `dir`; the name without extension wins where both exist (`get_file_path` in cargo's
/// `util/context/mod.rs`).
///
/// # Errors
/// A config that is not TOML.
pub fn file(dir: &Path, here: &Path) -> Result<Option<Table>> {
    for name in [".cargo/config", ".cargo/config.toml"] {
        let path = dir.join(name);
        if path.is_file() {
            let text = fs_err::read_to_string(&path)?;
            return match toml::from_str(&text) {
                Ok(table) => Ok(Some(table)),
                Err(error) => {
                    fail!("failed to parse config `{}`\n{}", super::display(&path, here), error.to_string().trim_end())
                }
            };
        }
    }
    Ok(None)
}

/// The toolchain file that rustup would take within the project; the name without extension wins.
///
/// # Errors
/// A file that cannot be read.
pub fn toolchain(current: &Path, root: &Path) -> Result<Option<Toolchain>> {
    for dir in up_to(current, root) {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            let path = dir.join(name);
            if path.is_file() {
                let text = fs_err::read_to_string(&path)?;
                let text = match toml::from_str::<Table>(&text) {
                    Ok(table) => table.to_string(),
                    Err(_) => format!("{}\n", text.trim()),
                };
                return Ok(Some(Toolchain { file_name: name.to_owned(), text }));
            }
        }
    }
    Ok(None)
}

fn up_to(current: &Path, root: &Path) -> Vec<PathBuf> {
    current.ancestors().take_while(|dir| dir.starts_with(root)).map(Path::to_owned).collect()
}
