//! Reads a workspace with its lockfile, and completes the lockfile if necessary.
//!
//! In: the path of a manifest. Out: a [`Workspace`]. If Cargo.lock is missing or incomplete, cargo
//! makes it in a copy of the manifests, as it would in the project. The user's files are not
//! changed.

use crate::cargo;
use crate::cargo::interrupt::Interrupt;
use crate::config::files;
use crate::config::layers::Given;
use crate::disk;
use crate::error::{Error, Result};
use crate::path;
use crate::read::{self, Manifests};
use crate::recipe::skeleton;
use crate::report::Report;
use crate::workspace::Workspace;
use std::path::Path;

/// Reads the workspace of the manifest at `manifest_path`, which is absolute.
///
/// # Errors
/// [`read::open`] or [`read::workspace`] fails, cargo refuses to resolve, or there is no lockfile
/// and no cargo. With `--locked`, cargo would change the lockfile.
pub fn workspace(manifest_path: &Path, given: &Given, network: Network, report: Report) -> Result<Workspace> {
    let here = given.environment.here.as_path();
    let manifests = read::open(manifest_path, here, given)?;
    if let Some((_, config)) =
        files::above(&manifests.current, &given.environment).find(|(dir, _)| !here.starts_with(dir))
    {
        report.warning(&format!(
            "`{}` is not used, because cargo reads the config of the current directory\nhelp: run this in the directory of the real build",
            path::display(&config, here)
        ));
    }
    if manifests.config.layers.get("paths").is_some() {
        report.warning(
            "`paths` of the config is left out: the real build compiles the packages from there, and all crates above them",
        );
    }
    for (manifest, file) in read::missing_sources(&manifests) {
        report.warning(&format!(
            "`{manifest}` names `{file}`, which does not exist; without sources, build scripts are missed, too\nhelp: copy the sources too, not only the manifests",
        ));
    }
    let behind = match resolved(&manifests, network) {
        Err(Error::Behind(why)) if !network.locked => why,
        settled => return settled,
    };
    let Some(lockfile) = brought_up_to_date(&manifests, given, network.offline, &behind)? else {
        return Err(Error::Behind(behind));
    };
    let workspace = read::workspace(&read::with_lockfile(manifests, &lockfile)?)?;
    report.warning(&told(&behind));
    Ok(workspace)
}

/// The limits that the user sets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network {
    /// cargo may not use the network.
    pub offline: bool,
    /// The lockfile must exist, and cargo must not need to change it.
    pub locked: bool,
}

/// Reads the workspace with its present lockfile.
fn resolved(manifests: &Manifests, network: Network) -> Result<Workspace> {
    if !read::lockfile(manifests).exists() {
        return Err(Error::Behind(format!("`Cargo.lock` is missing\n{GENERATE}")));
    }
    let workspace = read::workspace(manifests)?;
    if network.locked {
        read::refuse_behind(manifests, &workspace)?;
    }
    Ok(workspace)
}

/// Makes cargo create the lockfile in a copy of the manifests. A present lockfile is copied too, so
/// that versions stay. Returns `None` if there is a lockfile, but no cargo.
fn brought_up_to_date(manifests: &Manifests, given: &Given, offline: bool, behind: &str) -> Result<Option<String>> {
    let copy = read::copy(manifests)?;
    let interrupt = Interrupt::watch()?;
    let scratch = disk::scratch()?;
    skeleton::write(&copy.files, scratch.path(), &[])?;
    let root = scratch.path().join(copy.root);
    let lockfile = root.join("Cargo.lock");
    let present = read::lockfile(manifests);
    let is_there = present.exists();
    if is_there {
        fs_err::write(&lockfile, fs_err::read(&present)?)?;
    }
    let mut flags: Vec<String> = offline.then(|| "--offline".to_owned()).into_iter().collect();
    flags.extend(given.config.iter().map(|value| format!("--config={value}")));
    flags.extend(given.unstable.iter().map(|flag| format!("-Z{flag}")));
    // The config may set another path, where cargo would overwrite the user's lockfile.
    if copy.names_lockfile {
        let path = toml::Value::from(lockfile.to_string_lossy().into_owned());
        flags.push(format!("--config=resolver.lockfile-path={path}"));
    }
    let verb: &[&str] = if is_there { &["update", "--workspace"] } else { &["generate-lockfile"] };
    let made = cargo::make_lockfile(verb, &root.join("Cargo.toml"), &given.environment, &flags, &interrupt);
    let text = match made {
        Err(Error::Failed(_)) if is_there => None,
        Err(Error::Failed(why)) => {
            let what = behind.lines().next().unwrap_or_default();
            return Err(Error::Failed(format!("{what}, and {why}\n{GENERATE}")));
        }
        Err(error) => return Err(error),
        Ok(()) => Some(fs_err::read_to_string(&lockfile)?),
    };
    scratch.close()?;
    Ok(text)
}

const GENERATE: &str = "help: run `cargo generate-lockfile`, and keep the file under version control";

/// Returns a warning about a lockfile that the user does not have.
fn told(behind: &str) -> String {
    let (why, help) = behind.split_once('\n').unwrap_or((behind, GENERATE));
    if help == GENERATE {
        return format!(
            "{why}, so the recipe has the versions that cargo selects now; a build without it may select others, and compile them\n{help}"
        );
    }
    format!(
        "{why}\nThe recipe has what cargo adds to it now; a build may select other versions, and compile them\n{help}"
    )
}
