//! The result of a build, as cargo's JSON messages report it.
//!
//! In: messages. Out: an [`Outcome`], which counts third-party units and lists what cargo made for
//! carried packages. Touches nothing.

use super::message::{Artifact, Message, PackageId};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What cargo did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Every unit that cargo reported.
    pub units: Vec<Made>,
    /// The number of third-party units that it compiled.
    pub compiled: usize,
    /// The number of third-party units that it found fresh.
    pub fresh: usize,
    /// Units of carried packages.
    pub carried: Vec<Compiled>,
    /// The directories of carried packages whose build script was compiled or fresh.
    pub scripts: BTreeSet<String>,
    /// Runs of these build scripts.
    pub ran: Vec<Run>,
    /// Every artifact of any package.
    pub artifacts: Vec<PathBuf>,
    /// The `OUT_DIR` of every build script.
    pub out_dirs: Vec<PathBuf>,
}

/// A unit that cargo made or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// cargo's id of the package.
    pub package: PackageId,
    /// The kind of the target, or `run-build-script`.
    pub kind: String,
    /// Whether the unit was fresh. cargo does not report this for the run of a build script.
    pub fresh: bool,
    /// Whether the unit is the run of a build script.
    pub is_run: bool,
    /// Whether the package is a stub.
    pub is_stub: bool,
    /// One of its artifacts, or its `OUT_DIR`.
    pub path: PathBuf,
}

impl Made {
    /// Returns whether the package is not local.
    pub fn is_third_party(&self) -> bool {
        self.package.is_third_party()
    }

    /// Returns name and version of the package.
    pub fn name_and_version(&self) -> Option<(String, String)> {
        self.package.name_and_version()
    }
}

impl Outcome {
    /// Adds what a message reports. `dir` is the directory of the skeleton, and `stubs` are the
    /// directories of its stubs.
    pub fn count(&mut self, message: &Message, dir: &Path, stubs: &BTreeSet<String>) {
        match message {
            Message::CompilerArtifact(artifact) => self.count_artifact(artifact, dir, stubs),
            Message::BuildScriptExecuted(script) => {
                let out_dir = script.out_dir.clone();
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
        }
    }

    fn count_artifact(&mut self, artifact: &Artifact, skeleton: &Path, stubs: &BTreeSet<String>) {
        // The package id is not used, because it is a URL.
        let dir = artifact.manifest_path.parent().and_then(|dir| dir.strip_prefix(skeleton).ok());
        let carried = dir.and_then(Path::to_str).filter(|dir| !stubs.contains(*dir));
        let is_stub = !artifact.package_id.is_third_party() && carried.is_none();
        // A stub has no artifact.
        let file = artifact.filenames.first().cloned();
        self.units.push(Made {
            package: artifact.package_id.clone(),
            kind: artifact.target.kind.join(","),
            fresh: artifact.fresh,
            is_run: false,
            is_stub,
            path: file.unwrap_or_default(),
        });
        if is_stub {
            return;
        }
        *(if artifact.fresh { &mut self.fresh } else { &mut self.compiled }) += 1;
        let artifacts = artifact.filenames.clone();
        self.artifacts.extend(artifacts.iter().cloned());
        if let Some(dir) = carried {
            let is_script = artifact.target.kind.iter().any(|kind| kind == "custom-build");
            self.scripts.extend(is_script.then(|| dir.to_owned()));
            self.carried.push(Compiled { package: artifact.package_id.clone(), dir: dir.to_owned(), artifacts });
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
