"""Layers that travel: what one machine has cooked, another takes from a directory or a registry.

The form is the one that every engine with BuildKit knows: `BUILDKIT_INLINE_CACHE=1` notes in an image what its layers were
made from, and `--cache-from` reads it. The stage that cooks is an image of its own, as the last stage does not have its layers."""
import engine
import report
from bench import ROOT, edit, free_port, get

TITLE = "the cooked layer restored from a directory, and from a registry"
INLINE = {"BUILDKIT_INLINE_CACHE": "1"}


def run(bench):
    project = bench.project(ROOT / "docker/setups/layers")
    before = engine.build_cache()
    first = bench.build(project, "exported", target="builder", args=INLINE)
    bench.check("the first machine cooks", first.step("cook").third_party() == ["either", "itoa", "memchr"])
    rows = [("first machine", report.seconds(first.seconds), first.step("cook").state, len(first.third_party()))]

    # A directory: an archive of the image.
    archive = bench.temp / "builder.tar"
    engine.docker("save", "--output", archive, first.image)
    size = archive.stat().st_size

    # A registry, which is on this machine for the time of the scenario.
    port = free_port()
    registry = bench.build(ROOT / "docker/e2e/base", "registry", "registry.Dockerfile", args={"BASE": bench.larder_base})
    with bench.serve(registry.image, port, flags=["-e", f"REGISTRY_HTTP_ADDR=127.0.0.1:{port}"]):
        get(f"http://127.0.0.1:{port}/v2/")
        remote = f"127.0.0.1:{port}/layers:{bench.token}"
        engine.docker("tag", first.image, remote)
        bench.images.append(remote)
        engine.docker("push", "--quiet", remote)

        # What makes the machine a new one: it has neither the images nor the build cache.
        forget(bench, before, first.image, remote)
        lost, _ = rebuild(bench, project, "nothing restored", first.image)
        bench.check("without anything restored the dependencies are cooked again", lost.step("cook").state == "run")
        rows.append(row("another machine, nothing restored", lost))

        forget(bench, before, lost.image)
        engine.docker("load", "--quiet", "--input", archive)
        rows.append(kept(bench, project, "from a directory (`docker save`, `docker load`)", first.image, before))

        forget(bench, before, first.image)
        rows.append(kept(bench, project, "from a registry (`docker push`)", remote, before))
    bench.report.table(["machine", "time", "`cook` step", "third-party crates compiled"], rows, f"The archive has {report.size(size)}, the base included.")


def kept(bench, project, title, source, before):
    build, said = rebuild(bench, project, title, source)
    bench.check(f"{title}: cook is CACHED", build.step("cook").state == "CACHED")
    bench.check(f"{title}: no third-party crate is compiled", not build.third_party(), build.third_party())
    bench.check(f"{title}: the image is the edited application", said.startswith(title), said)
    forget(bench, before, build.image)
    return row(f"another machine, {title}", build)


def rebuild(bench, project, title, source):
    """A build of the application on the other machine, after an edit of its source."""
    copy = bench.project(project, f"copy-{len(bench.images)}")
    edit(copy / "app/src/main.rs", '"{}: {}"', f'"{title}, {{}}: {{}}"')
    build = bench.build(copy, f"rebuilt-{len(bench.images)}", args=INLINE, flags=["--cache-from", source])
    return build, bench.run(build.image)


def row(title, build):
    return title, report.seconds(build.seconds), build.step("cook").state, len(build.third_party())


def forget(bench, before, *images):
    for image in images:
        engine.docker("rmi", "--force", image)
    engine.forget(engine.build_cache() - before)
