"""What a scenario works with: a directory of its own, images of its own, builds that are read, programs that are asked,
and a list of promises that held or did not."""
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import base
import engine
import steps
from report import Report

ROOT = Path(__file__).resolve().parents[2]
SETUPS = ROOT / "docker" / "setups"


class Stopped(Exception):
    """A scenario cannot go on: an image was not built, or a program did not answer."""


@dataclass
class Build:
    image: str
    seconds: float
    steps: list
    log: str

    def step(self, text):
        """The last step whose title holds `text`."""
        found = [step for step in self.steps if text in step.title]
        if not found:
            raise Stopped(f"no step has `{text}`; there are:\n" + "\n".join(step.title for step in self.steps))
        return found[-1]

    def third_party(self):
        return sorted({name for step in self.steps for name in step.third_party()})

    @property
    def context(self):
        return steps.context_bytes(self.steps)

    @property
    def size(self):
        return engine.size(self.image)


class Bench:
    """`bases` are the images of this run, by name; `larder` is the build of cargo-larder's own, on the image `larder_base`;
    `ci` asks for the form that CI has time for."""

    def __init__(self, name, token, bases, larder=None, larder_base=None, ci=False):
        self.name, self.token, self.bases, self.larder, self.larder_base, self.ci = name, token, bases, larder, larder_base, ci
        self.report = Report()
        self.temp = Path(tempfile.mkdtemp(prefix=f"larder-e2e-{name}-"))
        self.images, self.containers = [], []

    @property
    def setup(self):
        """The directory in docker/setups that the scenario is about."""
        return SETUPS / self.name

    def close(self):
        for container in self.containers:
            subprocess.run([engine.client(), "rm", "--force", "--volumes", container], capture_output=True)
        if self.images:
            subprocess.run([engine.client(), "rmi", "--force", *dict.fromkeys(self.images)], capture_output=True)
        shutil.rmtree(self.temp, ignore_errors=True)

    def project(self, source, name="project"):
        """A copy of a directory of the repository, to edit and build."""
        place = self.temp / name
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("target", "__pycache__"))
        return place

    def hurried(self, source, name="project"):
        """The same where the profile is not the point: with --ci, nothing is optimized in its release builds."""
        place = self.project(source, name)
        if self.ci:
            manifest = place / "Cargo.toml"
            others = re.sub(r"\[profile\.release\]\n(.+\n)*", "", manifest.read_text())
            manifest.write_text(f"{others}\n[profile.release]\nopt-level = 0\n")
        return place

    def tag(self, name):
        image = f"larder-e2e-run:{self.token}-{self.name}-{name}"
        self.images.append(image)
        return image

    def build(self, place, name="image", dockerfile="Dockerfile", target=None, args=(), flags=()):
        """Builds the image of a project. Every base of the run is given under the name that Dockerfiles here know it by."""
        image = self.tag(name)
        known = {key.upper(): value for key, value in self.bases.items()} | dict(args)
        # An argument that the Dockerfile does not know would only give a warning: leave it out.
        path = Path(place, dockerfile)
        declared = set(re.findall(r"^ARG +(\w+)", path.read_text(), re.M))
        # Cache mounts of this run alone; BuildKit itself knows this argument.
        command = [engine.client(), "build", "--network", "host", "--progress", "plain", "-f", path, "-t", image,
                   "--build-arg", f"BUILDKIT_CACHE_MOUNT_NS={self.token}"]
        for key, value in known.items():
            if key in declared or key in dict(args):
                command += ["--build-arg", f"{key}={value}"]
        command += ["--target", target] if target else []
        start = time.monotonic()
        done = subprocess.run([str(a) for a in [*command, *flags, place]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=base.environment())
        seconds = time.monotonic() - start
        if done.returncode:
            raise Stopped(f"`{name}` was not built:\n{done.stdout[-4000:]}")
        return Build(image, seconds, steps.parse(done.stdout), done.stdout)

    def run(self, image, *args, flags=()):
        """Standard output of a container that must succeed."""
        done = subprocess.run([engine.client(), "run", "--rm", "--network", "host", *map(str, flags), image, *map(str, args)], capture_output=True, text=True)
        if done.returncode:
            raise Stopped(f"`{image} {' '.join(map(str, args))}` failed with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def chef(self):
        """The base of this run with cargo-chef."""
        args = {"KEPT": self.larder_base, "RUST": self.bases["rust"]}
        return self.build(ROOT / "docker/e2e/base", "chef", "chef.Dockerfile", args=args).image

    def names_in(self, image):
        """Names of the files of an image."""
        with tarfile.open(self.export(image)) as tar:
            return tar.getnames()

    def copy_from(self, image, path):
        """A file of an image, copied to the scenario's directory."""
        with tarfile.open(self.export(image)) as tar:
            tar.extract(tar.getmember(path.lstrip("/")), self.temp / "copied")
        return self.temp / "copied" / path.lstrip("/")

    def export(self, image):
        """The files of an image as a tar archive."""
        archive = self.temp / (re.sub(r"\W", "-", image) + ".tar")
        container = engine.docker("create", image, "-")
        try:
            engine.docker("export", "--output", archive, container)
        finally:
            engine.docker("rm", container)
        return archive

    def lock(self, project, *what):
        """Brings Cargo.lock up to date as a developer's cargo would: what is new, or what `what` says to update."""
        self.run(self.bases["rust"], "cargo", "update", *(what or ["--workspace"]), flags=["-v", f"{project}:/app", "-w", "/app"])

    def serve(self, image, port, flags=()):
        """Starts a container that serves on a port of this machine; `with bench.serve(…): bench.get(…)`."""
        container = engine.docker("run", "--detach", "--network", "host", *flags, image)
        self.containers.append(container)
        return Served(container, port)

    def check(self, promise, held, told=""):
        return self.report.check(promise, held, told)


class Served:
    """A running container, stopped at the end of a `with`."""

    def __init__(self, container, port):
        self.container, self.port = container, port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([engine.client(), "rm", "--force", "--volumes", self.container], capture_output=True)

    def get(self, path, patience=20):
        try:
            return get(f"http://127.0.0.1:{self.port}{path}", patience)
        except Stopped as stopped:
            logs = subprocess.run([engine.client(), "logs", self.container], capture_output=True, text=True)
            raise Stopped(f"{stopped}\n{logs.stdout}{logs.stderr}") from None


def get(url, patience=20):
    """The body of an answer; waits for a server that is starting."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + patience
    while True:
        try:
            with opener.open(url, timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > end:
                raise Stopped(f"no answer from {url}: {error}") from None
            time.sleep(0.1)


def build_larder(rust):
    """The image of cargo-larder, kept in the engine's build cache from run to run as long as its sources are the same."""
    return build_kept("larder", ROOT, "docker/image/Dockerfile", {"RUST": rust})


def build_chef(rust):
    """cargo-chef, kept in the same way."""
    return build_kept("chef", ROOT / "docker/e2e/base", "chef.Dockerfile", {"KEPT": rust, "RUST": rust}, "build")


def build_kept(name, place, dockerfile, args, target=None):
    bench = Bench(name, "kept", {})
    earlier = engine.output_of([engine.client(), "image", "inspect", "--format", "{{.Id}}", bench.tag("image")])
    try:
        built = bench.build(place, "image", dockerfile, target, args)
        if earlier and earlier != engine.docker("image", "inspect", "--format", "{{.Id}}", built.image):
            subprocess.run([engine.client(), "rmi", earlier], capture_output=True)
        return built
    except Stopped as stopped:
        sys.exit(f"error: {stopped}")
    finally:
        shutil.rmtree(bench.temp)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def edit(path, old, new):
    """Replaces text that must be there, so that an edit which edits nothing is noticed."""
    text = Path(path).read_text()
    if old not in text:
        raise Stopped(f"`{path}` does not hold `{old}`")
    Path(path).write_text(text.replace(old, new))
