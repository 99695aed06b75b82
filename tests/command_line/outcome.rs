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

/// A cook in which cargo makes this of the lockfile: it is refused, and nothing is built.
fn refused(resolves: &str, what: &str) {
    let place = Place::new(&[APP, "[dependencies]\nitoa = \"1\"\n", ITOA]);
    let mut larder = fake_cargo::larder(&place, &["cook"]);
    let ended = place.run(
        larder.env("FAKE_RESOLVE", resolves).env("FAKE_CARGO", "touch \"$OUT\"").env("OUT", place.dir().join("built")),
    );
    let expected = format!(
        "error: the lockfile of the recipe does not hold: cargo would take {what}\nhelp: run `cargo update --workspace`, then prepare the recipe again with `cargo larder prepare`\n"
    );
    assert_eq!((ended.code, ended.stderr), (Some(1), expected), "{resolves}");
    assert!(!place.dir().join("built").exists(), "{resolves}");
    assert_eq!(place.left_behind(), [""; 0], "a scratch directory is left");
}

#[test]
fn what_the_recipe_does_not_hold_is_named_before_anything_is_built() {
    refused("sed -i.old 's/1\\.0\\.5/1.0.9/' Cargo.lock", "`itoa 1.0.9`, not `itoa 1.0.5`");
    let more = "printf '\\n[[package]]\\nname = \"ryu\"\\nversion = \"1.0.0\"\\n' >> Cargo.lock";
    refused(more, "`ryu 1.0.0`, which it lacks");
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    let other = registry.replace("registry+https", "git+https");
    let from = format!("`itoa 1.0.5` from `{other}`, not `itoa 1.0.5` from `{registry}`");
    refused("sed -i.old 's/registry.https/git+https/' Cargo.lock", &from);
}

/// Only features that no stub asks for reached what is gone.
#[test]
fn a_lockfile_that_has_shrunk_is_as_good() {
    let does = "printf 'version = 4\\n[[package]]\\nname = \"larder-stub\"\\nversion = \"0.0.0\"\\n' > Cargo.lock";
    let place = Place::new(&[APP, "[dependencies]\nitoa = \"1\"\n", ITOA]);
    let ended = place.run(fake_cargo::larder(&place, &["cook"]).env("FAKE_RESOLVE", does));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!fake_cargo::skeleton(&place, "Cargo.lock").expect("it is there").contains("itoa"));
}

/// The network is asked only where cargo's home lacks something.
#[test]
fn the_lockfile_is_looked_at_offline_first() {
    let place = Place::new(&[APP, "[dependencies]\nitoa = \"1\"\n", ITOA]);
    let looks = |says: &str, flags: &[&str]| {
        let log = place.root().join("log");
        let _ = std::fs::remove_file(&log);
        let does = format!("echo \"$*\" >> '{}'; {says}", log.display());
        let ended = place.run(fake_cargo::larder(&place, &[&["cook"], flags].concat()).env("FAKE_RESOLVE", does));
        (ended.code, fs_err::read_to_string(log).expect("cargo was asked"), ended.stderr)
    };
    let (offline, online) = ("update --workspace --quiet --offline\n", "update --workspace --quiet\n");
    let (code, asked, _) = looks("true", &[]);
    assert_eq!((code, &*asked), (Some(0), offline));
    let lacks = "case \"$*\" in *--offline) echo lacks >&2; exit 101;; esac";
    let (code, asked, said) = looks(lacks, &[]);
    assert_eq!((code, asked), (Some(0), [offline, online].concat()));
    assert!(said.starts_with("    Updating the index\n") && !said.contains("lacks"), "{said}");
    for flag in ["--offline", "--frozen"] {
        let (code, asked, said) = looks(lacks, &[flag]);
        assert_eq!((code, asked, &*said), (Some(101), [offline, offline].concat(), "lacks\n"));
    }
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
