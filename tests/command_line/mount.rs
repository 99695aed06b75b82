//! Messages about mounts in a container. The container is simulated: root can make mounts that only
//! one process sees, and a mount over `/etc/hosts` marks a container.

use super::common::fake_cargo;
use super::{APP, Ended, Place, succeed};
use std::os::unix::fs::MetadataExt;
use std::process::Command;

const NOTE: &str = "\
note: `target` is a mount of its own: what was cooked stays there, not in this image layer
help: have the mount in the steps that build, too
";
const WARNING: &str = "\
warning: a mount hides the dependencies that were cooked into `target` before: this cook found only what the mount holds
help: leave the mount out, or have it in the step that cooks, too
";

/// `cook` after these mounts; nothing where there can be none.
fn cook_with(place: &Place, mounts: &str, flags: &[&str]) -> Option<Ended> {
    let device = |path: &std::path::Path| fs_err::metadata(path).expect("it is there").dev();
    let may = Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|output| output.status.success());
    if !may || device(&place.root()) != device("/".as_ref()) {
        eprintln!("skipped: this needs root, unshare, and temporary files on the file system of the root");
        return None;
    }
    let larder = fake_cargo::larder(place, &[]);
    let script = format!("set -e; mkdir -p target; {mounts}\nexec \"$@\"");
    let mut command = place.command("unshare");
    command.args(["-m", "sh", "-c", &script, "sh"]).arg(larder.get_program()).arg("larder").arg("cook").args(flags);
    command.env("CARGO", fake_cargo::program(place));
    Some(succeed(place, &mut command))
}

const CONTAINER: &str = "mount --bind /etc/hosts /etc/hosts;";
const MOUNT: &str = "mount -t tmpfs none target;";

/// Returns what follows the line about the cooked packages.
fn said(ended: &Ended) -> &str {
    ended.stderr.split_once("MB\n").expect("it has cooked").1
}

#[test]
fn what_is_cooked_into_a_mount_is_not_in_the_image() {
    let place = Place::new(&[APP]);
    let both = [CONTAINER, MOUNT].concat();
    let Some(ended) = cook_with(&place, &both, &[]) else { return };
    assert_eq!(said(&ended), NOTE);
    let quiet = cook_with(&place, &both, &["-q"]).expect("there was one before");
    assert_eq!(quiet.stderr, "");
    let with_project = cook_with(&place, &format!("{CONTAINER} mount --bind . .; cd \"$PWD\";"), &[]);
    assert_eq!(said(&with_project.expect("as before")), "", "the project is on it, too");
    assert!(!place.home().join(".larder-cooked").exists(), "nothing of it is in the image");
}

#[test]
fn a_mount_in_front_of_what_was_cooked_is_explained() {
    let place = Place::new(&[APP]);
    for _ in 0..2 {
        let Some(ended) = cook_with(&place, CONTAINER, &[]) else { return };
        assert_eq!(said(&ended), "");
        let cooked = fs_err::read(place.home().join(".larder-cooked")).expect("it was cooked into the image");
        assert_eq!(place.relative(&cooked), "[DIR]/target\n");
    }
    let ended = cook_with(&place, &[CONTAINER, MOUNT].concat(), &[]).expect("as before");
    assert_eq!(said(&ended), WARNING);
}

#[test]
fn a_home_of_cargo_that_cannot_be_written_to_is_no_failure() {
    let place = Place::new(&[APP]);
    fs_err::create_dir(place.home().join(".larder-cooked")).expect("it is writable");
    let Some(ended) = cook_with(&place, CONTAINER, &[]) else { return };
    assert_eq!(said(&ended), "");
}
