"""What `cargo larder init` writes builds and runs, with nothing else added: a pure program, one that links OpenSSL, a workspace,
and an application of Rocket. The scenario `styles` has the other setups."""
import json

import report
from bench import ROOT, SETUPS, edit, free_port
from initialized import built, kept, prepared

TITLE = "the files of `cargo larder init` build, run, and keep the dependencies"


def run(bench):
    rows = []
    hello = prepared(bench, ROOT / "docker/hello", "hello")
    first = built(bench, hello, "hello", rows)
    bench.check("hello: the image is the application", bench.run(first.image, "larder") == '{"hello":"larder","letters":6}')
    bench.check("hello: it does not run as root", user(bench, first) == "10001:10001", user(bench, first))
    edit(hello / "src/main.rs", "letters: usize", "bytes: usize")
    edit(hello / "src/main.rs", "let letters = hello.chars().count()", "let bytes = hello.len()")
    edit(hello / "src/main.rs", "{ hello, letters }", "{ hello, bytes }")
    again = kept(bench, hello, "hello", rows)
    bench.check("hello: the image is the edited application", bench.run(again.image, "larder") == '{"hello":"larder","bytes":6}')

    backend = prepared(bench, SETUPS / "backend", "backend")
    text = (backend / "Dockerfile").read_text()
    bench.check("backend: OpenSSL is installed for building and for running", "libssl-dev" in text and "libssl3" in text, text)
    first = built(bench, backend, "backend", rows)
    port = free_port()
    with bench.serve(first.image, port, flags=["-e", f"PORT={port}"]) as served:
        said = json.loads(served.get("/"))
    bench.check("backend: the image is the application", said["columns"] == "id,name" and said["openssl"].startswith("OpenSSL"), said)
    edit(backend / "src/main.rs", '"service": "backend"', '"service": "backend, edited"')
    kept(bench, backend, "backend", rows)
    layers(bench, rows)
    redeploy(bench, rows)
    bench.report.table(["project", "build", "time", "`cook` step", "third-party crates compiled"], rows)


def layers(bench, rows):
    """A workspace of two members, whose program `init` finds."""
    project = prepared(bench, SETUPS / "layers", "layers")
    first = built(bench, project, "layers", rows, least=2)
    bench.check("layers: the image is the application", bench.run(first.image) == "r in larder: 2", bench.run(first.image))
    edit(project / "app/src/main.rs", '"{}: {}"', '"edited, {}: {}"')
    again = kept(bench, project, "layers", rows)
    bench.check("layers: the image is the edited application", bench.run(again.image) == "edited, r in larder: 2")


def redeploy(bench, rows):
    """A Rocket application, whose address and port `init` sets."""
    project = prepared(bench, SETUPS / "redeploy", "redeploy")
    first = built(bench, project, "redeploy", rows)
    bench.check("redeploy: the image is the application", page(bench, first) == "deployed")
    edit(project / "src/main.rs", '"deployed"', '"deployed again"')
    again = kept(bench, project, "redeploy", rows)
    bench.check("redeploy: the image is the edited application", page(bench, again) == "deployed again")


def page(bench, build):
    port = free_port()
    with bench.serve(build.image, port, flags=["-e", f"ROCKET_PORT={port}"]) as served:
        return served.get("/")


def user(bench, build):
    import engine
    return engine.docker("image", "inspect", "--format", "{{.Config.User}}", build.image).strip()
