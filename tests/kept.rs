//! After `cook`, the real build compiles no third-party crate, and what comes out is the real
//! thing: on small workspaces, each of a kind that has gone wrong in some tool, with real builds
//! from a registry made on the spot.

#[path = "common/files.rs"]
mod files;
mod support;

#[path = "kept/carried.rs"]
mod carried;
#[path = "kept/catalogue.rs"]
mod catalogue;
#[path = "kept/checkout.rs"]
mod checkout;
#[path = "kept/config.rs"]
mod config;
#[path = "kept/cooked.rs"]
mod cooked;
#[path = "kept/edits.rs"]
mod edits;
#[path = "kept/environment.rs"]
mod environment;
#[path = "kept/future.rs"]
mod future;
#[path = "kept/git.rs"]
mod git;
#[path = "kept/hold.rs"]
mod hold;
#[path = "kept/named_targets.rs"]
mod named_targets;
#[path = "kept/names.rs"]
mod names;
#[path = "kept/offline.rs"]
mod offline;
#[path = "kept/own.rs"]
mod own;
#[path = "kept/packed.rs"]
mod packed;
#[path = "kept/page.rs"]
mod page;
#[path = "kept/places.rs"]
mod places;
#[path = "kept/private.rs"]
mod private;
#[path = "kept/registries.rs"]
mod registries;
#[path = "kept/repositories.rs"]
mod repositories;
#[path = "kept/roots.rs"]
mod roots;
#[path = "kept/scripts.rs"]
mod scripts;
#[path = "kept/seed.rs"]
mod seed;
#[path = "kept/shelf.rs"]
mod shelf;
#[path = "kept/store.rs"]
mod store;
#[path = "kept/store_faults.rs"]
mod store_faults;
#[path = "kept/store_objects.rs"]
mod store_objects;
#[path = "kept/targets.rs"]
mod targets;
#[path = "kept/told.rs"]
mod told;
#[path = "kept/toolchain.rs"]
mod toolchain;
#[path = "kept/units.rs"]
mod units;
#[path = "kept/verify.rs"]
mod verify;
#[path = "kept/verify_leaves.rs"]
mod verify_leaves;
#[path = "kept/verify_machine.rs"]
mod verify_machine;
#[cfg(unix)]
#[path = "kept/verify_maturin.rs"]
mod verify_maturin;
#[path = "kept/verify_places.rs"]
mod verify_places;
#[path = "kept/warm.rs"]
mod warm;
#[cfg(unix)]
#[path = "kept/wrappers.rs"]
mod wrappers;

use std::path::Path;
use std::process::Output;
use std::time::{Duration, SystemTime};
use support::oracle::{CARGO, command};

/// A workspace as `-- path --` headers and texts, and how it is built.
struct Project<'a> {
    /// `[REPOSITORIES]` in them is the URL above the repositories of [`repositories`].
    files: &'a str,
    /// Where cargo is called, relative to the top.
    at: &'a str,
    /// Flags of the build, and of a scoped `prepare`.
    flags: &'a [&'a str],
    /// Environment of `cook` and of the build.
    env: &'a [(&'a str, &'a str)],
    /// Environment of `prepare`.
    prepared_in: &'a [(&'a str, &'a str)],
    /// Where what is built is to be found, relative to `at`.
    target: &'a str,
    /// Whether `cook` is called again when the sources are there.
    cooked_again: bool,
    /// What the binary `app` prints.
    prints: Option<&'a str>,
    /// Puts into the top what `files` cannot say, and what has to be there before `cook`.
    bring: fn(&Path),
}

const PLAIN: Project<'static> = Project {
    files: "",
    at: "",
    flags: &["--release"],
    env: &[],
    prepared_in: &[],
    target: "target/release",
    cooked_again: false,
    prints: None,
    bring: |_| {},
};

/// What was done, in the order of the JSON messages: third-party packages compiled, and found
/// fresh.
#[derive(Debug, Default)]
struct Built {
    compiled: Vec<String>,
    fresh: Vec<String>,
}

/// Writes the files of a fixture into a directory.
fn lay_out(files: &str, dir: &Path) {
    for (path, text) in files::parse(&[files]) {
        let has_url = text.contains("[REPOSITORIES]");
        let text = if has_url { text.replace("[REPOSITORIES]", repositories::url()) } else { text };
        files::write(&dir.join(path), &text);
    }
}

