//! The surroundings of a cook, as far as units depend on them.
//!
//! In: the variables and the configuration of cargo, and the versions of its compiler. Out:
//! [`Surroundings`]: a digest for every unit, and one for units that see the system. STORE.md has a
//! table of both, with a reason for each row.

use super::system::{self, Looks};
use crate::digest::Digest;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What is known before cargo starts.
pub struct Known<'a> {
    /// The variables that cargo will have.
    pub variables: BTreeMap<OsString, OsString>,
    /// The merged configuration.
    pub config: &'a Table,
    /// `rustc -vV` and `cargo -vV`.
    pub versions: String,
    /// Asks rustc for a native processor.
    pub native: &'a dyn Fn() -> Option<String>,
    /// cargo's home as a canonical path.
    pub cargo_home: PathBuf,
    /// The directory of cargo's units.
    pub target_dir: PathBuf,
    /// The root of the project.
    pub root: &'a Path,
}

/// The surroundings of a cook.
pub struct Surroundings {
    /// What every unit depends on.
    pub common: Digest,
    /// What a unit depends on if it sees the system: it runs during the build, or it is linked.
    pub system: Digest,
    /// cargo's home.
    pub cargo_home: PathBuf,
    /// The directory of cargo's units.
    pub target_dir: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    /// `[env]` of the configuration.
    env: Table,
}

impl Surroundings {
    /// Collects the surroundings. Starts the compilers and linkers that it finds, to read their
    /// versions.
    pub fn look(known: Known<'_>) -> Self {
        let env = known.config.get("env").and_then(Value::as_table).cloned().unwrap_or_default();
        let flags = flags(&known);
        let is_native = flags.iter().any(|flag| flag.contains("native"));
        let mut common = vec![
            format!("format {}", super::record::FORMAT),
            known.versions.clone(),
            known.cargo_home.to_string_lossy().into_owned(),
        ];
        common.extend(programs_between(&known));
        common.extend(flags.iter().flat_map(|flag| files_in(flag, known.root)));
        // Another processor is another target.
        common.extend(is_native.then(|| (known.native)().unwrap_or_default()));
        let looks = Looks {
            variables: &known.variables,
            env: &env,
            linkers: linkers(known.config),
            target_dir: &known.target_dir,
            root: Path::new("/"),
        };
        let system = Digest::of_parts(system::lines(&looks));
        let Known { variables, cargo_home, target_dir, .. } = known;
        Surroundings { common: Digest::of_parts(common), system, cargo_home, target_dir, variables, env }
    }

    /// Returns a digest of everything but variables and files that single units name.
    pub fn digest(&self) -> Digest {
        let dir = self.target_dir.as_os_str().as_encoded_bytes();
        Digest::of_parts([self.common.as_str().as_bytes(), self.system.as_str().as_bytes(), dir])
    }

    /// Returns the digest of a variable's value for a compiler or a build script, or `None` if
    /// nobody sets it. Both the process and `[env]` count, because either may win.
    pub fn variable(&self, name: &str) -> Option<Digest> {
        let process = self.variables.get(OsStr::new(name)).map(|value| value.as_encoded_bytes().to_vec());
        let config = self.env.get(name).map(ToString::to_string);
        if process.is_none() && config.is_none() {
            return None;
        }
        let parts =
            [process.map(|it| [b"process ", &it[..]].concat()), config.map(|it| format!("config {it}").into_bytes())];
        Some(Digest::of_parts(parts.into_iter().flatten()))
    }
}

/// Programs that cargo calls instead of rustc or together with it, and settings that change rustc.
fn programs_between(known: &Known<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for name in ["RUSTC", "RUSTC_WRAPPER", "RUSTC_BOOTSTRAP"] {
        let value = known.variables.get(OsStr::new(name)).map(|it| it.to_string_lossy().into_owned());
        lines.push(format!("{name} {}", value.unwrap_or_default()));
    }
    let build = known.config.get("build").and_then(Value::as_table);
    for key in ["rustc", "rustc-wrapper"] {
        let value = build.and_then(|build| build.get(key)).map(ToString::to_string);
        lines.push(format!("{key} {}", value.unwrap_or_default()));
    }
    lines
}

/// Flags for compilers, wherever they are set: for rustc, and for the `cc` crate.
fn flags(known: &Known<'_>) -> Vec<String> {
    let of_variables = known.variables.iter().filter(|(name, _)| name.to_string_lossy().contains("FLAGS"));
    let mut flags: Vec<String> = of_variables.map(|(_, value)| value.to_string_lossy().into_owned()).collect();
    below(&Value::Table(known.config.clone()), &["rustflags", "CFLAGS", "CXXFLAGS"], false, &mut flags);
    flags
}

