//! What of a package's files stays at home.
//!
//! In: the directory of a package, and the root of its workspace. Out: the files that may travel, and those that may not, each with
//! the reason: they are ignored by git, may be secret, or stand outside of the package behind a link. Reads names, links and
//! `.gitignore` files; git itself is not needed, and what only this machine ignores does not count.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Patterns of files that are likely to be secret, as of a `.gitignore`, and what they hold.
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
    // Last, as it wins over the others.
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
    /// It is a link that leads out of the package, or around in it.
    Outside,
}

/// The files of a package, relative to its directory.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that may travel, in order.
    pub travels: Vec<PathBuf>,
    /// The files and directories that may not.
    pub stays: Vec<(PathBuf, Stays)>,
}

/// The files of the package in `dir`, but for its manifest; of the packages in it as well, or not. `root` is the root of the
/// workspace, up to which `.gitignore` files count.
///
/// # Errors
/// A directory that cannot be read, or a link that leads nowhere.
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
    /// The same without links.
    real: PathBuf,
    root: &'a Path,
    with_inner: bool,
    secrets: Gitignore,
    /// The `.gitignore` files that were read, by their directories.
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

    /// Whether the real path lies outside of the package, or the link leads to where it stands.
    fn leads_out(&self, link: &Path) -> io::Result<bool> {
        let real = std::fs::canonicalize(link)?;
        let stands = link.parent().map(std::fs::canonicalize).transpose()?.unwrap_or_default();
        Ok(!real.starts_with(&self.real) || stands.starts_with(&real))
    }

    /// Whether git would ignore a path below the package's directory: the nearest `.gitignore` that says anything decides.
    fn is_ignored(&self, path: &Path, is_dir: bool) -> bool {
        let mut ignored = self.ignored.borrow_mut();
        let above = path.ancestors().skip(1).take_while(|dir| dir.starts_with(self.root));
        let mut matched = above.map(|dir| {
            let known = ignored.entry(dir.to_owned()).or_insert_with(|| {
                let mut builder = GitignoreBuilder::new(dir);
                // A pattern that is none is none to git, too.
                let _ = builder.add(dir.join(".gitignore"));
                builder.build().unwrap_or_else(|_| Gitignore::empty())
            });
            let matched = known.matched(path, is_dir);
            (matched.is_ignore(), matched.is_whitelist())
        });
        matched.find(|(ignores, allows)| *ignores || *allows).is_some_and(|(ignores, _)| ignores)
    }
}
