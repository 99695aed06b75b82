//! `init` writes a Dockerfile and what goes with it, and replaces nothing.

use super::{APP, Ended, Place, succeed};

fn init(place: &Place, args: &[&str]) -> Ended {
    place.run(&mut place.larder(&[&["init"], args].concat()))
}

/// The Dockerfile that these files and flags give.
fn dockerfile(files: &[&str], args: &[&str]) -> String {
    let place = Place::new(files);
    succeed(&place, &mut place.larder(&[&["init", "--stdout=Dockerfile"], args].concat())).stdout
}

/// A workspace whose members have programs, and whose lockfile has these packages.
fn workspace(packages: &str) -> String {
    let locked = |(name, below): (&str, &str)| {
        let below: Vec<String> = below.split_whitespace().map(|name| format!("{name:?}")).collect();
        format!(
            "[[package]]\nname = {name:?}\nversion = \"1.2.3\"\nsource = \"registry+https://example.invalid/index\"\ndependencies = [{}]\n",
            below.join(", ")
        )
    };
    let pairs: Vec<(&str, &str)> = packages.split(';').map(|it| it.trim().split_once(':').expect("a name")).collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    let of_api: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let requested: String = names.iter().flat_map(|name| [name, " = \"1\"\n"]).collect();
    let local = format!(
        "[[package]]\nname = \"api\"\nversion = \"0.1.0\"\ndependencies = [{}]\n[[package]]\nname = \"worker\"\nversion = \"0.1.0\"\n",
        of_api.join(", ")
    );
    format!(
        "-- Cargo.lock --\nversion = 4\n{local}{}\n-- Cargo.toml --\n[workspace]\nmembers = [\"api\", \"worker\"]\nresolver = \"2\"\n\
         -- worker/src/main.rs --\n-- worker/Cargo.toml --\n[package]\nname = \"worker\"\nversion = \"0.1.0\"\n\
         -- api/src/main.rs --\n-- api/src/bin/migrate.rs --\n-- api/Cargo.toml --\n[package]\nname = \"api\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{requested}",
        pairs.into_iter().map(locked).collect::<String>()
    )
}

fn line<'a>(text: &'a str, start: &str) -> &'a str {
    let found = text.lines().map(str::trim).find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no line starts with `{start}`:\n{text}"))
}

