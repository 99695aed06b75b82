//! Which targets a package has.

use super::{check, root_of};

const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

/// Every file that discovery could find, and some that it must not.
const ALL: &str = "-- src/lib.rs --
-- src/main.rs --
-- src/bin/one.rs --
-- src/bin/two/main.rs --
-- src/bin/two/other.rs --
-- src/bin/three/lib.rs --
-- src/bin/.hidden.rs --
-- src/bin/notes.txt --
-- src/bin/deep/er/main.rs --
-- src/other.rs --
-- examples/show.rs --
-- examples/tour/main.rs --
-- examples/data/tour.json --
-- tests/api.rs --
-- tests/cli/main.rs --
-- tests/common/mod.rs --
-- benches/speed.rs --
-- benches/size/main.rs --
-- build.rs --
-- build/main.rs --
";

/// Packages with all files, each with one of these pairs of keys of `[package]` and tables after
/// it, in each edition. `NAME` is the package's name.
fn in_editions(editions: &[&str], variants: &[(&str, &str)]) {
    let mut files = String::new();
    let mut members = Vec::new();
    for (i, (keys, tables)) in variants.iter().enumerate() {
        for edition in editions {
            let name = format!("my-app-{i}-{edition}");
            let (before, tables) = tables.split_once("BEFORE").unwrap_or(("", tables));
            let manifest = format!(
                "-- Cargo.toml --\n{before}\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"{edition}\"\n{keys}\n{tables}\n"
            );
            files += &(ALL.to_owned() + &manifest.replace("NAME", &name))
                .replace("-- ", &format!("-- {name}/"))
                .replace("/\n", "");
            members.push(name);
        }
    }
    check(&[&files, &root_of(&members)]);
}

fn in_every_edition(variants: &[(&str, &str)]) {
    in_editions(&EDITIONS, variants);
}

#[test]
fn without_a_word_all_are_discovered() {
    in_every_edition(&[("", "")]);
}

#[test]
fn each_switch_turns_its_kind_off_and_on() {
    for switch in ["false", "true"] {
        let keys =
            ["autolib", "autobins", "autoexamples", "autotests", "autobenches"].map(|key| format!("{key} = {switch}"));
        in_every_edition(&keys.each_ref().map(|key| (key.as_str(), "")));
    }
}

#[test]
fn all_switches_off_leave_the_build_script() {
    let keys = "autolib = false\nautobins = false\nautoexamples = false\nautotests = false\nautobenches = false";
    in_every_edition(&[(keys, "[lib]\npath = \"src/other.rs\""), (keys, "[[bin]]\nname = \"one\"")]);
}

#[test]
fn one_that_is_named_stops_the_discovery_of_its_kind_in_2015_only() {
    in_every_edition(&[
        ("", "[[bin]]\nname = \"one\""),
        ("", "[[example]]\nname = \"show\""),
        ("", "[[test]]\nname = \"api\""),
        ("", "[[bench]]\nname = \"speed\""),
    ]);
}

#[test]
fn one_that_is_named_beside_a_switch_follows_the_switch() {
    in_every_edition(&[
        ("autobins = true", "[[bin]]\nname = \"two\""),
        ("autobins = false", "[[bin]]\nname = \"two\""),
        ("autotests = true", "[[test]]\nname = \"cli\""),
        ("autotests = false", "[[test]]\nname = \"cli\""),
        ("autoexamples = true", "[[example]]\nname = \"tour\""),
        ("autoexamples = false", "[[example]]\nname = \"tour\""),
        ("autobenches = true", "[[bench]]\nname = \"size\""),
        ("autobenches = false", "[[bench]]\nname = \"size\""),
    ]);
}

#[test]
fn a_path_that_is_named_is_not_discovered_again() {
    in_every_edition(&[
        ("", "[[bin]]\nname = \"server\"\npath = \"src/main.rs\""),
        ("", "[[bin]]\nname = \"server\"\npath = \"src/bin/one.rs\""),
        ("", "[[bin]]\nname = \"server\"\npath = \"src/bin/two/main.rs\""),
        ("", "[[test]]\nname = \"all\"\npath = \"tests/cli/main.rs\""),
        ("", "[[bin]]\nname = \"server\"\npath = \"src/other.rs\""),
    ]);
}

#[test]
fn a_path_that_is_named_in_another_spelling_is_not_discovered_again() {
    in_every_edition(&[
        ("", "[[bin]]\nname = \"server\"\npath = \"./src/main.rs\""),
        ("", "[[bin]]\nname = \"server\"\npath = \"src/./bin//one.rs\""),
        // cargo does not see that this is the same file.
        ("", "[[bin]]\nname = \"server\"\npath = \"src/../src/bin/one.rs\""),
    ]);
}

#[test]
fn an_empty_list_is_a_list() {
    in_every_edition(&[("", "bin = []\ntest = []\nBEFORE"), ("autobins = true", "bin = []\nBEFORE")]);
}

