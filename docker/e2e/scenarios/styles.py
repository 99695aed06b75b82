"""The other forms that `cargo larder init` writes are built and run with nothing added: a runtime without a shell, a static
program alone, a wheel, a compose file, and a program that links SQLite.

The images of Alpine cannot be made from Debian's packages. Therefore `--base alpine` is not built, and `--base scratch` is built
on Debian, for a target that makes the program static."""
import json
import re

import compose
import engine
import report
from bench import ROOT, SETUPS, edit
from initialized import built, kept, prepared

TITLE = "`init` for distroless, a static program, a wheel, docker-compose, and SQLite: built and run"
SQLITE = {
    "Cargo.toml": '[package]\nname = "notes"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nrusqlite = "=0.37.0"\nserde_json = "1"\n',
    "src/main.rs": """fn main() -> Result<(), Box<dyn std::error::Error>> {
    let notes = rusqlite::Connection::open_in_memory()?;
    notes.execute_batch("CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('milk'), ('eggs');")?;
    let count: i64 = notes.query_row("SELECT count(*) FROM note", [], |row| row.get(0))?;
    println!("{}", serde_json::json!({ "notes": count, "sqlite": rusqlite::version() }));
    Ok(())
}
""",
}


def run(bench):
    rows = []
    distroless(bench, rows)
    scratch(bench, rows)
    sqlite(bench, rows)
    wheel(bench, rows)
    composed(bench, rows)
    bench.report.table(["form", "build", "time", "`cook` step", "third-party crates compiled"], rows)


def hello(bench, name, *flags):
    return prepared(bench, ROOT / "docker/hello", name, *flags)


def answers(bench, name, image):
    bench.check(f"{name}: the image is the application", bench.run(image, "larder") == '{"hello":"larder","letters":6}')
    user = engine.docker("image", "inspect", "--format", "{{.Config.User}}", image).strip()
    bench.check(f"{name}: it does not run as root", user == "10001:10001", user)


def distroless(bench, rows):
    project = hello(bench, "distroless", "--base", "distroless")
    runtime = bench.build(ROOT / "docker/e2e/base", "distroless-base", "distroless.Dockerfile", args={"BASE": bench.bases["debian"]})
    bench.check("distroless: the runtime has no shell", not any(name.endswith("bin/sh") for name in bench.names_in(runtime.image)))
    image = built(bench, project, "distroless", rows, RUNTIME=runtime.image).image
    answers(bench, "distroless", image)


def scratch(bench, rows):
    target = re.search("host: (.*)", bench.run(bench.bases["rust"], "rustc", "-vV"))[1]
    project = hello(bench, "scratch", "--base", "scratch", "--target", target)
    rust = bench.build(ROOT / "docker/e2e/base", "rustup", "rustup.Dockerfile", args={"BASE": bench.bases["rust"]})
    image = built(bench, project, "scratch", rows, RUST=rust.image, RUSTFLAGS="-C target-feature=+crt-static").image
    files = {name for name in bench.names_in(image) if not re.match(r"\.dockerenv|(dev|etc|proc|sys)\b", name) and "." not in name}
    bench.check("scratch: the image holds the program alone", files <= {"usr", "usr/local", "usr/local/bin", "usr/local/bin/hello"}, files)
    answers(bench, "scratch", image)


def sqlite(bench, rows):
    place = bench.temp / "sqlite-source"
    for name, text in SQLITE.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    bench.run(bench.bases["rust"], "cargo", "generate-lockfile", flags=["-v", f"{place}:/app", "-w", "/app"])
    project = prepared(bench, place, "sqlite")
    text = (project / "Dockerfile").read_text()
    bench.check("sqlite: SQLite is installed for building and for running", "libsqlite3-dev" in text and "libsqlite3-0" in text, text)
    build = built(bench, project, "sqlite", rows)
    bench.check("sqlite: cook compiled the crate that links it", "libsqlite3-sys" in build.step("cook").third_party())
    said = json.loads(bench.run(build.image))
    bench.check("sqlite: the image is the application", said["notes"] == 2 and said["sqlite"].startswith("3."), said)


def wheel(bench, rows):
    project = prepared(bench, SETUPS / "wheel", "wheel")
    image = built(bench, project, "wheel", rows, step="maturin build", target="runtime").image
    said = bench.run(image, "python3", "-c", "import letters; print(letters.count('larder', 'r'))")
    bench.check("wheel: Python imports it", said == "2", said)
    uid = bench.run(image, "id", "-u")
    bench.check("wheel: it does not run as root", uid == "10001", uid)
    edit(project / "src/lib.rs", '"letters"', '"letters, edited"')
    again = kept(bench, project, "wheel", rows, target="runtime")
    said = bench.run(again.image, "python3", "-c", "import letters; print(letters.about())")
    bench.check("wheel: the image has the edited wheel", said == "letters, edited", said)
    dev = bench.build(project, "wheel-dev", target="dev")
    tools = bench.run(dev.image, "sh", "-c", "maturin --version && cargo larder --version")
    bench.check("wheel: the target `dev` has maturin and cargo-larder", "maturin" in tools and "cargo-larder" in tools, tools)


def composed(bench, rows):
    """The port is that of a file which the project reads, or would."""
    def with_port(place):
        for file in place.glob("docker-compose*.yml"):
            file.unlink()
        (place / "config.toml").write_text("port = 8080\n")
    project = prepared(bench, SETUPS / "compose", "compose", "--compose", change=with_port)
    started = compose.Project(bench, project, ["compose.yaml"], {"RUNTIME": bench.bases["debian"]}, environment={"PORT": "8080"})
    build = started.build("init")
    bench.check("compose: cook compiled the dependencies", "tiny_http" in build.step("cook").third_party())
    bench.check("compose: the build compiled none of them", not build.step("cargo build").third_party())
    rows.append(("compose", "first", report.seconds(build.seconds), build.step("cook").state, len(build.third_party())))
    with started.up() as service:
        bench.check("compose: the service answers", service.health()["healthy"])
        bench.check("compose: it does not run as root", service.uid() == "10001")
        state = service.engine_says(patience=40)
        bench.check("compose: the engine finds it healthy by the check of `init`", state == "healthy", state)
    edit(project / "src/main.rs", "no such order", "there is no such order")
    build = started.build("init-edited")
    bench.check("compose, a source edited: cook is CACHED", build.step("cook").cached)
    bench.check("compose, a source edited: no third-party crate is compiled", not build.third_party(), build.third_party())
    rows.append(("compose", "a source edited", report.seconds(build.seconds), build.step("cook").state, len(build.third_party())))
