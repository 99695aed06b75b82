//! What maturin sets for cargo, so that what is cooked is what maturin's own build finds fresh.
//!
//! In: the interpreter that maturin will build for, and the files of a skeleton. Out: environment variables, which pyo3's
//! build scripts watch. Starts the interpreter, and rustc where the name of the platform is needed; writes the one file that
//! maturin would write, below the target directory.
//!
//! All of it is `configure_pyo3_env` in `src/compile.rs` of maturin 1.16, for Unix and the platform that is built on.

use crate::error::{Result, fail};
use crate::recipe::skeleton::{self, Files};
use crate::workspace::lockfile;
use crate::workspace::scope::Scope;
use semver::Version;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use toml::{Table, Value};

/// Environment variables for cargo.
type Variables = Vec<(String, OsString)>;

/// The crates that make a project one of pyo3 (`PYO3_BINDING_CRATES` in maturin's `src/bridge/detection.rs`).
const BINDINGS: [&str; 2] = ["pyo3", "pyo3-ffi"];

/// The first Python with the stable ABI of free threads (`ABI3T_MINIMUM_PYTHON_MINOR` in its `src/bridge/mod.rs`).
const ABI3T_OLDEST: (u64, u64) = (3, 15);

/// What maturin asks an interpreter (`src/python_interpreter/get_interpreter_metadata.py`), as far as it matters here.
const QUESTION: &str = "\
import json, platform, sys, sysconfig
print(json.dumps({
    'implementation_name': sys.implementation.name,
    'executable': sys.executable or None,
    'major': sys.version_info.major,
    'minor': sys.version_info.minor,
    'abiflags': sysconfig.get_config_var('ABIFLAGS'),
    'interpreter': platform.python_implementation().lower(),
    'gil_disabled': sysconfig.get_config_var('Py_GIL_DISABLED') == 1,
}))";

/// An interpreter's answer.
#[derive(Debug, Deserialize)]
struct Interpreter {
    implementation_name: String,
    executable: Option<PathBuf>,
    major: u64,
    minor: u64,
    abiflags: Option<String>,
    #[serde(rename = "interpreter")]
    kind: String,
    gil_disabled: bool,
}

/// The stable ABI that a wheel is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StableAbi {
    /// `abi3` or `abi3t`.
    kind: &'static str,
    /// The oldest Python that will run it; where none is told, the interpreter's own.
    oldest: Option<(u64, u64)>,
}

/// The environment variables that maturin would set for cargo with this interpreter, or with the one it takes by itself.
/// `scope` is that of the build.
///
/// # Errors
/// There is no such interpreter, it does not answer, or the build is for another platform.
pub fn variables(
    named: Option<&Path>,
    files: &Files,
    scope: &Scope,
    target_dir: &Path,
    here: &Path,
) -> Result<Variables> {
    refuse_other_platforms(scope, here)?;
    let lock = lockfile::parse("Cargo.lock", skeleton::text(files, "Cargo.lock").unwrap_or_default())?;
    let version = |name: &str| lock.packages.iter().find(|p| p.name == name).map(|p| p.version.as_str());
    let python = |own: PathBuf| ask(named.unwrap_or(&own), here);
    // maturin builds programs with `--bin`, and all else with `--lib` (`configure_bin_lib_flags`).
    let is_program = !scope.lib && (scope.bins || !scope.bin.is_empty());
    let Some(pyo3) = BINDINGS.into_iter().find_map(version) else {
        if is_program || version("uniffi").is_some() {
            return Ok(Variables::new());
        }
        return Ok(vec![variable("PYTHON_SYS_EXECUTABLE", python(own())?.executable.unwrap_or_default())]);
    };
    let pyo3 = Version::parse(pyo3).unwrap_or(Version::new(0, 0, 0));
    let mut set = Variables::new();
    if !is_program {
        set.push(variable("PYO3_BUILD_EXTENSION_MODULE", "1"));
    }
    // The file stands for an interpreter (`InterpreterResolver::resolve_pyo3`).
    if std::env::var_os("PYO3_CONFIG_FILE").is_some() {
        return Ok(set);
    }
    let features = features(files);
    let mut python = python(environment("PYO3_PYTHON").unwrap_or_else(own))?;
    // One that nobody named and that is too old for the wheel gives way to none (`InterpreterResolver::finalize_abi3`).
    if let Some(abi3 @ StableAbi { oldest: Some(oldest), .. }) = stable_abi(&features, "abi3")
        && named.is_none()
        && !python.serves(abi3)
    {
        python = Interpreter::none(oldest);
    }
    let mut chosen = ["abi3t", "abi3"].into_iter().filter_map(|kind| stable_abi(&features, kind));
    let stable = chosen.find(|abi| python.serves(*abi));
    if stable.is_some() && pyo3 < Version::new(0, 16, 4) {
        set.push(variable("PYO3_NO_PYTHON", "1"));
    }
    let tells_abi = pyo3 >= Version::new(0, 29, 0);
    if python.executable.is_none() || stable.is_some() && tells_abi {
        let kind = stable.map(|abi| format!("-{}", abi.kind)).unwrap_or_default();
        let name = format!("pyo3-config-{}-{}.{}{kind}.txt", host(here)?, python.major, python.minor);
        set.push(variable("PYO3_CONFIG_FILE", config_file(target_dir, &name, &python.config(stable, tells_abi))?));
    }
    if let Some(executable) = &python.executable {
        set.push(variable("PYO3_PYTHON", executable));
        set.push(variable("PYTHON_SYS_EXECUTABLE", executable));
        set.push(variable("PYO3_ENVIRONMENT_SIGNATURE", python.signature()));
    }
    Ok(set)
}

