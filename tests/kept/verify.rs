//! `verify`: one transcript for each reason why a unit is not fresh, each made to happen.
//!
//! cargo itself confirms each: the build that follows compiles what `verify` counted.

use super::cooked::{API, Cooked, FILES, all_five};
use super::{lay_out, run};
use crate::support::oracle::{CARGO, HOST};

#[test]
fn what_was_cooked_for_this_build_is_fresh() {
    let release = Cooked::with(FILES, &["--release"], &[]);
    release.is_fresh(&["--release"], &[]);
    // Times of sources of members decide nothing about third-party units.
    super::set_times(FILES, release.dir(), std::time::SystemTime::now());
    release.is_fresh(&["--release"], &[]);
    // A lockfile that cargo must keep, and one that does not exist.
    release.is_fresh(&["--release", "--locked"], &[]);
}

/// The help for a build with `api` and these flags, after a cook for `cargo build -p api` and
/// those.
fn cook_again(flags: &str, cooked: &str) -> String {
    format!("cook for this build with `cargo larder cook -p {flags}`\nhelp: or build with `cargo build -p {cooked}`")
}

#[test]
fn another_profile() {
    let cooked = Cooked::with(FILES, API, &[]);
    let says =
        all_five("cooked with profile `dev`, built with profile `release`", "", &cook_again("api --release", "api"));
    cooked.says(&["-p", "api", "--release"], &[], &says);
}

#[test]
fn a_target_that_only_one_of_the_two_names() {
    let with = &["-p", "api", "--target", HOST.as_str()];
    let message = "cooked with no `--target`, built with `--target [HOST]`";
    let says = all_five(message, "", &cook_again("api --target [HOST]", "api"));
    Cooked::with(FILES, API, &[]).says(with, &[], &says);
    let message = "cooked with `--target [HOST]`, built with no `--target`";
    let says = all_five(message, "", &cook_again("api", "api --target [HOST]"));
    Cooked::with(FILES, with, &[]).says(API, &[], &says);
}

#[test]
fn another_command() {
    let cooked = Cooked::with(FILES, &["-p", "api", "--check"], &[]);
    let (code, shown, _) = cooked.verify(API, &[]);
    let message = "cooked for `cargo check -p api`, and this is `cargo build -p api`";
    let help = "cook for this build with `cargo larder cook -p api`\nhelp: or build with `cargo check -p api`";
    let says = format!("{message}\n    3 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5\nhelp: {help}\n");
    assert_eq!((code, shown), (Some(1), says));
}

#[test]
fn other_packages() {
    let says = format!(
        "cooked for `cargo build -p api`, which turns on other features
    1 unit: alpha 1.1.0 with `alloc`, `default`, `std`
cooked for `cargo build -p api`, which does not need these crates
    2 units: omicron 0.9.5+1.2.3, zeta 2.0.0
help: {}
",
        cook_again("web", "api")
    );
    Cooked::with(FILES, API, &[]).says(&["-p", "web"], &[], &says);
}

#[test]
fn another_version_that_was_not_cooked_is_no_change_of_the_lockfile() {
    let files = FILES.replace("omicron = '0.9'", "alpha-old = { package = 'alpha', version = '0.1' }");
    let says = format!(
        "cooked for `cargo build -p api`, which turns on other features
    1 unit: alpha 1.1.0 with `alloc`, `default`, `std`
cooked for `cargo build -p api`, which does not need these crates
    1 unit: alpha 0.1.1
help: {}
",
        cook_again("web", "api")
    );
    Cooked::with(&files, API, &[]).says(&["-p", "web"], &[], &says);
}

#[test]
fn other_features() {
    let says = format!(
        "cooked for `cargo build -p api`, which turns on other features
    1 unit: eta 1.0.0 with `b`
help: {}
",
        cook_again("api --features more", "api")
    );
    Cooked::with(FILES, API, &[]).says(&["-p", "api", "--features", "more"], &[], &says);
}

#[test]
fn a_recipe_that_is_older_than_the_manifests() {
    let cooked = Cooked::with(&FILES.replace("alpha = { version = '1',", "alpha = { version = '=1.0.0',"), API, &[]);
    lay_out(&FILES.replace("eta = '1'", "eta = { version = '1', features = ['b'] }\nomicron = '0.9'"), cooked.dir());
    run(&CARGO, cooked.dir(), &["update", "--offline", "--quiet", "-p", "alpha"], &[]);
    let help = "help: cook again with `cargo larder cook -p api`\n";
    let says = format!(
        "this build turns on other features than the cooked one
    1 unit: eta 1.0.0 with `b`
the recipe that was cooked does not have these crates
    2 units: omicron 0.9.5+1.2.3, zeta 2.0.0
`Cargo.lock` has other versions than the recipe that was cooked
    1 unit: alpha 1.1.0, cooked was 1.0.0
{help}"
    );
    cooked.says(API, &[], &says);
}

