//! No difference between two recipes is left unexplained: whatever is altered in one, is said.

use super::{Place, prepare};
use cargo_larder::explain::change::{Change, Kind};
use cargo_larder::explain::diff::diff;
use cargo_larder::recipe::view::View;
use cargo_larder::recipe::{self, Recipe};
use toml::{Table, Value};

/// A workspace with everything that a recipe can hold.
const EVERYTHING: &str = r#"-- Cargo.toml --
[workspace]
members = ["crates/*"]
exclude = ["vendored"]
resolver = "2"
unknown = 1
[profile.release]
lto = "thin"
codegen-units = 1
[profile.release.package.b]
opt-level = 1
[patch.crates-io]
c = { path = "vendored/c" }
-- vendored/c/src/lib.rs --
-- vendored/c/Cargo.toml --
[package]
name = "c"
version = "1.0.0"
-- .cargo/config.toml --
[build]
rustflags = ["-Cx"]
[env]
A = "b"
[target.'cfg(unix)']
linker = "cc"
-- rust-toolchain.toml --
[toolchain]
channel = "1.95.0"
-- crates/api/src/lib.rs --
-- crates/api/build.rs --
-- crates/api/tests/it.rs --
-- crates/api/Cargo.toml --
[package]
name = "api"
version = "0.1.0"
edition = "2021"
[lib]
crate-type = ["cdylib", "rlib"]
[features]
more = ["dep:b"]
[dependencies]
a = { version = "1", features = ["x"] }
b = { version = "1", optional = true, default-features = false }
[build-dependencies]
d = "1"
[dev-dependencies]
e = "1"
[target.'cfg(unix)'.dependencies]
f = { version = "1", unknown = "key" }
-- crates/web/src/main.rs --
-- crates/web/Cargo.toml --
[package]
name = "web"
version = "0.1.0"
edition = "2021"
[dependencies]
api = { path = "../api", features = ["more"] }
g = { package = "a", version = "1" }
"#;

/// Its lockfile.
fn lock() -> String {
    let of_registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n";
    let mut text = "-- Cargo.lock --\nversion = 4\n".to_owned();
    let packages: [(&str, &str, &[&str], &str); 8] = [
        ("a", "1.0.0", &["c"], of_registry),
        ("api", "0.1.0", &["a", "b", "d", "e", "f"], ""),
        ("b", "1.0.0", &["a"], of_registry),
        ("c", "1.0.0", &[], ""),
        ("d", "1.0.0", &[], of_registry),
        ("e", "1.0.0", &[], of_registry),
        ("f", "1.0.0", &["d"], of_registry),
        ("web", "0.1.0", &["a", "api"], ""),
    ];
    for (name, version, below, source) in packages {
        let package = format!("name = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = {below:?}\n");
        text.extend(["[[package]]\n", &package]);
    }
    text
}

/// Every table that differs from this one in one value: gone, or another one.
fn altered(table: &Table) -> Vec<(String, Table)> {
    let mut all = Vec::new();
    for (key, value) in table {
        let mut without = table.clone();
        without.remove(key);
        all.push((key.clone(), without));
        for (path, other) in others(value) {
            let mut with = table.clone();
            with.insert(key.clone(), other);
            all.push((format!("{key}{path}"), with));
        }
    }
    all
}

fn others(value: &Value) -> Vec<(String, Value)> {
    let here = |value: Value| vec![(String::new(), value)];
    match value {
        Value::Table(table) => {
            let mut all: Vec<_> =
                altered(table).into_iter().map(|(path, it)| (format!(".{path}"), it.into())).collect();
            let mut more = table.clone();
            more.insert("an-unknown-key".to_owned(), Value::Integer(7));
            all.push((".an-unknown-key".to_owned(), more.into()));
            all
        }
        Value::Array(values) => {
            let mut all = Vec::new();
            for (i, inner) in values.iter().enumerate() {
                let mut fewer = values.clone();
                fewer.remove(i);
                all.push((format!("[{i}]"), fewer.into()));
                for (path, other) in others(inner) {
                    let mut with = values.clone();
                    with[i] = other;
                    all.push((format!("[{i}]{path}"), with.into()));
                }
            }
            all
        }
        Value::String(text) => here(format!("{text}9").into()),
        Value::Integer(number) => here((number + 1).into()),
        Value::Boolean(is) => here((!is).into()),
        other => here(Value::String(other.to_string())),
    }
}

