//! What goes wrong with a store costs time and a line: the cook succeeds, what it builds is right,
//! and the store serves on.

use super::store::{FILES, builds, cook, project};
use super::{files_below, larder};
use crate::support::oracle::command;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

/// A directory with a store that a project has filled.
struct Filled {
    temp: tempfile::TempDir,
}

impl Filled {
    fn new() -> Self {
        let filled = Filled { temp: tempfile::tempdir().expect("a temporary directory can be made") };
        let first = filled.checkout("first");
        cook(&first, &["--cache", "../store"], &[]).is_compiled();
        filled
    }

    fn store(&self) -> PathBuf {
        self.temp.path().join("store")
    }

    fn checkout(&self, name: &str) -> PathBuf {
        let dir = self.temp.path().join(name);
        project(FILES, &dir, &[]);
        dir
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        files_below(&self.store().join("v1").join(folder))
    }

    /// A checkout that is new builds right, whatever is wrong, and the next one gets everything.
    #[track_caller]
    fn recovers(&self, what: &str) {
        let names = [format!("{what}-a"), format!("{what}-b")];
        let [one, other] = names.map(|name| self.checkout(&name));
        let did = cook(&one, &["--cache", "../store"], &[]);
        assert!(!did.said.contains("warning") && !did.said.contains("error"), "{what}\n{}", did.said);
        builds(FILES, &one, &[]);
        cook(&other, &["--cache", "../store"], &[]).is_served();
        builds(FILES, &other, &[]);
    }
}

/// What happens to a file.
type Change = fn(&mut Vec<u8>);

#[test]
fn what_is_broken_is_made_anew_and_the_store_serves_on() {
    let flip = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2);
    let empty = |bytes: &mut Vec<u8>| bytes.clear();
    let longer = |bytes: &mut Vec<u8>| bytes.push(0);
    let other_format = |bytes: &mut Vec<u8>| {
        if let Some(at) = bytes.windows(11).position(|it| it == b"\"format\": 1") {
            bytes[at + 10] = b'2';
        } else if let Some(at) = bytes.windows(10).position(|it| it == b"\"format\":1") {
            bytes[at + 9] = b'2';
        }
    };
    let kinds: [(&str, Change); 5] =
        [("flip", flip), ("cut", cut), ("empty", empty), ("longer", longer), ("format", other_format)];
    let filled = Filled::new();
    for (kind, change) in kinds {
        // Every second file, so that valid and broken files are next to each other.
        for (folder, rest) in [("objects", 0), ("index", 1)] {
            for file in filled.files(folder).iter().skip(rest).step_by(2) {
                let mut bytes = fs_err::read(file).expect("readable");
                change(&mut bytes);
                fs_err::write(file, bytes).expect("writable");
            }
            filled.recovers(&format!("{kind}-{folder}"));
        }
    }
}

#[test]
fn what_lies_under_the_name_of_another_is_not_taken_for_it() {
    let filled = Filled::new();
    for folder in ["objects", "index"] {
        let files = filled.files(folder);
        let contents: Vec<Vec<u8>> = files.iter().map(|file| fs_err::read(file).expect("readable")).collect();
        for (file, content) in files.iter().zip(contents.iter().cycle().skip(1)) {
            fs_err::write(file, content).expect("writable");
        }
        filled.recovers(&format!("swap-{folder}"));
    }
}

#[test]
fn what_is_gone_is_made_anew() {
    let filled = Filled::new();
    for folder in ["objects", "index"] {
        for file in filled.files(folder).iter().step_by(3) {
            fs_err::remove_file(file).expect("writable");
        }
        filled.recovers(&format!("gone-{folder}"));
    }
    fs_err::remove_dir_all(filled.store()).expect("writable");
    filled.recovers("all");
}

