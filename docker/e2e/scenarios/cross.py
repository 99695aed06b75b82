"""docker/cross: one Dockerfile for several platforms, as far as one engine with one toolchain can show it."""
import json
import shutil

import engine
from bench import ROOT, edit

TITLE = "one Dockerfile by --platform"
TRIPLES = {"amd64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}
HELLO = '{"hello":"larder","letters":6}'


def run(bench):
    project = bench.hurried(ROOT / "docker/hello")
    shutil.copy(ROOT / "docker/cross/Dockerfile", project)
    here = engine.docker("version", "--format", "{{.Server.Arch}}")
    native = ["--platform", f"linux/{here}"]

    first = bench.build(project, "native", flags=native)
    bench.check("the native platform: the image is the application", bench.run(first.image, "larder") == HELLO)
    bench.check("the native platform: the build compiles no third-party crate", not first.step("cargo build").third_party())
    edit(project / "src/main.rs", "use anyhow", "// edited\nuse anyhow")
    edited = bench.build(project, "edited", flags=native)
    bench.check("cook is CACHED after a source edit", edited.step("cook").cached)
    bench.check("no third-party crate is compiled", not edited.third_party(), edited.third_party())

    recipes, rows = {}, []
    for platform, triple in TRIPLES.items():
        planner = bench.build(project, f"planner-{platform}", target="planner", flags=["--platform", f"linux/{platform}"])
        recipes[platform] = bench.copy_from(planner.image, "/recipe.json").read_text()
        bench.check(f"the recipe of {platform} is for {triple}", triple in json.dumps(json.loads(recipes[platform])))
        built = [build.step("cook").state for build in (first, edited)] + [len(edited.third_party())]
        rows.append((f"linux/{platform}", f"{len(recipes[platform]):,} bytes", *(built if platform == here else ["not tried"] * 3)))
    bench.check("the recipes differ by platform", recipes["amd64"] != recipes["arm64"])
    bench.report.table(["platform", "recipe", "`cook` at first", "after a source edit", "third-party crates compiled then"], rows)
