//! Cargo as the judge: the lockfile it makes and the third-party units that it would build,
//! offline, from the registry of [`super::registry`]. The only module that starts cargo.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::registry;
use super::render::{self, LOCK, Tree};
use super::scope::Scope;
use super::style::Style;
use super::units::Units;
use super::workspace::{Case, Package, Workspace};

/// A case on disk, in a directory of its own.
pub struct OnDisk {
    dir: tempfile::TempDir,
}

/// What cargo wrote on stderr when it refused.
pub type Refusal = String;

/// A command in an environment without cargo variables of whoever runs the tests.
pub fn command(program: impl AsRef<OsStr>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy();
        if (key.starts_with("CARGO") || key.starts_with("RUST")) && key != "RUSTUP_HOME" && key != "RUSTUP_TOOLCHAIN" {
            command.env_remove(&*key);
        }
    }
    command.current_dir(dir).env("CARGO_HOME", registry::cargo_home()).env("RUSTC", &*RUSTC);
    // Nothing is fetched from afar, and to read certificates takes a tenth of cargo's time.
    command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
    // Messages are compared by the sentence, and not by the line.
    command.env("COLUMNS", "10000");
    if std::env::var_os("LARDER_LAYOUT").is_some_and(|it| it == "new") {
        // That of Rust 1.100, which older cargos have behind a flag that only a nightly takes.
        command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_DIR_NEW_LAYOUT", "true");
    }
    command
}

pub static CARGO: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from));

/// The compiler next to cargo, without rustup in between, which would take half of the time.
static RUSTC: LazyLock<PathBuf> = LazyLock::new(|| {
    let beside = CARGO.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    if beside.exists() { beside } else { "rustc".into() }
});

/// Of `rustc -vV`.
pub static HOST: LazyLock<String> = LazyLock::new(|| {
    let text = Command::new(&*RUSTC).arg("-vV").output().expect("rustc starts").stdout;
    let text = String::from_utf8(text).expect("rustc prints UTF-8");
    text.lines().find_map(|it| it.strip_prefix("host: ")).expect("rustc has a host").to_owned()
});

fn cargo(dir: &Path, args: &[&str]) -> Result<String, Refusal> {
    // Cargo keeps what it asks of rustc in a target directory, if there is one.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probes");
    fs_err::create_dir_all(&target).expect("the directory for temporary files is writable");
    let mut command = command(&*CARGO, dir);
    let output =
        command.args(args).env("CARGO_TARGET_DIR", target).env("RUSTC_BOOTSTRAP", "1").output().expect("cargo starts");
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).expect("cargo prints UTF-8"))
    } else {
        Err(format!("cargo {}\n{}", args.join(" "), String::from_utf8_lossy(&output.stderr)))
    }
}

/// Makes the lockfile of the workspace in `dir`.
pub fn lock(dir: &Path) -> Result<(), Refusal> {
    cargo(dir, &["generate-lockfile", "--offline"]).map(drop)
}

/// The third-party units of `cargo build` with these flags in this directory; with `--check`, of
/// `cargo check`.
pub fn units(dir: &Path, args: &[String]) -> Result<Units, Refusal> {
    let is_check = |it: &&String| *it == "--check";
    let mut words = vec![if args.iter().any(|it| is_check(&it)) { "check" } else { "build" }];
    words.extend(args.iter().filter(|it| !is_check(it)).map(String::as_str));
    words.extend(["--offline", "--unit-graph", "-Zunstable-options"]);
    cargo(dir, &words).map(|text| Units::parse(&text))
}

/// The `name version` pairs of a lockfile that come from a registry.
pub fn locked(lockfile: &str) -> BTreeSet<String> {
    let table: toml::Table = lockfile.parse().expect("the lockfile is TOML");
    let packages = table.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let third_party = packages.filter(|it| it.get("source").is_some());
    third_party
        .map(|it| format!("{} {}", it["name"].as_str().unwrap_or(""), it["version"].as_str().unwrap_or("")))
        .collect()
}

impl OnDisk {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory can be made") }
    }

    /// The directory that holds the workspace's.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().join("case")
    }

    /// Returns a path next to it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a workspace with the lockfile that cargo makes for it, which the tree then holds as
    /// well.
    pub fn lay_out(&self, workspace: &Workspace) -> Result<Tree, Refusal> {
        let mut tree = render::tree(workspace);
        tree.write(&self.dir(), &mut Style::plain());
        lock(&self.dir().join("ws"))?;
        let lock = fs_err::read_to_string(self.dir().join(LOCK)).expect("cargo wrote a lockfile");
        tree.texts.insert(LOCK.to_owned(), lock);
        Ok(tree)
    }

    /// Where cargo is called for a scope.
    pub fn cwd(&self, workspace: &Workspace, scope: &Scope) -> PathBuf {
        let member = scope.from_member.as_ref().and_then(|name| workspace.package(name));
        self.dir().join(member.map_or("ws".to_owned(), Package::dir))
    }

    /// The third-party units of the case, as it was written last.
    pub fn units(&self, case: &Case) -> Result<Units, Refusal> {
        units(&self.cwd(&case.workspace, &case.scope), &case.scope.args())
    }
}
