//! Git repositories made on the spot: `one` is a package, `many` a workspace whose members need
//! each other.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// `one` at its default branch, at the tag `v1.0.0`, and at the branch `feature/x+y`, whose name a
/// URL must encode.
const ONE: &[(&str, &[&str])] = &[
    ("first", &["tag", "v1.0.0"]),
    ("main", &["checkout", "-q", "-b", "feature/x+y"]),
    ("feature", &["checkout", "-q", "main"]),
];
const ONE_MANIFEST: &str = "[package]
name = 'one'
version = '1.0.0'
edition = '2021'
[features]
default = ['std']
std = []
[dependencies]
eta = '1'
";
const MANY: &str = "-- Cargo.toml --
[workspace] crates/*
[workspace.package]
version = '2.1.0'
edition = '2021'
[workspace.dependencies]
low = { path = 'crates/low', version = '2' }
-- crates/high/Cargo.toml --
[package]
name = 'high'
version.workspace = true
edition.workspace = true
[dependencies]
low = { workspace = true, features = ['more'] }
alpha = '1'
-- crates/high/src/lib.rs --
pub use low::WHO;
-- crates/low/Cargo.toml --
[package]
name = 'low'
version.workspace = true
edition.workspace = true
[features]
more = []
-- crates/low/src/lib.rs --
pub const WHO: &str = \"low\";
";
/// A package with the name and the version of one of the registry, whose code tells which of them
/// it is.
const ETA: &str = "-- Cargo.toml --
[package] eta 1.0.0
[features]
default = ['a']
a = []
b = []
-- src/lib.rs --
pub const WHO: &str = \"eta of git\";
";

/// Returns true if there is no git, and prints a note. The calling test is then skipped.
pub fn without_git() -> bool {
    static THERE: LazyLock<bool> = LazyLock::new(|| Command::new("git").arg("--version").output().is_ok());
    if !*THERE {
        let test = std::thread::current();
        // Not by `eprintln!`, which the test harness keeps to itself where a test passes.
        let _ = writeln!(std::io::stderr(), "test {} is left out: there is no `git`", test.name().unwrap_or("?"));
    }
    !*THERE
}

/// The URL of the directory that holds the repositories.
pub fn url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| as_url(&directory()));
    &URL
}

/// The URL of the index of a registry whose archives are in `crates`.
pub fn index(crates: &Path) -> String {
    let entry = super::shelf::entry();
    let dl = format!("{}/{{crate}}-{{version}}.crate", as_url(crates));
    let files = format!("-- config.json --\n{{\"dl\":\"{dl}\"}}\n-- 3/j/jam --\n{entry}");
    let directory = once("index", &files, |directory| {
        super::lay_out(&files, directory);
        git(directory, &["init", "-q", "--initial-branch=main"]);
        git(directory, &["add", "."]);
        git(directory, &["commit", "-q", "-m", "all"]);
    });
    as_url(&directory)
}

fn as_url(path: &Path) -> String {
    let path = path.to_str().expect("a UTF-8 path").replace('\\', "/");
    format!("file:///{}", path.trim_start_matches('/'))
}

/// The commit that a tag or a branch of a repository names.
pub fn commit(repository: &str, name: &str) -> String {
    url();
    let output = git(&directory().join(repository), &["rev-parse", &format!("{name}^{{commit}}")]);
    String::from_utf8(output).expect("a commit is hexadecimal").trim_end().to_owned()
}

fn directory() -> PathBuf {
    once("repositories", &(ONE, ONE_MANIFEST, MANY, ETA), make)
}

/// Returns a directory that is made once for each content, as a whole or not at all, because test
/// programs run in parallel.
fn once(name: &str, content: &impl Hash, make: impl Fn(&Path)) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = temporary.join(format!("{name}-{:016x}", hasher.finish()));
    if !directory.exists() {
        let scratch = tempfile::tempdir_in(temporary).expect("it is writable").keep();
        make(&scratch);
        if fs_err::rename(&scratch, &directory).is_err() {
            fs_err::remove_dir_all(&scratch).expect("it is ours");
        }
    }
    directory
}

fn make(directory: &Path) {
    for (name, files) in [("one", ""), ("many", MANY), ("eta", ETA)] {
        let repository = directory.join(name);
        super::lay_out(files, &repository);
        fs_err::create_dir_all(&repository).expect("it is writable");
        git(&repository, &["init", "-q", "--initial-branch=main"]);
        for (who, then) in if name == "one" { ONE } else { &[("", &["tag", "v2.1.0"] as &[&str])] } {
            if name == "one" {
                let code = format!("pub const WHO: &str = \"{who}\";\n");
                super::lay_out(&format!("-- Cargo.toml --\n{ONE_MANIFEST}-- src/lib.rs --\n{code}"), &repository);
            }
            git(&repository, &["add", "."]);
            git(&repository, &["commit", "-q", "-m", "all"]);
            git(&repository, then);
        }
    }
}

fn git(dir: &Path, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.current_dir(dir).args(args).env("GIT_CONFIG_GLOBAL", "").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "somebody")
            .env(format!("GIT_{role}_EMAIL"), "somebody@example.invalid");
        command.env(format!("GIT_{role}_DATE"), "2020-01-01T00:00:00Z");
    }
    let output = command.output().expect("git starts; a test that needs it asks `without_git` first");
    assert!(output.status.success(), "git {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    output.stdout
}
