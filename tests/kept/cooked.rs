//! A workspace that was cooked, for the tests of `verify`.

use super::{lay_out, run};
use crate::support::oracle::{CARGO, HOST, command};
use crate::support::registry;
use std::path::Path;

/// Two members that select different features, with a build script that watches `RUSTC_WRAPPER`
/// below one of them.
pub const FILES: &str = "-- Cargo.toml --
[workspace]
members = ['api', 'web']
resolver = '2'
-- api/Cargo.toml --
[package]
name = 'api'
version = '0.1.0'
edition = '2021'
[features]
more = ['eta/b']
[dependencies]
alpha = { version = '1', default-features = false }
eta = '1'
lambda = '0.2'
-- api/src/main.rs --
fn main() {}
-- web/Cargo.toml --
[package]
name = 'web'
version = '0.1.0'
edition = '2021'
[dependencies]
alpha = { version = '1', features = ['alloc'] }
omicron = '0.9'
-- web/src/main.rs --
fn main() {}
";

/// A workspace with a lockfile, as it was cooked.
pub struct Cooked {
    temp: tempfile::TempDir,
    /// Where cargo and `verify` are called.
    at: std::path::PathBuf,
}

impl Cooked {
    pub fn with(files: &str, flags: &[&str], env: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(files, temp.path());
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline", "--quiet"], &[]);
        let cooked = Cooked { at: temp.path().to_owned(), temp };
        cooked.cook(flags, env);
        cooked
    }

    pub fn cook(&self, flags: &[&str], env: &[(&str, &str)]) {
        super::larder(self.dir(), &[&["cook", "--offline"], flags].concat(), env);
    }

    pub fn dir(&self) -> &Path {
        &self.at
    }

    pub fn root(&self) -> &Path {
        self.temp.path()
    }

    /// The same workspace, called in a directory of it.
    pub fn below(self, dir: &str) -> Self {
        Cooked { at: self.temp.path().join(dir), ..self }
    }

    /// The exit code, stdout, and the last line of stderr.
    pub fn verify(&self, flags: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String, String) {
        let mut larder = command(env!("CARGO_BIN_EXE_cargo-larder"), self.dir());
        larder.args(["larder", "verify", "--offline"]).args(flags).envs(env.iter().copied());
        let output = larder.output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let last = text(&output.stderr).lines().last().unwrap_or_default().trim_start().to_owned();
        let home = registry::cargo_home().to_string_lossy();
        let shown = text(&output.stdout).replace(&*self.dir().to_string_lossy(), "[DIR]").replace(&*home, "[HOME]");
        let shown = shown.replace(HOST.as_str(), "[HOST]");
        (output.status.code(), shown, last)
    }

    /// `verify` finds all fresh, and so does cargo.
    #[track_caller]
    pub fn is_fresh(&self, flags: &[&str], env: &[(&str, &str)]) {
        let (code, shown, last) = self.verify(flags, env);
        assert_eq!((code, shown.as_str()), (Some(0), ""), "{last}");
        assert!(last.starts_with("Verified `cargo build") && last.ends_with("third-party units fresh"), "{last}");
        assert_eq!(self.builds(flags, env), [""; 0]);
    }

    /// `verify` says this, and the build compiles what it lists.
    #[track_caller]
    pub fn says(&self, flags: &[&str], env: &[(&str, &str)], expected: &str) {
        let (code, shown, last) = self.verify(flags, env);
        assert_eq!(shown, expected, "{last}");
        assert_eq!(code, Some(1));
        let stale = self.agrees(flags, env);
        assert!(
            last.starts_with("error: `cargo build") && last.contains(&format!("would compile {stale} of ")),
            "{last}"
        );
    }

    /// The build compiles what `verify` lists; gives the number of units that it lists.
    #[track_caller]
    pub fn agrees(&self, flags: &[&str], env: &[(&str, &str)]) -> u64 {
        let json = self.verify(&[flags, &["--format=json"]].concat(), env).1;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let causes = json["causes"].as_array().into_iter().flatten();
        let units = causes.flat_map(|cause| cause["units"].as_array().into_iter().flatten());
        let crates = units.filter(|unit| unit["kind"] != "run of the build script");
        let mut crates: Vec<&str> = crates.filter_map(|unit| unit["package"].as_str()).collect();
        crates.sort_unstable();
        assert_eq!(self.builds(flags, env), crates, "what cargo compiles, and what `verify` lists");
        json["units"]["stale"].as_u64().expect("a number")
    }

    /// The names of the third-party crates that cargo then compiles, one for each unit.
    pub fn builds(&self, flags: &[&str], env: &[(&str, &str)]) -> Vec<String> {
        let args = [&["build", "--offline", "--message-format=json"], flags].concat();
        let output = run(&CARGO, self.dir(), &args, env);
        let mut compiled = Vec::new();
        for message in cargo_metadata::Message::parse_stream(output.stdout.as_slice()) {
            if let Ok(cargo_metadata::Message::CompilerArtifact(artifact)) = message {
                let id = artifact.package_id.repr;
                if !artifact.fresh && !id.starts_with("path+") {
                    let (url, fragment) = id.rsplit_once('#').expect("an id");
                    let name = fragment.split_once('@').map_or(url, |(name, _)| name);
                    compiled.push(name.to_owned());
                }
            }
        }
        compiled.sort();
        compiled
    }
}

/// The flags of a build of `api`.
pub const API: &[&str] = &["-p", "api"];

/// What `verify` says if all five units of `api` have one reason.
pub fn all_five(message: &str, what: &str, help: &str) -> String {
    format!("{message}\n    5 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5{what}\nhelp: {help}\n")
}
