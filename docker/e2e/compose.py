"""docker-compose, for a project of a scenario: builds with the bases of the run, starts the service, asks for its health."""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import base
import bench
import engine
import steps

SERVICE = "orders"


def program():
    """`docker compose` where the client has it, else `docker-compose`."""
    if engine.output_of([engine.client(), "compose", "version"]):
        return [engine.client(), "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    sys.exit("error: no docker-compose; on Debian: apt-get install -y --no-install-recommends docker-compose")


class Project:
    """A directory with compose files; one more file adds what the Dockerfile and the service are given in this run."""

    def __init__(self, here, place, files, args, environment=None):
        self.here, self.place = here, place
        self.port = bench.free_port()
        known = {"LARDER": here.bases["larder"], "RUST": here.bases["rust"], "DEBIAN": here.bases["debian"], "BUILDKIT_CACHE_MOUNT_NS": here.token}
        build = {"network": "host", "args": known | args}
        more = here.temp / "compose-of-run.json"
        service = {"build": build} | ({"environment": environment} if environment else {})
        # docker-compose refuses files of different versions.
        version = re.findall(r'^version: "(.*)"', Path(place, files[0]).read_text(), re.M)
        more.write_text(json.dumps(({"version": version[0]} if version else {}) | {"services": {SERVICE: service}}))
        self.files = [argument for file in [*files, more] for argument in ("-f", str(file))]

    def call(self, *args, tag):
        # docker-compose starts the first client on PATH.
        path = f"{Path(engine.client()).parent}{os.pathsep}{os.environ['PATH']}"
        env = base.environment() | {"PATH": path, "COMPOSE_DOCKER_CLI_BUILD": "1", "BUILDKIT_PROGRESS": "plain", "TAG": tag,
                                    "ORDERS_PORT": str(self.port), "PORT": str(self.port), "COMPOSE_PROJECT_NAME": f"larder-e2e-{self.here.token}"}
        done = subprocess.run([*program(), *self.files, *args], cwd=self.place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise bench.Stopped(f"`docker-compose {' '.join(args)}` failed:\n{done.stdout[-4000:]}")
        return done.stdout

    def build(self, name):
        self.tag = f"{self.here.token}-{name}"
        self.here.images.append(f"{SERVICE}:{self.tag}")
        start = time.monotonic()
        log = self.call("build", tag=self.tag)
        return bench.Build(f"{SERVICE}:{self.tag}", time.monotonic() - start, steps.parse(log), log)

    def up(self):
        self.call("up", "--detach", "--no-build", tag=self.tag)
        return Service(self)


class Service:
    """The started service, taken down at the end of a `with`."""

    def __init__(self, project):
        self.project = project
        self.container = project.call("ps", "-q", SERVICE, tag=project.tag).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.project.call("down", "--volumes", "--timeout", "1", tag=self.project.tag)

    def health(self):
        return json.loads(bench.get(f"http://127.0.0.1:{self.project.port}/health"))

    def uid(self):
        return engine.docker("exec", self.container, "id", "-u")

    def engine_says(self, patience=20):
        """The engine's own health check, once it has come to a result."""
        end = time.monotonic() + patience
        while (state := engine.docker("inspect", "--format", "{{.State.Health.Status}}", self.container)) == "starting" and time.monotonic() < end:
            time.sleep(0.5)
        return state
