//! What the program says to input that is wrong, word for word: which file and where, what was
//! expected, what helps; and the exit code. `[DIR]` is the directory it was called in, `[ROOT]` the
//! one above.

mod common;

#[path = "bad_input/cook.rs"]
mod cook;
#[path = "bad_input/lockfile.rs"]
mod lockfile;
#[path = "bad_input/manifest.rs"]
mod manifest;
#[cfg(unix)]
#[path = "bad_input/maturin.rs"]
mod maturin;
#[path = "bad_input/recipe.rs"]
mod recipe;
#[path = "bad_input/selection.rs"]
mod selection;
#[path = "bad_input/triples.rs"]
mod triples;
#[path = "bad_input/workspace.rs"]
mod workspace;

use common::Place;

/// One package; its manifest stands last, so that what follows is added to it.
const APP: &str = r#"-- Cargo.lock --
version = 4

[[package]]
name = "app"
version = "1.0.0"
-- src/main.rs --
-- Cargo.toml --
[package] app 1.0.0
"#;

/// These files and this command line end with exit code 1 and this on stderr.
fn check(files: &[&str], args: &str, stderr: &str) {
    refused(&Place::new(files), args, 1, stderr);
}

/// The same where the command line is at fault.
fn check_usage(files: &[&str], args: &str, stderr: &str) {
    refused(&Place::new(files), args, 2, stderr);
}

fn refused(place: &Place, args: &str, code: i32, stderr: &str) {
    let before = common::files_below(&place.dir());
    let ended = place.run(&mut place.larder(&args.split_whitespace().collect::<Vec<_>>()));
    assert_eq!(ended.stderr, stderr, "cargo larder {args}");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "cargo larder {args}");
    assert_eq!(common::files_below(&place.dir()), before, "something was written before it was refused");
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
}
