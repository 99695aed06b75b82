//! `verify`: one transcript for each reason why a unit is not fresh, each made to happen.
//!
//! cargo itself confirms each: the build that follows compiles what `verify` counted.

use super::{lay_out, run};
use crate::support::oracle::{CARGO, HOST, command};
use crate::support::registry;
use std::path::Path;

/// Two members that select different features, with a build script that watches `RUSTC_WRAPPER` below one of them.
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
}

impl Cooked {
    pub fn with(files: &str, flags: &[&str], env: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        lay_out(files, temp.path());
        run(&CARGO, temp.path(), &["generate-lockfile", "--offline", "--quiet"], &[]);
        let cooked = Cooked { temp };
        cooked.cook(flags, env);
        cooked
    }

    pub fn cook(&self, flags: &[&str], env: &[(&str, &str)]) {
        super::larder(self.dir(), &[&["cook", "--offline"], flags].concat(), env);
    }

    pub fn dir(&self) -> &Path {
        self.temp.path()
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

    /// `verify` says this, and the build compiles as many crates as it says.
    #[track_caller]
    pub fn says(&self, flags: &[&str], env: &[(&str, &str)], expected: &str) {
        let (code, shown, last) = self.verify(flags, env);
        assert_eq!(shown, expected, "{last}");
        assert_eq!(code, Some(1));
        let json = self.verify(&[flags, &["--format=json"]].concat(), env).1;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let mut crates: Vec<String> = json["causes"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|cause| cause["units"].as_array().into_iter().flatten())
            .filter(|unit| unit["kind"] != "run of the build script")
            .map(|unit| unit["package"].as_str().unwrap_or_default().to_owned())
            .collect();
        crates.sort();
        let stale = json["units"]["stale"].as_u64().expect("a number");
        assert!(
            last.starts_with("error: `cargo build") && last.contains(&format!("would compile {stale} of ")),
            "{last}"
        );
        assert_eq!(self.builds(flags, env), crates, "what cargo compiles");
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

#[test]
fn what_was_cooked_for_this_build_is_fresh() {
    let release = Cooked::with(FILES, &["--release"], &[]);
    release.is_fresh(&["--release"], &[]);
    // Times of sources of members decide nothing about third-party units.
    super::set_times(FILES, release.dir(), std::time::SystemTime::now());
    release.is_fresh(&["--release"], &[]);
    // A lockfile that cargo is asked to keep, and one that does not stand there.
    release.is_fresh(&["--release", "--locked"], &[]);
}

/// What `verify` says of a build of `api` if its five units are stale for one reason.
fn all_five(message: &str, what: &str, help: &str) -> String {
    format!("{message}\n    5 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5{what}\nhelp: {help}\n")
}

/// The help for a build with `api` and these flags, after a cook for `cargo build -p api` and those.
fn cook_again(flags: &str, cooked: &str) -> String {
    format!(
        "cook for this build with `cargo larder prepare -p {flags} && cargo larder cook`\nhelp: or build with `cargo build -p {cooked}`"
    )
}

const API: &[&str] = &["-p", "api"];

#[test]
fn another_profile() {
    let cooked = Cooked::with(FILES, API, &[]);
    let says =
        all_five("cooked with profile `dev`, built with profile `release`", "", &cook_again("api --release", "api"));
    cooked.says(&["-p", "api", "--release"], &[], &says);
}

#[test]
fn a_target_that_only_one_of_the_two_names() {
    let with = &["-p", "api", "--target", HOST.as_str()];
    let message = "cooked with no `--target`, built with `--target [HOST]`";
    let says = all_five(message, "", &cook_again("api --target [HOST]", "api"));
    Cooked::with(FILES, API, &[]).says(with, &[], &says);
    let message = "cooked with `--target [HOST]`, built with no `--target`";
    let says = all_five(message, "", &cook_again("api", "api --target [HOST]"));
    Cooked::with(FILES, with, &[]).says(API, &[], &says);
}

#[test]
fn another_command() {
    let cooked = Cooked::with(FILES, &["-p", "api", "--check"], &[]);
    let (code, shown, _) = cooked.verify(API, &[]);
    let message = "cooked for `cargo check -p api`, and this is `cargo build -p api`";
    let help = "cook for this build with `cargo larder prepare -p api && cargo larder cook`\nhelp: or build with `cargo check -p api`";
    let says = format!("{message}\n    3 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5\nhelp: {help}\n");
    assert_eq!((code, shown), (Some(1), says));
}

#[test]
fn other_packages() {
    let says = format!(
        "cooked for `cargo build -p api`, which turns on other features
    1 unit: alpha 1.1.0 with `alloc`, `default`, `std`
cooked for `cargo build -p api`, which does not need these crates
    2 units: omicron 0.9.5+1.2.3, zeta 2.0.0
help: {}
",
        cook_again("web", "api")
    );
    Cooked::with(FILES, API, &[]).says(&["-p", "web"], &[], &says);
}

#[test]
fn another_version_that_was_not_cooked_is_no_change_of_the_lockfile() {
    let files = FILES.replace("omicron = '0.9'", "alpha-old = { package = 'alpha', version = '0.1' }");
    let says = format!(
        "cooked for `cargo build -p api`, which turns on other features
    1 unit: alpha 1.1.0 with `alloc`, `default`, `std`
cooked for `cargo build -p api`, which does not need these crates
    1 unit: alpha 0.1.1
help: {}
",
        cook_again("web", "api")
    );
    Cooked::with(&files, API, &[]).says(&["-p", "web"], &[], &says);
}

#[test]
fn other_features() {
    let says = format!(
        "cooked for `cargo build -p api`, which turns on other features
    1 unit: eta 1.0.0 with `b`
help: {}
",
        cook_again("api --features more", "api")
    );
    Cooked::with(FILES, API, &[]).says(&["-p", "api", "--features", "more"], &[], &says);
}

#[test]
fn a_recipe_that_is_older_than_the_manifests() {
    let cooked = Cooked::with(&FILES.replace("alpha = { version = '1',", "alpha = { version = '=1.0.0',"), API, &[]);
    lay_out(&FILES.replace("eta = '1'", "eta = { version = '1', features = ['b'] }\nomicron = '0.9'"), cooked.dir());
    run(&CARGO, cooked.dir(), &["update", "--offline", "--quiet", "-p", "alpha"], &[]);
    let help = "help: make the recipe anew with `cargo larder prepare -p api && cargo larder cook`\n";
    let says = format!(
        "this build turns on other features than the cooked one
    1 unit: eta 1.0.0 with `b`
the recipe that was cooked does not have these crates
    2 units: omicron 0.9.5+1.2.3, zeta 2.0.0
`Cargo.lock` has other versions than the recipe that was cooked
    1 unit: alpha 1.1.0, cooked was 1.0.0
{help}"
    );
    cooked.says(API, &[], &says);
}

#[test]
fn a_variable_of_the_profile_that_only_one_of_the_two_has() {
    let variable = [("CARGO_PROFILE_DEV_OPT_LEVEL", "1")];
    let settings = |rest: &str| format!("settings of the profile differ: `profile.dev.opt-level` {rest}");
    let says = |message: &str, help: &str| {
        format!(
            "{message}\n    4 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5, and what depends on them\nhelp: {help}\n"
        )
    };
    let message = settings("is `1` by `CARGO_PROFILE_DEV_OPT_LEVEL`, and was not set");
    let help = "give `CARGO_PROFILE_DEV_OPT_LEVEL=1` to the step that cooks, too";
    Cooked::with(FILES, API, &[]).says(API, &variable, &says(&message, help));
    let message = settings("was `1` by `CARGO_PROFILE_DEV_OPT_LEVEL`, and is not set");
    let help = "give `CARGO_PROFILE_DEV_OPT_LEVEL=1` to the build, too";
    Cooked::with(FILES, API, &variable).says(API, &[], &says(&message, help));
}

#[test]
fn a_profile_of_the_manifest_that_was_changed() {
    let cooked = Cooked::with(FILES, API, &[]);
    lay_out(
        &FILES.replacen(
            "resolver = '2'\n",
            "resolver = '2'\n[profile.release]\nlto = true\n[profile.dev]\nopt-level = 1\n",
            1,
        ),
        cooked.dir(),
    );
    let says = "settings of the profile differ: `profile.dev.opt-level` is `1` by `profile.dev.opt-level in Cargo.toml`, and was not set
    4 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5, and what depends on them
help: have `profile.dev.opt-level in Cargo.toml` when cooking, too
";
    cooked.says(API, &[], says);
}

#[test]
fn other_flags_of_rustc() {
    let variable = [("RUSTFLAGS", "-Cdebuginfo=0")];
    let message = "flags of rustc differ: cooked with none, built with `-Cdebuginfo=0`, by `RUSTFLAGS`";
    let says = all_five(message, "", "give `RUSTFLAGS=-Cdebuginfo=0` to the step that cooks, too");
    Cooked::with(FILES, API, &[]).says(API, &variable, &says);
    let message = "flags of rustc differ: cooked with `-Cdebuginfo=0`, by `RUSTFLAGS`, built with none";
    let says = all_five(message, "", "give `RUSTFLAGS=-Cdebuginfo=0` to the build, too");
    Cooked::with(FILES, API, &variable).says(API, &[], &says);
    let cooked = Cooked::with(FILES, API, &[]);
    lay_out("-- .cargo/config.toml --\nbuild.rustflags = ['-Cdebuginfo=0']\n", cooked.dir());
    let message =
        "flags of rustc differ: cooked with none, built with `-Cdebuginfo=0`, by `build.rustflags in cargo's config`";
    let says = all_five(message, "", "have `build.rustflags in cargo's config` when cooking, too");
    cooked.says(API, &[], &says);
}

#[test]
fn nothing_was_cooked() {
    let cooked = Cooked::with(FILES, API, &[]);
    fs_err::remove_dir_all(cooked.dir().join("target")).expect("it is there");
    let help = "cook before it, in the same place, with `cargo larder prepare -p api && cargo larder cook`";
    cooked.says(API, &[], &all_five("nothing was cooked into `target`", "", help));
}