/// Sets the modification time of every file that `files` names.
fn set_times(files: &str, dir: &Path, time: SystemTime) {
    for path in files::parse(&[files]).into_keys() {
        let file = std::fs::OpenOptions::new().write(true).open(dir.join(path)).expect("the file was written");
        file.set_modified(time).expect("times can be set");
    }
}

/// All files below a directory.
fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for path in fs_err::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// A day in 2020.
fn old() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(438_288 * 60 * 60)
}

fn run(program: &Path, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = command(program, dir);
    let output = command.args(args).envs(env.iter().copied()).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {}\n{stderr}", program.display(), args.join(" "));
    output
}

fn larder(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
    let args: Vec<&str> = std::iter::once("larder").chain(args.iter().copied()).collect();
    let output = run(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), dir, &args, env);
    String::from_utf8(output.stderr).expect("messages are UTF-8")
}

fn build(project: &Project<'_>, dir: &Path) -> Built {
    let mut args = vec!["build", "--offline", "--message-format=json"];
    args.extend(project.flags);
    let output = run(&CARGO, &dir.join(project.at), &args, project.env);
    let mut built = Built::default();
    for message in cargo_metadata::Message::parse_stream(output.stdout.as_slice()) {
        let cargo_metadata::Message::CompilerArtifact(artifact) = message.expect("cargo writes messages") else {
            continue;
        };
        if !artifact.package_id.repr.starts_with("path+") {
            let list = if artifact.fresh { &mut built.fresh } else { &mut built.compiled };
            list.push(format!("{} {:?}", artifact.package_id.repr, artifact.target.kind));
        }
    }
    built
}

/// Prepares, cooks in a directory that holds the recipe alone, brings the sources there, once old
/// and once new, and builds. `prepare` is scoped in one round and unscoped in the other.
fn check(project: &Project<'_>) {
    for scoped in [true, false] {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let (source, place) = (temp.path().join("source"), temp.path().join("place"));
        lay_out(project.files, &source);
        (project.bring)(&source);
        let at = source.join(project.at);
        // Repositories have to be fetched, which they are from this machine.
        run(&CARGO, &at, &["fetch", "--quiet"], project.env);
        let root = at.ancestors().find(|dir| dir.join("Cargo.lock").exists()).expect("cargo wrote a lockfile");

        let flags: &[&str] = if scoped { project.flags } else { &[] };
        let prepare: Vec<&str> = std::iter::once("prepare").chain(flags.iter().copied()).collect();
        larder(&at, &prepare, project.prepared_in);
        fs_err::create_dir_all(place.join(project.at)).expect("writable");
        fs_err::copy(at.join("recipe.json"), place.join(project.at).join("recipe.json")).expect("it was written");
        (project.bring)(&place);
        let flags: &[&str] = if scoped { &[] } else { project.flags };
        let cook: Vec<&str> = ["cook", "--offline"].into_iter().chain(flags.iter().copied()).collect();
        let said = larder(&place.join(project.at), &cook, project.env);
        let is_quiet = !["warning", "Locking", "Adding", "Removing"].iter().any(|word| said.contains(word));
        assert!(is_quiet, "cargo changes the lockfile, or is surprised:\n{said}");

        lay_out(project.files, &place);
        let lock = root.strip_prefix(&source).expect("the root is below the top").join("Cargo.lock");
        fs_err::copy(source.join(&lock), place.join(&lock)).expect("it was written");
        for time in [old(), SystemTime::now()] {
            set_times(project.files, &place, time);
            if project.cooked_again {
                larder(&place.join(project.at), &cook, project.env);
            }
            let built = build(project, &place);
            assert!(built.compiled.is_empty(), "scoped: {scoped}\ncompiled again: {:#?}\n{said}", built.compiled);
            assert!(!built.fresh.is_empty(), "the project has no third-party crate to keep");
        }
        if let Some(prints) = project.prints {
            let app = place.join(project.at).join(project.target).join(format!("app{}", std::env::consts::EXE_SUFFIX));
            let output = run(&app, &place, &[], &[]);
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), prints);
        }
    }
}
