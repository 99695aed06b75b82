//! `key` names a cache: it changes with everything that makes cargo compile dependencies again, and
//! with nothing else.

use super::common::write;
use super::{APP, Place, prepare, succeed};
use std::collections::{BTreeMap, BTreeSet};

fn key_with(place: &Place, args: &[&str], env: &[(&str, &str)]) -> String {
    let ended = succeed(place, place.larder(&[&["key"], args].concat()).envs(env.iter().copied()));
    assert_eq!(ended.stderr, "");
    ended.stdout
}

fn key(place: &Place, args: &[&str]) -> String {
    key_with(place, args, &[])
}

fn with(place: &Place, name: &str, value: &str) -> String {
    key_with(place, &[], &[(name, value)])
}

/// A place with a scoped recipe.
fn prepared() -> Place {
    let place = Place::new(&[APP]);
    prepare(&place, &["--release"]);
    place
}

#[test]
fn a_key_is_one_line_that_a_cache_can_have_for_a_name_and_stays_the_same() {
    let place = prepared();
    let first = key(&place, &[]);
    let restore = key(&place, &["--restore"]);
    let parts: Vec<&str> = first.trim_end().split('-').collect();
    let is_hex = |text: &str| text.len() == 16 && text.chars().all(|c| c.is_ascii_hexdigit());
    assert!(matches!(parts[..], ["larder", "1", a, b] if is_hex(a) && is_hex(b)), "{first}");
    assert_eq!(first.strip_prefix(restore.trim_end()).map(str::trim_end), Some(parts[3]), "{restore}");
    assert_eq!(first, key(&place, &[]));
    // What a cook leaves does not change the key, which is asked for again to save the cache.
    fs_err::create_dir_all(place.dir().join("target/release")).expect("writable");
    fs_err::create_dir_all(place.home().join("registry/src")).expect("writable");
    assert_eq!(first, key(&place, &[]));
    assert_eq!(place.left_behind(), [""; 0]);
}

#[test]
fn the_recipe_decides_the_second_part_alone() {
    let place = prepared();
    let (first, restore) = (key(&place, &[]), key(&place, &["--restore"]));
    place.write(&["-- src/main.rs --\nfn main() {}\n"]);
    prepare(&place, &["--release"]);
    assert_eq!(first, key(&place, &[]), "sources do not count");
    prepare(&place, &["--release", "--features", "tls"]);
    assert_ne!(first, key(&place, &[]), "the scope is part of the recipe");
    assert_eq!(restore, key(&place, &["--restore"]));
    // Without a recipe, one is prepared in memory, as by `cook`.
    fs_err::remove_file(place.dir().join("recipe.json")).expect("it is there");
    assert_eq!(first, key(&place, &["--release"]));
}

#[test]
fn flags_that_the_recipe_leaves_to_cook_count() {
    let place = Place::new(&[APP]);
    prepare(&place, &[]);
    let of = |args: &[&str]| key(&place, args);
    let all = [of(&[]), of(&["--release"]), of(&["--features", "tls"]), of(&["--release", "--features", "tls"])];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    assert_eq!(of(&["--release"]), of(&["--profile", "release", "-j", "3", "--keep-going"]));
    assert_eq!(of(&["--restore"]), of(&["--restore", "--release"]));
    prepare(&place, &["--release"]);
    assert_eq!(of(&[]), of(&["--release"]), "a scoped recipe says it already");
}

#[test]
fn each_variable_that_makes_cargo_compile_again_changes_the_key() {
    let place = prepared();
    let restore = key(&place, &["--restore"]);
    for (name, value) in [
        ("RUSTFLAGS", "-C target-cpu=native"),
        ("RUSTFLAGS", ""),
        ("CARGO_ENCODED_RUSTFLAGS", "-Copt-level=1"),
        ("CARGO_BUILD_RUSTFLAGS", "-Copt-level=1"),
        ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-Copt-level=1"),
        ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "clang"),
        ("CARGO_PROFILE_RELEASE_LTO", "thin"),
        ("CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_OPT_LEVEL", "1"),
        ("CARGO_BUILD_TARGET", "x86_64-unknown-linux-gnu"),
        ("CARGO_TARGET_DIR", "elsewhere"),
        ("CARGO_HOME", "/elsewhere"),
        ("CARGO_INCREMENTAL", "1"),
        ("CARGO_UNSTABLE_TRIM_PATHS", "true"),
        ("CARGO_REGISTRIES_MINE_INDEX", "sparse+https://example.invalid/"),
        ("CARGO_REGISTRIES_CRATES_IO_PROTOCOL", "git"),
        ("RUSTC_WRAPPER", "sccache"),
        ("RUSTC_BOOTSTRAP", "1"),
        ("CC", "clang"),
        ("CC_x86_64_unknown_linux_gnu", "clang"),
        ("TARGET_CC", "clang"),
        ("CFLAGS", "-O1"),
        ("AR", "llvm-ar"),
        ("PKG_CONFIG_PATH", "/opt"),
        ("OPENSSL_DIR", "/opt"),
    ] {
        let changed = key_with(&place, &["--restore"], &[(name, value)]);
        assert_ne!(restore, changed, "{name}={value}");
    }
}

