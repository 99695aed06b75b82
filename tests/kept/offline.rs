//! A real build without the network after `cook`: cargo then wants the index of every package of
//! the lockfile, compiled or not.

use super::{larder, lay_out, run, shelf};
use crate::support::oracle::{CARGO, command};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Of these, `jam` alone is ever compiled here, and `jam` alone can be downloaded.
const PROJECT: &str = "-- Cargo.toml --
[package] app
[dependencies]
jam = '1'
[dev-dependencies]
wine = '1'
[target.'cfg(windows)'.dependencies]
mead = '1'
cider = { version = '1', registry = 'ours' }
-- src/main.rs --
fn main() { println!(\"{}\", jam::WHO) }
";

/// A sparse registry that tells what it was asked for. It serves until the process ends.
struct Registry {
    port: u16,
    /// Name to entry of the index.
    entries: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let plain = ["wine", "mead", "cider"].map(|name| (name.to_owned(), entry(name, "")));
        let entries: BTreeMap<String, String> = plain.into_iter().chain([("jam".to_owned(), shelf::entry())]).collect();
        let registry = Registry { port, entries: Arc::new(Mutex::new(entries)), asked: Arc::default() };
        let (entries, asked) = (Arc::clone(&registry.entries), Arc::clone(&registry.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own matter.
                let _ = serve(&stream, port, &entries, &asked);
            }
        });
        registry
    }

    fn tell(&self, name: &str, entry: Option<String>) {
        let mut entries = self.entries.lock().expect("no thread panics");
        match entry {
            Some(entry) => entries.insert(name.to_owned(), entry),
            None => entries.remove(name),
        };
    }

    /// What was asked for since this was called last.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("no thread panics"))
    }

    /// A home for cargo that knows nothing but this registry, as crates.io and as `ours`.
    fn home(&self) -> TempDir {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let index = format!("sparse+http://127.0.0.1:{}", self.port);
        let config = format!(
            "-- config.toml --
[registries.ours]
index = '{index}/ours/'
[source.crates-io]
replace-with = 'here'
[source.here]
registry = '{index}/crates-io/'
"
        );
        lay_out(&config, home.path());
        home
    }
}

fn entry(name: &str, dependencies: &str) -> String {
    let checksum = "0".repeat(64);
    format!(
        r#"{{"name":"{name}","vers":"1.0.0","deps":[{dependencies}],"cksum":"{checksum}","features":{{}},"yanked":false}}
"#
    )
}