#[test]
fn a_binary_and_a_test_may_have_one_name() {
    in_every_edition(&[("", "[[bin]]\nname = \"one\"\n[[test]]\nname = \"one\"\npath = \"tests/api.rs\"")]);
}

#[test]
fn the_binary_of_the_package_is_found_by_name() {
    in_every_edition(&[
        ("", "[[bin]]\nname = \"NAME\""),
        ("", "[[bin]]\nname = \"NAME\"\npath = \"src/bin/one.rs\""),
        ("default-run = \"one\"", ""),
    ]);
}

#[test]
fn old_places_of_sources_count_in_2015() {
    let package = "-- Cargo.toml --\n[package]\nname = \"old\"\nversion = \"1.0.0\"\n";
    let sources = "-- src/other.rs --\n-- src/bench.rs --\n-- src/bin/main.rs --\n";
    check(&[sources, package, "[[bin]]\nname = \"other\"\n[[bench]]\nname = \"bench\"\n"]);
    check(&["-- src/old.rs --\n", package, "[lib]\n"]);
}

#[test]
fn a_library_may_have_its_own_name_and_path() {
    in_every_edition(&[
        ("", "[lib]\nname = \"core_of_it\""),
        ("", "[lib]\npath = \"src/other.rs\""),
        ("autolib = false", "[lib]\nname = \"core_of_it\""),
        ("autolib = true", "[lib]\ntest = false\nbench = false\ndoc = false"),
        ("", "[lib]\nrequired-features = []"),
    ]);
}

#[test]
fn crate_types_are_those_that_are_named() {
    in_every_edition(&[
        ("", "[lib]\ncrate-type = ['cdylib', 'rlib']"),
        ("", "[lib]\ncrate-type = ['dylib']"),
        ("", "[lib]\ncrate-type = ['staticlib', 'lib', 'cdylib']"),
        ("", "[lib]\ncrate-type = ['rlib']"),
        ("", "[lib]\ncrate-type = ['lib', 'lib']"),
    ]);
    let old = [("", "[lib]\ncrate_type = ['cdylib']"), ("", "[lib]\ncrate_type = ['cdylib']\ncrate-type = ['rlib']")];
    in_editions(&["2015", "2018", "2021"], &old);
}

#[test]
fn a_proc_macro_is_one_in_either_spelling() {
    in_every_edition(&[
        ("", "[lib]\nproc-macro = true"),
        ("", "[lib]\ncrate-type = ['proc-macro']"),
        ("", "[lib]\nproc-macro = false"),
    ]);
    let old = [("", "[lib]\nproc_macro = true"), ("", "[lib]\nproc_macro = true\nproc-macro = false")];
    in_editions(&["2015", "2018", "2021"], &old);
}

#[test]
fn an_example_may_be_a_library() {
    in_every_edition(&[
        ("", "[[example]]\nname = \"show\"\ncrate-type = ['staticlib', 'cdylib']"),
        ("", "[[example]]\nname = \"show\"\ncrate-type = ['bin']"),
    ]);
    in_editions(&["2015"], &[("", "[[example]]\nname = \"show\"\ncrate_type = ['rlib']")]);
}

#[test]
fn an_example_without_crate_types_is_a_program() {
    in_every_edition(&[("", "[[example]]\nname = \"show\"\ncrate-type = []")]);
}

#[test]
fn required_features_belong_to_all_kinds_but_libraries() {
    for required in ["'y', 'x'", ""] {
        let table = |kind, name| {
            format!("[features]\nx = []\ny = []\n[[{kind}]]\nname = \"{name}\"\nrequired-features = [{required}]")
        };
        let tables = [table("bin", "one"), table("example", "show"), table("test", "api"), table("bench", "speed")];
        in_every_edition(&tables.each_ref().map(|table| ("", table.as_str())));
    }
}

#[test]
fn what_is_tested_can_be_changed() {
    in_every_edition(&[
        ("", "[[example]]\nname = \"show\"\ntest = true\n[[bench]]\nname = \"speed\"\ntest = true"),
        ("", "[lib]\ntest = false\n[[bin]]\nname = \"one\"\ntest = false\nbench = true"),
        ("", "[[test]]\nname = \"api\"\ntest = false\nharness = false"),
    ]);
}

#[test]
fn a_build_script_is_found_named_or_refused() {
    in_every_edition(&[
        ("build = \"build/main.rs\"", ""),
        ("build = \"build.rs\"", ""),
        ("build = false", ""),
        ("build = true", ""),
    ]);
    let package = "-- src/lib.rs --\n-- Cargo.toml --\n[package]\nname = \"my-app\"\nversion = \"1.0.0\"\n";
    check(&[package]);
    check(&["-- build.rs/mod.rs --\n", package]);
}

#[test]
fn names_with_odd_letters_are_kept() {
    let package =
        "-- Cargo.toml --\n[package]\nname = \"a-b_c\"\nversion = \"1.0.0-rc.1+build.5\"\nedition = \"2021\"\n";
    check(&["-- src/lib.rs --\n-- src/bin/x.y.rs --\n-- tests/x-y.rs --\n-- examples/ü.rs --\n", package]);
}
