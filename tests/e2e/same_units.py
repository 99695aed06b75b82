#!/usr/bin/env python3
"""The skeleton has the third-party units that the workspace has: every workspace of the corpus, every usual scope.

    same_units.py [--only NAME]… [--scope=TITLE]… [--jobs N] [--extra] [--cargo-only] [--keep]

Cargo's own unit graph is the oracle, for the workspace and for what `cook --no-build` writes. Nothing is compiled.
Compared are the hashes of `third-party-units.py --keys`, which cover each unit and the third-party ones below it.
A cell shows the number of units and `=`, or the numbers of the workspace and of the skeleton and `≠`; `n/a` where
cargo itself refuses the workspace, which is neither passed nor failed."""
import argparse
import json
import os
import shlex
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
from larder import CORPUS, SHARED, Failed, check_setup, drop_toolchain, finish, larder, run, table, unpack

LINUX = "x86_64-unknown-linux-gnu"

# Scope: name, flags of `prepare`, flags of `cook` beside them. Cargo gets both; `--check` makes it `cargo check`.
SCOPES = [
    ("--release", ["--release"], []),
    ("--workspace", ["--release", "--workspace"], []),
    ("-p first", ["--release", "-p", "{first}"], []),
    ("-p middle", ["--release", "-p", "{middle}"], []),
    ("-p last", ["--release", "-p", "{last}"], []),
    ("--all-features", ["--release", "--all-features"], []),
    ("--tests", ["--tests"], []),
    ("--target", ["--release", "--target", LINUX], []),
    ("unscoped", [], ["--release"]),
    ("--check", ["--check", "--workspace", "--all-targets"], []),
    ("wasm", ["--release", "--target", "wasm32-unknown-unknown"], []),
    ("unscoped -W --tests", [], ["--workspace", "--tests"]),
    ("unscoped -p musl", [], ["--release", "-p", "{first}", "--target", "aarch64-unknown-linux-musl"]),
    ("unscoped --check", [], ["--check"]),
]
EXTRA = [
    ("-W --all-targets", ["--workspace", "--all-targets"], []),
    ("--no-default", ["--release", "--no-default-features"], []),
    ("-W --target", ["--workspace", "--target", LINUX], []),
    ("-W --tests --all-f", ["--workspace", "--tests", "--all-features"], []),
    ("unscoped -W", [], ["--release", "--workspace"]),
    ("unscoped -p first", [], ["--release", "-p", "{first}"]),
    ("unscoped --target", [], ["--release", "--target", LINUX]),
]

# Workspaces whose skeleton may differ, with the reason.
EXPECTED_DIFFERENT = {}


def units(cargo_flags, cwd, *how):
    """The third-party units of `cargo <flags>`, one a line. Nightly only if stable cannot read the workspace."""
    tool = [sys.executable, SHARED / "tools/third-party-units.py", *how, "--", *cargo_flags]
    try:
        printed = run(tool, cwd)
    except Failed as stable:
        if "nightly" not in str(stable):
            raise
        printed = run(tool, cwd, RUSTUP_TOOLCHAIN="nightly")
    return set(printed.split("\n")) - {""}


