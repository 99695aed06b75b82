//! A Python that `cook --maturin` cannot use.

use super::APP;
use super::common::{Place, write};
use std::os::unix::fs::PermissionsExt;

/// `cook --maturin=PYTHON` with these flags exits with code 1 and this text on stderr. `does` is
/// the body of `./python`.
fn refused(does: &str, args: &[&str], stderr: &str) {
    let place = Place::new(&[APP]);
    let python = place.dir().join("python");
    write(&python, &format!("#!/bin/sh\n{does}\n"));
    fs_err::set_permissions(&python, PermissionsExt::from_mode(0o755)).expect("the file is ours");
    let ended = place.run(place.larder(&[&["cook"], args].concat()).env_remove("PYO3_PYTHON"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), stderr), "cook {}", args.join(" "));
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    for name in ["no-such-python", "./no-such-python"] {
        let expected = format!(
            "\
error: could not find the Python interpreter `{name}`
help: name the interpreter that maturin will build for, as in `--maturin=python3.12`
"
        );
        refused("", &[&format!("--maturin={name}")], &expected);
    }
}

#[test]
fn an_interpreter_that_fails_is_named_with_what_it_said() {
    let expected = "\
error: the Python interpreter `./python` failed (exit status: 3)

Caused by:
  no json here
  at all
help: name the interpreter that maturin will build for, as in `--maturin=python3.12`
";
    refused("printf 'no json here\\nat all\\n' >&2; exit 3", &["--maturin=./python"], expected);
}

#[test]
fn a_program_that_is_no_interpreter_is_named() {
    let expected = "\
error: `./python` does not answer as a Python interpreter: expected value at line 1 column 1
help: name the interpreter that maturin will build for, as in `--maturin=python3.12`
";
    refused("echo hello", &["--maturin=./python"], expected);
}

#[test]
fn another_platform_is_named_beside_this_one() {
    let place = Place::new(&[APP]);
    let rustc = place.dir().join("rustc");
    write(&rustc, "#!/bin/sh\necho 'host: x86_64-unknown-linux-gnu'\n");
    fs_err::set_permissions(&rustc, PermissionsExt::from_mode(0o755)).expect("the file is ours");
    let args = ["cook", "--maturin", "--target", "aarch64-unknown-linux-gnu"];
    let ended = place.run(place.larder(&args).env("RUSTC", rustc));
    let expected = "\
error: `--maturin` cannot cook for `aarch64-unknown-linux-gnu`: it knows only what maturin sets for `x86_64-unknown-linux-gnu`, which this is
help: leave `--maturin` out, and set the variables that maturin sets yourself
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}
