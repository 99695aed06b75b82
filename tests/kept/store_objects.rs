//! A unit as bytes: all of it comes back, at another place too, and nothing that is no unit of that
//! name.
#![cfg(unix)]

use super::files_below;
use cargo_larder::store::object::unpack;
use cargo_larder::store::pack::pack;
use cargo_larder::target::unit::Layout;
use cargo_larder::target::{Unit, units};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

const NAME: &str = "jar-0123456789abcdef";

/// The run of a build script with all that can be in one.
fn run(dir: &Path) {
    let (run, record) = (dir.join("release/build").join(NAME), dir.join("release/.fingerprint").join(NAME));
    for dir in [run.join("out/empty"), record.clone()] {
        fs_err::create_dir_all(dir).expect("writable");
    }
    let write = |path: &Path, text: &str| fs_err::write(path, text).expect("writable");
    write(&run.join("root-output"), &format!("{}/release/build/{NAME}/out", dir.display()));
    write(&run.join("output"), &format!("cargo:rustc-link-search={}/release/build/{NAME}/out\n", dir.display()));
    write(&run.join("out/tool"), "#!/bin/sh\n");
    fs_err::set_permissions(run.join("out/tool"), PermissionsExt::from_mode(0o750)).expect("its own");
    fs_err::hard_link(run.join("out/tool"), run.join("out/same")).expect("one file system");
    fs_err::os::unix::fs::symlink("tool", run.join("out/link")).expect("links can be made");
    write(&record.join("run-build-script-build-script-build"), "00");
}

fn packed(dir: &Path) -> (Unit, Vec<u8>, bool) {
    let (unit, parts) = units(dir, &|_| true).pop_first().expect("there is one");
    let packed = pack(&unit, &parts, dir).expect("readable").expect("it can be kept");
    (unit, packed.bytes, packed.names_target)
}

#[test]
fn a_unit_comes_back_as_it_was_at_another_place() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let [one, other] = ["one", "other"].map(|name| temp.path().join(name));
    run(&one);
    let (unit, bytes, names_target) = packed(&one);
    assert!(!names_target, "only cargo's own files do");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(400_000 * 60 * 60);
    unpack(&bytes, &unit, &other, time).expect("writable");
    assert_eq!(packed(&other).1, bytes, "the same unit is the same object");

    let run = other.join("release/build").join(NAME);
    let expected = format!("{}/release/build/{NAME}/out", other.display());
    assert_eq!(fs_err::read_to_string(run.join("root-output")).expect("there"), expected);
    let metadata = |name: &str| fs_err::symlink_metadata(run.join("out").join(name)).expect("there");
    assert_eq!((metadata("tool").mode() & 0o777, metadata("tool").ino()), (0o750, metadata("same").ino()));
    assert!(metadata("link").is_symlink() && metadata("empty").is_dir());
    for file in files_below(&other).iter().filter(|file| !file.is_symlink()) {
        assert_eq!(fs_err::metadata(file).and_then(|it| it.modified()).expect("it has a time"), time);
    }
    // An artifact that names the directory serves nowhere else.
    let artifact = one.join("release/build").join(NAME).join("out/generated.rs");
    fs_err::write(artifact, format!("include!(\"{}/x\");", one.display())).expect("writable");
    assert!(packed(&one).2);
}

#[test]
fn what_leads_elsewhere_or_is_of_another_unit_is_not_written() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let [one, other] = ["one", "other"].map(|name| temp.path().join(name));
    run(&one);
    let (unit, bytes, _) = packed(&one);
    let text = String::from_utf8(bytes.clone()).expect("this one is text");
    let renamed = Unit { hash: "f".repeat(16), ..unit.clone() };
    let gathered = Unit { layout: Layout::Gathered, ..unit.clone() };
    for (unit, bytes) in [
        (&renamed, bytes.clone()),
        (&gathered, bytes.clone()),
        // As long as before, so that only the path is wrong.
        (&unit, text.replace("\"release/build/", "\"../ease/build/").into_bytes()),
        (&unit, text.replace("\"out/tool\"", "\"../tool1\"").into_bytes()),
        (&unit, bytes[..bytes.len() - 1].to_vec()),
        (&unit, [&bytes[..], b"x"].concat()),
        (&unit, b"larder unit 1\n99999999999999999999\n{}".to_vec()),
        (&unit, Vec::new()),
    ] {
        unpack(&bytes, unit, &other, SystemTime::now()).expect_err("it is refused");
    }
    assert!(!other.exists() || files_below(temp.path()).iter().all(|file| file.starts_with(&one)));
}
