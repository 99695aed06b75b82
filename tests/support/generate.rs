//! Random workspaces and scopes. Draws freely from everything that a manifest can contain. Then
//! [`super::tidy`] drops what cargo would refuse. A dependency between local packages points to a
//! later one, unless it is a dev-dependency.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;
use super::registry::{CRATES, Crate};
use super::scope::{Host, Scope, Selection, TargetFlag};
use super::tidy::tidy;
use super::workspace::{Case, Dependency, From, Kind, Library, Package, Place, Root, Target, Workspace};

const NAMES: &[&str] = &["app", "core-api", "util_x", "web", "tool-kit", "macros", "data", "zz-last", "eta"];
const TYPES: &[&[&str]] =
    &[&["cdylib", "rlib"], &["dylib"], &["staticlib"], &["cdylib"], &["lib", "staticlib"], &["rlib", "dylib"]];
pub const PLATFORMS: &[&str] = &[
    "cfg(unix)",
    "cfg(windows)",
    "cfg(target_os = \"linux\")",
    "cfg(not(unix))",
    "cfg(all(unix, target_arch = \"x86_64\"))",
    "cfg(any(windows, target_os = \"macos\"))",
    "cfg(not(all(unix, not(windows))))",
    "x86_64-unknown-linux-gnu",
    "aarch64-apple-darwin",
];

pub fn case(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let workspace = workspace(&mut dice);
    let scope = scope(&mut dice, &workspace);
    tidy(Case { workspace, scope, seed })
}

