//! What the build and the program need from the system.
//!
//! In: the third-party packages of a build, and a distribution. Out: [`Needs`]: packages to
//! install, each with its reasons, and bindings that the table does not know. Touches nothing.

use super::system::{NOTHING, Packages, Row, TABLE, When};
use crate::workspace::lockfile::Lockfile;
use crate::workspace::{Dependency, Resolved, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// The third-party packages of a build, by name.
#[derive(Clone, Debug, Default)]
pub struct Crates {
    /// For each one, its version, and the names of the packages that it depends on.
    below: BTreeMap<String, (String, BTreeSet<String>)>,
    /// The features that local packages request of each.
    asked: BTreeMap<String, BTreeSet<String>>,
}

/// A distribution, which is where packages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Debian.
    Debian,
    /// Alpine, for a program that links what Alpine has.
    Alpine,
    /// Alpine, for a static program.
    Static,
}

/// What is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// For each row of the table that counts: the crate with its version, why, and the packages of
    /// the build.
    pub build: Vec<Need>,
    /// The same for the program.
    pub run: Vec<Need>,
    /// Bindings that the table does not know.
    pub unknown: Vec<String>,
}

/// What one crate needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The crate, with its version.
    pub package: String,
    /// Why.
    pub why: &'static str,
    /// The packages of the system.
    pub names: Vec<&'static str>,
}

impl Crates {
    /// Returns the packages that the stubs of a scoped recipe reach, with the features that they
    /// request. They are those of the build, and those that features which nobody requests would
    /// add.
    pub fn of(stubs: &Workspace) -> Self {
        let mut crates = Crates { asked: asked(stubs), ..Crates::default() };
        for package in stubs.lock.packages.iter().filter(|p| p.source.is_some()) {
            let below = package.dependencies.iter().map(|i| stubs.lock.packages[*i].name.clone());
            let entry = crates.below.entry(package.name.clone()).or_default();
            entry.0.clone_from(&package.version);
            entry.1.extend(below);
        }
        crates
    }

    /// Returns whether the build has a package of this name.
    pub fn has(&self, name: &str) -> bool {
        self.below.contains_key(name)
    }

    /// Returns whether the workspace requests this feature.
    pub fn is_asked(&self, name: &str, feature: &str) -> bool {
        self.asked.get(name).is_some_and(|features| features.contains(feature))
    }

    fn depends(&self, name: &str, on: &str) -> bool {
        self.below.get(name).is_some_and(|(_, below)| below.contains(on))
    }

    fn counts(&self, row: &Row) -> bool {
        let name = row.package;
        self.has(name)
            && match row.when {
                When::Always => true,
                When::Unless(bringing) => !bringing.iter().any(|on| self.depends(name, on)),
                When::With(on) => self.depends(name, on),
                When::Without(others) => !others.iter().any(|other| self.has(other)),
                When::AboveOthersThan(known) => {
                    let mut above = self.below.keys().filter(|other| self.depends(other, name));
                    let is_asked = self.asked.contains_key(name);
                    is_asked || above.any(|other| !known.contains(&other.as_str()))
                }
                When::Asked(package, feature) => self.is_asked(package, feature),
            }
    }

    fn titled(&self, name: &str) -> String {
        let version = self.below.get(name).map_or("", |(version, _)| version.as_str());
        format!("{name} {version}")
    }
}

/// The features that stubs request, by package.
fn asked(stubs: &Workspace) -> BTreeMap<String, BTreeSet<String>> {
    let mut asked = BTreeMap::<String, BTreeSet<String>>::new();
    let names = |lock: &Lockfile, d: &Dependency| match d.to {
        Resolved::Locked(i) => lock.packages[i].name.clone(),
        _ => d.package.clone(),
    };
    for dependency in stubs.packages.iter().flat_map(|p| &p.dependencies) {
        asked.entry(names(&stubs.lock, dependency)).or_default().extend(dependency.features.iter().cloned());
    }
    asked
}

