//! The store: a project gets what another one has compiled, where everything that went into it is
//! the same, and nowhere else.

use super::{CARGO, PLAIN, Project, build, files_below, larder, lay_out, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// `gamma` and `lambda` have build scripts; `epsilon-derive` is a proc-macro, on which `alpha`
/// depends here.
pub const FILES: &str = "-- Cargo.toml --
[package] app
[dependencies]
alpha = { version = '1', features = ['derive'] }
gamma = '0.3'
pi = { version = '1.0.0-rc.1', default-features = false }
-- src/main.rs --
fn main() { println!(\"it runs\") }
";

const PROJECT: Project<'static> = Project { files: FILES, ..PLAIN };

/// A project with its lockfile.
pub fn project(files: &str, dir: &Path, env: &[(&str, &str)]) {
    lay_out(files, dir);
    run(&CARGO, dir, &["generate-lockfile", "--offline"], env);
}

/// What a cook did.
#[derive(Debug)]
pub struct Did {
    pub said: String,
    /// Packages with their kinds, by where they came from.
    pub from: BTreeMap<String, BTreeSet<String>>,
}

impl Did {
    pub fn packages(&self, from: &str) -> BTreeSet<&str> {
        self.from.get(from).into_iter().flatten().filter_map(|it| it.split(' ').next()).collect()
    }

    /// Everything came from the store.
    #[track_caller]
    pub fn is_served(&self) {
        assert_eq!(self.from.keys().collect::<Vec<_>>(), ["store"], "{}", self.said);
    }

    #[track_caller]
    pub fn is_compiled(&self) {
        assert_eq!(self.from.keys().collect::<Vec<_>>(), ["compiled"], "{}", self.said);
    }
}

pub fn cook(dir: &Path, flags: &[&str], env: &[(&str, &str)]) -> Did {
    let fixed = ["cook", "--offline", "--release", "--report", "report.json"];
    let said = larder(dir, &[&fixed, flags].concat(), env);
    let report = fs_err::read(dir.join("report.json")).expect("it was written");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("it is JSON");
    let mut from = BTreeMap::<String, BTreeSet<String>>::new();
    for row in report["rows"].as_array().expect("there are rows") {
        let text = |key: &str| row[key].as_str().expect("it is text");
        let unit = format!("{} {} {}", text("package"), text("version"), text("kind"));
        from.entry(text("from").to_owned()).or_default().insert(unit);
    }
    let stored = report["units"]["stored"].as_u64().expect("it is a number");
    let did = Did { said, from };
    // A package may be there for the host, too.
    assert_eq!(stored > 0, did.from.contains_key("store"));
    did
}

#[track_caller]
pub fn builds(files: &str, dir: &Path, env: &[(&str, &str)]) {
    let built = build(&Project { files, env, ..PROJECT }, dir);
    assert!(built.compiled.is_empty() && !built.fresh.is_empty(), "{built:#?}");
}

/// crates.io as a directory of crates of one test's own, below a home of cargo.
pub fn registry(home: &Path, crates: &[(&str, &str)]) {
    for (name, files) in crates {
        let dir = home.join("local").join(name);
        let head = format!("[package]\nname = '{name}'\nversion = '1.0.0'\nedition = '2021'\n");
        lay_out(&files.replace("-- Cargo.toml --\n", &format!("-- Cargo.toml --\n{head}")), &dir);
        let checksum = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let text = format!("{{\"files\":{{}},\"package\":\"{checksum}\"}}");
        fs_err::write(dir.join(".cargo-checksum.json"), text).expect("writable");
    }
    let config = format!(
        "[source.crates-io]\nreplace-with = 'local'\n[source.local]\ndirectory = '{}'\n",
        home.join("local").display()
    );
    fs_err::write(home.join("config.toml"), config).expect("writable");
}

/// A project that depends on crates of [`registry`] and prints what `expression` is.
pub fn printing(dependencies: &[&str], expression: &str) -> String {
    let dependencies: String = dependencies.iter().flat_map(|name| [name, " = '1'\n"]).collect();
    format!(
        "-- Cargo.toml --
[package] app
[dependencies]
{dependencies}-- src/main.rs --
fn main() {{ println!(\"{{}}\", {expression}) }}
"
    )
}

pub fn prints(dir: &Path) -> String {
    let app = dir.join("target/release").join(format!("app{}", std::env::consts::EXE_SUFFIX));
    String::from_utf8_lossy(&run(&app, dir, &[], &[]).stdout).trim_end().to_owned()
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

#[test]
fn another_checkout_gets_every_unit_and_one_bump_compiles_its_own() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let [one, other, bumped, back] = ["one", "other", "bumped", "back"].map(|name| temp.path().join(name));
    let old = FILES.replace("version = '1',", "version = '=1.0.0',");
    project(&old, &one, &[]);
    cook(&one, &["--cache", "../store"], &[]).is_compiled();

    project(&old, &other, &[]);
    let store = temp.path().join("store");
    cook(&other, &[], &[("LARDER_CACHE", text(&store))]).is_served();
    builds(&old, &other, &[]);

    project(&old.replace("=1.0.0", "=1.1.0"), &bumped, &[]);
    let did = cook(&bumped, &["--cache", text(&store)], &[]);
    assert_eq!(did.packages("compiled"), BTreeSet::from(["alpha"]), "{did:?}");
    builds(&old.replace("=1.0.0", "=1.1.0"), &bumped, &[]);
    // Both versions are there now.
    project(&old, &back, &[]);
    cook(&back, &["--cache", text(&store)], &[]).is_served();
    assert!(files_below(&store).iter().all(|file| !file.starts_with(store.join("v1/tmp"))), "{store:?}");
}

#[test]
fn a_directory_that_has_everything_takes_nothing_and_a_seed_goes_before_the_store() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir, &[]);
    cook(dir, &["--cache", "store"], &[]).is_compiled();
    let did = cook(dir, &["--cache", "store"], &[]);
    assert_eq!(did.from.keys().collect::<Vec<_>>(), ["fresh"], "{did:?}");
    fs_err::rename(dir.join("target"), dir.join("seed")).expect("writable");
    let did = cook(dir, &["--cache", "store", "--seed", "seed"], &[]);
    assert_eq!(did.from.keys().collect::<Vec<_>>(), ["seed"], "{did:?}");
    builds(FILES, dir, &[]);
}

#[test]
fn what_the_store_brings_and_the_recipe_does_not_use_goes_again() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir, &[]);
    cook(dir, &["--cache", "store"], &[]);
    // The same packages, with another feature of one.
    let flags = ["--cache", "store", "--features", "alpha/extra"];
    fs_err::remove_dir_all(dir.join("target")).expect("writable");
    cook(dir, &flags, &[]);
    fs_err::remove_dir_all(dir.join("target")).expect("writable");
    let did = cook(dir, &["--cache", "store"], &[]);
    did.is_served();
    assert!(did.said.contains("Trimmed"), "{}", did.said);
    builds(FILES, dir, &[]);
}

/// What runs, or is linked, sees the system, and what depends on it comes only with it.
#[test]
fn another_system_makes_anew_what_sees_it_and_takes_the_rest() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path();
    project(FILES, dir, &[]);
    let all = cook(dir, &["--cache", "store"], &[]);
    for (i, env) in [("CFLAGS", "-O3"), ("OPENSSL_DIR", "/opt/ssl"), ("PKG_CONFIG_PATH", "/opt/lib/pkgconfig")]
        .into_iter()
        .enumerate()
    {
        let did = cook(dir, &["--cache", "store", "--target-dir", &format!("target-{i}")], &[env]);
        let sees = BTreeSet::from(["alpha", "epsilon-derive", "gamma", "lambda", "zeta"]);
        assert_eq!(did.packages("compiled"), sees, "{env:?}\n{did:?}");
        assert_eq!(did.packages("store"), &all.packages("compiled") - &sees, "{env:?}");
        // It is stored too, next to the other one.
        cook(dir, &["--cache", "store", "--target-dir", &format!("again-{i}")], &[env]).is_served();
    }
    cook(dir, &["--cache", "store", "--target-dir", "as-before"], &[]).is_served();
}

#[test]
fn another_home_of_cargo_takes_nothing() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = temp.path().join("project");
    let crates = [("jar", "-- Cargo.toml --\n-- src/lib.rs --\npub const LID: &str = \"lid\";\n")];
    let files = printing(&["jar"], "jar::LID");
    for home in ["a", "b"].map(|name| temp.path().join(name)) {
        registry(&home, &crates);
        let env = [("CARGO_HOME", text(&home))];
        project(&files, &dir, &env);
        cook(&dir, &["--cache", "../store", "--target-dir", text(&home.join("target"))], &env).is_compiled();
        cook(&dir, &["--cache", "../store", "--target-dir", text(&home.join("again"))], &env).is_served();
    }
}

