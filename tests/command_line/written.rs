//! What is written, and what is not.

use super::common::{fake_cargo, files_below, registry};
use super::{APP, Place, cook, prepare, succeed};
use std::time::{Duration, SystemTime};

#[test]
fn an_unchanged_recipe_keeps_its_mtime() {
    let place = Place::new(&[APP]);
    for flags in [&[][..], &["--release"]] {
        prepare(&place, flags);
        let path = place.dir().join("recipe.json");
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let file = fs_err::OpenOptions::new().write(true).open(&path).expect("it is ours");
        file.file().set_modified(then).expect("it is ours");
        let mtime = || fs_err::metadata(&path).and_then(|it| it.modified()).expect("it is there");
        let again = succeed(&place, &mut place.larder(&[&["prepare"], flags].concat()));
        assert_eq!(mtime(), then);
        assert!(again.stderr.contains("Prepared recipe.json (unchanged) for "), "{}", again.stderr);
        succeed(&place, &mut place.larder(&["prepare", "--profile", "dev"]));
        assert_ne!(mtime(), then, "another recipe is written");
    }
}

#[test]
fn prepare_writes_the_recipe_and_nothing_else() {
    let place = Place::new(&[APP]);
    let before = files_below(&place.root());
    succeed(&place, &mut place.larder(&["prepare", "--recipe-path", "sub.json"]));
    let mut after = files_below(&place.root());
    after.retain(|path| path != "project/sub.json");
    assert_eq!(after, before);
}

