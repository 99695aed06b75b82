//! cargo-larder as cargo's wrapper: the compiler that compiles no stub.
//!
//! In: the command line of a compiler. Out: nothing for a stub, else the compiler's own run, unchanged, through the user's
//! wrapper if there is one. And, for `cook`, what cargo has to be told to call this program. Alone it is the wrapper of the
//! workspace: cargo hands it members only, and its probes of the compiler (`RUSTC_WORKSPACE_WRAPPER` in cargo's
//! reference). It takes the place of the wrapper of all crates before a wrapper of the user's, which must never see a stub;
//! and where local packages are carried, since the wrapper of the workspace is part of what a compiled member is called
//! (`compute_metadata` in cargo's `compilation_files.rs`).
//!
//! A stub is known by where it stands: cargo tells a compiler the directory of the package in `CARGO_MANIFEST_DIR`
//! (`fill_rustc_env` in its `core/compiler/compilation.rs`), also where the arguments are in a file (`@path`). Names tell nothing.

use super::place::Wrapper;
use crate::cli;
use crate::error::{Result, fail};
use crate::path;
use crate::recipe::skeleton::{self, Files};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use toml::{Table, Value};

/// cargo's names of the environment variables that make a program its wrapper.
const OF_WORKSPACE: &str = "RUSTC_WORKSPACE_WRAPPER";
const OF_ALL: &str = "RUSTC_WRAPPER";
/// Our names of those that hold the directory of the skeleton, which makes this program a wrapper; the names of the
/// directories of the stubs in it; the user's wrapper, or nothing; and the directory that the project is compiled in.
const SKELETON: &str = "CARGO_LARDER_SKELETON";
const STUBS: &str = "CARGO_LARDER_STUBS";
const USERS: &str = "CARGO_LARDER_RUSTC_WRAPPER";
const ROOT: &str = "CARGO_LARDER_ROOT";

/// The directory in the skeleton that holds the link to this program, where no file of the skeleton is.
const MARK: &str = ".larder";

/// What cargo is told.
pub struct Told {
    /// Environment variables.
    pub env: Vec<(String, OsString)>,
    /// Flags.
    pub args: Vec<String>,
}

/// A skeleton that a wrapper has to know.
#[derive(Clone, Copy)]
pub struct Skeleton<'a> {
    /// Its files.
    pub files: &'a Files,
    /// Where they stand, as cargo names it.
    pub dir: &'a Path,
}

impl Skeleton<'_> {
    fn variables(self) -> Vec<(String, OsString)> {
        let stubs: Vec<String> = skeleton::stubs(self.files).into_iter().collect();
        vec![(SKELETON.to_owned(), self.dir.into()), (STUBS.to_owned(), stubs.join("/").into())]
    }

    /// A directory in it that no file claims.
    fn free_dir(self) -> PathBuf {
        let is_taken = |name: &str| self.files.keys().any(|file| file.split('/').next() == Some(name));
        let mut name = MARK.to_owned();
        while is_taken(&name) {
            name.push('-');
        }
        self.dir.join(name)
    }
}

/// Makes this program cargo's only wrapper, of members.
///
/// # Errors
/// The system does not say where this program stands.
pub fn of_workspace(skeleton: Skeleton<'_>) -> Result<Told> {
    let mut env = skeleton.variables();
    env.push((OF_WORKSPACE.to_owned(), own_path()?.into()));
    Ok(Told { env, args: Vec::new() })
}

/// Where this program stands.
fn own_path() -> Result<PathBuf> {
    match std::env::current_exe() {
        Ok(path) => Ok(path),
        Err(error) => fail!(
            "cannot find out where this program stands, which cargo has to call: {error}\nhelp: call it by its path, on a system with `/proc`"
        ),
    }
}

/// Refuses a wrapper of the user's that is not there, which cargo would name by a path of the scratch directory; and this
/// program, which would call itself for ever.
///
/// # Errors
/// It is one of these.
pub fn refuse_unusable(user: &Wrapper, here: &Path) -> Result<()> {
    let real = |path: PathBuf| std::fs::canonicalize(path).ok();
    let program = Path::new(&user.program);
    let path = if program.components().count() > 1 {
        real(here.join(program))
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let suffix = std::env::consts::EXE_SUFFIX;
        let names = [program.to_owned(), PathBuf::from(format!("{}{suffix}", program.display()))];
        let found = std::env::split_paths(&path).flat_map(|dir| names.clone().map(|name| here.join(&dir).join(name)));
        found.into_iter().find(|path| path.is_file()).and_then(real)
    };
    if path.is_none() && cfg!(unix) {
        fail!(
            "could not find `{}`, which is named as the wrapper of the compiler\nhelp: install it, `unset {OF_ALL}`, or remove `build.rustc-wrapper` from cargo's config",
            path::display(program, here)
        );
    }
    if path.is_some() && path == std::env::current_exe().ok().and_then(real) {
        fail!(
            "`{}` is cargo-larder itself, and is named as the wrapper of the compiler\nhelp: `unset {OF_ALL}`, or remove `build.rustc-wrapper` from cargo's config",
            program.display()
        );
    }
    Ok(())
}