fn serve(
    mut stream: &TcpStream,
    port: u16,
    entries: &Mutex<BTreeMap<String, String>>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let request = lines.next().unwrap_or_default();
    lines.for_each(drop);
    let path = request.split(' ').nth(1).unwrap_or_default();
    asked.lock().expect("no thread panics").push(path.to_owned());
    let name = path.rsplit('/').next().unwrap_or_default();
    let body = match path {
        _ if name == "config.json" => {
            Some(format!(r#"{{"dl":"http://127.0.0.1:{port}/archives/{{crate}}"}}"#).into_bytes())
        }
        "/archives/jam" => Some(shelf::archive().to_vec()),
        _ => entries.lock().expect("no thread panics").get(name).map(|entry| entry.clone().into_bytes()),
    };
    let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
    let body = body.unwrap_or_default();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

/// A project with a lockfile that cargo made by asking `registry`.
fn project(registry: &Registry, files: &str) -> TempDir {
    let source = tempfile::tempdir().expect("a temporary directory can be made");
    lay_out(files, source.path());
    run(&CARGO, source.path(), &["generate-lockfile"], &[("CARGO_HOME", text(registry.home().path()))]);
    source
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

fn copy_all(files: &str, source: &Path, place: &Path) {
    lay_out(files, place);
    fs_err::copy(source.join("Cargo.lock"), place.join("Cargo.lock")).expect("it was written");
}

/// A directory with the recipe of `source`, and with the sources if they are there `before` the
/// cook.
fn cooked(files: &str, source: &Path, prepare: &[&str], cook: &[&str], before: bool, home: &Path) -> (TempDir, String) {
    let prepare = [&["prepare"], prepare].concat();
    larder(source, &prepare, &[("CARGO_HOME", text(home))]);
    let place = tempfile::tempdir().expect("a temporary directory can be made");
    fs_err::copy(source.join("recipe.json"), place.path().join("recipe.json")).expect("it was written");
    if before {
        copy_all(files, source, place.path());
    }
    let cook = [&["cook"], cook].concat();
    let said = larder(place.path(), &cook, &[("CARGO_HOME", text(home)), ("CARGO_NET_RETRY", "0")]);
    (place, said)
}

/// What cargo says of the real build without the network.
fn built_offline(place: &Path, home: &Path) -> Result<String, String> {
    let mut command = command(&*CARGO, place);
    let output = command.args(["build", "--release", "--frozen"]).env("CARGO_HOME", home).output();
    let output = output.expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

#[track_caller]
fn check(registry: &Registry, files: &str, source: &Path, prepare: &[&str], cook: &[&str], before: bool) {
    let home = registry.home();
    let (place, said) = cooked(files, source, prepare, cook, before, home.path());
    assert!(!said.contains("warning"), "{said}");
    let archives = registry.asked().into_iter().filter(|path| path.starts_with("/archives/"));
    assert_eq!(archives.collect::<Vec<_>>(), ["/archives/jam"], "crates that nobody compiles are downloaded");
    copy_all(files, source, place.path());
    let built = built_offline(place.path(), home.path());
    let built = built.unwrap_or_else(|error| panic!("{prepare:?} {cook:?} {before}\n{said}\n{error}"));
    assert!(!built.contains("Compiling jam"), "{built}");
    let again = larder(place.path(), &[&["cook"], cook].concat(), &[("CARGO_HOME", text(home.path()))]);
    assert_eq!(registry.asked(), [""; 0], "what cargo's home has is asked for again\n{again}");
}

#[test]
fn the_real_build_does_without_the_network() {
    let registry = Registry::start();
    let source = project(&registry, PROJECT);
    let recipe = source.path().join("recipe.json");
    for (prepare, cook, before) in [
        (&[] as &[&str], &["--release"] as &[&str], false),
        (&[], &["--release"], true),
        (&["--release", "--offline"], &[], false),
        (&["--release", "--frozen"], &[], false),
        (&["--release", "--host", "x86_64-unknown-linux-gnu", "--offline"], &[], false),
        (&["--release"], &[], true),
    ] {
        // A lockfile may name what nobody is to choose any more.
        registry.tell("mead", Some(entry("mead", "").replace("false", "true")));
        check(&registry, PROJECT, source.path(), prepare, cook, before);
        fs_err::remove_file(&recipe).expect("it was written");
    }
}

/// cargo unpacks the sources again, from the archives.
#[test]
fn a_slim_cook_leaves_archives_and_no_sources_and_serves_a_build_without_the_network() {
    let registry = Registry::start();
    let source = project(&registry, PROJECT);
    let home = registry.home();
    let jam = |home: &Path| {
        let dirs = super::files_below(&home.join("registry"));
        let names = ["jam-1.0.0/Cargo.toml", "jam-1.0.0.crate"];
        names.map(|name| dirs.iter().any(|path| path.ends_with(name)))
    };
    let (place, said) = cooked(PROJECT, source.path(), &["--release"], &["--slim"], true, home.path());
    assert!(said.contains("     Removed 0.0 MB of sources, which cargo unpacks again"), "{said}");
    assert_eq!(jam(home.path()), [false, true], "{said}");
    let built = built_offline(place.path(), home.path()).expect("cargo's home has all");
    assert!(!built.contains("Compiling jam"), "{built}");
    assert_eq!(jam(home.path()), [true, true]);
    // What another build has unpacked is not this cook's.
    larder(place.path(), &["cook", "--slim"], &[("CARGO_HOME", text(home.path()))]);
    assert_eq!(jam(home.path()), [true, true]);
}

#[test]
fn a_cook_without_a_recipe_serves_a_build_without_the_network() {
    let registry = Registry::start();
    let source = project(&registry, PROJECT);
    let home = registry.home();
    larder(source.path(), &["cook", "--release"], &[("CARGO_HOME", text(home.path()))]);
    built_offline(source.path(), home.path()).expect("cargo's home has all");
}

#[test]
fn repositories_that_nothing_is_compiled_from_are_loaded() {
    if super::repositories::without_git() {
        return;
    }
    let registry = Registry::start();
    let one = "one = { git = '[REPOSITORIES]/one', branch = 'feature/x+y' }\nlow = { git = '[REPOSITORIES]/many' }\n";
    let files = PROJECT.replace("mead = '1'\n", one);
    registry.tell("eta", Some(entry("eta", "")));
    registry.tell("alpha", Some(entry("alpha", "")));
    let source = project(&registry, &files);
    let scoped: &[&str] = &["--release", "--host", "x86_64-unknown-linux-gnu", "--offline"];
    for (prepare, cook) in [(scoped, &[] as &[&str]), (&[], &["--release"])] {
        check(&registry, &files, source.path(), prepare, cook, false);
    }
}

#[test]
fn a_patch_that_nothing_uses_is_loaded() {
    if super::repositories::without_git() {
        return;
    }
    let registry = Registry::start();
    let more = "[patch.crates-io]\nlow = { git = '[REPOSITORIES]/many' }\n-- src/main.rs --\n";
    let files = PROJECT.replace("-- src/main.rs --\n", more);
    let source = project(&registry, &files);
    let lock = fs_err::read_to_string(source.path().join("Cargo.lock")).expect("cargo wrote it");
    assert!(lock.contains("[[patch.unused]]"), "{lock}");
    check(&registry, &files, source.path(), &["--release", "--offline"], &[], false);
    check(&registry, &files, source.path(), &["--offline"], &["--release"], false);
    check(&registry, &files, source.path(), &["--release"], &[], true);
}

#[test]
fn a_replacement_that_is_not_compiled_is_loaded() {
    if super::repositories::without_git() {
        return;
    }
    let registry = Registry::start();
    registry.tell("low", Some(entry("low", "").replace("1.0.0", "2.1.0")));
    let more = "low = '2'\n[replace]\n'low:2.1.0' = { git = '[REPOSITORIES]/many' }\n-- src/main.rs --\n";
    let files = PROJECT.replace("-- src/main.rs --\n", more);
    let source = project(&registry, &files);
    let home = registry.home();
    let scoped = ["--release", "--host", "x86_64-unknown-linux-gnu", "--offline"];
    let (place, said) = cooked(&files, source.path(), &scoped, &[], false, home.path());
    copy_all(&files, source.path(), place.path());
    built_offline(place.path(), home.path()).unwrap_or_else(|error| panic!("{said}\n{error}"));
}

#[test]
fn a_local_package_in_the_place_of_one_that_is_not_published_keeps_nothing_from_being_loaded() {
    let registry = Registry::start();
    let more = "[patch.crates-io]\nmead-syrup = { path = 'syrup' }\n-- syrup/Cargo.toml --
[package] mead-syrup 2.0.0
-- syrup/src/lib.rs --
-- src/main.rs --
";
    let files = PROJECT.replace("-- src/main.rs --\n", more);
    let syrup = r#"{"name":"mead-syrup","req":"^2","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"}"#;
    registry.tell("mead", Some(entry("mead", syrup)));
    let source = project(&registry, &files);
    let home = registry.home();
    let scoped = ["--release", "--host", "x86_64-unknown-linux-gnu", "--offline"];
    let (place, said) = cooked(&files, source.path(), &scoped, &[], false, home.path());
    copy_all(&files, source.path(), place.path());
    built_offline(place.path(), home.path()).unwrap_or_else(|error| panic!("{said}\n{error}"));
}

fn recipe(source: &Path, flags: &[&str]) -> (PathBuf, String) {
    let path = source.join("recipe.json");
    larder(source, &[&["prepare"], flags].concat(), &[]);
    let text = fs_err::read_to_string(&path).expect("it was written");
    (path, text)
}

#[test]
fn a_recipe_holds_what_is_not_compiled_only_where_the_build_is_without_the_network() {
    let registry = Registry::start();
    let source = project(&registry, PROJECT);
    let flags = ["--release", "--host", "x86_64-unknown-linux-gnu"];
    let (_, plain) = recipe(source.path(), &flags);
    let (_, offline) = recipe(source.path(), &[&flags as &[&str], &["--offline"]].concat());
    assert!(!plain.contains("wine") && offline.contains("wine"), "{offline}");
    assert!(!offline.contains("\"name = \\\"app\\\"\""), "no local package is in it: {offline}");
    // Where all is compiled, there is nothing to add.
    let tests = ["--tests"];
    let (_, plain) = recipe(source.path(), &tests);
    let (_, offline) = recipe(source.path(), &[&tests as &[&str], &["--offline"]].concat());
    assert_eq!(plain, offline);
}

#[test]
fn an_index_that_cannot_be_loaded_fails_no_cook() {
    let registry = Registry::start();
    let source = project(&registry, PROJECT);
    for (flags, warned) in [(&["--release", "--offline"] as &[&str], true), (&["--release"], false)] {
        registry.tell("wine", None);
        let home = registry.home();
        let (_, said) = cooked(PROJECT, source.path(), flags, &[], !warned, home.path());
        assert!(said.contains("1 compiled"), "{said}");
        assert_eq!(said.contains("could not load the index"), warned, "{said}");
        assert_eq!(said.contains("warning") || said.contains("error"), warned, "{said}");
        assert!(!warned || said.contains("help: run `cargo fetch --locked`"), "{said}");
    }
}

#[test]
fn a_cook_without_the_network_asks_for_nothing() {
    let registry = Registry::start();
    let source = project(&registry, PROJECT);
    let home = registry.home();
    let env = [("CARGO_HOME", text(home.path()))];
    larder(source.path(), &["prepare", "--release", "--host", "x86_64-unknown-linux-gnu", "--offline"], &env);
    let (place, _) = cooked(PROJECT, source.path(), &["--release"], &[], false, home.path());
    registry.asked();
    fs_err::copy(source.path().join("recipe.json"), place.path().join("recipe.json")).expect("it was written");
    let said = larder(place.path(), &["cook", "--offline"], &env);
    assert_eq!(registry.asked(), [""; 0]);
    assert!(!said.contains("warning"), "{said}");
}
