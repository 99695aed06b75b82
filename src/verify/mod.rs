//! The command `verify`: would the following build compile a third-party crate, and why?
//!
//! In: the flags of the build, the real workspace, and the target directory. Out: on stdout, every
//! third-party unit that is not fresh, with its cause. cargo decides. It runs on the real
//! workspace, with an image of the target directory (`image`) and a compiler that compiles
//! nothing (`compiler`). Writes to a scratch directory, and to cargo's home as the build would.
//! Changes neither the target directory nor the workspace.

mod cause;
pub mod compiler;
mod decide;
mod fingerprint;
mod image;
mod maturin;
mod report;
mod run;
mod scopes;
mod words;

use crate::cargo::interrupt::Interrupt;
use crate::cargo::message::PackageId;
use crate::cargo::{self, toolchain::Cargo};
use crate::cli::Verify;
use crate::config::files;
use crate::config::layers::{self, Given, Layers};
use crate::cook::place::{self, Place};
use crate::cook::{mount, wrapper};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::report::Report as Said;
use crate::target::builds::{self as record, Build};
use crate::target::{copy, unit};
use crate::workspace::lockfile;
use crate::workspace::scope::Scope;
use crate::{path, shell};
use cause::{Cooked, Stale};
use decide::Case;
use fingerprint::Record;
use report::Report;
use run::{Ran, Told};
use scopes::Facts;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

/// cargo's variable and key that set a wrapper.
const WRAPPER: &str = "RUSTC_WRAPPER";
const WRAPPER_KEY: &str = "build.rustc-wrapper";

/// Runs `verify`.
///
/// # Errors
/// A third-party unit is not fresh, cargo fails, a directory cannot be read or written, or a signal
/// arrived.
pub fn verify(args: &Verify, environment: Environment, stdout: &mut dyn Write) -> Result<()> {
    let said = Said::new(args.how.color.as_deref(), args.how.quiet, args.how.verbose > 0, &environment);
    let given = Given { environment, config: args.how.config.clone(), unstable: args.how.unstable.clone(), top: None };
    let interrupt = Interrupt::watch()?;
    let cargo = Cargo::inherited(&given.environment);
    let scope = args.scope.clone().normalized();
    let here = given.environment.here.as_path();
    let root = root(args, &cargo, here)?;
    let layers = layers(here, &root, &given)?;
    let place = Place { environment: &given.environment, here, root: &root };
    let target_dir = place::target_dir(&args.how, &layers, &place);
    let build_dir = place::build_dir(&layers, &place);
    let units = build_dir.as_ref().unwrap_or(&target_dir);

    let scratch = disk::scratch()?;
    let dirs = Dirs::below(scratch.path())?;
    image::make(units, &dirs.image, &|| interrupt.check())?;
    let mut command = cargo.command();
    command.args(words(args, &scope)).args(["-v", "--color=never", "--message-format=json-render-diagnostics"]);
    command.args(flags(args)).args(own_flags(&dirs, build_dir.is_some(), &layers, &place)?).current_dir(here);
    command.envs(variables(&place)?).env(compiler::NOTES, &dirs.notes);
    command.envs(maturin::variables(args, &scope, &root, &target_dir, &given)?);
    let started = SystemTime::now();
    let kept = Kept::new(&root, &layers);
    let busy = interrupt.busy();
    let ran = run::run(command, &cargo, &interrupt);
    kept.restore()?;
    drop(busy);
    let ran = ran?;
    interrupt.check()?;

    let stale = stale(&ran, &dirs, started);
    let cooked = cooked(units);
    let now = Build {
        words: build_words(args, &scope),
        settings: record::settings(&layers, &given.environment, &manifest(&root)),
        rustc: record::rustc(&dirs.image),
        cargo_home: given.environment.cargo_home().map(|home| home.display().to_string()),
        scope: record::with_target(scope, &layers),
        chosen_by: record::ChosenBy::default(),
    };
    scratch.close()?;
    let builds = record::read(units);
    let nearest = scopes::nearest(&builds, &now);
    let facts = nearest.map(|build| Facts::of(build, &now)).unwrap_or_default();
    let context = words::Context {
        cooked: nearest,
        now: &now,
        facts: &facts,
        target_dir: &path::display(units, here),
        is_hidden: mount::hides(units, &given.environment),
        maturin: &maturin::flag(args),
    };
    let case = Case { stale: &stale, cooked: &cooked, facts: &facts, locked: &kept.packages(), words: &ran.dirty };
    let all = ran.units.iter().filter(|told| told.package.is_third_party()).count();
    let report = Report::new(&case.verdicts(), &stale, all, &context);
    match args.format.as_str() {
        "json" => report.write_json(stdout)?,
        _ => report.write(args.how.verbose > 0, given.environment.columns(), stdout)?,
    }
    if report.is_fresh() {
        said.done("Verified", &report.counts());
        return Ok(());
    }
    Err(Error::Failed(report.counts()))
}

