//! Edits of a workspace as a whole that change no third-party unit: names, places, versions, and
//! what brings nothing.

use toml::Value;

use super::dice::Dice;
use super::registry::CRATES;
use super::workspace::{Case, Dependency, From, Kind, Library, Package, Place, Root};

pub fn versions(case: &mut Case, _: &mut Dice) -> bool {
    case.workspace.packages.iter_mut().for_each(|it| it.version = Some("3.2.1-beta.4".to_owned()));
    true
}

pub fn inherit(case: &mut Case, _: &mut Dice) -> bool {
    if case.workspace.root == Root::Lone {
        return false;
    }
    let mut shared: Vec<Dependency> = case.workspace.shared.clone();
    for it in case.workspace.packages.iter_mut().filter(|it| it.is_member()).flat_map(|it| &mut it.dependencies) {
        if matches!(it.from, From::Registry { .. }) && shared.iter().all(|other| other.key != it.key) {
            let features = std::mem::take(&mut it.features);
            let from = std::mem::replace(&mut it.from, From::Shared);
            let default_features = it.default_features.take();
            shared.push(Dependency {
                kind: Kind::Normal,
                platform: None,
                optional: false,
                from,
                default_features,
                features,
                key: it.key.clone(),
            });
        }
    }
    std::mem::replace(&mut case.workspace.shared, shared) != case.workspace.shared
}

pub fn members_reversed(case: &mut Case, _: &mut Dice) -> bool {
    let first = usize::from(case.workspace.root != Root::Virtual);
    case.workspace.packages[first..].reverse();
    case.workspace.packages.len() > first + 1
}

pub fn rename(case: &mut Case, dice: &mut Dice) -> bool {
    let i = dice.below(case.workspace.packages.len());
    let old = case.workspace.packages[i].name.clone();
    let in_feature = case.scope.features.iter().any(|it| it.split('/').any(|part| part == old));
    let ambiguous = CRATES.iter().any(|it| it.name == old);
    if case.scope.names(&case.workspace.packages[i]) || in_feature || ambiguous {
        return false;
    }
    let new = (*dice.pick(&["a-new-name", "zzz_new_name"])).to_owned();
    let dir = |it: &String| if ends_with(it, &old) { it.replace(&old, &new) } else { it.clone() };
    let package = &mut case.workspace.packages[i];
    package.name.clone_from(&new);
    package.place = match &package.place {
        Place::Root => Place::Root,
        Place::Member(it) => Place::Member(dir(it)),
        Place::Excluded(it) => Place::Excluded(dir(it)),
        Place::Outside(it) => Place::Outside(dir(it)),
    };
    // The key of an optional dependency is a feature that others may name. It stays, together with
    // the new name.
    let optional = case.workspace.packages.iter().any(|it| it.optional_keys().contains(old.as_str()));
    let renamed = |it: &mut Dependency| {
        if it.from != From::Local(old.clone()) {
            return false;
        }
        it.from = From::Local(new.clone());
        let unnamed = it.key == old && !optional;
        if unnamed {
            it.key.clone_from(&new);
        }
        unnamed
    };
    let shared = case.workspace.shared.iter_mut().filter_map(|it| renamed(it).then_some(())).count() > 0;
    for package in &mut case.workspace.packages {
        let mut keys = false;
        for it in &mut package.dependencies {
            let inherits = shared && it.from == From::Shared && it.key == old;
            if inherits {
                it.key.clone_from(&new);
            }
            keys |= renamed(it) || inherits;
        }
        if keys {
            package.features.values_mut().flatten().for_each(|it| *it = value(it, &old, &new));
        }
    }
    if let Some(names) = &mut case.workspace.default_members {
        *names = names.iter().map(|it| key(it, &old, &new)).collect();
    }
    for profile in case.workspace.profiles.iter_mut().filter_map(|(_, it)| it.as_table_mut()) {
        let Some(Value::Table(overrides)) = profile.get_mut("package") else { continue };
        if let Some(settings) = overrides.remove(&old) {
            overrides.insert(new.clone(), settings);
        }
    }
    true
}

