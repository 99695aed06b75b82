//! A store in a directory.
//!
//! In: names and bytes. Out: files in `v1` in the directory. A file is written next to its place
//! and then renamed. Therefore neither a kill nor a full disk leaves half a file. Files that a
//! killed cook leaves in `tmp` are removed a day later. Nothing is locked.

use super::holder::{Holder, Listed};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folder of this format. Other formats have folders next to it.
const FORMAT: &str = "v1";

/// The folder of files that are being written.
const BESIDE: &str = "tmp";

/// The age at which nobody is still writing a file in [`BESIDE`].
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Tells backup programs to skip the directory (<https://bford.info/cachedir/>).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Units that `cargo larder cook --cache` keeps.\n";

/// A directory that is or will be a store.
pub struct Disk {
    top: PathBuf,
}

impl Disk {
    /// Returns the store in this directory, which need not exist.
    pub fn new(top: &Path) -> Self {
        Disk { top: top.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.join(FORMAT).join(name)
    }

    /// Removes what killed cooks have left.
    pub fn sweep(&self) {
        for left in crate::target::records::entries(&self.path(BESIDE)) {
            let age = std::fs::metadata(&left).and_then(|it| it.modified()).ok().and_then(|it| it.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED) {
                let _ = std::fs::remove_file(left);
            }
        }
    }
}

/// The result, or nothing if no file is there.
fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Holder for Disk {
    fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path(name);
        match unless_missing(fs_err::read(&path)) {
            // Windows only denies access to a directory.
            Err(_) if path.is_dir() => Ok(None),
            bytes => bytes,
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (to, beside) = (self.path(name), self.path(BESIDE));
        fs_err::create_dir_all(&beside)?;
        fs_err::create_dir_all(to.parent().unwrap_or(&self.top))?;
        let tag = self.top.join("CACHEDIR.TAG");
        if !tag.exists() {
            let _ = std::fs::write(tag, TAG);
        }
        let mut file = builder().tempfile_in(&beside)?;
        file.write_all(bytes)?;
        let Err(error) = file.persist(&to) else { return Ok(()) };
        match error.error.kind() {
            // Another cook has removed the folder with what was last in it.
            ErrorKind::NotFound => fs_err::create_dir_all(to.parent().unwrap_or(&self.top))?,
            // Nobody but a store puts anything there.
            _ if to.is_dir() => fs_err::remove_dir_all(&to)?,
            _ => return Err(error.error),
        }
        error.file.persist(&to).map(drop).map_err(|error| error.error)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        if folder == super::holder::OBJECTS {
            self.sweep();
        }
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let Some(entries) = unless_missing(fs_err::read_dir(self.path(&folder)))? else { continue };
            for entry in entries {
                let entry = entry?;
                // A file that disappears meanwhile is not listed.
                let Ok(metadata) = entry.metadata() else { continue };
                let Some(name) = entry.file_name().to_str().map(|name| format!("{folder}/{name}")) else { continue };
                if metadata.is_dir() {
                    open.push(name);
                } else {
                    let put = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.push(Listed { name, bytes: metadata.len(), put });
                }
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let path = self.path(name);
        unless_missing(fs_err::remove_file(&path))?;
        // The folder of a package is removed with its last record.
        if name.matches('/').count() > 1 {
            let _ = path.parent().map(std::fs::remove_dir);
        }
        Ok(())
    }
}

/// Sets the permissions of a temporary file to those of any new file, so that the umask decides who
/// can read a store.
fn builder() -> tempfile::Builder<'static, 'static> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_what_is_not_there_is_no_error() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let disk = Disk::new(&temp.path().join("not/yet"));
        assert_eq!(disk.list("index").expect("nothing there"), []);
        assert_eq!(disk.get("index/a/b").expect("nothing there"), None);
        disk.delete("index/a/b").expect("nothing there");
        disk.put("index/a/b", b"one").expect("writable");
        disk.put("index/a/b", b"two!").expect("writable");
        assert_eq!(disk.get("index/a/b").expect("readable").as_deref(), Some(&b"two!"[..]));
        let listed = disk.list("index").expect("readable");
        assert_eq!(listed.iter().map(|it| (it.name.as_str(), it.bytes)).collect::<Vec<_>>(), [("index/a/b", 4)]);
        disk.delete("index/a/b").expect("writable");
        assert_eq!(disk.list("index").expect("nothing there"), []);
        assert!(crate::target::records::entries(&temp.path().join("not/yet/v1/tmp")).is_empty());
        // A directory under a name holds no bytes, and gives way.
        fs_err::create_dir_all(temp.path().join("not/yet/v1/index/a/b/c")).expect("writable");
        assert_eq!(disk.get("index/a/b").expect("nothing there"), None);
        disk.put("index/a/b", b"three").expect("writable");
        assert_eq!(disk.get("index/a/b").expect("readable").as_deref(), Some(&b"three"[..]));
    }
}
