//! A workspace with its lockfile, also where it has none.
//!
//! In: the path of a manifest. Out: a [`Workspace`]. Where there is no Cargo.lock, cargo makes one in a copy of the manifests; the
//! user's tree is not touched.

use crate::config::files;
use crate::config::layers::Given;
use crate::cook::cargo;
use crate::cook::interrupt::Interrupt;
use crate::disk;
use crate::error::Result;
use crate::path;
use crate::read;
use crate::recipe::skeleton;
use crate::report::Report;
use crate::workspace::Workspace;
use std::path::Path;

/// Reads the workspace of the manifest at `manifest_path`, which is absolute.
///
/// # Errors
/// Whatever [`read::open`] and [`read::workspace`] refuse; cargo refusing to resolve; no lockfile and no cargo.
pub fn workspace(manifest_path: &Path, given: &Given, offline: bool, report: Report) -> Result<Workspace> {
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
    if read::lockfile(&manifests).exists() {
        return read::workspace(&manifests, None);
    }
    let copy = read::copy(&manifests)?;
    let interrupt = Interrupt::watch()?;
    let scratch = disk::scratch()?;
    skeleton::write(&copy.files, scratch.path(), &[])?;
    let root = scratch.path().join(copy.root);
    let mut flags: Vec<String> = offline.then(|| "--offline".to_owned()).into_iter().collect();
    flags.extend(given.config.iter().map(|value| format!("--config={value}")));
    flags.extend(given.unstable.iter().map(|flag| format!("-Z{flag}")));
    // Whoever names another one: the user's lockfile is not to be written.
    if copy.names_lockfile {
        let path = toml::Value::from(root.join("Cargo.lock").to_string_lossy().into_owned());
        flags.push(format!("--config=resolver.lockfile-path={path}"));
    }
    cargo::generate_lockfile(&root.join("Cargo.toml"), given, &flags, &interrupt)?;
    let lockfile = fs_err::read_to_string(root.join("Cargo.lock"))?;
    scratch.close()?;
    report.warning(
        "`Cargo.lock` is missing, so these are the versions that cargo picks now; a build without it picks again, and compiles what it picks anew\nhelp: run `cargo generate-lockfile`, and keep the file under version control",
    );
    read::workspace(&manifests, Some(&lockfile))
}
