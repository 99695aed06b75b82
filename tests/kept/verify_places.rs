//! `verify` finds the units where cargo has them, and says where a mount hides them.

use super::cooked::{API, Cooked, FILES, all_five};
use super::run;
use super::verify_machine::VENDORED;
use crate::support::oracle::CARGO;
use crate::support::registry;
use std::path::Path;

/// A build directory is where the units are.
#[test]
fn a_build_directory_of_its_own() {
    let env = [("CARGO_BUILD_BUILD_DIR", "{workspace-root}/build/{workspace-path-hash}")];
    let cooked = Cooked::with(FILES, API, &env);
    cooked.is_fresh(API, &env);
    let (code, shown, _) = cooked.verify(API, &[]);
    assert!(code == Some(1) && shown.starts_with("nothing was cooked into `target`\n"), "{shown}");
    run(&CARGO, cooked.dir(), &["build", "--offline", "-p", "api"], &env);
    cooked.is_fresh(API, &env);
}

/// cargo resolves paths of a config from the directory of the config, even if it is called in a
/// member.
#[test]
fn directories_of_the_config_where_a_member_is_built() {
    let config = "-- .cargo/config.toml --\nbuild.target-dir = 'out'\nbuild.build-dir = '{workspace-root}/build'\n";
    let cooked = Cooked::with(&[FILES, config].concat(), API, &[]).below("api");
    cooked.is_fresh(&[], &[]);
    assert!(cooked.root().join("build/debug").is_dir() && !cooked.dir().join("build").exists());
}

/// cargo finds the files that a build script watches again where the directory of units is now.
#[cfg(unix)]
#[test]
fn a_target_directory_that_was_copied_elsewhere() {
    let watch = "println!(\"cargo:rerun-if-changed=data.txt\")";
    let made = "let made = std::path::Path::new(&std::env::var_os(\"OUT_DIR\").unwrap()).join(\"made\"); \
        std::fs::write(&made, \"\").unwrap(); println!(\"cargo:rerun-if-changed={}\", made.display())";
    for files in [VENDORED, &VENDORED.replace(watch, made)] {
        let cooked = Cooked::with(files, &["--target-dir", "warm"], &[]);
        if files == VENDORED {
            cooked.is_fresh(&["--target-dir", "warm"], &[]);
        }
        run(Path::new("cp"), cooked.dir(), &["-a", "warm", "target"], &[]);
        let stale = cooked.agrees(&[], &[]);
        assert!(stale == 0 || files != VENDORED, "{stale}");
    }
}

/// As in a container: a cook into the image, and then a mount in front of it.
#[cfg(target_os = "linux")]
#[test]
fn a_mount_that_hides_what_was_cooked() {
    use std::os::unix::fs::MetadataExt;
    let temp = Cooked::with(FILES, API, &[]);
    let device = |path: &Path| fs_err::metadata(path).expect("it is there").dev();
    let may = std::process::Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|it| it.status.success());
    if !may || device(temp.dir()) != device(Path::new("/")) {
        eprintln!("skipped: this needs root, unshare, and temporary files on the file system of the root");
        return;
    }
    let home = temp.dir().join("home");
    fs_err::create_dir(&home).expect("writable");
    fs_err::copy(registry::cargo_home().join("config.toml"), home.join("config.toml")).expect("it is there");
    fs_err::write(home.join(".larder-cooked"), format!("{}\n", temp.dir().join("target").display())).expect("writable");
    let script = "mount --bind /etc/hosts /etc/hosts; mount -t tmpfs none target; exec \"$@\"";
    let mut command = crate::support::oracle::command("unshare", temp.dir());
    command.args([
        "-m",
        "sh",
        "-ec",
        script,
        "sh",
        env!("CARGO_BIN_EXE_cargo-larder"),
        "larder",
        "verify",
        "--offline",
    ]);
    let output = command.args(API).env("CARGO_HOME", home).output().expect("it starts");
    let says = all_five(
        "a mount hides what was cooked into `target`",
        "",
        "have the same mount in the step that cooks, or leave it out here",
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), says);
    assert_eq!(output.status.code(), Some(1));
}
