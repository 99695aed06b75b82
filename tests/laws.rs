//! The laws of a recipe, over random workspaces. What a build needs is for cargo to say
//! (`--unit-graph`); the laws say that a skeleton needs the same, and when the bytes of a recipe
//! may change. A failure shows the workspace as files.
//!
//! `LARDER_CASES` sets the number of cases of each law, and `LARDER_SEED` the seed: a number, or
//! `random` to find new ones. Without it the cases are the same in every run, so that a run fails
//! for what was changed. Seeds of failures are kept in `laws.proptest-regressions`.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};
use support::dice::Dice;
use support::edits::{Applies, Draft, EDITS};
use support::effects::{EFFECTS, RUSTFLAGS};
use support::golden::Past;
use support::larder::{self, Recipe};
use support::oracle::{self, OnDisk};
use support::render::LOCK;
use support::scope::{Host, Scope, Selection, TARGET, TargetFlag};
use support::skeleton::{asks_no_registry_for_what_is_local, files_of, skeleton_has};
use support::style::Style;
use support::units::Units;
use support::workspace::{Case, Library, Workspace};
use support::{coverage, effects, generate, golden, lock, shrink};

type Verdict = Result<(), TestCaseError>;

/// How many cases of each law. The default leaves time for other tests; CI has more.
fn cases() -> u32 {
    let Ok(text) = std::env::var("LARDER_CASES") else { return 16 };
    text.parse().unwrap_or_else(|_| panic!("`LARDER_CASES` is `{text}`, which is no number of cases"))
}

fn hold(law: fn(&Case) -> Verdict) {
    let cases = cases();
    let seed = match std::env::var("LARDER_SEED") {
        Ok(seed) if seed == "random" => RngSeed::Random,
        Ok(seed) => RngSeed::Fixed(
            seed.parse()
                .unwrap_or_else(|_| panic!("`LARDER_SEED` is `{seed}`, which is neither a number nor `random`")),
        ),
        Err(_) => RngSeed::Fixed(1),
    };
    let config = Config {
        cases,
        rng_seed: seed,
        max_shrink_time: 240_000,
        max_shrink_iters: 2_000,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        ..Config::default()
    };
    match TestRunner::new(config).run(&shrink::cases(), |case| law(&case)) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{reason}\n\n{case:?}"),
        Err(TestError::Abort(reason)) => panic!("too few cases: {reason}"),
    }
}

fn refused(why: String) -> TestCaseError {
    TestCaseError::reject(why)
}

fn fail(why: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(why.into())
}

#[test]
fn a_skeleton_has_the_third_party_units_of_its_workspace() {
    hold(scoped_units);
}

fn scoped_units(case: &Case) -> Verdict {
    let disk = OnDisk::new();
    disk.lay_out(&case.workspace).map_err(refused)?;
    let expected = disk.units(case).map_err(refused)?;
    let cwd = disk.cwd(&case.workspace, &case.scope);
    let recipe = larder::prepare(&cwd, &larder::scoped_args(&case.scope), &disk.beside("recipe.json")).map_err(fail)?;
    names_no_place(&disk, &recipe)?;
    asks_no_registry_for_what_is_local(&recipe).map_err(fail)?;
    let flags = skeleton_has(&disk, &recipe, &[], &expected).map_err(|why| fail(format!("scoped: {why}")))?;
    preparing_a_skeleton_gives_it_again(&disk, case, &recipe, &flags)
}

#[test]
fn an_unscoped_recipe_gives_the_units_of_any_scope() {
    hold(unscoped_units);
}

fn unscoped_units(case: &Case) -> Verdict {
    if case.scope.from_member.is_some() {
        return Err(refused("a scope of a directory is one that cook cannot be told".to_owned()));
    }
    let disk = OnDisk::new();
    disk.lay_out(&case.workspace).map_err(refused)?;
    let cwd = disk.cwd(&case.workspace, &case.scope);
    let recipe = larder::prepare(&cwd, &[], &disk.beside("recipe.json")).map_err(fail)?;
    names_no_place(&disk, &recipe)?;
    asks_no_registry_for_what_is_local(&recipe).map_err(fail)?;
    if case.scope.targets.contains(&TargetFlag::Bins) {
        // The one limit: a recipe does not say whether a library has a binary of its package's
        // name, so `--bins` takes it that each has one.
        disk.lay_out(&with_own_binaries(&case.workspace)).map_err(refused)?;
    }
    let expected = disk.units(case).map_err(refused)?;
    skeleton_has(&disk, &recipe, &case.scope.args(), &expected)
        .map(drop)
        .map_err(|why| fail(format!("unscoped: {why}")))
}

