//! Finds the third-party packages below local units, and how they are compiled.
//!
//! In: a workspace, its selection, and its resolved features. Out: for every third-party dependency
//! of a local unit, its `Class`es and their conditions. This is the local part of cargo's unit
//! graph (`core/compiler/unit_dependencies.rs`), with the flags of local crate types for the units
//! below (`core/compiler/lto.rs`). Touches nothing.

use crate::quotient::class::{Class, Emit, Lto, Panic, below, unite, unite_lto};
use crate::quotient::features::Features;
use crate::quotient::platform::{Platforms, Question};
use crate::quotient::select::{Mode, Selection};
use crate::workspace::condition::{Condition, Side};
use crate::workspace::{Dependency, DependencyKind, Resolved, Resolver, Target, TargetKind, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// The distinctions that matter under the profiles and the command.
#[derive(Clone, Copy, Debug)]
pub struct Distinctions {
    /// Some profile has link-time optimization.
    pub lto: bool,
    /// Some profile aborts on panic.
    pub panic: bool,
    /// The command is `cargo check`.
    pub check: bool,
}

/// For each lockfile entry and variant of its declaration, its classes and their conditions.
pub type Built = BTreeMap<(usize, String), BTreeMap<Class, Condition>>;

/// A library of a local package in one context.
type Library = (usize, Context);

/// What a unit passes on to the units below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Context {
    side: Side,
    panic: Panic,
    emit: Emit,
}

struct Walk<'a> {
    workspace: &'a Workspace,
    features: &'a Features<'a>,
    platforms: &'a Platforms,
    distinctions: Distinctions,
    libraries: BTreeMap<Library, BTreeMap<Lto, Condition>>,
    open: BTreeSet<Library>,
    built: Built,
}

/// A unit whose dependencies must be followed.
struct Unit<'a> {
    package: usize,
    context: Context,
    lto: Lto,
    dev: bool,
    condition: &'a Condition,
}

/// Follows all selected targets down to third-party packages.
pub fn built(
    workspace: &Workspace,
    selection: &Selection,
    features: &Features<'_>,
    platforms: &Platforms,
    distinctions: Distinctions,
) -> Built {
    let mut walk = Walk {
        workspace,
        features,
        platforms,
        distinctions,
        libraries: BTreeMap::new(),
        open: BTreeSet::new(),
        built: Built::new(),
    };
    for proposal in &selection.proposals {
        let package = &workspace.packages[proposal.package];
        walk.root(proposal.package, &package.targets[proposal.target], proposal.mode);
    }
    while let Some(library) = walk.open.pop_first() {
        let (package, context) = library;
        for (lto, condition) in walk.libraries[&library].clone() {
            walk.follow(&Unit { package, context, lto, dev: false, condition: &condition });
        }
    }
    walk.built.values_mut().for_each(unite_lto);
    walk.built
}

/// Returns when all `required-features` of a target are active. A feature of a third-party package
/// counts as active, because only the registry knows what else activates it. An unnecessary target
/// only costs time, but a missing one would be wrong.
pub fn required_features(workspace: &Workspace, features: &Features<'_>, package: usize, target: &Target) -> Condition {
    let own = |feature: &String| {
        let condition = features.feature((package, Side::Target), feature);
        let Some((key, below)) = feature.split_once('/').filter(|_| condition.is_never()) else { return condition };
        let dependency = workspace.packages[package].dependencies.iter().find(|d| d.key == key);
        match dependency.map(|d| (d, d.to)) {
            Some((_, Resolved::Local(local))) => features.feature((local, Side::Target), below),
            Some((dependency, Resolved::Locked(_))) => features.dependency((package, Side::Target), dependency),
            _ => Condition::never(),
        }
    };
    target.required_features.iter().map(own).fold(Condition::always(), |all, one| all.and(&one))
}

impl Context {
    /// Returns the context of a build script or a proc-macro that is a dependency
    /// (`check_or_build_mode` in `unit_dependencies.rs`).
    fn to_host(self) -> Self {
        Context { side: Side::Host, emit: Emit::Code, ..self }
    }
}

