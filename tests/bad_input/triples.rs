//! Platforms that no build can be for.

use super::common::Place;
use super::{APP, check};

/// The warnings of `prepare` that are about platforms.
fn warned(place: &Place, flags: &str) -> Vec<String> {
    let args: Vec<&str> = ["prepare"].into_iter().chain(flags.split_whitespace()).collect();
    let ended = place.run(&mut place.larder(&args));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let parts = ended.stderr.split("warning: ").filter(|part| part.contains("no triple"));
    parts.map(|part| part.lines().take(2).collect::<Vec<_>>().join("\n")).collect()
}

fn doubt(role: &str, triple: &str, meant: &str) -> String {
    format!(
        "{role} `{triple}` is no triple that is known here, so rustc may refuse it\nhelp: {meant}`rustc --print target-list` prints those that it knows"
    )
}

#[test]
fn a_triple_that_may_be_misspelled_is_warned_of_with_the_nearest_one() {
    let place = Place::new(&[APP]);
    let meant = "did you mean `x86_64-unknown-linux-gnu`? ";
    let misspelled = "x86_64-unknown-linux-gun";
    let target = doubt("target", misspelled, meant);
    assert_eq!(warned(&place, &format!("--target {misspelled}")), std::slice::from_ref(&target));
    assert_eq!(warned(&place, &format!("--host {misspelled}")), [doubt("host", misspelled, meant)]);
    assert_eq!(warned(&place, &format!("--config build.target='{misspelled}'")), std::slice::from_ref(&target));
    assert_eq!(warned(&place, &format!("--config build.target=['{misspelled}']")), std::slice::from_ref(&target));
    assert_eq!(warned(&place, "--target no-such-thing-at-all"), [doubt("target", "no-such-thing-at-all", "")]);
    place.write(&[&format!("-- .cargo/config.toml --\n[build]\ntarget = \"{misspelled}\"\n")]);
    assert_eq!(warned(&place, ""), [target]);
    assert_eq!(warned(&place, "--target wasm32-unknown-unknown"), [""; 0], "a flag takes the key's place");
}

#[test]
fn a_triple_that_is_known_is_not_warned_of() {
    let place = Place::new(&[APP, "-- my.json --\n{}\n"]);
    for target in ["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu.2.17", "host-tuple", "my.json"] {
        assert_eq!(warned(&place, &format!("--target {target} --host x86_64-unknown-linux-gnu")), [""; 0]);
    }
}

#[test]
fn a_target_specification_that_is_not_there_is_named() {
    let expected = "\
error: target specification `my.json` does not exist
help: name the file that has it, or a triple of `rustc --print target-list`
";
    let config = "-- .cargo/config.toml --\n[build]\ntarget = \"my.json\"\n";
    for verb in ["prepare", "cook"] {
        check(&[APP], &format!("{verb} --target my.json"), expected);
        if verb == "prepare" {
            check(&[APP, config], verb, expected);
        }
    }
}

#[test]
fn cook_warns_of_a_triple_before_rustc_refuses_it() {
    let place = Place::new(&[APP]);
    let ended = place.run(&mut place.larder(&["cook", "--target", "x86_64-unknown-linux-gun"]));
    let expected = doubt("target", "x86_64-unknown-linux-gun", "did you mean `x86_64-unknown-linux-gnu`? ");
    assert!(ended.stderr.starts_with(&format!("warning: {expected}\n")), "{}", ended.stderr);
}
