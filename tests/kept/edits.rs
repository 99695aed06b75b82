//! Edits that affect no third-party crate leave the recipe unchanged (catalogue 3).

use super::{CARGO, larder, lay_out, run};

const FILES: &str = "-- Cargo.toml --
[workspace]
members = ['app', 'crates/*']
resolver = '2'
[workspace.package]
version = '0.1.0'
edition = '2021'
[workspace.dependencies]
alpha = '1'
[profile.release]
opt-level = 2
-- .cargo/config.toml --
[build]
rustflags = ['--cfg', 'x']
-- app/Cargo.toml --
[package]
name = 'app'
version.workspace = true
edition.workspace = true
[features]
default = []
more = ['util/more']
[dependencies]
util = { path = '../crates/util' }
alpha = { workspace = true, default-features = false }
-- app/src/main.rs --
fn main() {}
-- app/tests/first.rs --
-- app/examples/first.rs --
-- app/benches/first.rs --
-- app/src/bin/first.rs --
-- crates/util/Cargo.toml --
[package]
name = 'util'
version = '1.0.0'
edition = '2021'
[features]
more = ['zeta/full']
[dependencies]
zeta = '1'
-- crates/util/src/lib.rs --
-- crates/other/Cargo.toml --
[package]
name = 'other'
version = '1.0.0'
edition = '2021'
[dependencies]
eta = '1'
-- crates/other/src/lib.rs --
";

/// Where an edit leaves the recipe alone. An unscoped one holds the local packages, so that it can
/// serve any build; their names, which packages there are and what kinds of targets they have do
/// matter to it, and so does every profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    /// Scoped or not.
    Both,
    /// Scoped only.
    Scoped,
    /// It has an effect.
    Neither,
}
use Leaves::{Both, Neither, Scoped};

/// What is done, which texts are replaced by which, and where that leaves the recipe alone.
type Edit = (&'static str, &'static [(&'static str, &'static str)], Leaves);

const NAME: &str = "name = 'app'\n";
const MAIN: &str = "-- app/src/main.rs --\n";

