//! A cook that is interrupted: by Ctrl-C, which a terminal sends to the whole process group, or by a signal to the
//! program alone, as `docker stop` sends it. It ends with the shell's code for the signal and leaves no scratch directory;
//! what was built stays usable, and the next cook finishes the work.
#![cfg(unix)]

mod common;

use common::{Ended, Place, registry};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const APP: &str = r#"-- Cargo.toml --
[package]
name = "app"
version = "1.0.0"
edition = "2021"
[dependencies]
slow = "1"
-- src/main.rs --
-- Cargo.lock --
version = 4
[[package]]
name = "app"
version = "1.0.0"
dependencies = ["slow"]
"#;

/// A crate whose build script says that it runs, and runs for as long as a file is there.
const SLOW: &str = r#"-- manifest --
[build-dependencies]
quick = "1"
-- build.rs --
fn main() {
    let place = std::path::PathBuf::from(std::env::var_os("SLOW").unwrap());
    std::fs::write(place.join("running"), "").unwrap();
    while place.join("hold").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    println!("cargo::rerun-if-changed=build.rs");
}
"#;

#[test]
fn an_interrupt_of_the_process_group_leaves_no_scratch_and_the_next_cook_finishes() {
    check(|child| kill_process_group(pid(child), Signal::INT), 130);
}

#[test]
fn an_interrupt_of_the_program_alone_leaves_no_scratch_and_the_next_cook_finishes() {
    check(|child| kill_process(pid(child), Signal::INT), 130);
}

#[test]
fn a_termination_of_the_program_alone_leaves_no_scratch_and_the_next_cook_finishes() {
    check(|child| kill_process(pid(child), Signal::TERM), 143);
}

#[test]
fn a_hangup_of_the_process_group_leaves_no_scratch_and_the_next_cook_finishes() {
    check(|child| kill_process_group(pid(child), Signal::HUP), 129);
}

#[test]
fn an_interrupt_right_after_the_start_leaves_no_scratch_either() {
    let place = Place::new(&[APP, &registry::entry("slow", &["quick"]), &registry::entry("quick", &[])]);
    registry::put(&place, "quick", "");
    registry::put(&place, "slow", SLOW);
    place.write(&["-- slow/hold --\n"]);
    for _ in 0..10 {
        let mut child = start(&place);
        while place.left_behind().is_empty() && child.try_wait().expect("it is ours").is_none() {}
        kill_process(pid(&child), Signal::INT).expect("the program runs");
        let status = child.wait().expect("it is ours");
        assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
        assert_eq!(status.code(), Some(130), "{status}");
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

fn check(interrupt: impl Fn(&Child) -> rustix::io::Result<()>, code: i32) {
    let place = Place::new(&[APP, &registry::entry("slow", &["quick"]), &registry::entry("quick", &[])]);
    registry::put(&place, "quick", "");
    registry::put(&place, "slow", SLOW);
    place.write(&["-- slow/hold --\n"]);

    let mut child = start(&place);
    wait("the build script runs", || place.dir().join("slow/running").exists());
    interrupt(&child).expect("the program runs");
    wait("the program ends", || child.try_wait().expect("it is ours").is_some());
    fs_err::remove_file(place.dir().join("slow/hold")).expect("it is there");
    let status = child.wait().expect("it is ours");
    assert_eq!(status.code(), Some(code), "{status}");
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");

    // `quick` and the compiled build script of `slow`; then `slow` itself.
    assert_eq!(cooked(&place), "Cooked for cargo build: 1 compiled, 2 fresh");
    assert_eq!(cooked(&place), "Cooked for cargo build: 0 compiled, 3 fresh");
}

fn start(place: &Place) -> Child {
    let mut cook = place.larder(&["cook"]);
    if cfg!(target_os = "linux") {
        // Whoever runs the tests may ignore signals, as a shell does for what it starts in the background, and a program
        // keeps ignoring what it was started to ignore.
        cook = place.command("env");
        cook.args(["--default-signal=HUP,INT,TERM", env!("CARGO_BIN_EXE_cargo-larder"), "larder", "cook"]);
    }
    cook.env("SLOW", place.dir().join("slow")).process_group(0);
    cook.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    cook.spawn().expect("the program starts")
}

/// The first half of the last line of a cook that succeeds.
fn cooked(place: &Place) -> String {
    let Ended { code, stderr, .. } = place.run(place.larder(&["cook"]).env("SLOW", place.dir().join("slow")));
    assert_eq!(code, Some(0), "{stderr}");
    let last = stderr.lines().last().expect("cook ends with a line").trim_start();
    last.split_once(" in ").map_or(last, |(first, _)| first).to_owned()
}

fn wait(what: &str, mut is: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(90);
    while !is() {
        assert!(Instant::now() < limit, "a minute and a half passes before {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
