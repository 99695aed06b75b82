//! What `--help` mentions.

use super::common::{self, fake_cargo};
use super::{APP, Place, prepare, succeed};

/// The flags that say what a build selects.
const SCOPE: &[&str] = &[
    "-p, --package",
    "--workspace",
    "--exclude",
    "--lib",
    "--bin ",
    "--bins",
    "--test ",
    "--tests",
    "--example ",
    "--examples",
    "--bench ",
    "--benches",
    "--all-targets",
    "-F, --features",
    "--all-features",
    "--no-default-features",
    "-r, --release",
    "--profile",
    "--target ",
    "--crate-type ",
    "--check",
    "--clippy",
];

fn mentions(args: &[&str], words: &[&[&str]]) {
    let place = Place::new(&[APP]);
    let ended = succeed(&place, &mut place.larder(args));
    assert_eq!(ended.stderr, "", "help goes to stdout");
    for word in words.concat() {
        assert!(ended.stdout.contains(word), "`{}` does not mention `{word}`:\n{}", args.join(" "), ended.stdout);
    }
}

#[test]
fn help_names_both_verbs() {
    mentions(&["--help"], &[&["cargo larder prepare --release", "cargo larder cook", "prepare ", "cook "]]);
    mentions(&["-h"], &[&["prepare ", "cook "]]);
}

#[test]
fn help_of_prepare_mentions_every_flag() {
    mentions(
        &["prepare", "--help"],
        &[
            SCOPE,
            &[
                "--recipe-path",
                "[default: recipe.json]",
                "--manifest-path",
                "--host",
                "--locked",
                "--offline",
                "-v, --verbose",
                "-q, --quiet",
                "--color",
            ],
        ],
    );
}

#[test]
fn help_of_cook_mentions_every_flag() {
    let how = [
        "--target-dir",
        "-j, --jobs",
        "--offline",
        "--locked",
        "--frozen",
        "-v, --verbose",
        "-q, --quiet",
        "--timings",
        "-Z ",
        "--config",
        "--color",
        "--keep-going",
        "--ignore-rust-version",
        "--zigbuild",
    ];
    let own = ["--recipe-path", "[default: recipe.json", "--manifest-path", "--no-build", "--maturin"];
    mentions(&["cook", "--help"], &[SCOPE, &how, &own]);
}

#[test]
fn version_is_that_of_the_package_however_it_is_asked_for() {
    let place = Place::new(&[APP]);
    let version = concat!("cargo-larder ", env!("CARGO_PKG_VERSION"), "\n");
    for args in [&["--version"][..], &["-V"], &["larder", "--version"], &["larder", "-V"]] {
        assert_eq!(succeed(&place, &mut place.directly(args)).stdout, version, "{args:?}");
        // A wrapper that was left in the environment does not make a compiler of this.
        let ended = succeed(&place, place.directly(args).env("RUSTC_WORKSPACE_WRAPPER", common::PROGRAM));
        assert_eq!(ended.stdout, version, "{args:?}");
    }
}

#[test]
fn help_is_written_for_users_and_for_how_it_was_called() {
    let place = Place::new(&[APP]);
    let help = |args: &[&str]| succeed(&place, &mut place.directly(args)).stdout;
    for flag in ["-h", "--help", "help"] {
        let (direct, by_cargo) = (help(&[flag]), help(&["larder", flag]));
        assert!(direct.starts_with("Builds the dependencies of a Rust workspace"), "{direct}");
        assert!(direct.contains("Usage: cargo-larder <COMMAND>"), "{direct}");
        assert_eq!(by_cargo, direct.replace("Usage: cargo-larder", "Usage: cargo larder"), "{flag}");
    }
    for verb in ["prepare", "cook"] {
        let (direct, by_cargo) = (help(&[verb, "--help"]), help(&["larder", verb, "--help"]));
        assert!(direct.contains(&format!("Usage: cargo-larder {verb} [OPTIONS]")), "{direct}");
        assert_eq!(by_cargo, direct.replace("Usage: cargo-larder", "Usage: cargo larder"), "{verb}");
    }
}

#[test]
fn a_wrong_command_line_is_answered_for_how_it_was_called() {
    let place = Place::new(&[APP]);
    for (args, usage) in [
        (&["cook", "--qqqqqqq"][..], "Usage: cargo-larder cook [OPTIONS]"),
        (&["qqqqqqq"], "Usage: cargo-larder <COMMAND>"),
        (&["larder", "cook", "--qqqqqqq"], "Usage: cargo larder cook [OPTIONS]"),
        (&["larder", "qqqqqqq"], "Usage: cargo larder <COMMAND>"),
    ] {
        let ended = place.run(&mut place.directly(args));
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(usage), "{}", ended.stderr);
    }
    for args in [&[][..], &["larder"]] {
        let ended = place.run(&mut place.directly(args));
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains("Commands:"), "{}", ended.stderr);
    }
}

#[test]
fn both_verbs_work_without_cargo() {
    let place = Place::new(&[APP]);
    succeed(&place, &mut place.directly(&["prepare", "--release"]));
    let direct = place.read("recipe.json");
    assert_eq!(direct, prepare(&place, &["--release"]));
    let cargo = fake_cargo::program(&place);
    succeed(&place, place.directly(&["cook"]).env("CARGO", cargo));
    assert_eq!(fake_cargo::args(&place)[..2], ["build", "--release"]);
}
