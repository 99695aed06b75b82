//! From a recipe to compiled dependencies.
//!
//! In: the command line of `cook` and the directory it was called in. Out: third-party units in the target directory, and
//! one line on stderr. Writes below a scratch directory, the target directory and cargo's home, and nowhere else
//! (invariant 4); with `--no-build`, the skeleton into the current directory instead.

mod agree;
pub(crate) mod cache;
mod differs;
mod epoch;
mod hold;
mod maturin;
mod mount;
mod order;
pub(crate) mod place;
mod refused;
pub(crate) mod root;
pub(crate) mod stale;
mod units;
pub mod wrapper;

use crate::cargo;
use crate::cargo::interrupt::Interrupt;
use crate::cargo::lines::Hidden;
use crate::cargo::toolchain::Cargo;
use crate::carried::script::Places;
use crate::carried::settle::{self, Around};
use crate::cli::{Cook, How};
use crate::config;
use crate::config::layers::{Given, Layers};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Error, Result, fail};
use crate::index::load;
use crate::prepare::command;
use crate::recipe::skeleton::{self, Files};
use crate::report::Report;
use crate::target::{self, records};
use crate::triple::{self, Named};
use crate::workspace::scope::Scope;
use crate::{path, shell};
use epoch::Epoch;
use order::Order;
use place::Place;
use refused::Missing;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use units::Units;

/// Runs `cook` at `here`.
///
/// # Errors
/// A recipe that is none, flags that contradict it, a directory that cannot be written to, cargo failing, or a signal.
pub fn cook(args: &Cook, environment: Environment, stdout: &mut dyn Write) -> Result<()> {
    let report = Report::new(args.how.color.as_deref(), args.how.quiet, args.how.verbose > 0);
    let started = Instant::now();
    let given = Given { environment, config: args.how.config.clone(), unstable: args.how.unstable.clone(), top: None };
    let here = given.environment.here.as_path();
    // From here on there may be directories to remove.
    let interrupt = Interrupt::watch()?;
    let mut orders = order::orders(args, &given, report)?;
    if args.no_build {
        refuse_several(&orders)?;
        let Some(order) = orders.first() else { return Ok(()) };
        unpack(&order.files, here)?;
        return tell(&args.how, &order.build, stdout);
    }
    let last = orders.pop();
    let mut earlier = None;
    for order in orders {
        earlier = Some(cook_one(order, args, &given, &interrupt, report, started, earlier)?.units);
    }
    let Some(last) = last else { return Ok(()) };
    let Done { target_dir, to_copy, .. } = cook_one(last, args, &given, &interrupt, report, started, earlier)?;
    if let Some(name) = to_copy {
        report.note(&format!(
            "the real build needs `{name}`, which the recipe has and which does not stand here yet\nhelp: copy it with the sources"
        ));
    }
    mount::explain(&target_dir, &given.environment, report);
    Ok(())
}

/// Cooks one order, reports of it, and gives the target directory, and the file that the sources have to bring.
fn cook_one(
    order: Order,
    args: &Cook,
    given: &Given,
    interrupt: &Interrupt,
    report: Report,
    started: Instant,
    earlier: Option<target::report::Report>,
) -> Result<Done> {
    let here = given.environment.here.as_path();
    let cooked = in_scratch(order, args, given, interrupt, report)?;
    let Cooked { outcome, target_dir, .. } = &cooked;
    let size = megabytes(place::size(target_dir));
    interrupt.check()?;
    if outcome.compiled + outcome.fresh == 0 {
        report.warning(
            "there was nothing to build, which is unusual: the packages selected have no dependencies on this platform, or the recipe was prepared where sources were missing\nhelp: prepare the recipe where all sources are, with the flags of the build",
        );
    }
    let counts = cooked.units.units();
    let brought = [("Seeded", counts.seeded, ""), ("Restored", counts.stored, " from the store")];
    for (verb, units, from) in brought.into_iter().filter(|(_, units, _)| *units > 0) {
        let saved = cooked.units.saved_seconds();
        report.done(verb, &format!("{units} units{from}, which saves {saved:.1}s of compilation"));
    }
    if counts.trimmed > 0 {
        report.done("Trimmed", &format!("{} units that no recipe uses any more", counts.trimmed));
    }
    let done =
        format!("{} compiled, {} fresh in {:.1}s", outcome.compiled, outcome.fresh, started.elapsed().as_secs_f64());
    let where_else = (*target_dir != here.join("target")).then(|| format!(" in {}", path::display(target_dir, here)));
    let where_else = where_else.unwrap_or_default();
    report.done("Cooked", &last_line(&cooked.words, &done, &[format!(", {size}{where_else}"), format!(", {size}")]));
    cooked.epoch.map_or(Ok(()), |epoch| epoch.end(here, report))?;
    let units = match earlier {
        Some(earlier) => earlier.and(cooked.units),
        None => cooked.units,
    };
    args.report.as_ref().map_or(Ok(()), |file| write_report(file, here, &units))?;
    Ok(Done { target_dir: cooked.target_dir, to_copy: cooked.to_copy, units })
}