/// `salt` puts a variable into its output by its script, `pepper` by `option_env!`, `place` puts
/// its `OUT_DIR`, `header` a file of the system.
fn spices(header: &Path) -> [(&'static str, String); 5] {
    let script = |body: &str, lib: &str| {
        format!("-- Cargo.toml --\n-- build.rs --\nfn main() {{ {body} }}\n-- src/lib.rs --\n{lib}\n")
    };
    [
        (
            "salt",
            script(
                "println!(\"cargo:rerun-if-env-changed=SALT\\ncargo:rustc-env=TASTE={}\", std::env::var(\"SALT\").unwrap_or_default());",
                "pub const TASTE: &str = env!(\"TASTE\");",
            ),
        ),
        ("pepper", "-- Cargo.toml --\n-- src/lib.rs --\npub const TASTE: &str = match option_env!(\"PEPPER\") { Some(it) => it, None => \"none\" };\n".to_owned()),
        ("place", script("println!(\"cargo:rerun-if-changed=build.rs\");", "pub const TASTE: &str = env!(\"OUT_DIR\");")),
        (
            "header",
            script(
                &"let text = std::fs::read_to_string(\"[HEADER]\").unwrap();
                println!(\"cargo:rerun-if-changed=[HEADER]\\ncargo:rustc-env=TASTE={text}\");"
                    .replace("[HEADER]", text(header)),
                "pub const TASTE: &str = env!(\"TASTE\");",
            ),
        ),
        ("dish", "-- Cargo.toml --\n[dependencies]\nsalt = '1'\n-- src/lib.rs --\npub const TASTE: &str = salt::TASTE;\n".to_owned()),
    ]
}

/// A place with crates that take something from around them.
struct Kitchen {
    temp: tempfile::TempDir,
}

impl Kitchen {
    fn new() -> Self {
        let kitchen = Kitchen { temp: tempfile::tempdir().expect("a temporary directory can be made") };
        fs_err::create_dir_all(kitchen.home()).expect("writable");
        fs_err::write(kitchen.header(), "one").expect("writable");
        let spices = spices(&kitchen.header());
        let spices: Vec<(&str, &str)> = spices.iter().map(|(name, files)| (*name, files.as_str())).collect();
        registry(&kitchen.home(), &spices);
        kitchen
    }

    fn home(&self) -> std::path::PathBuf {
        self.temp.path().join("home")
    }

    fn header(&self) -> std::path::PathBuf {
        self.temp.path().join("header.h")
    }

    /// Cooks a project that prints the taste of a crate in a directory of this name, and builds it:
    /// what was compiled, and what it prints.
    fn tastes(&self, name: &str, dir: &str, env: &[(&str, &str)]) -> (BTreeSet<String>, String) {
        let dir = self.temp.path().join(dir);
        let home = self.home();
        let env = [env, &[("CARGO_HOME", text(&home))]].concat();
        let files = printing(&[name], &format!("{name}::TASTE"));
        project(&files, &dir, &env);
        let did = cook(&dir, &["--cache", "../store"], &env);
        builds(&files, &dir, &env);
        (did.packages("compiled").into_iter().map(str::to_owned).collect(), prints(&dir))
    }
}

#[track_caller]
fn check((compiled, taste): (BTreeSet<String>, String), expected: &[&str], prints: &str) {
    assert_eq!(
        (compiled.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), taste.as_str()),
        (expected, prints)
    );
}

#[test]
fn a_variable_that_a_build_script_watches_counts() {
    let kitchen = Kitchen::new();
    check(kitchen.tastes("dish", "a", &[("SALT", "1")]), &["dish", "salt"], "1");
    check(kitchen.tastes("dish", "b", &[("SALT", "1")]), &[], "1");
    check(kitchen.tastes("dish", "c", &[("SALT", "2")]), &["dish", "salt"], "2");
    check(kitchen.tastes("dish", "d", &[]), &["dish", "salt"], "");
    check(kitchen.tastes("dish", "e", &[("SALT", "1")]), &[], "1");
}

/// cargo does not compare it for a crate of a registry.
#[test]
fn a_variable_that_rustc_reads_for_a_crate_counts() {
    let kitchen = Kitchen::new();
    check(kitchen.tastes("pepper", "a", &[("PEPPER", "1")]), &["pepper"], "1");
    check(kitchen.tastes("pepper", "b", &[("PEPPER", "1")]), &[], "1");
    check(kitchen.tastes("pepper", "c", &[]), &["pepper"], "none");
    let config = kitchen.temp.path().join("d/.cargo/config.toml");
    fs_err::create_dir_all(config.parent().expect("it has one")).expect("writable");
    fs_err::write(config, "[env]\nPEPPER = 'red'\n").expect("writable");
    check(kitchen.tastes("pepper", "d", &[]), &["pepper"], "red");
}

/// cargo finds it fresh although it was made in another system.
#[test]
fn what_was_there_before_is_not_kept_as_if_it_were_made_now() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let [one, other, back] = ["one", "other", "back"].map(|name| temp.path().join(name));
    for dir in [&one, &other, &back] {
        project(FILES, dir, &[]);
    }
    let (store, env) = (["--cache", "../store"], [("OPENSSL_DIR", "/opt/ssl")]);
    // Without the store, so that nobody knows what was around it.
    cook(&one, &[], &[]).is_compiled();
    let did = cook(&one, &store, &env);
    assert_eq!(did.from.keys().collect::<Vec<_>>(), ["fresh"], "{did:?}");
    cook(&other, &store, &env).is_compiled();
    // With the store: it stays known by what it was made in.
    let did = cook(&other, &store, &[]);
    assert_eq!(did.from.keys().collect::<Vec<_>>(), ["fresh"], "{did:?}");
    let did = cook(&back, &store, &[]);
    assert!(did.packages("compiled").contains("lambda"), "{did:?}");
    builds(FILES, &back, &[]);
}

