//! The toolchain that a project names cooks it (catalogue 4). Needs rustup and a second toolchain.
//! Without them, these tests print a note and pass.

use super::lay_out;
use crate::support::oracle::{HOST, command};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const APP: &str = "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
-- src/main.rs --
fn main() {}
";

/// rustup, and two toolchains with different compilers: the default one and another.
struct Rustup {
    /// Where `cargo` is rustup's proxy.
    proxies: PathBuf,
    default: String,
    other: String,
}

impl Rustup {
    fn find() -> Option<Self> {
        let name = format!("rustup{}", std::env::consts::EXE_SUFFIX);
        let path = std::env::var_os("PATH")?;
        let home =
            std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let dirs = home.map(|home| home.join("bin")).into_iter().chain(std::env::split_paths(&path));
        let proxies = dirs.into_iter().find(|dir| dir.join(&name).is_file())?;
        let rustup = proxies.join(&name);
        let ask = |program: &Path, args: &[&str]| {
            let output = command(program, Path::new(".")).env_remove("RUSTUP_TOOLCHAIN").args(args).output().ok()?;
            String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
        };
        let short = |name: &str| name.trim_end_matches(&**HOST).trim_end_matches('-').to_owned();
        let compiler = |toolchain: &str| ask(&rustup, &["run", toolchain, "rustc", "-vV"]);
        let default = short(ask(&rustup, &["default"])?.split_whitespace().next()?);
        let list = ask(&rustup, &["toolchain", "list"])?;
        let mut others = list.lines().filter_map(|line| line.split_whitespace().next()).map(short);
        let other =
            others.find(|it| *it != default && compiler(it).is_some_and(|it| Some(it) != compiler(&default)))?;
        Some(Rustup { proxies, default, other })
    }

    /// `cargo …`, as a shell would start it.
    fn cargo(&self, dir: &Path, args: &[&str], toolchain: Option<&str>) -> String {
        self.cargo_with(dir, args, &toolchain.map(|it| ("RUSTUP_TOOLCHAIN", it)).into_iter().collect::<Vec<_>>())
    }

    /// `cargo-larder …`, not started by cargo.
    fn larder(&self, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
        self.run(env!("CARGO_BIN_EXE_cargo-larder").into(), dir, args, env)
    }

    fn cargo_with(&self, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
        self.run(self.proxies.join(format!("cargo{}", std::env::consts::EXE_SUFFIX)), dir, args, env)
    }

    fn run(&self, program: PathBuf, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
        let own =
            Path::new(env!("CARGO_BIN_EXE_cargo-larder")).parent().expect("a program stands in a directory").to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs = [own, self.proxies.clone()].into_iter().chain(std::env::split_paths(&path));
        let mut command: Command = command(program, dir);
        command.args(args).env("PATH", std::env::join_paths(dirs).expect("directories can be joined"));
        command.env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        command.envs(env.iter().copied());
        let Output { status, stderr, .. } = command.output().expect("cargo starts");
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        assert!(status.success(), "cargo {args:?}\n{stderr}");
        stderr
    }
}

/// Prepares where the file is, cooks where it is not, and gives the directory, to which the project
/// then comes.
fn cooked(rustup: &Rustup, file: &str, cook: &[&str], toolchain: Option<&str>) -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (source, place) = (temp.path().join("source"), temp.path().join("place"));
    lay_out(APP, &source);
    rustup.cargo(&source, &["generate-lockfile", "--offline"], None);
    lay_out(file, &source);
    rustup.cargo(&source, &["larder", "prepare", "--release"], None);
    fs_err::create_dir_all(&place).expect("writable");
    fs_err::copy(source.join("recipe.json"), place.join("recipe.json")).expect("it was written");
    rustup.cargo(&place, cook, toolchain);
    lay_out(APP, &place);
    lay_out(file, &place);
    fs_err::copy(source.join("Cargo.lock"), place.join("Cargo.lock")).expect("it was written");
    temp
}

fn compiles(rustup: &Rustup, temp: &tempfile::TempDir, build: &[&str]) -> bool {
    rustup.cargo(&temp.path().join("place"), build, None).contains("Compiling alpha")
}

const COOK: &[&str] = &["larder", "cook", "--offline"];
const BUILD: &[&str] = &["build", "--release", "--offline"];