#[test]
fn a_store_that_cannot_be_written_to_serves_and_one_that_is_none_is_a_note() {
    let filled = Filled::new();
    // Nobody can write there, not even root.
    let beside = filled.store().join("v1/tmp");
    fs_err::remove_dir_all(&beside).expect("writable");
    fs_err::write(&beside, "").expect("writable");
    let did = cook(&filled.checkout("reads"), &["--cache", "../store"], &[]);
    did.is_served();
    assert!(!did.said.contains("note: "), "nothing had to be kept\n{}", did.said);
    let dir = filled.checkout("other-flags");
    let did = cook(&dir, &["--cache", "../store", "--features", "alpha/extra"], &[]);
    assert!(did.said.contains("note: the store `../store` does not keep what was built: "), "{}", did.said);
    assert_eq!(did.said.matches("note: ").count(), 1, "{}", did.said);

    fs_err::write(dir.join("file"), "").expect("writable");
    for store in ["file", "file/below"] {
        let did = cook(&dir, &["--cache", store, "--target-dir", "anew"], &[]);
        assert_eq!(did.said.matches("note: ").count(), 1, "{}", did.said);
        fs_err::remove_dir_all(dir.join("anew")).expect("writable");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_note_and_what_is_whole_serves_on() {
    let filled = Filled::new();
    let disk = filled.temp.path().join("disk");
    fs_err::create_dir_all(&disk).expect("writable");
    let mount = |args: &[&str]| {
        let status = std::process::Command::new(args[0]).args(&args[1..]).arg(&disk).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let cache = disk.to_str().expect("UTF-8");
    // Less than one build script, and less than all units.
    for size in ["size=200k", "size=1500k"] {
        if !mount(&["mount", "-t", "tmpfs", "-o", size, "none"]) {
            return;
        }
        let did = [0, 1].map(|i| cook(&filled.checkout(&format!("full-{i}-{size}")), &["--cache", cache], &[]));
        assert!(mount(&["umount"]));
        for did in &did {
            assert!(did.said.contains("does not keep what was built: "), "{}", did.said);
            assert_eq!(did.said.matches("note: ").count(), 1, "{}", did.said);
        }
        assert!(size == "size=200k" || did[1].from.contains_key("store"), "{:?}", did[1]);
    }
}

#[test]
fn a_store_stays_below_its_size() {
    let filled = Filled::new();
    let size = || filled.files("").iter().map(|file| fs_err::metadata(file).expect("it is there").len()).sum::<u64>();
    let before = size();
    let limit = before / 2;
    let dir = filled.checkout("other");
    cook(&dir, &["--cache", "../store", "--cache-size", &limit.to_string(), "--features", "alpha/extra"], &[]);
    assert!(size() <= limit && size() > 0, "{} of {before}", size());
    // Nothing fits, and nothing is asked for.
    let dir = filled.checkout("none");
    cook(&dir, &["--cache", "../store", "--cache-size", "0", "--features", "alpha/alloc"], &[]);
    assert!(filled.files("objects").iter().all(|file| file.exists()));
}

fn start(dir: &Path, tmp: &Path) -> Child {
    let mut cook = command(env!("CARGO_BIN_EXE_cargo-larder"), dir);
    cook.args(["larder", "cook", "--offline", "--release", "--cache", "../store"]).env("TMPDIR", tmp);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut cook, 0);
    cook.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

#[test]
fn cooks_at_once_share_a_store() {
    let filled = Filled { temp: tempfile::tempdir().expect("a temporary directory can be made") };
    let dirs = [0, 1, 2, 3].map(|i| filled.checkout(&format!("at-once-{i}")));
    let cooks = dirs.each_ref().map(|dir| start(dir, filled.temp.path()));
    for mut cook in cooks {
        assert!(cook.wait().expect("it is ours").success());
    }
    for dir in &dirs {
        builds(FILES, dir, &[]);
    }
    cook(&filled.checkout("after"), &["--cache", "../store"], &[]).is_served();
}

/// A cook may find that what it has chosen, or has just put, is gone.
#[test]
fn what_is_removed_beside_running_cooks_is_compiled() {
    let filled = Filled::new();
    let dirs = [0, 1, 2].map(|i| filled.checkout(&format!("beside-{i}")));
    let looks = filled.checkout("removes");
    let mut cooks = dirs.each_ref().map(|dir| start(dir, filled.temp.path()));
    for turn in 0.. {
        let verb: &[&str] = if turn % 4 == 3 { &["clear"] } else { &["gc", "--cache-size", "200kB"] };
        json(&looks, verb);
        let ended = cooks.each_mut().map(|cook| cook.try_wait().expect("it is ours"));
        if let [Some(a), Some(b), Some(c)] = ended {
            assert!(a.success() && b.success() && c.success(), "{ended:?}");
            break;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    for dir in &dirs {
        builds(FILES, dir, &[]);
    }
    filled.recovers("removed");
}

/// `LARDER_KILLS` has more of them.
#[cfg(unix)]
#[test]
fn a_cook_that_is_killed_at_any_moment_leaves_a_store_that_serves() {
    use rustix::process::{Pid, Signal, kill_process_group};
    let kills = std::env::var("LARDER_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(3_u32);
    let filled = Filled { temp: tempfile::tempdir().expect("a temporary directory can be made") };
    let tmp = filled.temp.path().join("tmp");
    fs_err::create_dir_all(&tmp).expect("writable");
    let dir = filled.checkout("killed");
    let began = std::time::Instant::now();
    cook(&filled.checkout("first"), &["--cache", "../store-for-time"], &[]);
    let whole = began.elapsed();
    for i in 0..kills {
        if i % 2 == 0 && dir.join("target").exists() {
            fs_err::remove_dir_all(dir.join("target")).expect("writable");
        }
        let mut cook = start(&dir, &tmp);
        std::thread::sleep(Duration::from_millis(20) + whole.mul_f64(f64::from(i * 7 % kills) / f64::from(kills)));
        let _ = kill_process_group(Pid::from_child(&cook), Signal::KILL);
        cook.wait().expect("it is ours");
    }
    cook(&dir, &["--cache", "../store"], &[]);
    builds(FILES, &dir, &[]);
    cook(&filled.checkout("after"), &["--cache", "../store"], &[]).is_served();
    let verified = larder_out(&dir, &["cache", "verify", "--cache", "../store"]);
    assert!(verified.contains("is whole"), "{verified}");
}

fn larder_out(dir: &Path, args: &[&str]) -> String {
    let mut larder = command(env!("CARGO_BIN_EXE_cargo-larder"), dir);
    let output = larder.arg("larder").args(args).output().expect("the program starts");
    assert!(output.status.success(), "{args:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn json(dir: &Path, args: &[&str]) -> serde_json::Value {
    let said = larder_out(dir, &[&["cache"], args, &["--cache", "../store", "--format", "json"]].concat());
    serde_json::from_str(&said).expect("it is JSON")
}

#[test]
fn the_store_can_be_looked_at_checked_bounded_and_emptied() {
    let filled = Filled::new();
    let dir = filled.checkout("looks");
    let stats = json(&dir, &["stats"]);
    let (units, bytes) = (stats["units"].as_u64().expect("a number"), stats["bytes"].as_u64().expect("a number"));
    assert!(stats["format"] == 1 && units > 10 && bytes > 1000, "{stats}");
    assert_eq!(json(&dir, &["verify"])["broken"], serde_json::json!([]));
    assert_eq!(json(&dir, &["gc"])["removed"]["units"], 0);

    let object = &filled.files("objects")[0];
    fs_err::write(object, "broken").expect("writable");
    let broken = json(&dir, &["verify"])["broken"].as_array().expect("a list").len();
    assert!(broken >= 2 && !object.exists(), "the object and its record: {broken}");
    assert_eq!(json(&dir, &["verify"])["broken"], serde_json::json!([]));
    filled.recovers("verified");

    let left = json(&dir, &["gc", "--cache-size", "1kB"]);
    assert!(left["bytes"].as_u64().is_some_and(|bytes| bytes <= 1000), "{left}");
    filled.recovers("bounded");
    assert_eq!(json(&dir, &["clear"])["units"], 0);
    assert_eq!(json(&dir, &["stats"])["bytes"], 0);
    filled.recovers("emptied");
    let said = larder(&dir, &["cache", "stats", "--cache", "../store"], &[]);
    assert_eq!(said, "", "results go to stdout");
}
