//! What the tests of the program share: a place made of files, and the program started in it as
//! cargo starts it.
#![allow(dead_code, reason = "each test program uses a part of this module")]

#[cfg(unix)]
pub mod fake_cargo;
pub mod files;
pub mod registry;

pub use files::{parse, write};

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cargo-larder");

/// A directory to work in, next to a scratch directory and a home of cargo. All of it is removed
/// with the value.
pub struct Place {
    root: tempfile::TempDir,
}

/// How a run of the program ended. Paths of the place are replaced: `[DIR]` is where the files
/// stand, `[ROOT]` the directory above.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// A place with these files.
    pub fn new(files: &[&str]) -> Self {
        let place = Place { root: tempfile::tempdir().expect("a directory for temporary files") };
        for dir in [place.dir(), place.tmp(), place.home()] {
            fs_err::create_dir_all(dir).expect("it is writable");
        }
        place.write(files);
        place
    }

    /// Writes these files too.
    pub fn write(&self, files: &[&str]) {
        for (path, text) in parse(files) {
            write(&self.dir().join(path), &text);
        }
    }

    /// The directory above all others of the place.
    pub fn root(&self) -> PathBuf {
        // What the program is told as its current directory: without symbolic links.
        fs_err::canonicalize(self.root.path()).expect("it exists")
    }

    /// Where the files stand.
    pub fn dir(&self) -> PathBuf {
        self.root().join("project")
    }

    /// Where temporary files go.
    pub fn tmp(&self) -> PathBuf {
        self.root().join("tmp")
    }

    /// cargo's home.
    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// `cargo-larder larder` in the directory of the files, with nothing in the environment that
    /// cargo or rustup made.
    pub fn larder(&self, args: &[&str]) -> Command {
        let mut command = self.command(PROGRAM);
        command.arg("larder").args(args);
        command
    }

    /// `cargo-larder`, called without cargo.
    pub fn directly(&self, args: &[&str]) -> Command {
        let mut command = self.command(PROGRAM);
        command.args(args);
        command
    }

    /// Any program in the same circumstances.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let keep = ["RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&&*text);
            if ["CARGO", "RUST", "NO_COLOR"].iter().any(|prefix| text.starts_with(prefix)) && !keep {
                command.env_remove(&name);
            }
        }
        command.current_dir(self.dir()).env("CARGO_HOME", self.home()).env("TMPDIR", self.tmp());
        command.env("CARGO", &*CARGO).env("RUSTC", &*RUSTC);
        // Messages are compared by the sentence. `command_line/wide.rs` says how they are wrapped.
        command.env("COLUMNS", "10000");
        command
    }

    /// Runs to the end.
    pub fn run(&self, command: &mut Command) -> Ended {
        let Output { status, stdout, stderr } = command.output().expect("the program starts");
        Ended { code: status.code(), stdout: self.relative(&stdout), stderr: self.relative(&stderr) }
    }

    /// What stands where temporary files go.
    pub fn left_behind(&self) -> Vec<String> {
        let entries = fs_err::read_dir(self.tmp()).expect("it is there");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    /// Text that does not tell where the place is.
    pub fn relative(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text);
        let text = text.replace(&*self.dir().to_string_lossy(), "[DIR]");
        text.replace(&*self.root().to_string_lossy(), "[ROOT]")
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.dir().join(path)).expect("the file is there")
    }
}

/// All files below a directory, as relative paths in order.
pub fn files_below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs_err::read_dir(&next).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                found.push(entry.strip_prefix(dir).expect("it stands below").to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The cargo that runs the tests.
pub static CARGO: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from));

/// The compiler next to cargo, without rustup in between.
static RUSTC: LazyLock<PathBuf> = LazyLock::new(|| {
    let beside = CARGO.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    if beside.exists() { beside } else { "rustc".into() }
});
