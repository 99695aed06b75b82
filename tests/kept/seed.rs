//! Earlier target directories: a cook compiles what changed since, leaves what it starts from
//! alone, and removes what no recipe uses any more; and never a unit of a local package.

use super::store::{printing, prints, registry, text};
use super::{CARGO, PLAIN, Project, build, larder, lay_out, run};
use cargo_larder::target::unit::{Parts, Unit, units};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

/// `gamma` and `lambda` have build scripts; `epsilon-derive` is a proc-macro.
const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
alpha = { version = '1', features = ['derive'] }
gamma = '0.3'
-- src/main.rs --
fn main() { println!(\"it runs\") }
";

const PROJECT: Project<'static> = Project { files: FILES, ..PLAIN };

/// A project with its lockfile.
fn project(files: &str, dir: &Path) {
    lay_out(files, dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], &[]);
}

/// The version of `alpha` that the project takes.
fn lock_alpha(dir: &Path, version: &str) {
    let files = FILES.replace("version = '1'", &format!("version = '={version}'"));
    project(&files, dir);
}

fn cook(dir: &Path, flags: &[&str], env: &[(&str, &str)]) -> String {
    larder(dir, &[&["cook", "--offline", "--release"], flags].concat(), env)
}

/// The counts that `--report` gives: compiled, fresh, seeded, trimmed.
fn counts(dir: &Path, flags: &[&str], env: &[(&str, &str)]) -> [u64; 4] {
    let said = cook(dir, &[flags, &["--report", "report.json"]].concat(), env);
    let report: serde_json::Value =
        serde_json::from_slice(&fs_err::read(dir.join("report.json")).expect("it was written")).expect("it is JSON");
    let counts = ["compiled", "fresh", "seeded", "trimmed"].map(|name| report["units"][name].as_u64().expect(&said));
    assert_eq!(report["rows"].as_array().expect("there are rows").len() as u64, counts[..3].iter().sum::<u64>());
    // One count: the last line gives the report's.
    let [compiled, fresh, seeded, _] = counts;
    let last = match (fresh, seeded) {
        (fresh, 0) => format!(": {compiled} compiled, {fresh} fresh in "),
        (0, seeded) => format!(": {compiled} compiled, {seeded} seeded in "),
        (fresh, seeded) => format!(": {compiled} compiled, {fresh} fresh, {seeded} seeded in "),
    };
    assert!(said.contains(&last), "{last}\n{said}");
    assert!(report["saved_seconds"].as_f64().is_some_and(f64::is_sign_positive), "{}", report["saved_seconds"]);
    counts
}

/// Path, content and time of all below a directory.
fn all(dir: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for path in fs_err::read_dir(next).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            let modified = fs_err::metadata(&path).expect("it is there").modified().expect("it has a time");
            if path.is_dir() {
                open.push(path.clone());
            }
            let content = if path.is_dir() { Vec::new() } else { fs_err::read(&path).expect("readable") };
            found.insert(path.to_string_lossy().into_owned(), (content, modified));
        }
    }
    found
}

fn there(dir: &Path) -> BTreeMap<Unit, Parts> {
    units(&dir.join("target"), &|_| true)
}

fn packages(dir: &Path) -> BTreeSet<String> {
    there(dir).into_keys().map(|unit| unit.package).collect()
}

#[test]
fn one_bump_compiles_what_changed_and_leaves_the_seed_as_it_was() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir);
    lock_alpha(dir, "1.0.0");
    let [compiled, ..] = counts(dir, &[], &[]);
    let seed = dir.join("seed");
    fs_err::rename(dir.join("target"), &seed).expect("writable");
    let before = all(&seed);

    lock_alpha(dir, "1.1.0");
    assert_eq!(counts(dir, &["--seed", "seed"], &[]), [1, 0, compiled - 1, 1], "alpha, and what nothing uses");
    assert_eq!(all(&seed), before, "a seed is only read");
    let built = build(&PROJECT, dir);
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
    // What came is fresh in its place, too, and alpha 1.0.0 is gone.
    assert_eq!(counts(dir, &["--seed", "seed"], &[]), [0, compiled, 0, 1]);
    assert!(!packages(dir).iter().any(|name| name.starts_with("larder-stub")), "{:?}", packages(dir));
}

#[test]
fn a_seed_by_the_variable_serves_another_checkout() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let (one, other) = (temp.path().join("one"), temp.path().join("other"));
    project(FILES, &one);
    project(FILES, &other);
    let [compiled, ..] = counts(&one, &[], &[]);
    let seeds = std::env::join_paths([temp.path().join("none"), one.join("target")]).expect("no separators");
    let env = [("LARDER_SEED", seeds.to_str().expect("UTF-8"))];
    assert_eq!(counts(&other, &[], &env), [0, 0, compiled, 0]);
    let built = build(&PROJECT, &other);
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
}

