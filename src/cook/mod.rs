//! From a recipe to compiled dependencies.
//!
//! In: the command line of `cook` and the directory it was called in. Out: third-party units in the target directory, and
//! one line on stderr. Writes below a scratch directory, the target directory and cargo's home, and nowhere else
//! (invariant 4); with `--no-build`, the skeleton into the current directory instead.

pub(crate) mod cargo;
mod epoch;
mod interrupt;
mod maturin;
mod mount;
pub(crate) mod place;
mod settle;
pub mod wrapper;

use crate::cli::{Cook, How};
use crate::error::{Error, Result, fail};
use crate::quotient::{PREFIX, quotient};
use crate::recipe::{self, Recipe};
use crate::report::Report;
use crate::scope::Scope;
use crate::skeleton::{self, Files};
use crate::{locked, lockfile, read, reduce, select};
use epoch::Epoch;
use interrupt::Interrupt;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The recipe, where none is named.
const RECIPE: &str = "recipe.json";

/// Runs `cook` at `here`.
///
/// # Errors
/// A recipe that is none, flags that contradict it, a directory that cannot be written to, cargo failing, or a signal.
pub fn cook(args: Cook, here: &Path, stdout: &mut dyn Write) -> Result<()> {
    let report = Report::new(args.how.color.as_deref(), args.how.quiet);
    let started = Instant::now();
    let asked = args.scope.clone().normalized();
    let path = here.join(args.recipe_path.as_deref().unwrap_or(Path::new(RECIPE)));
    let recipe = recipe(&args, &asked, here, report)?;
    // From here on there are directories to remove.
    let interrupt = Interrupt::watch()?;
    let (files, build) = match &recipe.scope {
        Some(scope) => (recipe.files, agreed(scope, &recipe.build, &asked)?),
        None => scoped(&recipe, &asked, report)?,
    };
    if args.no_build {
        unpack(&files, here)?;
        return tell(&args.how, &build, stdout);
    }
    let prepared = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let scope = Scope { target: build.target.clone(), ..recipe.scope.unwrap_or(asked) };
    let dishes = Dishes { files, above: recipe.above, scope, build };
    let cooked = in_scratch(dishes, args.how, args.maturin.as_ref(), args.manifest_path.as_deref(), here, &interrupt)?;
    let Cooked { outcome, target_dir, .. } = &cooked;
    let size = megabytes(place::size(target_dir));
    interrupt.check()?;
    report.done(
        "Cooked",
        &format!(
            "{} third-party units ({} compiled, {} fresh) in {:.1}s; `{}` holds {}",
            outcome.compiled + outcome.fresh,
            outcome.compiled,
            outcome.fresh,
            started.elapsed().as_secs_f64(),
            read::display(target_dir, here),
            size
        ),
    );
    mount::explain(target_dir, here, report);
    cooked.epoch.map_or(Ok(()), |epoch| epoch.end(here, report))?;
    settle::after(&cooked.outcome.carried, &cooked.files, &cooked.root, prepared);
    Ok(())
}

/// Prints the command that would build the skeleton here.
fn tell(how: &How, build: &Scope, stdout: &mut dyn Write) -> Result<()> {
    let target_dir = how.target_dir.iter().flat_map(|dir| ["--target-dir".to_owned(), dir.display().to_string()]);
    let flags = build.to_args().into_iter().chain(how.to_args()).chain(target_dir);
    let words = ["cargo", how.command(build)].map(str::to_owned).into_iter().chain(flags);
    writeln!(stdout, "{}", words.map(|w| shell_word(&w)).collect::<Vec<_>>().join(" "))?;
    Ok(())
}

/// A skeleton, the scope that it is of, and the flags to build it with.
struct Dishes {
    files: Files,
    /// How far above the root the config among them reaches.
    above: usize,
    scope: Scope,
    build: Scope,
}

/// What came of it, and where.
struct Cooked {
    outcome: cargo::Outcome,
    files: Files,
    root: PathBuf,
    target_dir: PathBuf,
    epoch: Option<Epoch>,
}