/// As with an image of another base as the seed.
#[test]
fn what_a_seed_brings_is_not_kept_as_of_this_system() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let [seed, one, other] = ["seed", "one", "other"].map(|name| temp.path().join(name));
    for dir in [&seed, &one, &other] {
        project(FILES, dir, &[]);
    }
    cook(&seed, &[], &[]).is_compiled();
    let env = [("OPENSSL_DIR", "/opt/ssl")];
    cook(&one, &["--cache", "../store", "--seed", "../seed/target"], &env);
    let did = cook(&other, &["--cache", "../store"], &env);
    assert!(did.packages("compiled").contains("lambda"), "{did:?}");
    builds(FILES, &other, &env);
}

#[test]
fn the_target_directory_counts_for_a_unit_that_names_it() {
    let kitchen = Kitchen::new();
    let (_, first) = kitchen.tastes("place", "a", &[]);
    let (compiled, second) = kitchen.tastes("place", "b", &[]);
    assert_eq!(compiled, BTreeSet::from(["place".to_owned()]), "its script and the run of that come");
    assert!(first != second && second.contains("/b/target/"), "{first} {second}");
    fs_err::remove_dir_all(kitchen.temp.path().join("a/target")).expect("writable");
    check(kitchen.tastes("place", "a", &[]), &[], &first);
}