#[test]
fn a_seed_that_cannot_serve_is_passed_over_with_a_reason() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    // Nothing for the host, which has settings of its own.
    project(&FILES.replace(", features = ['derive']", "").replace("gamma = '0.3'", "zeta = '2'"), dir);
    let says = |flags: &[&str], env: &[(&str, &str)], reason: &str| {
        let said = cook(dir, flags, env);
        assert!(said.contains(reason), "{reason}\n{said}");
    };
    says(&["--seed", "none"], &[], "note: seed `none` does not exist, so nothing comes from it");
    says(&["--seed", "target"], &[], "note: seed `target` is the target directory itself");
    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    let said = larder(dir, &["cook", "--offline", "--seed", "seed"], &[]);
    assert!(said.contains("note: seed `seed` holds nothing that was built in `debug`"), "{said}");
    let flags = [("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")];
    says(&["--seed", "seed"], &flags, "note: nothing of seed `seed` could be used: it was built with other flags");
}

/// A member that has the name of a registry crate: its units are compared by time alone.
#[test]
fn no_unit_of_a_local_package_comes_from_a_seed_or_goes() {
    const NAMED: &str = "-- Cargo.toml --
[workspace] app eta
-- app/Cargo.toml --
[package] app
[dependencies]
own = { package = 'eta', path = '../eta' }
zeta = '1'
-- app/src/main.rs --
fn main() { println!(\"{}\", own::WHO) }
-- eta/Cargo.toml --
[package] eta 7.0.0
-- eta/src/lib.rs --
pub const WHO: &str = \"old\";
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(NAMED, dir);
    let project = Project { files: NAMED, ..PLAIN };
    cook(dir, &[], &[]);
    build(&project, dir);
    let with_own = there(dir).into_keys().filter(|unit| unit.package == "eta").count();
    assert_eq!(with_own, 2, "the member's and the registry's");
    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    // As old as it was, so that only its content tells.
    let source = dir.join("eta/src/lib.rs");
    let old = fs_err::metadata(&source).and_then(|it| it.modified()).expect("it has a time");
    fs_err::write(&source, "pub const WHO: &str = \"new\";\n").expect("writable");
    std::fs::File::options().write(true).open(&source).and_then(|it| it.set_modified(old)).expect("writable");

    cook(dir, &["--seed", "seed", "--no-trim"], &[]);
    assert!(!packages(dir).contains("app"), "{:?}", packages(dir));
    let built = build(&project, dir);
    assert!(!built.fresh.is_empty(), "{built:#?}");
    let app = dir.join("target/release").join(format!("app{}", std::env::consts::EXE_SUFFIX));
    assert_eq!(String::from_utf8_lossy(&run(&app, dir, &[], &[]).stdout).trim_end(), "new");
    // And of what cargo has built there, a cook takes nothing away.
    let before: BTreeSet<Unit> = there(dir).into_keys().collect();
    let kept = |name: &str| before.iter().filter(|unit| unit.package == name).cloned().collect::<BTreeSet<_>>();
    cook(dir, &[], &[]);
    let after: BTreeSet<Unit> = there(dir).into_keys().collect();
    assert!(kept("app").is_subset(&after) && !kept("app").is_empty(), "{after:?}");
    let built = run(&CARGO, dir, &["build", "--offline", "--release"], &[]);
    assert!(
        !String::from_utf8_lossy(&built.stderr).contains("Compiling"),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
}

#[test]
fn two_builds_in_one_directory_keep_theirs_by_turns() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir);
    let dev = ["--profile", "dev"];
    let cook = |flags: &[&str]| {
        larder(dir, &[&["cook", "--offline", "--report", "report.json"], flags].concat(), &[]);
        let report: serde_json::Value =
            serde_json::from_slice(&fs_err::read(dir.join("report.json")).expect("written")).expect("it is JSON");
        (report["units"]["compiled"].as_u64(), report["units"]["trimmed"].as_u64())
    };
    cook(&dev);
    cook(&["--release"]);
    cook(&["--release", "--features", "alpha/extra"]);
    for flags in [&dev[..], &["--release"], &["--release", "--features", "alpha/extra"]] {
        assert_eq!(cook(flags), (Some(0), Some(0)), "{flags:?}");
    }
}

#[test]
fn what_is_not_trimmed_stays() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir);
    lock_alpha(dir, "1.0.0");
    cook(dir, &[], &[]);
    lock_alpha(dir, "1.1.0");
    let of_alpha = || there(dir).into_keys().filter(|unit| unit.package == "alpha").count();
    cook(dir, &["--no-trim"], &[]);
    assert_eq!(of_alpha(), 2);
    cook(dir, &[], &[]);
    assert_eq!(of_alpha(), 1);
}

/// What a cook that was killed may leave: half a copy, and a record that nothing came of.
#[test]
fn what_a_killed_cook_left_is_removed_or_made_anew() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir);
    let [compiled, ..] = counts(dir, &[], &[]);
    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    fs_err::create_dir_all(dir.join("target/.larder-seed-x/0")).expect("writable");
    let (unit, parts) = units(&dir.join("seed"), &|_| true).pop_first().expect("it has units");
    // Files without a record: either cargo makes them again, or the seed brings them.
    for part in parts.0.iter().filter(|part| **part != unit.record()) {
        let to = dir.join("target").join(part);
        fs_err::create_dir_all(to.parent().expect("below the directory")).expect("writable");
        if dir.join("seed").join(part).is_dir() {
            fs_err::create_dir_all(to.join("left")).expect("writable");
        } else {
            fs_err::write(to, "half").expect("writable");
        }
    }
    assert_eq!(counts(dir, &["--seed", "seed"], &[]), [0, 0, compiled, 0]);
    assert!(!dir.join("target/.larder-seed-x").exists());
    let built = build(&PROJECT, dir);
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
}

