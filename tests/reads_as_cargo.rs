//! The reader agrees with `cargo metadata --no-deps`, on workspaces that are odd in one way each.

mod common;

#[path = "reads_as_cargo/dependencies.rs"]
mod dependencies;
#[path = "reads_as_cargo/members.rs"]
mod members;
#[path = "reads_as_cargo/story.rs"]
mod story;
#[path = "reads_as_cargo/targets.rs"]
mod targets;

use cargo_larder::config::layers::Given;
use cargo_larder::read;
use common::Place;
use std::collections::BTreeSet;

/// What cargo and the reader say of the workspace that has its current manifest in `dir` is the
/// same.
fn check_in(dir: &str, files: &[&str]) {
    let place = Place::new(files);
    let manifest = place.dir().join(dir).join("Cargo.toml");
    let metadata = story::metadata(&place, &manifest);
    common::write(metadata.workspace_root.join("Cargo.lock").as_std_path(), &story::lockfile(&metadata));
    let read = match read::open(&manifest, &place.dir(), &Given::default()).and_then(|it| read::workspace(&it)) {
        Ok(workspace) => story::of_workspace(&workspace),
        Err(error) => panic!("the reader refuses what cargo takes: {error}\n{}", files.concat()),
    };
    let told = story::of_metadata(&metadata);
    let only = |ours: &BTreeSet<String>, theirs| ours.difference(theirs).cloned().collect::<Vec<_>>().join("\n");
    let (more, less) = (only(&read, &told), only(&told, &read));
    assert!(more.is_empty() && less.is_empty(), "only the reader says:\n{more}\nonly cargo says:\n{less}");
}

/// The same in the directory of the files.
fn check(files: &[&str]) {
    check_in("", files);
}

/// A root manifest that lists these directories.
fn root_of(members: &[String]) -> String {
    format!("-- Cargo.toml --\n[workspace]\nresolver = \"2\"\nmembers = {members:?}\n")
}