impl Walk<'_> {
    /// Follows a selected target, as `new_units` and `deps_of_roots` make a unit of it.
    fn root(&mut self, package: usize, target: &Target, mode: Mode) {
        let condition = match target.kind {
            TargetKind::Lib => Condition::always(),
            _ => required_features(self.workspace, self.features, package, target),
        };
        let panic = if mode == Mode::Test { Panic::Unwind } else { Panic::Profile };
        let is_checked = self.distinctions.check;
        let (side, emit) = match (target.is_proc_macro(), is_checked) {
            (true, true) => (Side::Host, Emit::Metadata),
            (true, false) => (Side::Host, Emit::Code),
            (false, _) => (Side::Target, Emit::Code),
        };
        let context = Context { side, panic, emit };
        if target.kind == TargetKind::Lib && mode == Mode::Build {
            self.library((package, context), target, Lto::Bitcode, &condition);
            return;
        }
        let dev = mode == Mode::Test || target.kind == TargetKind::Example;
        self.executable(package, target, context, dev, &condition);
        // Integration tests and benchmarks run the binaries of their package, unless they are only
        // checked.
        if mode == Mode::Test && !is_checked && matches!(target.kind, TargetKind::Test | TargetKind::Bench) {
            let context = Context { side: Side::Target, panic: Panic::Profile, emit: Emit::Code };
            for bin in self.workspace.packages[package].targets.iter().filter(|t| t.kind == TargetKind::Bin) {
                let condition = condition.and(&required_features(self.workspace, self.features, package, bin));
                self.executable(package, bin, context, false, &condition);
            }
        }
    }

    /// Follows a unit that nothing links: its dependencies, and the library of its own package.
    fn executable(&mut self, package: usize, target: &Target, context: Context, dev: bool, condition: &Condition) {
        let lto = match target.kind {
            TargetKind::Example => below(Lto::Bitcode, &target.crate_types),
            _ if target.is_proc_macro() => Lto::Object,
            // A test is a program. If it is only checked, it has the flags of its target
            // (`calculate`).
            TargetKind::Lib if self.distinctions.check => below(Lto::Bitcode, &target.crate_types),
            _ => Lto::Bitcode,
        };
        self.follow(&Unit { package, context, lto, dev, condition });
        let lib = self.workspace.packages[package].lib();
        if let Some(lib) = lib.filter(|_| target.kind != TargetKind::Lib) {
            let context = if lib.is_proc_macro() { context.to_host() } else { context };
            self.library((package, context), lib, lto, condition);
        }
    }

    /// Follows a library below a unit that needs `parent` from it.
    fn library(&mut self, (package, context): Library, target: &Target, parent: Lto, condition: &Condition) {
        if condition.is_never() {
            return;
        }
        let panic = if context.side == Side::Host { Panic::Profile } else { context.panic };
        let lto = below(parent, &target.crate_types);
        let library = (package, Context { panic, ..context });
        let classes = self.libraries.entry(library).or_default();
        if classes.entry(lto).or_default().add(condition) {
            unite(classes);
            self.open.insert(library);
        }
    }

    /// Follows the dependencies of a unit, and those of the build script of its package.
    fn follow(&mut self, unit: &Unit<'_>) {
        let package = &self.workspace.packages[unit.package];
        for dependency in &package.dependencies {
            let (counts, judged) = match dependency.kind {
                DependencyKind::Normal => (true, unit.context.side),
                DependencyKind::Dev => (unit.dev, unit.context.side),
                DependencyKind::Build => (package.build_script, Side::Host),
            };
            let mut condition =
                unit.condition.and(&self.platforms.condition(dependency.platform.as_deref(), judged, Question::Built));
            if dependency.optional {
                let side = if self.workspace.resolver == Resolver::V1 { Side::Target } else { unit.context.side };
                condition = condition.and(&self.features.dependency((unit.package, side), dependency));
            }
            if counts && !condition.is_never() {
                self.edge(unit, dependency, &condition);
            }
        }
    }

    fn edge(&mut self, unit: &Unit<'_>, dependency: &Dependency, condition: &Condition) {
        let to_host = dependency.kind == DependencyKind::Build || self.features.is_proc_macro(dependency);
        let context = if to_host { unit.context.to_host() } else { unit.context };
        let lto = if dependency.kind == DependencyKind::Build { Lto::Object } else { unit.lto };
        match dependency.to {
            Resolved::Absent => {}
            Resolved::Local(package) => {
                // A dependency without a library is not built, and cargo warns about it.
                if let Some(lib) = self.workspace.packages[package].lib() {
                    self.library((package, context), lib, lto, condition);
                }
            }
            Resolved::Locked(locked) => {
                let key = (locked, dependency.variant());
                let class = self.class(context, lto);
                self.built.entry(key).or_default().entry(class).or_default().add(condition);
            }
        }
    }

    fn class(&self, context: Context, lto: Lto) -> Class {
        match context.side {
            Side::Host => Class::Host(context.emit, if self.distinctions.lto { lto } else { Lto::Object }),
            Side::Target => Class::Target(
                if self.distinctions.panic { context.panic } else { Panic::Profile },
                if self.distinctions.lto { lto } else { Lto::Bitcode },
            ),
        }
    }
}
