//! A program in the place of cargo that builds nothing: it keeps what it was started with, and does
//! what it is told.

use super::Place;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// The program: asked whether a lockfile holds, runs `$FAKE_RESOLVE`; else keeps arguments,
/// directory, environment and skeleton, then runs `$FAKE_CARGO`.
const SCRIPT: &str = r#"#!/bin/sh
case "$*" in update*--quiet*) eval "$FAKE_RESOLVE"; exit;; esac
kept="${0%/bin/cargo}/kept"
mkdir -p "$kept"
for word; do printf '%s\n' "$word"; done > "$kept/args"
env > "$kept/env"
pwd > "$kept/cwd"
cp -R . "$kept/skeleton"
eval "$FAKE_CARGO"
"#;

/// The place's fake cargo, made if need be.
pub fn program(place: &Place) -> PathBuf {
    let path = place.root().join("bin/cargo");
    super::write(&path, SCRIPT);
    fs_err::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("the file is ours");
    path
}

/// `cargo-larder larder` with that program as cargo.
pub fn larder(place: &Place, args: &[&str]) -> Command {
    let mut command = place.larder(args);
    command.env("CARGO", program(place));
    command
}

/// The arguments that it was started with.
pub fn args(place: &Place) -> Vec<String> {
    kept(place, "args").lines().map(|line| place.relative(line.as_bytes())).collect()
}

/// The directory that it was started in.
pub fn cwd(place: &Place) -> String {
    place.relative(kept(place, "cwd").trim_end().as_bytes())
}

/// The value of a variable in its environment.
pub fn variable(place: &Place, name: &str) -> Option<String> {
    let text = kept(place, "env");
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.map(|value| place.relative(value.as_bytes()))
}

/// A file of the directory that it was started in.
pub fn skeleton(place: &Place, path: &str) -> Option<String> {
    let text = fs_err::read(place.root().join("kept/skeleton").join(path)).ok()?;
    Some(place.relative(&text))
}

fn kept(place: &Place, name: &str) -> String {
    fs_err::read_to_string(place.root().join("kept").join(name)).expect("the fake cargo has run")
}
