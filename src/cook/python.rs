//! The Python interpreter that maturin builds for.
//!
//! In: the path of an interpreter, and the features of pyo3. Out: its answers, and the settings
//! that maturin derives from them. Starts the interpreter and writes nothing.

use crate::error::{Result, fail};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The first Python with a stable ABI for free threading (`ABI3T_MINIMUM_PYTHON_MINOR` in its
/// `src/bridge/mod.rs`).
const ABI3T_OLDEST: (u64, u64) = (3, 15);

/// The script that maturin runs in an interpreter
/// (`src/python_interpreter/get_interpreter_metadata.py`), without parts that do not matter here.
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
pub struct Interpreter {
    implementation_name: String,
    pub executable: Option<PathBuf>,
    pub major: u64,
    pub minor: u64,
    abiflags: Option<String>,
    #[serde(rename = "interpreter")]
    kind: String,
    gil_disabled: bool,
}

/// The stable ABI that a wheel is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StableAbi {
    /// `abi3` or `abi3t`.
    pub kind: &'static str,
    /// The oldest Python that will run it. `None` stands for the interpreter's own version.
    pub oldest: Option<(u64, u64)>,
}

/// Runs an interpreter and returns its answer (`check_executable`).
pub fn ask(python: &Path, here: &Path) -> Result<Interpreter> {
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
    /// Returns a placeholder for a missing Python (`PythonInterpreter::placeholder`).
    pub fn none((major, minor): (u64, u64)) -> Self {
        let [implementation_name, kind] = ["cpython"; 2].map(str::to_owned);
        Interpreter { implementation_name, executable: None, major, minor, abiflags: None, kind, gil_disabled: false }
    }

    /// Returns whether wheels for this stable ABI are built with it
    /// (`BridgeModel::stable_abi_for_interpreter`).
    pub fn serves(&self, abi: StableAbi) -> bool {
        let has = match abi.kind {
            "abi3t" => (self.major, self.minor) >= ABI3T_OLDEST,
            _ => !self.gil_disabled,
        };
        let is_cpython = self.kind == "cpython" && self.implementation_name.eq_ignore_ascii_case("cpython");
        has && is_cpython && abi.oldest.is_none_or(|oldest| (self.major, self.minor) >= oldest)
    }

    /// `PythonInterpreter::environment_signature`. maturin never knows the width of a running
    /// interpreter.
    pub fn signature(&self) -> String {
        let flags = self.abiflags.as_deref().filter(|_| self.kind == "cpython").unwrap_or_default();
        format!("{}-{}.{}{flags}-64bit", self.implementation_name, self.major, self.minor)
    }

    /// `InterpreterConfig::pyo3_config_file`.
    pub fn config(&self, stable: Option<StableAbi>, tells_abi: bool) -> String {
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

/// Returns the stable ABI that these features of pyo3 choose (`has_stable_abi_from_kind`).
pub fn stable_abi(features: &BTreeSet<String>, kind: &'static str) -> Option<StableAbi> {
    let version = |feature: &String| {
        let digits = feature.strip_prefix(kind)?.strip_prefix("-py")?;
        let (major, minor) = digits.split_at_checked(1)?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let oldest: Option<(u64, u64)> = features.iter().filter_map(version).min();
    let oldest = oldest.map(|version| if kind == "abi3t" { version.max(ABI3T_OLDEST) } else { version });
    (oldest.is_some() || features.contains(kind)).then_some(StableAbi { kind, oldest })
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
    fn the_file_for_pyo3_is_maturins_to_the_byte() {
        let python = Interpreter { minor: 11, ..Interpreter::none((3, 0)) };
        let abi3 = Some(StableAbi { kind: "abi3", oldest: Some((3, 10)) });
        // Written by maturin 1.16.0 for pyo3 0.30.1, Python 3.11 and `abi3-py310`.
        let expected = "implementation=CPython\nversion=3.10\ntarget_abi=CPython-abi3-3.10\nshared=true\nbuild_flags=\nsuppress_build_script_link_lines=false";
        assert_eq!(python.config(abi3, true), expected);
    }
}
