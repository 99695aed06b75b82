"""A service built and started by docker-compose, with cache mounts beside the cooked layer."""
import re

import compose
import engine
import report
from bench import edit

TITLE = "a base and a production file, fat LTO, cache mounts, a health endpoint"
BASE, PRODUCTION = ["docker-compose.yml"], ["docker-compose.yml", "docker-compose.prod.yml"]
MOUNT = "exec.cachemount"


def run(bench):
    here = Here(bench)
    both_start(here)
    dependency_added(here)
    mounts_lost(here)
    other_flags(here)
    bench.report.table(["build", "time", "`cook` step", "compiled by cook", "third-party crates compiled by the build", "image"], here.rows)
    hidden(bench)


class Here:
    """The project as it is edited on, and a row for each build of it."""

    def __init__(self, bench):
        self.bench, self.project, self.rows = bench, bench.project(bench.setup), []
        self.mounts_of_others = engine.build_cache(MOUNT)

    def edited(self, what, **args):
        """A build after one more edit. Fat LTO is done again for each, so CI makes these in development."""
        mode, files = ("development", BASE) if self.bench.ci else ("production", PRODUCTION)
        return self.build(f"{mode}, {what}", files, **args)

    def build(self, what, files, **args):
        """Builds by these files, and checks what holds in every case. The project can then be started."""
        project = compose.Project(self.bench, self.project, files, args)
        build = project.build(re.sub(r"\W+", "-", what))
        third = build.step("cargo build").third_party()
        self.bench.check(f"{what}: the build compiles no third-party crate", not third, third)
        self.bench.check(f"{what}: it compiles the service", build.step("cargo build").local() == ["orders"])
        self.rows.append((what, report.seconds(build.seconds), build.step("cook").state, len(build.step("cook").third_party()), len(third), report.size(build.size)))
        return project, build

    def mounts(self):
        return engine.build_cache(MOUNT) - self.mounts_of_others


def both_start(here):
    check = here.bench.check
    development, first = here.build("development", BASE)
    check("cook compiles the dependencies", "tiny_http" in first.step("cook").third_party())
    noticed = first.step("cook").sentences()
    check("cook explains that its target directory is a mount", "not in this image layer" in noticed, noticed)
    with development.up() as service:
        check("development: the service is healthy, and a debug build", service.health() == {"service": "orders", "healthy": True, "debug": True})
        check("development: it does not run as root", service.uid() != "0")
        check("development: the engine finds it healthy", service.engine_says() == "healthy", service.engine_says())

    production, release = here.build("production", PRODUCTION)
    with production.up() as service:
        check("production: the service is healthy, and a release build", service.health() == {"service": "orders", "healthy": True, "debug": False})
        check("production: it does not run as root", service.uid() != "0")
    check("production: the program is smaller", release.size < first.size)

    edit(here.project / "src/main.rs", 'service: "orders"', 'service: "orders, edited"')
    production, edited = here.build("production, a source edited", PRODUCTION)
    check("cook is CACHED after a source edit", edited.step("cook").cached)
    with production.up() as service:
        check("the service is the edited one", service.health()["service"] == "orders, edited")


def dependency_added(here):
    """On a machine that keeps the mounts, one dependency more costs one crate."""
    edit(here.project / "Cargo.toml", "[dependencies]\n", '[dependencies]\ncfg-if = "1"\n')
    here.bench.lock(here.project)
    _, more = here.edited("a dependency added")
    here.bench.check("with its mount, cook compiles the added crate alone", more.step("cook").third_party() == ["cfg-if"], more.step("cook").third_party())


def mounts_lost(here):
    """A runner that keeps the layers, but no mount."""
    mounts = here.mounts()
    here.bench.check("there are mounts", mounts)
    engine.forget(mounts)
    here.bench.check("the mounts are gone", not here.mounts())
    edit(here.project / "src/main.rs", "orders, edited", "orders, elsewhere")
    _, elsewhere = here.edited("edited, mounts lost")
    here.bench.check("cook is CACHED without its mounts, too", elsewhere.step("cook").cached)


def other_flags(here):
    _, flags = here.edited("other RUSTFLAGS", RUSTFLAGS="-C target-cpu=x86-64-v3")
    here.bench.check("with other RUSTFLAGS the dependencies are built again", "tiny_http" in flags.step("cook").third_party())


def hidden(bench):
    """A cache mount over the cooked directory: it must be noticed."""
    build = bench.build(bench.project(bench.setup, "hidden"), "hidden", "Dockerfile.hidden")
    second = build.step("mount=type=cache,target=/app/target")
    said = second.sentences()
    bench.check("cook notices the mount that hides what was cooked", "hides the dependencies that were cooked" in said, said)
    bench.check("and it did compile them again", second.third_party())
    bench.report.table(["a mount over the cooked directory: what cook says"], [(line,) for line in second.said if re.match("warning|help|note", line)])