#[test]
fn a_recipe_of_a_binary_gives_the_units_of_its_package_and_of_the_binary() {
    hold(narrowed_units);
}

fn narrowed_units(case: &Case) -> Verdict {
    let disk = OnDisk::new();
    disk.lay_out(&case.workspace).map_err(refused)?;
    let mut dice = Dice::new(case.seed);
    let bins = case.workspace.members().flat_map(|it| {
        let free = it.bins.iter().filter(|bin| bin.required_features.is_empty()).map(|bin| bin.name.clone());
        free.chain(it.main.then(|| it.name.clone())).map(|bin| (it.name.clone(), bin))
    });
    let Some((package, bin)) = dice.maybe(&bins.collect::<Vec<_>>()).cloned() else {
        return Err(refused("there is no binary".to_owned()));
    };
    let cwd = disk.dir().join("ws");
    let path = disk.beside("recipe.json");
    let given = if dice.percent(50) { &package } else { &bin };
    let recipe = larder::prepare(&cwd, &["--bin".to_owned(), given.clone()], &path).map_err(fail)?;
    names_no_place(&disk, &recipe)?;
    let plain = Scope { profile: case.scope.profile.clone(), target: case.scope.target, ..Scope::default() };
    let alone = Scope { packages: Selection::Packages(vec![package.clone()]), ..plain.clone() };
    let tests = Scope { targets: vec![TargetFlag::Tests], ..alone.clone() };
    let named = Scope { targets: vec![TargetFlag::Bin(bin.clone())], ..plain };
    let is_default = case.workspace.default_members().contains(&package);
    for scope in [alone, tests].into_iter().chain(is_default.then_some(named)) {
        let expected = oracle::units(&cwd, &scope.args()).map_err(refused)?;
        let same = skeleton_has(&disk, &recipe, &scope.args(), &expected);
        same.map_err(|why| fail(format!("prepare --bin {given}, cook {}: {why}", scope.args().join(" "))))?;
    }
    Ok(())
}

#[test]
fn what_a_build_does_not_reach_leaves_a_scoped_recipe_alone() {
    hold(leave_alone);
}

fn leave_alone(case: &Case) -> Verdict {
    let mut case = case.clone();
    // Otherwise, the recipe is for other platforms than those that cargo is given.
    case.scope.host = Host::Told;
    let disk = OnDisk::new();
    let tree = disk.lay_out(&case.workspace).map_err(refused)?;
    let built = disk.units(&case).map_err(refused)?.packages();
    let prepared = || {
        let cwd = disk.cwd(&case.workspace, &case.scope);
        larder::prepare(&cwd, &larder::scoped_args(&case.scope), &disk.beside("recipe.json")).map_err(fail)
    };
    let before = prepared()?;
    let lockfile = &tree.texts[LOCK];
    for entry in lock::untouched(lockfile, &built).iter().filter(|it| !effects::is_pinned(&case.workspace, &it.0)) {
        for (what, changed) in lock::changed(lockfile, entry) {
            fs_err::write(disk.dir().join(LOCK), changed).map_err(|error| fail(error.to_string()))?;
            let after = prepared()?;
            if after != before {
                return Err(fail(format!("{what} of {entry:?} changes it:\n{}", before.difference(&after))));
            }
        }
    }
    Ok(())
}

/// The workspace with a binary in each member whose library stands for one.
fn with_own_binaries(workspace: &Workspace) -> Workspace {
    let mut workspace = workspace.clone();
    let of_config = workspace.config.get("profile").and_then(toml::Value::as_table);
    let profiles = workspace.profiles.values().chain(of_config.into_iter().flat_map(|it| it.values()));
    let any_lto = profiles.filter_map(|it| it.get("lto")).any(|it| *it != toml::Value::Boolean(false));
    for package in workspace.packages.iter_mut().filter(|it| it.is_member()) {
        package.main |= match &package.library {
            Library::Plain => true,
            Library::Types(types) => !any_lto || types.iter().all(|it| matches!(*it, "lib" | "rlib")),
            Library::None | Library::ProcMacro => false,
        };
    }
    workspace
}

