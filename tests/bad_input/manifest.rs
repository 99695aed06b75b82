//! One manifest that is not there, not TOML, or says what cargo would refuse.

use super::{APP, check, common::Place, refused};

#[test]
fn no_manifest_up_the_tree_names_where_the_search_began() {
    let expected = "\
error: could not find `Cargo.toml` in `[DIR]` or any parent directory
help: run this in a Cargo workspace, or name one with `--manifest-path`
";
    check(&["-- src/main.rs --\n"], "prepare", expected);
}

#[test]
fn cook_with_neither_recipe_nor_manifest_asks_for_a_recipe() {
    let expected = "\
error: recipe `recipe.json` does not exist
help: make it with `cargo larder prepare`, or name one with `--recipe-path`
";
    check(&["-- src/main.rs --\n"], "cook", expected);
}

#[test]
fn a_manifest_path_that_leads_nowhere_is_named_as_given() {
    check(&[APP], "prepare --manifest-path no/Cargo.toml", "error: manifest path `no/Cargo.toml` does not exist\n");
}

#[test]
fn a_manifest_path_to_another_file_says_what_it_must_be() {
    let expected = "error: `--manifest-path` must be a path to a Cargo.toml file, but is `src/main.rs`\n";
    check(&[APP], "prepare --manifest-path src/main.rs", expected);
}

