//! What `--help` mentions.

use super::{APP, Place, succeed};

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
fn version_is_that_of_the_package() {
    let place = Place::new(&[APP]);
    let ended = succeed(&place, &mut place.larder(&["--version"]));
    assert_eq!(ended.stdout, concat!("cargo-larder ", env!("CARGO_PKG_VERSION"), "\n"));
}