/// Returns what these crates need on a system.
pub fn needs(crates: &Crates, system: System) -> Needs {
    let mut needs = Needs::default();
    for row in TABLE.iter().filter(|row| crates.counts(row)) {
        let of = packages(row, system);
        let words = |names: [&'static str; 2]| names.iter().flat_map(|n| n.split_whitespace()).collect::<Vec<_>>();
        let link = if system == System::Static { of.link } else { "" };
        let run = if system == System::Static { "" } else { of.run };
        let need = |names| Need { package: crates.titled(row.package), why: row.why, names };
        needs.build.push(need(words([of.build, link])));
        needs.run.push(need(words([run, ""])));
    }
    needs.build.retain(|need| !need.names.is_empty());
    needs.run.retain(|need| !need.names.is_empty());
    let is_known = |name: &str| NOTHING.contains(&name) || TABLE.iter().any(|row| row.package == name);
    let is_binding = |name: &str| name.ends_with("-sys") || name.ends_with("_sys");
    needs.unknown = crates
        .below
        .keys()
        .filter(|name| is_binding(name) && !is_known(name))
        .map(|name| crates.titled(name))
        .collect();
    needs
}

fn packages(row: &Row, system: System) -> Packages {
    if system == System::Debian { row.debian } else { row.alpine }
}

/// Returns all packages of some needs, sorted.
pub fn names(needs: &[Need]) -> BTreeSet<&'static str> {
    needs.iter().flat_map(|need| need.names.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates(below: &[(&str, &[&str])], asked: &[(&str, &str)]) -> Crates {
        let below = below.iter().map(|(name, on)| {
            ((*name).to_owned(), ("1.0.0".to_owned(), on.iter().map(|on| (*on).to_owned()).collect()))
        });
        let mut crates = Crates { below: below.collect(), ..Crates::default() };
        for (name, feature) in asked {
            crates.asked.entry((*name).to_owned()).or_default().insert((*feature).to_owned());
        }
        crates
    }

    fn check(crates: &Crates, system: System, build: &str, run: &str) {
        let needs = needs(crates, system);
        let line = |needs: &[Need]| names(needs).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!((line(&needs.build).as_str(), line(&needs.run).as_str()), (build, run));
    }

    #[test]
    fn a_linked_library_is_installed_for_the_build_and_for_the_program() {
        let openssl = crates(&[("openssl-sys", &["cc", "pkg-config"])], &[]);
        check(&openssl, System::Debian, "libssl-dev pkg-config", "libssl3");
        check(&openssl, System::Alpine, "openssl-dev pkgconf", "libcrypto3 libssl3");
        check(&openssl, System::Static, "openssl-dev openssl-libs-static pkgconf", "");
    }

    #[test]
    fn a_bundled_library_is_not_installed() {
        let vendored = crates(&[("openssl-sys", &["openssl-src"]), ("openssl-src", &["cc"])], &[]);
        check(&vendored, System::Debian, "make perl", "");
        check(&crates(&[("libsqlite3-sys", &["cc", "pkg-config"])], &[]), System::Debian, "", "");
        check(
            &crates(&[("libsqlite3-sys", &["pkg-config"])], &[]),
            System::Debian,
            "libsqlite3-dev pkg-config",
            "libsqlite3-0",
        );
        check(&crates(&[("pq-sys", &["pq-src"])], &[]), System::Debian, "", "");
    }

    #[test]
    fn a_c_compiler_is_there() {
        let compiled =
            crates(&[("zstd-sys", &["cc"]), ("ring", &["cc"]), ("lz4-sys", &["cc"]), ("bzip2-sys", &["cc"])], &[]);
        check(&compiled, System::Debian, "", "");
        assert_eq!(needs(&compiled, System::Alpine).unknown, Vec::<String>::new());
    }

    #[test]
    fn a_generator_counts_only_for_who_needs_it() {
        check(&crates(&[("bindgen", &[]), ("aws-lc-sys", &["bindgen"])], &[]), System::Debian, "", "");
        check(&crates(&[("bindgen", &[]), ("other-sys", &["bindgen"])], &[]), System::Debian, "clang libclang-dev", "");
        check(&crates(&[("bindgen", &[])], &[("bindgen", "runtime")]), System::Debian, "clang libclang-dev", "");
        let bundled = crates(&[("prost-build", &[]), ("protoc-bin-vendored", &[])], &[]);
        check(&bundled, System::Debian, "", "");
        check(&crates(&[("prost-build", &[])], &[]), System::Debian, "libprotobuf-dev protobuf-compiler", "");
    }

    #[test]
    fn a_requested_feature_counts() {
        let kafka: &[(&str, &[&str])] = &[("rdkafka", &["rdkafka-sys"]), ("rdkafka-sys", &["cmake"])];
        check(&crates(kafka, &[]), System::Debian, "cmake g++ make", "libstdc++6");
        let asked = crates(kafka, &[("rdkafka", "dynamic-linking")]);
        assert!(names(&needs(&asked, System::Debian).run).contains("librdkafka1"));
    }

    #[test]
    fn an_unknown_binding_is_named() {
        let crates = crates(&[("strange-sys", &[]), ("windows-sys", &[]), ("serde", &[])], &[]);
        assert_eq!(needs(&crates, System::Debian).unknown, ["strange-sys 1.0.0"]);
    }

    #[test]
    fn no_row_repeats_another_and_none_is_also_in_the_list_of_those_that_need_nothing() {
        let seen: Vec<_> = TABLE.iter().map(|row| (row.package, format!("{:?}", row.when))).collect();
        let unique: BTreeSet<_> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len());
        assert!(!TABLE.iter().any(|row| NOTHING.contains(&row.package)));
    }
}
