//! A recipe that is missing, damaged, of another tool or version, or that reaches out of its
//! directory.

use super::common::Place;
use super::{check, check_usage, refused};

fn broken(recipe: &str, stderr: &str) {
    check(&[&format!("-- recipe.json --\n{recipe}")], "cook", stderr);
}

/// Returns a recipe with these files in addition to those that every recipe has.
fn with_files(files: &str) -> String {
    format!(r#"{{"format": 3, "files": {{"Cargo.toml": ["[workspace]"], "Cargo.lock": ["version = 4"]{files}}}}}"#)
}

#[test]
fn a_missing_recipe_names_the_command_that_makes_it() {
    let expected = "\
error: recipe `other.json` does not exist
help: make it with `cargo larder prepare`, or name one with `--recipe-path`
";
    check(&["-- Cargo.toml --\n"], "cook --recipe-path other.json", expected);
}

#[test]
fn an_empty_recipe_is_empty() {
    broken("", "error: recipe `recipe.json` is empty\nhelp: make a new one with `cargo larder prepare`\n");
    broken(" \n\n", "error: recipe `recipe.json` is empty\nhelp: make a new one with `cargo larder prepare`\n");
}

#[test]
fn a_recipe_that_is_cut_off_says_where() {
    let whole = with_files("");
    for end in [1, 20, 40, whole.len() - 1] {
        let place = Place::new(&[]);
        fs_err::write(place.dir().join("recipe.json"), &whole[..end]).expect("it is writable");
        let expected = format!(
            "error: recipe `recipe.json` is cut off at line 1, column {end}\nhelp: make a new one with `cargo larder prepare`\n"
        );
        refused(&place, "cook", 1, &expected);
    }
}

#[test]
fn a_recipe_that_is_not_json_says_where() {
    let expected = "\
error: recipe `recipe.json` is not a recipe: expected value at line 1 column 1
help: make a new one with `cargo larder prepare`
";
    broken("hello", expected);
}

#[test]
fn a_recipe_with_something_behind_it_says_where() {
    let expected = "\
error: recipe `recipe.json` is not a recipe: trailing characters at line 2 column 1
help: make a new one with `cargo larder prepare`
";
    broken(&format!("{}\n{{}}", with_files("")), expected);
}

#[test]
fn a_recipe_that_is_not_text_says_so() {
    let place = Place::new(&["-- recipe.json --\n"]);
    fs_err::write(place.dir().join("recipe.json"), b"{\"format\": 1\xff}").expect("it is writable");
    let expected = "\
error: recipe `recipe.json` is not a recipe: it is not UTF-8 text
help: make a new one with `cargo larder prepare`
";
    refused(&place, "cook", 1, expected);
}

#[test]
fn json_of_another_shape_says_what_was_expected() {
    let not = |what: &str| {
        format!(
            "error: recipe `recipe.json` is not a recipe: {what}\nhelp: make a new one with `cargo larder prepare`\n"
        )
    };
    broken("null", &not("invalid type: null, expected a JSON object at line 1 column 4"));
    broken("3", &not("invalid type: integer `3`, expected a JSON object at line 1 column 1"));
    broken("{}", &not("it has no `format`"));
    broken(r#"{"format": "1"}"#, &not("invalid type: string \"1\", expected u64 at line 1 column 14"));
    broken(r#"{"format": 3}"#, &not("missing field `files` at line 1 column 13"));
    let text = r#"{"format": 3, "files": {"Cargo.toml": "[workspace]"}}"#;
    broken(text, &not("expected a list of lines, or an object with `base64` at line 1 column 52"));
    let text = r#"{"format": 3, "files": {"Cargo.toml": [], "Cargo.lock": [], "a/b": {"base64": "?"}}}"#;
    broken(text, &not("the file `a/b` is not valid base64"));
    for index in [r#"{"base64": "/w=="}"#, r#"["version = 99"]"#, r#"["["]"#] {
        let files = r#""files": {"Cargo.toml": [], "Cargo.lock": []}"#;
        broken(&format!(r#"{{"format": 3, {files}, "index": {index}}}"#), &not("its `index` is no lockfile"));
    }
    let more = r#"{"format": 3, "files": {}, "more": 1}"#;
    let expected = "unknown field `more`, expected one of `format`, `scope`, `host`, `dockerfile`, `assumed`, `here`, `above`, `depth`, `away`, `build`, `files`, `index` at line 1 column 33";
    broken(more, &not(expected));
}

#[test]
fn a_recipe_of_another_version_names_both() {
    let expected = "\
error: recipe `recipe.json` is of format 1, and this cargo-larder [VERSION] reads format 3
help: use the same cargo-larder for `prepare` and `cook`
"
    .replace("[VERSION]", env!("CARGO_PKG_VERSION"));
    broken(r#"{"format": 1, "packages": []}"#, &expected);
    broken(r#"{"format": 0, "files": {}}"#, &expected.replace("is of format 1", "is of format 0"));
}

#[test]
fn a_file_that_stands_in_a_recipe_twice_is_refused() {
    let recipe = with_files(r#", "Cargo.lock": []"#);
    let place = Place::new(&[&format!("-- recipe.json --\n{recipe}")]);
    let ended = place.run(&mut place.larder(&["cook"]));
    assert_eq!(ended.code, Some(1));
    let expected = "error: recipe `recipe.json` is not a recipe: the file `Cargo.lock` is in it twice at line 1 ";
    assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
}

#[test]
fn a_path_of_a_recipe_is_a_file_or_a_directory() {
    let expected = "\
error: recipe `recipe.json` has a file `a`, and with `a/b` a directory of that name
help: make a new one with `cargo larder prepare`
";
    broken(&with_files(r#", "a": [], "a/b": []"#), expected);
}

#[test]
fn a_config_that_cargo_would_read_in_the_place_of_the_one_that_is_known_is_refused() {
    let expected = "\
error: recipe `recipe.json` has a `.cargo/config`, which no recipe has
help: make a new one with `cargo larder prepare`
";
    broken(&with_files(r#", ".cargo/config": []"#), expected);
}

/// A terminal would obey them.
#[test]
fn control_characters_of_names_are_shown_as_text() {
    let expected = "\
error: recipe `\\u{1b}[2Jx` does not exist
help: make it with `cargo larder prepare`, or name one with `--recipe-path`
";
    check(&["-- Cargo.toml --\n"], "cook --recipe-path \u{1b}[2Jx", expected);
}

#[test]
#[cfg(unix)]
fn a_path_of_a_recipe_that_cannot_be_is_named() {
    let expected = "error: cannot read recipe `Cargo.toml/recipe.json`: Not a directory (os error 20)\n";
    check(&[super::APP], "cook --recipe-path Cargo.toml/recipe.json", expected);
    let expected = "error: cannot write recipe `Cargo.toml/recipe.json`: Not a directory (os error 20)\n";
    check(&[super::APP], "prepare --recipe-path Cargo.toml/recipe.json", expected);
    check(
        &[super::APP],
        "prepare --recipe-path src",
        "error: cannot write recipe `src`: Is a directory (os error 21)\n",
    );
    check(&[super::APP], "cook --recipe-path src", "error: cannot read recipe `src`: Is a directory (os error 21)\n");
    // Longer than any path, since not every file system refuses a long name.
    let long = "x".repeat(5000);
    for (verb, does) in [("cook", "read"), ("prepare", "write")] {
        let expected = format!("error: cannot {does} recipe `{long}`: File name too long (os error 36)\n");
        check(&[super::APP], &format!("{verb} --recipe-path {long}"), &expected);
    }
}

#[test]
fn a_recipe_of_cargo_chef_is_recognized() {
    let expected = "\
error: recipe `recipe.json` was not made by cargo-larder: it has no `format`, and looks like one of cargo-chef
help: make a new one with `cargo larder prepare`
";
    let recipe = r#"{"skeleton":{"manifests":[],"config_file":null,"lock_file":null,"rust_toolchain_file":null}}"#;
    broken(recipe, expected);
}

#[test]
fn a_recipe_without_what_every_recipe_has_is_none() {
    for (files, missing) in [(r"{}", "Cargo.toml"), (r#"{"Cargo.toml": ["[workspace]"]}"#, "Cargo.lock")] {
        let expected =
            format!("error: recipe `recipe.json` has no {missing}\nhelp: make a new one with `cargo larder prepare`\n");
        broken(&format!(r#"{{"format": 3, "files": {files}}}"#), &expected);
    }
}

#[test]
fn a_path_that_leaves_the_directory_of_the_skeleton_is_refused() {
    let paths = [
        "../x",
        "..",
        "a/../../x",
        "a/../x",
        "/x",
        "/etc/cron.d/x",
        r"C:\\x",
        "C:x",
        r"a\\..\\..\\x",
        "./x",
        "a/./x",
        "a//x",
        "a/",
        "",
    ];
    for path in paths {
        let expected = format!(
            "error: recipe `recipe.json` has a file outside its own directory: `{}`\nhelp: make a new one with `cargo larder prepare`\n",
            path.replace(r"\\", r"\")
        );
        broken(&with_files(&format!(r#", "{path}": ["x"]"#)), &expected);
    }
}

#[test]
fn a_recipe_made_in_a_directory_elsewhere_is_refused() {
    for here in ["../x", "/x"] {
        let expected = format!(
            "error: recipe `recipe.json` has a file outside its own directory: `{here}`\nhelp: make a new one with `cargo larder prepare`\n"
        );
        broken(&format!(r#"{{"here": "{here}", {}"#, &with_files("")[1..]), &expected);
    }
}

#[test]
fn flags_that_contradict_a_scoped_recipe_name_the_command_that_keeps_the_others() {
    let api = r#""scope": {"package": ["api"], "profile": "release"}"#;
    contradicts(api, "-p web", "-p api --release", "-p web", "-p web --release");
    contradicts(api, "--workspace", "-p api --release", "--workspace", "--workspace --release");
    contradicts(api, "-F tls", "-p api --release", "--features tls", "-p api --features tls --release");
    contradicts(api, "--check", "-p api --release", "--check", "-p api --release --check");
    contradicts(api, "--profile dev", "-p api --release", "--profile dev", "-p api --profile dev");
    contradicts(r#""scope": {"bin": ["a"]}"#, "--bin a --bin b", "--bin a", "--bin a --bin b", "--bin a --bin b");
    contradicts(r#""scope": {"target": ["t1"]}"#, "--target t2", "--target t1", "--target t2", "--target t2");
    contradicts(r#""scope": {"package": ["api"]}"#, "-p a*", "-p api", "-p 'a*'", "-p 'a*'");
    let host = r#""host": "x86_64-unknown-linux-gnu", "scope": {"profile": "release"}"#;
    let (prepared, expected) = ("--release --host x86_64-unknown-linux-gnu", "--host x86_64-unknown-linux-gnu");
    let arm = "--target aarch64-unknown-linux-gnu";
    contradicts(host, arm, prepared, arm, &format!("{arm} --release {expected}"));
    // All is for a test there, and has dependencies of its own.
    let check = r#""scope": {"check": true}"#;
    contradicts(check, "--check --profile test", "--check", "--profile test --check", "--profile test --check");
}

fn contradicts(parts: &str, args: &str, prepared: &str, asked: &str, help: &str) {
    let expected = format!(
        "error: recipe was prepared for `{prepared}`, not for `{asked}`\nhelp: prepare another with `cargo larder prepare {help}`\n"
    );
    let recipe = format!("{{{parts}, {}", &with_files("")[1..]);
    check_usage(&[&format!("-- recipe.json --\n{recipe}")], &format!("cook {args}"), &expected);
}

#[test]
fn the_command_for_another_recipe_names_the_same_files() {
    let expected = "\
error: recipe was prepared for `--lib`, not for `--bins`
help: prepare another with `cargo larder prepare --recipe-path 'my recipe.json' --lib --bins`
";
    let recipe = format!(r#"{{"scope": {{"lib": true}}, {}"#, &with_files("")[1..]);
    let place = Place::new(&[&format!("-- my recipe.json --\n{recipe}")]);
    let ended = place.run(&mut place.larder(&["cook", "--recipe-path", "my recipe.json", "--bins"]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), expected));
}

#[test]
fn flags_that_contradict_a_recipe_of_the_default_build_say_so() {
    let expected = "\
error: recipe was prepared for a build without flags, not for `-p web`
help: prepare another with `cargo larder prepare -p web`
";
    let recipe = format!(r#"{{"scope": {{}}, {}"#, &with_files("")[1..]);
    check_usage(&[&format!("-- recipe.json --\n{recipe}")], "cook -p web", expected);
}