/// As in another base image, where headers have the time of their package.
#[test]
fn a_file_of_the_system_counts_by_its_content_however_old_it_is() {
    let kitchen = Kitchen::new();
    check(kitchen.tastes("header", "a", &[]), &["header"], "one");
    check(kitchen.tastes("header", "b", &[]), &[], "one");
    fs_err::write(kitchen.header(), "two").expect("writable");
    let old = SystemTime::now() - Duration::from_secs(20_000 * 60 * 60);
    std::fs::File::options().write(true).open(kitchen.header()).and_then(|it| it.set_modified(old)).expect("its own");
    check(kitchen.tastes("header", "c", &[]), &["header"], "two");
    // As new as can be, and the same: nothing to be done.
    fs_err::write(kitchen.header(), "one").expect("writable");
    check(kitchen.tastes("header", "d", &[]), &[], "one");
}

/// Whoever edits vendored sources by hand leaves their checksum as it was.
#[test]
fn vendored_sources_count_by_their_content() {
    let kitchen = Kitchen::new();
    check(kitchen.tastes("dish", "a", &[]), &["dish", "salt"], "");
    let edited =
        "-- Cargo.toml --\n[dependencies]\nsalt = '1'\n-- src/lib.rs --\npub const TASTE: &str = \"edited\";\n";
    registry(&kitchen.home(), &[("dish", edited)]);
    check(kitchen.tastes("dish", "b", &[]), &["dish"], "edited");
}

