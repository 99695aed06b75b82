//! A workspace with its lockfile, also where it has none.
//!
//! In: the path of a manifest. Out: a [`Workspace`]. Where there is no Cargo.lock, or one that lacks what the manifests ask for,
//! cargo makes one in a copy of the manifests, as it would in the project; the user's tree is not touched.

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
/// Whatever [`read::open`] and [`read::workspace`] refuse; cargo refusing to resolve; no lockfile and no cargo; with
/// `--locked`, a lockfile that cargo would write anew.
pub fn workspace(manifest_path: &Path, given: &Given, network: Network, report: Report) -> Result<Workspace> {
    let here = given.environment.here.as_path();
    let manifests = read::open(manifest_path, here, given)?;
    if let Some((_, config)) =
        files::above(&manifests.current, &given.environment).find(|(dir, _)| !here.starts_with(dir))
    {
        report.warning(&format!(
            "`{}` does not count, as cargo reads the config of the current directory\nhelp: call this where the real build is called",
            path::display(&config, here)
        ));
    }
    if manifests.config.layers.get("paths").is_some() {
        report.warning(
            "`paths` of the config is left out: the real build compiles what it takes from there, and all crates above it",
        );
    }
    for (manifest, file) in read::missing_sources(&manifests) {
        report.warning(&format!(
            "`{manifest}` names `{file}`, which is not there; where sources are missing, a build script is overlooked, too\nhelp: copy the sources too, not only the manifests",
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

/// What the user allows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network {
    /// cargo may not use the network.
    pub offline: bool,
    /// The lockfile must be there, and as cargo would write it.
    pub locked: bool,
}

/// Reads the workspace with the lockfile that there is.
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

/// Has cargo make the lockfile in a copy of the manifests, from the present one where there is one, so that versions stay.
/// Nothing where there is no cargo, and a lockfile.
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
    // Whoever names another one: the user's lockfile is not to be written.
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

/// What the user may not expect of a lockfile that is not theirs.
fn told(behind: &str) -> String {
    let (why, help) = behind.split_once('\n').unwrap_or((behind, GENERATE));
    if help == GENERATE {
        return format!(
            "{why}, so these are the versions that cargo picks now; a build without it picks again, and compiles what it picks anew\n{help}"
        );
    }
    format!(
        "{why}\nThe recipe is made with what cargo adds to it now; a build picks again, and compiles what it picks anew\n{help}"
    )
}
