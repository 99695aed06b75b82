//! All layers of cargo's configuration, in cargo's order.
//!
//! In: what the caller sets (variables, `--config`, `-Z`), and the merged config files of the
//! project. Out: [`Layers`], which return the value of a key and the layer that sets it. Reads the
//! files that `--config` names and the config of cargo's home. Writes nothing.
//!
//! A key can be set in five places: a config file of the project, a config file of cargo's home, a
//! `CARGO_…` variable, `--config`, and `-Z` for a key of `[unstable]`. Only files of the project
//! travel in a recipe.

use super::walk::{keys, put};
use super::{file, map_paths, map_variable, merge};
use crate::environment::Environment;
use crate::error::Result;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What the caller sets.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The surroundings of the process.
    pub environment: Environment,
    /// The values of `--config`.
    pub config: Vec<String>,
    /// The values of `-Z`.
    pub unstable: Vec<String>,
    /// The top of the project, if [`files`](super::files) must not search for it, because the
    /// project is an unpacked recipe.
    pub top: Option<PathBuf>,
}

/// The layer that sets a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--config`.
    CommandLine,
    /// `-Z`.
    Unstable,
    /// A variable.
    Variable,
    /// A config file of the project.
    Project,
    /// The config file of cargo's home.
    Home,
}

/// The configuration, with the strongest layer first. Every path is absolute, or relative to the
/// same directory as the project's paths.
#[derive(Clone, Debug, Default)]
pub struct Layers(Vec<(Origin, Table)>);

/// The keys that this crate reads and that a variable can set. Profiles are looked up by name
/// (`workspace::profile`).
const OF_VARIABLES: &[&str] = &[
    "build.artifact-dir",
    "build.build-dir",
    "build.rustc-wrapper",
    "build.target",
    "build.target-dir",
    "resolver.feature-unification",
    "resolver.lockfile-path",
    "unstable.feature-unification",
];

impl Layers {
    /// Collects all layers. `project` is the merged config of the project.
    ///
    /// # Errors
    /// A config file is not TOML.
    pub fn read(given: &Given, project: Table) -> Result<Self> {
        Ok(Layers(vec![
            (Origin::Unstable, of_unstable(&given.unstable)),
            (Origin::CommandLine, of_command_line(&given.config, &given.environment.here)?),
            (Origin::Variable, of_variables(&given.environment)),
            (Origin::Project, project),
            (Origin::Home, of_home(&given.environment)?),
        ]))
    }

    /// Returns the value of a key and its layer. Of a list, this is the strongest part.
    /// [`Layers::merged`] joins all parts.
    pub fn get(&self, key: &str) -> Option<(&Value, &Origin)> {
        self.0.iter().find_map(|(origin, table)| Some((value(table, key)?, origin)))
    }

    /// Returns the text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.0.as_str()
    }

    /// Returns whether features unify over all members, selected or not. So far, this needs `-Z
    /// feature-unification` (`Workspace::load_workspace_config` in cargo's `core/workspace.rs`).
    pub fn unify_over_workspace(&self) -> bool {
        let key = |table: &str| self.get(&format!("{table}.feature-unification")).map(|(value, _)| value);
        key("unstable").and_then(Value::as_bool) == Some(true)
            && key("resolver").and_then(Value::as_str) == Some("workspace")
    }

    /// Returns whether a layer other than the project's files sets the key.
    pub fn is_given(&self, key: &str) -> bool {
        self.beside().any(|(_, table)| value(table, key).is_some())
    }

    /// Returns the layers that do not travel.
    pub fn beside(&self) -> impl Iterator<Item = (&Origin, &Table)> {
        self.0.iter().filter(|(origin, _)| *origin != Origin::Project).map(|(origin, table)| (origin, table))
    }

    /// Returns the table that cargo makes of all layers.
    pub fn merged(&self) -> Table {
        let mut merged = Table::new();
        self.0.iter().for_each(|(_, table)| merge(&mut merged, table.clone()));
        merged
    }
}

/// Returns how a message names a key and the layer that sets it.
pub fn spelled(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::CommandLine => format!("--config {key}"),
        Origin::Unstable => format!("-Z {}", key.rsplit('.').next().unwrap_or(key)),
        Origin::Variable => variable(key),
        Origin::Project | Origin::Home => key.to_owned(),
    }
}

/// Returns the variable of a key (`ConfigKey::push` in cargo's `util/context/key.rs`).
pub fn variable(key: &str) -> String {
    format!("CARGO_{}", key.replace(['.', '-'], "_").to_uppercase())
}

fn value<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let below = table.get(first)?;
    rest.map_or(Some(below), |rest| value(below.as_table()?, rest))
}