/// Returns the linkers that the configuration names.
fn linkers(config: &Table) -> Vec<String> {
    let mut linkers = Vec::new();
    below(&Value::Table(config.clone()), &["linker"], false, &mut linkers);
    linkers
}

/// Returns all strings in keys of these names and below.
fn below(value: &Value, keys: &[&str], is_below: bool, found: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                below(value, keys, is_below || keys.contains(&key.as_str()), found);
            }
        }
        Value::Array(array) => array.iter().for_each(|value| below(value, keys, is_below, found)),
        Value::String(text) if is_below => found.push(text.clone()),
        _ => {}
    }
}

/// Returns the files that flags name, such as a linker script or a profile. cargo compares only
/// their paths.
fn files_in(flags: &str, root: &Path) -> Vec<String> {
    let words = flags.split(|c: char| c.is_whitespace() || "=,\x1f\"'".contains(c)).filter(|word| !word.is_empty());
    let files = words.map(|word| (word, root.join(word))).filter(|(word, path)| *word != "." && path.is_file());
    let digest = |path: &Path| std::fs::read(path).map(|bytes| Digest::of(&bytes).to_string()).unwrap_or_default();
    files.map(|(word, path)| format!("{word} {}", digest(&path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<'a>(variables: &[(&str, &str)], config: &'a Table, native: &'a dyn Fn() -> Option<String>) -> Known<'a> {
        Known {
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            config,
            versions: "rustc 1.95.0".to_owned(),
            native,
            cargo_home: PathBuf::from("/home/.cargo"),
            target_dir: PathBuf::from("/app/target"),
            root: Path::new("/app"),
        }
    }

    fn common(variables: &[(&str, &str)], config: &str) -> Digest {
        let config = config.parse().expect("it is TOML");
        Surroundings::look(known(variables, &config, &|| Some("avx2".to_owned()))).common
    }

    #[test]
    fn each_row_of_the_key_that_every_unit_has_counts() {
        let table = Table::new();
        let none = || None;
        let plain = || known(&[], &table, &none);
        let of = |known: Known<'_>| Surroundings::look(known).common;
        let base = of(plain());
        assert_eq!(base, of(plain()));
        assert_ne!(base, of(Known { versions: "rustc 1.96.0".to_owned(), ..plain() }));
        assert_ne!(base, of(Known { cargo_home: PathBuf::from("/elsewhere/.cargo"), ..plain() }));
        assert_eq!(base, of(Known { target_dir: PathBuf::from("/b/target"), ..plain() }), "only units that name it");
        assert_ne!(base, common(&[("RUSTC_WRAPPER", "sccache")], ""));
        assert_ne!(base, common(&[], "[build]\nrustc-wrapper = 'sccache'"));
        assert_ne!(base, common(&[("RUSTC_BOOTSTRAP", "1")], ""));
        assert_eq!(base, common(&[("HOSTNAME", "ci-17")], ""));
    }

    #[test]
    fn a_native_processor_is_part_of_the_key_where_flags_name_it() {
        let native = [("RUSTFLAGS", "-C target-cpu=native")];
        let table = Table::new();
        let of =
            |features: &'static str| Surroundings::look(known(&native, &table, &|| Some(features.to_owned()))).common;
        assert_ne!(of("avx2"), of("avx512f"));
        assert_ne!(common(&[], "[target.x]\nrustflags = ['-Ctarget-cpu=native']"), common(&[], ""));
    }

    #[test]
    fn files_that_flags_name_count_by_content() {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        let file = temp.path().join("profile.data");
        let flags = format!("-Cprofile-use={} -O", file.display());
        let of = |content: &str| {
            fs_err::write(&file, content).expect("writable");
            common(&[("RUSTFLAGS", &flags)], "")
        };
        assert_ne!(of("1"), of("2"));
    }

    #[test]
    fn a_variable_counts_wherever_it_is_set() {
        let of = |variables: &[(&str, &str)], config: &str| {
            let config = config.parse().expect("it is TOML");
            Surroundings::look(known(variables, &config, &|| None)).variable("SALT")
        };
        let all = [
            of(&[], ""),
            of(&[("SALT", "")], ""),
            of(&[("SALT", "1")], ""),
            of(&[], "[env]\nSALT = '1'"),
            of(&[("SALT", "1")], "[env]\nSALT = { value = '1', force = true }"),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
    }
}
