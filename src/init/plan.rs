//! What the files say, before they are text.
//!
//! In: the command line, the choice of programs, the facts of the disk, and the crates of the
//! build. Out: a [`Plan`], from which every file is written. Touches nothing.

use super::choose::Choice;
use super::facts::Facts;
use super::image::{Images, images};
use super::need::{Crates, Needs, System, needs};
use super::wheel::Wheel;
use crate::cli::init::{Base, Init};
use crate::shell;
use std::collections::BTreeMap;

/// What the files say.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program that the image runs.
    pub main: String,
    /// All programs of the image.
    pub binaries: Vec<String>,
    /// The flags of the build, without the profile, as a shell reads them; with a space in front.
    pub flags: String,
    /// The profile.
    pub profile: String,
    /// `--target`.
    pub target: Option<String>,
    /// What the image is based on.
    pub base: Base,
    /// The images of the stages.
    pub images: Images,
    /// What is installed.
    pub needs: Needs,
    /// Variables of the build, each with its reason.
    pub variables: Vec<(&'static str, &'static str, &'static str)>,
    /// Flags for rustc that the style needs, with the reason.
    pub rustflags: Option<(&'static str, &'static str)>,
    /// Variables of the program.
    pub environment: Vec<(&'static str, String)>,
    /// Whether compiled units go to a cache mount.
    pub cache_mount: bool,
    /// Whether programs are stripped.
    pub strip: bool,
    /// What the disk says.
    pub facts: Facts,
    /// Names for `.dockerignore`, each with its reason.
    pub ignored: BTreeMap<String, &'static str>,
    /// The wheel that maturin builds instead of programs, and the directory of its package.
    pub wheel: Option<(Wheel, String)>,
    /// What the user may want to know.
    pub notes: Vec<String>,
}

/// Crates whose build scripts ask git about the commit.
const READ_GIT: &[&str] =
    &["vergen", "vergen-git2", "vergen-gix", "vergen-gitcl", "git-version", "git-version-macro", "shadow-rs"];

/// Crates that read `.env` when they compile.
const READ_ENV: &[&str] = &["dotenv_codegen", "dotenvy_macro"];

/// Returns the plan.
pub fn plan(args: &Init, choice: &Choice, facts: Facts, crates: &Crates) -> Plan {
    let system = match args.base {
        Base::Debian | Base::Distroless => System::Debian,
        Base::Alpine => System::Alpine,
        Base::Scratch => System::Static,
    };
    let needs = needs(crates, system);
    let words = choice.scope.to_words();
    let mut notes = choice.notes.clone();
    notes.extend(of_needs(&needs));
    let links = !needs.run.is_empty();
    let loads = needs.build.iter().any(|need| need.why.contains("libclang"));
    let rustflags = match args.base {
        Base::Alpine if links || loads => {
            Some(("-C target-feature=-crt-static", "A static program cannot link or load shared libraries."))
        }
        _ => None,
    };
    if args.base == Base::Scratch && loads {
        notes.push(
            "a static build on Alpine cannot load libclang, so this image may not build; `--base alpine` avoids that"
                .to_owned(),
        );
    }
    Plan {
        main: choice.main.clone(),
        binaries: choice.binaries.clone(),
        flags: if words.is_empty() { String::new() } else { format!(" {}", shell::line(&words)) },
        profile: args.profile.clone(),
        target: args.target.clone(),
        base: args.base,
        images: images(args.base, &facts),
        variables: variables(args.base, &facts, crates),
        rustflags,
        environment: environment(&facts, crates),
        cache_mount: args.cache_mount,
        strip: !facts.keeps_symbols && args.target.is_none() && args.profile != "dev",
        ignored: ignored(&facts, crates),
        needs,
        wheel: None,
        facts,
        notes,
    }
}

/// What could not be known about the system.
fn of_needs(needs: &Needs) -> Vec<String> {
    let mut notes = Vec::new();
    if !needs.build.is_empty() {
        let packages: Vec<&str> = needs.build.iter().map(|need| need.package.as_str()).collect();
        notes.push(format!(
            "installs packages of the system for {}; Cargo.lock does not tell which features of third-party crates are active, so some may be needless",
            packages.join(", ")
        ));
    }
    if !needs.unknown.is_empty() {
        notes.push(format!(
            "these crates may need packages of the system that are not known here: {}\nhelp: add what they need to the `base` and `runtime` stages",
            needs.unknown.join(", ")
        ));
    }
    notes
}

/// The variables that crates read when they compile.
fn variables(base: Base, facts: &Facts, crates: &Crates) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut variables = Vec::new();
    let is_saved = |path: &String| matches!(path.rsplit('/').next(), Some(".sqlx" | "sqlx-data.json"));
    if crates.has("sqlx") && facts.reads.keys().any(is_saved) {
        variables.push(("SQLX_OFFLINE", "true", "sqlx checks queries with the saved data, not with a database."));
    }
    if base == Base::Scratch && crates.has("openssl-sys") {
        variables.push(("OPENSSL_STATIC", "1", "openssl-sys links archives."));
    }
    if base == Base::Scratch && crates.has("pkg-config") {
        variables.push(("PKG_CONFIG_ALL_STATIC", "1", "pkg-config names archives."));
    }
    variables
}

