//! The command `cook`: from a recipe to compiled dependencies.
//!
//! In: the command line and the current directory. Out: third-party units in the target directory,
//! and one line on stderr. Writes only the scratch directory, the target directory, cargo's home,
//! and the store (invariant 4). With `--no-build`, writes the skeleton into the current directory
//! instead.

mod age;
mod agree;
mod build;
pub(crate) mod cache;
mod differs;
mod epoch;
mod hold;
mod machine;
pub(crate) mod maturin;
pub(crate) mod mount;
pub(crate) mod named;
pub(crate) mod order;
pub(crate) mod pack;
pub(crate) mod place;
mod python;
mod refused;
pub(crate) mod root;
mod slim;
pub(crate) mod stale;
mod summary;
mod units;
mod unpack;
pub(crate) mod wrapper;

use crate::cargo::interrupt::Interrupt;
use crate::cli::Cook;
use crate::config::layers::Given;
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::page;
use crate::path;
use crate::report::Report;
use crate::target;
use build::{Cooked, in_scratch};
use order::Order;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};
use summary::{last_line, megabytes, slowest};
use unpack::{refuse_several, stays, tell, unpack};

/// Runs `cook` in the current directory of `environment`.
///
/// # Errors
/// The recipe is invalid, the flags contradict it, a directory is not writable, cargo fails, or a
/// signal arrived.
pub fn cook(args: &Cook, environment: Environment, stdout: &mut dyn Write) -> Result<()> {
    let report = Report::new(args.how.color.as_deref(), args.how.quiet, args.how.verbose > 0, &environment);
    let (started, began) = (Instant::now(), SystemTime::now());
    let given = Given { environment, config: args.how.config.clone(), unstable: args.how.unstable.clone(), top: None };
    let here = given.environment.here.as_path();
    for file in args.report.iter().chain(&args.html) {
        refuse_homeless(file, here)?;
    }
    // From here on, there may be directories to remove.
    let interrupt = Interrupt::watch()?;
    let mut orders = order::orders(args, &given, report)?;
    if args.no_build {
        refuse_several(&orders)?;
        let Some(order) = orders.first() else { return Ok(()) };
        unpack(&order.files, here)?;
        if let Some(note) = stays(&order.files) {
            report.note(&note);
        }
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
            "the real build needs `{name}`, which is in the recipe, but not here yet\nhelp: copy it with the sources"
        ));
    }
    if let Some(home) = given.environment.cargo_home().filter(|_| args.slim) {
        let size = megabytes(slim::sources(&home, began));
        report.done("Removed", &format!("{size} of sources, which cargo unpacks again from their archives"));
    }
    mount::explain(&target_dir, &given.environment, report);
    Ok(())
}

/// Cooks one order and reports it.
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
    let cooked = in_scratch(order, args, given, interrupt, report, started)?;
    let Cooked { outcome, target_dir, units_dir, .. } = &cooked;
    if args.pack {
        pack::after(units_dir, here, report)?;
    }
    let size = megabytes(place::size(target_dir));
    interrupt.check()?;
    if outcome.compiled + outcome.fresh == 0 {
        report.warning(
            "there was nothing to build, which is unusual: the packages selected have no dependencies on this platform, or the recipe was prepared where sources were missing\nhelp: prepare the recipe where all sources are, with the flags of the build",
        );
    }
    let counts = cooked.units.units();
    let saved = format!("{:.1}s of compilation", cooked.units.saved_seconds());
    match (counts.seeded, counts.stored) {
        (0, 0) => {}
        (seeded, 0) => report.done("Seeded", &format!("{seeded} units, which saves {saved}")),
        (0, stored) => report.done("Restored", &format!("{stored} units from the store, which saves {saved}")),
        (seeded, stored) => {
            report.done("Seeded", &format!("{seeded} units"));
            report.done("Restored", &format!("{stored} units from the store; both together save {saved}"));
        }
    }
    if counts.trimmed > 0 {
        report.done("Trimmed", &format!("{} units that no recipe uses any more", counts.trimmed));
    }
    for (verb, line) in slowest(&cooked.units) {
        report.done(verb, &line);
    }
    let seconds = started.elapsed().as_secs_f64();
    let done = format!("{} in {seconds:.1}s", counts.words());
    let where_else = (*target_dir != here.join("target")).then(|| format!(" in {}", path::display(target_dir, here)));
    let where_else = where_else.unwrap_or_default();
    report.done("Cooked", &last_line(&cooked.words, &done, &[format!(", {size}{where_else}"), format!(", {size}")]));
    cooked.epoch.map_or(Ok(()), |epoch| epoch.end(here, report))?;
    let units = match earlier {
        Some(earlier) => earlier.and(cooked.units),
        None => cooked.units,
    }
    .after(seconds);
    if let Some(file) = &args.report {
        write_report(file, here, &units.to_text())?;
    }
    if let Some(file) = &args.html {
        write_report(file, here, &page::html(&units))?;
    }
    Ok(Done { target_dir: cooked.target_dir, to_copy: cooked.to_copy, units })
}

/// The things to report after a cook.
struct Done {
    target_dir: PathBuf,
    /// A file that must come with the sources.
    to_copy: Option<String>,
    /// The units of this build and those before it.
    units: target::report::Report,
}

/// Refuses a file below something that is no directory, before anything is compiled. A directory
/// that is missing is made at the end: in a new target directory, only cargo makes the file that
/// keeps it out of backups.
fn refuse_homeless(file: &Path, here: &Path) -> Result<()> {
    let file_here = here.join(file);
    match file_here.ancestors().skip(1).find(|above| above.exists()) {
        Some(above) if !above.is_dir() => fail!(
            "cannot write the report `{}`: `{}` is not a directory\nhelp: name a file in another directory",
            file.display(),
            path::display(above, here)
        ),
        _ => Ok(()),
    }
}

fn write_report(file: &Path, here: &Path, text: &str) -> Result<()> {
    let file_here = here.join(file);
    let made = file_here.parent().map_or(Ok(()), std::fs::create_dir_all);
    if let Err(error) = made.and_then(|()| disk::write_whole(&file_here, text.as_bytes())) {
        fail!("cannot write the report `{}`: {}", file.display(), disk::cause(&error));
    }
    Ok(())
}