fn ends_with(dir: &str, name: &str) -> bool {
    dir.split('/').next_back() == Some(name)
}

fn key(name: &str, old: &str, new: &str) -> String {
    if name == old { new.to_owned() } else { name.to_owned() }
}

/// A feature's value, with the dependency `old` in it by its new name.
fn value(value: &str, old: &str, new: &str) -> String {
    value.split_once('/').map_or(value.to_owned(), |(name, feature)| format!("{}/{feature}", key(name, old, new)))
}

pub fn relocate(case: &mut Case, dice: &mut Dice) -> bool {
    let package = {
        let i = dice.below(case.workspace.packages.len());
        &mut case.workspace.packages[i]
    };
    let Place::Member(dir) = &mut package.place else { return false };
    // How deep the package of the command stands is part of its recipe.
    let is_current = case.scope.from_member.as_deref() == Some(package.name.as_str());
    let depth = if is_current { dir.split('/').count() } else { 2 };
    let above = "elsewhere/".repeat(depth - 1);
    *dir = format!("{above}{}{}", if depth == 1 { "elsewhere-" } else { "" }, package.name);
    true
}

pub fn new_member(case: &mut Case, dice: &mut Dice) -> bool {
    if case.workspace.root == Root::Lone {
        return false;
    }
    let mut package = case.workspace.packages[0].clone();
    "new-comer".clone_into(&mut package.name);
    package.place = Place::Member((*dice.pick(&["crates/aaa", "new-comer"])).to_owned());
    package.library = dice.pick(&[Library::Plain, Library::Types(vec!["cdylib", "rlib"])]).clone();
    package.build_script = *dice.pick(&[None, Some("build.rs")]);
    (package.main, package.inherits) = (false, false);
    (package.bins, package.examples, package.tests, package.benches) = Default::default();
    (package.dependencies, package.features) = Default::default();
    case.workspace.packages.push(package);
    true
}

pub fn build_script(case: &mut Case, _: &mut Dice) -> bool {
    let without =
        |it: &&mut Package| it.build_script.is_none() && it.dependencies.iter().all(|it| it.kind != Kind::Build);
    let mut found = false;
    for package in case.workspace.packages.iter_mut().filter(without) {
        package.build_script = Some("build.rs");
        found = true;
    }
    found
}

/// A package asks for what a plain dependency of its own asks for, too.
pub fn implied(case: &mut Case, _: &mut Dice) -> bool {
    let plain = |it: &Dependency| it.kind == Kind::Normal && it.platform.is_none() && !it.optional;
    let packages = &case.workspace.packages;
    let named = |it: &Package, key: &str| {
        let of_key = |value: &String| value.split('/').next().is_some_and(|name| name.trim_end_matches('?') == key);
        it.dependencies.iter().any(|own| own.key == key) || it.features.values().flatten().any(of_key)
    };
    // Only one version of it, since a name stands for one package.
    let versions = |name: &str| {
        let all = packages.iter().flat_map(|it| &it.dependencies).chain(&case.workspace.shared);
        let all = all.filter_map(|it| match &it.from {
            From::Registry { package, requirement } if *package == name => Some(requirement.clone()),
            _ => None,
        });
        all.collect::<std::collections::BTreeSet<_>>().len()
    };
    let mut found = None;
    for (i, above) in packages.iter().enumerate().filter(|(_, it)| it.library != Library::ProcMacro) {
        for local in above.dependencies.iter().filter(|it| plain(it)) {
            let From::Local(name) = &local.from else { continue };
            let below = packages.iter().find(|it| it.name == *name && it.library == Library::Plain);
            let asked = below.into_iter().flat_map(|it| &it.dependencies).find(|it| {
                let From::Registry { package, .. } = &it.from else { return false };
                plain(it) && it.key == *package && !named(above, &it.key) && versions(package) == 1
            });
            found = found.or_else(|| asked.map(|it| (i, it.clone())));
        }
    }
    let Some((i, asked)) = found else { return false };
    case.workspace.packages[i].dependencies.push(asked);
    true
}
