//! README.md tells the truth: its Dockerfile is the one that is tested, its commands parse, and its flags are those of the
//! program, all of them and no others.

use cargo_larder::cli::Cargo;
use clap::{CommandFactory, Parser};
use std::collections::BTreeSet;

const README: &str = include_str!("../README.md");
const DOCKERFILE: &str = include_str!("../docker/Dockerfile");

/// The part that is about what does not exist yet.
const NOT_YET: &str = "\n## Not done yet\n";

/// Fenced blocks, each with the name of its language on its first line.
fn blocks() -> impl Iterator<Item = &'static str> {
    README.split("```").skip(1).step_by(2)
}

/// What stands in backticks within a line of `text`, outside of fenced blocks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(str::lines).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Every `cargo larder …`, up to where the shell would end it.
fn commands() -> BTreeSet<&'static str> {
    let parts = blocks().flat_map(str::lines).chain(spans(README)).flat_map(|line| line.split(['&', '|', ';', '#']));
    parts.filter_map(|part| part.find("cargo larder ").map(|at| part[at..].trim())).collect()
}

/// The flags of a verb, as they are typed.
fn flags(verb: &str) -> BTreeSet<String> {
    let mut cargo = Cargo::command();
    cargo.build();
    let larder = cargo.find_subcommand("larder").expect("it is the only one");
    let verb = larder.find_subcommand(verb).expect("the verb exists");
    let long = verb.get_arguments().filter_map(clap::Arg::get_long).map(|long| format!("--{long}"));
    let short = verb.get_arguments().filter_map(clap::Arg::get_short).map(|short| format!("-{short}"));
    long.chain(short).filter(|flag| !["--help", "-h"].contains(&flag.as_str())).collect()
}

#[test]
fn the_dockerfile_to_copy_is_the_one_that_is_tested() {
    let copies: Vec<_> = blocks().filter_map(|block| block.strip_prefix("dockerfile\n")).collect();
    assert_eq!(copies, [DOCKERFILE], "README.md and docker/Dockerfile differ");
}

#[test]
fn every_command_parses() {
    for verb in ["prepare", "cook"] {
        assert!(commands().iter().any(|c| c.split(' ').nth(2) == Some(verb)), "README.md does not show `{verb}`");
    }
    for command in commands() {
        match Cargo::try_parse_from(command.split_whitespace()) {
            Err(error) if error.use_stderr() => panic!("README.md has `{command}`\n{error}"),
            _ => {}
        }
    }
}

#[test]
fn its_flags_are_those_of_the_program() {
    let (told, _) = README.split_once(NOT_YET).expect("README.md says what is not done yet");
    let exist: BTreeSet<String> = flags("prepare").union(&flags("cook")).cloned().collect();
    // `--flag VALUE`, `--flag=VALUE` and `--flag[=VALUE]` name a flag.
    let named = spans(told).filter(|span| span.starts_with('-')).filter_map(|span| span.split([' ', '=', '[']).next());
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    assert_eq!(named, exist, "left: the flags that README.md names; right: those that there are");
}
