//! Decides which files of a package must not travel.
//!
//! In: the directory of a package, and the root of its workspace. Out: the files that may travel,
//! and the other files, each with a reason. A file does not travel if git ignores it or if it may
//! be secret. Links that lead out of the package do not travel either. Reads names, links, and
//! `.gitignore` files. Does not start git, and does not apply ignore rules outside of the
//! workspace.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Patterns of files that are likely to be secret, in the syntax of `.gitignore`, and their
/// content.
const SECRETS: &[(&str, &str)] = &[
    ("*.pem", "private keys"),
    ("*.key", "private keys"),
    ("*.ppk", "private keys"),
    ("id_*", "private keys of SSH"),
    ("*.p12", "keys and certificates"),
    ("*.pfx", "keys and certificates"),
    ("*.jks", "keys and certificates"),
    ("*.keystore", "keys and certificates"),
    ("*.gpg", "what somebody has encrypted"),
    ("*.kdbx", "passwords"),
    ("*.ovpn", "keys of a network"),
    ("*.tfstate*", "what Terraform knows"),
    ("*.tfvars", "what Terraform is told"),
    (".env*", "variables of the environment"),
    ("*.env", "variables of the environment"),
    ("credentials*", "credentials"),
    ("secrets*", "secrets"),
    ("service-account*", "credentials of a cloud"),
    (".aws", "credentials of a cloud"),
    (".azure", "credentials of a cloud"),
    (".docker", "credentials of a registry"),
    (".dockercfg", "credentials of a registry"),
    (".git-credentials", "passwords"),
    (".gnupg", "private keys"),
    (".htpasswd", "passwords"),
    (".kube", "credentials of a cluster"),
    (".my.cnf", "passwords"),
    (".netrc", "passwords"),
    ("_netrc", "passwords"),
    (".npmrc", "credentials of a registry"),
    (".pgpass", "passwords"),
    (".pypirc", "credentials of a registry"),
    (".ssh", "private keys of SSH"),
    (".vault-token", "credentials"),
    // The last match wins, so this pattern overrides the others.
    ("!*.rs", "a source, whatever it is called"),
];

/// Directories that no compiler reads.
const UNREAD: &[&str] = &[".cargo", ".git"];

/// Why a file does not travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// It may be secret.
    Secret,
    /// git ignores it.
    Ignored,
    /// It is a link that leads out of the package, or to a directory that contains the link.
    Outside,
}

/// The files of a package, relative to its directory.
#[derive(Debug, Default)]
pub struct Found {
    /// The files that may travel, sorted.
    pub travels: Vec<PathBuf>,
    /// The files and directories that do not travel, each with the reason.
    pub stays: Vec<(PathBuf, Stays)>,
}

/// Returns the files of the package in `dir`, except its manifest. `with_inner` adds those of other
/// packages in `dir`. The `.gitignore` files from `dir` up to the workspace root `root` count.
///
/// # Errors
/// A directory cannot be read, or a link is dangling.
pub fn files(dir: &Path, root: &Path, with_inner: bool) -> io::Result<Found> {
    let mut secrets = GitignoreBuilder::new(dir);
    let _ = secrets.case_insensitive(true);
    for (pattern, _) in SECRETS {
        let _ = secrets.add_line(None, pattern);
    }
    let secrets = secrets.build().unwrap_or_else(|_| Gitignore::empty());
    let rules =
        Rules { dir, real: std::fs::canonicalize(dir)?, root, with_inner, secrets, ignored: RefCell::default() };
    let mut found = Found::default();
    rules.walk(dir, &mut found)?;
    found.travels.sort();
    found.stays.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

struct Rules<'a> {
    dir: &'a Path,
    /// The canonical path of `dir`.
    real: PathBuf,
    root: &'a Path,
    with_inner: bool,
    secrets: Gitignore,
    /// The `.gitignore` files that were read, by directory.
    ignored: RefCell<BTreeMap<PathBuf, Gitignore>>,
}

impl Rules<'_> {
    fn walk(&self, dir: &Path, found: &mut Found) -> io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let is = |other: &str| name == other;
            let is_of_cargo = dir == self.dir && ["target", "Cargo.toml", "Cargo.lock"].into_iter().any(is);
            if is_of_cargo || UNREAD.iter().any(|other| is(other)) {
                continue;
            }
            let is_outside = entry.file_type()?.is_symlink() && self.leads_out(&path)?;
            let is_dir = path.is_dir();
            if is_dir && !self.with_inner && path.join("Cargo.toml").exists() {
                continue;
            }
            let reason = match () {
                () if self.secrets.matched(&path, is_dir).is_ignore() => Some(Stays::Secret),
                () if is_outside => Some(Stays::Outside),
                () if self.is_ignored(&path, is_dir) => Some(Stays::Ignored),
                () => None,
            };
            let relative = path.strip_prefix(self.dir).unwrap_or(&path).to_owned();
            match reason {
                Some(reason) => found.stays.push((relative, reason)),
                None if is_dir => self.walk(&path, found)?,
                None if path.is_file() => found.travels.push(relative),
                None => {}
            }
        }
        Ok(())
    }

    /// Returns whether a link leads out of the package, or to a directory that contains the link.
    fn leads_out(&self, link: &Path) -> io::Result<bool> {
        let real = std::fs::canonicalize(link)?;
        let stands = link.parent().map(std::fs::canonicalize).transpose()?.unwrap_or_default();
        Ok(!real.starts_with(&self.real) || stands.starts_with(&real))
    }

    /// Returns whether git would ignore a path in the package. The nearest `.gitignore` with a rule
    /// for the path decides.
    fn is_ignored(&self, path: &Path, is_dir: bool) -> bool {
        let mut ignored = self.ignored.borrow_mut();
        let above = path.ancestors().skip(1).take_while(|dir| dir.starts_with(self.root));
        let mut matched = above.map(|dir| {
            let known = ignored.entry(dir.to_owned()).or_insert_with(|| {
                let mut builder = GitignoreBuilder::new(dir);
                // git, too, skips a pattern that it cannot parse.
                let _ = builder.add(dir.join(".gitignore"));
                builder.build().unwrap_or_else(|_| Gitignore::empty())
            });
            let matched = known.matched(path, is_dir);
            (matched.is_ignore(), matched.is_whitelist())
        });
        matched.find(|(ignores, allows)| *ignores || *allows).is_some_and(|(ignores, _)| ignores)
    }
}
