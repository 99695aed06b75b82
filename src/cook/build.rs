//! Builds one skeleton in a scratch directory.
//!
//! In: an order. Out: [`Cooked`]: third-party units in the target directory, and what was done.
//! Writes the scratch directory, the target directory, cargo's home, and the store.

use super::epoch::Epoch;
use super::named::Named;
use super::order::Order;
use super::place::Place;
use super::refused::explain;
use super::units::Units;
use super::{cache, differs, hold, machine, maturin, pack, place, root, wrapper};
use crate::cargo::interrupt::Interrupt;
use crate::cargo::lines::Hidden;
use crate::cargo::terminal;
use crate::cargo::toolchain::Cargo;
use crate::cargo::{self, Outcome};
use crate::carried::script::Places;
use crate::carried::settle::{self, Around};
use crate::cli::{Cook, How};
use crate::config;
use crate::config::layers::{Given, Layers};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::index::load;
use crate::path;
use crate::recipe::skeleton;
use crate::report::Report;
use crate::shell;
use crate::target::builds::ChosenBy;
use crate::target::machine::Machine;
use crate::target::{self, builds, records};
use crate::triple;
use crate::workspace::scope::Scope;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};
use toml::Table;

/// The result, and its place.
pub struct Cooked {
    /// The command of the real build.
    pub words: String,
    /// What cargo did.
    pub outcome: Outcome,
    /// Its units.
    pub units: target::report::Report,
    /// The target directory.
    pub target_dir: PathBuf,
    /// The directory of cargo's units, which may be another one.
    pub units_dir: PathBuf,
    /// A file that must come with the sources.
    pub to_copy: Option<String>,
    /// The time for all files.
    pub epoch: Option<Epoch>,
}

/// Builds a skeleton in a scratch directory, for the workspace in the current directory or of the
/// named manifest. `started` is when the command started.
pub fn in_scratch(
    mut order: Order,
    args: &Cook,
    given: &Given,
    interrupt: &Interrupt,
    report: Report,
    started: Instant,
) -> Result<Cooked> {
    let here = given.environment.here.as_path();
    let mut how = args.how.clone();
    let scratch = disk::scratch()?;
    // cargo names the scratch directory by its canonical path.
    let skeleton = disk::real(scratch.path())?;
    let named = Named { recipe: args.recipe_path.as_deref(), manifest: args.manifest_path.as_deref(), how: &args.how };
    let root = root::root(order.stood, named, &order.current, &given.environment)?;
    let place = Place { environment: &given.environment, here, root: &root };
    let (mut config, layers) = settings(&order, given, &place, &skeleton, report)?;
    let to_copy = place::to_copy(&order.files, &place);
    let target_dir = place::target_dir(&how, &layers, &place);
    place::probe(&target_dir)?;
    let build_dir = place::build_dir(&layers, &place);
    let told = wrapper(&order, &layers, &place, &skeleton, &mut config)?;
    if !config.is_empty() {
        order.files.insert(place::CONFIG.to_owned(), config.to_string().into_bytes());
    }
    // The config now contains keys that a recipe does not store.
    skeleton::write(&order.files, &skeleton, &[place::CONFIG])?;
    let target_dirs: Vec<&PathBuf> = [&target_dir].into_iter().chain(&build_dir).collect();
    pack::before(build_dir.as_ref().unwrap_or(&target_dir), here, report)?;
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
    let hidden = Hidden::unless_cargos(&stubs, &skeleton, report.is_verbose());
    let on_terminal = hidden.iter().flat_map(|_| terminal::variables(&layers, &given.environment, report)).collect();
    let mut to_run = cargo::Build {
        dir: &skeleton,
        command: how.command(&order.build),
        args: [order.build.to_args(), how.to_args(), told.args, own_places].concat(),
        target_dir: &target_dir,
        env: [place::absolute_variables(&place), told.env, on_terminal].concat(),
        hidden,
        stubs,
        cargo: &cargo,
    };
    let epoch = Epoch::begin(
        [target_dir.clone()].into_iter().chain(build_dir.clone()).collect(),
        &order.files,
        &given.environment,
    )?;
    if let Some(python) = &args.maturin {
        let maturin =
            maturin::variables(python.as_deref(), &order.files, &order.scope, &target_dir, &given.environment)?;
        maturin.write()?;
        to_run.env.extend(maturin.variables);
    }
    let machine = machine(args, &to_run, &order, &layers, &given.environment, report)?;
    let held = hold::hold(&order.files, &how, &mut update, interrupt, report);
    explain(&held, &Outcome::default(), &to_run, &how, &order, report);
    held?;
    let words = command_words(&args.how, &order.scope);
    let units = Units {
        files: &order.files,
        build: &order.build,
        dir: build_dir.as_ref().unwrap_or(&target_dir),
        root: &root,
        environment: &given.environment,
        words: &words,
        began: SystemTime::now() - started.elapsed(),
    };
    let store = cache::open(args, &given.environment, &to_run, &layers, (&root, units.dir), report);
    let before = units.before(&args.seed, store.as_ref(), report, &|| interrupt.check())?;
    let mut outcome = Outcome::default();
    let busy = interrupt.busy();
    let built = cargo::build(&to_run, interrupt, &mut outcome);
    // Even if the build failed, it has compiled some units.
    let places = Places { files: &order.files, scratch: &skeleton, root: &root, environment: &given.environment };
    let settled = settle::after(&outcome, &Around { places, prepared: order.prepared, target_dirs, built_before });
    explain(&built, &outcome, &to_run, &how, &order, report);
    let removed = scratch.close();
    drop(busy);
    if matches!(built, Err(Error::Cargo(_))) {
        units.claim(&before, &outcome.units)?;
        units.keep(store.as_ref(), &before, &outcome.units, report, &|| interrupt.check())?;
    }
    built.and(settled)?.iter().for_each(|warning| report.warning(warning));
    removed?;
    units.keep(store.as_ref(), &before, &outcome.units, report, &|| interrupt.check())?;
    if outcome.compiled + outcome.fresh > 0 {
        note_build(&order, &words, &layers, given, [units.dir, &target_dir]);
    }
    let units_dir = units.dir.to_owned();
    let units = units.after(&before, &outcome.units, args.no_trim, report)?;
    let units = machine.into_iter().fold(units, target::report::Report::on);
    let around = load::Around {
        env: place::absolute_variables(&place),
        layers: &layers,
        environment: &given.environment,
        cargo: &cargo,
    };
    load_index(&order, &how, around, interrupt, report)?;
    Ok(Cooked { words, outcome, units, target_dir, units_dir, to_copy, epoch })
}

