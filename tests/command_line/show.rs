//! What is in a recipe, as text, JSON, and a graph.

use super::explain::{API, LOCK, WORKSPACE, lock, manifest, relock};
use super::{Place, prepare, succeed};

fn show(place: &Place, args: &[&str]) -> String {
    let ended = succeed(place, &mut place.larder(&[&["show"], args].concat()));
    assert_eq!(ended.stderr, "");
    ended.stdout
}

/// The text without the line of sizes.
fn lines(place: &Place) -> Vec<String> {
    let text = show(place, &[]);
    let lines = text.lines().enumerate().filter(|(number, _)| *number != 1);
    lines.map(|(_, line)| line.to_owned()).collect()
}

#[test]
fn a_scoped_recipe_is_shown_as_a_shopping_list() {
    let place = Place::new(&[WORKSPACE, &relock(&["web 0.1.0 local: api, serde", "serde 1.0.1: libc"])]);
    let toml =
        "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n[profile.release]\nlto = \"fat\"\n";
    let config = "-- .cargo/config.toml --\n[build]\nrustflags = [\"-Cx\"]\n[env]\nMY_TOKEN = \"hunter2\"\n";
    let build = "[build-dependencies]\nserde = \"1\"\n";
    place.write(&[
        toml,
        config,
        &manifest(
            "api",
            &API.replace("default-features = false", "default-features = false, features = [\"fs\", \"net\"]"),
        ),
        &manifest("web", &format!("[dependencies]\napi = {{ path = \"../api\" }}\n{build}")),
    ]);
    prepare(&place, &["--release", "--host", "x86_64-unknown-linux-gnu"]);
    assert_eq!(
        lines(&place),
        [
            "recipe.json is for cargo build --release on x86_64-unknown-linux-gnu",
            "",
            "2 requirements, which reach 4 packages",
            "  serde 1.0.1  for the host  (2 packages, 1 for it alone)",
            "  tokio 1.0.0  [fs, net] without default features  (3 packages, 2 for it alone)",
            "",
            "Settings",
            "  config build.rustflags = [\"-Cx\"]",
            "  config env.MY_TOKEN = a secret, hidden",
            "  profile.release.lto = \"fat\"",
        ]
    );
    let sizes = show(&place, &[]).lines().nth(1).map(str::to_owned).unwrap_or_default();
    for part in ["config ", "lockfile ", "manifests "] {
        assert!(sizes.contains(part), "{sizes}");
    }
}

#[test]
fn an_unscoped_recipe_names_members() {
    let place = Place::new(&[WORKSPACE, &lock(LOCK)]);
    prepare(&place, &[]);
    assert_eq!(
        lines(&place),
        [
            "recipe.json is for any build",
            "",
            "2 requirements, which reach 4 packages",
            "  serde 1.0.1  by api",
            "  tokio 1.0.0  without default features by api  (3 packages, 3 for it alone)",
            "",
            "Members",
            "  api, web",
        ]
    );
}

#[test]
fn the_json_says_the_same() {
    let place = Place::new(&[WORKSPACE, &lock(LOCK)]);
    let bytes = prepare(&place, &["--release"]).len();
    let json: serde_json::Value =
        serde_json::from_str(&show(&place, &["recipe.json", "--format", "json"])).expect("it is JSON");
    assert_eq!((&json["format"], &json["bytes"], &json["packages"]), (&1.into(), &bytes.into(), &4.into()));
    let tokio = serde_json::json!({
        "name": "tokio", "version": "1.0.0", "uses": [{ "place": "", "features": [] }], "reaches": 3, "alone": 3,
    });
    assert_eq!(json["requirements"][1], tokio);
}

#[test]
fn the_graph_has_a_node_for_each_package_and_an_edge_for_each_dependency() {
    let place = Place::new(&[WORKSPACE, &lock(LOCK)]);
    prepare(&place, &["--release"]);
    let expected = "digraph recipe {
    rankdir = LR
    node [shape = ellipse]
    \"bytes 1.0.0\"
    \"libc 0.2.0\"
    \"serde 1.0.1\" [shape = box]
    \"tokio 1.0.0\" [shape = box]
    \"bytes 1.0.0\" -> \"libc 0.2.0\"
    \"tokio 1.0.0\" -> \"bytes 1.0.0\"
}
";
    assert_eq!(show(&place, &["--format", "dot"]), expected);
    prepare(&place, &[]);
    let graph = show(&place, &["--format", "dot"]);
    assert!(graph.contains("\"api\" [shape = box, style = filled]\n"), "{graph}");
    assert!(graph.contains("\"api\" -> \"tokio 1.0.0\"\n"), "{graph}");
}

#[test]
fn patched_packages_are_shown() {
    let place = Place::new(&[WORKSPACE, &relock(&["libc 0.2.0 local:"])]);
    place.write(&[
        "-- Cargo.toml --\n[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"vendored\"]\nresolver = \"2\"\n[patch.crates-io]\nlibc = { path = \"vendored/libc\" }\n",
        "-- vendored/libc/src/lib.rs --\n-- vendored/libc/Cargo.toml --\n[package]\nname = \"libc\"\nversion = \"0.2.0\"\n",
    ]);
    prepare(&place, &["--release"]);
    let text = show(&place, &[]);
    assert!(text.contains("\nPatched packages, whose sources travel\n  vendored/libc\n"), "{text}");
    assert!(text.contains("patched sources ") && text.contains("which reach 4 packages"), "{text}");
}

#[test]
fn a_recipe_that_is_missing_or_none_is_refused() {
    let place = Place::new(&[WORKSPACE, "-- none.json --\n{}\n"]);
    for (args, expected) in [
        (
            &[][..],
            "error: recipe `recipe.json` does not exist\nhelp: make it with `cargo larder prepare --recipe-path recipe.json`\n",
        ),
        (&["none.json"], "error: recipe `none.json` is not a recipe: it has no `format`"),
    ] {
        let ended = place.run(&mut place.larder(&[&["show"], args].concat()));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
    }
}
