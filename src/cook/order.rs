//! Decides what to cook.
//!
//! In: the command line of `cook`. Out: [`Order`]s. Each is the skeleton of a recipe, or of one
//! prepared in memory, narrowed to the flags, which must not contradict it. Unpacks an unscoped
//! recipe into a scratch directory to read it, and writes nothing else.

use super::agree;
use super::differs::Prepared;
use super::named::Named;
use super::root::Stood;
use super::stale;
use crate::cli::Cook;
use crate::config::layers::Given;
use crate::disk;
use crate::error::{Result, fail};
use crate::index::load::{self, Wanted};
use crate::prepare::{RECIPE, locked};
use crate::quotient::quotient;
use crate::quotient::{implied, names, narrow, select};
use crate::read;
use crate::recipe::skeleton::{self, Files};
use crate::recipe::{self, Recipe};
use crate::report::Report;
use crate::shell;
use crate::workspace::Workspace;
use crate::workspace::scope::Scope;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// A skeleton, and how to build it.
pub struct Order {
    /// The skeleton.
    pub files: Files,
    /// How many directories above the root its config begins.
    pub above: usize,
    /// Where the manifest was that it was prepared for.
    pub stood: Stood,
    /// The scope of the real build.
    pub scope: Scope,
    /// The directory of the manifest that the real build will use, or one below it.
    pub current: PathBuf,
    /// The workspace of the skeleton, if it was read.
    pub workspace: Option<Rc<Workspace>>,
    /// The flags with which cargo builds it.
    pub build: Scope,
    /// What the real build will need from the index.
    pub index: Option<Wanted>,
    /// What a scoped recipe in a file was prepared with.
    pub with: Option<Prepared>,
    /// The end of the second before the recipe was written, if it is in a file.
    pub prepared: Option<SystemTime>,
}

/// Returns the requested builds. There are several if their features may differ.
///
/// # Errors
/// The recipe is invalid, or the flags contradict it. Without a recipe, `prepare` would fail.
pub fn orders(args: &Cook, given: &Given, report: Report) -> Result<Vec<Order>> {
    let asked = args.scope.clone().normalized();
    let here = given.environment.here.as_path();
    let named = Named { recipe: args.recipe_path.as_deref(), manifest: args.manifest_path.as_deref(), how: &args.how };
    let (recipe, source) = recipe(named, &asked, given, report)?;
    let (read, mut workspace) = match source {
        Source::File(read) => (Some(read), None),
        Source::Workspace(workspace) => (None, Some(workspace)),
    };
    // The manifest may not exist yet, because sources may arrive after the cook.
    let current = named.current(here);
    let read_beside = read.as_ref().filter(|_| !args.no_build);
    if let Some(read) = read_beside {
        let warning = stale::warning(&recipe, &read.name, args, &asked, &current, given)?;
        if let Some(warning) = warning {
            report.warning(&warning);
        }
    }
    let index = load::wanted(&recipe, &current, given);
    let (above, stood) = (recipe.above, Stood { depth: recipe.depth, away: recipe.away });
    let with = recipe.scope.as_ref().filter(|_| read.is_some()).map(|scope| Prepared {
        assumed: recipe.assumed.clone(),
        host: recipe.host.clone(),
        profile: scope.profile.clone(),
        has_target: !scope.target.is_empty() || !asked.target.is_empty(),
    });
    let cooked = if let Some(scope) = &recipe.scope {
        let (scope, build) = agree::agree(&recipe, scope, &asked, args)?;
        vec![(recipe.files, scope, build)]
    } else {
        let read = unscoped(&recipe, given)?;
        let cooked = scoped(&read, &recipe, &asked, report)?;
        // Next to a workspace, the names were looked up there.
        if read::find_manifest(&current, None).is_err() {
            for name in names::unchecked(&read, &asked) {
                report.note(&unchecked(name));
            }
        }
        workspace = Some(Rc::new(read));
        cooked
    };
    let prepared = read.and_then(|read| read.written);
    let order = |(files, scope, build)| Order {
        files,
        above,
        stood,
        scope,
        current: current.clone(),
        workspace: workspace.clone(),
        build,
        index: None,
        with: with.clone(),
        prepared,
    };
    let mut orders: Vec<Order> = cooked.into_iter().map(order).collect();
    if let Some(last) = orders.last_mut() {
        last.index = index;
    }
    Ok(orders)
}

/// A recipe in a file.
pub struct Read {
    name: String,
    /// The end of the second before it was written, if it is a regular file.
    written: Option<SystemTime>,
}

/// The source of a recipe.
pub enum Source {
    /// A file.
    File(Read),
    /// The workspace that it was prepared from in memory.
    Workspace(Rc<Workspace>),
}

