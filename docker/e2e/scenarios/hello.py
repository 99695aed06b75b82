"""docker/Dockerfile, which the README shows, with the image of cargo-larder that it takes the program from."""
import shutil

import report
from bench import ROOT, edit

TITLE = "the Dockerfile of the README"


def run(bench):
    project = bench.project(ROOT / "docker/hello")
    shutil.copy(ROOT / "docker/Dockerfile", project)
    args = {"RUNTIME": bench.bases["debian"]}
    rows = []

    def built(title, cook, says):
        build = bench.build(project, title.replace(" ", "-"), args=args)
        bench.check(f"{title}: the cook step is {cook}", build.step("cook").state == cook)
        compiled = build.step("cargo build").compiled()
        bench.check(f"{title}: the build compiles the program alone", compiled == [("hello", False)], compiled)
        said = bench.run(build.image, "larder")
        bench.check(f"{title}: the image is the application", said == says, said)
        rows.append((title, report.seconds(build.seconds), cook, len(build.step("cook").third_party()), " ".join(name for name, _ in compiled), f"`{said}`"))
        return build

    first = built("first", "run", '{"hello":"larder","letters":6}')
    bench.check("cook compiles the dependencies", len(first.step("cook").third_party()) > 10)
    for old, new in [("letters: usize", "bytes: usize"), ("let letters = hello.chars().count()", "let bytes = hello.len()"), ("{ hello, letters }", "{ hello, bytes }")]:
        edit(project / "src/main.rs", old, new)
    built("a source edited", "CACHED", '{"hello":"larder","bytes":6}')
    edit(project / "Cargo.toml", "Says hello, as JSON", "Says hello, in one line of JSON")
    built("the description edited", "CACHED", '{"hello":"larder","bytes":6}')
    bench.report.table(["build", "time", "`cook` step", "compiled by cook", "compiled by the build", "says"], rows)
