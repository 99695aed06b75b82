//! Help and messages fit 80 columns, in a log as on a terminal.

use super::{APP, Place, prepare};
use cargo_larder::cli;

/// The words that call each command, such as `cache gc`.
fn commands(of: &clap::Command, above: &[String]) -> Vec<Vec<String>> {
    let mut found = vec![above.to_vec()];
    for below in of.get_subcommands().filter(|it| it.get_name() != "help") {
        found.extend(commands(below, &[above, &[below.get_name().to_owned()]].concat()));
    }
    found
}

/// What the program prints where nobody says how wide lines may be.
fn said(place: &Place, args: &[&str]) -> (String, String) {
    let ended = place.run(place.larder(args).env_remove("COLUMNS"));
    (ended.stdout, ended.stderr)
}

#[test]
fn help_of_every_command_fits_80_columns() {
    let place = Place::new(&[APP]);
    let all = commands(&cli::command(), &[]);
    assert!(all.len() > 10, "{all:?}");
    for command in all {
        for flag in ["-h", "--help"] {
            let args: Vec<&str> = command.iter().map(String::as_str).chain([flag]).collect();
            let (help, _) = said(&place, &args);
            assert!(help.contains("Usage: "), "{args:?}: {help}");
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{args:?} has a line of {}: {line}", line.chars().count());
            }
        }
    }
}

/// A message without the ends of its lines.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn messages_fit_80_columns_and_say_the_same_as_in_one_line() {
    let place = Place::new(&[APP]);
    prepare(&place, &["--release"]);
    for args in [
        &["prepare", "--features", "nope"][..],
        &["prepare", "-p", "nope"],
        &["prepare", "--manifest-path", "none/Cargo.toml"],
        &["cook", "-p", "app", "--features", "nope"],
        &["cook", "--recipe-path", "none.json"],
        &["cook", "--manifest-path", "/none/Cargo.toml", "--recipe-path", "recipe.json", "--profile", "other"],
        &["show", "Cargo.toml"],
        &["explain", "recipe.json", "--release"],
        &["explain", "recipe.json", "none.json"],
        &["explain", "--since", "HEAD~1"],
        &["init", "-p", "nope"],
        &["cache", "stats"],
    ] {
        let (_, narrow) = said(&place, args);
        let wide = place.run(&mut place.larder(args)).stderr;
        assert!(wide.starts_with("error: "), "{args:?}: {wide}");
        assert_eq!(words(&narrow), words(&wide), "{args:?}");
        for line in narrow.lines().filter(|line| line.chars().count() > 80) {
            // A path or a command stays whole.
            assert_eq!(line.trim().matches(' ').count() > 0, line.contains('`'), "{args:?}: {line}");
        }
    }
}

#[test]
fn a_long_message_goes_on_below_its_first_word() {
    let place = Place::new(&[APP]);
    prepare(&place, &["--release"]);
    let (_, said) = said(&place, &["explain", "recipe.json", "--release"]);
    let expected = "\
error: a recipe is for the build that it was prepared for, so `--release` says
       nothing about it
help: to compare two states of the workspace:
      `cargo larder explain --since REV --release`
";
    assert_eq!(said, expected);
}
