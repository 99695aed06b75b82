#!/usr/bin/env python3
"""A recipe changes when the dependency units do, and (nearly) only then: the histories of three projects.

    stable.py [--only NAME]… [--explain] [--recipes DIR]

For each commit of ../shared/corpus/history a recipe for `--release --target x86_64-unknown-linux-gnu` is compared with
the one before, and so is the truth: a hash over all units, taken from cargo. An unchanged recipe over changed units is
a broken promise; a changed one over unchanged units costs a needless build, of which few are allowed. Rows without a
truth (cargo failed on that commit) are left out.

The truth was taken with one toolchain for all commits. So the toolchain file, which a recipe carries, is left out of
the comparison with the truth; that it changes the recipe by itself is checked, too."""
import argparse
import difflib
import json
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from larder import CORPUS, Failed, check_setup, finish, larder, table, unpack

# How many needless changes there may be.
LIMITS = {"fd": 0, "ripgrep": 0, "docs.rs": 3}
FLAGS = ["--release", "--target", "x86_64-unknown-linux-gnu"]
TOOLCHAIN_FILES = ("rust-toolchain", "rust-toolchain.toml")


def truths(project):
    """(commit, truth) of each commit that has one, oldest first."""
    rows = (CORPUS / "history" / f"{project}.truth.tsv").read_text().splitlines()[1:]
    pairs = [row.split("\t")[:2] for row in rows]
    return [(commit, truth) for commit, truth in pairs if truth not in ("", "-")]


def without_toolchain(recipe):
    recipe = json.loads(recipe)
    for name in TOOLCHAIN_FILES:
        recipe["files"].pop(name, None)
    return recipe


def toolchain(directory):
    return [p.read_text() for p in (directory / n for n in TOOLCHAIN_FILES) if p.is_file()]


def replay(project, temp):
    """Counts, and a list of (what is wrong or needless, commit before, commit, recipe before, recipe)."""
    unpack(CORPUS / "history" / f"{project}.tar.xz", temp)
    directories = {d.name.split("-", 1)[1]: d for d in temp.iterdir()}
    count = dict(commits=0, same=0, needless=0, changed=0, missed=0, errors=0)
    notes, before = [], None
    for commit, truth in truths(project):
        count["commits"] += 1
        directory = directories[commit]
        try:
            path = directory / "recipe.json"
            larder("prepare", "--recipe-path", path, *FLAGS, cwd=directory)
            recipe = path.read_text()
        except Failed as e:
            count["errors"] += 1
            notes.append(("error", commit, commit, str(e), ""))
            continue
        now = (commit, truth, recipe, toolchain(directory))
        if before:
            swapped = now[3] != before[3]
            same_recipe = without_toolchain(recipe) == without_toolchain(before[2]) if swapped else recipe == before[2]
            kind = None
            if truth == before[1]:
                count["same"] += 1
                kind = None if same_recipe else "needless"
            else:
                count["changed"] += 1
                kind = "missed" if same_recipe else None
            if swapped and recipe == before[2]:
                kind = "missed"
            if kind:
                count[kind] += 1
                notes.append((kind, before[0], commit, before[2], recipe))
        before = now
    return count, notes


def explain(note):
    kind, old, new, before, after = note
    if kind == "error":
        return f"\n{new}: prepare failed:\n  " + before.replace("\n", "\n  ")
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, n=2, lineterm="")
    return f"\n{new}: {kind}\n" + "\n".join("  " + line for line in diff)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=sorted(LIMITS), help="only this project (repeatable)")
    parser.add_argument("--explain", action="store_true", help="show how the recipe changed needlessly")
    parser.add_argument("--recipes", metavar="DIR", type=Path, help="also write every recipe to DIR/PROJECT/COMMIT.json")
    args = parser.parse_args()
    check_setup()

    passed = failed = 0
    rows, said = [], []
    for project, limit in LIMITS.items():
        if args.only and project not in args.only:
            continue
        with tempfile.TemporaryDirectory(prefix="larder-stable-") as temp:
            count, notes = replay(project, Path(temp))
            if args.recipes:
                (args.recipes / project).mkdir(parents=True, exist_ok=True)
                for found in Path(temp).glob("*/recipe.json"):
                    (args.recipes / project / f"{found.parent.name}.json").write_text(found.read_text())
        broken = count["missed"] or count["errors"] or count["needless"] > limit
        passed, failed = passed + (not broken), failed + bool(broken)
        rows.append([project, count["commits"], count["changed"], count["missed"], count["same"],
                     f"{count['needless']} (limit {limit})", count["errors"], "FAILED" if broken else "ok"])
        said += [f"- {project}: {kind} at {commit}" for kind, _, commit, _, _ in notes]
        if args.explain:
            said += [explain(n) for n in notes if n[0] in ("needless", "error")]
    print(table(["project", "commits", "units changed", "recipe did not", "units the same", "recipe changed",
                 "errors", ""], rows))
    print("\n".join(said))
    finish(passed, failed)


main()