/// One skeleton fits into a directory.
fn refuse_several(orders: &[Order]) -> Result<()> {
    let [first, .., _] = orders else { return Ok(()) };
    let builds: Vec<String> = orders.iter().map(|order| format!("`{}`", command::build(&order.scope))).collect();
    fail!(
        "the recipe is cooked for several builds, each with a skeleton of its own: {}\nhelp: prepare it for one, as with `cargo larder prepare {}`",
        builds.join(", "),
        shell::line(command::flags(&first.scope))
    )
}

/// Prints the command that would build the skeleton here.
fn tell(how: &How, build: &Scope, stdout: &mut dyn Write) -> Result<()> {
    let target_dir = how.target_dir.iter().flat_map(|dir| ["--target-dir".to_owned(), dir.display().to_string()]);
    let flags = build.to_words().into_iter().chain(how.to_args()).chain(target_dir);
    let words = ["cargo", how.command(build)].map(str::to_owned).into_iter().chain(flags);
    writeln!(stdout, "{}", shell::line(words))?;
    Ok(())
}

/// The build that is cooked for, as a command.
fn command_words(how: &How, scope: &Scope) -> String {
    let words = ["cargo", how.command(scope)].map(str::to_owned).into_iter().chain(scope.to_words());
    shell::line(words)
}

/// What remains to be told of once a build is cooked.
struct Done {
    target_dir: PathBuf,
    /// A file that the sources have to bring.
    to_copy: Option<String>,
    /// Of this build and those before it.
    units: target::report::Report,
}

/// What came of it, and where.
struct Cooked {
    words: String,
    outcome: cargo::Outcome,
    units: target::report::Report,
    target_dir: PathBuf,
    /// A file that the sources have to bring.
    to_copy: Option<String>,
    epoch: Option<Epoch>,
}

