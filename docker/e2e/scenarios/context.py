"""A context with the target directory of the machine in it: `COPY . .` puts it on top of what was cooked. With the
`.dockerignore` of docker/hello it is left out."""
import shutil

import report
from bench import ROOT, edit

TITLE = "a target directory in the context, with and without .dockerignore"
WARNING = ".dockerignore"


def run(bench):
    rows = []
    for title, ignored in [("with", True), ("without", False)]:
        project = bench.hurried(ROOT / "docker/hello", title)
        shutil.copy(ROOT / "docker/Dockerfile", project)
        if not ignored:
            (project / ".dockerignore").unlink()
        # What a developer's machine has there: the same build by the same toolchain, with a cargo home of its own.
        machine = ["-v", f"{project}:/srv/me/hello", "-w", "/srv/me/hello", "-e", "CARGO_HOME=/srv/me/.cargo"]
        bench.run(bench.bases["rust"], "cargo", "build", "--release", "--locked", flags=machine)
        edit(project / "src/main.rs", "use anyhow", "// edited\nuse anyhow")
        build = bench.build(project, title, args={"RUNTIME": bench.bases["debian"]})
        planner = "\n".join(build.step("prepare").said)
        again = build.step("cargo build").third_party()
        bench.check(f"{title} .dockerignore, prepare {'is silent' if ignored else 'warns'}", (WARNING in planner) != ignored, planner)
        if ignored:
            bench.check("with .dockerignore, the build compiles no third-party crate", not again, again)
        else:
            bench.check("without .dockerignore, the build loses what was cooked", len(again) > 10, again)
        rows.append((title, report.size(build.context), "no" if ignored else "yes", len(build.step("cook").third_party()), len(again)))
    bench.report.table([".dockerignore", "context", "`prepare` warns", "compiled by cook", "compiled again by the build"], rows)