#[test]
fn broken_toml_names_file_line_and_column() {
    let expected = r"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 5, column 14
  |
5 | [dependencies
  |              ^
unclosed table, expected `]`
";
    check(&[APP, "[dependencies\n"], "prepare", expected);
}

#[test]
fn a_key_that_stands_twice_names_file_line_and_column() {
    let expected = r#"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 5, column 1
  |
5 | name = "app"
  | ^^^^
duplicate key
"#;
    check(&[APP, "name = \"app\"\n"], "prepare", expected);
}

#[test]
fn a_manifest_that_is_not_text_says_so() {
    let place = Place::new(&[APP]);
    fs_err::write(place.dir().join("Cargo.toml"), b"[package]\nname = \"\xff\"\n").expect("it is writable");
    refused(&place, "prepare", 1, "error: failed to parse manifest `Cargo.toml`\nit is not UTF-8 text\n");
}

#[test]
fn a_package_without_a_name_names_the_key() {
    let expected = r"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 1, column 1
  |
1 | [package]
  | ^^^^^^^^^
missing field `name`
";
    check(&[APP, "-- Cargo.toml --\n[package]\nversion = \"1.0.0\"\n"], "prepare", expected);
}

#[test]
fn a_manifest_of_nothing_says_which_tables_it_needs() {
    let expected = "\
error: failed to parse manifest `Cargo.toml`
it has neither a `[package]` nor a `[workspace]`
";
    check(&[APP, "-- Cargo.toml --\n"], "prepare", expected);
}

#[test]
fn a_switch_of_a_wrong_type_is_shown_where_it_stands() {
    let expected = r#"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 5, column 12
  |
5 | autobins = "no"
  |            ^^^^
invalid type: string "no", expected a boolean
"#;
    check(&[APP, "autobins = \"no\"\n"], "prepare", expected);
}

#[test]
fn a_table_of_a_wrong_type_is_shown_where_it_stands() {
    let expected = r"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 1, column 11
  |
1 | package = 3
  |           ^
invalid type: integer `3`, expected a table
";
    check(&[APP, "-- Cargo.toml --\npackage = 3\n"], "prepare", expected);
}

#[test]
fn a_dependency_of_a_wrong_type_is_shown_where_it_stands() {
    let expected = r"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 6, column 9
  |
6 | serde = 1
  |         ^
invalid type: integer `1`, expected a string or a table
";
    check(&[APP, "[dependencies]\nserde = 1\n"], "prepare", expected);
}

#[test]
fn a_key_of_a_dependency_of_a_wrong_type_is_shown_where_it_stands() {
    let expected = r#"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 6, column 37
  |
6 | serde = { version = "1", features = "derive" }
  |                                     ^^^^^^^^
invalid type: string "derive", expected a sequence
"#;
    check(&[APP, "[dependencies]\nserde = { version = \"1\", features = \"derive\" }\n"], "prepare", expected);
}

#[test]
fn a_key_of_a_dependency_of_a_platform_is_shown_where_it_stands() {
    let expected = r#"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 7, column 12
  |
7 | optional = "true"
  |            ^^^^^^
invalid type: string "true", expected a boolean
"#;
    let table = "[target.'cfg(unix)'.dev-dependencies.serde]\nversion = \"1\"\noptional = \"true\"\n";
    check(&[APP, table], "prepare", expected);
}

#[test]
fn a_key_of_a_dependency_of_the_workspace_is_shown_where_it_stands() {
    let expected = r"error: failed to parse manifest `Cargo.toml`
TOML parse error at line 6, column 21
  |
6 | serde = { version = 1 }
  |                     ^
invalid type: integer `1`, expected a string
";
    check(&[APP, "[workspace.dependencies]\nserde = { version = 1 }\n"], "prepare", expected);
}

#[test]
fn a_platform_that_is_none_names_the_manifest() {
    let expected = "\
error: failed to parse manifest `Cargo.toml`: failed to parse `cfg(unix(` as a cfg expression: \
invalid target specifier: unexpected `(` character, cfg expressions must start with `cfg(`
";
    check(&[APP, "[target.'cfg(unix('.dependencies]\nserde = \"1\"\n"], "prepare", expected);
}

#[test]
fn a_feature_that_includes_nothing_known_names_feature_and_package() {
    let expected = "\
error: feature `tls` of package `app` includes `rustls`, which is neither a dependency nor another feature
";
    check(&[APP, "[features]\ntls = [\"rustls\"]\n"], "prepare", expected);
}

#[test]
fn an_unknown_resolver_names_those_that_exist() {
    let expected = "error: `resolver` of `Cargo.toml` is \"9\"; cargo knows \"1\", \"2\" and \"3\"\n";
    check(&[APP, "resolver = \"9\"\n"], "prepare", expected);
}

#[test]
fn a_broken_config_names_file_line_and_column() {
    let expected = r"error: failed to parse config `.cargo/config.toml`
TOML parse error at line 2, column 12
  |
2 | rustflags =
  |            ^
string values must be quoted, expected literal string
";
    check(&[APP, "-- .cargo/config.toml --\n[build]\nrustflags =\n"], "prepare", expected);
}

/// The manifest of [`APP`], without any source.
fn without_sources(more: &str) -> String {
    format!("-- Cargo.toml --\n[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n{more}")
}

/// What cargo says of a manifest whose sources were not copied, and what helps.
fn without_targets(words: &str) -> String {
    format!(
        "error: failed to parse manifest `Cargo.toml`\n\nCaused by:\n  {words}\nhelp: copy the sources too, not only the manifests: which targets there are depends on the names of the files\n"
    )
}

#[test]
fn a_package_without_targets_is_refused_as_cargo_does() {
    let none = "no targets specified in the manifest\n  either src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section must be present";
    for (more, words) in [
        ("", none),
        ("autobins = false\nautolib = false\n", none),
        ("build = \"build.rs\"\n", none),
        ("[lib]\n", "can't find library `app`, rename file to `src/lib.rs` or specify lib.path"),
        (
            "[[bin]]\nname = \"x\"\n",
            "can't find `x` bin at `src/bin/x.rs` or `src/bin/x/main.rs`. Please specify bin.path if you want to use a non-default path.",
        ),
        (
            "[[bench]]\nname = \"x\"\n",
            "can't find `x` bench at `benches/x.rs` or `benches/x/main.rs`. Please specify bench.path if you want to use a non-default path.",
        ),
    ] {
        for verb in ["prepare", "prepare --release", "cook"] {
            check(&[&without_sources(more)], verb, &without_targets(words));
        }
    }
}

#[test]
fn a_target_whose_path_leads_nowhere_is_warned_of() {
    let place = Place::new(&[APP, "[[bin]]\nname = \"x\"\npath = \"src/x/y.rs\"\n"]);
    let ended = place.run(&mut place.larder(&["prepare"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.starts_with("warning: `Cargo.toml` names `src/x/y.rs`, which does not exist;"),
        "{}",
        ended.stderr
    );
}
