//! Random `[profile]` tables.

use toml::{Table, Value};

use super::dice::Dice;
use super::registry::CRATES;

pub fn profiles(dice: &mut Dice, names: &[String]) -> Table {
    let mut profiles = Table::new();
    for name in ["dev", "release", "test", "bench", "fast"] {
        if dice.percent(if name == "release" { 50 } else { 20 }) {
            profiles.insert(name.to_owned(), Value::Table(profile(dice, name, names)));
        }
    }
    profiles
}

fn profile(dice: &mut Dice, name: &str, names: &[String]) -> Table {
    let mut profile = settings(dice);
    if name == "fast" {
        profile.insert("inherits".to_owned(), (*dice.pick(&["release", "dev"])).into());
    }
    if dice.percent(40) {
        let lto: [Value; 6] = [true.into(), true.into(), "fat".into(), "thin".into(), "off".into(), false.into()];
        profile.insert("lto".to_owned(), dice.pick(&lto).clone());
    }
    if dice.percent(25) {
        profile.insert("panic".to_owned(), "abort".into());
    }
    if dice.percent(15) {
        profile.insert(
            "strip".to_owned(),
            dice.pick::<Value>(&[true.into(), "symbols".into(), "debuginfo".into(), "none".into()]).clone(),
        );
    }
    if dice.percent(20) {
        profile.insert("build-override".to_owned(), Value::Table(settings(dice)));
    }
    let mut overrides = Table::new();
    if dice.percent(15) {
        overrides.insert(dice.pick(CRATES).name.to_owned(), Value::Table(settings(dice)));
    }
    if dice.percent(15) {
        overrides.insert(dice.pick(names).clone(), Value::Table(settings(dice)));
    }
    if dice.percent(10) {
        overrides.insert("*".to_owned(), Value::Table(settings(dice)));
    }
    if dice.percent(5) {
        let it = dice.pick(CRATES);
        overrides.entry(format!("{}@{}", it.name, it.version)).or_insert(Value::Table(settings(dice)));
        overrides.remove(it.name);
    }
    if !overrides.is_empty() {
        profile.insert("package".to_owned(), Value::Table(overrides));
    }
    profile
}

/// Settings that an override may have as well.
fn settings(dice: &mut Dice) -> Table {
    let all: [(&str, Value); 7] = [
        ("opt-level", dice.pick::<Value>(&[0.into(), 1.into(), 3.into(), "s".into(), "z".into()]).clone()),
        ("codegen-units", (*dice.pick(&[1_i64, 4])).into()),
        ("debug", dice.pick::<Value>(&[true.into(), 1.into(), 0.into(), "line-tables-only".into()]).clone()),
        ("debug-assertions", dice.percent(50).into()),
        ("overflow-checks", dice.percent(50).into()),
        ("incremental", dice.percent(50).into()),
        ("split-debuginfo", "packed".into()),
    ];
    dice.some(18, &all).into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