/// A crate above a patched package was compiled from the sources that the package had then.
#[test]
fn nothing_above_a_local_package_comes_from_a_seed() {
    const PATCHED: &str = "-- Cargo.toml --
[package] app
[dependencies]
alpha = '1'
zeta = '1'
[patch.crates-io]
eta = { path = 'eta' }
-- src/main.rs --
fn main() {}
-- eta/Cargo.toml --
[package] eta 1.0.0
[features]
default = ['a']
a = []
b = []
-- eta/src/lib.rs --
";
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(PATCHED, dir);
    cook(dir, &[], &[]);
    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    cook(dir, &["--seed", "seed", "--report", "report.json"], &[]);
    let report: serde_json::Value =
        serde_json::from_slice(&fs_err::read(dir.join("report.json")).expect("written")).expect("it is JSON");
    let rows = report["rows"].as_array().expect("there are rows");
    let seeded: BTreeSet<&str> =
        rows.iter().filter(|row| row["from"] == "seed").filter_map(|row| row["package"].as_str()).collect();
    assert!(seeded.contains("alpha") && !seeded.contains("zeta") && !seeded.contains("eta"), "{seeded:?}");
}

/// cargo translates `OUT_DIR` in what a script printed, but no other path. It translates no file in
/// `OUT_DIR`, whatever its name.
#[test]
fn what_a_build_script_left_comes_from_another_path_only_if_it_does_not_name_that() {
    let script = |body: &str, lib: &str| {
        format!(
            "-- Cargo.toml --\n-- build.rs --\nfn main() {{ println!(\"cargo:rerun-if-changed=build.rs\"); {body} }}\n-- src/lib.rs --\n{lib}\n"
        )
    };
    let profile = "let out = std::env::var(\"OUT_DIR\").unwrap(); let profile = std::path::Path::new(&out).ancestors().nth(3).unwrap().display();";
    let by_output = format!("{profile} println!(\"cargo:rustc-env=TASTE={{profile}}\");");
    let by_file = |name: &str| {
        format!("{profile} std::fs::write(format!(\"{{out}}/{name}\"), format!(\"{{profile}}\")).unwrap();")
    };
    let included =
        |name: &str| format!("pub const TASTE: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}\"));");
    let crates = [
        ("by-output", script(&by_output, "pub const TASTE: &str = env!(\"TASTE\");")),
        ("by-json", script(&by_file("it.json"), &included("it.json"))),
        ("by-stdout", script(&by_file("output"), &included("output"))),
        (
            "own",
            script(
                &format!("{profile} println!(\"cargo:rustc-link-search={{out}}\"); let _ = profile;"),
                "pub const TASTE: &str = \"own\";",
            ),
        ),
    ];
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let home = temp.path().join("home");
    fs_err::create_dir_all(&home).expect("writable");
    let crates: Vec<(&str, &str)> = crates.iter().map(|(name, files)| (*name, files.as_str())).collect();
    registry(&home, &crates);
    let env = [("CARGO_HOME", text(&home))];
    let tastes = "[by_output::TASTE, by_json::TASTE, by_stdout::TASTE, own::TASTE].join(\" \")";
    let files = printing(&["by-output", "by-json", "by-stdout", "own"], tastes);
    let [one, other] = ["one", "other"].map(|name| temp.path().join(name));
    for dir in [&one, &other] {
        lay_out(&files, dir);
        run(&CARGO, dir, &["generate-lockfile", "--offline"], &env);
    }
    cook(&one, &[], &env);
    cook(&other, &["--seed", "../one/target", "--report", "report.json"], &env);
    let built = build(&Project { files: &files, env: &env, ..PLAIN }, &other);
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
    let here = fs_err::canonicalize(&other).expect("it is there").join("target/release");
    let here = text(&here);
    // In the layout of Rust 1.100, `OUT_DIR` is a level deeper, so the printed directory is, too.
    let tastes = prints(&other);
    let tastes: Vec<&str> = tastes.split(' ').collect();
    assert!(tastes[..3].iter().all(|taste| taste.starts_with(here)), "{tastes:?}");
    assert_eq!(tastes[3..], ["own"]);
    let report: serde_json::Value =
        serde_json::from_slice(&fs_err::read(other.join("report.json")).expect("written")).expect("it is JSON");
    let rows = report["rows"].as_array().expect("there are rows");
    let seeded = rows.iter().filter(|row| row["from"] == "seed" && row["package"] == "own").count();
    assert_eq!(seeded, 3, "script, run, and library\n{report:#}");
}