/// The directories of a verification.
struct Dirs {
    image: PathBuf,
    notes: PathBuf,
    artifacts: PathBuf,
}

impl Dirs {
    fn below(scratch: &Path) -> Result<Self> {
        let dirs = ["target", "notes", "artifacts"].map(|name| scratch.join(name));
        dirs.iter().try_for_each(fs_err::create_dir_all)?;
        let [image, notes, artifacts] = dirs;
        Ok(Dirs { image, notes, artifacts })
    }
}

/// Returns the workspace root, as cargo finds it. Without one, cargo prints why.
fn root(args: &Verify, cargo: &Cargo, here: &Path) -> Result<PathBuf> {
    let mut command = cargo.command();
    command.args(["locate-project", "--workspace", "--message-format=plain"]).current_dir(here);
    command.args(args.manifest_path.iter().flat_map(|path| [Path::new("--manifest-path"), path]));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let output = cargo::start(&mut command, cargo)?.wait_with_output()?;
    if !output.status.success() {
        return Err(Error::Cargo(cargo::code(output.status)));
    }
    let manifest = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    Ok(Path::new(&manifest).with_file_name(""))
}

/// Returns the configuration that cargo reads, with absolute paths.
fn layers(here: &Path, root: &Path, given: &Given) -> Result<Layers> {
    let mut table = files::read(here, root, given)?.table;
    layers::absolute(&mut table, root);
    crate::config::fill_templates(&mut table, &place::of_root(root));
    Layers::read(given, table)
}

/// Returns the build as a user would write it.
fn build_words(args: &Verify, scope: &Scope) -> String {
    let words = ["cargo", args.how.command(scope)].map(str::to_owned).into_iter().chain(scope.to_words());
    shell::line(words)
}

/// Returns the command and its selection.
fn words(args: &Verify, scope: &Scope) -> Vec<String> {
    let command = if scope.crate_type.is_empty() { args.how.command(scope) } else { "rustc" };
    let manifest = args.manifest_path.iter().map(|path| format!("--manifest-path={}", path.display()));
    std::iter::once(command.to_owned()).chain(scope.to_args()).chain(manifest).collect()
}

/// Returns the flags that affect the build, without those for output.
fn flags(args: &Verify) -> Vec<String> {
    let how = crate::cli::How { verbose: 0, quiet: false, color: None, timings: None, ..args.how.clone() };
    let locked = (how.locked || how.frozen).then(|| "--locked".to_owned());
    how.to_args().into_iter().chain(locked).collect()
}

/// Returns what keeps cargo away from the real directories and makes this program its compiler.
fn own_flags(dirs: &Dirs, has_build_dir: bool, layers: &Layers, place: &Place<'_>) -> Result<Vec<String>> {
    let quoted = |value: &str| toml::Value::from(value).to_string();
    let of_path = |path: &Path| quoted(&path.to_string_lossy());
    let mut flags = vec![format!("--target-dir={}", dirs.image.display())];
    flags.extend(has_build_dir.then(|| format!("--config=build.build-dir={}", of_path(&dirs.image))));
    let has_artifacts = layers.get("build.artifact-dir").is_some();
    flags.extend(has_artifacts.then(|| format!("--config=build.artifact-dir={}", of_path(&dirs.artifacts))));
    match place.environment.var_os(WRAPPER) {
        // The variable overrides the config, and build scripts may watch it
        // (`LocalFingerprint::from_env` in cargo's `fingerprint/mod.rs`).
        Some(users) => flags.extend([
            format!("--config=env.{WRAPPER}.value={}", quoted(&users.to_string_lossy())),
            format!("--config=env.{WRAPPER}.force=true"),
        ]),
        None => flags.push(format!("--config={WRAPPER_KEY}={}", of_path(wrapper::own_path(place.environment)?))),
    }
    Ok(flags)
}

