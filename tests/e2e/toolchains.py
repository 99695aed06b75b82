#!/usr/bin/env python3
"""cargo-larder with old and new cargo: after `cook`, the real build compiles no third-party crate, its program runs,
and the recipe has the same bytes with every toolchain.

    toolchains.py [--suite SUITE]… [--rustup VERSION]… [--only PROJECT]…

Without --suite and --rustup: Debian's suites with Rust 1.63, 1.85, 1.96, and sid's (debian.py; as root).
--rustup adds a version that rustup installs below target/. LARDER is the program, which runs in all of them: a static
one, or one of this machine's Debian or an older one.

The projects are in toolchains/. Their crates are downloaded once, and replace crates.io as a directory. `young` is of
edition 2024, with version 4 of the lockfile. If cargo cannot read that version, `cook` must say in one sentence which
Rust can; if it can, but has no edition 2024, cargo refuses the real build in its own words.
"""
import argparse
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import larder
from debian import RUST, Debian
from larder import ROOT

HERE = Path(__file__).resolve().parent / "toolchains"
MADE = ROOT / "target"
TARGET = "x86_64-unknown-linux-gnu"
# What each program prints. `members` is cooked from an unscoped recipe, too.
PROJECTS = {"plain": "plain 4 0", "members": "members shelf 42 0", "patched": "patched OFF", "young": "young 2024"}
# The first Rust that reads the lockfile of `young`, and the first one that has its edition.
LOCKFILE_4, EDITION_2024 = (1, 78), (1, 85)
SAYS = "cannot read `Cargo.lock`, which has version 4; Rust 1.78 and newer can"


@dataclass
class Rustup:
    """A toolchain of rustup, run on this machine."""

    version: str

    def command(self, args, cwd, env):
        toolchain = next((MADE / "rustup/toolchains").glob(f"{self.version}-*"))
        variables = {"PATH": f"{toolchain}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **env}
        words = ["env", "-i", "-C", cwd, *(f"{key}={value}" for key, value in variables.items()), *args]
        return [str(word) for word in words]


@dataclass
class Result:
    """The cells of a row, and what is wrong."""

    prepare: str = "-"
    cook: str = "-"
    again: str = "-"
    runs: str = "-"
    wrong: str = ""
    recipe: str = ""


class Bench:
    """One toolchain and the directory where it works."""

    def __init__(self, toolchain, temp):
        self.toolchain, self.temp = toolchain, temp
        # Messages in one line, so that they can be compared.
        self.env = {"CARGO_HOME": temp / "home", "COLUMNS": "10000"}
        said = self.run(["rustc", "--version"], temp).stdout
        self.rust = re.match(r"rustc ((\d+)\.(\d+)\.\d+)", said) or sys.exit(f"error: no rustc in {toolchain}: {said}")
        self.version = (int(self.rust[2]), int(self.rust[3]))

    def run(self, args, cwd):
        command = self.toolchain.command(args, cwd, self.env)
        return subprocess.run(command, capture_output=True, text=True)

    def project(self, name, scoped):
        """Prepares, cooks in a directory that holds the recipe alone, brings the sources, builds, runs."""
        place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.temp))
        source, result = place / "source", Result()
        shutil.copytree(HERE / name, source)
        flags = ["--release"]
        (place / "app").mkdir()
        recipe = place / "app/recipe.json"
        done = self.larder("prepare", "--recipe-path", recipe, *(flags if scoped else []), cwd=source)
        if done.returncode:
            return Result("fails", wrong=done.stderr)
        result.prepare, result.recipe = "ok", hashlib.sha256(recipe.read_bytes()).hexdigest()
        done = self.larder("cook", *(flags if not scoped else []), cwd=place / "app")
        if name == "young" and self.version < LOCKFILE_4:
            is_told = done.returncode == 101 and done.stderr.count(SAYS) == 1 and done.stderr.strip().endswith(SAYS)
            result.cook = "names Rust 1.78" if is_told else "fails"
            result.wrong = "" if is_told else f"the last words of cook are not `{SAYS}`:\n{done.stderr}"
            return result
        if done.returncode:
            result.cook, result.wrong = "fails", done.stderr
            return result
        if "warning" in done.stderr:
            result.wrong = done.stderr
        result.cook = "ok"
        shutil.copytree(source, place / "app", dirs_exist_ok=True)
        done = self.run(["cargo", "build", "-v", "--locked", "--offline", "--message-format", "json", *flags], place / "app")
        if name == "young" and self.version < EDITION_2024:
            is_told = done.returncode and "edition" in done.stderr
            result.again = "edition refused by cargo"
            result.wrong += "" if is_told else f"cargo does not refuse the edition:\n{done.stderr}"
            return result
        if done.returncode:
            result.wrong += done.stderr
            return result
        seen, again = judged(done.stdout, done.stderr)
        result.again = str(len(again))
        if again or not seen:
            result.wrong += f"compiled again: {sorted(again)}\n"
        said = self.run([place / "app/target/release" / ("app" if name == "members" else name)], place).stdout.strip()
        result.runs = "yes" if said == PROJECTS[name] else "no"
        if said != PROJECTS[name]:
            result.wrong += f"the program says `{said}`, not `{PROJECTS[name]}`\n"
        return result

    def larder(self, verb, *args, cwd):
        return self.run([self.temp / "cargo-larder", "larder", verb, *args], cwd)