fn variable(name: &str, value: impl Into<OsString>) -> (String, OsString) {
    (name.to_owned(), value.into())
}

fn environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The interpreter that maturin takes when none is named (`Target::get_python`).
fn own() -> PathBuf {
    let of_venv = environment("VIRTUAL_ENV").map(|dir| dir.join("bin/python"));
    let of_github = || environment("pythonLocation").map(|dir| dir.join("bin/python3"));
    let there = of_venv.filter(|path| path.exists()).or_else(|| of_github().filter(|path| path.exists()));
    there.unwrap_or_else(|| "python3".into())
}

/// What an interpreter says of itself (`check_executable`).
fn ask(python: &Path, here: &Path) -> Result<Interpreter> {
    const HELP: &str = "help: name the interpreter that maturin will build for, as in `--maturin=python3.12`";
    let mut command = Command::new(if python.components().count() > 1 { here.join(python) } else { python.to_owned() });
    let name = python.display();
    let output = match command.args(["-c", QUESTION]).env("PYTHONNOUSERSITE", "1").stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fail!("could not find the Python interpreter `{name}`\n{HELP}")
        }
        Err(error) => fail!("failed to start the Python interpreter `{name}`: {error}\n{HELP}"),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim_end().replace('\n', "\n  ");
        fail!("the Python interpreter `{name}` failed ({})\n\nCaused by:\n  {said}\n{HELP}", output.status);
    }
    match serde_json::from_slice::<Interpreter>(&output.stdout) {
        Ok(answer) => {
            let executable = answer.executable.clone().unwrap_or_else(|| python.to_owned());
            Ok(Interpreter { executable: Some(executable), ..answer })
        }
        Err(error) => fail!("`{name}` does not answer as a Python interpreter: {error}\n{HELP}"),
    }
}

impl Interpreter {
    /// The stand-in for a Python that is not there (`PythonInterpreter::placeholder`).
    fn none((major, minor): (u64, u64)) -> Self {
        let [implementation_name, kind] = ["cpython"; 2].map(str::to_owned);
        Interpreter { implementation_name, executable: None, major, minor, abiflags: None, kind, gil_disabled: false }
    }

    /// Whether wheels for this stable ABI are built with it (`BridgeModel::stable_abi_for_interpreter`).
    fn serves(&self, abi: StableAbi) -> bool {
        let has = match abi.kind {
            "abi3t" => (self.major, self.minor) >= ABI3T_OLDEST,
            _ => !self.gil_disabled,
        };
        let is_cpython = self.kind == "cpython" && self.implementation_name.eq_ignore_ascii_case("cpython");
        has && is_cpython && abi.oldest.is_none_or(|oldest| (self.major, self.minor) >= oldest)
    }

    /// `PythonInterpreter::environment_signature`, where the width of an interpreter that runs is never known.
    fn signature(&self) -> String {
        let flags = self.abiflags.as_deref().filter(|_| self.kind == "cpython").unwrap_or_default();
        format!("{}-{}.{}{flags}-64bit", self.implementation_name, self.major, self.minor)
    }

