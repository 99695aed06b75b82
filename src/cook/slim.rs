//! Makes a layer smaller, for `--slim`: removes the sources of crates that this cook unpacked.
//!
//! In: cargo's home, and when the cook began. Out: how many bytes went. Removes directories below
//! `registry/src` of cargo's home, and nothing else.
//!
//! The archive of such a crate stays in `registry/cache`. If a build needs the crate, cargo unpacks
//! the archive again, without a network (`unpack_package` in cargo's `sources/registry/mod.rs`). A
//! directory without its archive stays, and so does one that was there before: another cargo may be
//! reading it.

use crate::target::copy::files_below;
use crate::target::records::{entries, name_of};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What cargo writes last into a directory that it unpacks.
const UNPACKED: &str = ".cargo-ok";

/// Removes the sources that cargo has unpacked since then, and returns how many bytes they had.
pub fn sources(cargo_home: &Path, since: SystemTime) -> u64 {
    let registry = cargo_home.join("registry");
    let mut bytes = 0;
    for source in entries(&registry.join("src")) {
        let archives = registry.join("cache").join(name_of(&source));
        for package in entries(&source).into_iter().filter(|dir| is_new(dir, since) && has_archive(dir, &archives)) {
            let files: Vec<PathBuf> = files_below(&package);
            let held: u64 = files.iter().filter_map(|file| file.symlink_metadata().ok()).map(|it| it.len()).sum();
            // cargo takes a directory without the mark for one that it has to unpack.
            if fs_err::remove_file(package.join(UNPACKED)).and_then(|()| fs_err::remove_dir_all(&package)).is_ok() {
                bytes += held;
            }
        }
    }
    bytes
}

fn is_new(package: &Path, since: SystemTime) -> bool {
    let mark = std::fs::metadata(package.join(UNPACKED)).and_then(|it| it.modified());
    mark.is_ok_and(|unpacked| unpacked >= since)
}

fn has_archive(package: &Path, archives: &Path) -> bool {
    let archive = archives.join(format!("{}.crate", name_of(package)));
    std::fs::metadata(archive).is_ok_and(|it| it.len() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_what_was_unpacked_now_and_has_its_archive_goes() {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let (src, cache) = (home.path().join("registry/src/index-0"), home.path().join("registry/cache/index-0"));
        let now = SystemTime::now() - Duration::from_secs(5);
        for (name, mark, archive) in [
            ("new-1.0.0", true, "bytes"),
            ("old-1.0.0", true, "bytes"),
            ("half-1.0.0", false, "bytes"),
            ("lost-1.0.0", true, ""),
        ] {
            fs_err::create_dir_all(src.join(name)).expect("writable");
            fs_err::create_dir_all(&cache).expect("writable");
            fs_err::write(src.join(name).join("lib.rs"), "12345").expect("writable");
            fs_err::write(cache.join(format!("{name}.crate")), archive).expect("writable");
            if mark {
                fs_err::write(src.join(name).join(UNPACKED), "").expect("writable");
            }
        }
        let old = std::fs::File::options().write(true).open(src.join("old-1.0.0").join(UNPACKED));
        old.and_then(|it| it.set_modified(now - Duration::from_secs(60))).expect("its own");
        assert_eq!(sources(home.path(), now), 5);
        let left: Vec<String> = entries(&src).iter().map(|path| name_of(path)).collect();
        assert_eq!(left, ["half-1.0.0", "lost-1.0.0", "old-1.0.0"]);
    }
}
