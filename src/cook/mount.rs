//! Warns about mounts that keep cooked units out of an image layer, or hide those of an earlier
//! layer.
//!
//! In: the target directory of a cook, and the mounts of this process. Out: in a container, a note
//! or a warning on stderr. An image does not record how it was made. Therefore a cook into the
//! image adds a line to a file in cargo's home, which a later cook on a mount finds. No failure
//! here fails the cook.

use crate::environment::Environment;
use crate::path;
use crate::report::Report;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file in cargo's home with the directories of the image that were cooked into, one on each
/// line.
const COOKED: &str = ".larder-cooked";

/// Warns about the mount of `target_dir`. `here` is the current directory.
pub fn explain(target_dir: &Path, environment: &Environment, report: Report) {
    let here = environment.here.as_path();
    let Ok(mounts) = std::fs::read("/proc/self/mountinfo") else { return };
    let mounts = parse(&String::from_utf8_lossy(&mounts));
    let real = |path: PathBuf| std::fs::canonicalize(path).ok();
    let home = environment.cargo_home().and_then(real);
    let (Some(dir), Some(called), Some(home)) = (real(target_dir.to_owned()), real(here.to_owned()), home) else {
        return;
    };
    let record = home.join(COOKED);
    let cooked = std::fs::read_to_string(&record).unwrap_or_default();
    let name = path::display(target_dir, here);
    match verdict(&mounts, &cooked, &dir, &called, &home) {
        Verdict::Nothing => {}
        Verdict::Remember => {
            // If the file is not writable, there is no warning later.
            let file = std::fs::OpenOptions::new().append(true).create(true).open(record);
            let _ = file.and_then(|mut file| writeln!(file, "{}", dir.display()));
        }
        Verdict::Hides => report.warning(&format!(
            "a mount hides the dependencies that were cooked into `{name}` before: this cook found only what the mount holds\nhelp: leave the mount out, or have it in the step that cooks, too"
        )),
        Verdict::Keeps(point) => {
            let is = match point.display() {
                _ if point == dir => "is a mount of its own".to_owned(),
                point => format!("is on the mount `{point}`"),
            };
            report.note(&format!(
                "`{name}` {is}: what was cooked stays there, not in this image layer\nhelp: have the mount in the steps that build, too"
            ));
        }
    }
}

/// Returns whether a mount hides what was cooked into `target_dir` before.
pub fn hides(target_dir: &Path, environment: &Environment) -> bool {
    let mounts = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let mounts = parse(&String::from_utf8_lossy(&mounts));
    let real = |path: PathBuf| std::fs::canonicalize(path).ok();
    let (Some(dir), Some(home)) = (real(target_dir.to_owned()), environment.cargo_home().and_then(real)) else {
        return false;
    };
    let cooked = std::fs::read_to_string(home.join(COOKED)).unwrap_or_default();
    verdict(&mounts, &cooked, &dir, &environment.here, &home) == Verdict::Hides
}

/// A line of `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`).
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    filesystem: String,
}

/// What to do, and what to print.
#[derive(Debug, PartialEq, Eq)]
enum Verdict<'a> {
    Nothing,
    /// Record the directory, because the cook was into the image.
    Remember,
    /// Warn: the image has dependencies in this directory, and a mount hides them.
    Hides,
    /// Note: the cooked units belong to this mount, and not to the image.
    Keeps(&'a Path),
}

/// Decides what to do. `cooked` is the record of earlier cooks into the image that contains cargo's
/// home.
fn verdict<'a>(mounts: &'a [Mount], cooked: &str, dir: &Path, here: &Path, home: &Path) -> Verdict<'a> {
    let root = Path::new("/");
    let knows = mount_of(mounts, home) == root;
    let was_cooked = cooked.lines().any(|line| Path::new(line) == dir);
    match mount_of(mounts, dir) {
        _ if !is_container(mounts) => Verdict::Nothing,
        point if point == root && knows && !was_cooked => Verdict::Remember,
        point if point == root => Verdict::Nothing,
        _ if knows && was_cooked => Verdict::Hides,
        point if point != mount_of(mounts, here) => Verdict::Keeps(point),
        _ => Verdict::Nothing,
    }
}

/// Returns whether the root is that of a container. Every engine mounts its own file over
/// `/etc/hosts`.
fn is_container(mounts: &[Mount]) -> bool {
    let is_overlay = |mount: &Mount| mount.point == Path::new("/") && mount.filesystem.contains("overlay");
    mounts.iter().any(|mount| is_overlay(mount) || mount.point == Path::new("/etc/hosts"))
}

