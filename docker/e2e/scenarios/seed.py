"""docker/seed/Dockerfile: a new recipe compiles what changed, and takes the rest from the image before."""
import shutil

import report
from bench import ROOT

TITLE = "one dependency changed, with the previous image as a seed"


def run(bench):
    project = bench.hurried(ROOT / "docker/hello")
    shutil.copy(ROOT / "docker/seed/Dockerfile", project)
    says = '{"hello":"larder","letters":6}'
    rows = []

    def built(title, previous):
        args = {"RUNTIME": bench.bases["debian"]} | previous
        cooked = bench.build(project, f"{title}-cooked", target="cooked", args=args)
        build = bench.build(project, title, args=args)
        compiled = build.step("cargo build").compiled()
        bench.check(f"{title}: the build compiles the program alone", compiled == [("hello", False)], compiled)
        said = bench.run(build.image, "larder")
        bench.check(f"{title}: the image is the application", said == says, said)
        third_party = cooked.step("cook").third_party()
        rows.append((title, report.seconds(cooked.seconds), len(third_party), report.size(cooked.size)))
        return cooked, third_party

    bench.lock(project, "-p", "itoa", "--precise", "1.0.14")
    first, compiled = built("first", {})
    bench.check("without a seed all dependencies are compiled", len(compiled) > 10, compiled)
    bench.check("cook says that there is no seed", "seed `/previous/app/target` does not exist" in first.log, first.log[-2000:])
    bench.lock(project, "-p", "itoa", "--precise", "1.0.15")
    second, compiled = built("bumped", {"PREVIOUS": first.image})
    bench.check("with the image before as a seed what changed is compiled", compiled == ["itoa", "serde_json"], compiled)
    grown = second.size - first.size
    bench.check("the layer does not grow", abs(grown) < 1_000_000, f"{grown} bytes more")
    bench.report.table(["build", "time until cooked", "third-party crates compiled", "image with what is cooked"], rows)