#[test]
fn init_writes_a_dockerfile_and_an_ignore_file_and_says_what_it_chose() {
    let place = Place::new(&[APP]);
    let ended = init(&place, &[]);
    let expected = "       Chose `app` by `cargo build --profile release`
       Chose rust:1-slim-bookworm to build in, debian:bookworm-slim to run in
       Wrote Dockerfile
       Wrote .dockerignore
     Context ";
    assert!(ended.stderr.starts_with(expected) && ended.code == Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert_eq!(place.read("Dockerfile"), dockerfile(&[APP], &[]), "--stdout prints what is written");
    let ignored = place.read(".dockerignore");
    for pattern in ["**/target", ".git", "**/.env", "**/recipe.json"] {
        assert!(ignored.lines().any(|line| line == pattern), "{ignored}");
    }
    let again = init(&place, &[]);
    assert!(again.code == Some(0) && again.stderr.contains("Kept Dockerfile (unchanged)"), "{}", again.stderr);
}

#[test]
fn what_prepare_and_cargo_build_are_given_is_the_same() {
    for args in
        [&[][..], &["-p", "api", "--bin", "migrate"], &["-p", "worker", "--profile", "dev", "--no-default-features"]]
    {
        let text = dockerfile(&[&workspace("serde:")], args);
        let prepare = line(&text, "cargo-larder prepare --recipe-path /recipe.json ")
            .rsplit_once("/recipe.json ")
            .expect("flags")
            .1;
        for command in ["cargo larder verify --locked ", "&& cargo build --locked "] {
            assert_eq!(line(&text, command).trim_end_matches(" \\"), format!("{command}{prepare}"), "{text}");
        }
    }
}

#[test]
fn a_package_that_the_workspace_above_it_does_not_list_is_refused_as_by_cargo() {
    let above = workspace("serde:");
    let place = Place::new(&[
        &above,
        "-- other/src/main.rs --\n-- other/Cargo.toml --\n[package]\nname = \"other\"\nversion = \"0.1.0\"\n",
    ]);
    let ended = init(&place, &["--stdout", "--manifest-path", "other/Cargo.toml"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(
        ended.stderr.starts_with("error: current package believes it is in a workspace when it is not:\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_file_that_exists_is_replaced_with_force_only() {
    let mine = "-- Dockerfile --\nFROM mine\n";
    let place = Place::new(&[APP, mine]);
    let ended = init(&place, &[]);
    assert_eq!(ended.code, Some(1));
    let expected = "error: `Dockerfile` exists, and nothing is written\nhelp: run `cargo larder init --force` to replace it, or `cargo larder init --stdout` to see what would be written\n";
    assert!(ended.stderr.ends_with(expected), "{}", ended.stderr);
    assert_eq!(place.read("Dockerfile"), "FROM mine\n");
    assert!(!place.dir().join(".dockerignore").exists(), "nothing is written");
    assert_eq!(init(&place, &["--force"]).code, Some(0));
    assert!(place.read("Dockerfile").contains("cargo larder cook"));
}

#[test]
fn an_ignore_file_that_exists_is_kept_and_checked() {
    let reader = "-- src/main.rs --\n#[template(path = \"a.html\")]\n-- templates/a.html --\n";
    let place = Place::new(&[APP, reader, "-- .dockerignore --\ntemplates\n"]);
    let ended = init(&place, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(place.read(".dockerignore"), "templates\n");
    for said in [
        "warning: `.dockerignore` does not leave out `target`, which would replace what was cooked\nhelp: echo '**/target' >> .dockerignore\n",
        "warning: `.dockerignore` leaves out `templates/a.html`, which `template` reads\nhelp: echo '!templates/a.html' >> .dockerignore\n",
    ] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn check_fails_when_a_file_is_missing_or_out_of_date_but_not_for_edits_of_the_user() {
    let place = Place::new(&[APP]);
    let ended = init(&place, &["--check"]);
    let missing = "error: `Dockerfile` is missing\n`.dockerignore` is missing\nhelp: run `cargo larder init --force`\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), missing));
    assert_eq!(init(&place, &["--base", "distroless"]).code, Some(0));
    assert_eq!(init(&place, &["--check"]).code, Some(0), "the flags are those of the first line");
    place.write(&[&format!("-- Dockerfile --\n{}LABEL mine=1\n", place.read("Dockerfile"))]);
    let edited = init(&place, &["--check"]);
    assert_eq!((edited.code, edited.stdout.as_str()), (Some(0), ""), "{}", edited.stderr);

    place.write(&["-- rust-toolchain --\n1.88.0\n"]);
    let ended = init(&place, &["--check"]);
    assert_eq!(ended.code, Some(1));
    let expected = "error: `Dockerfile` is out of date\nhelp: run `cargo larder init --base distroless --force`\n";
    assert!(ended.stderr.ends_with(expected), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("-ARG RUST=rust:1-slim-bookworm\n+# `rust-toolchain` names Rust 1.88.0.\n"),
        "{}",
        ended.stdout
    );
    let forced = init(&place, &["--base", "distroless", "--force"]);
    assert!(forced.stderr.contains("`Dockerfile` had changes that `init` did not make"), "{}", forced.stderr);
}

#[test]
fn the_packages_of_the_system_follow_from_the_lockfile() {
    let linked = workspace("native-tls:openssl-sys;openssl-sys:;zstd-sys:;strange-sys:");
    let of = |files: &str, args: &[&str]| dockerfile(&[files], &[args, &["-p", "api"]].concat());
    let text = of(&linked, &[]);
    assert!(
        text.contains("# openssl-sys 1.2.3 links OpenSSL: libssl-dev, pkg-config\nRUN apt-get update \\\n"),
        "{text}"
    );
    assert!(text.contains(" ca-certificates libssl3 \\\n"), "{text}");
    assert_eq!(line(&text, "# Not known here"), "# Not known here, and may need more packages: strange-sys 1.2.3");
    let text = of(&linked, &["--base", "alpine"]);
    assert_eq!(line(&text, "RUN apk add"), "RUN apk add --no-cache openssl-dev pkgconf");
    assert_eq!(line(&text, "ARG RUSTFLAGS"), "ARG RUSTFLAGS=\"-C target-feature=-crt-static\"");
    let text = of(&linked, &["--base", "scratch"]);
    assert_eq!(line(&text, "RUN apk add"), "RUN apk add --no-cache openssl-dev openssl-libs-static pkgconf");
    assert!(text.contains("ENV OPENSSL_STATIC=1\n") && text.contains("FROM scratch AS runtime\n"), "{text}");
    assert!(of(&linked, &["--base", "distroless"]).contains("COPY --from=builder /libraries/ /usr/local/lib/\n"));
    let vendored = of(&workspace("openssl-sys:openssl-src;openssl-src:"), &[]);
    assert!(vendored.contains("make perl \\\n") && !vendored.contains("libssl"), "{vendored}");
    let not_built = dockerfile(&[&linked], &["-p", "worker"]);
    assert!(!not_built.contains("libssl"), "only what the build reaches counts:\n{not_built}");
}

#[test]
fn a_service_gets_its_port_its_files_and_its_toolchain() {
    let rocket = workspace("rocket:;sqlx:").replace("-- worker", "-- api/.sqlx/query-1.json --\n{}\n-- worker");
    let more = "-- Rocket.toml --\n[default]\nport = 1234\n-- static/a.css --\n-- rust-toolchain.toml --\n[toolchain]\nchannel = \"nightly\"\n";
    let text = dockerfile(&[&rocket, more], &["-p", "api"]);
    for expected in [
        "ARG RUST=rust:1-slim-bookworm\n",
        "COPY rust-toolchain.toml /app/rust-toolchain.toml\nRUN cargo --version\n",
        "ENV SQLX_OFFLINE=true\n",
        "COPY --from=builder /app/Rocket.toml ./Rocket.toml\nCOPY --from=builder /app/static ./static\n",
        "ENV ROCKET_ADDRESS=0.0.0.0\n",
        "# From Rocket.toml.\nEXPOSE 1234\n",
        "USER 10001:10001\n",
    ] {
        assert!(text.contains(expected), "no `{expected}` in:\n{text}");
    }
}

#[test]
fn a_workspace_of_several_programs_gives_one_and_names_the_others() {
    let place = Place::new(&[&workspace("serde:")]);
    let ended = init(&place, &["--base", "debian"]);
    assert!(
        ended.stderr.contains("note: chose the package `api`; choose another one with `-p`: `worker`\n"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("note: the image runs `api`, and also has `migrate`; choose with `--bin`\n"),
        "{}",
        ended.stderr
    );
    assert!(place.read("Dockerfile").contains("&& cp target/*/api target/*/migrate /out/ \\\n    && strip /out/*\n"));
    let text = dockerfile(&[&workspace("serde:")], &["--bin", "worker"]);
    assert!(
        text.ends_with("ENTRYPOINT [\"/usr/local/bin/worker\"]\n") && text.contains("-p worker --bin worker"),
        "{text}"
    );
}

#[test]
fn path_dependencies_outside_the_root_widen_the_context() {
    let app = APP.replace("-- ", "-- app/") + "[dependencies]\nshared = { path = \"../shared\" }\n";
    let app = app.replace("version = \"1.0.0\"\n-- app/src", "version = \"1.0.0\"\ndependencies = [\"shared\"]\n[[package]]\nname = \"shared\"\nversion = \"0.0.0\"\n-- app/src");
    let shared =
        "-- shared/src/lib.rs --\n-- shared/Cargo.toml --\n[package]\nname = \"shared\"\nversion = \"0.0.0\"\n";
    let place = Place::new(&[&app, shared]);
    let ended = place.run(place.larder(&["init"]).current_dir(place.dir().join("app")));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let text = place.read("Dockerfile");
    assert!(text.contains("WORKDIR /app/app\n") && text.contains("COPY . /app/\n"), "{text}");
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let check = |files: &[&str], args: &[&str], expected: &str| {
        let place = Place::new(files);
        let ended = init(&place, args);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
        assert!(!place.dir().join("Dockerfile").exists());
    };
    let library = APP.replace("src/main.rs", "src/lib.rs");
    check(
        &[&library],
        &[],
        "error: no package of the workspace has a binary, so there is no program for an image\nhelp: run this in a workspace with `src/main.rs` or a `[[bin]]`\n",
    );
    check(
        &[APP],
        &["--bin", "ap"],
        "error: no bin target named `ap` in the selected packages\nhelp: did you mean `app`?\n",
    );
    check(
        &[APP],
        &["--stdout=Makefile"],
        "error: `--stdout=Makefile` names no file that is made\nhelp: these are: `Dockerfile`, `.dockerignore`\n",
    );
    let place = Place::new(&[APP]);
    assert_eq!(init(&place, &["--base", "windows"]).code, Some(2));
}

#[test]
fn a_dockerfile_of_cargo_chef_is_shown_before_it_is_written() {
    let chef = "-- Dockerfile --\nFROM lukemathwalker/cargo-chef:latest-rust-1.85 AS chef\nRUN cargo chef prepare\nRUN cargo chef cook --release\nRUN cargo build --release\n";
    let place = Place::new(&[APP, chef]);
    let old = place.read("Dockerfile");
    let shown = init(&place, &["--from", "Dockerfile"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(shown.stdout.contains("-RUN cargo chef cook --release\n+ARG LARDER=cargo-larder\n"), "{}", shown.stdout);
    assert!(
        shown
            .stdout
            .contains("+RUN cargo larder prepare --recipe-path recipe.json --release\n+RUN cargo larder cook\n"),
        "{}",
        shown.stdout
    );
    let said = "note: nothing is written\nhelp: run `cargo larder init --from Dockerfile --force` to write it\n";
    assert_eq!((shown.stderr.as_str(), place.read("Dockerfile")), (said, old));
    let forced = init(&place, &["--from", "Dockerfile", "--force"]);
    assert!(forced.code == Some(0) && forced.stdout == shown.stdout, "{}", forced.stderr);
    assert!(place.read("Dockerfile").contains("FROM rust:1.85 AS chef\n"));
    let again = init(&place, &["--from", "Dockerfile"]);
    assert_eq!(again.code, Some(1));
    assert!(
        again.stderr.starts_with("error: `Dockerfile` has no `cargo chef prepare` and no `cargo chef cook`\nhelp: ")
    );
    let missing = init(&place, &["--from", "Dockerfile.chef"]);
    assert!(missing.stderr.starts_with("error: cannot read `Dockerfile.chef`: "), "{}", missing.stderr);
}

#[test]
fn a_compose_file_and_a_pipeline_are_written_when_asked_for() {
    let rocket = workspace("rocket:");
    let place = Place::new(&[&rocket]);
    let args = ["-p", "api", "--bin", "api", "--compose", "--ci", "github", "--ci", "gitlab"];
    let ended = init(&place, &args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let compose = place.read("compose.yaml");
    assert!(compose.contains("        PROFILE: ${PROFILE:-release}\n"), "{compose}");
    assert!(compose.contains("\"</dev/tcp/127.0.0.1/8000\"]\n"), "{compose}");
    for (file, command) in [(".github/workflows/image.yml", "run: "), (".gitlab-ci.yml", "- ")] {
        let text = place.read(file);
        for verb in ["cargo larder prepare", "cargo build --locked"] {
            let expected = format!("{command}{verb} --profile release -p api --bin api\n");
            assert!(text.contains(&expected), "no `{expected}` in:\n{text}");
        }
        assert!(
            !text.contains('@') || !text.contains("@FLAGS@") && !text.contains("@ROOT@") && !text.contains("@TARGET@")
        );
    }
    assert_eq!(init(&place, &["--check"]).code, Some(0), "the first line has all flags");
    let distroless = [&args[..5], &["--base", "distroless", "--stdout=compose.yaml"]].concat();
    let text = succeed(&place, &mut place.larder(&[&["init"], &distroless[..]].concat())).stdout;
    assert!(text.contains("    # healthcheck:\n"), "{text}");
}

#[test]
fn a_project_of_maturin_gets_a_dockerfile_for_its_wheel() {
    let project = "-- pyproject.toml --\n[build-system]\nbuild-backend = \"maturin\"\n[project]\nname = \"my-letters\"\n[tool.maturin]\nfeatures = [\"tls\"]\n";
    let library = APP.replace("src/main.rs", "src/lib.rs");
    let text = dockerfile(&[project, &library], &[]);
    for expected in [
        "FROM ${PYTHON} AS dev\n",
        "cargo-larder prepare --recipe-path /recipe.json --profile release --features tls --lib\n",
        "cargo larder cook --locked --maturin=python3\n",
        "maturin build --profile release --locked --interpreter python3 --out /wheels\n",
        "FROM ${PYTHON} AS runtime\n",
        "CMD [\"python3\", \"-c\", \"import my_letters\"]\n",
    ] {
        assert!(text.contains(expected), "no `{expected}` in:\n{text}");
    }
    let place = Place::new(&[project, &library]);
    assert_eq!(init(&place, &["--base", "alpine"]).code, Some(1));
    let program = dockerfile(&[project, APP], &["--bin", "app"]);
    assert!(program.contains("ENTRYPOINT [\"/usr/local/bin/app\"]\n"), "{program}");
}
