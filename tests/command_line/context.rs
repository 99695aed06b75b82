//! `prepare` warns of a target directory that a container build would copy over what was cooked.

use super::{APP, Place, succeed};

/// What `prepare` warns of in the directory `at`.
fn warned(files: &[&str], at: &str) -> Option<String> {
    let place = Place::new(files);
    let ended = succeed(&place, place.larder(&["prepare"]).current_dir(place.dir().join(at)));
    ended.stderr.strip_prefix("warning: ").and_then(|said| said.rsplit_once("\n    Prepared")).map(|it| it.0.to_owned())
}

const BUILT: &str = "-- target/debug/deps/x.d --\n";

#[test]
fn prepare_warns_where_the_target_directory_would_be_copied() {
    let missing = "`.dockerignore` is missing, which would leave out `target`, so `COPY . .` puts that over what was cooked, and all is built again\nhelp: echo target >> .dockerignore";
    for name in ["Dockerfile", "Dockerfile.prod", "prod.Dockerfile", "Containerfile", "docker/Dockerfile"] {
        let file = format!("-- {name} --\n");
        assert_eq!(warned(&[&file, BUILT, APP], ".").as_deref(), Some(missing), "{name}");
        let other = "-- .dockerignore --\n*.log\n";
        let expected = missing.replace("is missing, which would leave out", "does not leave out");
        assert_eq!(warned(&[&file, BUILT, other, APP], ".").as_deref(), Some(&*expected), "{name}");
    }
}

#[test]
fn prepare_says_nothing_where_the_target_directory_stays_out() {
    let dockerfile = "-- Dockerfile --\n";
    assert_eq!(warned(&[dockerfile, APP], "."), None, "there is none");
    assert_eq!(warned(&[BUILT, APP], "."), None, "there is no Dockerfile");
    assert_eq!(warned(&[BUILT, "-- Dockerfile.dockerignore --\n", APP], "."), None, "that is no Dockerfile");
    for ignored in ["-- .dockerignore --\n/target/\n", "-- .containerignore --\n**/target\n"] {
        assert_eq!(warned(&[dockerfile, BUILT, ignored, APP], "."), None);
    }
    let own = "-- prod.Dockerfile --\n-- prod.Dockerfile.dockerignore --\ntarget\n-- .dockerignore --\n";
    assert_eq!(warned(&[own, BUILT, APP], "."), None);
}

#[test]
fn the_context_may_be_above_the_workspace() {
    let app = APP.replace("-- ", "-- rust/");
    let built = BUILT.replace("-- ", "-- rust/");
    let files = ["-- .git/HEAD --\n-- Dockerfile --\n", &*built, &*app];
    let expected = "`[DIR]/.dockerignore` is missing, which would leave out `rust/target`, so `COPY . .` puts that over what was cooked, and all is built again\nhelp: echo rust/target >> [DIR]/.dockerignore";
    assert_eq!(warned(&files, "rust").as_deref(), Some(expected));
    assert_eq!(warned(&[&files[..], &["-- .dockerignore --\n**/target\n"]].concat(), "rust"), None);
}
