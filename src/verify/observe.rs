//! Sees what cargo would compile.
//!
//! In: the build. Out: [`Seen`]: the units that cargo would make, and those that are there. cargo
//! runs on the real workspace, with an image of the target directory (`image`) and a compiler that
//! compiles nothing (`compiler`). Writes to a scratch directory, and to cargo's home as the build
//! would. Changes neither the target directory nor the workspace.

use super::asked::Asked;
use super::cause::{Cooked, Stale};
use super::fingerprint::Record;
use super::run::{self, Ran, Told};
use super::{compiler, image, maturin};
use crate::cargo::interrupt::Interrupt;
use crate::cargo::message::PackageId;
use crate::config::layers::Layers;
use crate::cook::place::Place;
use crate::cook::wrapper;
use crate::disk;
use crate::error::Result;
use crate::target::builds;
use crate::target::{copy, unit};
use crate::workspace::lockfile;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// cargo's variable and key that set a wrapper.
const WRAPPER: &str = "RUSTC_WRAPPER";
const WRAPPER_KEY: &str = "build.rustc-wrapper";

/// What cargo would do.
pub(super) struct Seen {
    /// The units that cargo would make, by hash.
    pub(super) stale: BTreeMap<String, Stale>,
    /// The units in the target directory.
    pub(super) cooked: Vec<Cooked>,
    /// What cargo said.
    pub(super) ran: Ran,
    /// Names and versions in the lockfile.
    pub(super) locked: BTreeSet<(String, String)>,
    /// What cargo noted about its compiler.
    pub(super) rustc: Option<String>,
}

/// Runs cargo, and takes back what it did to the lockfile.
///
/// # Errors
/// cargo fails, a directory cannot be read or written, or a signal arrived.
pub(super) fn observe(asked: &Asked<'_>) -> Result<Seen> {
    let interrupt = Interrupt::watch()?;
    let environment = &asked.given.environment;
    let place = Place { environment, here: &environment.here, root: &asked.root };
    let scratch = disk::scratch()?;
    let dirs = Dirs::below(scratch.path())?;
    image::make(asked.units(), &dirs.image, &|| interrupt.check())?;
    let mut command = asked.cargo.command();
    command.args(asked.cargo_args()).args(["-v", "--color=never", "--message-format=json-render-diagnostics"]);
    command.args(own_flags(&dirs, asked.build_dir.is_some(), &asked.layers, &place)?).current_dir(place.here);
    command.envs(variables(&place)?).env(compiler::NOTES, &dirs.notes);
    command.envs(maturin::variables(asked)?);
    let started = SystemTime::now();
    let kept = Kept::new(&asked.root, &asked.layers);
    let busy = interrupt.busy();
    let ran = run::run(command, &asked.cargo, &interrupt);
    kept.restore()?;
    drop(busy);
    let ran = ran?;
    interrupt.check()?;
    let (stale, cooked) = (stale(&ran, &dirs, started), cooked(asked.units()));
    let seen = Seen { stale, cooked, locked: kept.packages(), rustc: builds::rustc(&dirs.image), ran };
    scratch.close()?;
    Ok(seen)
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
