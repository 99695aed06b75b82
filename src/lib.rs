//! cargo-larder builds the dependencies of a Rust workspace ahead of its sources.
//!
//! The pipeline, from left to right. Only its ends touch the world:
//!
//! ```text
//! disk ──read──▶ Workspace ──quotient(scope)──▶ stubs ──skeleton──▶ files ──encode──▶ recipe.json
//! recipe.json ──decode──▶ files ──write──▶ scratch directory ──cargo──▶ target directory
//! ```
//!
//! The first line is `prepare`, the second one `cook`. An unscoped recipe holds the reduced
//! workspace instead of stubs, and `cook` computes the quotient. ARCHITECTURE.md has the map and
//! the invariants.

pub mod cargo;
pub mod carried;
pub mod cli;
pub mod config;
pub mod cook;
pub mod digest;
pub mod disk;
pub mod environment;
pub mod error;
pub mod explain;
pub mod index;
pub mod init;
pub mod key;
pub mod manifest;
pub mod manual;
pub mod page;
pub mod path;
pub mod prepare;
pub mod quotient;
pub mod read;
pub mod recipe;
pub mod report;
pub mod shell;
pub mod show;
pub mod size;
pub mod store;
pub mod target;
pub mod triple;
pub mod verify;
pub mod workspace;
pub mod wrapper;

use cli::{Larder, Verb};
use environment::Environment;
use error::Result;
use report::Report;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(args: &[OsString]) -> ExitCode {
    if wrapper::is_called(args) {
        return wrapper::run(args);
    }
    if verify::compiler::is_called(args) {
        return verify::compiler::run(args);
    }
    let larder = match cli::parse(args) {
        Ok(parsed) => parsed,
        Err(error) => {
            // clap prints help and the version to stdout, and they are not failures.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let colour = match &larder.verb {
        Verb::Prepare(prepare) => prepare.color.clone(),
        Verb::Cook(cook) => cook.how.color.clone(),
        Verb::Verify(verify) => verify.how.color.clone(),
        Verb::Explain(explain) => explain.color.clone(),
        Verb::Show(show) => show.color.clone(),
        Verb::Key(key) => key.how.color.clone(),
        Verb::Init(init) => init.color.clone(),
        Verb::Pack(pack) | Verb::Unpack(pack) => pack.color.clone(),
        Verb::Cache(_) | Verb::Completions(_) | Verb::Man(_) => None,
    };
    let environment = Environment::of_process();
    match exec(larder, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            disk::go_on();
            Report::new(colour.as_deref(), false, false, &environment).error(&error);
            ExitCode::from(error.code())
        }
    }
}

fn exec(larder: Larder, environment: &Environment) -> Result<()> {
    let environment = environment.clone().in_current_directory()?;
    match larder.verb {
        Verb::Prepare(args) => prepare::prepare(args, environment),
        Verb::Cache(args) => store::command::run(&args, &environment, &mut std::io::stdout()),
        Verb::Verify(args) => verify::verify(&args, environment, &mut std::io::stdout()),
        Verb::Show(args) => show::show(&args, &environment, &mut std::io::stdout()),
        Verb::Key(args) => key::key(&args, environment, &mut std::io::stdout()),
        Verb::Explain(args) => explain::explain(&args, environment, &mut std::io::stdout()),
        Verb::Pack(args) => cook::pack::pack(&args, environment),
        Verb::Unpack(args) => cook::pack::unpack(&args, environment),
        Verb::Init(args) => init::init(*args, environment, &mut std::io::stdout()),
        Verb::Completions(args) => manual::completions(&args, &mut std::io::stdout()),
        Verb::Man(args) => manual::man(&args, &environment),
        Verb::Cook(args) => cook::cook(&args, environment, &mut std::io::stdout()),
    }
}
