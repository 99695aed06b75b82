//! Sets what maturin sets for cargo, so that cooked units are fresh for maturin's own build.
//!
//! In: the interpreter that maturin will build for, and the files of a skeleton. Out: variables
//! that pyo3's build scripts watch, and the one file that maturin would write into the target
//! directory. Starts the interpreter, and rustc if the name of the platform is needed. Only
//! [`Maturin::write`] writes.
//!
//! All of it follows `configure_pyo3_env` in `src/compile.rs` of maturin 1.16, for Unix and for the
//! host.

use super::python::{Interpreter, StableAbi, ask, stable_abi};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use crate::workspace::lockfile;
use crate::workspace::scope::Scope;
use semver::Version;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use toml::{Table, Value};

/// Environment variables for cargo.
type Variables = Vec<(String, OsString)>;

/// The crates that mark a project of pyo3 (`PYO3_BINDING_CRATES` in maturin's
/// `src/bridge/detection.rs`).
const BINDINGS: [&str; 2] = ["pyo3", "pyo3-ffi"];

/// What maturin sets.
#[derive(Debug, Default)]
pub struct Maturin {
    /// Variables for cargo.
    pub variables: Variables,
    /// A file, which one of the variables names, with its text.
    file: Option<(PathBuf, String)>,
}

impl Maturin {
    /// Writes the file as maturin would, unless it already has this content.
    ///
    /// # Errors
    /// It is not writable.
    pub fn write(&self) -> Result<()> {
        let Some((path, text)) = &self.file else { return Ok(()) };
        if !fs_err::read_to_string(path).is_ok_and(|before| before == *text) {
            path.parent().map_or(Ok(()), fs_err::create_dir_all)?;
            disk::write_whole(path, text.as_bytes())?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.to_owned(), value.into()));
    }
}

/// Returns what maturin would set for this interpreter, or else for the one that it
/// finds. `scope` is the scope of the build.
///
/// # Errors
/// There is no such interpreter, it does not answer, or the build is for another platform.
pub fn variables(
    named: Option<&Path>,
    files: &Files,
    scope: &Scope,
    target_dir: &Path,
    environment: &Environment,
) -> Result<Maturin> {
    let mut maturin = Maturin::default();
    let here = environment.here.as_path();
    refuse_other_platforms(scope, environment)?;
    let lock = lockfile::parse("Cargo.lock", skeleton::text(files, "Cargo.lock").unwrap_or_default())?;
    let version = |name: &str| lock.packages.iter().find(|p| p.name == name).map(|p| p.version.as_str());
    let python = |own: PathBuf| ask(named.unwrap_or(&own), here);
    // maturin builds programs with `--bin`, and everything else with `--lib`
    // (`configure_bin_lib_flags`).
    let is_program = !scope.lib && (scope.bins || !scope.bin.is_empty());
    let Some(pyo3) = BINDINGS.into_iter().find_map(version) else {
        if is_program || version("uniffi").is_some() {
            return Ok(maturin);
        }
        maturin.set("PYTHON_SYS_EXECUTABLE", python(own(environment))?.executable.unwrap_or_default());
        return Ok(maturin);
    };
    let pyo3 = Version::parse(pyo3).unwrap_or(Version::new(0, 0, 0));
    if !is_program {
        maturin.set("PYO3_BUILD_EXTENSION_MODULE", "1");
    }
    // The file replaces an interpreter (`InterpreterResolver::resolve_pyo3`).
    if environment.var_os("PYO3_CONFIG_FILE").is_some() {
        return Ok(maturin);
    }
    let features = features(files);
    let mut python = python(path("PYO3_PYTHON", environment).unwrap_or_else(|| own(environment)))?;
    // If no interpreter was named and the found one is too old for the wheel, none is used
    // (`InterpreterResolver::finalize_abi3`).
    match stable_abi(&features, "abi3") {
        Some(abi3 @ StableAbi { oldest: Some(oldest), .. }) if named.is_none() && !python.serves(abi3) => {
            python = Interpreter::none(oldest);
        }
        _ => {}
    }
    let mut chosen = ["abi3t", "abi3"].into_iter().filter_map(|kind| stable_abi(&features, kind));
    let stable = chosen.find(|abi| python.serves(*abi));
    if stable.is_some() && pyo3 < Version::new(0, 16, 4) {
        maturin.set("PYO3_NO_PYTHON", "1");
    }
    let tells_abi = pyo3 >= Version::new(0, 29, 0);
    if python.executable.is_none() || stable.is_some() && tells_abi {
        let kind = stable.map(|abi| format!("-{}", abi.kind)).unwrap_or_default();
        let name = format!("pyo3-config-{}-{}.{}{kind}.txt", host(environment)?, python.major, python.minor);
        let target_dir = disk::real(target_dir).unwrap_or_else(|_| here.join(target_dir));
        let path = target_dir.join("maturin").join(name);
        maturin.set("PYO3_CONFIG_FILE", &path);
        maturin.file = Some((path, python.config(stable, tells_abi)));
    }
    if let Some(executable) = &python.executable {
        maturin.set("PYO3_PYTHON", executable);
        maturin.set("PYTHON_SYS_EXECUTABLE", executable);
        maturin.set("PYO3_ENVIRONMENT_SIGNATURE", python.signature());
    }
    Ok(maturin)
}