#[test]
fn edits_without_effect_leave_the_recipe_alone() {
    hold(no_effect);
}

fn no_effect(case: &Case) -> Verdict {
    let disk = OnDisk::new();
    let tree = disk.lay_out(&case.workspace).map_err(refused)?;
    let expected = disk.units(case).map_err(refused)?;
    let draft = Draft { case: case.clone(), tree };
    let (scoped, unscoped) = both_recipes(&disk, &draft).map_err(fail)?;
    for edit in EDITS {
        let Some(edited) = edit.apply(&draft, &disk, &mut Dice::new(case.seed)).map_err(refused)? else { continue };
        let recipes = both_recipes(&disk, &edited).map_err(|why| fail(format!("edit: {}\n{why}", edit.name)))?;
        let same = scoped == recipes.0;
        let same_unscoped = edit.applies == Applies::Scoped || unscoped == recipes.1;
        if same && same_unscoped {
            continue;
        }
        // Only now, since it costs more than the recipes: was it indeed without effect?
        let units = disk.units(&edited.case).map_err(refused)?;
        if units != expected {
            return Err(refused(format!("`{}` has an effect here", edit.name)));
        }
        let files = edited.tree.files(&mut Style::plain());
        let (which, difference) = if same {
            ("unscoped", unscoped.difference(&recipes.1))
        } else {
            ("scoped", scoped.difference(&recipes.0))
        };
        return Err(fail(format!(
            "edit: {}\nthe {which} recipe changes:\n{difference}\nthe edit:\n{}",
            edit.name,
            larder::changed_files(&draft.tree, &files)
        )));
    }
    Ok(())
}

/// How often the units changed, and how often the recipe changed though they did not, by edit.
static COUNTS: Mutex<BTreeMap<&str, (u32, u32, u32)>> = Mutex::new(BTreeMap::new());

#[test]
fn edits_with_effect_change_the_recipe() {
    hold(effect);
    for (name, (changed, kept, needless)) in &*COUNTS.lock().expect("no law panics while it counts") {
        eprintln!(
            "{name}: {changed} with effect, {kept} without, of which {needless} changed a scoped recipe all the same"
        );
    }
}

fn effect(case: &Case) -> Verdict {
    let disk = OnDisk::new();
    let tree = disk.lay_out(&case.workspace).map_err(refused)?;
    let before = disk.units(case).map_err(refused)?;
    let draft = Draft { case: case.clone(), tree };
    let (scoped, unscoped) = both_recipes(&disk, &draft).map_err(fail)?;
    for (i, effect) in (0..).zip(EFFECTS) {
        let mut dice = Dice::new(case.seed ^ i);
        let Some(edited) = (effect.apply)(&draft, &disk, &mut dice) else { continue };
        let Ok(after) = disk.units(&edited.case) else { continue };
        let changed = after != before || effect.name == RUSTFLAGS && takes_rustflags(case, &before);
        let recipes = both_recipes(&disk, &edited).map_err(|why| fail(format!("edit: {}\n{why}", effect.name)))?;
        let mut counts = COUNTS.lock().expect("no law panics while it counts");
        let count = counts.entry(effect.name).or_default();
        count.0 += u32::from(changed);
        count.1 += u32::from(!changed);
        count.2 += u32::from(!changed && recipes.0 != scoped);
        let unchanged =
            if recipes.0 == scoped { Some("scoped") } else { (recipes.1 == unscoped).then_some("unscoped") };
        if let (true, Some(which)) = (changed, unchanged) {
            let files = edited.tree.files(&mut Style::plain());
            return Err(fail(format!(
                "edit: {}\nthe {which} recipe stays the same, the units do not:\n{}\nthe edit:\n{}",
                effect.name,
                after.difference(&before),
                larder::changed_files(&draft.tree, &files)
            )));
        }
    }
    Ok(())
}