fn variables(place: &Place<'_>) -> Result<Vec<(OsString, OsString)>> {
    let own = place.environment.var_os(WRAPPER).map(|_| wrapper::own_path(place.environment)).transpose()?;
    Ok(own.into_iter().map(|own| (WRAPPER.into(), own.into())).collect())
}

/// Copies the lockfile: cargo may update it, as the build would, but the real one must not change.
struct Kept {
    path: PathBuf,
    text: Option<Vec<u8>>,
    time: Option<SystemTime>,
}

impl Kept {
    fn new(root: &Path, layers: &Layers) -> Self {
        let named = layers.text("resolver.lockfile-path").map(|path| root.join(path));
        let path = named.filter(|path| path.is_file()).unwrap_or_else(|| root.join("Cargo.lock"));
        let time = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        Kept { text: std::fs::read(&path).ok(), time, path }
    }

    /// Names and versions in it.
    fn packages(&self) -> BTreeSet<(String, String)> {
        let text = self.text.as_deref().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
        let packages = lockfile::parse("Cargo.lock", text).map(|lock| lock.packages).unwrap_or_default();
        packages.into_iter().map(|package| (package.name, package.version)).collect()
    }

    fn restore(&self) -> Result<()> {
        match &self.text {
            Some(text) if std::fs::read(&self.path).ok().as_ref() != Some(text) => {
                disk::write_whole(&self.path, text)?;
                Ok(self.time.map_or(Ok(()), |time| copy::set_time(&self.path, time))?)
            }
            None if self.path.exists() => Ok(fs_err::remove_file(&self.path)?),
            _ => Ok(()),
        }
    }
}

fn manifest(root: &Path) -> toml::Table {
    std::fs::read_to_string(root.join("Cargo.toml")).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Returns the units that cargo would make: the recorded ones, and runs of build scripts that
/// started again in the image.
fn stale(ran: &Ran, dirs: &Dirs, started: SystemTime) -> BTreeMap<String, Stale> {
    let image = dirs.image.as_path();
    let there: BTreeMap<String, unit::Unit> =
        unit::units(image, &|_| true).into_keys().map(|unit| (unit.hash.clone(), unit)).collect();
    let of = |hash: &str, package: &PackageId, source: &Path, needs: Vec<String>| {
        let unit = there.get(hash)?;
        let (name, version) = package.name_and_version()?;
        let stale = Stale {
            package: name,
            version,
            is_local: !package.is_third_party(),
            dir: unit.profile.clone(),
            record: Record::read(&image.join(unit.record()))?,
            source: source.display().to_string(),
            needs,
        };
        Some((hash.to_owned(), stale))
    };
    let notes = compiler::Note::all(&dirs.notes);
    let compiled =
        notes.into_iter().filter_map(|note| of(&note.hash, ran.packages.get(&note.dir)?, &note.dir, note.needs));
    let has_begun = |told: &&Told| {
        let unit = told.hash.as_ref().and_then(|hash| there.get(hash)).filter(|_| told.is_run);
        unit.and_then(|unit| unit::begun(unit, image)).is_some_and(|begun| begun >= started)
    };
    let runs = ran.units.iter().filter(has_begun);
    let runs = runs.filter_map(|told| of(told.hash.as_deref()?, &told.package, Path::new(""), Vec::new()));
    compiled.chain(runs).collect()
}

/// Returns the units in the target directory.
fn cooked(units: &Path) -> Vec<Cooked> {
    let all = unit::units(units, &|_| true);
    let of = |(unit, parts): (&unit::Unit, &unit::Parts)| {
        Some(Cooked {
            hash: unit.hash.clone(),
            package: unit.package.clone(),
            dir: unit.profile.clone(),
            record: Record::read(&units.join(unit.record()))?,
            source: unit::source(unit, parts, units),
        })
    };
    all.iter().filter_map(of).collect()
}
