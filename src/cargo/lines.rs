//! Filters cargo's lines about stubs, which mean nothing to the user.
//!
//! In: what cargo writes to stderr. Out: the same on the user's stderr, without the lines about
//! stubs and without `Finished`, which is not the end of a cook. Every other byte passes unchanged
//! and at once.
//!
//! On a terminal, too, cargo writes to a pipe, and [`terminal`] makes it draw its
//! progress bar. This module then erases the bar before each line, because cargo does so on a
//! terminal only (`Shell::err_erase_line` in its `core/shell.rs`). With `-v`, all lines pass, and
//! cargo writes to stderr itself.

use super::terminal;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{MAIN_SEPARATOR, Path};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// The words with which cargo's lines about packages begin, and the one of its last line
/// (`DrainState::note_working_on` in its `job_queue/mod.rs`).
const WORDS: [&str; 2] = ["Compiling", "Checking"];
const END: &str = "Finished";
const WARNING: &str = "warning:";
/// How long to wait for the end of stderr after cargo has ended, because a program that cargo
/// started may keep it open.
const PATIENCE: Duration = Duration::from_millis(500);

/// The lines to leave out.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// The directories of the stubs, as cargo writes them.
    dirs: Vec<String>,
    /// Returns how wide the terminal is, if there is one.
    width: fn() -> Option<usize>,
}

/// A thread that passes lines on.
pub struct Passing(Receiver<()>);

impl Hidden {
    /// Returns the filter for lines about `stubs` in `dir`, or `None` if cargo writes to stderr
    /// itself.
    pub fn unless_cargos(stubs: &BTreeSet<String>, dir: &Path, keeps_all: bool) -> Option<Self> {
        let of = |stub: &String| format!("{}{MAIN_SEPARATOR}{stub}", dir.display());
        let hidden = || Hidden { dirs: stubs.iter().map(of).collect(), width: terminal::width };
        (!keeps_all).then(hidden)
    }

    /// Passes on the bytes of `from` in a thread, because cargo would block if nobody read them.
    pub fn pass(self, mut from: impl Read + Send + 'static) -> Passing {
        let (ender, end) = mpsc::channel();
        std::thread::spawn(move || {
            let mut filter = Filter::new(self);
            let mut bytes = [0; 8192];
            loop {
                let passed = match from.read(&mut bytes) {
                    Ok(0) => break,
                    Ok(read) => filter.pass(&bytes[..read]),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                // If stderr is closed, nobody reads the lines, but cargo must still be able to end.
                let _ = std::io::stderr().write_all(&passed);
            }
            let _ = std::io::stderr().write_all(&filter.end());
            let _ = ender.send(());
        });
        Passing(end)
    }

    /// Returns whether a line is left out.
    fn hides(&self, line: &str) -> bool {
        let line = plain(line);
        let words = line.trim_start();
        let is_of = |end: &str| self.dirs.iter().any(|dir| line.contains(&format!("{dir}{end}")));
        if let Some(verb) = line.starts_with(' ').then(|| words.split(' ').next()).flatten() {
            return verb == END || WORDS.contains(&verb) && is_of(")");
        }
        // A warning about a manifest, or about a package.
        words.starts_with(WARNING) && (is_of(")") || is_of(&format!("{MAIN_SEPARATOR}Cargo.toml")))
    }
}

/// Returns whether the beginning of a line may become a line that is left out.
fn may_be_hidden(begun: &str) -> bool {
    let begun = plain(begun);
    begun.starts_with(' ') || begun.starts_with(WARNING) || WARNING.starts_with(begun.as_str())
}

/// The filter, and the bytes that it cannot pass on yet.
struct Filter {
    hidden: Hidden,
    held: Vec<u8>,
    /// Whether the beginning of the current line has been passed on.
    is_amid: bool,
    /// Whether the terminal shows a progress bar, with the cursor at its start.
    has_bar: bool,
}

/// Erases what is right of the cursor.
const ERASE: &[u8] = b"\x1b[K";

impl Filter {
    fn new(hidden: Hidden) -> Self {
        Filter { hidden, held: Vec::new(), is_amid: false, has_bar: false }
    }

