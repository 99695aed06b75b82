"""The images that scenarios build on: official ones where one variable names them, else made from Debian packages and
this machine's toolchain. Those made are kept under `larder-e2e-*` for the next run; the bases of one run are not."""
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine

HERE = Path(__file__).resolve().parent / "base"
OFFICIAL = os.environ.get("RUST_IMAGE", "")
DEBIAN, RUST, PYTHON = "larder-e2e-debian", "larder-e2e-rust", "larder-e2e-python"
# What goes with an official Rust image.
OFFICIAL_DEBIAN, OFFICIAL_PYTHON = "debian:bookworm-slim", "python:3.11-slim-bookworm"
SUITE = "bookworm"
# Official images are without these, too: where images are compared file by file, each file costs time.
LEFT_OUT = ["usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man", "var/cache/apt"]
APT = """APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""


def run(args, **options):
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        sys.exit(f"error: `{args[0]}` failed\n{done.stdout[-3000:]}")
    return done.stdout.strip()


def kept():
    """The images below every run's own, made if they are not there: debian, rust, python."""
    if OFFICIAL:
        return {"debian": OFFICIAL_DEBIAN, "rust": OFFICIAL, "python": OFFICIAL_PYTHON}
    toolchain = run(["rustc", "--version"])
    if not engine.output_of([engine.client(), "image", "inspect", DEBIAN]):
        make_debian()
    # At the same time, as much of it is waiting for packages.
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda made: make_from_debian(*made, toolchain), [(RUST, "rust"), (PYTHON, "python")]))
    return {"debian": DEBIAN, "rust": RUST, "python": PYTHON}


def make_debian():
    if os.geteuid() or not shutil.which("debootstrap"):
        sys.exit("error: to make a base image takes root and debootstrap; or set RUST_IMAGE to an official image, as in\n"
                 "    RUST_IMAGE=rust:1-slim-bookworm docker/e2e/run")
    print(f"making the image {DEBIAN} from Debian packages (once)", flush=True)
    with tempfile.TemporaryDirectory(prefix="larder-e2e-") as temp:
        root = Path(temp, "root")
        run(["debootstrap", "--variant=minbase", SUITE, root])
        Path(root, "etc/dpkg/dpkg.cfg.d/slim").write_text("".join(f"path-exclude /{place}/*\n" for place in LEFT_OUT))
        Path(root, "etc/apt/apt.conf.d/slim").write_text(APT)
        tar = subprocess.Popen(["tar", "-C", root, *(f"--exclude=./{place}/*" for place in LEFT_OUT), "-c", "."], stdout=subprocess.PIPE)
        run([engine.client(), "import", "-", DEBIAN], stdin=tar.stdout)
        if tar.wait():
            sys.exit("error: `tar` failed")


def make_from_debian(image, target, toolchain):
    if engine.label(image, "toolchain") == toolchain:
        return
    print(f"making the image {image} (once for each toolchain)", flush=True)
    sysroot = run(["rustc", "--print", "sysroot"])
    run([engine.client(), "build", "--network", "host", "-f", HERE / "Dockerfile", "--target", target, "-t", image,
         "--build-arg", f"DEBIAN={DEBIAN}", "--label", f"toolchain={toolchain}", sysroot], env=environment())


def of_run(token, below, name):
    """A base of this run alone, on the kept image `below`."""
    image = f"larder-e2e-run:{token}-{name}"
    bundle = os.environ.get("SSL_CERT_FILE", "")
    secret = ["--secret", f"id=ca,src={bundle}"] if Path(bundle).is_file() else []
    with tempfile.TemporaryDirectory(prefix="larder-e2e-") as nothing:
        run([engine.client(), "build", "--network", "host", "-f", HERE / "run.Dockerfile", "-t", image, *secret,
             "--build-arg", f"BASE={below}", "--build-arg", f"RUN={token} {name}", nothing], env=environment())
    return image


def environment():
    return dict(os.environ, DOCKER_BUILDKIT="1")
