//! What `cook` shows of cargo's lines.

use super::{larder, lay_out, run};
use crate::support::oracle::{CARGO, command};
use std::path::Path;

/// One of the host and one of the target, so that there are several stubs.
const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
[build-dependencies]
buildkit = '1'
-- build.rs --
fn main() {}
-- src/main.rs --
fn main() {}
";

fn laid_out(files: &str) -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline", "--quiet"], &[]);
    temp
}

fn cook(dir: &Path, flags: &[&str], env: &[(&str, &str)]) -> String {
    larder(dir, &[&["cook", "--offline"], flags].concat(), env)
}

#[test]
fn nothing_is_told_of_stubs_and_all_else_once() {
    let temp = laid_out(FILES);
    for (flags, verb) in [(&[][..], "Compiling"), (&["--check"], "Checking"), (&["--release", "--tests"], "Compiling")]
    {
        let said = cook(temp.path(), flags, &[]);
        assert!(!said.contains("larder-stub") && !said.contains("scratch"), "{said}");
        assert!(!said.contains("Finished") && !said.contains('\x1b'), "{said}");
        assert!(said.contains(&format!("{verb} alpha v1.")), "{said}");
        // cargo may wait several times for what other tests hold.
        let mut lines: Vec<&str> = said.lines().filter(|line| !line.contains("Blocking")).collect();
        let all = lines.len();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), all, "repeated: {said}");
    }
}

#[test]
fn colours_are_as_they_are_asked_for_and_verbose_tells_all() {
    let temp = laid_out(FILES);
    let said = cook(temp.path(), &["--color=always"], &[]);
    assert!(said.contains("Compiling\x1b[0m alpha v1.") && !said.contains("larder-stub"), "{said:?}");
    let said = cook(temp.path(), &["--release"], &[("CARGO_TERM_COLOR", "always")]);
    assert!(said.contains("Compiling\x1b[0m alpha v1.") && !said.contains("larder-stub"), "{said:?}");
    let said = cook(temp.path(), &["-v"], &[]);
    assert!(said.contains("larder-stub"), "{said}");
}

/// `script`, of util-linux, makes a terminal for a command.
#[test]
fn on_a_terminal_lines_about_stubs_are_left_out_and_colours_stay() {
    let temp = laid_out(FILES);
    let mut script = command(Path::new("script"), temp.path());
    script.args(["-qec", &format!("'{}' cook --offline", env!("CARGO_BIN_EXE_cargo-larder")), "/dev/null"]);
    script.env("TERM", "xterm").stdin(std::process::Stdio::null());
    let Ok(output) = script.output() else {
        eprintln!("left out: `script`, which makes a terminal, is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Compiling\x1b[0m alpha v1."), "{said:?}");
    assert!(!said.contains("larder-stub v") && !said.contains("Finished"), "{said:?}");
}

/// What `cook` says after `prepare` with these flags, which cargo refuses.
fn refused(files: &str, prepare: &[&str], cook: &[&str]) -> String {
    let temp = laid_out(&files.replace(", features = ['nope']", ""));
    lay_out(files, temp.path());
    larder(temp.path(), &[&["prepare"], prepare].concat(), &[]);
    let mut command = command(Path::new(env!("CARGO_BIN_EXE_cargo-larder")), temp.path());
    let output = command.args(["larder", "cook", "--offline"]).args(cook).output().expect("it starts");
    assert_eq!(output.status.code(), Some(101));
    String::from_utf8(output.stderr).expect("messages are UTF-8")
}

#[test]
fn who_asks_for_a_feature_that_a_crate_does_not_have_is_told_in_one_line_after_cargos() {
    let in_manifest = FILES.replace("alpha = '1'", "alpha = { version = '1', features = ['nope'] }");
    let asks = "\nnote: package `app` asks for feature `nope` of `alpha`\n";
    let said = refused(&in_manifest, &[], &[]);
    assert!(said.ends_with(asks) && said.matches("does not have").count() == 1, "{said}");
    let flag = "\nnote: `--features alpha/nope` asks for feature `nope` of `alpha`\n";
    let said = refused(FILES, &[], &["--features", "alpha/nope"]);
    assert!(said.ends_with(flag), "{said}");
    let scoped = "\nnote: the recipe asks for feature `nope` of `alpha`, as a manifest of the workspace or `--features` did when it was prepared\n";
    let said = refused(FILES, &["--features", "alpha/nope"], &[]);
    assert!(said.ends_with(scoped), "{said}");
}