    /// `InterpreterConfig::pyo3_config_file`.
    fn config(&self, stable: Option<StableAbi>, tells_abi: bool) -> String {
        let name = match self.kind.as_str() {
            "pypy" => "PyPy",
            "graalvm" | "graalpy" => "GraalVM",
            _ => "CPython",
        };
        let (major, minor) = stable.and_then(|abi| abi.oldest).unwrap_or((self.major, self.minor));
        let own = if self.gil_disabled { "free_threaded" } else { "gil_enabled" };
        let kind = stable.map_or(own, |abi| abi.kind);
        let flags = if self.gil_disabled { "Py_GIL_DISABLED" } else { "" };
        let [target_abi, abi3] = if tells_abi {
            [format!("target_abi={name}-{kind}-{major}.{minor}\n"), String::new()]
        } else {
            [String::new(), format!("abi3={}\n", stable.is_some())]
        };
        format!(
            "implementation={name}\nversion={major}.{minor}\n{target_abi}shared=true\n{abi3}build_flags={flags}\nsuppress_build_script_link_lines=false"
        )
    }
}

/// The features that the skeleton asks of pyo3. What third parties ask of it is not among them; none is known to choose an ABI.
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

/// The stable ABI that these features of pyo3 choose (`has_stable_abi_from_kind`).
fn stable_abi(features: &BTreeSet<String>, kind: &'static str) -> Option<StableAbi> {
    let version = |feature: &String| {
        let digits = feature.strip_prefix(kind)?.strip_prefix("-py")?;
        let (major, minor) = digits.split_at_checked(1)?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let oldest: Option<(u64, u64)> = features.iter().filter_map(version).min();
    let oldest = oldest.map(|version| if kind == "abi3t" { version.max(ABI3T_OLDEST) } else { version });
    (oldest.is_some() || features.contains(kind)).then_some(StableAbi { kind, oldest })
}

/// Writes the file as maturin would, which leaves one that says the same as it is.
fn config_file(target_dir: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let dir = target_dir.join("maturin");
    fs_err::create_dir_all(&dir)?;
    let path = fs_err::canonicalize(dir)?.join(name);
    if !fs_err::read_to_string(&path).is_ok_and(|before| before == text) {
        crate::disk::write_whole(&path, text.as_bytes())?;
    }
    Ok(path)
}

/// Elsewhere maturin sets other variables, from what it knows of Pythons that it cannot run.
fn refuse_other_platforms(scope: &Scope, here: &Path) -> Result<()> {
    let by_variable = environment("CARGO_BUILD_TARGET").map(|target| target.display().to_string());
    let targets: Vec<String> =
        if scope.target.is_empty() { by_variable.into_iter().collect() } else { scope.target.clone() };
    let host = if targets.is_empty() { String::new() } else { host(here)? };
    match targets.into_iter().find(|target| *target != host) {
        Some(target) => fail!(
            "`--maturin` cannot cook for `{target}`: it knows only what maturin sets for `{host}`, which this is\nhelp: leave `--maturin` out, and set the variables that maturin sets yourself"
        ),
        None => Ok(()),
    }
}

/// The platform that rustc runs on, and builds for if it is told no other (`Target::from_target_triple`).
fn host(here: &Path) -> Result<String> {
    let rustc = environment("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("-vV").current_dir(here).stdin(Stdio::null()).output();
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

    fn chosen(features: &[&str], kind: &'static str) -> Option<StableAbi> {
        stable_abi(&features.iter().map(|feature| (*feature).to_owned()).collect(), kind)
    }

    #[test]
    fn the_oldest_python_that_a_feature_names_counts() {
        assert_eq!(chosen(&["macros"], "abi3"), None);
        assert_eq!(chosen(&["abi3"], "abi3"), Some(StableAbi { kind: "abi3", oldest: None }));
        let oldest = StableAbi { kind: "abi3", oldest: Some((3, 9)) };
        assert_eq!(chosen(&["abi3-py310", "abi3-py39", "abi3"], "abi3"), Some(oldest));
        assert_eq!(chosen(&["abi3t-py315"], "abi3"), None);
        assert_eq!(chosen(&["abi3t"], "abi3t"), Some(StableAbi { kind: "abi3t", oldest: None }));
    }

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

    #[test]
    fn the_file_for_pyo3_is_maturins_to_the_byte() {
        let python = Interpreter { minor: 11, ..Interpreter::none((3, 0)) };
        let abi3 = Some(StableAbi { kind: "abi3", oldest: Some((3, 10)) });
        // Written by maturin 1.16.0 for pyo3 0.30.1, Python 3.11 and `abi3-py310`.
        let expected = "implementation=CPython\nversion=3.10\ntarget_abi=CPython-abi3-3.10\nshared=true\nbuild_flags=\nsuppress_build_script_link_lines=false";
        assert_eq!(python.config(abi3, true), expected);
    }
}