/// The variables that the program reads.
fn environment(facts: &Facts, crates: &Crates) -> Vec<(&'static str, String)> {
    let port = |port: u16| ("ROCKET_PORT", port.to_string());
    if crates.has("rocket") {
        let named = facts.port.as_ref().filter(|_| !facts.serves.iter().any(|name| name == "Rocket.toml"));
        return std::iter::once(("ROCKET_ADDRESS", "0.0.0.0".to_owned()))
            .chain(named.map(|(it, _)| port(*it)))
            .collect();
    }
    Vec::new()
}

/// What the context leaves out.
fn ignored(facts: &Facts, crates: &Crates) -> BTreeMap<String, &'static str> {
    const ALWAYS: &[(&str, &str)] = &[
        ("**/.DS_Store", "of desktops"),
        ("**/.idea", "of editors"),
        ("**/.vscode", "of editors"),
        ("**/__pycache__", "of Python"),
        ("**/.venv", "of Python"),
        ("**/node_modules", "of JavaScript"),
        ("**/*.rs.bk", "of rustfmt"),
        (".dockerignore", "of container builds"),
        ("Dockerfile*", "of container builds"),
        ("Containerfile*", "of container builds"),
        ("compose*.y*ml", "of container builds"),
        ("docker-compose*.y*ml", "of container builds"),
        (".github", "of CI"),
        (".gitlab-ci.yml", "of CI"),
    ];
    let mut ignored: BTreeMap<String, &'static str> =
        ALWAYS.iter().map(|(pattern, why)| ((*pattern).to_owned(), *why)).collect();
    ignored.insert("**/target".to_owned(), "of cargo; this one would replace the cooked one");
    if !facts.target_dir.starts_with('/') && facts.target_dir != "target" && !facts.target_dir.starts_with("..") {
        ignored.insert(format!("**/{}", facts.target_dir), "of cargo; this one would replace the cooked one");
    }
    ignored.insert("**/recipe.json".to_owned(), "of cargo-larder; each build makes its own");
    if !READ_GIT.iter().any(|name| crates.has(name)) {
        ignored.insert(".git".to_owned(), "of git; large, and changes with each commit");
    }
    if !READ_ENV.iter().any(|name| crates.has(name)) {
        ignored.insert("**/.env".to_owned(), "that may be secret");
        ignored.insert("**/.env.*".to_owned(), "that may be secret");
    }
    ignored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_built_files_stay_out_of_the_context() {
        let ignored = ignored(&Facts { target_dir: "out".to_owned(), ..Facts::default() }, &Crates::default());
        for pattern in ["**/target", "**/out", ".git", "**/.env", "**/recipe.json"] {
            assert!(ignored.contains_key(pattern), "{pattern}");
        }
    }
}
