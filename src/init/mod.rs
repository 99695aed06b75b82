//! From a workspace to the files of a container build.
//!
//! In: the command line of `init` and the directory it was called in. Out: a Dockerfile and what
//! goes with it, and lines on stderr about what was chosen. Reads the workspace as `prepare` does.
//! Facts are read, a plan is made from them, files are made from the plan, and only then something
//! is written: files that do not exist, or with `--force` others, too.

pub mod choose;
pub mod diff;
pub mod dockerfile;
pub mod dockerignore;
pub mod facts;
pub mod image;
pub mod need;
pub mod plan;
pub mod sources;
pub mod system;
pub mod written;

use crate::cargo::interrupt::Interrupt;
use crate::cli::{self, Init, Verb};
use crate::config::layers::Given;
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::path;
use crate::prepare::locked::{self, Network};
use crate::quotient::quotient;
use crate::read;
use crate::report::Report;
use crate::shell;
use crate::size;
use crate::workspace::scope::Scope;
use need::Crates;
use plan::Plan;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use written::{File, Outcome, Own};

/// Runs `init`, and prints files or differences to `out`.
///
/// # Errors
/// Whatever is wrong with the workspace or the flags; a file that exists; with `--check`, a file
/// that is out of date.
pub fn init(args: Init, mut environment: Environment, out: &mut dyn Write) -> Result<()> {
    Interrupt::watch()?;
    let report = Report::new(args.color.as_deref(), args.quiet, false, &environment);
    let here = environment.here.clone();
    let manifest = read::find_manifest(&here, args.manifest_path.as_deref())?;
    let near = manifest.parent().unwrap_or(&here).to_owned();
    let root = read::root(&near).unwrap_or_else(|| near.clone());
    // The container build runs in the root, with the configuration that counts there.
    environment.here.clone_from(&root);
    let given = Given { environment, config: Vec::new(), unstable: Vec::new(), top: None };
    let args = if args.check { as_made(args, &root) } else { args };
    let plan = planned(&args, &root, &near, &given, report)?;
    let files = files(&args, &plan);
    let context = plan.facts.context.as_path();
    if let Some(only) = &args.stdout {
        return print(&files, only.as_deref(), out);
    }
    if args.check {
        return check(&files, context, &here, &args, report, out);
    }
    summarize(&plan, report);
    write(&files, context, &here, &args, report)?;
    about_context(&plan, &here, report);
    Ok(())
}

/// The flags with which the Dockerfile was made, so that a check needs none.
fn as_made(args: Init, root: &Path) -> Init {
    let is_plain = args.words().len() == 3;
    let text = std::fs::read_to_string(root.join("Dockerfile")).unwrap_or_default();
    let Some(words) = written::command(&text).filter(|_| is_plain) else { return args };
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    match cli::parse(&words).map(|larder| larder.verb) {
        Ok(Verb::Init(made)) => Init {
            check: true,
            manifest_path: args.manifest_path,
            offline: args.offline,
            quiet: args.quiet,
            color: args.color,
            ..*made
        },
        _ => args,
    }
}

/// Reads the project, and makes the plan.
fn planned(args: &Init, root: &Path, near: &Path, given: &Given, report: Report) -> Result<Plan> {
    let network = Network { offline: args.offline, locked: false };
    let workspace = locked::workspace(&root.join("Cargo.toml"), given, network, report)?;
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let choice = choose::choose(&workspace, &args.wish(), &path::relative(near, root), &name)?;
    let scope = Scope { profile: Some(args.profile.clone()), ..choice.scope.clone() };
    // The platform of containers, so that dependencies of other platforms do not count.
    let host = if args.base.is_musl() { "x86_64-unknown-linux-musl" } else { "x86_64-unknown-linux-gnu" };
    let crates = Crates::of(&quotient(&workspace, &scope, Some(host))?.workspace);
    let facts = facts::facts(&workspace, &choice.dirs, &args.profile, &|name| crates.has(name));
    Ok(plan::plan(args, &choice, facts, &crates))
}

/// The files of a plan.
fn files(args: &Init, plan: &Plan) -> Vec<File> {
    let command = shell::line(args.words());
    let file =
        |path: &str, text: String, own| File { path: path.to_owned(), text: written::signed(&text, &command), own };
    vec![
        file("Dockerfile", dockerfile::dockerfile(plan), Own::Stands),
        file(".dockerignore", dockerignore::dockerignore(plan), Own::Serves),
    ]
}