/// Returns the named recipe, `recipe.json` if it exists, or one prepared in memory, with its
/// source.
///
/// # Errors
/// The recipe is missing or invalid. Without one, `prepare` would fail.
pub fn recipe(named: Named<'_>, scope: &Scope, given: &Given, report: Report) -> Result<(Recipe, Source)> {
    let here = given.environment.here.as_path();
    let path = named.recipe.unwrap_or(Path::new(RECIPE));
    let is_beside = || read::find_manifest(here, named.manifest).is_ok();
    let name = path.display().to_string();
    let missing = |e: &std::io::Error| e.kind() == std::io::ErrorKind::NotFound;
    match std::fs::read(here.join(path)) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let file = std::fs::metadata(here.join(path)).ok().filter(std::fs::Metadata::is_file);
                let written = file.and_then(|file| file.modified().ok()).map(before_its_second);
                let recipe = recipe::decode(&name, &text)?;
                if let Some(file) = recipe.dockerfile.as_ref().filter(|_| agree::contradicts(&recipe, scope)) {
                    // Nobody gave `prepare` these flags, so they must not be in the way.
                    if is_beside() {
                        report.note(&format!(
                            "recipe `{name}` is for the build that `{file}` cooks; for this one, `cook` reads the workspace"
                        ));
                        return in_memory(named, scope, given, report);
                    }
                }
                Ok((recipe, Source::File(Read { name, written })))
            }
            Err(_) => fail!(
                "recipe `{name}` is not a recipe: it is not UTF-8 text\nhelp: make a new one with `cargo larder prepare`"
            ),
        },
        Err(error) if missing(&error) && named.recipe.is_none() && (named.manifest.is_some() || is_beside()) => {
            in_memory(named, scope, given, report)
        }
        Err(error) if missing(&error) => {
            fail!(
                "recipe `{name}` does not exist\nhelp: make it with `cargo larder prepare`, or name one with `--recipe-path`"
            )
        }
        Err(error) => fail!("cannot read recipe `{name}`: {}", disk::cause(&error)),
    }
}

/// Returns a note about the name of a target that this recipe does not know.
fn unchecked((flag, name): (&str, &str)) -> String {
    let prepare = shell::line(["cargo", "larder", "prepare", flag, name].map(str::to_owned));
    format!(
        "an unscoped recipe has no names of targets that need the same crates, so `{flag} {name}` is not checked\nhelp: `{prepare}` checks it"
    )
}

/// Prepares a recipe of the workspace, and writes it nowhere.
fn in_memory(named: Named<'_>, scope: &Scope, given: &Given, report: Report) -> Result<(Recipe, Source)> {
    let how = named.how;
    let network = locked::Network { offline: how.offline || how.frozen, locked: how.locked || how.frozen };
    let manifest = read::find_manifest(&given.environment.here, named.manifest)?;
    let workspace = locked::workspace(&manifest, given, network, report)?;
    let prepared = crate::prepare::for_scope(&workspace, scope, None)?;
    prepared.warnings.iter().for_each(|warning| report.warning(warning));
    Ok((prepared.recipe, Source::Workspace(Rc::new(workspace))))
}

/// Returns the end of the second before `time`. An archive may drop fractions of seconds from the
/// mtimes of sources, and a source that was changed after the recipe must not seem older.
fn before_its_second(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let second = Duration::from_secs(since.as_secs());
    SystemTime::UNIX_EPOCH + second.saturating_sub(Duration::from_millis(1))
}

/// Reads the workspace in an unscoped recipe.
fn unscoped(recipe: &Recipe, given: &Given) -> Result<Workspace> {
    let unpacked = disk::scratch()?;
    skeleton::write(&recipe.files, unpacked.path(), &[])?;
    let manifest = unpacked.path().join(recipe.here.as_deref().unwrap_or("")).join("Cargo.toml");
    let given = Given { top: Some(unpacked.path().to_owned()), ..given.clone() };
    let read = read::workspace(&read::open(&manifest, unpacked.path(), &given)?)?;
    unpacked.close()?;
    Ok(read)
}

/// Computes the quotients of an unscoped recipe, each once.
fn scoped(read: &Workspace, recipe: &Recipe, asked: &Scope, report: Report) -> Result<Vec<(Files, Scope, Scope)>> {
    let mut all: Vec<(Files, Scope, Scope)> = Vec::new();
    for meant in narrow::scopes(read, &recipe.build, asked) {
        let mut workspace = read.clone();
        let mut found = names::find(&mut workspace, &meant.scope);
        implied::restore(&mut workspace.packages, &found);
        // The recipe does not hold features that reach nothing.
        for unknown in select::unknown_features(&workspace, &found)? {
            if all.is_empty() {
                report.warning(&format!("feature `{unknown}` reaches no third-party crate in this recipe"));
            }
            found.features.retain(|feature| *feature != unknown);
        }
        let quotient = quotient(&workspace, &found, None)?;
        let (files, build) = (skeleton::files(&quotient.workspace), quotient.scope);
        if all.iter().all(|(known, _, with)| (known, with) != (&files, &build)) {
            quotient.warnings.iter().for_each(|warning| report.warning(warning));
            all.push((files, meant.said, build));
        }
    }
    Ok(all)
}
