//! The environment of a cook: for its report, and compared with that of another report.
//!
//! In: the build that is about to start, and the file of a report. Out: a [`Machine`], and a
//! warning with the differences. Reads the report and the name of the system, and starts cargo and
//! rustc to read their versions. Writes nothing.

use super::cache;
use crate::cargo;
use crate::config::layers::{self, Layers};
use crate::disk;
use crate::environment::Environment;
use crate::error::{Result, fail};
use crate::report::Report;
use crate::shell;
use crate::store::names;
use crate::target::builds;
use crate::target::machine::{Difference, Kind, Machine, told};
use crate::target::report::FORMAT;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Table;

/// How wide a line of a message is.
const WIDTH: usize = 80;

/// Returns the environment of a build, or `None` if cargo and rustc do not tell their versions.
/// `manifest` is that of the skeleton, which has the profiles.
pub fn of(
    build: &cargo::Build<'_>,
    targets: Vec<String>,
    layers: &Layers,
    manifest: &Table,
    environment: &Environment,
) -> Option<Machine> {
    let mut variables: BTreeMap<_, _> = environment.all().clone();
    variables.extend(build.env.iter().map(|(name, value)| (name.into(), value.clone())));
    let rustc = cache::rustc(&variables, &layers.merged(), &environment.here);
    let versions = cargo::versions(build, rustc.as_deref())?;
    let line = |start: &str| versions.lines().rfind(|line| line.starts_with(start)).map(str::to_owned);
    let settings = builds::settings(layers, environment, manifest);
    let counted = environment.texts().filter(|(name, _)| names::counts(name));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Some(Machine {
        rustc: line("rustc ")?,
        cargo: line("cargo ")?,
        host: line("host: ")?.trim_start_matches("host: ").to_owned(),
        system: system(Path::new("/")),
        targets,
        settings: told(settings.into_iter().map(|(name, setting)| (name, setting.value))),
        variables: told(counted.map(owned)),
        cargo_home: environment.cargo_home().unwrap_or_default().to_string_lossy().into_owned(),
        target_dir: build.target_dir.to_string_lossy().into_owned(),
    })
}

/// Returns the name that the system gives to itself.
fn system(root: &Path) -> String {
    let text =
        ["etc/os-release", "usr/lib/os-release"].iter().find_map(|it| std::fs::read_to_string(root.join(it)).ok());
    let text = text.unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or(std::env::consts::OS, |name| name.trim_matches(['"', '\''])).to_owned()
}

/// The parts of a report that are compared.
#[derive(Debug, Deserialize)]
struct Told {
    format: u32,
    #[serde(default)]
    environment: Option<Machine>,
}

/// Reads the environment in a report.
///
/// # Errors
/// The file is not a report of this format, or has no environment.
pub fn read(file: &Path, here: &Path) -> Result<Machine> {
    let name = file.display();
    let help = "help: write one with `cargo larder cook --report FILE` where the other build runs";
    let text = match std::fs::read_to_string(here.join(file)) {
        Ok(text) => text,
        Err(error) => fail!("cannot read the report `{name}`: {}\n{help}", disk::cause(&error)),
    };
    match serde_json::from_str::<Told>(&text) {
        Ok(Told { format: FORMAT, environment: Some(machine) }) => Ok(machine),
        Ok(Told { format: FORMAT, environment: None }) => fail!("the report `{name}` has no `environment`\n{help}"),
        Ok(Told { format, .. }) => {
            fail!("the report `{name}` has format {format}, and this cargo-larder reads format {FORMAT}\n{help}")
        }
        Err(error) => fail!("`{name}` is not a report of `cook`: {error}\n{help}"),
    }
}

/// Tells how the environment differs from that of the report in `file`.
pub fn tell(file: &Path, differences: &[Difference], report: Report) {
    let name = file.display();
    let (places, others): (Vec<_>, Vec<_>) = differences.iter().partition(|it| it.kind == Kind::Place);
    if others.is_empty() {
        report.done("Compared", &format!("the environment is that of `{name}`"));
    } else {
        let lines = lines(&others);
        let help = help(&others).map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        report.warning(&format!("this build has another environment than `{name}`{lines}{help}"));
    }
    if report.is_verbose() && !places.is_empty() {
        let lines = lines(&places);
        report.note(&format!("a target directory of `{name}` would not fit here{lines}"));
    }
}