fn print(files: &[File], only: Option<&str>, out: &mut dyn Write) -> Result<()> {
    let text = match only {
        None => files.iter().map(|file| format!("==> {} <==\n{}", file.path, file.text)).collect::<Vec<_>>().join("\n"),
        Some(path) => {
            let Some(file) = files.iter().find(|file| file.path == path) else {
                let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.path)).collect();
                fail!("`--stdout={path}` names no file that is made\nhelp: these are: {}", names.join(", "))
            };
            file.text.clone()
        }
    };
    match out.write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn present(file: &File, context: &Path) -> Option<String> {
    std::fs::read(context.join(&file.path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Fails unless every file is there and up to date.
fn check(files: &[File], context: &Path, here: &Path, args: &Init, report: Report, out: &mut dyn Write) -> Result<()> {
    let mut wrong = Vec::new();
    for file in files {
        let present = present(file, context);
        let name = path::display(&context.join(&file.path), here);
        match written::outcome(present.as_deref(), &file.text) {
            Outcome::Same | Outcome::Edited => report.done("Checked", &format!("{name} is up to date")),
            Outcome::Foreign if file.own == Own::Serves => {
                report.done("Checked", &format!("{name} is not made by init"));
            }
            Outcome::Missing => wrong.push(format!("`{name}` is missing")),
            Outcome::Foreign => wrong.push(format!("`{name}` is not made by `cargo larder init`")),
            Outcome::Outdated => {
                wrong.push(format!("`{name}` is out of date"));
                let _ = out.write_all(diff::unified(&name, &present.unwrap_or_default(), &file.text).as_bytes());
            }
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let words = args.words().into_iter().chain(["--force".to_owned()]);
    fail!("{}\nhelp: run `{}`", wrong.join("\n"), shell::line(words))
}

fn write(files: &[File], context: &Path, here: &Path, args: &Init, report: Report) -> Result<()> {
    let outcomes: Vec<Outcome> =
        files.iter().map(|file| written::outcome(present(file, context).as_deref(), &file.text)).collect();
    let name = |file: &File| path::display(&context.join(&file.path), here);
    let stays = |file: &File, outcome: Outcome| {
        !args.force && file.own == Own::Stands && !matches!(outcome, Outcome::Missing | Outcome::Same)
    };
    let standing: Vec<String> = files
        .iter()
        .zip(&outcomes)
        .filter(|(file, outcome)| stays(file, **outcome))
        .map(|(file, _)| format!("`{}`", name(file)))
        .collect();
    if !standing.is_empty() {
        let verb = if standing.len() == 1 { "exists" } else { "exist" };
        let words = |flag: &str| shell::line(args.words().into_iter().chain([flag.to_owned()]));
        fail!(
            "{} {verb}, and nothing is written\nhelp: run `{}` to replace it, or `{}` to see what would be written",
            standing.join(" and "),
            words("--force"),
            words("--stdout")
        );
    }
    for (file, outcome) in files.iter().zip(outcomes) {
        let path = context.join(&file.path);
        let replaces = args.force && outcome != Outcome::Same;
        if outcome != Outcome::Missing && !replaces {
            let state = if outcome == Outcome::Same { "unchanged" } else { "kept" };
            report.done("Kept", &format!("{} ({state})", name(file)));
            continue;
        }
        if present(file, context).is_some_and(|text| written::is_edited(&text)) {
            report.warning(&format!("`{}` had changes that `init` did not make; they are replaced", name(file)));
        }
        if let Err(error) = disk::write_whole(&path, file.text.as_bytes()) {
            fail!("cannot write `{}`: {}", name(file), disk::cause(&error));
        }
        report.done("Wrote", &name(file));
    }
    Ok(())
}

/// Says what was chosen.
fn summarize(plan: &Plan, report: Report) {
    let programs: Vec<String> = plan.binaries.iter().map(|name| format!("`{name}`")).collect();
    let build = format!("cargo build --profile {}{}", plan.profile, plan.flags);
    report.done("Chose", &format!("{} by `{build}`", programs.join(", ")));
    report.done("Chose", &format!("{} to build in, {} to run in", plan.images.rust, plan.images.runtime));
    plan.notes.iter().for_each(|note| report.note(note));
}

/// Says how large the context is, and what its ignore file gets wrong.
fn about_context(plan: &Plan, here: &Path, report: Report) {
    const LARGE: u64 = 10_000_000;
    let context = plan.facts.context.as_path();
    let ignore = context.join(".dockerignore");
    let name = path::display(&ignore, here);
    let text = std::fs::read_to_string(&ignore).unwrap_or_default();
    let size = dockerignore::size(context, &text);
    report.done("Context", &format!("{} of files, {} after {name}", size::print(size.all), size::print(size.left)));
    if dockerignore::keeps_target(plan, &text) {
        report.warning(&format!(
            "`{name}` does not leave out `{}`, which would replace what was cooked\nhelp: echo '**/{}' >> {name}",
            plan.facts.target_dir, plan.facts.target_dir
        ));
    }
    for (hidden, reader) in dockerignore::hidden(plan, &text) {
        report.warning(&format!(
            "`{name}` leaves out `{hidden}`, which {reader} reads\nhelp: echo '!{hidden}' >> {name}"
        ));
    }
    let is_large = |(_, bytes): &(&String, &u64)| **bytes > LARGE;
    for (large, bytes) in size.by_name.iter().filter(is_large) {
        report.note(&format!(
            "`{large}` has {} of the context; if the build does not read it: echo {large} >> {name}",
            size::print(*bytes)
        ));
    }
}