def judged(messages, words):
    """How many third-party units the build looked at, and those that it compiled or whose script it ran again."""
    seen, again = 0, set()
    for message in map(json.loads, messages.splitlines()):
        package = message.get("package_id", "path+")
        if message["reason"] == "compiler-artifact" and "path+" not in package:
            seen += 1
            again |= set() if message["fresh"] else {package}
    # A build script that runs again shows in the words only. Local packages end in a path.
    found = re.findall(r"^ *(?:Dirty|Compiling) (\S+ v[^\s:]+)(?!.*\(/)", words, re.M)
    return seen, again | set(found)


@functools.cache
def crates():
    """The crates of all projects, as cargo vendors them. Projects with one workspace each are not below this one."""
    with tempfile.TemporaryDirectory(prefix="larder-toolchains-") as temp:
        shutil.copytree(HERE, Path(temp, "projects"))
        manifests = [Path(temp, "projects", name, "Cargo.toml") for name in PROJECTS]
        first, *others = manifests
        sync = [word for manifest in others for word in ["--sync", manifest]]
        place = Path(tempfile.mkdtemp(prefix="larder-crates-"))
        larder.run(["cargo", "vendor", "--quiet", "--locked", "--manifest-path", first, *sync, place], temp)
    return place


def lay_out(temp):
    shutil.copyfile(larder.BINARY, temp / "cargo-larder")
    (temp / "cargo-larder").chmod(0o755)
    shutil.copytree(crates(), temp / "crates")
    (temp / "home").mkdir()
    replaced = f"[source.crates-io]\nreplace-with = 'here'\n[source.here]\ndirectory = '{temp}/crates'\n"
    (temp / "home/config.toml").write_text(replaced)


def toolchains(options, temp):
    """Their titles and themselves. All of them see the directory `temp` of this machine."""
    for suite in options.suite or ([] if options.rustup else RUST):
        yield f"Debian {suite}", Debian(suite, seen=temp)
    for version in options.rustup:
        home = dict(RUSTUP_HOME=str(MADE / "rustup"))
        larder.run(["rustup", "toolchain", "install", version, "--profile", "minimal", "--no-self-update"], ROOT, **home)
        yield "rustup", Rustup(version)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", action="append", default=[], choices=RUST)
    parser.add_argument("--rustup", action="append", default=[], metavar="VERSION")
    parser.add_argument("--only", action="append", choices=list(PROJECTS))
    options = parser.parse_args()
    if not larder.BINARY.is_file():
        sys.exit(f"error: no binary at `{larder.BINARY}`: run `cargo build --release`, or say where it is with LARDER=…")
    rows, recipes, passed, failed = [], {}, 0, 0
    shared = tempfile.TemporaryDirectory(prefix="larder-toolchains-")
    for origin, toolchain in toolchains(options, shared.name):
        with tempfile.TemporaryDirectory(dir=shared.name) as temp:
            lay_out(Path(temp))
            bench = Bench(toolchain, Path(temp))
            for name in options.only or PROJECTS:
                for scoped in [True, False] if name == "members" else [True]:
                    result = bench.project(name, scoped)
                    words = "scoped" if scoped else "unscoped"
                    expected = recipes.setdefault((name, scoped), result.recipe)
                    if result.recipe != expected:
                        result.wrong += "the recipe differs from that of the first toolchain\n"
                    passed, failed = passed + (not result.wrong), failed + bool(result.wrong)
                    print(f"{'FAILED' if result.wrong else 'ok'}: {bench.rust[1]}, {name}, {words}", flush=True)
                    if result.wrong:
                        print("    " + result.wrong.strip().replace("\n", "\n    "), flush=True)
                    cells = [result.prepare, result.cook, result.again, result.runs]
                    rows.append((f"Rust {bench.rust[1]} ({origin})", f"{TARGET}, `{name}`" + ("" if scoped else ", unscoped"), *cells))
    head = ["toolchain", "target", "prepare", "cook", "compiled again", "program runs"]
    print("\n" + larder.table(head, rows))
    shutil.rmtree(crates())
    shared.cleanup()
    larder.finish(passed, failed)


if __name__ == "__main__":
    main()
