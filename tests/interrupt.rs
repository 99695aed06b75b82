//! A cook that is interrupted: by Ctrl-C, which a terminal sends to the whole process group, or by
//! a signal to the program alone, as `docker stop` sends it. It ends with the shell's code for the
//! signal and leaves no scratch directory; what was built stays usable, and the next cook finishes
//! the work.
#![cfg(unix)]

mod common;

use common::{Ended, Place, registry};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const APP: &str = r#"-- Cargo.toml --
[package] app 1.0.0
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

/// The same, with what it depends on in the registry.
fn app() -> String {
    [APP, &registry::entry("slow", &["quick"]), &registry::entry("quick", &[])].concat()
}

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

/// A signal while the program waits for a recipe to come through a pipe, which nobody writes to.
#[test]
fn a_signal_while_the_recipe_is_read_ends_the_program() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let place = Place::new(&[APP]);
        let made = place.command("mkfifo").arg("pipe").status().expect("the program starts");
        assert!(made.success());
        let mut child = start_with(&place, &["cook", "--recipe-path", "pipe"], &[]);
        std::thread::sleep(Duration::from_millis(300));
        ends_within_a_second(&mut child, signal, code);
        assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
    }
}

/// A cargo that hears no signal, and that has started something which holds its end of the pipe.
#[test]
fn a_cargo_that_does_not_heed_a_signal_is_killed() {
    for verb in [&["cook"][..], &["prepare"]] {
        let place = Place::new(&[
            &app(),
            "-- deaf --\n#!/bin/sh\ntrap '' TERM INT\ntouch \"$SLOW\"\nsleep 20 & wait; sleep 20\n",
        ]);
        if verb == ["prepare"] {
            fs_err::remove_file(place.dir().join("Cargo.lock")).expect("it is there");
        }
        let cargo = place.dir().join("deaf");
        fs_err::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
        let cargo = cargo.to_str().expect("UTF-8").to_owned();
        let mut child = start_with(&place, verb, &[("CARGO", &cargo)]);
        wait("cargo runs", || place.dir().join("slow").exists());
        ends_within_a_second(&mut child, Signal::TERM, 143);
        assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
    }
}

/// cargo has brought the lockfile up to date by then, which `verify` leaves as it was.
#[test]
fn a_verification_that_is_ended_leaves_no_scratch_and_the_lockfile() {
    let place = Place::new(&[
        &app(),
        "-- deaf --\n#!/bin/sh\nif [ \"$1\" = locate-project ]; then echo \"$PWD/Cargo.toml\"; exit; fi\n\
         trap '' TERM INT\necho new > Cargo.lock\ntouch \"$SLOW\"\nsleep 20 & wait; sleep 20\n",
    ]);
    let lockfile = place.read("Cargo.lock");
    let cargo = place.dir().join("deaf");
    fs_err::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    let mut child = start_with(&place, &["verify"], &[("CARGO", cargo.to_str().expect("UTF-8"))]);
    wait("cargo runs", || place.dir().join("slow").exists());
    assert_eq!(place.read("Cargo.lock"), "new\n");
    ends_within_a_second(&mut child, Signal::TERM, 143);
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
    assert_eq!(place.read("Cargo.lock"), lockfile);
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let place = Place::new(&[&app(), "-- deaf --\n#!/bin/sh\ntrap '' TERM INT\ntouch \"$SLOW\"\nsleep 20\n"]);
    let cargo = place.dir().join("deaf");
    fs_err::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    let mut child = start_with(&place, &["cook"], &[("CARGO", cargo.to_str().expect("UTF-8"))]);
    wait("cargo runs", || place.dir().join("slow").exists());
    kill_process(pid(&child), Signal::INT).expect("the program runs");
    std::thread::sleep(Duration::from_millis(150));
    let begin = Instant::now();
    kill_process(pid(&child), Signal::INT).expect("the program runs");
    assert_eq!(child.wait().expect("it is ours").code(), Some(130));
    assert!(begin.elapsed() < Duration::from_millis(350), "{:?}", begin.elapsed());
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
}

/// What stayed at home is in no file that others can read, while it runs and after it was killed.
#[test]
fn a_scratch_directory_is_private_even_when_the_program_was_killed() {
    use std::os::unix::fs::PermissionsExt;
    let config = "-- .cargo/config.toml --\n[registries.x]\nindex = 'sparse+https://x.invalid/'\ntoken = 'SECRET'\n";
    let place = Place::new(&[&app(), config, "-- deaf --\n#!/bin/sh\ntouch \"$SLOW\"\nsleep 20\n"]);
    let cargo = place.dir().join("deaf");
    fs_err::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).expect("it is ours");
    let mut child = start_with(&place, &["cook"], &[("CARGO", cargo.to_str().expect("UTF-8"))]);
    wait("cargo runs", || place.dir().join("slow").exists());
    child.kill().expect("the program runs");
    child.wait().expect("it is ours");
    let left = place.left_behind();
    assert_eq!(left.len(), 1, "{left:?}");
    let mode = |path: &str| fs_err::metadata(place.tmp().join(path)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&left[0]), 0o700);
    let config = format!("{}/.cargo/config.toml", left[0]);
    assert!(fs_err::read_to_string(place.tmp().join(&config)).expect("it is there").contains("SECRET"));
    assert_eq!(mode(&config), 0o600);
}

fn ends_within_a_second(child: &mut Child, signal: Signal, code: i32) {
    let begin = Instant::now();
    kill_process(pid(child), signal).expect("the program runs");
    let limit = begin + Duration::from_secs(5);
    while child.try_wait().expect("it is ours").is_none() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(10));
    }
    let took = begin.elapsed();
    if Instant::now() >= limit {
        child.kill().expect("the program runs");
    }
    let status = child.wait().expect("it is ours");
    assert_eq!(status.code(), Some(code), "{status}");
    assert!(took < Duration::from_millis(1300), "{took:?}");
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

    // `quick` and the compiled build script of `slow` are there. Its run and `slow` itself follow.
    assert_eq!(cooked(&place), "Cooked for cargo build: 2 compiled, 2 fresh");
    assert_eq!(cooked(&place), "Cooked for cargo build: 0 compiled, 4 fresh");
}

fn start(place: &Place) -> Child {
    start_with(place, &["cook"], &[])
}

fn start_with(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Child {
    let mut cook = place.larder(args);
    if cfg!(target_os = "linux") {
        // The test runner may ignore signals, as a shell does for programs in the background.
        // Programs that are started with an ignored signal keep ignoring it.
        cook = place.command("env");
        cook.args(["--default-signal=HUP,INT,TERM", env!("CARGO_BIN_EXE_cargo-larder"), "larder"]).args(args);
    }
    cook.envs(env.iter().copied());
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