    /// Takes bytes, and returns the bytes to pass on.
    fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut passed = Vec::new();
        self.held.extend(bytes);
        // A progress bar, if the user has requested one, ends with a carriage return.
        while let Some(end) = self.held.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let line: Vec<u8> = self.held.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            let width = if line.ends_with(b"\r") && !self.is_amid { (self.hidden.width)() } else { None };
            if let Some(width) = width {
                // A bar that the terminal would wrap, since it is narrower now, could not be
                // erased.
                let fits = plain(&text).trim_end_matches('\r').chars().count() <= width;
                passed.extend(if fits { &line } else { ERASE });
                self.has_bar = fits;
            } else if self.is_amid || !self.hidden.hides(&text) {
                passed.extend(self.without_bar());
                passed.extend(line);
            }
            self.is_amid = false;
        }
        // A question, for example, has no end of line.
        let is_free = self.is_amid || !may_be_hidden(&String::from_utf8_lossy(&self.held));
        if is_free && !self.held.is_empty() {
            passed.extend(self.without_bar());
            passed.append(&mut self.held);
            self.is_amid = true;
        }
        passed
    }

    /// Returns what erases a bar.
    fn without_bar(&mut self) -> &'static [u8] {
        if std::mem::take(&mut self.has_bar) { ERASE } else { b"" }
    }

    /// Returns what is to be passed on at the end.
    fn end(mut self) -> Vec<u8> {
        [self.without_bar(), &self.held].concat()
    }
}

impl Passing {
    /// Waits until everything that cargo wrote has been passed on. Call it after cargo has ended.
    pub fn wait(self) {
        let _ = self.0.recv_timeout(PATIENCE);
    }
}

/// Returns a line without its colours.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            // `ESC [ … letter`
            let _ = rest.by_ref().skip(1).find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(chunks: &[&str]) -> String {
        passed_to(|| None, chunks)
    }

    fn passed_to(width: fn() -> Option<usize>, chunks: &[&str]) -> String {
        let hidden = Hidden { dirs: vec![format!("/tmp/s{MAIN_SEPARATOR}larder-stub")], width };
        let mut filter = Filter::new(hidden);
        let mut all: Vec<u8> = chunks.iter().flat_map(|chunk| filter.pass(chunk.as_bytes())).collect();
        all.extend(filter.end());
        String::from_utf8(all).expect("it was text")
    }

    #[test]
    fn lines_about_stubs_are_left_out_and_no_others() {
        let stub = format!("/tmp/s{MAIN_SEPARATOR}larder-stub");
        for hidden in [
            format!("   Compiling larder-stub v0.0.0 ({stub})\n"),
            format!("    Checking larder-stub v0.0.0 ({stub})\n"),
            format!("\x1b[1m\x1b[92m   Compiling\x1b[0m larder-stub v0.0.0 ({stub})\n"),
            format!("\x1b[33mwarning\x1b[0m\x1b[1m:\x1b[0m {stub}{MAIN_SEPARATOR}Cargo.toml: unused manifest key: x\n"),
            "    Finished `release` profile [optimized] target(s) in 0.1s\n".to_owned(),
        ] {
            assert_eq!(passed(&["a\n", &hidden, "b"]), "a\nb");
            let (head, tail) = hidden.split_at(9);
            assert_eq!(passed(&[head, tail]), "", "in parts");
        }
        for shown in [
            format!("error: failed to parse manifest at `{stub}{MAIN_SEPARATOR}Cargo.toml`\n"),
            format!("   Compiling larder-stub2 v0.0.0 ({stub}2)\n"),
            "   Compiling finished v1.0.0\n".to_owned(),
            "Finished\n".to_owned(),
            "warning: unused\n".to_owned(),
        ] {
            assert_eq!(passed(&[&shown]), shown);
        }
    }

    #[test]
    fn what_is_no_line_passes_as_it_comes() {
        let mut filter = Filter::new(Hidden { dirs: Vec::new(), width: || None });
        assert_eq!(filter.pass(b"Password: "), b"Password: ");
        assert_eq!(filter.pass(b"   Finished\n   Fin"), b"   Finished\n");
        assert_eq!(filter.pass(b"ding\r"), b"   Finding\r");
        assert_eq!(filter.pass(b"\xff\n"), b"\xff\n");
    }

    #[test]
    fn a_progress_bar_is_erased_before_lines_and_at_the_end() {
        let on_20 = |chunks: &[&str]| passed_to(|| Some(20), chunks);
        let bar = "    Building [=> ] 1\r";
        let hidden = format!("   Compiling larder-stub v0.0.0 (/tmp/s{MAIN_SEPARATOR}larder-stub)\n");
        assert_eq!(on_20(&[bar, bar, "   Compiling a v1\n", "b\n"]), format!("{bar}{bar}\x1b[K   Compiling a v1\nb\n"));
        assert_eq!(on_20(&[bar, &hidden, "   Compiling a v1\n"]), format!("{bar}\x1b[K   Compiling a v1\n"));
        assert_eq!(on_20(&[&bar[..8], &bar[8..]]), format!("{bar}\x1b[K"), "in parts");
        assert_eq!(on_20(&["    Building [=======> ] 1\r", "a\n"]), "\x1b[Ka\n", "too wide");
        assert_eq!(passed(&[bar, "a\n"]), format!("{bar}a\n"), "no terminal");
    }
}
