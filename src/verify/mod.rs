//! The command `verify`: would the following build compile a third-party crate, and why?
//!
//! In: the flags of the build, the real workspace, and the target directory. Out: on stdout, every
//! third-party unit that is not fresh, with its cause. `asked` finds the build, `observe` has cargo
//! decide what is fresh, `decide` finds the causes, and `report` writes them.

mod asked;
mod cause;
pub mod compiler;
mod decide;
mod fingerprint;
mod image;
mod maturin;
mod observe;
mod report;
mod run;
mod scopes;
mod words;

use crate::cli::Verify;
use crate::config::layers::Given;
use crate::cook::mount;
use crate::environment::Environment;
use crate::error::{Error, Result, fail};
use crate::path;
use crate::report::Report as Said;
use crate::target::{builds, packed};
use asked::Asked;
use decide::Case;
use observe::Seen;
use report::Report;
use scopes::Facts;
use std::io::Write;

/// Runs `verify`.
///
/// # Errors
/// A third-party unit is not fresh, cargo fails, a directory cannot be read or written, or a signal
/// arrived.
pub fn verify(args: &Verify, environment: Environment, stdout: &mut dyn Write) -> Result<()> {
    let said = Said::new(args.how.color.as_deref(), args.how.quiet, args.how.verbose > 0, &environment);
    let given = Given { environment, config: args.how.config.clone(), unstable: args.how.unstable.clone(), top: None };
    let asked = Asked::new(args, &given)?;
    if packed::is_packed(asked.units()) {
        fail!(
            "`{}` is packed, so the build would compile every crate again\nhelp: run `cargo larder unpack` before the build",
            path::display(asked.units(), &given.environment.here)
        );
    }
    let seen = observe::observe(&asked)?;
    let report = decided(&asked, &seen);
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

/// Decides why units are not fresh, compared with the nearest build that was cooked.
fn decided(asked: &Asked<'_>, seen: &Seen) -> Report {
    let environment = &asked.given.environment;
    let now = asked.build(seen.rustc.clone());
    let builds = builds::read(asked.units());
    let nearest = scopes::nearest(&builds, &now);
    let facts = nearest.map(|build| Facts::of(build, &now)).unwrap_or_default();
    let context = words::Context {
        cooked: nearest,
        now: &now,
        facts: &facts,
        target_dir: &path::display(asked.units(), &environment.here),
        is_hidden: mount::hides(asked.units(), environment),
        maturin: &maturin::flag(asked.args),
    };
    let Seen { stale, cooked, ran, locked, .. } = seen;
    let case = Case { stale, cooked, facts: &facts, locked, words: &ran.dirty };
    let all = ran.units.iter().filter(|told| told.package.is_third_party()).count();
    Report::new(&case.verdicts(), stale, all, &context)
}