/// Returns the config that must be in force in the scratch directory, and all layers with it. Warns
/// about settings that differ from those of `prepare` or of the real build.
fn settings(
    order: &Order,
    given: &Given,
    place: &Place<'_>,
    skeleton: &Path,
    report: Report,
) -> Result<(Table, Layers)> {
    let Place { here, root, .. } = *place;
    if let Some(config) = place::misread(order.above, place, skeleton) {
        report.warning(&format!(
            "cargo reads `{}` above the scratch directory, where it does not belong, so the real build may compile everything again\nhelp: name another place for temporary files with `TMPDIR`",
            path::display(&config, here)
        ));
    }
    let config = place::config(&order.files, order.above, place, skeleton)?;
    let layers = Layers::read(given, config.clone())?;
    for warning in order.with.iter().flat_map(|with| differs::warnings(with, &order.files, &layers, &given.environment))
    {
        report.warning(&warning);
    }
    let named = triple::Named { targets: &order.scope.target, host: None, layers: &layers, here, root };
    triple::check(&named)?.iter().for_each(|warning| report.warning(warning));
    Ok((config, layers))
}

/// Returns what cargo is told so that it calls this program instead of a compiler.
fn wrapper(
    order: &Order,
    layers: &Layers,
    place: &Place<'_>,
    skeleton: &Path,
    config: &mut Table,
) -> Result<wrapper::Told> {
    let user = place::wrapper(layers, place);
    user.iter().try_for_each(|user| wrapper::refuse_unusable(user, place.environment))?;
    let known = wrapper::Skeleton { files: &order.files, dir: skeleton };
    match user {
        None if !skeleton::carries(&order.files) => wrapper::of_workspace(known, place.environment),
        user => wrapper::of_all(user, config, known, place),
    }
}

/// Loads the index files that a build without network needs.
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

/// Returns the environment of a cook if its report needs it. Tells how it differs from that of the
/// report that a flag names.
fn machine(
    args: &Cook,
    build: &cargo::Build<'_>,
    order: &Order,
    layers: &Layers,
    environment: &Environment,
    report: Report,
) -> Result<Option<Machine>> {
    let there =
        args.compare.as_deref().map(|file| machine::read(file, &environment.here).map(|it| (file, it))).transpose()?;
    if there.is_none() && args.report.is_none() {
        return Ok(None);
    }
    let targets = builds::with_target(order.scope.clone(), layers).target;
    let machine = machine::of(build, targets, layers, &builds::manifest(&order.files), environment);
    match (&there, &machine) {
        (Some((file, there)), Some(here)) => machine::tell(file, &here.differences(there), report),
        (Some(_), None) => report.note("nothing is compared: cargo and rustc do not tell their versions"),
        (None, _) => {}
    }
    Ok(machine)
}

/// Warns if this machine is not the host of the recipe.
fn warn_of_host(order: &Order, cargo: &Cargo, environment: &Environment, skeleton: &Path, report: Report) {
    let Some(prepared) = order.with.as_ref().and_then(|with| with.host.as_deref()) else { return };
    if let Some(host) = cargo.host(environment, skeleton).filter(|host| host != prepared) {
        report.warning(&format!(
            "the recipe was prepared for the host `{prepared}`, and this one is `{host}`, so crates may be missing\nhelp: prepare it with `--host {host}`"
        ));
    }
}

/// Returns how cargo resolves the skeleton, with the settings of the build.
fn resolving<'a>(dir: &'a Path, how: &How, own: &[String], place: &Place<'_>, cargo: &'a Cargo) -> cargo::Update<'a> {
    let args = [how.settings(), own.to_vec()].concat();
    cargo::Update { dir, args, env: place::absolute_variables(place), cargo }
}

/// Stores what was cooked for, so that `verify` can compare it with the build. `dirs` begins with
/// the directory of the units. One of them holds what cargo knows about rustc.
fn note_build(order: &Order, words: &str, layers: &Layers, given: &Given, dirs: [&Path; 2]) {
    let build = builds::Build {
        scope: builds::with_target(order.scope.clone(), layers),
        words: words.to_owned(),
        settings: builds::settings(layers, &given.environment, &builds::manifest(&order.files)),
        rustc: dirs.into_iter().find_map(builds::rustc),
        cargo_home: given.environment.cargo_home().map(|home| home.display().to_string()),
        chosen_by: match (&order.with, order.prepared) {
            (Some(_), _) => ChosenBy::Prepare,
            (None, Some(_)) => ChosenBy::Cook,
            (None, None) => ChosenBy::CookAlone,
        },
    };
    builds::note(dirs[0], build);
}

/// Returns the command of the real build.
fn command_words(how: &How, scope: &Scope) -> String {
    let words = ["cargo", how.command(scope)].map(str::to_owned).into_iter().chain(scope.to_words());
    shell::line(words)
}