#[test]
fn secrets_stay_at_home() {
    let config = "-- .cargo/config.toml --
[registry]
token = \"secret-1\"
credential-provider = [\"secret-2\"]
secret-key = \"secret-3\"
secret-key-subject = \"secret-4\"
global-credential-providers = [\"secret-5\"]
[registries.ours]
index = \"sparse+https://example.invalid/index/\"
token = \"secret-6\"
credential-provider = \"secret-7\"
secret-key = \"secret-8\"
[credential-alias]
x = [\"secret-9\"]
[http]
proxy = \"https://user:secret-10@example.invalid\"
-- .cargo/credentials.toml --
[registry]
token = \"secret-11\"
-- .cargo/credentials --
[registry]
token = \"secret-12\"
";
    let place = Place::new(&[config, APP]);
    for flags in [&[][..], &["--release"]] {
        let recipe = prepare(&place, flags);
        assert!(!recipe.contains("secret-"), "{recipe}");
        assert!(recipe.contains("sparse+https://example.invalid/index/"), "what is no secret travels: {recipe}");
    }
}

#[test]
fn a_recipe_names_no_place_of_this_machine() {
    let files = "-- .cargo/config.toml --
[build]
target-dir = \"out\"
rustc-wrapper = \"tools/wrap\"
[env]
DATA = { value = \"data\", relative = true }
-- rust-toolchain.toml --
[toolchain]
channel = \"stable\"
-- ../shared/src/lib.rs --
-- ../shared/Cargo.toml --
[package]
name = \"shared\"
version = \"1.0.0\"
-- patched/src/lib.rs --
-- patched/Cargo.toml --
[package]
name = \"patched\"
version = \"1.0.0\"
";
    let more =
        "[dependencies]\nshared = { path = \"../shared\" }\n[patch.crates-io]\npatched = { path = \"patched\" }\n";
    let lock = "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"shared\"]\n[[package]]\nname = \"shared\"\nversion = \"1.0.0\"\n";
    let place = Place::new(&[files, APP, more, lock]);
    for flags in [&[][..], &["--release", "-p", "app"]] {
        let recipe = prepare(&place, flags);
        assert!(!recipe.contains(&*place.root().to_string_lossy()), "{recipe}");
        assert!(!recipe.contains("file:"), "{recipe}");
    }
}

#[test]
fn cook_without_a_recipe_prepares_one_in_memory() {
    let place = Place::new(&[APP]);
    let before = files_below(&place.dir());
    cook(&place, &["--release"]);
    assert_eq!(files_below(&place.dir()), before, "nothing but the (empty) target directory is written");
    let manifest = fake_cargo::skeleton(&place, "Cargo.toml").expect("cargo ran in a skeleton");
    assert!(manifest.contains("larder-stub"), "{manifest}");
}

#[test]
fn cook_in_a_member_finds_the_workspace() {
    let root = "-- Cargo.toml --\n[workspace]\nmembers = [\"project\"]\nresolver = \"2\"\n";
    let place = Place::new(&[&APP.replace("-- ", "-- project/"), root]);
    fs_err::rename(place.dir().join("project/Cargo.lock"), place.dir().join("Cargo.lock")).expect("both are ours");
    succeed(&place, fake_cargo::larder(&place, &["cook"]).current_dir(place.dir().join("project/src")));
    assert!(fake_cargo::skeleton(&place, "Cargo.toml").is_some());
}

#[test]
fn cook_writes_into_the_target_directory_and_nowhere_else() {
    let lock =
        "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"leaf\"]\n";
    let place = Place::new(&[APP, "[dependencies]\nleaf = \"1\"\n", lock, &registry::entry("leaf", &[])]);
    registry::put(&place, "leaf", "-- build.rs --\nfn main() {}\n");
    prepare(&place, &["--release"]);
    let others = || {
        let mut files = files_below(&place.root());
        files.retain(|path| !path.starts_with("project/target/") && !path.starts_with("home/."));
        files
    };
    let before = others();
    let ended = succeed(&place, &mut place.larder(&["cook"]));
    assert!(ended.stderr.contains("Cooked for cargo build --release: 3 compiled, 0 fresh in "), "{}", ended.stderr);
    assert_eq!(others(), before);
    let built = files_below(&place.dir().join("target"));
    let of =
        |name: &str| built.iter().filter(|path| path.contains(name) && path.rsplit('.').next() == Some("rlib")).count();
    assert_eq!((of("leaf"), of("larder"), of("app")), (1, 0, 0), "{built:#?}");
}

/// On a full disk, here a limit of the size of files, the recipe that was there stays.
#[test]
#[cfg(unix)]
fn a_recipe_is_replaced_whole_or_not_at_all() {
    let place = Place::new(&[APP]);
    let before = prepare(&place, &[]);
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    let mut full = place.command("sh");
    full.args(["-c", script, "sh", super::common::PROGRAM, "larder", "prepare", "--release"]);
    let ended = place.run(&mut full);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: cannot write recipe `recipe.json`: "), "{}", ended.stderr);
    assert_eq!(place.read("recipe.json"), before);
    let stray: Vec<String> = files_below(&place.dir()).into_iter().filter(|path| path.contains("part-")).collect();
    assert_eq!(stray, [""; 0]);
}

#[test]
#[cfg(unix)]
fn a_recipe_keeps_its_mode_and_links_to_it_stay_links() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(&[APP, "-- kept/real.json --\n"]);
    let real = place.dir().join("kept/real.json");
    fs_err::set_permissions(&real, PermissionsExt::from_mode(0o640)).expect("it is ours");
    for name in ["recipe.json", "second.json"] {
        fs_err::os::unix::fs::symlink("kept/real.json", place.dir().join(name)).expect("it is writable");
    }
    let recipe = prepare(&place, &["--release"]);
    assert!(place.dir().join("recipe.json").is_symlink());
    assert_eq!(place.read("kept/real.json"), recipe);
    assert_eq!(place.read("second.json"), recipe);
    assert_eq!(fs_err::metadata(&real).expect("it is there").permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_recipe_may_be_written_to_a_pipe() {
    let place = Place::new(&[APP]);
    let expected = prepare(&place, &["--release"]);
    let ended = succeed(&place, &mut place.larder(&["prepare", "--release", "--recipe-path", "/dev/stdout"]));
    assert_eq!(ended.stdout, expected);
}