#[test]
fn a_variable_that_changes_no_unit_leaves_the_key_alone() {
    let place = prepared();
    let first = key(&place, &[]);
    for (name, value) in [
        ("CARGO_REGISTRY_TOKEN", "secret"),
        ("CARGO_REGISTRIES_MINE_TOKEN", "secret"),
        ("CARGO_NET_RETRY", "5"),
        ("CARGO_TERM_COLOR", "never"),
        ("CARGO_BUILD_JOBS", "1"),
        ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", "qemu"),
        ("RUSTDOCFLAGS", "-D warnings"),
        ("RUST_BACKTRACE", "1"),
        ("RUST_LOG", "debug"),
        ("LARDER_CACHE", "/elsewhere"),
        ("EDITOR", "vi"),
        ("GITHUB_SHA", "0123"),
        ("RUNNER_TEMP_DIR", "/elsewhere"),
        ("CI_PROJECT_DIR", "/"),
        ("SOURCE_DATE_EPOCH", "1"),
    ] {
        assert_eq!(first, with(&place, name, value), "{name}");
    }
}

#[test]
fn a_key_is_the_same_whether_rustup_has_started_the_program_or_not() {
    let place = prepared();
    let toolchain = place.root().join("toolchain");
    write(&toolchain.join("bin/rustc"), "");
    write(&toolchain.join("lib/librustc_driver.so"), "");
    let libraries = toolchain.join("lib").display().to_string();
    let none = with(&place, "LD_LIBRARY_PATH", "");
    assert_eq!(none, with(&place, "LD_LIBRARY_PATH", &libraries));
    let more = format!("{libraries}:/opt/lib");
    assert_eq!(with(&place, "LD_LIBRARY_PATH", "/opt/lib"), with(&place, "LD_LIBRARY_PATH", &more));
    assert_ne!(none, with(&place, "LD_LIBRARY_PATH", "/opt/lib"));
}

#[test]
fn a_variable_of_a_build_script_counts_if_it_is_named() {
    let place = prepared();
    let of = |value: Option<&str>| {
        let env: Vec<_> = value.map(|value| ("DATABASE_URL", value)).into_iter().collect();
        key_with(&place, &["--env", "DATABASE_URL"], &env)
    };
    let all = [of(None), of(Some("")), of(Some("a")), of(Some("b")), key(&place, &[])];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    assert_eq!(key(&place, &[]), with(&place, "DATABASE_URL", "a"));
}

#[test]
fn the_configuration_counts_as_far_as_it_changes_units() {
    let place = prepared();
    let first = key(&place, &[]);
    let of = |config: &str| {
        write(&place.home().join("config.toml"), config);
        key(&place, &[])
    };
    for config in [
        "[build]\nrustflags = ['-Copt-level=1']\n",
        "[build]\nrustc-wrapper = 'sccache'\n",
        "[profile.release]\nlto = 'thin'\n",
        "[target.x86_64-unknown-linux-gnu]\nlinker = 'clang'\n",
        "[target.x86_64-unknown-linux-gnu.z]\nrustc-link-lib = ['z']\n",
        "[source.crates-io]\nreplace-with = 'mine'\n[source.mine]\nregistry = 'sparse+https://example.invalid/'\n",
        "[env]\nSALT = '1'\n",
    ] {
        assert_ne!(first, of(config), "{config}");
    }
    for config in [
        "[net]\nretry = 3\n[http]\ntimeout = 3\n[term]\nquiet = true\n",
        "[target.x86_64-unknown-linux-gnu]\nrunner = 'qemu'\n",
        "[build]\njobs = 1\n[alias]\nb = 'build'\n",
    ] {
        assert_eq!(first, of(config), "{config}");
    }
    of("");
    assert_ne!(first, key(&place, &["--config", "profile.release.opt-level=1"]));
    assert_ne!(first, key(&place, &["--target-dir", "elsewhere"]));
}

#[test]
fn another_rustc_gives_another_key() {
    use std::os::unix::fs::PermissionsExt;
    let place = prepared();
    let program = |version: &str| {
        let path = place.root().join("rustc");
        write(&path, &format!("#!/bin/sh\necho 'rustc {version}'\necho host: x\n"));
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("the file is ours");
        with(&place, "RUSTC", path.to_str().expect("UTF-8"))
    };
    let old = program("1.95.0 (a)");
    assert_ne!(old, program("1.96.0 (b)"));
    assert_eq!(old, program("1.95.0 (a)"));
    let place = Place::new(&[APP]);
    let broken = place.run(place.larder(&["key"]).env("RUSTC", "/nowhere/rustc"));
    assert_eq!(broken.code, Some(1));
    let expected =
        "error: cargo and rustc do not tell their versions\nhelp: see what `cargo -vV` and `rustc -vV` print here\n";
    assert_eq!(broken.stderr, expected);
}

#[test]
fn the_parts_of_a_key_tell_why_it_changed_and_no_value() {
    let place = prepared();
    let parts = |name: &str, value: &str| -> BTreeMap<String, String> {
        let text = key_with(&place, &["--format", "json"], &[(name, value)]);
        assert!(!text.contains("-Copt"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(json["key"].as_str().map(|it| format!("{it}\n")), Some(with(&place, name, value)));
        serde_json::from_value(json["parts"].clone()).expect("a map")
    };
    let plain = parts("X", "");
    let differing = |name: &str, value: &str| {
        let other = parts(name, value);
        plain.keys().filter(|part| plain[*part] != other[*part]).cloned().collect::<Vec<_>>()
    };
    assert_eq!(differing("CARGO_ENCODED_RUSTFLAGS", "-Copt-level=1"), ["settings"]);
    assert_eq!(differing("CARGO_TARGET_DIR", "/elsewhere"), ["target-directory"]);
    assert_eq!(differing("OPENSSL_DIR", "/opt"), ["system"]);
}

#[test]
fn a_key_needs_a_recipe_or_a_workspace() {
    let place = Place::new(&[]);
    let ended = place.run(&mut place.larder(&["key"]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.starts_with("error: recipe `recipe.json` does not exist\nhelp: "), "{}", ended.stderr);
}
