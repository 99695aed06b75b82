//! The scope of one build: cargo's own flags, as data.

use std::collections::BTreeSet;

use super::workspace::{Package, Workspace};

#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each of cargo's switches")]
pub struct Scope {
    pub packages: Selection,
    pub targets: Vec<TargetFlag>,
    pub features: Vec<String>,
    pub all_features: bool,
    pub no_default_features: bool,
    pub profile: Option<String>,
    pub target: bool,
    /// Whether it is `cargo check`.
    pub check: bool,
    /// The member in whose directory cargo is called, if not the root.
    pub from_member: Option<String>,
    /// Whether `prepare` is told the host as well.
    pub host: Host,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Host {
    Told,
    #[default]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Selection {
    #[default]
    Default,
    Workspace {
        exclude: Vec<String>,
    },
    Packages(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum TargetFlag {
    Lib,
    Bins,
    Tests,
    Examples,
    Benches,
    AllTargets,
    Bin(String),
    Test(String),
    Example(String),
}

pub const TARGET: &str = "x86_64-unknown-linux-gnu";

impl Scope {
    /// The flags of a build, empty for what a plain `cargo build` selects; `--check` is no flag of
    /// cargo's.
    pub fn args(&self) -> Vec<String> {
        let mut args = Vec::new();
        let mut push = |words: &[&str]| args.extend(words.iter().map(|&it| it.to_owned()));
        match &self.packages {
            Selection::Default => {}
            Selection::Workspace { exclude } => {
                push(&["--workspace"]);
                for name in exclude {
                    push(&["--exclude", name]);
                }
            }
            Selection::Packages(names) => {
                for name in names {
                    push(&["-p", name]);
                }
            }
        }
        for target in &self.targets {
            match target {
                TargetFlag::Lib => push(&["--lib"]),
                TargetFlag::Bins => push(&["--bins"]),
                TargetFlag::Tests => push(&["--tests"]),
                TargetFlag::Examples => push(&["--examples"]),
                TargetFlag::Benches => push(&["--benches"]),
                TargetFlag::AllTargets => push(&["--all-targets"]),
                TargetFlag::Bin(name) => push(&["--bin", name]),
                TargetFlag::Test(name) => push(&["--test", name]),
                TargetFlag::Example(name) => push(&["--example", name]),
            }
        }
        if !self.features.is_empty() {
            push(&["--features", &self.features.join(",")]);
        }
        if self.all_features {
            push(&["--all-features"]);
        }
        if self.no_default_features {
            push(&["--no-default-features"]);
        }
        match self.profile.as_deref() {
            Some("release") => push(&["--release"]),
            Some(name) => push(&["--profile", name]),
            None => {}
        }
        if self.target {
            push(&["--target", TARGET]);
        }
        if self.check {
            push(&["--check"]);
        }
        args
    }

    /// The packages that the build selects.
    pub fn selected(&self, workspace: &Workspace) -> BTreeSet<String> {
        match (&self.packages, &self.from_member) {
            (Selection::Default, None) => workspace.default_members(),
            (Selection::Default, Some(member)) => BTreeSet::from([member.clone()]),
            (Selection::Workspace { exclude }, _) => {
                workspace.members().map(|it| it.name.clone()).filter(|it| !exclude.contains(it)).collect()
            }
            (Selection::Packages(names), _) => names.iter().cloned().collect(),
        }
    }

    /// Returns whether the build has tests, benches, or examples, which need dev-dependencies.
    pub fn builds(&self, wanted: Wanted) -> bool {
        self.targets.iter().any(|it| match it {
            TargetFlag::AllTargets => true,
            TargetFlag::Tests | TargetFlag::Test(_) => wanted == Wanted::Tests,
            TargetFlag::Examples | TargetFlag::Example(_) => wanted == Wanted::Examples,
            TargetFlag::Benches => wanted == Wanted::Benches,
            TargetFlag::Lib | TargetFlag::Bins | TargetFlag::Bin(_) => false,
        })
    }

    /// Returns whether a flag names this package or one of its targets.
    pub fn names(&self, package: &Package) -> bool {
        let named = match &self.packages {
            Selection::Default => false,
            Selection::Workspace { exclude } => exclude.contains(&package.name),
            Selection::Packages(names) => names.contains(&package.name),
        };
        let main = self.targets.contains(&TargetFlag::Bin(package.name.clone()));
        let feature = self.features.iter().any(|it| it.split('/').next() == Some(&package.name));
        named || main || feature || self.from_member.as_ref() == Some(&package.name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Tests,
    Examples,
    Benches,
}