/// Builds a skeleton in a scratch directory, for the workspace at `here` or of the manifest that is named.
fn in_scratch(mut order: Order, args: &Cook, given: &Given, interrupt: &Interrupt, report: Report) -> Result<Cooked> {
    let here = given.environment.here.as_path();
    let mut how = args.how.clone();
    let scratch = disk::scratch()?;
    // As cargo will name it.
    let skeleton = fs_err::canonicalize(scratch.path())?;
    let root = root::root(order.stood, args, &order.current, here)?;
    let place = Place { environment: &given.environment, here, root: &root };
    if let Some(config) = place::misread(order.above, &place, &skeleton) {
        report.warning(&format!(
            "cargo reads `{}` above the scratch directory, where it does not belong, so the real build may compile all anew\nhelp: name another place for temporary files with `TMPDIR`",
            path::display(&config, here)
        ));
    }
    let mut config = place::config(&order.files, order.above, &place, scratch.path())?;
    let layers = Layers::read(given, config.clone())?;
    for warning in order.with.iter().flat_map(|with| differs::warnings(with, &order.files, &layers, &given.environment))
    {
        report.warning(&warning);
    }
    let named = Named { targets: &order.scope.target, host: None, layers: &layers, here, root: &root };
    triple::check(&named)?.iter().for_each(|warning| report.warning(warning));
    let to_copy = place::to_copy(&order.files, &place);
    let target_dir = place::target_dir(&how, &layers, &place);
    place::probe(&target_dir)?;
    let build_dir = place::build_dir(&layers, &place);
    let user = place::wrapper(&layers, &place);
    user.iter().try_for_each(|user| wrapper::refuse_unusable(user, here))?;
    let known = wrapper::Skeleton { files: &order.files, dir: &skeleton };
    let told = match user {
        None if !skeleton::carries(&order.files) => wrapper::of_workspace(known)?,
        user => wrapper::of_all(user, &mut config, known, &root)?,
    };
    if !config.is_empty() {
        order.files.insert(place::CONFIG.to_owned(), config.to_string().into_bytes());
    }
    // What stayed at home is in the config now.
    skeleton::write(&order.files, &skeleton, &[place::CONFIG])?;
    let target_dirs: Vec<&PathBuf> = [&target_dir].into_iter().chain(&build_dir).collect();
    let built_before = target_dirs.iter().flat_map(|dir| records::profiles(dir)).collect();
    settle::before(&order.files, &skeleton, &target_dirs);
    order.build.target.iter_mut().for_each(|target| *target = place::absolute_target(target, here));
    how.config = place::config_elsewhere(&how.config, &place, &skeleton)?;
    let own_places = config::told_for_skeleton(&layers, &skeleton);
    let has_file = order.files.keys().any(|name| name.starts_with("rust-toolchain"));
    let cargo = Cargo::for_skeleton(has_file, &root, &given.environment);
    warn_of_host(&order, &cargo, &given.environment, &skeleton, report);
    let stubs = skeleton::stubs(&order.files);
    let mut update = resolving(&skeleton, &how, &own_places, &place, &cargo);
    let mut to_run = cargo::Build {
        dir: &skeleton,
        command: how.command(&order.build),
        args: [order.build.to_args(), how.to_args(), told.args, own_places].concat(),
        target_dir: &target_dir,
        env: [place::absolute_variables(&place), told.env].concat(),
        hidden: Hidden::unless_cargos(&stubs, &skeleton, report.is_verbose()),
        stubs,
        cargo: &cargo,
    };
    let epoch = Epoch::begin([target_dir.clone()].into_iter().chain(build_dir.clone()).collect(), &order.files)?;
    if let Some(python) = &args.maturin {
        let variables = maturin::variables(python.as_deref(), &order.files, &order.scope, &target_dir, here)?;
        to_run.env.extend(variables);
    }
    let held = hold::hold(&order.files, &how, &mut update, interrupt, report);
    explain(&held, &cargo::Outcome::default(), &to_run, &how, &order, report);
    held?;
    let words = command_words(&args.how, &order.scope);
    let units = Units {
        files: &order.files,
        build: &order.build,
        dir: build_dir.as_ref().unwrap_or(&target_dir),
        root: &root,
        environment: &given.environment,
        words: &words,
    };
    let store = cache::open(args, &given.environment, &to_run, &layers, (&root, units.dir), report);
    let before = units.before(&args.seed, store.as_ref(), report, &|| interrupt.check())?;
    let mut outcome = cargo::Outcome::default();
    let busy = interrupt.busy();
    let built = cargo::build(&to_run, interrupt, &mut outcome);
    // But what it compiled by then is there.
    let places = Places { files: &order.files, scratch: &skeleton, root: &root };
    let settled = settle::after(&outcome, &Around { places, prepared: order.prepared, target_dirs, built_before });
    explain(&built, &outcome, &to_run, &how, &order, report);
    let removed = scratch.close();
    drop(busy);
    built.and(settled)?.iter().for_each(|warning| report.warning(warning));
    removed?;
    units.keep(store.as_ref(), &before, &outcome.units, report, &|| interrupt.check())?;
    let units = units.after(&before, &outcome.units, args.no_trim, report)?;
    let around = load::Around { env: place::absolute_variables(&place), layers: &layers, cargo: &cargo };
    load_index(&order, &how, around, interrupt, report)?;
    Ok(Cooked { words, outcome, units, target_dir, to_copy, epoch })
}

