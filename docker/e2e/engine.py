"""The Docker engine: a client that can ask it for BuildKit, and the few commands that the harness gives it."""
import functools
import json
import os
import shutil
import subprocess
import sys

MISSING = """error: no Docker engine with BuildKit can be reached: {why}
These checks build real images. On Debian, as root, this gives an engine and a client that match:
    apt-get install -y --no-install-recommends docker.io
    dockerd >/var/log/dockerd.log 2>&1 &
A client that is newer than its engine also needs docker-buildx."""


def output_of(args, **options):
    """Standard output of a program, or None where it is missing or fails."""
    try:
        done = subprocess.run(args, capture_output=True, text=True, timeout=60, **options)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def clients():
    """Every `docker` on PATH, in its order."""
    found = (shutil.which("docker", path=place) for place in os.environ["PATH"].split(os.pathsep))
    return list(dict.fromkeys(path for path in found if path))


@functools.cache
def client():
    """The first client that has buildx, or is of the engine's own version: others cannot ask for BuildKit."""
    if not clients():
        sys.exit(MISSING.format(why="there is no `docker` on PATH"))
    server = output_of([clients()[0], "version", "--format", "{{.Server.Version}}"])
    if not server:
        sys.exit(MISSING.format(why="`docker version` gets no answer from a server"))
    for path in clients():
        own = output_of([path, "version", "--format", "{{.Client.Version}}"])
        if own == server or output_of([path, "buildx", "version"]):
            return path
    sys.exit(MISSING.format(why=f"the engine is {server}, and no client here is, nor has one buildx"))


def docker(*args, **options):
    """Standard output of a docker command that must work."""
    done = subprocess.run([client(), *map(str, args)], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"error: `docker {' '.join(map(str, args))}` failed\n{done.stderr.strip()}")
    return done.stdout.strip()


def label(image, name):
    """A label of an image; empty where there is no such image or label."""
    return output_of([client(), "image", "inspect", "--format", f'{{{{index .Config.Labels "{name}"}}}}', image]) or ""


def size(image):
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def version():
    return docker("version", "--format", "client {{.Client.Version}}, engine {{.Server.Version}}")


def build_cache(kind=None):
    """Ids of the records in the engine's build cache: all, or those of a kind, as `exec.cachemount`."""
    usage = json.loads(docker("system", "df", "-v", "--format", "{{json .}}"))
    # One that can still change has a mark behind its id.
    return {record["ID"].rstrip("*") for record in usage.get("BuildCache") or [] if kind in (None, record["CacheType"])}


def forget(records):
    """Removes records of the build cache, as far as no image needs them. One that others rest on goes after those."""
    # The engine takes an id for a regular expression.
    if records:
        docker("builder", "prune", "--all", "--force", "--filter", f"id=^({'|'.join(sorted(records))})$")
