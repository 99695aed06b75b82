//! Third-party units from cargo's unit graph: a line for each, and a key that covers what cargo
//! hashes. These are the units below it, and the LTO flags that follow from the crate types of the
//! units above it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What of a profile counts for cargo (`Profile::comparable` in `core/profiles.rs`).
const PROFILE: &[&str] = &[
    "opt_level",
    "lto",
    "codegen_backend",
    "codegen_units",
    "debuginfo",
    "split_debuginfo",
    "debug_assertions",
    "overflow_checks",
    "rpath",
    "incremental",
    "panic",
    "strip",
    "rustflags",
    "trim_paths",
];

/// The third-party units of a build: what each is, and under it what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units(BTreeSet<String>);

impl Units {
    /// Reads the output of `cargo build --unit-graph`.
    pub fn parse(text: &str) -> Self {
        let graph: Value = serde_json::from_str(text).expect("a unit graph is JSON");
        let units: Vec<Unit> =
            graph["units"].as_array().expect("a unit graph has units").iter().map(Unit::parse).collect();
        let roots = graph["roots"].as_array().expect("a unit graph has roots").iter().map(index);
        let lto = lto(&units, roots);
        let mut keys = BTreeMap::new();
        let third_party = (0..units.len()).filter(|&i| !units[i].local);
        Self(third_party.map(|i| key(&units, &lto, &mut keys, i)).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Lines that only one of the two has: `-` what is missing in `self`, `+` what only it has.
    /// Where the units as such are the same, what they depend on is shown as well.
    pub fn difference(&self, expected: &Self) -> String {
        let shallow = |units: &Self| {
            Self(units.0.iter().filter_map(|it| it.split(" below=").next()).map(str::to_owned).collect())
        };
        let (mine, theirs) = (shallow(self), shallow(expected));
        let (mine, theirs) = if mine == theirs { (self, expected) } else { (&mine, &theirs) };
        let missing = theirs.0.difference(&mine.0).map(|it| format!("- {it}\n"));
        let surplus = mine.0.difference(&theirs.0).map(|it| format!("+ {it}\n"));
        missing.chain(surplus).collect()
    }

    /// Names and versions of the packages that are built.
    pub fn packages(&self) -> BTreeSet<(String, String)> {
        let package = |it: &String| {
            let (name, version) = it.split(' ').next()?.split_once('@')?;
            Some((name.to_owned(), version.to_owned()))
        };
        self.0.iter().filter_map(package).collect()
    }

    /// Returns whether the line of a unit contains `part`.
    pub fn any_has(&self, part: &str) -> bool {
        self.0.iter().any(|it| it.contains(part))
    }
}

struct Unit {
    local: bool,
    line: String,
    /// Build scripts and proc-macros, which no LTO reaches.
    for_host: bool,
    /// As linked: a test is a program, whatever its target is.
    crate_types: Vec<String>,
    lto: String,
    below: Vec<usize>,
}

impl Unit {
    fn parse(unit: &Value) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let list = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
        let id = text(&unit["pkg_id"]);
        let kind = list(&unit["target"]["kind"]);
        let mut features = list(&unit["features"]);
        features.sort();
        let settings: Vec<String> =
            PROFILE.iter().map(|&key| format!("{key}={}", text(&unit["profile"][key]))).collect();
        let package = id.rsplit_once('#').map_or(id.as_str(), |it| it.1);
        let line = format!(
            "{package} {} {} [{}] platform={} {}",
            kind.join("+"),
            text(&unit["mode"]),
            features.join(","),
            text(&unit["platform"]),
            settings.join(" ")
        );
        let program = unit["mode"] == "test";
        Self {
            local: id.starts_with("path+"),
            line,
            for_host: kind.iter().any(|it| it == "custom-build" || it == "proc-macro"),
            crate_types: if program { vec!["bin".to_owned()] } else { list(&unit["target"]["crate_types"]) },
            lto: text(&unit["profile"]["lto"]),
            below: unit["dependencies"].as_array().into_iter().flatten().map(|it| index(&it["index"])).collect(),
        }
    }

    fn all_programs(&self) -> bool {
        self.crate_types.iter().all(|it| matches!(it.as_str(), "bin" | "staticlib" | "cdylib"))
    }

    fn needs_object(&self) -> bool {
        self.crate_types.iter().any(|it| matches!(it.as_str(), "bin" | "staticlib" | "cdylib" | "dylib" | "proc-macro"))
    }

    fn when_object_is_needed(&self) -> Lto {
        if self.crate_types.iter().all(|it| it == "dylib") { Lto::OnlyObject } else { Lto::ObjectAndBitcode }
    }
}

fn index(value: &Value) -> usize {
    value.as_u64().and_then(|it| usize::try_from(it).ok()).expect("a unit graph counts its units")
}

/// The unit and all third-party units below it, each by a hash.
fn key(units: &[Unit], lto: &BTreeMap<usize, Lto>, known: &mut BTreeMap<usize, String>, i: usize) -> String {
    if let Some(key) = known.get(&i) {
        return key.clone();
    }
    let third_party = units[i].below.iter().filter(|&&it| !units[it].local);
    let below: BTreeSet<String> = third_party.map(|&it| short(&key(units, lto, known, it))).collect();
    let below: Vec<String> = below.into_iter().collect();
    let key = format!("{} computed-lto={:?} below=[{}]", units[i].line, lto.get(&i), below.join(" "));
    known.insert(i, key.clone());
    key
}

/// FNV-1a; two keys that collide would hide a failure, which no one arranges for.
fn short(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{}:{hash:016x}", text.split(' ').next().unwrap_or(""))
}

/// `compiler/lto.rs` of cargo, over the graph it printed, which does not show the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lto {
    Run,
    Off,
    OnlyBitcode,
    ObjectAndBitcode,
    OnlyObject,
}

fn lto(units: &[Unit], roots: impl Iterator<Item = usize>) -> BTreeMap<usize, Lto> {
    let mut computed = BTreeMap::new();
    for root in roots {
        let unit = &units[root];
        let from = match unit.lto.as_str() {
            "false" => Lto::OnlyObject,
            "off" => Lto::Off,
            _ if unit.for_host => Lto::OnlyObject,
            _ if unit.needs_object() => unit.when_object_is_needed(),
            _ => Lto::OnlyBitcode,
        };
        calculate(units, &mut computed, root, from);
    }
    computed
}

fn calculate(units: &[Unit], computed: &mut BTreeMap<usize, Lto>, i: usize, parent: Lto) {
    let unit = &units[i];
    let own = match (unit.lto.as_str(), parent) {
        _ if unit.for_host => Lto::OnlyObject,
        ("false", _) if unit.all_programs() => Lto::OnlyObject,
        ("off", _) if unit.all_programs() => Lto::Off,
        _ if unit.all_programs() => Lto::Run,
        (_, Lto::Run) if !unit.needs_object() => Lto::OnlyBitcode,
        (_, Lto::Run | Lto::OnlyBitcode) if unit.needs_object() => unit.when_object_is_needed(),
        _ => parent,
    };
    let merged = match (own, computed.get(&i)) {
        (own, None) => own,
        (own, Some(&before)) if own == before => return,
        (Lto::Run, _) | (_, Some(Lto::Run)) => Lto::Run,
        (Lto::Off, _) | (_, Some(Lto::Off)) => Lto::Off,
        _ => Lto::ObjectAndBitcode,
    };
    if computed.insert(i, merged) != Some(merged) {
        unit.below.iter().for_each(|&it| calculate(units, computed, it, merged));
    }
}