/// Loads what a build without the network will look for.
fn load_index(order: &Order, how: &How, around: load::Around<'_>, interrupt: &Interrupt, report: Report) -> Result<()> {
    let Some(wanted) = &order.index else { return Ok(()) };
    let loaded = load::load(wanted, &order.files, how, around, interrupt);
    interrupt.check()?;
    if !loaded && wanted.is_asked_for {
        report.warning(
            "could not load the index of packages that are not cooked, so `cargo build --offline` may fail\nhelp: run `cargo fetch --locked` where there is a network",
        );
    }
    Ok(())
}

/// Says that this machine is not the one that the recipe names.
fn warn_of_host(order: &Order, cargo: &Cargo, environment: &Environment, skeleton: &Path, report: Report) {
    let Some(prepared) = order.with.as_ref().and_then(|with| with.host.as_deref()) else { return };
    if let Some(host) = cargo.host(environment, skeleton).filter(|host| host != prepared) {
        report.warning(&format!(
            "the recipe was prepared for the host `{prepared}`, and this one is `{host}`, so crates may be missing\nhelp: prepare it with `--host {host}`"
        ));
    }
}

fn write_report(file: &Path, here: &Path, units: &target::report::Report) -> Result<()> {
    if let Err(error) = disk::write_whole(&here.join(file), units.to_text().as_bytes()) {
        fail!("cannot write the report `{}`: {}", file.display(), disk::cause(&error));
    }
    Ok(())
}

/// Says what cargo, where it has failed, cannot know: who asks for a feature that it refuses, and what a build script may miss.
fn explain(
    built: &Result<()>,
    outcome: &cargo::Outcome,
    build: &cargo::Build<'_>,
    how: &How,
    order: &Order,
    report: Report,
) {
    let Err(Error::Cargo(code)) = built else { return };
    explain_scripts(outcome, report);
    // What cargo fails with where it cannot begin.
    let has_begun = *code != 101 || !outcome.units.is_empty();
    let message = (!has_begun && !how.quiet).then(|| cargo::refusal(build, &how.settings())).flatten();
    if let Some(missing) = message.and_then(|message| Missing::find(&message, &build.stubs)) {
        report.note(&missing.told(order.workspace.as_deref(), &order.scope));
    }
}

/// How cargo resolves the skeleton, as it will build it.
fn resolving<'a>(dir: &'a Path, how: &How, own: &[String], place: &Place<'_>, cargo: &'a Cargo) -> cargo::Update<'a> {
    let args = [how.settings(), own.to_vec()].concat();
    cargo::Update { dir, args, env: place::absolute_variables(place), cargo }
}

/// A build script may need what is around it in the project.
fn explain_scripts(outcome: &cargo::Outcome, report: Report) {
    for dir in outcome.scripts.iter().filter(|dir| outcome.ran.iter().all(|run| run.dir != **dir)) {
        report.warning(&format!(
            "the build script of `{dir}` did not come to its end here, where only its package is\nhelp: to leave it to the real build, write `cook = false` below `[package.metadata.larder]` in `{dir}/Cargo.toml`, and prepare the recipe anew"
        ));
    }
}

fn unpack(files: &Files, here: &Path) -> Result<()> {
    if let Some(name) = files.keys().find(|name| here.join(name).exists()) {
        let name = if here.join("Cargo.toml").exists() { "Cargo.toml" } else { name };
        fail!(
            "refusing to write the skeleton into `{}`: it has a `{name}`\nhelp: run `cook --no-build` in an empty directory",
            here.display()
        );
    }
    skeleton::unpack(files, here)
}

/// What was cooked for and what was done, within 80 columns: with the first of these `sizes` that fits, if any does, and if
/// none does perhaps with only the beginning of the build.
fn last_line(build: &str, done: &str, sizes: &[String]) -> String {
    const ROOM: usize = 80 - "      Cooked for : ".len();
    let room = ROOM.saturating_sub(done.chars().count());
    let fits = |size: &&str| build.chars().count() + size.chars().count() <= room;
    match sizes.iter().map(String::as_str).chain([""]).find(fits) {
        Some(size) => format!("for {build}: {done}{size}"),
        None => format!("for {}…: {done}", build.chars().take(room.saturating_sub(1)).collect::<String>()),
    }
}

fn megabytes(bytes: u64) -> String {
    let (whole, tenth) = (bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    if whole < 10 { format!("{whole}.{tenth} MB") } else { format!("{whole} MB") }
}
