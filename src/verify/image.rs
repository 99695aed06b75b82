//! Makes an image of a target directory, in which cargo decides as in the real one.
//!
//! In: the directory of the units. Out: a copy of cargo's records elsewhere. All other files are
//! empty and have the same mtime, because cargo compares only mtimes. Build scripts are replaced by
//! programs that do nothing. Reads the real directory and links to nothing in it, so that no cargo
//! can change it.

use crate::target::records::{entries, name_of, profiles};
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

/// The directories of a profile that cargo reads.
const PARTS: [&str; 4] = [".fingerprint", "deps", "examples", "build"];
/// Files that cargo reads about the run of a build script, in any directory (`BuildScriptRunFiles`
/// in cargo's `compilation_files.rs`).
const OF_RUNS: [&str; 4] = ["output", "stdout", "stderr", "invoked.timestamp"];
/// The name of the file that contains the path of `OUT_DIR`.
const ROOT_OUTPUT: &str = "root-output";

/// A program that replaces a build script. It prints the output of the last run again, so that
/// cargo watches the same files.
#[cfg(unix)]
pub const PROGRAM: &[u8] = b"#!/bin/sh
for printed in \"$OUT_DIR/../output\" \"$OUT_DIR/../run/stdout\"; do
    if [ -f \"$printed\" ]; then cat \"$printed\"; fi
done
exit 0
";
/// Writes nothing: without scripts there is no such program, and cargo stops there.
#[cfg(not(unix))]
pub const PROGRAM: &[u8] = b"";

/// Makes the image of `real` in `image`. Calls `check` between two directories.
///
/// # Errors
/// `check` fails, a file cannot be read, or the image is not writable.
pub fn make(real: &Path, image: &Path, check: &dyn Fn() -> crate::error::Result<()>) -> crate::error::Result<()> {
    for profile in profiles(real) {
        let Ok(inner) = profile.strip_prefix(real) else { continue };
        for part in PARTS {
            for from in entries(&profile.join(part)) {
                check()?;
                copy(&from, &image.join(inner).join(part).join(name_of(&from)))?;
            }
        }
    }
    Ok(())
}

/// Writes the program that replaces a build script.
///
/// # Errors
/// It is not writable.
pub fn write_program(path: &Path, time: Option<SystemTime>) -> std::io::Result<()> {
    write(path, PROGRAM, time)?;
    #[cfg(unix)]
    fs_err::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    // A build script may leave dangling links.
    let Ok(metadata) = std::fs::metadata(from) else { return Ok(()) };
    let time = metadata.modified().ok();
    let name = name_of(from);
    if metadata.is_dir() {
        if from.is_symlink() {
            return Ok(());
        }
        fs_err::create_dir_all(to)?;
        for entry in entries(from) {
            copy(&entry, &to.join(name_of(&entry)))?;
        }
        return time.map_or(Ok(()), |time| crate::target::copy::set_time(to, time));
    }
    if !metadata.is_file() || name == ROOT_OUTPUT {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs_err::create_dir_all(parent)?;
    }
    if is_record(from) {
        write(to, &fs_err::read(from)?, time)
    } else if OF_RUNS.contains(&name.as_str()) {
        write(to, &printed(from)?, time)
    } else if from.extension().is_some_and(|extension| extension == "d") {
        Ok(())
    } else if is_program(from) {
        write_program(to, time)
    } else {
        write(to, b"", time)
    }
}

fn write(path: &Path, bytes: &[u8], time: Option<SystemTime>) -> std::io::Result<()> {
    let mut file = fs_err::File::create(path)?;
    file.write_all(bytes)?;
    time.map_or(Ok(()), |time| file.into_parts().0.set_modified(time))
}

/// Returns whether a file belongs to a record: `.fingerprint/NAME-HASH/*`, or
/// `build/NAME/HASH/fingerprint/*`.
fn is_record(path: &Path) -> bool {
    let above = |n: usize| path.ancestors().nth(n).map(name_of);
    above(1).is_some_and(|name| name == "fingerprint") || above(2).is_some_and(|name| name == ".fingerprint")
}

/// Returns whether a file is a compiled build script: `build/NAME-HASH/*`, or
/// `build/NAME/HASH/out/*` of a unit that is not a run.
fn is_program(path: &Path) -> bool {
    let Some(dir) = path.parent() else { return false };
    let is_of_build = |n: usize| path.ancestors().nth(n).is_some_and(|dir| name_of(dir) == "build");
    if is_of_build(2) {
        return true;
    }
    let is_script = |record: &std::path::PathBuf| name_of(record).starts_with("build-script-");
    is_of_build(4) && name_of(dir) == "out" && entries(&dir.with_file_name("fingerprint")).iter().any(is_script)
}

/// Returns the output of a build script with the present path of its `OUT_DIR`. cargo replaces the
/// path when it reads the file (`prev_build_output` in its `custom_build.rs`). Without a record of
/// the old path, the text stays unchanged.
fn printed(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = fs_err::read(path)?;
    let out = if name_of(path) == "stdout" {
        path.parent().map(|run| run.with_file_name("out"))
    } else {
        Some(path.with_file_name("out"))
    };
    let then = std::fs::read_to_string(path.with_file_name(ROOT_OUTPUT)).unwrap_or_default();
    match (out.as_deref().and_then(Path::to_str), std::str::from_utf8(&bytes)) {
        (Some(now), Ok(text)) if !then.is_empty() && then != now => Ok(text.replace(&then, now).into_bytes()),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates a target directory in which everything has the same old mtime, makes its image, and
    /// returns all files of the image.
    fn image_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<(String, String)>) {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let (real, image) = (temp.path().join("real"), temp.path().join("image"));
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(60 * 60);
        for (name, text) in files {
            let path = real.join(name);
            fs_err::create_dir_all(path.parent().expect("it has one")).expect("writable");
            let text = text.replace("REAL", &real.to_string_lossy());
            write(&path, text.as_bytes(), Some(time)).expect("writable");
        }
        make(&real, &image, &|| Ok(())).expect("it can be made");
        let found = crate::target::copy::files_below(&image);
        let told = |path: &std::path::PathBuf| {
            assert_eq!(fs_err::metadata(path).and_then(|it| it.modified()).expect("a file"), time);
            let text = fs_err::read_to_string(path).expect("text").replace(&*real.to_string_lossy(), "REAL");
            let text = if text.as_bytes() == PROGRAM { "PROGRAM".to_owned() } else { text };
            (crate::path::slashed(path.strip_prefix(&image).expect("below")), text)
        };
        let found = found.iter().map(told).collect();
        (temp, found)
    }

    fn check(files: &[(&str, &str)], expected: &[(&str, &str)]) {
        let owned: Vec<(String, String)> =
            expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        assert_eq!(image_of(files).1, owned);
    }

    #[test]
    #[cfg_attr(windows, ignore = "its paths are those of Unix")]
    fn records_are_copied_and_artifacts_are_empty() {
        let record = ("release/.fingerprint/a-0123456789abcdef/lib-a", "f00d");
        let files = [record, ("release/deps/liba-0123456789abcdef.rlib", "code"), ("release/deps/a-0.d", "deps")];
        check(&files, &[record, ("release/deps/liba-0123456789abcdef.rlib", "")]);
    }

    #[test]
    #[cfg_attr(windows, ignore = "its paths are those of Unix")]
    fn build_scripts_become_programs_that_run_nothing_in_both_layouts() {
        let spread = "debug/build/a-0123456789abcdef";
        let run = "debug/build/a-fedcba9876543210";
        check(
            &[
                (&format!("{spread}/build-script-build"), "elf"),
                (&format!("{run}/out/gen.rs"), "code"),
                (&format!("{run}/output"), "cargo:x=/old/out/y"),
                (&format!("{run}/root-output"), "/old/out"),
            ],
            &[
                (&format!("{spread}/build-script-build"), "PROGRAM"),
                (&format!("{run}/out/gen.rs"), ""),
                (&format!("{run}/output"), &format!("cargo:x=REAL/{run}/out/y")),
            ],
        );
        let (script, run) = ("debug/build/a/0123456789abcdef", "debug/build/a/fedcba9876543210");
        check(
            &[
                (&format!("{script}/fingerprint/build-script-build-script-build.json"), "{}"),
                (&format!("{script}/out/build_script_build"), "elf"),
                (&format!("{run}/fingerprint/run-build-script-build-script-build.json"), "{}"),
                (&format!("{run}/out/program"), "elf"),
                (&format!("{run}/run/stdout"), "cargo:x=y"),
            ],
            &[
                (&format!("{script}/fingerprint/build-script-build-script-build.json"), "{}"),
                (&format!("{script}/out/build_script_build"), "PROGRAM"),
                (&format!("{run}/fingerprint/run-build-script-build-script-build.json"), "{}"),
                (&format!("{run}/out/program"), ""),
                (&format!("{run}/run/stdout"), "cargo:x=y"),
            ],
        );
    }
}
