//! Edits that may change third-party units; whether one did is for cargo to say.

use toml::{Table, Value};

use super::dice::Dice;
use super::edits::Draft;
use super::oracle::{OnDisk, locked};
use super::registry::{CRATES, Crate};
use super::render::LOCK;
use super::shrink::reductions;
use super::style::Style;
use super::tidy::tidy;
use super::workspace::{Case, From, Workspace};

/// Writes an edited draft to disk; nothing if there was nothing to edit, or cargo refuses the edit.
pub struct Effect {
    pub name: &'static str,
    pub apply: fn(&Draft, &OnDisk, &mut Dice) -> Option<Draft>,
}

pub const EFFECTS: &[Effect] = &[
    Effect { name: "another version in the lockfile", apply: bump },
    Effect {
        name: "one more feature of a dependency",
        apply: |draft, disk, dice| model(draft, disk, dice, add_feature),
    },
    Effect { name: "another opt-level", apply: |draft, disk, dice| model(draft, disk, dice, opt_level) },
    Effect { name: "other rustflags", apply: |draft, disk, dice| model(draft, disk, dice, rustflags) },
    Effect { name: "something less", apply: |draft, disk, dice| model(draft, disk, dice, reduce) },
    Effect { name: "something less", apply: |draft, disk, dice| model(draft, disk, dice, reduce) },
    Effect { name: "something less", apply: |draft, disk, dice| model(draft, disk, dice, reduce) },
];

/// What cargo's unit graph does not show, though it changes every unit of the target platform.
pub const RUSTFLAGS: &str = "other rustflags";

fn model(draft: &Draft, disk: &OnDisk, dice: &mut Dice, change: fn(&Case, &mut Dice) -> Option<Case>) -> Option<Draft> {
    let case = tidy(change(&draft.case, dice)?);
    if case.workspace == draft.case.workspace || case.scope != draft.case.scope {
        return None;
    }
    let tree = disk.lay_out(&case.workspace).ok()?;
    Some(Draft { case, tree })
}

/// Compatible versions differ in nothing but their versions here, so that the lockfile can be
/// edited as text. (`cargo update --precise` does nothing with a directory source.)
fn bump(draft: &Draft, disk: &OnDisk, dice: &mut Dice) -> Option<Draft> {
    let locked = locked(&draft.tree.texts[LOCK]);
    let mut bumps = Vec::new();
    for (name, version) in locked.iter().filter_map(|it| it.split_once(' ')) {
        let Some(now) = CRATES.iter().find(|it| it.name == name && it.version == version) else { continue };
        let compatible =
            |it: &&Crate| it.name == name && it.version != version && it.requirement() == now.requirement();
        bumps.extend(CRATES.iter().filter(compatible).map(|other| (now, other)));
    }
    bumps.retain(|(now, _)| !is_pinned(&draft.case.workspace, now.name));
    let (now, other) = dice.maybe(&bumps)?;
    let mut edited = draft.clone();
    let lock = edited.tree.texts.get_mut(LOCK).expect("a draft has a lockfile");
    let entry = |it: &Crate| format!("name = \"{}\"\nversion = \"{}\"\n", it.name, it.version);
    let reference = |it: &Crate| format!("\"{} {}\"", it.name, it.version);
    *lock = lock
        .replace(&entry(now), &entry(other))
        .replace(&reference(now), &reference(other))
        .replace(&now.checksum(), &other.checksum());
    edited.tree.write(&disk.dir(), &mut Style::plain());
    Some(edited)
}

/// Returns whether exactly this version of the crate is required.
pub fn is_pinned(workspace: &Workspace, name: &str) -> bool {
    let all = workspace.packages.iter().flat_map(|it| &it.dependencies).chain(&workspace.shared);
    let pins = |it: &From| matches!(it, From::Registry { package, requirement } if *package == name && requirement.starts_with('='));
    all.into_iter().any(|it| pins(&it.from))
}

fn add_feature(case: &Case, dice: &mut Dice) -> Option<Case> {
    let mut edited = case.clone();
    let i = dice.below(case.workspace.packages.len());
    let mut found = None;
    for it in &mut edited.workspace.packages[i].dependencies {
        let missing: Vec<String> =
            case.workspace.offered(it).into_iter().filter(|feature| !it.features.contains(feature)).collect();
        if let Some(feature) = dice.maybe(&missing) {
            found = Some((it, feature.clone()));
            if dice.percent(50) {
                break;
            }
        }
    }
    let (dependency, feature) = found?;
    dependency.features.push(feature);
    Some(edited)
}

fn opt_level(case: &Case, dice: &mut Dice) -> Option<Case> {
    let mut edited = case.clone();
    let used = case.scope.profile.clone().unwrap_or_else(|| "dev".to_owned());
    let profile = edited.workspace.profiles.entry(used).or_insert_with(|| Value::Table(Table::new()));
    let level = *dice.pick(&["s", "z"]);
    profile.as_table_mut()?.insert("opt-level".to_owned(), level.into());
    Some(edited)
}

fn rustflags(case: &Case, _: &mut Dice) -> Option<Case> {
    let mut edited = case.clone();
    // Flags of a target go before those of the build, so that these would not count.
    let place = if target_flags(&case.workspace) { vec!["target", "cfg(unix)"] } else { vec!["build"] };
    let mut table = &mut edited.workspace.config;
    for key in place {
        table = table.entry(key).or_insert_with(|| Value::Table(Table::new())).as_table_mut()?;
    }
    let flags = table.entry("rustflags").or_insert_with(|| Value::Array(Vec::new()));
    flags.as_array_mut()?.push("-Cforce-frame-pointers=yes".into());
    Some(edited)
}

fn target_flags(workspace: &Workspace) -> bool {
    workspace.config.contains_key("target")
}

fn reduce(case: &Case, dice: &mut Dice) -> Option<Case> {
    let smaller: Vec<Case> = reductions(case).into_iter().filter(|it| it.scope == case.scope).collect();
    dice.maybe(&smaller).cloned()
}