/// Returns whether `prepare` derives a key from others: it never differs alone.
fn is_derived(recipe: &Recipe, file: &str, path: &str) -> bool {
    let is_stub = file.starts_with("larder-stub");
    let of_stub = is_stub && (path.starts_with("package") || path.starts_with("lib") || path.contains("larder-stub"));
    let of_stub = of_stub || is_stub && path.ends_with("an-unknown-key") && !path.contains("dependencies.");
    let of_stub = of_stub || file == "larder-stub/Cargo.toml" && path == "dependencies"; // of other stubs
    let of_root = file == "Cargo.toml"
        && ["members", "exclude", "metadata"]
            .iter()
            .any(|key| path == "workspace" || path.starts_with(&format!("workspace.{key}")));
    let of_root = of_root || recipe.scope.is_some() && path.starts_with("workspace.default-members");
    // How a member or a stub is listed follows from its manifest.
    let of_lock = file == "Cargo.lock" && !path.contains("an-unknown-key") && is_local_entry(recipe, path);
    let unknown = file == "Cargo.lock" && (path.ends_with("an-unknown-key") || path.ends_with("dependencies"));
    // Which package a dependency means follows from the lockfile.
    let of_dependency = [".path", ".package", ".version"].iter().any(|end| path.ends_with(end));
    // No lockfile lists a package of this name.
    let unknown = unknown || path.ends_with("dependencies.an-unknown-key");
    of_stub || of_root || of_lock || unknown || of_dependency
}

fn is_local_entry(recipe: &Recipe, path: &str) -> bool {
    let text = String::from_utf8_lossy(&recipe.files["Cargo.lock"]).into_owned();
    let lock: Table = text.parse().expect("it is TOML");
    let at = path.strip_prefix("package[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    at.is_none_or(|at| lock["package"][at].get("source").is_none())
}

fn changes(old: &Recipe, new: Recipe) -> Option<Vec<Change>> {
    let [old, new] = [View::new("old", old.clone()).ok()?, View::new("new", new).ok()?];
    Some(diff(&old, &new))
}

#[test]
fn whatever_is_altered_in_a_recipe_is_explained() {
    let place = Place::new(&[EVERYTHING, &lock()]);
    for flags in [&["--release", "--all-targets"][..], &["--release"], &[]] {
        let recipe = recipe::decode("recipe.json", &prepare(&place, flags)).expect("it is a recipe");
        assert_eq!(changes(&recipe, recipe.clone()), Some(Vec::new()));
        let mut count = 0;
        for (file, bytes) in &recipe.files {
            let mut others: Vec<(String, Option<Vec<u8>>)> = Vec::new();
            let is_manifest =
                std::path::Path::new(file).extension().is_some_and(|it| it == "toml") || file == "Cargo.lock";
            if is_manifest {
                let table: Table = String::from_utf8_lossy(bytes).parse().expect("it is TOML");
                let tables = altered(&table).into_iter().filter(|(path, _)| !is_derived(&recipe, file, path));
                others.extend(tables.map(|(path, table)| (path, Some(table.to_string().into_bytes()))));
            } else {
                others.push(("more".to_owned(), Some([&bytes[..], b"// more\n"].concat())));
            }
            for (what, other) in others {
                let mut files = recipe.files.clone();
                match other {
                    Some(bytes) => files.insert(file.clone(), bytes),
                    None => files.remove(file),
                };
                let Some(changes) = changes(&recipe, Recipe { files, ..recipe.clone() }) else { continue };
                count += 1;
                assert!(!changes.is_empty(), "{flags:?}: `{what}` of {file} is not explained");
                let is_source = !is_manifest && !file.starts_with("vendored");
                let formal = changes.iter().any(|change| change.kind == Kind::Form);
                assert!(formal == is_source, "{flags:?}: `{what}` of {file}: {changes:?}");
            }
        }
        assert!(count > 60, "{flags:?}: {count}");
        let with = |change: &dyn Fn(&mut Recipe)| {
            let mut other = recipe.clone();
            change(&mut other);
            let found = changes(&recipe, other).expect("it can be read");
            assert!(!found.is_empty() && found.iter().all(|it| it.kind != Kind::Form), "{flags:?}: {found:?}");
        };
        with(&|it| it.above += 1);
        with(&|it| it.depth += 1);
        with(&|it| it.away += 1);
        with(&|it| it.here = Some("x".to_owned()));
        with(&|it| it.dockerfile = Some("x".to_owned()));
        with(&|it| it.host = Some("x".to_owned()));
        with(&|it| it.build.bins = !it.build.bins);
        with(&|it| it.scope.get_or_insert_default().all_features = true);
        with(&|it| it.assumed.extend(["lto".to_owned()]));
        with(&|it| it.index = Some(cargo_larder::workspace::lockfile::Lockfile::default()));
    }
}
