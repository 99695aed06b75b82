"""What `cargo larder init` writes builds and runs, with nothing else added: a pure program, and one that links OpenSSL."""
import json
import subprocess

import report
from bench import ROOT, SETUPS, Stopped, edit, free_port

TITLE = "the files of `cargo larder init` build, run, and keep the dependencies"


def run(bench):
    program = bench.copy_from(bench.larder.image, "/cargo-larder")
    rows = []
    hello = prepared(bench, program, ROOT / "docker/hello", "hello")
    first = built(bench, hello, "hello", rows)
    bench.check("hello: the image is the application", bench.run(first.image, "larder") == '{"hello":"larder","letters":6}')
    bench.check("hello: it does not run as root", user(bench, first) == "10001:10001", user(bench, first))
    edit(hello / "src/main.rs", "letters: usize", "bytes: usize")
    edit(hello / "src/main.rs", "let letters = hello.chars().count()", "let bytes = hello.len()")
    edit(hello / "src/main.rs", "{ hello, letters }", "{ hello, bytes }")
    again = kept(bench, hello, "hello", rows)
    bench.check("hello: the image is the edited application", bench.run(again.image, "larder") == '{"hello":"larder","bytes":6}')

    backend = prepared(bench, program, SETUPS / "backend", "backend")
    text = (backend / "Dockerfile").read_text()
    bench.check("backend: OpenSSL is installed for building and for running", "libssl-dev" in text and "libssl3" in text, text)
    first = built(bench, backend, "backend", rows)
    port = free_port()
    with bench.serve(first.image, port, flags=["-e", f"PORT={port}"]) as served:
        said = json.loads(served.get("/"))
    bench.check("backend: the image is the application", said["columns"] == "id,name" and said["openssl"].startswith("OpenSSL"), said)
    edit(backend / "src/main.rs", '"service": "backend"', '"service": "backend, edited"')
    kept(bench, backend, "backend", rows)
    bench.report.table(["build", "time", "`cook` step", "third-party crates compiled"], rows)


def prepared(bench, program, source, name):
    """A copy of a project with the files of `init`, and none of its own for containers."""
    project = bench.hurried(source, name)
    for file in ["Dockerfile", ".dockerignore"]:
        (project / file).unlink(missing_ok=True)
    done = subprocess.run([program, "init", "--offline"], cwd=project, capture_output=True, text=True)
    if done.returncode:
        raise Stopped(f"`init` failed:\n{done.stderr}")
    return project


def built(bench, project, name, rows):
    build = bench.build(project, f"{name}-first", args={"RUNTIME": bench.bases["debian"]})
    step = build.step("cook")
    bench.check(f"{name}: cook compiled the dependencies", len(step.third_party()) > 5)
    bench.check(f"{name}: the build compiled none of them", not build.step("cargo build").third_party())
    rows.append((f"{name}, first", report.seconds(build.seconds), step.state, len(build.third_party())))
    return build


def kept(bench, project, name, rows):
    build = bench.build(project, f"{name}-edited", args={"RUNTIME": bench.bases["debian"]})
    bench.check(f"{name}, a source edited: cook is CACHED", build.step("cook").cached)
    bench.check(f"{name}, a source edited: no third-party crate is compiled", not build.third_party(), build.third_party())
    rows.append((f"{name}, a source edited", report.seconds(build.seconds), build.step("cook").state, len(build.third_party())))
    return build


def user(bench, build):
    import engine
    return engine.docker("image", "inspect", "--format", "{{.Config.User}}", build.image).strip()