/// Returns differences as lines of a message, each after a line feed.
fn lines(differences: &[&Difference]) -> String {
    differences.iter().flat_map(|it| ["\n".to_owned(), line(it)]).collect()
}

/// Returns the lines of a difference.
fn line(difference: &Difference) -> String {
    let shown = |value: &Option<String>| value.as_ref().map_or("not set".to_owned(), |value| format!("`{value}`"));
    let (there, here) = (shown(&difference.there), shown(&difference.here));
    let one = format!("  {}: {there} there, {here} here", difference.what);
    if one.chars().count() <= WIDTH {
        return one;
    }
    format!("  {}:\n    there {there}\n    here  {here}", difference.what)
}

/// Returns a command that leaves fewer differences.
fn help(differences: &[&Difference]) -> Option<String> {
    let (mut unset, mut set, mut toolchain) = (Vec::new(), Vec::new(), None);
    for difference in differences {
        let variable = match difference.kind {
            Kind::Toolchain => {
                toolchain = difference.there.as_deref().and_then(stable);
                continue;
            }
            Kind::Variable => difference.what.clone(),
            Kind::Key if difference.what.starts_with("profile.") => layers::variable(&difference.what),
            _ => continue,
        };
        match &difference.there {
            Some(value) => set.push(format!("{variable}={value}")),
            None => unset.extend(["-u".to_owned(), variable]),
        }
    }
    let env = (!unset.is_empty() || !set.is_empty()).then(|| "env".to_owned());
    let words: Vec<String> = env.into_iter().chain(unset).chain(set).collect();
    (!words.is_empty() || toolchain.is_some()).then(|| {
        let cook = ["cargo".to_owned()].into_iter().chain(toolchain).chain(["larder", "cook"].map(str::to_owned));
        format!("use `{}`, with your flags", shell::line(words.into_iter().chain(cook)))
    })
}

/// Returns how rustup's cargo is told to use a stable release.
fn stable(version: &str) -> Option<String> {
    let version = version.split_whitespace().nth(1)?;
    version.chars().all(|c| c.is_ascii_digit() || c == '.').then(|| format!("+{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(what: &str, there: Option<&str>, here: Option<&str>, kind: Kind) -> Difference {
        Difference { what: what.to_owned(), there: there.map(str::to_owned), here: here.map(str::to_owned), kind }
    }

    #[test]
    fn a_difference_fits_into_the_width_of_a_terminal() {
        let short = difference("CC", Some("clang"), None, Kind::Variable);
        assert_eq!(line(&short), "  CC: `clang` there, not set here");
        let long = "rustc 1.95.0 (0123456789 2026-01-01)";
        let long = difference("rustc", Some(long), Some(long), Kind::Toolchain);
        assert_eq!(line(&long).lines().count(), 3);
        assert!(line(&long).lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn the_help_sets_what_can_be_set() {
        let all = [
            difference("rustc", Some("rustc 1.94.0 (a)"), Some("rustc 1.95.0 (a)"), Kind::Toolchain),
            difference("host", Some("a"), Some("b"), Kind::System),
            difference("RUSTFLAGS", Some("-C x"), None, Kind::Variable),
            difference("CC", None, Some("clang"), Kind::Variable),
            difference("profile.my-ci.lto", Some("thin"), None, Kind::Key),
        ];
        let expected =
            "use `env -u CC 'RUSTFLAGS=-C x' CARGO_PROFILE_MY_CI_LTO=thin cargo +1.94.0 larder cook`, with your flags";
        assert_eq!(help(&all.iter().collect::<Vec<_>>()).as_deref(), Some(expected));
        assert_eq!(help(&[&all[1]]), None);
        assert_eq!(stable("rustc 1.96.0-nightly (a 2026-01-01)"), None);
    }

    #[test]
    fn the_system_is_named_as_it_names_itself() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        assert_eq!(system(temp.path()), std::env::consts::OS);
        fs_err::create_dir_all(temp.path().join("etc")).expect("writable");
        fs_err::write(temp.path().join("etc/os-release"), "NAME=x\nPRETTY_NAME=\"Debian 12\"\n").expect("writable");
        assert_eq!(system(temp.path()), "Debian 12");
    }
}
