"""What the scenarios of `init` share: a project with the files that `init` writes, and a build that keeps its dependencies."""
import subprocess

import report
from bench import Stopped


def prepared(bench, source, name, *flags, change=None):
    """A copy of a project with the files of `init`, and none of its own for containers."""
    program = bench.copy_from(bench.larder.image, "/cargo-larder")
    project = bench.hurried(source, name)
    for file in ["Dockerfile", ".dockerignore"]:
        (project / file).unlink(missing_ok=True)
    if change:
        change(project)
    done = subprocess.run([program, "init", "--offline", *flags], cwd=project, capture_output=True, text=True)
    if done.returncode:
        raise Stopped(f"`init` failed:\n{done.stderr}")
    return project


def built(bench, project, name, rows, step="cargo build", target=None, least=5, **args):
    """The first build: cook compiles the dependencies, and the step that builds compiles none of them."""
    build = bench.build(project, f"{name}-first", target=target, args={"RUNTIME": bench.bases["debian"]} | args)
    cook = build.step("cook")
    # Another scenario of the same run may have cooked the same recipe with the same images.
    bench.check(f"{name}: cook compiled the dependencies", cook.cached or len(cook.third_party()) > least, cook.third_party())
    bench.check(f"{name}: the build compiled none of them", not build.step(step).third_party(), build.step(step).third_party())
    rows.append((name, "first", report.seconds(build.seconds), cook.state, len(build.third_party())))
    return build


def kept(bench, project, name, rows, target=None, **args):
    """A build after a source was edited: no third-party crate is compiled."""
    build = bench.build(project, f"{name}-edited", target=target, args={"RUNTIME": bench.bases["debian"]} | args)
    bench.check(f"{name}, a source edited: cook is CACHED", build.step("cook").cached)
    bench.check(f"{name}, a source edited: no third-party crate is compiled", not build.third_party(), build.third_party())
    rows.append((name, "a source edited", report.seconds(build.seconds), build.step("cook").state, len(build.third_party())))
    return build
