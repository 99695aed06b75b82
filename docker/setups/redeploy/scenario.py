"""A Rocket application by cargo-larder, by cargo-chef and in a single stage, all in one run."""
import engine
import report
from bench import edit, free_port

TITLE = "cargo-larder, cargo-chef and a single stage"
NEEDS_CHEF = True
WAYS = {"cargo-larder": "Dockerfile", "cargo-chef": "Dockerfile.chef", "single stage": "Dockerfile.naive"}
EDITS = 3
# Of the program, not optimized and with its symbols.
LIMIT = 100_000_000
# What the guide "Fast Rust (re)deployment" reports of its stages, in seconds, beside 53 s for the rebuild of a single stage.
GUIDE, GUIDE_REBUILD = {"first build": 185, "nothing changed": 1.1, "a source edited": 16.6}, 53
GUIDE_IMAGE = 75 / 4260


def run(bench):
    if bench.ci:
        alone(bench, measure(bench, "cargo-larder"))
    else:
        args = {"CHEF": bench.chef()}
        compare(bench, {way: measure(bench, way, args if way == "cargo-chef" else {}) for way in WAYS})


def alone(bench, ours):
    """What can be said without the others."""
    program = ours["size"] - engine.size(bench.bases["debian"])
    bench.check("the image is its base and the program", 0 < program < LIMIT, report.size(program))


def compare(bench, measured):
    # Short builds vary more: the best of three, by turns. What a program says is not looked at again.
    for turn in range(1, EDITS):
        for way in ["cargo-chef", "cargo-larder"]:
            of = measured[way]
            edit(of["project"] / "src/main.rs", "deployed again", "deployed again and again")
            rebuilt = bench.build(of["project"], f"{of['name']}-edited-{turn}", WAYS[way], args=of["args"])
            of["a source edited"] = min(of["a source edited"], rebuilt.seconds)
    ours = measured["cargo-larder"]
    rows = []
    for what in ["first build", "nothing changed", "a source edited", "planner stage after the edit"]:
        values = [m.get(what) for m in measured.values()]
        rows.append((what, *("-" if v is None else report.seconds(v) for v in values),
                     *("-" if v is None else report.ratio(v, ours[what]) for v in values[1:])))
    sizes = [m["size"] for m in measured.values()]
    rows.append(("size of the image", *map(report.size, sizes), *(report.ratio(s, sizes[0]) for s in sizes[1:])))
    counts = [m["compiled"] for m in measured.values()]
    cooked = [m["cooked"] for m in measured.values()]
    rows.append(("third-party crates compiled by the first build", *cooked, "", ""))
    rows.append(("third-party crates compiled after the edit", *counts, "", ""))
    bench.report.table(["", *measured, *(f"{way} / ours" for way in list(measured)[1:])], rows)
    rebuild, image = measured["single stage"]["a source edited"], sizes[2]
    bench.report.table(["", "cargo-larder", "cargo-chef", "the guide"], [
        (what, *(f"{measured[way][what] / rebuild:.3f}" for way in list(WAYS)[:2]), f"{guide / GUIDE_REBUILD:.3f}") for what, guide in GUIDE.items()
    ] + [("size of the image", *(f"{size / image:.3f}" for size in sizes[:2]), f"{GUIDE_IMAGE:.3f}")],
        "In units of the single stage: of its rebuild after an edit, and of its image.")
    program = sizes[0] - engine.size(bench.bases["debian"])
    bench.report.table(["the image of cargo-larder's Dockerfile", "size"], [("the base", report.size(sizes[0] - program)), ("the program", report.size(program))])
    bench.check("a rebuild after a source edit takes less than half of the single stage's", ours["a source edited"] * 2 < measured["single stage"]["a source edited"])
    bench.check("the image is less than a quarter of the single stage's", sizes[0] * 4 < sizes[2])


def measure(bench, way, args=()):
    project = bench.hurried(bench.setup, way)
    name, dockerfile = way.replace(" ", "-"), WAYS[way]
    first = bench.build(project, f"{name}-first", dockerfile, args=args)
    bench.check(f"{way}: the first image is the application", answer(bench, first) == ("deployed", '{"hello":"larder"}'))
    again = bench.build(project, f"{name}-again", dockerfile, args=args)
    bench.check(f"{way}: nothing changed, every step is CACHED", all(step.cached for step in again.steps if " RUN " in f" {step.title} "))
    edit(project / "src/main.rs", '"deployed"', '"deployed again"')
    edited = bench.build(project, f"{name}-edited", dockerfile, args=args)
    bench.check(f"{way}: the image after the edit is the edited application", answer(bench, edited)[0] == "deployed again")
    if way == "cargo-larder":
        bench.check("cook is CACHED after a source edit", edited.step("cook").cached)
        bench.check("no third-party crate is compiled after a source edit", not edited.third_party(), edited.third_party())
        bench.check("the application is compiled", edited.step("cargo build").local() == ["redeploy"])
        bench.check("cook compiled the dependencies", len(first.step("cook").third_party()) > 50)
        bench.check("and the first build none of them", not first.step("cargo build").third_party())
    planner = [step.seconds for step in edited.steps if step.title.startswith("[planner ") and not step.cached]
    return {
        "first build": first.seconds, "nothing changed": again.seconds, "a source edited": edited.seconds,
        "project": project, "name": name, "args": args,
        "planner stage after the edit": sum(planner) if planner else None, "size": edited.size, "compiled": len(edited.third_party()), "cooked": len(first.third_party()),
    }


def answer(bench, build):
    port = free_port()
    with bench.serve(build.image, port, flags=["-e", f"ROCKET_PORT={port}"]) as served:
        return served.get("/"), served.get("/hello/larder")
