//! How flags, environment, and current directory affect the started cargo and the written files. A
//! fake cargo records what it was given.
#![cfg(unix)]

mod common;

#[path = "command_line/chef.rs"]
mod chef;
#[path = "command_line/compare.rs"]
mod compare;
#[path = "command_line/context.rs"]
mod context;
#[path = "command_line/environment.rs"]
mod environment;
#[path = "command_line/epoch.rs"]
mod epoch;
#[path = "command_line/explain.rs"]
mod explain;
#[path = "command_line/explain_all.rs"]
mod explain_all;
#[path = "command_line/explain_since.rs"]
mod explain_since;
#[path = "command_line/help.rs"]
mod help;
#[path = "command_line/init.rs"]
mod init;
#[path = "command_line/key.rs"]
mod key;
#[path = "command_line/maturin.rs"]
mod maturin;
#[cfg(target_os = "linux")]
#[path = "command_line/mount.rs"]
mod mount;
#[path = "command_line/of_the_build.rs"]
mod of_the_build;
#[path = "command_line/outcome.rs"]
mod outcome;
#[path = "command_line/passed_on.rs"]
mod passed_on;
#[path = "command_line/said.rs"]
mod said;
#[path = "command_line/show.rs"]
mod show;
#[path = "command_line/store.rs"]
mod store;
#[path = "command_line/target_dir.rs"]
mod target_dir;
#[path = "command_line/wide.rs"]
mod wide;
#[path = "command_line/with_config.rs"]
mod with_config;
#[path = "command_line/written.rs"]
mod written;

use common::{Ended, Place, fake_cargo};
use std::process::Command;

/// One package; its manifest stands last, so that what follows is added to it.
const APP: &str = r#"-- Cargo.lock --
version = 4

[[package]]
name = "app"
version = "1.0.0"
-- src/main.rs --
-- Cargo.toml --
[package] app 1.0.0
[features]
tls = []
"#;

/// Runs to a good end.
fn succeed(place: &Place, command: &mut Command) -> Ended {
    let ended = place.run(command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
}

/// `cook` with the stand-in for cargo, to a good end.
fn cook(place: &Place, args: &[&str]) -> Ended {
    succeed(place, &mut fake_cargo::larder(place, &[&["cook"], args].concat()))
}

/// `prepare`, to a good end; gives the recipe.
fn prepare(place: &Place, args: &[&str]) -> String {
    succeed(place, &mut place.larder(&[&["prepare"], args].concat()));
    place.read("recipe.json")
}