/// Builds a skeleton in a scratch directory, for the workspace at `here` or of the manifest that is named.
fn in_scratch(
    mut dishes: Dishes,
    mut how: How,
    maturin: Option<&Option<PathBuf>>,
    manifest: Option<&Path>,
    here: &Path,
    interrupt: &Interrupt,
) -> Result<Cooked> {
    let scratch = place::scratch()?;
    // It need not be there yet: sources may arrive after the cook.
    let current = manifest.map(|path| read::normalize(&here.join(path)).with_file_name(""));
    let current = current.unwrap_or_else(|| here.to_owned());
    // In a member's directory, cargo builds into the root's target directory.
    let root = read::root(&current).unwrap_or_else(|| current.clone());
    let mut config = place::config(&dishes.files, dishes.above, &current, &root, scratch.path())?;
    let target_dir = place::target_dir(&how, &config, here, &root)?;
    place::probe(&target_dir)?;
    let build_dir = place::build_dir(&how, &config, here, &root)?;
    let told = match place::wrapper(&how, &config, here)? {
        None if !carries(&dishes.files) => wrapper::of_workspace()?,
        user => wrapper::of_all(user, &mut config, scratch.path(), &root)?,
    };
    if !config.is_empty() {
        dishes.files.insert(place::CONFIG.to_owned(), config.to_string().into_bytes());
    }
    skeleton::write(&dishes.files, scratch.path())?;
    settle::before(&dishes.files, scratch.path(), &[&target_dir].into_iter().chain(&build_dir).collect::<Vec<_>>());
    dishes.build.target.iter_mut().for_each(|target| *target = place::absolute_target(target, here));
    how.config.iter_mut().for_each(|value| *value = place::absolute_config(value, here, &root));
    let mut to_run = cargo::Build {
        dir: scratch.path(),
        command: how.command(&dishes.build),
        args: [dishes.build.to_args(), how.to_args(), told.args].concat(),
        target_dir: &target_dir,
        env: [place::absolute_variables(here, &root), told.env].concat(),
        has_toolchain_file: dishes.files.keys().any(|name| name.starts_with("rust-toolchain")),
    };
    let epoch = Epoch::begin([target_dir.clone()].into_iter().chain(build_dir).collect(), &dishes.files)?;
    if let Some(python) = maturin {
        let variables = maturin::variables(python.as_deref(), &dishes.files, &dishes.scope, &target_dir, here)?;
        to_run.env.extend(variables);
    }
    // Where cargo failed, it has said why, and the lockfile it left tells nothing.
    let outcome = cargo::build(&to_run, interrupt).and_then(|outcome| {
        same_versions(&dishes.files, scratch.path())?;
        Ok(outcome)
    });
    let removed = scratch.close();
    let outcome = outcome?;
    removed?;
    Ok(Cooked { outcome, files: dishes.files, root, target_dir, epoch })
}

/// The recipe that is named, or `recipe.json` where it is, or one prepared in memory.
fn recipe(args: &Cook, scope: &Scope, here: &Path, report: Report) -> Result<Recipe> {
    let (named, manifest) = (args.recipe_path.as_deref(), args.manifest_path.as_deref());
    let offline = args.how.offline || args.how.frozen;
    let path = named.unwrap_or(Path::new(RECIPE));
    let name = path.display().to_string();
    let missing = |e: &std::io::Error| e.kind() == std::io::ErrorKind::NotFound;
    match fs_err::read(here.join(path)) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => recipe::decode(&name, &text),
            Err(_) => fail!(
                "recipe `{name}` is not a recipe: it is not UTF-8 text\nhelp: make it anew with `cargo larder prepare`"
            ),
        },
        Err(error)
            if missing(&error)
                && named.is_none()
                && (manifest.is_some() || read::find_manifest(here, None).is_ok()) =>
        {
            let workspace = locked::workspace(&read::find_manifest(here, manifest)?, here, offline, report)?;
            let prepared = crate::prepare::for_scope(&workspace, scope, None)?;
            prepared.warnings.iter().for_each(|warning| report.warning(warning));
            Ok(prepared.recipe)
        }
        Err(error) if missing(&error) => {
            fail!(
                "recipe `{name}` does not exist\nhelp: make it with `cargo larder prepare`, or name one with `--recipe-path`"
            )
        }
        Err(error) => Err(error.into()),
    }
}