#[test]
fn a_variable_of_the_profile_that_only_one_of_the_two_has() {
    let variable = [("CARGO_PROFILE_DEV_OPT_LEVEL", "1")];
    let settings = |rest: &str| format!("settings of the profile differ: `profile.dev.opt-level` {rest}");
    let says = |message: &str, help: &str| {
        format!(
            "{message}\n    4 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5, and what depends on them\nhelp: {help}\n"
        )
    };
    let message = settings("is `1` by `CARGO_PROFILE_DEV_OPT_LEVEL`, and was not set");
    let help = "give `CARGO_PROFILE_DEV_OPT_LEVEL=1` to the step that cooks, too";
    Cooked::with(FILES, API, &[]).says(API, &variable, &says(&message, help));
    let message = settings("was `1` by `CARGO_PROFILE_DEV_OPT_LEVEL`, and is not set");
    let help = "give `CARGO_PROFILE_DEV_OPT_LEVEL=1` to the build, too";
    Cooked::with(FILES, API, &variable).says(API, &[], &says(&message, help));
}

#[test]
fn a_profile_of_the_manifest_that_was_changed() {
    let cooked = Cooked::with(FILES, API, &[]);
    lay_out(
        &FILES.replacen(
            "resolver = '2'\n",
            "resolver = '2'\n[profile.release]\nlto = true\n[profile.dev]\nopt-level = 1\n",
            1,
        ),
        cooked.dir(),
    );
    let says = "settings of the profile differ: `profile.dev.opt-level` is `1` by `profile.dev.opt-level in Cargo.toml`, and was not set
    4 units: alpha 1.1.0, eta 1.0.0, lambda 0.2.5, and what depends on them
help: have `profile.dev.opt-level in Cargo.toml` when cooking, too
";
    cooked.says(API, &[], says);
}

#[test]
fn other_flags_of_rustc() {
    let variable = [("RUSTFLAGS", "-Cdebuginfo=0")];
    let message = "flags of rustc differ: cooked with none, built with `-Cdebuginfo=0`, by `RUSTFLAGS`";
    let says = all_five(message, "", "give `RUSTFLAGS=-Cdebuginfo=0` to the step that cooks, too");
    Cooked::with(FILES, API, &[]).says(API, &variable, &says);
    let message = "flags of rustc differ: cooked with `-Cdebuginfo=0`, by `RUSTFLAGS`, built with none";
    let says = all_five(message, "", "give `RUSTFLAGS=-Cdebuginfo=0` to the build, too");
    Cooked::with(FILES, API, &variable).says(API, &[], &says);
    let cooked = Cooked::with(FILES, API, &[]);
    lay_out("-- .cargo/config.toml --\nbuild.rustflags = ['-Cdebuginfo=0']\n", cooked.dir());
    let message =
        "flags of rustc differ: cooked with none, built with `-Cdebuginfo=0`, by `build.rustflags in cargo's config`";
    let says = all_five(message, "", "have `build.rustflags in cargo's config` when cooking, too");
    cooked.says(API, &[], &says);
}

#[test]
fn nothing_was_cooked() {
    let cooked = Cooked::with(FILES, API, &[]);
    fs_err::remove_dir_all(cooked.dir().join("target")).expect("it is there");
    let help = "cook before it, in the same place, with `cargo larder prepare -p api && cargo larder cook`";
    cooked.says(API, &[], &all_five("nothing was cooked into `target`", "", help));
}

/// The help after cooks with these flags, and a recipe with these, for a build of `api` with the
/// feature `more`.
fn helps(prepare: Option<&[&str]>, cooks: &[&[&str]], release: bool) -> String {
    let cooked = Cooked::with(FILES, API, &[]);
    fs_err::remove_dir_all(cooked.dir().join("target")).expect("it is there");
    for flags in cooks {
        if let Some(prepare) = prepare {
            super::larder(cooked.dir(), &[&["prepare"], prepare].concat(), &[]);
        }
        cooked.cook(flags, &[]);
    }
    let flags = ["-p", "api", "--features", "more", "--release"];
    let (_, shown, _) = cooked.verify(&flags[..if release { 5 } else { 4 }], &[]);
    shown.split_inclusive('\n').filter(|line| line.starts_with("help: ")).collect()
}

#[test]
fn the_help_names_the_cook_that_is_nearest_and_the_command_that_takes_the_flags() {
    // The last cook is farther from this build than the first one.
    let cooks: [&[&str]; 2] = [API, &["-p", "web"]];
    let or = "help: or build with `cargo build -p api`\n";
    let alone = format!("help: cook for this build with `cargo larder cook -p api --features more`\n{or}");
    assert_eq!(helps(None, &cooks, false), alone);
    // An unscoped recipe serves this build, too.
    assert_eq!(helps(Some(&[]), &cooks, false), alone);
    // A scoped one does not.
    let both = "cargo larder prepare -p api --features more && cargo larder cook";
    assert_eq!(helps(Some(API), &[&[]], false), format!("help: cook for this build with `{both}`\n{or}"));
    // Of two profiles, the one of this build counts.
    let release: [&[&str]; 2] = [&["-p", "api", "--release"], API];
    let said = helps(None, &release, true);
    assert!(said.ends_with("help: or build with `cargo build -p api --release`\n"), "{said}");
}