const EDITS: &[Edit] = &[
    ("nothing", &[], Both),
    ("description", &[(NAME, "name = 'app'\ndescription = 'new'\n")], Both),
    ("authors", &[(NAME, "name = 'app'\nauthors = ['somebody']\n")], Both),
    ("package.metadata", &[(NAME, "name = 'app'\nmetadata.x.y = 1\n")], Both),
    ("workspace.metadata", &[("resolver = '2'\n", "resolver = '2'\nmetadata.x = 1\n")], Both),
    ("rust-version", &[(NAME, "name = 'app'\nrust-version = '1.85'\n")], Both),
    (
        "links to pages",
        &[(NAME, "name = 'app'\nhomepage = 'https://x.invalid'\nreadme = 'R.md'\nkeywords = ['a']\n")],
        Both,
    ),
    ("publish", &[(NAME, "name = 'app'\npublish = false\ninclude = ['src']\n")], Both),
    ("version", &[("version = '1.0.0'", "version = '1.2.0'")], Both),
    ("version of the workspace", &[("version = '0.1.0'", "version = '0.2.0'")], Both),
    ("another edition", &[("edition = '2021'\n[features]\nmore", "edition = '2024'\n[features]\nmore")], Both),
    ("lints", &[("-- app/src/main.rs --\n", "[lints.rust]\nunsafe_code = 'deny'\n-- app/src/main.rs --\n")], Both),
    ("a file in tests", &[(MAIN, "-- app/tests/second.rs --\n-- app/src/main.rs --\n")], Both),
    ("a file in examples", &[(MAIN, "-- app/examples/second.rs --\n-- app/src/main.rs --\n")], Both),
    ("a file in benches", &[(MAIN, "-- app/benches/second.rs --\n-- app/src/main.rs --\n")], Both),
    ("a file in src/bin", &[(MAIN, "-- app/src/bin/second.rs --\n-- app/src/main.rs --\n")], Both),
    ("the first test", &[(MAIN, "-- crates/util/tests/first.rs --\n-- app/src/main.rs --\n")], Scoped),
    ("the first binary", &[(MAIN, "-- crates/util/src/main.rs --\n-- app/src/main.rs --\n")], Both),
    ("a source file", &[(MAIN, "-- app/src/more.rs --\n-- app/src/main.rs --\n")], Both),
    (
        "a build script without dependencies",
        &[(MAIN, "-- app/build.rs --\nfn main() {}\n-- app/src/main.rs --\n")],
        Both,
    ),
    ("a feature without effect", &[("default = []", "default = ['none']\nnone = []")], Both),
    ("an empty table of dependencies", &[("[features]\ndefault", "[dev-dependencies]\n[features]\ndefault")], Both),
    (
        "a profile that is not used",
        &[("[profile.release]", "[profile.bench]\nopt-level = 1\n[profile.release]")],
        Scoped,
    ),
    (
        "the profile of a member",
        &[("opt-level = 2", "opt-level = 2\n[profile.release.package.other]\nopt-level = 1")],
        Both,
    ),
    ("an alias", &[("[build]\n", "[alias]\nb = 'build'\n[build]\n")], Both),
    ("looks", &[("[build]\n", "[term]\nquiet = true\n[build]\njobs = 3\n")], Both),
    (
        "order of keys",
        &[(
            "util = { path = '../crates/util' }\nalpha = { workspace = true, default-features = false }",
            "alpha = { default-features = false, workspace = true }\nutil = { path = '../crates/util' }",
        )],
        Both,
    ),
    ("a comment", &[("[build]", "# why\n[build]"), ("[workspace]\n", "# why\n[workspace]\n")], Both),
    (
        "the version that a member asks for of another",
        &[("{ path = '../crates/util' }", "{ path = '../crates/util', version = '1' }")],
        Both,
    ),
    ("a crate renamed", &[("'util'", "'tool'"), ("util =", "tool ="), ("util/more", "tool/more")], Scoped),
    (
        "a crate moved",
        &[
            ("'crates/*'", "'crates/*', 'libs/util'"),
            ("../crates/util", "../libs/util"),
            ("-- crates/util", "-- libs/util"),
        ],
        Both,
    ),
    (
        "a crate without new dependencies",
        &[(
            MAIN,
            "-- crates/new/Cargo.toml --\n[package]\nname = 'new'\n[dependencies]\nutil = { path = '../util' }\n-- crates/new/src/lib.rs --\n-- app/src/main.rs --\n",
        )],
        Scoped,
    ),
    ("a dependency that has moved", &[("\neta = '1'\n", "\n"), ("zeta = '1'\n", "zeta = '1'\neta = '1'\n")], Scoped),
    ("a dependency", &[("\neta = '1'\n", "\neta = '1'\ndelta = '1'\n")], Neither),
    ("a feature of a dependency", &[("\neta = '1'\n", "\neta = { version = '1', features = ['b'] }\n")], Neither),
    ("the profile that is used", &[("opt-level = 2", "opt-level = 3")], Neither),
    ("a flag", &[("'x'", "'y'")], Neither),
    (
        "a build script with dependencies",
        &[
            ("zeta = '1'\n", "zeta = '1'\n[build-dependencies]\ngamma = '0.3'\n"),
            (MAIN, "-- crates/util/build.rs --\nfn main() {}\n-- app/src/main.rs --\n"),
        ],
        Neither,
    ),
];

/// The recipes of a workspace, for `build --release --workspace` and for any build.
fn recipes(files: &str) -> [String; 2] {
    let temp = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, temp.path());
    run(&CARGO, temp.path(), &["generate-lockfile", "--offline"], &[]);
    [&["prepare", "--release", "--workspace"] as &[&str], &["prepare"]].map(|flags| {
        larder(temp.path(), flags, &[]);
        fs_err::read_to_string(temp.path().join("recipe.json")).expect("it was written")
    })
}

#[test]
fn a_recipe_changes_only_if_third_party_crates_do() {
    let [scoped, unscoped] = recipes(FILES);
    let mut wrong = Vec::new();
    for (what, replacements, leaves) in EDITS {
        let mut files = FILES.to_owned();
        for (from, to) in *replacements {
            assert!(files.contains(from), "{what}: no `{from}`");
            files = files.replace(from, to);
        }
        let [scoped_now, unscoped_now] = recipes(&files);
        let found = match (scoped == scoped_now, unscoped == unscoped_now) {
            (true, true) => Both,
            (true, false) => Scoped,
            (false, _) => Neither,
        };
        if found != *leaves {
            wrong.push(format!("{what}: {found:?}, not {leaves:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