/// Returns the mount point of a path without symbolic links.
fn mount_of<'a>(mounts: &'a [Mount], path: &Path) -> &'a Path {
    let points = mounts.iter().map(|mount| mount.point.as_path()).filter(|point| path.starts_with(point));
    points.max_by_key(|point| point.components().count()).unwrap_or(Path::new("/"))
}

fn parse(mountinfo: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (fields, more) = line.split_once(" - ")?;
        let point = PathBuf::from(unescaped(fields.split(' ').nth(4)?));
        Some(Mount { point, filesystem: more.split(' ').next()?.to_owned() })
    };
    mountinfo.lines().filter_map(mount).collect()
}

/// Decodes white space and backslashes, which are written as three octal digits.
fn unescaped(field: &str) -> String {
    ["040", "011", "012", "134"]
        .into_iter()
        .zip([" ", "\t", "\n", "\\"])
        .fold(field.to_owned(), |text, (code, meant)| text.replace(&format!("\\{code}"), meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mounts of a `BuildKit` build with a cache mount at `/app/target`.
    const BUILD: &str = "\
73 47 0:39 / / rw,nodev,noatime master:2 - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0
74 73 0:41 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
81 73 254:0 /var/lib/docker/buildkit/executor/hosts.arw3 /etc/hosts ro,relatime master:1 - ext4 /dev/vda rw
92 73 254:0 /var/lib/docker/fuse-overlayfs/4h0t/diff /app/target rw,relatime master:1 - ext4 /dev/vda rw
";
    /// The mounts of a machine that is not a container, with a disk for builds.
    const DESK: &str = "\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 254:1 / /builds rw,relatime shared:1 - ext4 /dev/vdb rw
";

    #[track_caller]
    fn check(mountinfo: &str, cooked: &str, dir: &str, here: &str, home: &str, expected: &Verdict<'_>) {
        let mounts = parse(mountinfo);
        assert_eq!(verdict(&mounts, cooked, Path::new(dir), Path::new(here), Path::new(home)), *expected);
    }

    #[test]
    fn a_cook_into_a_mount_is_not_in_the_layer() {
        let keeps = Verdict::Keeps(Path::new("/app/target"));
        check(BUILD, "", "/app/target", "/app", "/cargo", &keeps);
        check(BUILD, "/other/target\n", "/app/target/deeper", "/app", "/cargo", &keeps);
        check(BUILD, "", "/app/target/x", "/app/target/x", "/cargo", &Verdict::Nothing);
    }

    #[test]
    fn a_cook_into_the_image_is_remembered_once() {
        check(BUILD, "", "/app/out", "/app", "/cargo", &Verdict::Remember);
        check(BUILD, "/app/out\n", "/app/out", "/app", "/cargo", &Verdict::Nothing);
    }

    #[test]
    fn a_mount_in_front_of_what_was_cooked_is_noticed() {
        check(BUILD, "/app/target\n", "/app/target", "/app", "/cargo", &Verdict::Hides);
        check(BUILD, "/app/target\n", "/app/target", "/app/target", "/cargo", &Verdict::Hides);
    }

    #[test]
    fn a_home_of_cargo_that_is_mounted_knows_nothing_of_this_image() {
        let build = format!("{BUILD}93 73 254:0 /x /cargo rw - ext4 /dev/vda rw\n");
        check(&build, "", "/app/out", "/app", "/cargo", &Verdict::Nothing);
        check(&build, "/app/target\n", "/app/target", "/app", "/cargo", &Verdict::Keeps(Path::new("/app/target")));
    }

    #[test]
    fn outside_of_containers_nothing_is_said_and_nothing_is_remembered() {
        check(DESK, "/builds/target\n", "/builds/target", "/src", "/cargo", &Verdict::Nothing);
        check(DESK, "", "/src/target", "/src", "/cargo", &Verdict::Nothing);
        check("", "", "/src/target", "/src", "/cargo", &Verdict::Nothing);
    }

    #[test]
    fn white_space_in_a_mount_point_is_read_back() {
        let mounts = parse("1 0 0:1 / /a\\040b\\134c rw - tmpfs none rw\nnot a mount\n");
        assert_eq!(mounts, [Mount { point: "/a b\\c".into(), filesystem: "tmpfs".to_owned() }]);
    }
}