def members(workspace):
    """First, middle and last member by name, as far as there are three."""
    metadata = json.loads(run(["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"], workspace))
    names = sorted(p["name"] for p in metadata["packages"])
    picked = {"first": names[0]}
    if len(names) > 2:
        picked["middle"] = names[len(names) // 2]
    if len(names) > 1:
        picked["last"] = names[-1]
    return picked


def make_skeleton(workspace, scratch, prepare, cook):
    """Where the skeleton is, and the flags to give cargo there."""
    recipe, skeleton = scratch / "recipe.json", scratch / "skeleton"
    skeleton.mkdir(parents=True)
    larder("prepare", "--recipe-path", recipe, *prepare, cwd=workspace)
    said = larder("cook", "--recipe-path", recipe, "--no-build", "--ignore-rust-version", *cook, cwd=skeleton)
    lines = said.splitlines()
    if len(lines) != 1:
        raise Failed(f"`cook --no-build` printed {len(lines)} lines, not one:\n{said}")
    command = shlex.split(lines[0])
    if command[0] != "cargo":
        raise Failed(f"`cook --no-build` printed a line that does not begin with `cargo`: {lines[0]}")
    return skeleton, command[1:]


def difference(real, ours, limit=6):
    """A few of the units that only one side has; of their features and profile only what sets them apart."""
    if real == ours:
        return "the same units, but with other dependencies below them"
    only = {"-": sorted(map(json.loads, real - ours)), "+": sorted(map(json.loads, ours - real))}

    def show(sign, unit):
        package, kind, _, features, mode, platform, profile = unit
        said = [package.split("#")[-1].split("/")[-1], kind[0], mode, platform or "host"]
        twin = next((o for o in only["+" if sign == "-" else "-"] if o[:3] + o[4:6] == unit[:3] + unit[4:6]), None)
        if not twin:
            return " ".join(said)
        if own := sorted(set(features) - set(twin[3])):
            said.append("features only here: " + ",".join(own))
        said += [f"{p} (there {q})" for p, q in zip(profile, twin[6]) if p != q]
        return " ".join(said)

    said = []
    for sign, lines in only.items():
        said += [f"{sign} {show(sign, l)}" for l in lines[:limit]]
        if len(lines) > limit:
            said.append(f"{sign} … {len(lines)} in all")
    return "\n".join(said)


def try_scope(workspace, scratch, prepare, cook, cargo_only):
    """One cell: what to show in the table, the verdict (None: neither passed nor failed), what to say below it."""
    flags = [*prepare, *cook]
    command = "check" if "--check" in flags else "build"
    cargo = [command, "--locked", "--ignore-rust-version", *(f for f in flags if f != "--check")]
    try:
        real = units(cargo, workspace, "--keys")
    except Failed as e:
        return "n/a", None, str(e)
    if cargo_only:
        return str(len(real)), True, ""
    try:
        skeleton, command = make_skeleton(workspace, scratch, prepare, cook)
        ours = units(command, skeleton, "--keys")
    except Failed as e:
        return f"{len(real)} error", False, str(e)
    if real == ours:
        return f"{len(real)} =", True, ""
    return f"{len(real)} ≠ {len(ours)}", False, difference(units(cargo, workspace), units(command, skeleton))


def try_workspace(archive, scopes, temp, cargo_only):
    name = archive.name.removesuffix(".tar.xz")
    workspace = temp / name / "workspace"
    unpack(archive, workspace)
    drop_toolchain(workspace)
    picked = members(workspace)
    cells = []
    for number, (scope, prepare, cook) in enumerate(scopes):
        try:
            prepare, cook = ([f.format(**picked) for f in flags] for flags in (prepare, cook))
        except KeyError:
            cells.append(("·", None, ""))
            continue
        cells.append(try_scope(workspace, temp / name / str(number), prepare, cook, cargo_only))
    return name, picked, cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="only this workspace (repeatable)")
    parser.add_argument("--scope", action="append", metavar="TITLE", help="only this scope: --scope=--tests (repeatable)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="workspaces at a time")
    parser.add_argument("--extra", action="store_true", help="more scopes than the usual ones")
    parser.add_argument("--cargo-only", action="store_true", help="only ask cargo: fills the registry cache, shows what is n/a")
    parser.add_argument("--keep", action="store_true", help="leave the temporary directory")
    args = parser.parse_args()
    if not args.cargo_only:
        check_setup()

    archives = [a for a in sorted((CORPUS / "workspaces").glob("*.tar.xz"))
                if not args.only or a.name.removesuffix(".tar.xz") in args.only]
    scopes = [s for s in SCOPES + (EXTRA if args.extra else []) if not args.scope or s[0] in args.scope]
    if not archives or not scopes:
        sys.exit("error: no such workspace or scope")
    temp = Path(tempfile.mkdtemp(prefix="larder-same-units-"))
    try:
        with ThreadPoolExecutor(args.jobs) as pool:
            tried = list(pool.map(lambda a: try_workspace(a, scopes, temp, args.cargo_only), archives))
    finally:
        if args.keep:
            print(f"kept: {temp}", file=sys.stderr)
        else:
            shutil.rmtree(temp)

    print(table(["workspace", *(s[0] for s in scopes)], [[n, *(c[0] for c in cells)] for n, _, cells in tried]))
    print("\nThe members of `-p`, and cells that say more:")
    passed = failed = 0
    for name, picked, cells in tried:
        print(f"- {name}: {', '.join(picked.values())}")
        for (scope, _, _), (_, verdict, said) in zip(scopes, cells):
            if verdict is False and name in EXPECTED_DIFFERENT:
                verdict, said = None, f"expected, {EXPECTED_DIFFERENT[name]}\n{said}"
            passed += verdict is True
            failed += verdict is False
            if said:
                label = {True: "note", False: "FAILED", None: "n/a"}[verdict]
                print(f"  {scope}: {label}:\n    " + said.replace("\n", "\n    "))
    finish(passed, failed)


main()