/// `tests/support/past/*.txt`, each what a law printed when it failed.
#[test]
fn failures_of_the_past_stay_mended() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/past");
    let mut failures = String::new();
    for entry in fs_err::read_dir(dir).expect("there are failures of the past").flatten() {
        let text = fs_err::read_to_string(entry.path()).expect("it is text");
        if let Err(why) = is_mended(&text) {
            failures.extend([&*entry.path().to_string_lossy(), ": ", &why, "\n\n"]);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn is_mended(text: &str) -> Result<(), String> {
    let Past { disk, cwd, args } = golden::lay_out(text)?;
    let expected = oracle::units(&cwd, &args)?;
    let path = disk.beside("recipe.json");
    let recipe = larder::prepare(&cwd, &larder::scoped(&args, Host::Unknown), &path)?;
    skeleton_has(&disk, &recipe, &[], &expected)?;
    if cwd == disk.dir().join("ws") {
        let recipe = larder::prepare(&cwd, &[], &path)?;
        skeleton_has(&disk, &recipe, &args, &expected)?;
    }
    Ok(())
}

#[test]
fn the_generator_makes_workspaces_that_cargo_accepts() {
    let cases = cases() as usize;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut refusals = Vec::new();
    let mut units = 0;
    for seed in (0..).take(cases) {
        let case = generate::case(seed);
        let disk = OnDisk::new();
        match disk.lay_out(&case.workspace).and_then(|_| disk.units(&case)) {
            Ok(found) => {
                units += found.len();
                for it in coverage::traits(&case) {
                    *counts.entry(it).or_default() += 1;
                }
            }
            Err(why) => refusals.push(format!("{why}\n{case:?}")),
        }
    }
    for (name, count) in counts {
        eprintln!("{:3} % {name}", count * 100 / cases);
    }
    eprintln!("{cases} cases, {} refused, {units} third-party units", refusals.len());
    let shown: Vec<String> = refusals.iter().take(3).cloned().collect();
    assert!(refusals.len() * 20 <= cases, "cargo refuses {} of {cases} cases:\n{}", refusals.len(), shown.join("\n\n"));
}

fn preparing_a_skeleton_gives_it_again(disk: &OnDisk, case: &Case, recipe: &Recipe, flags: &[String]) -> Verdict {
    let dir = disk.beside("skeleton");
    // Written again, because cargo may have written a lockfile there.
    larder::skeleton(&disk.beside("recipe.json"), &dir, &[]).map_err(fail)?;
    let mut args = flags.to_vec();
    if let Host::Told = case.scope.host {
        args.extend(["--host".to_owned(), oracle::HOST.clone()]);
    }
    let again = larder::prepare(&dir, &args, &disk.beside("again.json"))
        .map_err(|why| fail(format!("the skeleton cannot be prepared: {why}")))?;
    if again.files() == recipe.files() {
        return Ok(());
    }
    Err(fail(format!(
        "preparing the skeleton with {flags:?} gives another:\n{}\n{}",
        recipe.difference(&again),
        files_of(&dir)
    )))
}

/// No path of the machine, and so nothing that differs between machines.
fn names_no_place(disk: &OnDisk, recipe: &Recipe) -> Verdict {
    let places = [disk.dir(), support::registry::cargo_home().to_owned()];
    match places.iter().find(|it| recipe.0.contains(&*it.to_string_lossy())) {
        Some(place) => Err(fail(format!("the recipe names {}", place.display()))),
        None => Ok(()),
    }
}

/// The scoped and the unscoped recipe of a draft that stands on disk.
fn both_recipes(disk: &OnDisk, draft: &Draft) -> Result<(Recipe, Recipe), String> {
    let cwd = disk.cwd(&draft.case.workspace, &draft.case.scope);
    let path = disk.beside("recipe.json");
    Ok((larder::prepare(&cwd, &larder::scoped_args(&draft.case.scope), &path)?, larder::prepare(&cwd, &[], &path)?))
}

/// Returns whether some unit is compiled with the flags. With `--target`, units for the host are
/// not.
fn takes_rustflags(case: &Case, units: &Units) -> bool {
    let target = case.scope.target || case.workspace.config.get("build").is_some_and(|it| it.get("target").is_some());
    if target { units.any_has(&format!("platform={TARGET}")) } else { !units.is_empty() }
}