/// Makes this program the wrapper of all crates, which calls the user's. Build scripts see a program of the same name (the `cc` crate goes
/// by it), and cargo remembers of `RUSTC_WRAPPER` what the user has there: `[env]` counts where it compares variables that
/// build scripts watch (`LocalFingerprint::from_env` in cargo's `fingerprint/mod.rs`).
///
/// # Errors
/// The scratch directory cannot be written to.
pub fn of_all(user: Option<Wrapper>, config: &mut Table, skeleton: Skeleton<'_>, root: &Path) -> Result<Told> {
    let user = user.unwrap_or(Wrapper { program: OsString::new() });
    let name = Path::new(&user.program).file_name().unwrap_or(OsStr::new("cargo-larder"));
    let own = link(&skeleton.free_dir(), name)?;
    let env = [(USERS, user.program.clone()), (ROOT, root.into())];
    let mut told = Told { env: skeleton.variables(), args: Vec::new() };
    told.env.extend(env.map(|(name, value)| (name.to_owned(), value)));
    // Set to nothing, it wins over the config, too.
    if let Some(value) = std::env::var_os(OF_ALL) {
        told.env.push((OF_ALL.to_owned(), own));
        let watched = [("value", Value::from(value.to_string_lossy().into_owned())), ("force", true.into())];
        let watched = Table::from_iter(watched.map(|(key, value)| (key.to_owned(), value)));
        if let Value::Table(env) = config.entry("env").or_insert_with(|| Table::new().into()) {
            env.insert(OF_ALL.to_owned(), watched.into());
        }
    } else {
        let own = Value::from(own.to_string_lossy().into_owned());
        told.args = vec![format!("--config=build.rustc-wrapper={own}")];
    }
    Ok(told)
}

/// This program under another name.
#[cfg(unix)]
fn link(dir: &Path, name: &OsStr) -> Result<OsString> {
    fs_err::create_dir_all(dir)?;
    let path = dir.join(name);
    fs_err::os::unix::fs::symlink(own_path()?, &path)?;
    Ok(path.into())
}

/// A link needs a privilege there.
#[cfg(not(unix))]
fn link(dir: &Path, _: &OsStr) -> Result<OsString> {
    fs_err::create_dir_all(dir)?;
    Ok(own_path()?.into())
}

/// Whether these arguments, with which this program was started, are those of a compiler: `cook` is above, and the first is the
/// program that cargo wants to be run.
pub fn is_called(args: &[OsString]) -> bool {
    std::env::var_os(SKELETON).is_some() && args.get(1).is_some_and(|first| !cli::is_first(first))
}

/// Runs the compiler, unless it is asked for a stub.
pub fn run(args: &[OsString]) -> ExitCode {
    let package = of_skeleton();
    if package.as_ref().is_some_and(|dir| is_stub(dir)) {
        return ExitCode::SUCCESS;
    }
    let users = std::env::var_os(USERS).filter(|users| !users.is_empty());
    let mut words = users.into_iter().chain(args.iter().skip(1).cloned());
    let program = words.next().unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(&program);
    command.args(words).args(package.and_then(|_| remapped()));
    match replace(&mut command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: failed to run `{}`: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}

/// The directory, in the skeleton, of the package that is compiled; none for one of elsewhere, and for cargo's probes.
fn of_skeleton() -> Option<PathBuf> {
    let (package, skeleton) = (std::env::var_os("CARGO_MANIFEST_DIR")?, std::env::var_os(SKELETON)?);
    Path::new(&package).strip_prefix(skeleton).ok().map(Path::to_owned)
}

fn is_stub(dir: &Path) -> bool {
    let stubs = std::env::var(STUBS).unwrap_or_default();
    dir.to_str().is_some_and(|dir| stubs.split('/').any(|stub| stub == dir))
}

/// A carried package is compiled in the scratch directory (`path_args` in cargo's `compiler/mod.rs`), and its debug
/// information has to name the project's. What its build script has compiled stands elsewhere.
fn remapped() -> Option<OsString> {
    let (root, here) = (std::env::var_os(ROOT)?, std::env::current_dir().ok()?);
    let is_scratch = std::env::var_os(SKELETON).is_some_and(|skeleton| Path::new(&skeleton) == here);
    is_scratch.then(|| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(here);
        flag.push("=");
        flag.push(root);
        flag
    })
}

#[cfg(unix)]
fn replace(command: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn replace(command: &mut Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
