//! The files of a git revision, in a scratch directory.
//!
//! In: a revision, and a directory of the repository. Out: a directory with the same manifests,
//! lockfiles, config, and file names. Starts `git`, which only reads: neither the work tree nor the
//! index changes. Writes to the scratch directory.

use crate::disk;
use crate::error::{Error, Result, fail};
use crate::path;
use std::collections::BTreeSet;
use std::io::ErrorKind::NotFound;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A revision whose files are in a scratch directory.
pub struct Checkout {
    /// The top of the repository.
    pub top: PathBuf,
    /// The directory that stands for the top.
    pub dir: TempDir,
    commit: String,
    entries: Vec<Entry>,
}

/// A file of a tree.
struct Entry {
    path: String,
    object: String,
    is_link: bool,
}

/// Writes the files of a revision. Only those that decide about a workspace get their content; the
/// others are empty, because only their names count.
///
/// # Errors
/// There is no git, no repository, or no such revision, or a file cannot be written.
pub fn checkout(rev: &str, here: &Path) -> Result<Checkout> {
    let top = run(here, &["rev-parse", "--show-toplevel"])?;
    if !top.status.success() {
        fail!(
            "`{}` is not in a git repository: {}\nhelp: compare two recipes instead, with `cargo larder explain OLD NEW`",
            here.display(),
            first_line(&top.stderr)
        );
    }
    let top = PathBuf::from(first_line(&top.stdout));
    let commit = run(&top, &["rev-parse", "--verify", "--quiet", &format!("{rev}^{{commit}}")])?;
    if !commit.status.success() {
        fail!(
            "git knows no revision `{rev}` here\nhelp: `git log --oneline` lists revisions, and `git fetch --unshallow` brings those that a shallow clone lacks"
        );
    }
    let commit = first_line(&commit.stdout);
    let tree = run(&top, &["ls-tree", "-r", "-z", "--full-tree", &commit])?;
    if !tree.status.success() {
        fail!("git cannot list the files of `{rev}`: {}", first_line(&tree.stderr));
    }
    let entries: Vec<Entry> = tree.stdout.split(|byte| *byte == 0).filter_map(entry).collect();
    let checkout = Checkout { top, dir: disk::scratch()?, commit, entries };
    checkout.write(&|path| decides(path))?;
    Ok(checkout)
}

impl Checkout {
    /// Writes the content of all files below these directories, relative to the top.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn fill(&self, dirs: &BTreeSet<String>) -> Result<()> {
        let is_below =
            |path: &str, dir: &str| dir.is_empty() || path.strip_prefix(dir).is_some_and(|it| it.starts_with('/'));
        self.write(&|path| dirs.iter().any(|dir| is_below(path, dir)))
    }

    /// Returns the tracked files that differ from the revision, in the work tree.
    ///
    /// # Errors
    /// git does not start.
    pub fn changed(&self) -> Result<Vec<String>> {
        let names = run(&self.top, &["diff", "--name-only", "--no-ext-diff", "-z", &self.commit])?;
        let names = names.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    fn write(&self, with_content: &dyn Fn(&str) -> bool) -> Result<()> {
        let wanted: Vec<&Entry> = self.entries.iter().filter(|it| it.is_link || with_content(&it.path)).collect();
        let contents = self.contents(&wanted)?;
        for (entry, content) in wanted.iter().zip(&contents).filter(|(entry, _)| !entry.is_link) {
            self.write_file(&entry.path, content)?;
        }
        for entry in self.entries.iter().filter(|entry| !entry.is_link && !with_content(&entry.path)) {
            if !self.dir.path().join(&entry.path).exists() {
                self.write_file(&entry.path, b"")?;
            }
        }
        // Links come last, so that nothing is written through them.
        for (entry, content) in wanted.iter().zip(&contents).filter(|(entry, _)| entry.is_link) {
            link(&self.dir.path().join(&entry.path), &String::from_utf8_lossy(content))?;
        }
        Ok(())
    }

    fn write_file(&self, name: &str, content: &[u8]) -> Result<()> {
        disk::go_on();
        let path = self.dir.path().join(name);
        fs_err::create_dir_all(path.parent().expect("it is below the scratch directory"))?;
        fs_err::write(path, content)?;
        Ok(())
    }

    /// Returns the contents of files, in their order.
    fn contents(&self, entries: &[&Entry]) -> Result<Vec<Vec<u8>>> {
        let mut child =
            git(&self.top, &["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let names: String = entries.iter().flat_map(|entry| [entry.object.as_str(), "\n"]).collect();
        let mut stdin = child.stdin.take().expect("it is piped");
        // git answers while it reads, so that both ends must be served at once.
        let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()));
        let mut answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut contents = Vec::new();
        for entry in entries {
            let mut head = String::new();
            answers.read_line(&mut head)?;
            let Some(size) = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()) else {
                fail!("git has no content of `{}`: {}", entry.path, head.trim_end());
            };
            let mut content = vec![0; size + 1]; // and a line feed
            answers.read_exact(&mut content)?;
            content.pop();
            contents.push(content);
        }
        let _ = writer.join();
        child.wait()?;
        Ok(contents)
    }
}

/// Returns whether the content of a file can decide about a workspace: manifests, lockfiles, the
/// toolchain file, and config with what it includes.
fn decides(path: &str) -> bool {
    let path = Path::new(path);
    let is_toml = path.extension().is_some_and(|extension| extension == "toml" || extension == "lock");
    is_toml || path.ends_with("rust-toolchain") || path.components().any(|part| part.as_os_str() == ".cargo")
}

/// Parses an entry of `git ls-tree -z`. Submodules have no files here.
fn entry(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line).ok()?;
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
    let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git"));
    (kind == "blob" && is_plain).then(|| Entry {
        path: path.to_owned(),
        object: object.to_owned(),
        is_link: mode == "120000",
    })
}

#[cfg(unix)]
fn link(path: &Path, target: &str) -> Result<()> {
    if !path.is_symlink() {
        fs_err::create_dir_all(path.parent().expect("it is below the scratch directory"))?;
        fs_err::os::unix::fs::symlink(target, path)?;
    }
    Ok(())
}

/// Writes the target as git does if links are disabled.
#[cfg(not(unix))]
fn link(path: &Path, target: &str) -> Result<()> {
    fs_err::create_dir_all(path.parent().expect("it is below the scratch directory"))?;
    fs_err::write(path, target)?;
    Ok(())
}

/// Returns a command of git that changes nothing: optional locks would refresh the index.
fn git(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"]).arg(dir).args(args);
    command
}

fn run(dir: &Path, args: &[&str]) -> Result<Output> {
    git(dir, args).output().map_err(|error| {
        let why = if error.kind() == NotFound { "it is not installed".to_owned() } else { error.to_string() };
        Error::Failed(format!(
            "git does not start: {why}\nhelp: install git, or compare two recipes with `cargo larder explain OLD NEW`"
        ))
    })
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}

/// Returns where a directory of the repository is in the scratch directory.
///
/// # Errors
/// The directory is not in the repository.
pub fn inside(checkout: &Checkout, dir: &Path) -> Result<PathBuf> {
    let real = fs_err::canonicalize(dir)?;
    match real.strip_prefix(fs_err::canonicalize(&checkout.top)?) {
        Ok(below) => Ok(path::normalize(&checkout.dir.path().join(below))),
        Err(_) => fail!("`{}` is not in the repository `{}`", dir.display(), checkout.top.display()),
    }
}
