//! The result of a build, as cargo's JSON messages report it.
//!
//! In: messages. Out: an [`Outcome`] that counts third-party units and lists what cargo made for carried
//! packages. Touches nothing.

use cargo_metadata::{Artifact, Message, PackageId};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What cargo did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Every unit that it told of.
    pub units: Vec<Made>,
    /// Third-party units that it compiled.
    pub compiled: usize,
    /// Third-party units that it found fresh.
    pub fresh: usize,
    /// What was done for carried packages.
    pub carried: Vec<Compiled>,
    /// The directories of those whose build script was compiled, or found.
    pub scripts: BTreeSet<String>,
    /// Runs of these.
    pub ran: Vec<Run>,
    /// Every file that cargo made or found for any package.
    pub artifacts: Vec<PathBuf>,
    /// Where every build script wrote to.
    pub out_dirs: Vec<PathBuf>,
}

/// A unit that cargo made or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// cargo's id of its package.
    pub package: PackageId,
    /// The kind of its target, or `run-build-script`.
    pub kind: String,
    /// Whether cargo found it as it should be. Of the run of a build script it does not say.
    pub fresh: bool,
    /// Whether it is the run of a build script.
    pub is_run: bool,
    /// Whether it is of a stub.
    pub is_stub: bool,
    /// A file that was made of it, or its `OUT_DIR`.
    pub path: PathBuf,
}

impl Made {
    /// Whether its package is not local.
    pub fn is_third_party(&self) -> bool {
        !self.package.repr.starts_with("path+")
    }

    /// Name and version of its package.
    pub fn name_and_version(&self) -> Option<(String, String)> {
        name_and_version(&self.package)
    }
}

/// Returns name and version of a package by its id (`PackageIdSpec` in cargo's `cargo-util-schemas`).
pub fn name_and_version(package: &PackageId) -> Option<(String, String)> {
    let (url, fragment) = package.repr.rsplit_once('#')?;
    let (name, version) = fragment.split_once('@').unwrap_or_else(|| {
        let path = url.split_once('?').map_or(url, |(path, _)| path);
        (path.rsplit('/').next().unwrap_or(path), fragment)
    });
    Some((name.to_owned(), version.to_owned()))
}

impl Outcome {
    /// Adds what a message of cargo reports. `dir` is the directory of the skeleton, and `stubs` are the
    /// directories of its stubs.
    pub fn count(&mut self, message: &Message, dir: &Path, stubs: &BTreeSet<String>) {
        match message {
            Message::CompilerArtifact(artifact) => self.count_artifact(artifact, dir, stubs),
            Message::BuildScriptExecuted(script) => {
                let out_dir = script.out_dir.as_std_path().to_owned();
                let compiled = self.carried.iter().find(|compiled| compiled.package == script.package_id);
                self.ran.extend(compiled.map(|it| Run { dir: it.dir.clone(), out_dir: out_dir.clone() }));
                self.units.push(Made {
                    package: script.package_id.clone(),
                    kind: "run-build-script".to_owned(),
                    fresh: false,
                    is_run: true,
                    is_stub: false,
                    path: out_dir.clone(),
                });
                self.out_dirs.push(out_dir);
            }
            _ => {}
        }
    }

    fn count_artifact(&mut self, artifact: &Artifact, skeleton: &Path, stubs: &BTreeSet<String>) {
        // Not from its id, which is a URL.
        let dir = artifact.manifest_path.parent().and_then(|dir| dir.strip_prefix(skeleton).ok());
        let carried = dir.filter(|dir| !stubs.contains(dir.as_str()));
        let is_stub = artifact.package_id.repr.starts_with("path+") && carried.is_none();
        // Of a stub there is no file.
        let file = artifact.filenames.first().map(|file| file.as_std_path().to_owned());
        self.units.push(Made {
            package: artifact.package_id.clone(),
            kind: artifact.target.kind.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            fresh: artifact.fresh,
            is_run: false,
            is_stub,
            path: file.unwrap_or_default(),
        });
        if is_stub {
            return;
        }
        *(if artifact.fresh { &mut self.fresh } else { &mut self.compiled }) += 1;
        let artifacts: Vec<PathBuf> = artifact.filenames.iter().map(|path| path.as_std_path().to_owned()).collect();
        self.artifacts.extend(artifacts.iter().cloned());
        if let Some(dir) = carried {
            self.scripts.extend(artifact.target.is_custom_build().then(|| dir.to_string()));
            self.carried.push(Compiled { package: artifact.package_id.clone(), dir: dir.to_string(), artifacts });
        }
    }
}

/// A carried package that cargo compiled or found fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// Its package id.
    pub package: PackageId,
    /// The package's directory in the skeleton.
    pub dir: String,
    /// Its artifacts.
    pub artifacts: Vec<PathBuf>,
}

/// A run of a build script of a carried package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The package's directory in the skeleton.
    pub dir: String,
    /// The script's `OUT_DIR`.
    pub out_dir: PathBuf,
}

impl Run {
    /// Returns the directory of the run, which holds the script's output and `OUT_DIR`.
    pub fn place(&self) -> &Path {
        self.out_dir.parent().unwrap_or(&self.out_dir)
    }
}
