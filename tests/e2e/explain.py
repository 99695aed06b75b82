#!/usr/bin/env python3
"""Every change of a recipe is explained: the histories of three projects.

    explain.py [--only NAME]… [--show]

For each commit of ../shared/corpus/history two recipes are prepared, one for `--release --target
x86_64-unknown-linux-gnu` and one for any build. Each is compared with the one before by `explain`. It has to list a
change if and only if the recipes differ, every line has to be of a kind that docs/explain.md lists, and none may be
`form`: that would be a difference without a meaning. With the changes taken together, all packages that only one of
two lockfiles has must be named.

The same commits also go into a git repository, one after the other. There, `explain --since HEAD` has to say the same
as of the two files, and if there is no difference, what did change and why that does not matter."""
import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
from larder import CORPUS, ROOT, Failed, check_setup, finish, larder, table, unpack

PROJECTS = ["fd", "ripgrep", "docs.rs"]
BUILDS = {"--release": ["--release", "--target", "x86_64-unknown-linux-gnu"], "any build": []}
# How many pairs of neighbours differ: fewer would mean that the corpus was not read.
LEAST = {"fd": 40, "ripgrep": 5, "docs.rs": 30}


def known_kinds():
    """The kinds of changes that the documentation lists, but for the one without a meaning."""
    page = (ROOT / "docs/explain.md").read_text()
    _, rows = page.split("| kinds | what differs |\n", 1)
    cells = [row.split("|")[1] for row in rows.split("\n\n")[0].splitlines()]
    return {kind for cell in cells for kind in re.findall(r"`([a-z-]+)`", cell)} - {"form"}


def packages(recipe):
    """(name, version) of each package in the lockfile of a recipe that comes from a registry or a repository."""
    entries = "\n".join(json.loads(recipe)["files"]["Cargo.lock"]).split("[[package]]")[1:]
    fields = [dict(re.findall(r'^(name|version|source) = "(.*)"$', entry, re.M)) for entry in entries]
    return {(f["name"], f["version"]) for f in fields if "source" in f}


def unnamed(changes, old, new):
    """Packages of one lockfile alone that no change names."""
    named = set()
    for change in changes:
        for version in (change.get("old"), change.get("new")):
            if change["kind"] in ("updated", "new", "gone"):
                named.add((change["subject"], (version or "").split(" ")[0]))
        for label in change.get("brings", []) + change.get("drops", []):
            named.add(tuple(label.split(" ")[:2]))
    return sorted((packages(old) ^ packages(new)) - named)


class Repository:
    """A repository whose work tree becomes that of one commit after the other."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self.git("init", "--quiet")

    def git(self, *args):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *args], cwd=self.directory, check=True)

    def lay_out(self, directory):
        for path in self.directory.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(directory, self.directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.json"))

    def differs(self):
        quiet = ["git", "diff", "--quiet", "HEAD"]
        return subprocess.run(quiet, cwd=self.directory, check=False).returncode != 0

    def commit(self):
        # git takes a file of the same size and time for the same one, and these were unpacked in the same instant.
        (self.directory / ".git/index").unlink(missing_ok=True)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")


def essence(change):
    """A change without the names of who asks, which only one of two recipes knows."""
    return {key: value for key, value in change.items() if key not in ("asked_by", "touches")}


def since(repository, flags, changes, text_differs):
    """What is wrong with what `explain --since` says of the work tree."""
    said = json.loads(larder("explain", "--since", "HEAD", *flags, "--format", "json", cwd=repository.directory))
    if [essence(c) for c in said["changes"]] != [essence(c) for c in changes]:
        return "`--since` says something else"
    # The corpus leaves out most files, so that neighbours may be equal.
    if not text_differs and repository.differs() and not said.get("unrelated"):
        return "`--since` says nothing of what changed in the workspace"
    return None


def replay(directories, flags, kinds, show):
    """Counts, and what is wrong."""
    count, wrong, before = Counter(), [], None
    repository = Repository(directories[0].parent / f"repository-{len(flags)}")
    for directory in directories:
        path = directory / "recipe.json"
        larder("prepare", "--recipe-path", path, *flags, cwd=directory)
        text = path.read_text()
        repository.lay_out(directory)
        if before:
            old = directory / "old.json"
            old.write_text(before)
            said = json.loads(larder("explain", old, path, "--format", "json", cwd=directory))
            changes = said["changes"]
            count["changed"] += text != before
            count["lines"] += len(changes)
            count.update("kind " + change["kind"] for change in changes)
            unknown = sorted({change["kind"] for change in changes} - kinds)
            missing = unnamed(changes, before, text)
            if bool(changes) != (text != before) or said["same"] == bool(changes):
                wrong.append(f"{directory.name}: {len(changes)} changes, but the recipes are {'other' if text != before else 'equal'}")
            if unknown:
                wrong.append(f"{directory.name}: unknown kinds {unknown}")
            if missing:
                wrong.append(f"{directory.name}: not named: {missing}")
            different = since(repository, flags, changes, text != before)
            if different:
                wrong.append(f"{directory.name}: {different}")
            if show and changes:
                print(larder("explain", old, path, cwd=directory))
        repository.commit()
        before = text
    return count, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=PROJECTS, help="only this project (repeatable)")
    parser.add_argument("--show", action="store_true", help="print what is said of each change")
    args = parser.parse_args()
    check_setup()
    kinds, rows, said, seen = known_kinds(), [], [], set()
    passed = failed = 0
    for project in args.only or PROJECTS:
        with tempfile.TemporaryDirectory(prefix="larder-explain-") as temp:
            unpack(CORPUS / "history" / f"{project}.tar.xz", temp)
            directories = sorted(Path(temp).iterdir())
            for build, flags in BUILDS.items():
                try:
                    count, wrong = replay(directories, flags, kinds, args.show)
                except Failed as e:
                    count, wrong = Counter(), [str(e)]
                if count["changed"] < LEAST[project]:
                    wrong.append(f"{count['changed']} changes, which is too few")
                passed, failed = passed + (not wrong), failed + bool(wrong)
                seen |= {name for name in count if name.startswith("kind ")}
                rows.append([project, build, count["changed"], count["changed"] - len(wrong), count["lines"],
                             "FAILED" if wrong else "ok"])
                said += [f"- {project}, {build}: {what}" for what in wrong]
    print(table(["project", "recipe for", "changed", "explained", "lines", ""], rows))
    print(f"\nkinds: {', '.join(sorted(name.removeprefix('kind ') for name in seen))}")
    print("\n".join(said))
    finish(passed, failed)


main()