/// cargo's hash of `dish` is the same whatever `salt` found out, so that a `dish` from elsewhere
/// could come upon a `salt` from here.
#[test]
fn a_unit_comes_only_with_just_what_it_was_compiled_against() {
    let kitchen = Kitchen::new();
    check(kitchen.tastes("dish", "a", &[("SALT", "1")]), &["dish", "salt"], "1");
    let dir = kitchen.temp.path().join("b");
    let home = kitchen.home();
    let env = [("SALT", "2"), ("CARGO_HOME", text(&home))];
    project(&printing(&["salt"], "salt::TASTE"), &dir, &env);
    // Without the store, in a directory where the next one finds it.
    cook(&dir, &[], &env).is_compiled();
    check(kitchen.tastes("dish", "b", &[("SALT", "2")]), &["dish"], "2");
    // And with what it was compiled against, which is there by now.
    let dir = kitchen.temp.path().join("c");
    project(&printing(&["salt"], "salt::TASTE"), &dir, &env);
    cook(&dir, &[], &env).is_compiled();
    check(kitchen.tastes("dish", "c", &[("SALT", "2")]), &[], "2");
}

/// `wrong` does not compile, and `salt`, below it, does.
#[test]
fn a_build_that_fails_keeps_what_it_compiled() {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    let home = temp.path().join("home");
    let salt = "-- Cargo.toml --\n-- src/lib.rs --\npub const TASTE: &str = \"salty\";\n";
    let wrong = "-- Cargo.toml --\n[dependencies]\nsalt = '1'\n-- src/lib.rs --\nit does not compile\n";
    fs_err::create_dir_all(&home).expect("writable");
    registry(&home, &[("salt", salt), ("wrong", wrong)]);
    let env = [("CARGO_HOME", text(&home))];
    let fails = temp.path().join("fails");
    project(&printing(&["salt", "wrong"], "salt::TASTE"), &fails, &env);
    let mut failing = crate::support::oracle::command(env!("CARGO_BIN_EXE_cargo-larder"), &fails);
    failing.args(["larder", "cook", "--offline", "--release", "--cache", "../store"]).envs(env);
    let output = failing.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(101), "{}", String::from_utf8_lossy(&output.stderr));

    let files = printing(&["salt"], "salt::TASTE");
    let serves = temp.path().join("serves");
    project(&files, &serves, &env);
    cook(&serves, &["--cache", "../store"], &env).is_served();
    builds(&files, &serves, &env);
    // What it left in its own directory is no build's any more, and goes.
    project(&printing(&[], "\"none\""), &fails, &env);
    assert!(cook(&fails, &[], &env).said.contains("Trimmed 1 units"), "salt");
}
