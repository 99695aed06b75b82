//! `cook --maturin` sets what maturin 1.16 sets for cargo. A shell script replaces Python.

use super::common::{fake_cargo, write};
use super::{APP, Place, prepare, succeed};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A project of pyo3 in this version, with these features of it.
fn project(version: &str, features: &[&str]) -> Place {
    let lock = format!(
        "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"pyo3\"]\n[[package]]\nname = \"pyo3\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n"
    );
    let dependency = format!("[dependencies]\npyo3 = {{ version = \"{version}\", features = {features:?} }}\n");
    let place = Place::new(&["-- src/lib.rs --\n", APP, &dependency, &lock]);
    python(&place, "python3", 11, "");
    script(&place, "rustc", "echo 'host: x86_64-unknown-linux-gnu'");
    place
}

/// A Python 3 of that name on PATH, which calls itself `/py/NAME`.
fn python(place: &Place, name: &str, minor: u32, abiflags: &str) {
    let free_threaded = abiflags.contains('t');
    let does = format!(
        r#"echo '{{"implementation_name": "cpython", "executable": "/py/{name}", "major": 3, "minor": {minor}, "abiflags": "{abiflags}", "interpreter": "cpython", "gil_disabled": {free_threaded}}}'"#
    );
    script(place, name, &does);
}

fn script(place: &Place, name: &str, does: &str) {
    let path = place.root().join("bin").join(name);
    write(&path, &format!("#!/bin/sh\n{does}\n"));
    fs_err::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("the file is ours");
}

/// `cook` where these scripts come first on PATH.
fn cook(place: &Place, args: &[&str]) -> Command {
    let mut larder = fake_cargo::larder(place, &[&["cook"], args].concat());
    let bin = place.root().join("bin");
    larder.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").expect("there is a PATH")));
    larder.env("RUSTC", bin.join("rustc"));
    for name in ["VIRTUAL_ENV", "pythonLocation", "PYO3_PYTHON", "PYO3_CONFIG_FILE"] {
        larder.env_remove(name);
    }
    larder
}

const VARIABLES: [&str; 6] = [
    "PYO3_BUILD_EXTENSION_MODULE",
    "PYO3_CONFIG_FILE",
    "PYO3_ENVIRONMENT_SIGNATURE",
    "PYO3_NO_PYTHON",
    "PYO3_PYTHON",
    "PYTHON_SYS_EXECUTABLE",
];

/// What of maturin's variables cargo was started with.
fn seen(place: &Place) -> Vec<String> {
    let seen = |name: &str| Some(format!("{name}={}", fake_cargo::variable(place, name)?));
    VARIABLES.into_iter().filter_map(seen).collect()
}

/// The same after a cook with these flags.
fn sets(place: &Place, args: &[&str], expected: &[&str]) {
    succeed(place, &mut cook(place, args));
    assert_eq!(seen(place), expected, "cook {}", args.join(" "));
}

#[test]
fn the_variables_are_maturins() {
    let expected = [
        "PYO3_BUILD_EXTENSION_MODULE=1",
        "PYO3_ENVIRONMENT_SIGNATURE=cpython-3.11-64bit",
        "PYO3_PYTHON=/py/python3",
        "PYTHON_SYS_EXECUTABLE=/py/python3",
    ];
    sets(&project("0.26.0", &[]), &["--lib", "--maturin"], &expected);
    sets(&project("0.30.0", &["macros"]), &["--release", "--maturin"], &expected);
}

#[test]
fn without_the_flag_none_is_set() {
    sets(&project("0.30.0", &["abi3-py310"]), &["--release", "--lib"], &[]);
}

#[test]
fn flags_of_the_abi_are_part_of_the_signature() {
    let place = project("0.30.0", &[]);
    python(&place, "python3.14t", 14, "t");
    succeed(&place, &mut cook(&place, &["--maturin=python3.14t"]));
    assert_eq!(seen(&place)[1..3], ["PYO3_ENVIRONMENT_SIGNATURE=cpython-3.14t-64bit", "PYO3_PYTHON=/py/python3.14t"]);
}

/// Returns the interpreter that cargo receives after this change to the environment.
fn chosen(place: &Place, args: &[&str], change: impl FnOnce(&mut Command)) -> Option<String> {
    let mut larder = cook(place, args);
    change(&mut larder);
    succeed(place, &mut larder);
    fake_cargo::variable(place, "PYO3_PYTHON")
}

#[test]
fn the_interpreter_is_the_one_that_maturin_takes() {
    let place = project("0.26.0", &[]);
    for name in ["venv/bin/python", "github/bin/python3", "of-pyo3"] {
        python(&place, name, 12, "");
    }
    let bin = place.root().join("bin");
    let chosen = |args, variables: &[(&str, &str)]| {
        chosen(&place, args, |larder| {
            larder.envs(variables.iter().map(|(name, value)| (name, bin.join(value))));
        })
    };
    let venv = ("VIRTUAL_ENV", "venv");
    let github = ("pythonLocation", "github");
    let pyo3 = ("PYO3_PYTHON", "of-pyo3");
    assert_eq!(chosen(&["--maturin"], &[]).as_deref(), Some("/py/python3"));
    assert_eq!(chosen(&["--maturin"], &[github]).as_deref(), Some("/py/github/bin/python3"));
    assert_eq!(chosen(&["--maturin"], &[github, venv]).as_deref(), Some("/py/venv/bin/python"));
    assert_eq!(chosen(&["--maturin"], &[github, venv, pyo3]).as_deref(), Some("/py/of-pyo3"));
    assert_eq!(chosen(&["--maturin=python3"], &[github, venv, pyo3]).as_deref(), Some("/py/python3"));
    assert_eq!(chosen(&["--maturin"], &[("VIRTUAL_ENV", "gone")]).as_deref(), Some("/py/python3"));
    assert_eq!(chosen(&["--maturin=../bin/of-pyo3"], &[]).as_deref(), Some("/py/of-pyo3"), "seen from here");
}

