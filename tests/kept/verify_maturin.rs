//! `verify --maturin`: whether the build that maturin runs is fresh. A crate stands for pyo3, and a
//! script for Python.

use super::store::{registry, text};
use super::{CARGO, command, lay_out, run};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Its build script watches what maturin sets.
const PYO3: &str = r#"-- Cargo.toml --
build = 'build.rs'
[features]
abi3 = []
-- build.rs --
fn main() {
    for name in ["PYO3_PYTHON", "PYO3_BUILD_EXTENSION_MODULE", "PYO3_CONFIG_FILE"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
}
-- src/lib.rs --
"#;

const FILES: &str = "-- Cargo.toml --
[package] letters
[lib]
crate-type = ['cdylib']
[features]
stable = ['pyo3/abi3']
[dependencies]
pyo3 = '1'
-- src/lib.rs --
";

fn python(bin: &Path, name: &str) {
    let answer = format!(
        r#"{{"implementation_name": "cpython", "executable": "/py/{name}", "major": 3, "minor": 11, "abiflags": "", "interpreter": "cpython", "gil_disabled": false}}"#
    );
    fs_err::create_dir_all(bin).expect("writable");
    fs_err::write(bin.join(name), format!("#!/bin/sh\necho '{answer}'\n")).expect("writable");
    fs_err::set_permissions(bin.join(name), PermissionsExt::from_mode(0o755)).expect("the file is ours");
}

#[test]
fn what_maturin_sets_counts_with_the_flag_and_not_without() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (home, bin, dir) = (temp.path().join("home"), temp.path().join("bin"), temp.path().join("app"));
    registry(&home, &[("pyo3", PYO3)]);
    for name in ["python3", "python3.9"] {
        python(&bin, name);
    }
    lay_out(FILES, &dir);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("there is a PATH"));
    let env = [("CARGO_HOME", text(&home)), ("PATH", path.as_str())];
    run(&CARGO, &dir, &["generate-lockfile", "--offline"], &env);
    let verify = |flags: &[&str]| {
        let mut larder = command(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), &dir);
        larder.args(["larder", "verify", "--offline", "--lib"]).args(flags).envs(env);
        let output = larder.output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let cook = |flags: &[&str]| super::larder(&dir, &[&["cook", "--offline", "--lib"], flags].concat(), &env);

    cook(&["--maturin"]);
    let (code, shown, said) = verify(&["--maturin"]);
    assert_eq!((code, shown.as_str()), (Some(0), ""), "{said}");
    let (code, shown, _) = verify(&[]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("a build script watches `PYO3_"), "{shown}");
    let help = "help: if maturin runs the build, give `--maturin` to `verify` and to `cook`\n";
    assert!(shown.ends_with(help), "{shown}");
    // Another interpreter, by its path.
    let (code, shown, _) = verify(&["--maturin=python3.9"]);
    assert_eq!(code, Some(1));
    assert!(shown.starts_with("a build script watches `PYO3_PYTHON`"), "{shown}");
    assert!(shown.ends_with("help: cook for maturin with `cargo larder cook --lib --maturin=python3.9`\n"), "{shown}");
    // For a stable ABI, maturin writes a file. `verify` does not.
    let (code, shown, _) = verify(&["--maturin", "--features", "stable"]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("cargo larder cook --features stable --lib --maturin`"), "{shown}");
    assert!(!dir.join("target/maturin").exists(), "verify wrote");
    cook(&["--maturin", "--features", "stable"]);
    assert!(dir.join("target/maturin").exists(), "cook wrote it");
    let (code, shown, said) = verify(&["--maturin", "--features", "stable"]);
    assert_eq!((code, shown.as_str()), (Some(0), ""), "{said}");
}