/// Returns the flags of `-Z` as cargo stores them (`CliUnstable::add` in cargo's
/// `core/features.rs`).
fn of_unstable(flags: &[String]) -> Table {
    let mut table = Table::new();
    for flag in flags {
        let (name, value) = flag.split_once('=').unwrap_or((flag, "yes"));
        let value = match value {
            "yes" => Value::Boolean(true),
            "no" => Value::Boolean(false),
            text => text.into(),
        };
        put(&mut table, &["unstable".to_owned(), name.to_owned()], value);
    }
    table
}

fn of_variables(environment: &Environment) -> Table {
    let mut table = Table::new();
    for key in OF_VARIABLES {
        let name = variable(key);
        let Some(text) = environment.text(&name) else { continue };
        let absolute = |path: &str| environment.here.join(path).to_string_lossy().into_owned();
        let text = map_variable(&name, text, &absolute);
        let path: Vec<String> = keys(key).into_iter().map(str::to_owned).collect();
        put(&mut table, &path, text.parse().map_or(Value::String(text), Value::Boolean));
    }
    table
}

/// Returns the values of `--config` with absolute paths. Later ones win (`cli_args_as_table` in
/// cargo's `util/context/mod.rs`). Invalid values are ignored, because cargo refuses them.
fn of_command_line(config: &[String], here: &Path) -> Result<Table> {
    let mut merged = Table::new();
    for value in config {
        let mut table = of_value(value, here)?;
        merge(&mut table, merged);
        merged = table;
    }
    Ok(merged)
}

/// Returns one value of `--config`, or the content of the file that it names, with absolute paths.
///
/// # Errors
/// The file is not TOML.
pub fn of_value(value: &str, here: &Path) -> Result<Table> {
    let path = here.join(value);
    let (table, base) = match value.parse() {
        _ if path.is_file() => (file::file(&path, here)?, path.parent().and_then(Path::parent)),
        parsed => (parsed.ok(), Some(here)),
    };
    let mut table = table.unwrap_or_default();
    absolute(&mut table, base.unwrap_or(here));
    Ok(table)
}

fn of_home(environment: &Environment) -> Result<Table> {
    let Some(home) = environment.cargo_home() else { return Ok(Table::new()) };
    let Some(path) = file::NAMES_AT_HOME.map(|name| home.join(name)).into_iter().find(|path| path.is_file()) else {
        return Ok(Table::new());
    };
    let mut table = file::file(&path, &environment.here)?.unwrap_or_default();
    absolute(&mut table, home.parent().unwrap_or(&home));
    Ok(table)
}

/// Makes the paths of a config absolute.
pub fn absolute(table: &mut Table, base: &Path) {
    map_paths(table, &|path| base.join(path).to_string_lossy().into_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        variables: &[(&str, &str)],
        config: &[&str],
        unstable: &[&str],
        key: &str,
        expected: Option<(&str, Origin)>,
    ) {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let environment = Environment::with(variables);
        let given = Given { environment, config: owned(config), unstable: owned(unstable), top: None };
        let project =
            "[build]\ntarget-dir = 'project'\n[unstable]\nfeature-unification = false\n".parse().expect("TOML");
        let layers = Layers::read(&given, project).expect("no file is read");
        let found = layers.get(key).map(|(value, origin)| (value.to_string(), origin.clone()));
        assert_eq!(found, expected.map(|(value, origin)| (value.to_owned(), origin)));
    }

    #[test]
    #[cfg_attr(windows, ignore = "its paths are those of Unix")]
    fn the_command_line_wins_over_a_variable_and_that_over_files() {
        let variable = ("CARGO_BUILD_TARGET_DIR", "variable");
        check(&[], &[], &[], "build.target-dir", Some(("\"project\"", Origin::Project)));
        check(&[variable], &[], &[], "build.target-dir", Some(("\"/here/variable\"", Origin::Variable)));
        let config = ["build.target-dir='first'", "build.target-dir='last'"];
        check(&[variable], &config, &[], "build.target-dir", Some(("\"/here/last\"", Origin::CommandLine)));
        check(&[], &[], &[], "build.build-dir", None);
    }

    #[test]
    fn an_unstable_flag_has_all_spellings() {
        let key = "unstable.feature-unification";
        check(&[], &[], &["feature-unification"], key, Some(("true", Origin::Unstable)));
        let variable = ("CARGO_UNSTABLE_FEATURE_UNIFICATION", "true");
        check(&[variable], &[], &[], key, Some(("true", Origin::Variable)));
        check(&[], &["unstable.feature-unification=true"], &[], key, Some(("true", Origin::CommandLine)));
        check(&[], &[], &[], key, Some(("false", Origin::Project)));
    }
}