fn with_two_toolchains(test: impl Fn(&Rustup)) {
    match Rustup::find() {
        Some(rustup) => test(&rustup),
        None => println!("not tested: there is no rustup, or no second toolchain"),
    }
}

#[test]
fn the_toolchain_file_of_a_recipe_decides() {
    with_two_toolchains(|rustup| {
        let other = &rustup.other;
        for file in [
            format!("-- rust-toolchain.toml --\n[toolchain]\nchannel = '{other}'\n"),
            format!("-- rust-toolchain --\n{other}\n"),
        ] {
            let temp = cooked(rustup, &file, COOK, None);
            assert!(!compiles(rustup, &temp, BUILD), "{file}");
        }
    });
}

#[test]
fn the_toolchain_of_the_command_line_wins_over_the_file() {
    with_two_toolchains(|rustup| {
        let file = format!("-- rust-toolchain.toml --\n[toolchain]\nchannel = '{}'\n", rustup.other);
        let plus = format!("+{}", rustup.default);
        let temp = cooked(rustup, &file, &[&[plus.as_str()], COOK].concat(), None);
        assert!(!compiles(rustup, &temp, &[&[plus.as_str()], BUILD].concat()));
        assert!(compiles(rustup, &temp, BUILD), "the two toolchains do the same, so this shows nothing");
    });
}

#[test]
fn the_toolchain_of_the_environment_wins_over_the_file() {
    with_two_toolchains(|rustup| {
        let file = format!("-- rust-toolchain.toml --\n[toolchain]\nchannel = '{}'\n", rustup.other);
        let temp = cooked(rustup, &file, COOK, Some(&rustup.default));
        assert!(!compiles(rustup, &temp, &[&[format!("+{}", rustup.default).as_str()], BUILD].concat()));
    });
}

#[test]
fn a_toolchain_of_the_command_line_is_kept_without_a_file() {
    with_two_toolchains(|rustup| {
        let plus = format!("+{}", rustup.other);
        let temp = cooked(rustup, "", &[&[plus.as_str()], COOK].concat(), None);
        assert!(!compiles(rustup, &temp, &[&[plus.as_str()], BUILD].concat()));
        assert!(compiles(rustup, &temp, BUILD), "the two toolchains do the same, so this shows nothing");
    });
}

/// A home of rustup with the same toolchains, in which `dir` has an override.
#[cfg(unix)]
fn home_with_override(home: &Path, dir: &Path, rustup: &Rustup) {
    let output =
        command(rustup.proxies.join("rustup"), Path::new(".")).args(["show", "home"]).output().expect("it starts");
    let real = PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim_end());
    fs_err::create_dir_all(home).expect("writable");
    fs_err::os::unix::fs::symlink(real.join("toolchains"), home.join("toolchains")).expect("writable");
    let full = |name: &str| format!("{name}-{}", *HOST);
    let dir = fs_err::canonicalize(dir).expect("it is there");
    let settings = format!(
        "version = '12'\ndefault_toolchain = '{}'\n[overrides]\n'{}' = '{}'\n",
        full(&rustup.default),
        dir.display(),
        full(&rustup.other)
    );
    fs_err::write(home.join("settings.toml"), settings).expect("writable");
}

#[test]
#[cfg(unix)]
fn an_override_of_the_directory_wins_over_the_file_for_cook_too() {
    with_two_toolchains(|rustup| {
        let file = format!("-- rust-toolchain.toml --\n[toolchain]\nchannel = '{}'\n", rustup.default);
        for (file, called) in [(file.as_str(), true), ("", true), (file.as_str(), false), ("", false)] {
            let temp = tempfile::tempdir().expect("a temporary directory can be made");
            let (home, dir) = (temp.path().join("rustup"), temp.path().join("place"));
            lay_out(APP, &dir);
            lay_out(file, &dir);
            home_with_override(&home, &dir, rustup);
            let text = home.to_string_lossy();
            let env = [("RUSTUP_HOME", &*text)];
            rustup.cargo_with(&dir, &["generate-lockfile", "--offline"], &env);
            if called {
                rustup.cargo_with(&dir, &[COOK, &["--release"]].concat(), &env);
            } else {
                rustup.larder(&dir, &[COOK, &["--release"]].concat(), &env);
            }
            let built = rustup.cargo_with(&dir, BUILD, &env);
            assert!(!built.contains("Compiling alpha"), "{file}\nby cargo: {called}\n{built}");
        }
    });
}