/// The flags to build a scoped recipe with. Flags that repeat its scope are welcome; a profile and targets may be added
/// where it names none, as it then holds all; anything else contradicts it.
fn agreed(scope: &Scope, build: &Scope, asked: &Scope) -> Result<Scope> {
    let mut build = build.clone();
    let mut allowed = scope.clone();
    if scope.profile.is_none() {
        allowed.profile.clone_from(&asked.profile);
        build.profile.clone_from(&asked.profile);
    }
    if scope.target.is_empty() {
        allowed.target.clone_from(&asked.target);
        build.target.clone_from(&asked.target);
    }
    let repeated = asked.is_within(&allowed);
    if !repeated {
        let words = |scope: &Scope| {
            let check = scope.check.then(|| "--check".to_owned());
            check.into_iter().chain(scope.to_args()).map(|w| shell_word(&w)).collect::<Vec<_>>().join(" ")
        };
        let prepared =
            if scope.is_empty() { "a build without flags".to_owned() } else { format!("`{}`", words(scope)) };
        let asked = words(asked);
        return Err(Error::Usage(format!(
            "recipe was prepared for {prepared}, not for `{asked}`; prepare one with:\n    cargo larder prepare {asked}"
        )));
    }
    Ok(build)
}

/// Takes the quotient of an unscoped recipe.
fn scoped(recipe: &Recipe, asked: &Scope, report: Report) -> Result<(Files, Scope)> {
    let unpacked = place::scratch()?;
    skeleton::write(&recipe.files, unpacked.path())?;
    let manifest = unpacked.path().join(recipe.here.as_deref().unwrap_or("")).join("Cargo.toml");
    let workspace = read::workspace(&manifest, unpacked.path(), None)?;
    let mut asked = reduce::translated(asked);
    // Features that reach nothing were left out of the recipe.
    for unknown in select::unknown_features(&workspace, &asked)? {
        report.warning(&format!("feature `{unknown}` reaches no third-party crate in this recipe"));
        asked.features.retain(|feature| *feature != unknown);
    }
    let quotient = quotient(&workspace, &asked, None)?;
    unpacked.close()?;
    quotient.warnings.iter().for_each(|warning| report.warning(warning));
    Ok((skeleton::files(&quotient.workspace), quotient.scope))
}

/// Whether there are local packages to compile.
fn carries(files: &Files) -> bool {
    files.keys().any(|name| name.ends_with("/Cargo.toml") && !name.starts_with(PREFIX))
}

fn unpack(files: &Files, here: &Path) -> Result<()> {
    if let Some(name) = files.keys().find(|name| here.join(name).exists()) {
        let name = if here.join("Cargo.toml").exists() { "Cargo.toml" } else { name };
        fail!(
            "refusing to write the skeleton into `{}`: it has a `{name}`\nhelp: run `cook --no-build` in an empty directory",
            here.display()
        );
    }
    skeleton::write(files, here)
}

/// Every package that cargo settled on is one of the recipe's.
fn same_versions(files: &Files, scratch: &Path) -> Result<()> {
    let name = "Cargo.lock";
    let Ok(settled) = fs_err::read_to_string(scratch.join(name)) else { return Ok(()) };
    let packages = |text: &str| -> Result<BTreeSet<(String, String, Option<String>)>> {
        let lock = lockfile::parse(name, text)?;
        Ok(lock.packages.into_iter().map(|p| (p.name, p.version, p.source)).collect())
    };
    let recipe = packages(skeleton::text(files, name).unwrap_or_default())?;
    let settled = packages(&settled)?;
    let strangers: Vec<String> =
        settled.difference(&recipe).map(|(name, version, _)| format!("`{name} {version}`")).collect();
    if !strangers.is_empty() {
        fail!(
            "cargo settled on {}, which the recipe does not hold\nhelp: bring Cargo.lock up to date with `cargo update --workspace`, then prepare the recipe anew",
            strangers.join(", ")
        );
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    let (whole, tenth) = (bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    if whole < 10 { format!("{whole}.{tenth} MB") } else { format!("{whole} MB") }
}

/// A word as a POSIX shell reads it back.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
