"""docker/store/Dockerfile: a store in a cache mount serves after everything else is pruned, and in another base image as far
as that is the same."""
import shutil

import engine
import report
from bench import ROOT

TITLE = "a store in a cache mount: everything else pruned, another base image"
# Packages with a build script, proc-macros, and what depends on them.
SEE_THE_SYSTEM = ["anyhow", "proc-macro2", "quote", "serde", "serde_core", "serde_derive", "serde_json", "syn", "zmij"]
OTHERS = ["aho-corasick", "itoa", "memchr", "regex", "regex-automata", "regex-syntax", "unicode-ident"]
# A package of this run's own, as `apt-get install` would put one into the package database.
OTHER_BASE = """ARG RUST
FROM ${RUST}
RUN mkdir -p /deb/DEBIAN \\
 && printf 'Package: larder-e2e\\nVersion: 1\\nArchitecture: all\\nMaintainer: larder <larder@larder.invalid>\\nDescription: test\\n' > /deb/DEBIAN/control \\
 && dpkg-deb --build /deb /deb.deb && dpkg -i /deb.deb && rm -r /deb /deb.deb
"""


def run(bench):
    project = bench.hurried(ROOT / "docker/hello")
    shutil.copy(ROOT / "docker/store/Dockerfile", project)
    says = '{"hello":"larder","letters":6}'
    rows = []
    before = engine.build_cache()

    def built(title, args=None):
        build = bench.build(project, title, args={"RUNTIME": bench.bases["debian"]} | (args or {}))
        cook = build.step("cook")
        compiled = build.step("cargo build").compiled()
        bench.check(f"{title}: cook runs", cook.state == "run")
        bench.check(f"{title}: the build compiles the program alone", compiled == [("hello", False)], compiled)
        said = bench.run(build.image, "larder")
        bench.check(f"{title}: the image is the application", said == says, said)
        rows.append((title, report.seconds(cook.seconds), len(cook.third_party())))
        return build, cook.third_party()

    bench.lock(project, "-p", "itoa", "--precise", "1.0.14")
    first, compiled = built("empty-store")
    everything = sorted(SEE_THE_SYSTEM + OTHERS)
    bench.check("with an empty store all dependencies are compiled", compiled == everything, compiled)

    bench.lock(project, "-p", "itoa", "--precise", "1.0.15")
    mounts = prune(before, first.image)
    bench.check("the cache mount outlives everything else", mounts and engine.build_cache() - before == mounts, mounts)
    second, compiled = built("bumped")
    bench.check("everything else pruned, what changed is compiled", compiled == ["itoa", "serde_json"], compiled)

    prune(before, second.image)
    other = bench.temp / "other"
    other.mkdir()
    (other / "Dockerfile").write_text(OTHER_BASE)
    base = bench.build(other, "other-base", args={"RUST": bench.bases["rust"]}).image
    _, compiled = built("other-base-image", {"RUST": base})
    bench.check("in another base image what sees the system is compiled again", compiled == SEE_THE_SYSTEM, compiled)
    bench.report.table(["build", "time of `cook`", "third-party crates compiled"], rows)


def prune(before, image):
    """Removes what this scenario has left in the build cache, but its mounts, which it gives."""
    engine.docker("rmi", "--force", image)
    mounts = engine.build_cache("exec.cachemount") - before
    engine.forget(engine.build_cache() - before - mounts)
    return mounts
