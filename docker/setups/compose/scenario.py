"""A service built and started by docker-compose, with cache mounts beside the cooked layer."""
import re

import compose
import engine
import report
from bench import edit

TITLE = "a base and a production file, fat LTO, cache mounts, a health endpoint"
IN_CI = True
BASE, PRODUCTION = ["docker-compose.yml"], ["docker-compose.yml", "docker-compose.prod.yml"]
MOUNT = "exec.cachemount"


def run(bench):
    project = bench.project(bench.setup)
    rows, others = [], engine.build_cache(MOUNT)

    def mounts_here():
        return engine.build_cache(MOUNT) - others

    def built(what, files, name=None, **args):
        project_files = compose.Project(bench, project, files, args)
        build = project_files.build(name or what.replace(" ", "-").replace(",", ""))
        third = build.step("cargo build").third_party()
        bench.check(f"{what}: the build compiles no third-party crate", not third, third)
        rows.append((what, report.seconds(build.seconds), build.step("cook").state, len(build.step("cook").third_party()), len(third), report.size(build.size)))
        return project_files, build

    development, first = built("development", BASE)
    bench.check("development: cook compiled the dependencies", "tiny_http" in first.step("cook").third_party())
    noticed = "\n".join(first.step("cook").said)
    bench.check("cook explains that its target directory is a mount", "not in this image layer" in noticed, noticed)
    with development.up() as service:
        bench.check("development: the service is healthy, and a debug build", service.health() == {"service": "orders", "healthy": True, "debug": True})
        bench.check("development: it does not run as root", service.uid() != "0")
        bench.check("development: the engine finds it healthy", service.engine_says() == "healthy", service.engine_says())

    production, release = built("production", PRODUCTION)
    with production.up() as service:
        bench.check("production: the service is healthy, and a release build", service.health() == {"service": "orders", "healthy": True, "debug": False})
        bench.check("production: it does not run as root", service.uid() != "0")
    bench.check("production: the program is smaller", release.size < first.size)

    edit(project / "src/main.rs", 'service: "orders"', 'service: "orders, edited"')
    production, edited = built("production, a source edited", PRODUCTION)
    bench.check("cook is CACHED after a source edit", edited.step("cook").cached)
    with production.up() as service:
        bench.check("the service is the edited one", service.health()["service"] == "orders, edited")

    # A machine that keeps the mounts: one dependency more costs one crate.
    edit(project / "Cargo.toml", "[dependencies]\n", '[dependencies]\ncfg-if = "1"\n')
    bench.lock(project)
    _, more = built("production, a dependency added", PRODUCTION)
    bench.check("with its mount, cook compiles the added crate alone", more.step("cook").third_party() == ["cfg-if"], more.step("cook").third_party())

    # A runner that keeps the layers, but no mount.
    bench.check("there are mounts", mounts_here())
    engine.forget(mounts_here())
    bench.check("the mounts are gone", not mounts_here())
    edit(project / "src/main.rs", "orders, edited", "orders, elsewhere")
    _, elsewhere = built("production, edited, mounts lost", PRODUCTION)
    bench.check("cook is CACHED without its mounts, too", elsewhere.step("cook").cached)

    _, flags = built("production, other RUSTFLAGS", PRODUCTION, RUSTFLAGS="-C target-cpu=x86-64-v3")
    bench.check("with other RUSTFLAGS the dependencies are built again", "tiny_http" in flags.step("cook").third_party())
    bench.report.table(["build", "time", "`cook` step", "compiled by cook", "third-party crates compiled by the build", "image"], rows)
    hidden(bench)


def hidden(bench):
    """A cache mount over the cooked directory: it must be noticed."""
    build = bench.build(bench.project(bench.setup, "hidden"), "hidden", "Dockerfile.hidden")
    said = "\n".join(build.step("mount=type=cache,target=/app/target").said)
    bench.check("cook notices the mount that hides what was cooked", "hides the dependencies that were cooked" in said, said)
    bench.check("and it did compile them again", build.step("mount=type=cache,target=/app/target").third_party())
    bench.report.table(["a mount over the cooked directory: what cook says"], [(line,) for line in said.splitlines() if re.match("warning|help|note", line)])