/// Returns the value of a variable as a path.
fn path(name: &str, environment: &Environment) -> Option<PathBuf> {
    environment.var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Returns the interpreter that maturin uses if none is named (`Target::get_python`).
fn own(environment: &Environment) -> PathBuf {
    let of_venv = path("VIRTUAL_ENV", environment).map(|dir| dir.join("bin/python"));
    let of_github = || path("pythonLocation", environment).map(|dir| dir.join("bin/python3"));
    let there = of_venv.filter(|path| path.exists()).or_else(|| of_github().filter(|path| path.exists()));
    there.unwrap_or_else(|| "python3".into())
}

/// Returns the features that the skeleton requests from pyo3. The requests of third-party packages
/// are not included; no such package is known to choose an ABI.
fn features(files: &Files) -> BTreeSet<String> {
    fn gather(table: &Table, found: &mut BTreeSet<String>) {
        for (key, value) in table.iter().filter_map(|(key, value)| Some((key, value.as_table()?))) {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
            if BINDINGS.contains(&package) {
                let features = value.get("features").and_then(Value::as_array).into_iter().flatten();
                found.extend(features.filter_map(Value::as_str).map(str::to_owned));
            }
            gather(value, found);
        }
    }
    let mut found = BTreeSet::new();
    let manifests =
        files.keys().filter(|path| path.ends_with("Cargo.toml")).filter_map(|path| skeleton::text(files, path));
    manifests.filter_map(|text| text.parse().ok()).for_each(|table| gather(&table, &mut found));
    found
}

/// Refuses other platforms, because maturin then sets other variables, from its knowledge of
/// Pythons that it cannot run.
fn refuse_other_platforms(scope: &Scope, environment: &Environment) -> Result<()> {
    let by_variable = path("CARGO_BUILD_TARGET", environment).map(|target| target.display().to_string());
    let targets: Vec<String> =
        if scope.target.is_empty() { by_variable.into_iter().collect() } else { scope.target.clone() };
    let host = if targets.is_empty() { String::new() } else { host(environment)? };
    match targets.into_iter().find(|target| *target != host) {
        Some(target) => fail!(
            "`--maturin` cannot cook for `{target}`: it knows only what maturin sets for `{host}`, which this is\nhelp: leave `--maturin` out, and set the variables that maturin sets yourself"
        ),
        None => Ok(()),
    }
}

/// Returns the platform that rustc runs on, which is also its default target
/// (`Target::from_target_triple`).
fn host(environment: &Environment) -> Result<String> {
    let rustc = path("RUSTC", environment).unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("-vV").current_dir(&environment.here).stdin(Stdio::null()).output();
    let told = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match told.as_ref().map(|told| told.lines().find_map(|line| line.strip_prefix("host: "))) {
        Ok(Some(host)) => Ok(host.to_owned()),
        Ok(None) => fail!("`{} -vV` does not name its host", rustc.display()),
        Err(error) => fail!("failed to start `{}`: {error}\nhelp: install Rust, or set `RUSTC`", rustc.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_found_in_every_table_of_dependencies() {
        let manifest = "\
[dependencies]
itoa = { version = '1', features = ['no'] }
pyo3 = { version = '=0.26.0', features = ['a'] }
other = { package = 'pyo3-ffi', version = '=0.26.0', features = ['b'] }
[target.'cfg(unix)'.dependencies]
pyo3 = { version = '=0.26.0', features = ['c'] }
plain = '1'
";
        let files = Files::from([("stub/Cargo.toml".to_owned(), manifest.as_bytes().to_owned())]);
        assert_eq!(features(&files).into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
