//! The compiler of a verification, which compiles nothing.
//!
//! In: the command line that cargo gives its wrapper. Out: the answer of the real compiler to a
//! question. For a crate, a record of its unit and of its dependencies. Also a program that
//! does nothing if cargo would run the crate. Writes to the scratch directory of the verification.

use super::image;
use crate::cli;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The variable that holds the directory of the records. It makes this program the compiler of a
/// verification.
pub const NOTES: &str = "CARGO_LARDER_VERIFY";

/// The record of a crate that cargo would compile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// cargo's hash of the unit.
    pub hash: String,
    /// The directory of its package.
    pub dir: PathBuf,
    /// The hashes of the units that it needs.
    pub needs: Vec<String>,
}

/// Returns whether this program was started with the arguments of a compiler.
pub fn is_called(args: &[OsString]) -> bool {
    std::env::var_os(NOTES).is_some() && args.get(1).is_some_and(|first| !cli::is_first(first))
}

/// Answers a question with the real compiler, or records a crate.
pub fn run(args: &[OsString]) -> ExitCode {
    let words: Vec<OsString> = args.iter().skip(1).flat_map(spelled_out).collect();
    let dir = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    // A question has no output directory.
    let (Some(dir), Some(out)) = (dir, value(&words, "--out-dir")) else { return ask(args) };
    match note(&words, dir, Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot note what would be compiled: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the program that cargo requested.
fn ask(args: &[OsString]) -> ExitCode {
    let mut command = Command::new(args.get(1).map_or(OsStr::new("rustc"), OsString::as_os_str));
    command.args(args.iter().skip(2)).env_remove(NOTES);
    match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("error: failed to run `{}`: {error}", command.get_program().to_string_lossy());
            ExitCode::FAILURE
        }
    }
}

/// Returns the arguments that a word stands for: cargo writes long lists into a file
/// (`exec_with_argfile` in `cargo-util`).
fn spelled_out(word: &OsString) -> Vec<OsString> {
    let file = word.to_str().and_then(|word| word.strip_prefix('@'));
    let text = file.and_then(|file| std::fs::read_to_string(file).ok());
    text.map_or_else(|| vec![word.clone()], |text| text.lines().map(OsString::from).collect())
}

/// Returns the value of a flag, after a space or after `=`.
fn value<'a>(words: &'a [OsString], flag: &str) -> Option<&'a str> {
    let texts = || words.iter().map(|word| word.to_str().unwrap_or_default());
    let apart = texts().zip(texts().skip(1)).find(|(word, _)| *word == flag).map(|(_, value)| value);
    apart.or_else(|| texts().find_map(|word| word.strip_prefix(flag)?.strip_prefix('=')))
}

fn note(words: &[OsString], dir: PathBuf, out: &Path) -> std::io::Result<()> {
    let texts: Vec<&str> = words.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    let extra = texts.iter().find_map(|word| word.strip_prefix("extra-filename=")).unwrap_or_default();
    let hash = hash_of(Path::new(extra)).or_else(|| hash_of(out)).unwrap_or_default();
    let externs = texts.iter().zip(texts.iter().skip(1)).filter(|(word, _)| **word == "--extern");
    let paths = externs.filter_map(|(_, value)| value.rsplit_once('=')).map(|(_, path)| PathBuf::from(path));
    let own = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let needs = paths.chain(own).filter_map(|path| hash_of(&path)).collect();
    let note = Note { hash, dir, needs };
    // Without such a flag, the file belongs to a member.
    if let Some(notes) = std::env::var_os(NOTES).filter(|_| !note.hash.is_empty()) {
        fs_err::write(Path::new(&notes).join(&note.hash), note.to_text())?;
    }
    // cargo needs this file to run it, and does not need the others.
    let name = value(words, "--crate-name").unwrap_or_default();
    if name.starts_with("build_script_") && value(words, "--crate-type") == Some("bin") {
        image::write_program(&out.join(format!("{name}{extra}{}", std::env::consts::EXE_SUFFIX)), None)?;
    }
    Ok(())
}

impl Note {
    fn to_text(&self) -> String {
        let lines = std::iter::once(self.dir.to_string_lossy().into_owned()).chain(self.needs.iter().cloned());
        lines.flat_map(|line| [line, "\n".to_owned()]).collect()
    }

    /// Reads all records of a directory.
    pub fn all(notes: &Path) -> Vec<Self> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).ok()?;
            let mut lines = text.lines();
            let dir = PathBuf::from(lines.next()?);
            let hash = crate::target::records::name_of(path);
            Some(Note { hash, dir, needs: lines.map(str::to_owned).collect() })
        };
        crate::target::records::entries(notes).iter().filter_map(read).collect()
    }
}

/// Returns cargo's hash of the unit that a path belongs to, in either layout: the last component
/// that ends in a hash.
pub fn hash_of(path: &Path) -> Option<String> {
    let names: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    names.iter().rev().find_map(|name| {
        let stem = name.split('.').next().unwrap_or(name);
        let hash = stem.rsplit_once('-').map_or(stem, |(_, hash)| hash);
        (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hash.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_in_both_layouts() {
        for (path, expected) in [
            ("/t/debug/deps/libalpha-0123456789abcdef.rmeta", Some("0123456789abcdef")),
            ("/t/debug/build/alpha-0123456789abcdef/out", Some("0123456789abcdef")),
            ("/t/debug/build/alpha/0123456789abcdef/out", Some("0123456789abcdef")),
            ("-0123456789abcdef", Some("0123456789abcdef")),
            ("/t/debug/deps", None),
            ("", None),
        ] {
            assert_eq!(hash_of(Path::new(path)).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_flag_has_its_value_apart_or_after_an_equals_sign() {
        let words: Vec<OsString> = ["--crate-name", "a", "--out-dir=/o"].map(OsString::from).to_vec();
        assert_eq!(value(&words, "--crate-name"), Some("a"));
        assert_eq!(value(&words, "--out-dir"), Some("/o"));
        assert_eq!(value(&words, "--emit"), None);
    }
}
