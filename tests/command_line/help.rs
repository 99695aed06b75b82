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

/// Each line of the examples of a help, as a shell gets it.
fn examples(help: &str) -> Vec<String> {
    let (_, examples) = help.split_once("\nExamples:\n").expect("a help has examples");
    let lines = examples.lines().take_while(|line| line.starts_with("  "));
    // What follows two spaces says what the line is for.
    let commands = lines.map(|line| line.trim().split("   ").next().expect("a line has a beginning").to_owned());
    commands.collect()
}

#[test]
fn the_examples_of_each_help_run() {
    let manifest =
        "-- Cargo.toml --\n[package]\nname = \"api\"\nversion = \"1.0.0\"\n[features]\ntls = []\n-- src/main.rs --\n";
    let place =
        Place::new(&[manifest, "-- Cargo.lock --\nversion = 4\n[[package]]\nname = \"api\"\nversion = \"1.0.0\"\n"]);
    for verb in ["prepare", "cook", "verify", "explain", "show", "cache", "completions", "man"] {
        let help = succeed(&place, &mut place.directly(&[verb, "--help"])).stdout;
        let examples = examples(&help);
        assert!(examples.len() >= 2, "{verb}: {help}");
        for example in examples {
            if verb == "cook" {
                // So that it cooks what the flags say.
                let _ = fs_err::remove_file(place.dir().join("recipe.json"));
            }
            if ["explain", "show"].contains(&verb) {
                for recipe in ["recipe.json", "old.json"] {
                    prepare(&place, &["--recipe-path", recipe]);
                }
            }
            if example.contains("--since") {
                continue; // A test of explain makes the revisions.
            }
            let line = example.replace("cargo larder", &format!("'{}'", common::PROGRAM)).replace("~/", "home/");
            let shell = fake_cargo::larder(&place, &[]);
            let mut run = std::process::Command::new("sh");
            run.args(["-c", &line]).current_dir(place.dir());
            run.envs(shell.get_envs().filter_map(|(key, value)| Some((key, value?))));
            let ended = place.run(&mut run);
            assert_eq!(ended.code, Some(0), "{example}: {}", ended.stderr);
        }
    }
}

#[test]
fn flags_are_under_the_headings_of_cargo() {
    let place = Place::new(&[APP]);
    for verb in ["prepare", "cook"] {
        let help = succeed(&place, &mut place.directly(&[verb, "-h"])).stdout;
        let headings: Vec<&str> = help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
        let of_cargo = [
            "Options:",
            "Package Selection:",
            "Target Selection:",
            "Feature Selection:",
            "Compilation Options:",
            "Manifest Options:",
            "Examples:",
            "Environment:",
        ];
        assert_eq!(headings, of_cargo, "{verb}");
    }
}

#[test]
fn bash_completes_commands_and_flags() {
    let place = Place::new(&[APP]);
    let script = succeed(&place, &mut place.directly(&["completions", "bash"])).stdout;
    fs_err::write(place.dir().join("completions"), script).expect("it is writable");
    for (words, expected) in [("pre", "prepare"), ("cook --no-b", "--no-build"), ("cache st", "stats")] {
        let all: Vec<&str> = words.split(' ').collect();
        let line = format!(
            "source ./completions; COMP_WORDS=(cargo-larder {words}); COMP_CWORD={}; _cargo-larder cargo-larder '{}' cargo-larder; echo \"${{COMPREPLY[@]}}\"",
            all.len(),
            all[all.len() - 1]
        );
        let mut bash = std::process::Command::new("bash");
        let Ok(output) = bash.args(["-c", &line]).current_dir(place.dir()).output() else {
            eprintln!("left out: bash is not installed");
            return;
        };
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            expected,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for (shell, beginning) in
        [("zsh", "#compdef cargo-larder"), ("fish", "# Print an optspec"), ("nushell", "module completions")]
    {
        let script = succeed(&place, &mut place.directly(&["completions", shell])).stdout;
        assert!(script.starts_with(beginning), "{script}");
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let place = Place::new(&[APP]);
    succeed(&place, &mut place.directly(&["man", "pages/man1"]));
    for name in ["", "-prepare", "-cook", "-cache", "-cache-gc", "-completions", "-man"] {
        let page =
            fs_err::read_to_string(place.dir().join(format!("pages/man1/cargo-larder{name}.1"))).expect("it is there");
        assert!(page.contains(".SH NAME") && page.contains(&format!(".TH cargo-larder{name} 1")), "{page}");
    }
    let file = place.larder(&["man", "Cargo.toml"]).output().expect("it starts");
    assert_eq!(file.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&file.stderr).starts_with("error: cannot make the directory `Cargo.toml`: "));
}
