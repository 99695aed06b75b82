"""docker/packed/Dockerfile: a layer of dependencies without what crates hold twice, built on after it has travelled."""
import json
import shutil
import tarfile

import engine
import report
from bench import ROOT

TITLE = "a packed layer is smaller, and the build on top of it compiles no dependency"


def run(bench):
    project = bench.hurried(ROOT / "docker/hello")
    shutil.copy(ROOT / "docker/packed/Dockerfile", project)
    runtime = {"RUNTIME": bench.bases["debian"]}
    whole = bench.build(project, "whole", target="deps", args={"SMALLER": ""})
    deps = bench.build(project, "deps", target="deps")
    sizes = [layers_on_top(bench, it.image) for it in (whole, deps)]
    bench.check("the layer is at most 0.8 of one that is not packed", sizes[1] <= 0.8 * sizes[0], sizes)

    image = bench.build(project, "here", args=runtime)
    compiled = image.step("cargo build").compiled()
    bench.check("the build compiles the program alone", compiled == [("hello", False)], compiled)
    bench.check("its step packs again", "Packed " in image.log, image.log[-2000:])

    # A new layer from an archive, as from a registry: its times have whole seconds.
    travelled = bench.tag("travelled")
    config = json.loads(engine.docker("image", "inspect", "--format", "{{json .Config}}", deps.image))
    changes = [f"ENV {variable}" for variable in config["Env"]] + [f"WORKDIR {config['WorkingDir']}"]
    engine.docker("import", *(word for change in changes for word in ("--change", change)), bench.export(deps.image), travelled)
    stat = bench.run(travelled, "find", "/app/target", "-name", "*.rlib", "-printf", "%TS\\n").split()
    bench.check("the times have whole seconds", stat and all(float(seconds) % 1 == 0 for seconds in stat), stat[:5])
    there = bench.build(project, "there", args=runtime | {"DEPS": travelled})
    compiled = there.step("cargo build").compiled()
    bench.check("the build on the image that has travelled compiles the program alone", compiled == [("hello", False)], compiled)
    said = bench.run(there.image, "larder")
    bench.check("the image is the application", said == '{"hello":"larder","letters":6}', said)
    rows = [(name, report.size(size), f"{size / sizes[0]:.2f}") for name, size in zip(["`cook`", "`cook --slim --pack`"], sizes)]
    bench.report.table(["layer, compressed", "size", "ratio"], rows)


def layers_on_top(bench, image):
    """Compressed bytes of what an image has below /app and in cargo's home."""
    packed = bench.temp / "layer.tar.gz"
    with tarfile.open(bench.export(image)) as archive, tarfile.open(packed, "w:gz", compresslevel=6) as to:
        for entry in archive:
            if entry.name.startswith(("app/", "usr/local/cargo/registry/")):
                to.addfile(entry, archive.extractfile(entry) if entry.isreg() else None)
    return packed.stat().st_size
