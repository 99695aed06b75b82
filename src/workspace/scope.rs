//! The scope of a build: cargo's flags as values.
//!
//! In: the flags of the command line. Out: a [`Scope`], which `select`, `platform`, and `quotient`
//! read. Touches nothing.

use serde::{Deserialize, Serialize};

/// The headings of `cargo build --help`, under which flags are listed here as there.
pub const PACKAGE_SELECTION: &str = "Package Selection";
/// As [`PACKAGE_SELECTION`].
pub const TARGET_SELECTION: &str = "Target Selection";
/// As [`PACKAGE_SELECTION`].
pub const FEATURE_SELECTION: &str = "Feature Selection";
/// As [`PACKAGE_SELECTION`].
pub const COMPILATION_OPTIONS: &str = "Compilation Options";
/// As [`PACKAGE_SELECTION`].
pub const MANIFEST_OPTIONS: &str = "Manifest Options";

/// The flags of `cargo build` that decide what is compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each of cargo's switches")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scope {
    /// Package to build (id spec or glob; repeatable)
    #[arg(help_heading = PACKAGE_SELECTION, short, long, value_name = "SPEC")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub package: Vec<String>,
    /// Build all members of the workspace
    #[arg(help_heading = PACKAGE_SELECTION, long, alias = "all")]
    #[serde(skip_serializing_if = "is_false")]
    pub workspace: bool,
    /// Leave out a package (with --workspace; repeatable)
    #[arg(help_heading = PACKAGE_SELECTION, long, value_name = "SPEC", requires = "workspace")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Build the library only
    #[arg(help_heading = TARGET_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub lib: bool,
    /// Build the binary NAME (glob; repeatable)
    #[arg(help_heading = TARGET_SELECTION, long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bin: Vec<String>,
    /// Build all binaries
    #[arg(help_heading = TARGET_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub bins: bool,
    /// Build the example NAME (glob; repeatable)
    #[arg(help_heading = TARGET_SELECTION, long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub example: Vec<String>,
    /// Build all examples
    #[arg(help_heading = TARGET_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub examples: bool,
    /// Build the integration test NAME (glob; repeatable)
    #[arg(help_heading = TARGET_SELECTION, long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// Build everything that `cargo test` tests
    #[arg(help_heading = TARGET_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub tests: bool,
    /// Build the benchmark NAME (glob; repeatable)
    #[arg(help_heading = TARGET_SELECTION, long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bench: Vec<String>,
    /// Build everything that `cargo bench` runs
    #[arg(help_heading = TARGET_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub benches: bool,
    /// Build all targets
    #[arg(help_heading = TARGET_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub all_targets: bool,
    /// Features to activate (also `package/feature`; repeatable)
    #[arg(help_heading = FEATURE_SELECTION, short = 'F', long, value_name = "FEATURES")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Activate all features of all selected packages
    #[arg(help_heading = FEATURE_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub all_features: bool,
    /// Do not activate the `default` feature of the selected packages
    #[arg(help_heading = FEATURE_SELECTION, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub no_default_features: bool,
    /// Build with the profile `release`
    #[arg(help_heading = COMPILATION_OPTIONS, short, long, conflicts_with = "profile")]
    #[serde(skip)]
    pub release: bool,
    /// Build with the profile NAME
    #[arg(help_heading = COMPILATION_OPTIONS, long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Build for the target TRIPLE (repeatable)
    #[arg(help_heading = COMPILATION_OPTIONS, long, value_name = "TRIPLE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<String>,
    /// Build the library as TYPES, as with `cargo rustc` (comma-separated or repeatable)
    #[arg(help_heading = COMPILATION_OPTIONS, long, value_name = "TYPES", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crate_type: Vec<String>,
    /// Build what `cargo check` needs
    #[arg(help_heading = COMPILATION_OPTIONS, long)]
    #[serde(skip_serializing_if = "is_false")]
    pub check: bool,
    /// Build what `cargo clippy` needs, which is the same
    #[arg(help_heading = COMPILATION_OPTIONS, long)]
    #[serde(skip)]
    pub clippy: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Scope {
    /// Returns the same scope with one spelling for each meaning. `--release` becomes `--profile
    /// release`. `--clippy` becomes `--check`, because clippy's driver compiles only members. Lists
    /// are split and sorted.
    pub fn normalized(mut self) -> Self {
        if std::mem::take(&mut self.release) {
            self.profile = Some("release".to_owned());
        }
        self.check |= std::mem::take(&mut self.clippy);
        let split =
            |text: &String| text.split([',', ' ']).filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        self.features = self.features.iter().flat_map(split).collect();
        for list in [
            &mut self.package,
            &mut self.exclude,
            &mut self.bin,
            &mut self.example,
            &mut self.test,
            &mut self.bench,
            &mut self.features,
            &mut self.target,
            &mut self.crate_type,
        ] {
            list.sort();
            list.dedup();
        }
        self
    }

    /// Returns whether no flag is given.
    pub fn is_empty(&self) -> bool {
        *self == Scope::default()
    }

    /// Returns whether `--bin` is the only flag given, if any. cargo-chef's `prepare` has this flag
    /// too, and allows any flags for `cook`.
    pub fn is_at_most_binaries(&self) -> bool {
        Scope { bin: Vec::new(), ..self.clone() }.is_empty()
    }

    /// Returns whether `other` has every flag of this scope with the same value.
    pub fn is_within(&self, other: &Self) -> bool {
        let others = other.flags();
        self.flags().iter().all(|(flag, value)| others.get(flag) == Some(value))
    }

    /// Returns this scope with the flags of `other`, which replace the same flags here. The flags
    /// that select packages are replaced together.
    pub fn overridden_by(&self, other: &Self) -> Self {
        const PACKAGES: [&str; 3] = ["package", "workspace", "exclude"];
        let mut flags = self.flags();
        let others = other.flags();
        if PACKAGES.iter().any(|flag| others.contains_key(*flag)) {
            flags.retain(|flag, _| !PACKAGES.contains(&flag.as_str()));
        }
        flags.extend(others);
        serde_json::from_value(flags.into()).unwrap_or_else(|_| other.clone())
    }

    /// Returns the flags that are given, by name.
    fn flags(&self) -> serde_json::Map<String, serde_json::Value> {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(flags)) => flags,
            _ => serde_json::Map::new(),
        }
    }

    /// Returns whether flags select targets. If not, cargo builds libraries and binaries.
    pub fn names_targets(&self) -> bool {
        self.lib || self.bins || !self.bin.is_empty() || self.names_dev()
    }

    /// Returns whether `cargo check` checks every target as a test, as it does with the profile
    /// `test` (`exec` in `commands/check.rs`).
    pub fn checks_tests(&self) -> bool {
        self.check && self.profile.as_deref() == Some("test")
    }

    /// Returns whether dev-dependencies count (`CompileFilter::need_dev_deps`).
    pub fn needs_dev(&self) -> bool {
        self.names_dev() || self.checks_tests()
    }

    fn names_dev(&self) -> bool {
        let named = [&self.example, &self.test, &self.bench].into_iter().any(|names| !names.is_empty());
        named || self.examples || self.tests || self.benches || self.all_targets
    }

    /// Returns the cargo command that builds this scope.
    pub fn command(&self) -> &'static str {
        if self.check { "check" } else { "build" }
    }

    /// Returns the flags for that command. Each flag and its value are one word, so that cargo
    /// never takes a value for a flag.
    pub fn to_args(&self) -> Vec<String> {
        let long = |flag: &str| if flag == "-p" { "--package".to_owned() } else { flag.to_owned() };
        self.words(&|flag, value| vec![format!("{}={value}", long(flag))])
    }

    /// Returns the flags as users write them.
    pub fn to_words(&self) -> Vec<String> {
        self.words(&|flag, value| match value.strip_prefix('-') {
            Some(_) if flag == "-p" => vec![format!("--package={value}")],
            Some(_) => vec![format!("{flag}={value}")],
            None => vec![flag.to_owned(), value.to_owned()],
        })
    }

    fn words(&self, with_value: &dyn Fn(&str, &str) -> Vec<String>) -> Vec<String> {
        let mut args = Vec::new();
        let mut list = |flag: &str, values: &[String]| {
            for value in values {
                args.extend(with_value(flag, value));
            }
        };
        list("-p", &self.package);
        list("--exclude", &self.exclude);
        list("--bin", &self.bin);
        list("--example", &self.example);
        list("--test", &self.test);
        list("--bench", &self.bench);
        list("--features", &self.features);
        match self.profile.as_deref() {
            Some("release") => {}
            profile => list("--profile", &profile.map(str::to_owned).into_iter().collect::<Vec<_>>()),
        }
        list("--target", &self.target);
        list("--crate-type", &self.crate_type);
        let release = self.release || self.profile.as_deref() == Some("release");
        let switches = [
            ("--workspace", self.workspace),
            ("--lib", self.lib),
            ("--bins", self.bins),
            ("--examples", self.examples),
            ("--tests", self.tests),
            ("--benches", self.benches),
            ("--all-targets", self.all_targets),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--release", release),
        ];
        args.extend(switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned()));
        args
    }
}
