//! The build that `verify` is asked about.
//!
//! In: the command line, and the surroundings. Out: [`Asked`]: the workspace root and the target
//! directory as cargo finds them, and the command line of the build. Starts cargo to find the root.
//! Writes nothing.

use crate::cargo::{self, toolchain::Cargo};
use crate::cli::Verify;
use crate::config::layers::{Given, Layers};
use crate::cook::place::{self, Place};
use crate::error::{Error, Result};
use crate::shell;
use crate::target::builds::{self, Build};
use crate::workspace::scope::Scope;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A build, and where it would happen.
pub(super) struct Asked<'a> {
    pub(super) args: &'a Verify,
    pub(super) given: &'a Given,
    pub(super) cargo: Cargo,
    pub(super) scope: Scope,
    /// The root of the workspace.
    pub(super) root: PathBuf,
    pub(super) layers: Layers,
    pub(super) target_dir: PathBuf,
    /// The directory of the units, if it is not the target directory.
    pub(super) build_dir: Option<PathBuf>,
}

impl<'a> Asked<'a> {
    /// Finds out where the build would happen.
    ///
    /// # Errors
    /// There is no workspace, or its configuration is invalid.
    pub(super) fn new(args: &'a Verify, given: &'a Given) -> Result<Self> {
        let cargo = Cargo::inherited(&given.environment);
        let here = given.environment.here.as_path();
        let root = root(args, &cargo, here)?;
        let layers = place::layers(here, &root, given)?;
        let place = Place { environment: &given.environment, here, root: &root };
        let target_dir = place::target_dir(&args.how, &layers, &place);
        let build_dir = place::build_dir(&layers, &place);
        Ok(Asked { args, given, cargo, scope: args.scope.clone().normalized(), root, layers, target_dir, build_dir })
    }

    /// The directory of the units.
    pub(super) fn units(&self) -> &Path {
        self.build_dir.as_ref().unwrap_or(&self.target_dir)
    }

    /// The build, as a record of it would be. `rustc` is what cargo noted about the compiler.
    pub(super) fn build(&self, rustc: Option<String>) -> Build {
        let environment = &self.given.environment;
        Build {
            words: build_words(self.args, &self.scope),
            settings: builds::settings(&self.layers, environment, &manifest(&self.root)),
            rustc,
            cargo_home: environment.cargo_home().map(|home| home.display().to_string()),
            scope: builds::with_target(self.scope.clone(), &self.layers),
            chosen_by: builds::ChosenBy::default(),
        }
    }

    /// The arguments of cargo that affect the build, without those for output.
    pub(super) fn cargo_args(&self) -> Vec<String> {
        words(self.args, &self.scope).into_iter().chain(flags(self.args)).collect()
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

fn manifest(root: &Path) -> toml::Table {
    std::fs::read_to_string(root.join("Cargo.toml")).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}
