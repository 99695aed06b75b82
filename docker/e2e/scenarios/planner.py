"""The planner stage by a mount, beside cargo-chef's by a copy, with many sources in the context."""
import random
import shutil
from dataclasses import dataclass, field

import engine
import report
from bench import ROOT, edit

TITLE = "a mount of 200 MB of sources beside a copy of them"
NEEDS_CHEF = True
FILES, BYTES = 2000, 100_000
ROUNDS = 3


@dataclass
class Way:
    """A planner stage on an image of `below` bytes, and what was measured of it."""
    dockerfile: str
    args: dict
    below: int
    walls: list = field(default_factory=list)
    stages: list = field(default_factory=list)
    added: int = 0


def run(bench):
    project = bench.project(ROOT / "docker/hello")
    fill(project / "src/generated")
    for dockerfile in ["Dockerfile", "Dockerfile.chef"]:
        shutil.copy(ROOT / "docker/planner" / dockerfile, project)
    ways = {"larder": Way("Dockerfile", {}, bench.larder.size)}
    if not bench.ci:
        chef = bench.chef()
        ways["chef"] = Way("Dockerfile.chef", {"CHEF": chef}, engine.size(chef))
    # The contexts are sent before, so that what is measured is a rebuild.
    sent = [bench.build(project, f"{name}-first", way.dockerfile, args=way.args).context for name, way in ways.items()]
    bench.check("the context holds the sources", sent[0] > FILES * BYTES, sent[0])
    for number in range(1 if bench.ci else ROUNDS):
        edit(project / "src/main.rs", "use anyhow", f"// edit {number}\nuse anyhow")
        for name, way in ways.items():
            rebuild(bench, project, number, name, way)
    bench.check("the sources are in no layer", ways["larder"].added < BYTES, ways["larder"].added)
    if not bench.ci:
        compare(bench, **ways)


def rebuild(bench, project, number, name, way):
    build = bench.build(project, f"{name}-{number}", way.dockerfile, args=way.args)
    ran = [step.seconds for step in build.steps if step.title.startswith("[") and not step.title.startswith("[internal]") and not step.cached]
    bench.check(f"{name}: the planner runs after an edit", not build.step("prepare").cached)
    way.walls.append(build.seconds)
    way.stages.append(sum(ran))
    way.added = build.size - way.below


def compare(bench, larder, chef):
    rows = [(what, report.seconds(ours), report.seconds(theirs), report.ratio(theirs, ours)) for what, ours, theirs in [
        ("the steps that ran", min(larder.stages), min(chef.stages)),
        ("the whole `docker build --target planner`", min(larder.walls), min(chef.walls)),
    ]]
    rows.append(("added to the engine's store by each", report.size(larder.added), report.size(chef.added), ""))
    bench.report.table([f"planner stage after an edit of one source, best of {ROUNDS}", "cargo-larder", "cargo-chef", "cargo-chef / cargo-larder"], rows)
    bench.check("the planner by a mount is quicker than by a copy", min(larder.walls) < min(chef.walls), [larder.walls, chef.walls])


def fill(place):
    place.mkdir(parents=True)
    chance = random.Random(1)
    for number in range(FILES):
        body = chance.randbytes(BYTES // 2).hex()
        (place / f"table_{number}.rs").write_text(f"pub const TABLE_{number}: &str = \"{body}\";\n")