/// What all packages of one workspace agree on.
struct Plan {
    names: Vec<String>,
    /// Crates that most dependencies are on, so that packages meet in them with different wishes.
    favourites: Vec<&'static Crate>,
    /// Exact requirements that hold everywhere: two different ones for compatible versions have no
    /// solution.
    pins: BTreeMap<(&'static str, String), String>,
}

fn workspace(dice: &mut Dice) -> Workspace {
    let mut names: Vec<String> = NAMES[..8].iter().map(|&it| it.to_owned()).collect();
    dice.shuffle(&mut names);
    names.truncate(1 + dice.below(8).min(2 + dice.below(7)));
    if dice.percent(4) {
        // Also the name of a crate of the registry.
        NAMES[8].clone_into(&mut names[0]);
    }
    let pinned = if dice.percent(25) { dice.some(10, &(0..CRATES.len()).collect::<Vec<_>>()) } else { Vec::new() };
    let pins = pinned
        .into_iter()
        .map(|i| &CRATES[i])
        .map(|it| ((it.name, it.requirement()), format!("={}", it.version)))
        .collect();
    let favourites = (0..3 + dice.below(5)).map(|_| dice.pick(CRATES)).collect();
    let plan = Plan { names, favourites, pins };
    let root = *dice.pick(&[Root::Virtual, Root::Virtual, Root::Package, Root::Package, Root::Lone]);
    let shared = (0..dice.below(5)).map(|_| shared(dice, &plan)).fold(Vec::new(), |mut all: Vec<Dependency>, it| {
        if all.iter().all(|other| other.key != it.key) {
            all.push(it);
        }
        all
    });
    let mut packages: Vec<Package> = (0..plan.names.len()).map(|i| package(dice, &plan, i)).collect();
    for (i, package) in packages.iter_mut().enumerate() {
        let count = 1 + dice.below(6);
        package.dependencies = (0..count).flat_map(|_| dependency(dice, &plan, i, &shared)).collect();
    }
    // Features come last, and twice, since they and the dependencies' features refer to each other.
    let mut workspace = Workspace {
        root,
        resolver: None,
        packages,
        shared,
        default_members: None,
        globs: dice.percent(40),
        profiles: toml::Table::new(),
        config: config(dice),
    };
    for _ in 0..2 {
        let whole = workspace.clone();
        for package in &mut workspace.packages {
            ask(dice, &whole, &mut package.dependencies);
            features(dice, &whole, package);
        }
        ask(dice, &whole, &mut workspace.shared);
    }
    workspace.resolver = if dice.percent(60) { Some(*dice.pick(&[1, 2, 2, 3])) } else { None };
    workspace.default_members =
        if dice.percent(20) { Some(dice.some(50, &plan.names).into_iter().collect()) } else { None };
    workspace.profiles = super::profiles::profiles(dice, &plan.names);
    workspace
}

fn package(dice: &mut Dice, plan: &Plan, i: usize) -> Package {
    let name = plan.names[i].clone();
    let dir = dice
        .pick(&[name.clone(), format!("crates/{name}"), format!("crates/{name}"), format!("libs/deep/{i}")])
        .clone();
    let place = match dice.below(20) {
        0 => Place::Excluded(dir),
        1 => Place::Outside(format!("outside/{name}")),
        _ => Place::Member(dir),
    };
    let library = match dice.below(20) {
        0..2 => Library::None,
        2..5 => Library::ProcMacro,
        5..9 => Library::Types(dice.pick(TYPES).to_vec()),
        _ => Library::Plain,
    };
    let targets = |dice: &mut Dice, percent: usize, kind: &str| -> Vec<Target> {
        let count = if dice.percent(percent) { 1 + dice.below(2) } else { 0 };
        (0..count).map(|n| Target { name: format!("{name}-{kind}{n}"), required_features: Vec::new() }).collect()
    };
    Package {
        version: if dice.percent(90) { Some(format!("{}.{}.0", dice.below(2), 1 + dice.below(4))) } else { None },
        edition: dice.pick::<&str>(&["2015", "2018", "2021", "2021", "2021", "2024"]),
        inherits: dice.percent(20),
        place,
        library,
        unit_tests: dice.percent(90),
        main: dice.percent(25),
        bins: targets(dice, 25, "bin"),
        examples: targets(dice, 15, "example"),
        tests: targets(dice, 30, "test"),
        benches: targets(dice, 10, "bench"),
        build_script: if dice.percent(30) {
            Some(*dice.pick(&["build.rs", "build.rs", "build/main.rs"]))
        } else {
            None
        },
        dependencies: Vec::new(),
        features: BTreeMap::new(),
        name,
    }
}

/// A dependency on a crate of the registry, sometimes renamed; one key always means one crate.
fn third_party(dice: &mut Dice, plan: &Plan) -> Dependency {
    let it = if dice.percent(75) { *dice.pick(&plan.favourites) } else { dice.pick(CRATES) };
    let requirement = plan.pins.get(&(it.name, it.requirement())).cloned().unwrap_or_else(|| it.requirement());
    let mut dependency = Dependency::registry(it.name, &requirement);
    if dice.percent(35) {
        dependency.key = format!("{}_{}", it.name, it.requirement().replace(['.', '-'], "_"));
    }
    dependency.default_features = *dice.pick(&[None, None, None, Some(false), Some(false), Some(true)]);
    dependency
}

fn shared(dice: &mut Dice, plan: &Plan) -> Dependency {
    if dice.percent(80) {
        return third_party(dice, plan);
    }
    let name = dice.pick(&plan.names);
    Dependency::local(name)
}

/// A dependency of package `i`, in one table or in two.
fn dependency(dice: &mut Dice, plan: &Plan, i: usize, shared: &[Dependency]) -> Vec<Dependency> {
    let kind = *dice.pick(&[Kind::Normal, Kind::Normal, Kind::Normal, Kind::Build, Kind::Dev]);
    let locals = if kind == Kind::Dev { &plan.names[..] } else { &plan.names[i + 1..] };
    let inheritable =
        shared.iter().filter(|it| !matches!(&it.from, From::Local(name) if !locals.contains(name))).collect::<Vec<_>>();
    let mut first = match (dice.below(20), dice.maybe(locals), dice.maybe(&inheritable)) {
        (0..8, Some(name), _) => Dependency::local(name),
        (8..12, _, Some(inherited)) => {
            Dependency { from: From::Shared, default_features: None, features: Vec::new(), ..(**inherited).clone() }
        }
        _ => third_party(dice, plan),
    };
    if matches!(first.from, From::Local(_)) && dice.percent(10) {
        first.key = format!("my_{}", first.key.replace('-', "_"));
    }
    let place = |dice: &mut Dice, it: &mut Dependency| {
        it.platform = if dice.percent(25) { Some(*dice.pick(PLATFORMS)) } else { None };
        it.optional = dice.percent(30);
        if dice.percent(15) {
            it.default_features = Some(dice.percent(20));
        }
    };
    first.kind = kind;
    place(dice, &mut first);
    let mut second = first.clone();
    if kind != Kind::Dev && dice.percent(40) {
        second.kind = *dice.pick(&[Kind::Normal, Kind::Build, Kind::Dev]);
    }
    place(dice, &mut second);
    if dice.percent(20) { vec![first, second] } else { vec![first] }
}

/// Asks some of the features that are on offer.
fn ask(dice: &mut Dice, workspace: &Workspace, dependencies: &mut [Dependency]) {
    for it in dependencies {
        let offered: Vec<String> = workspace.offered(it).into_iter().collect();
        if dice.percent(50) {
            it.features = dice.some(35, &offered);
        }
    }
}

fn features(dice: &mut Dice, workspace: &Workspace, package: &mut Package) {
    let mut values: Vec<String> = Vec::new();
    for it in &package.dependencies {
        let offered: Vec<String> = workspace.offered(it).into_iter().collect();
        if it.optional {
            values.extend([it.key.clone(), format!("dep:{}", it.key)]);
            values.extend(dice.maybe(&offered).map(|feature| format!("{}?/{feature}", it.key)));
        }
        values.extend(dice.some(30, &offered).into_iter().map(|feature| format!("{}/{feature}", it.key)));
    }
    for n in 0..dice.below(5) {
        let percent = 100 / (1 + values.len());
        package.features.insert(format!("f{n}"), dice.some(percent.max(25), &values));
        values.push(format!("f{n}"));
    }
    if dice.percent(50) {
        package.features.insert("default".to_owned(), dice.some(30, &values));
    }
    let optional: Vec<String> = package.optional_keys().into_iter().map(str::to_owned).collect();
    if let Some(key) = dice.maybe(&optional).filter(|_| optional.len() > 1) {
        package.features.insert(key.clone(), vec![format!("dep:{key}")]);
    }
    let names: Vec<String> = package.features.keys().cloned().collect();
    for target in package.bins.iter_mut().chain(&mut package.examples) {
        target.required_features = if dice.percent(30) { dice.some(40, &names) } else { Vec::new() };
    }
}

fn config(dice: &mut Dice) -> toml::Table {
    let text = match dice.below(20) {
        0 => "[build]\nrustflags = ['-Cdebug-assertions=no']",
        1 => "[build]\ntarget = 'x86_64-unknown-linux-gnu'",
        2 => "[profile.release]\nopt-level = 2\n[profile.dev.build-override]\nopt-level = 1",
        3 => "[alias]\nb = 'build'\n[env]\nNOTHING = '1'",
        4 => "[target.'cfg(unix)']\nrustflags = ['-Cdebuginfo=1']",
        _ => "",
    };
    text.parse().expect("the text above is valid")
}

fn scope(dice: &mut Dice, workspace: &Workspace) -> Scope {
    let names: Vec<String> = workspace.members().map(|it| it.name.clone()).collect();
    let all = || workspace.packages.iter();
    let bins: Vec<String> = all()
        .flat_map(|it| it.bins.iter().map(|bin| bin.name.clone()).chain(it.main.then(|| it.name.clone())))
        .collect();
    let tests: Vec<String> = all().flat_map(|it| it.tests.iter().map(|test| test.name.clone())).collect();
    let examples: Vec<String> = all().flat_map(|it| it.examples.iter().map(|example| example.name.clone())).collect();
    let offered: BTreeSet<String> =
        all().flat_map(|it| it.offered().into_iter().flat_map(|f| [f.clone(), format!("{}/{f}", it.name)])).collect();
    let packages = match (dice.below(10), dice.maybe(&names)) {
        (0..3, _) => {
            Selection::Workspace { exclude: if dice.percent(20) { dice.some(30, &names) } else { Vec::new() } }
        }
        (3..7, Some(name)) => Selection::Packages(
            [name.clone()].into_iter().chain(dice.some(20, &names)).collect::<BTreeSet<_>>().into_iter().collect(),
        ),
        _ => Selection::Default,
    };
    let targets = match (dice.below(20), dice.maybe(&bins), dice.maybe(&tests), dice.maybe(&examples)) {
        (0..3, ..) => vec![TargetFlag::Tests],
        (3..5, ..) => vec![TargetFlag::AllTargets],
        (5, ..) => vec![TargetFlag::Lib],
        (6, ..) => vec![TargetFlag::Bins],
        (7, ..) => vec![*dice.pick(&[&TargetFlag::Examples, &TargetFlag::Benches])].into_iter().cloned().collect(),
        (8..10, Some(bin), ..) => {
            let more = dice.some(20, &bins).into_iter().filter(|it| it != bin);
            [bin.clone()].into_iter().chain(more).map(TargetFlag::Bin).collect()
        }
        (10, _, Some(test), _) => vec![TargetFlag::Test(test.clone())],
        (11, _, _, Some(example)) => vec![TargetFlag::Example(example.clone()), TargetFlag::Lib],
        _ => Vec::new(),
    };
    let custom: Vec<String> = workspace.profiles.keys().cloned().collect();
    let profile = match (dice.below(10), dice.maybe(&custom)) {
        (0..5, _) => Some("release".to_owned()),
        (5, Some(name)) => Some(name.clone()),
        _ => None,
    };
    Scope {
        packages,
        targets,
        features: if dice.percent(25) { dice.some(20, &offered.into_iter().collect::<Vec<_>>()) } else { Vec::new() },
        all_features: dice.percent(10),
        no_default_features: dice.percent(15),
        profile,
        target: dice.percent(30),
        from_member: if dice.percent(8) { dice.maybe(&names).cloned() } else { None },
        host: *dice.pick(&[Host::Unknown, Host::Unknown, Host::Unknown, Host::Told]),
        check: dice.percent(15),
    }
}
