//! From a workspace to the files of a container build.
//!
//! In: the command line of `init` and the directory it was called in. Out: a Dockerfile and what
//! goes with it, and lines on stderr about what was chosen. Reads the workspace as `prepare` does.
//! Facts are read, a plan is made from them, files are made from the plan, and only then something
//! is written: files that do not exist, or with `--force` others, too.

mod act;
pub mod choose;
pub mod ci;
mod commands;
pub mod compose;
pub mod diff;
pub mod dockerfile;
pub mod dockerignore;
pub mod facts;
pub mod from;
pub mod image;
pub mod need;
pub mod plan;
mod program;
pub mod sources;
pub mod system;
pub mod wheel;
pub mod wheelfile;
pub mod written;

use crate::cargo::interrupt::Interrupt;
use crate::cli::init::Base;
use crate::cli::{self, Init, Verb};
use crate::config::layers::Given;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::path;
use crate::prepare::locked::{self, Network};
use crate::quotient::quotient;
use crate::read;
use crate::report::Report;
use crate::shell;
use crate::size;
use crate::workspace::Workspace;
use crate::workspace::scope::Scope;
use choose::Choice;
use need::Crates;
use plan::Plan;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use wheel::Wheel;
use written::{File, Own};

/// Runs `init`, and prints files or differences to `out`.
///
/// # Errors
/// Whatever is wrong with the workspace or the flags; a file that exists; with `--check`, a file
/// that is out of date.
pub fn init(args: Init, mut environment: Environment, out: &mut dyn Write) -> Result<()> {
    Interrupt::watch()?;
    let report = Report::new(args.color.as_deref(), args.quiet, false, &environment);
    let here = environment.here.clone();
    if let Some(named) = &args.from {
        return act::convert(named, &args, &here, report, out);
    }
    let manifest = read::find_manifest(&here, args.manifest_path.as_deref())?;
    let near = manifest.parent().unwrap_or(&here).to_owned();
    let root = read::root(&near).unwrap_or_else(|| near.clone());
    // The container build runs in the root, with the configuration that counts there.
    environment.here.clone_from(&root);
    let given = Given { environment, config: Vec::new(), unstable: Vec::new(), top: None };
    if near != root {
        // cargo refuses a package that the workspace above it does not list.
        read::open(&manifest, &given.environment.here, &given)?;
    }
    let args = if args.check { as_made(args, &root) } else { args };
    let plan = planned(&args, &root, &near, &given, report)?;
    let files = files(&args, &plan);
    let context = plan.facts.context.as_path();
    if let Some(only) = &args.stdout {
        return act::print(&files, only.as_deref(), out);
    }
    if args.check {
        return act::check(&files, context, &here, &args, report, out);
    }
    summarize(&plan, report);
    act::write(&files, context, &here, &args, report)?;
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
    let near = path::relative(near, root);
    let wheel = wheel(args, &workspace, &near)?;
    let choice = match &wheel {
        Some((_, _, choice)) => choice.clone(),
        None => choose::choose(&workspace, &args.wish(), &near, &name)?,
    };
    let profile = wheel.as_ref().and_then(|(wheel, _, _)| wheel.profile.clone()).unwrap_or(args.profile.clone());
    let args = &Init { profile, ..args.clone() };
    let scope = Scope { profile: Some(args.profile.clone()), ..choice.scope.clone() };
    // The platform of containers, so that dependencies of other platforms do not count.
    let host = if args.base.is_musl() { "x86_64-unknown-linux-musl" } else { "x86_64-unknown-linux-gnu" };
    let crates = Crates::of(&quotient(&workspace, &scope, Some(host))?.workspace);
    let facts = facts::facts(&workspace, &choice.dirs, &args.profile, &|name| crates.has(name));
    let plan = plan::plan(args, &choice, facts, &crates);
    Ok(Plan { wheel: wheel.map(|(wheel, dir, _)| (wheel, dir)), ..plan })
}

/// The Python extension that maturin builds in the directory of the command, or in the root; with
/// the directory of its package, and what is built. The flags `-p` and `--bin` ask for a program.
fn wheel(args: &Init, workspace: &Workspace, near: &str) -> Result<Option<(Wheel, String, Choice)>> {
    if !args.package.is_empty() || !args.bin.is_empty() {
        return Ok(None);
    }
    let of = |dir: &str| {
        let at = workspace.packages.iter().position(|p| p.is_member && p.dir == dir && p.lib().is_some())?;
        Some((wheel::wheel(&workspace.root.join(dir))?, at))
    };
    let Some((wheel, at)) = of(near).or_else(|| of("")) else { return Ok(None) };
    if args.base != Base::Debian || args.target.is_some() {
        fail!(
            "maturin builds a wheel here, for Debian and its own platform\nhelp: leave out `--base` and `--target`, or name a program with `--bin`"
        );
    }
    let package = &workspace.packages[at];
    let named = (workspace.default_members != [at]).then_some(package.name.as_str());
    let choice = Choice {
        main: wheel.module.clone(),
        binaries: Vec::new(),
        scope: wheel::scope(&wheel, named, &args.wish()),
        dirs: vec![package.dir.clone()],
        notes: Vec::new(),
    };
    Ok(Some((wheel, package.dir.clone(), choice)))
}

/// The files of a plan.
fn files(args: &Init, plan: &Plan) -> Vec<File> {
    let command = shell::line(args.words());
    let file =
        |path: &str, text: String, own| File { path: path.to_owned(), text: written::signed(&text, &command), own };
    let text = match &plan.wheel {
        Some((wheel, dir)) => wheelfile::dockerfile(plan, wheel, dir),
        None => dockerfile::dockerfile(plan),
    };
    let mut files = vec![
        file("Dockerfile", text, Own::Stands),
        file(".dockerignore", dockerignore::dockerignore(plan), Own::Serves),
    ];
    files.extend(args.compose.then(|| file("compose.yaml", compose::compose(plan), Own::Stands)));
    // A pipeline belongs to the repository, whose top may be above the context.
    let up = "../".repeat(plan.facts.below.split('/').filter(|part| !part.is_empty()).count());
    for ci in &args.ci {
        let (path, text) = ci::pipeline(plan, *ci);
        files.push(file(&format!("{up}{path}"), text, Own::Stands));
    }
    files
}

/// Says what was chosen.
fn summarize(plan: &Plan, report: Report) {
    if let Some((wheel, _)) = &plan.wheel {
        report.done("Chose", &format!("the wheel `{}`, which maturin builds", wheel.module));
        plan.notes.iter().for_each(|note| report.note(note));
        return;
    }
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