#[test]
fn a_wheel_for_the_stable_abi_has_maturins_file() {
    let place = project("0.30.0", &["abi3-py310", "abi3-py39"]);
    prepare(&place, &["--release", "--lib"]);
    let file = "target/maturin/pyo3-config-x86_64-unknown-linux-gnu-3.11-abi3.txt";
    let expected = [
        "PYO3_BUILD_EXTENSION_MODULE=1",
        &format!("PYO3_CONFIG_FILE=[DIR]/{file}"),
        "PYO3_ENVIRONMENT_SIGNATURE=cpython-3.11-64bit",
        "PYO3_PYTHON=/py/python3",
        "PYTHON_SYS_EXECUTABLE=/py/python3",
    ];
    sets(&place, &["--maturin"], &expected);
    let text = "implementation=CPython\nversion=3.9\ntarget_abi=CPython-abi3-3.9\nshared=true\nbuild_flags=\nsuppress_build_script_link_lines=false";
    assert_eq!(place.read(file), text);
    // pyo3's build scripts watch its time.
    let modified = || fs_err::metadata(place.dir().join(file)).and_then(|it| it.modified()).expect("it is there");
    let before = modified();
    sets(&place, &["--maturin"], &expected);
    assert_eq!(modified(), before);
}

#[test]
fn pyo3_before_0_29_needs_no_file_for_the_stable_abi() {
    let place = project("0.28.3", &["abi3"]);
    succeed(&place, &mut cook(&place, &["--maturin"]));
    assert_eq!(fake_cargo::variable(&place, "PYO3_CONFIG_FILE"), None);
}

#[test]
fn a_python_too_old_for_the_stable_abi_gives_way_unless_it_is_named() {
    let place = project("0.26.0", &["abi3-py312"]);
    let file = "target/maturin/pyo3-config-x86_64-unknown-linux-gnu-3.12-abi3.txt";
    sets(&place, &["--maturin"], &["PYO3_BUILD_EXTENSION_MODULE=1", &format!("PYO3_CONFIG_FILE=[DIR]/{file}")]);
    let text = "implementation=CPython\nversion=3.12\nshared=true\nabi3=true\nbuild_flags=\nsuppress_build_script_link_lines=false";
    assert_eq!(place.read(file), text);
    succeed(&place, &mut cook(&place, &["--maturin=python3"]));
    assert_eq!(fake_cargo::variable(&place, "PYO3_PYTHON").as_deref(), Some("/py/python3"));
    assert_eq!(fake_cargo::variable(&place, "PYO3_CONFIG_FILE"), None);
}

#[test]
fn a_program_is_no_extension_module() {
    let place = project("0.26.0", &[]);
    for args in [["--bin", "app", "--maturin"], ["--bins", "--maturin", "-q"]] {
        succeed(&place, &mut cook(&place, &args));
        assert_eq!(seen(&place)[0], "PYO3_ENVIRONMENT_SIGNATURE=cpython-3.11-64bit");
    }
}

#[test]
fn a_config_file_of_ones_own_stands_for_an_interpreter() {
    let place = project("0.30.0", &["abi3"]);
    script(&place, "python3", "exit 1");
    succeed(&place, cook(&place, &["--maturin"]).env("PYO3_CONFIG_FILE", "/py/config"));
    assert_eq!(seen(&place), ["PYO3_BUILD_EXTENSION_MODULE=1", "PYO3_CONFIG_FILE=/py/config"]);
}

#[test]
fn without_pyo3_there_is_only_the_interpreter() {
    let place = project("0.26.0", &[]);
    place.write(&[APP]);
    sets(&place, &["--lib", "--maturin"], &["PYTHON_SYS_EXECUTABLE=/py/python3"]);
    sets(&place, &["--bin", "app", "--maturin"], &[]);
}

#[test]
fn the_platform_may_be_named() {
    let place = project("0.26.0", &[]);
    succeed(&place, &mut cook(&place, &["--maturin", "--target", "x86_64-unknown-linux-gnu"]));
    assert_eq!(seen(&place).len(), 4);
}

/// Returns `files` of the recipe of a library with these types, with link-time optimization.
fn files_of_recipe(types: &[&str], args: &[&str]) -> serde_json::Value {
    let place = project("0.26.0", &[]);
    let manifest = place.read("Cargo.toml");
    let more = format!("[lib]\ncrate-type = {types:?}\n[profile.release]\nlto = \"fat\"\n");
    place.write(&["-- Cargo.toml --\n", &manifest, &more]);
    let recipe = prepare(&place, &[&["--release", "--lib"], args].concat());
    let recipe: serde_json::Value = serde_json::from_str(&recipe).expect("it is JSON");
    recipe["files"].clone()
}

#[test]
fn the_types_that_maturin_builds_a_library_as_may_be_told() {
    // maturin starts `cargo rustc --crate-type cdylib` where there are others as well.
    let alone = files_of_recipe(&["cdylib"], &[]);
    assert_ne!(
        files_of_recipe(&["cdylib", "rlib"], &[]),
        alone,
        "what is below a library of two types is built for both"
    );
    assert_eq!(files_of_recipe(&["cdylib", "rlib"], &["--crate-type", "cdylib"]), alone);
}
