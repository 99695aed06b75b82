"""The planner stage by a mount, beside cargo-chef's by a copy, with many sources in the context."""
import random
import shutil

import engine
import report
from bench import ROOT, edit

TITLE = "a mount of 200 MB of sources beside a copy of them"
IN_CI = False
NEEDS_CHEF = True
FILES, BYTES = 2000, 100_000
ROUNDS = 3


def run(bench):
    project = bench.project(ROOT / "docker/hello")
    fill(project / "src/generated")
    for dockerfile in ["Dockerfile", "Dockerfile.chef"]:
        shutil.copy(ROOT / "docker/planner" / dockerfile, project)
    chef = bench.chef()
    # Both contexts are sent before, so that what is measured is a rebuild.
    for name, dockerfile in [("larder", "Dockerfile"), ("chef", "Dockerfile.chef")]:
        first = bench.build(project, f"{name}-first", dockerfile, args={"CHEF": chef} if name == "chef" else {})
        if name == "larder":
            bench.check("the context holds the sources", first.context > FILES * BYTES, first.context)
    walls, stages, sizes = {"larder": [], "chef": []}, {"larder": [], "chef": []}, {}
    for number in range(ROUNDS):
        edit(project / "src/main.rs", "use anyhow", f"// edit {number}\nuse anyhow")
        for name, dockerfile in [("larder", "Dockerfile"), ("chef", "Dockerfile.chef")]:
            build = bench.build(project, f"{name}-{number}", dockerfile, args={"CHEF": chef} if name == "chef" else {})
            ran = [step.seconds for step in build.steps if step.title.startswith("[") and not step.title.startswith("[internal]") and not step.cached]
            bench.check(f"{name}: the planner runs after an edit", not build.step("prepare").cached)
            walls[name].append(build.seconds)
            stages[name].append(sum(ran))
            sizes[name] = build.size - (bench.larder.size if name == "larder" else engine.size(chef))
    wall, stage = ({name: min(values) for name, values in of.items()} for of in (walls, stages))
    bench.report.table(["planner stage after an edit of one source, best of " + str(ROUNDS), "cargo-larder", "cargo-chef", "cargo-chef / cargo-larder"], [
        ("the steps that ran", report.seconds(stage["larder"]), report.seconds(stage["chef"]), report.ratio(stage["chef"], stage["larder"])),
        ("the whole `docker build --target planner`", report.seconds(wall["larder"]), report.seconds(wall["chef"]), report.ratio(wall["chef"], wall["larder"])),
        ("added to the engine's store by each", report.size(sizes["larder"]), report.size(sizes["chef"]), ""),
    ])
    bench.check("the planner by a mount is quicker than by a copy", wall["larder"] < wall["chef"], f"{wall}")


def fill(place):
    place.mkdir(parents=True)
    chance = random.Random(1)
    for number in range(FILES):
        body = chance.randbytes(BYTES // 2).hex()
        (place / f"table_{number}.rs").write_text(f"pub const TABLE_{number}: &str = \"{body}\";\n")
