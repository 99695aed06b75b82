//! What the program makes of how cargo ends.

use super::common::fake_cargo;
use super::{APP, Ended, Place};

const ITOA: &str = "-- Cargo.lock --
version = 4
[[package]]
name = \"app\"
version = \"1.0.0\"
dependencies = [\"itoa\"]
[[package]]
name = \"itoa\"
version = \"1.0.5\"
source = \"registry+https://github.com/rust-lang/crates.io-index\"
checksum = \"00\"
";

/// A cook in which cargo does this.
fn when_cargo(does: &str, flags: &[&str]) -> Ended {
    let place = Place::new(&[APP, "[dependencies]\nitoa = \"1\"\n", ITOA]);
    let ended = place.run(fake_cargo::larder(&place, &[&["cook"], flags].concat()).env("FAKE_CARGO", does));
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
    ended
}

fn refused(does: &str, stderr: &str) {
    let ended = when_cargo(does, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), stderr), "{does}");
}

#[test]
fn a_version_that_the_recipe_does_not_hold_is_named() {
    let expected = "\
error: cargo settled on `itoa 1.0.9`, which the recipe does not hold
help: bring Cargo.lock up to date with `cargo update --workspace`, then prepare the recipe anew
";
    refused("sed -i.old 's/1\\.0\\.5/1.0.9/' Cargo.lock", expected);
}

#[test]
fn a_package_that_the_recipe_does_not_hold_is_named() {
    let expected = "\
error: cargo settled on `ryu 1.0.0`, which the recipe does not hold
help: bring Cargo.lock up to date with `cargo update --workspace`, then prepare the recipe anew
";
    refused("printf '\\n[[package]]\\nname = \"ryu\"\\nversion = \"1.0.0\"\\n' >> Cargo.lock", expected);
}

#[test]
fn a_source_that_the_recipe_does_not_hold_is_named() {
    let expected = "\
error: cargo settled on `itoa 1.0.5`, which the recipe does not hold
help: bring Cargo.lock up to date with `cargo update --workspace`, then prepare the recipe anew
";
    refused("sed -i.old 's/registry.https/git+https/' Cargo.lock", expected);
}

#[test]
fn a_lockfile_that_has_shrunk_is_as_good() {
    let does = "printf 'version = 4\\n[[package]]\\nname = \"larder-stub\"\\nversion = \"0.0.0\"\\n' > Cargo.lock";
    assert_eq!(when_cargo(does, &[]).code, Some(0));
}

#[test]
fn the_exit_code_of_cargo_is_that_of_cook_and_nothing_is_said() {
    for code in [1, 42, 101] {
        let ended = when_cargo(&format!("exit {code}"), &[]);
        assert_eq!(ended, Ended { code: Some(code), stdout: String::new(), stderr: String::new() });
    }
}

#[test]
fn a_cargo_that_is_killed_gives_the_code_of_the_signal() {
    let ended = when_cargo("kill -KILL $$", &[]);
    assert_eq!(ended.code, Some(137));
}

#[test]
fn cargo_speaks_for_itself_and_its_messages_for_programs_are_not_shown() {
    let ended =
        when_cargo("echo 'warning: from cargo' >&2; echo '{\"reason\":\"build-finished\",\"success\":true}'", &["-q"]);
    let expected = Ended { code: Some(0), stdout: String::new(), stderr: "warning: from cargo\n".to_owned() };
    assert_eq!(ended, expected);
}

/// One message of cargo about a unit that it has.
fn artifact(package: &str, fresh: bool) -> String {
    let target = r#"{"kind":["lib"],"crate_types":["lib"],"name":"x","src_path":"/x","edition":"2021","doc":true,"doctest":true,"test":true}"#;
    let profile = r#"{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false}"#;
    format!(
        r#"echo '{{"reason":"compiler-artifact","package_id":"{package}","manifest_path":"/x","target":{target},"profile":{profile},"features":[],"filenames":[],"executable":null,"fresh":{fresh}}}';"#
    )
}

#[test]
fn the_last_line_counts_units_of_third_parties_only() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index#itoa@1.0.5";
    let does = [
        artifact(registry, false),
        artifact("git+https://example.invalid/x#x@1.0.0", true),
        artifact(registry, true),
        artifact("path+file:///tmp/cargo-larder-x#larder-stub@0.0.0", false),
    ];
    let ended = when_cargo(&does.concat(), &[]);
    let (before, after) = ended.stderr.split_once(" in ").expect("the line tells the time");
    assert_eq!(before, "      Cooked for cargo build: 1 compiled, 2 fresh");
    let (seconds, size) = after.split_once("s, ").expect("in seconds");
    assert!(seconds.parse::<f64>().is_ok(), "{seconds}");
    assert_eq!(size, "0.0 MB\n");
}

#[test]
fn a_cook_that_had_nothing_to_build_says_so() {
    let warning = "warning: there was nothing to build, which is unusual: ";
    let ended = when_cargo("true", &[]);
    assert!(ended.code == Some(0) && ended.stderr.contains(warning), "{}", ended.stderr);
    let built = artifact("registry+https://github.com/rust-lang/crates.io-index#itoa@1.0.5", true);
    assert!(!when_cargo(&built, &[]).stderr.contains(warning));
}

#[test]
fn quiet_says_nothing() {
    let ended = when_cargo("true", &["-q"]);
    assert_eq!(ended, Ended { code: Some(0), stdout: String::new(), stderr: String::new() });
}

#[test]
fn quiet_is_heard_from_the_environment_too() {
    let place = Place::new(&[APP]);
    let quiet = |args: &[&str], name: &str| {
        let ended = place.run(fake_cargo::larder(&place, args).env(name, "true").env("CARGO_TERM_COLOR", "never"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stderr.is_empty()
    };
    for verb in ["prepare", "cook"] {
        assert!(quiet(&[verb], "CARGO_TERM_QUIET"), "{verb}");
        assert!(!quiet(&[verb, "-v"], "CARGO_TERM_QUIET"), "a flag wins: {verb}");
        assert!(!quiet(&[verb], "CARGO_TERM_VERBOSE"), "{verb}");
        assert!(quiet(&[verb, "-q"], "CARGO_TERM_VERBOSE"), "a flag wins: {verb}");
    }
}

#[test]
fn quiet_leaves_out_warnings_as_cargo_does() {
    let place = Place::new(&[APP, "[workspace]\n"]);
    let warns = |flags: &[&str]| {
        let ended = place.run(&mut place.larder(&[&["prepare", "--workspace", "--exclude", "none"], flags].concat()));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stderr.contains("warning")
    };
    assert!(warns(&[]));
    assert!(!warns(&["-q"]));
}

#[test]
fn all_that_cargo_says_arrives_and_a_program_that_it_leaves_behind_holds_nothing_up() {
    let many = "i=0; while [ $i -lt 3000 ]; do echo \"    line $i of more than a pipe holds\" >&2; i=$((i+1)); done";
    let begun = std::time::Instant::now();
    let ended = when_cargo(&format!("sleep 20 > /dev/null & {many}; printf 'no end' >&2; exit 7"), &[]);
    assert!(begun.elapsed().as_secs() < 15, "it waited for the other program");
    let mut expected: Vec<String> = (0..3000).map(|i| format!("    line {i} of more than a pipe holds")).collect();
    expected.push("no end".to_owned());
    assert_eq!((ended.code, ended.stderr), (Some(7), expected.join("\n")));
}
