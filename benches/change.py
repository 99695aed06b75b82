#!/usr/bin/env python3
"""The time of a dependency change: `cook` with a seed and with a store, beside cargo-chef and a kept target directory.

    benches/change.py [PROJECT] [CHANGES]          default: fd 4

Walks over the last commits in ../shared/corpus/history that change the third-party units of `cargo build --release`. What the
commit before has left is what each way starts from:

| way | starts from |
|---|---|
| seed | `cook --seed` with the target directory before, into an empty directory |
| store | `cook --cache` with the store before, into an empty directory |
| plain | `cargo build` over the target directory before |
| chef | `cargo chef cook`, into an empty directory |
| chef + sccache, chef + kache | the same with the cache before, as `RUSTC_WRAPPER` |

The ways take turns in being first. It prints ratios of one run: of the time of all processors (user and system, with all
processes that a way starts), which other work on the machine hardly changes, and of the time that passes. All ways use the
project's own profile, and stand-ins for the project's own sources.

`LARDER` names the binary (default: target/release/cargo-larder). `CHEF`, `SCCACHE`, and `KACHE` name the others (default: those
on PATH; ways without their program are left out). Each program comes from crates.io:

    cargo install cargo-chef@0.1.77 sccache --locked && cargo install kache"""
import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from seed import LARDER, SHARED, stand_ins

FOUND = {name: os.environ.get(name.upper()) or shutil.which(program)
         for name, program in (("chef", "cargo-chef"), ("sccache", "sccache"), ("kache", "kache"))}
BASE = {name: value for name, value in os.environ.items()
        if name not in ("CARGO_TARGET_DIR", "LARDER_SEED", "LARDER_CACHE", "RUSTC_WRAPPER")}
TICK = os.sysconf("SC_CLK_TCK")


def run(args, cwd, **env):
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, env=BASE | env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, args))} failed in {cwd}\n{done.stderr[-3000:]}")
    return done


def of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def of_process(process):
    """Seconds of a process that runs, and of those that it has waited for."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / TICK


class Way:
    """One way, with a directory of its own for what the next change starts from."""

    env, server = {}, None

    def __init__(self, name, temp):
        self.name, self.kept, self.cpu, self.wall = name, temp / name.replace(" + ", "-"), [], []

    def before(self, project):
        """Prepares what is not measured."""

    def args(self):
        raise NotImplementedError

    def after(self, project):
        shutil.rmtree(project / "target", ignore_errors=True)

    def end(self):
        """Stops what runs beside it."""
        if self.server:
            self.server.terminate()
            self.server.wait()

    def take(self, project, counts):
        shutil.rmtree(project / "target", ignore_errors=True)
        self.before(project)
        served = of_process(self.server) if self.server else 0.0
        began, cpu = time.monotonic(), of_children()
        run(self.args(), project, **self.env)
        wall, cpu = time.monotonic() - began, of_children() - cpu
        cpu += of_process(self.server) - served if self.server else 0.0
        self.after(project)
        if counts:
            self.cpu.append(cpu)
            self.wall.append(wall)


class Seed(Way):
    def args(self):
        return [LARDER, "larder", "cook", *(["--seed", self.kept] if self.kept.exists() else [])]

    def after(self, project):
        shutil.rmtree(self.kept, ignore_errors=True)
        (project / "target").rename(self.kept)


class Store(Way):
    def args(self):
        return [LARDER, "larder", "cook", "--cache", self.kept]


class Plain(Seed):
    def before(self, project):
        if self.kept.exists():
            self.kept.rename(project / "target")

    def args(self):
        return ["cargo", "build", "--release"]


class Chef(Way):
    """Cooks where nothing but its recipe is, as in a stage of a Dockerfile."""

    # cargo says to its sub-commands where it is.
    env = {"CARGO": shutil.which("cargo")}

    def before(self, project):
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir(parents=True)
        run([FOUND["chef"], "chef", "prepare", "--recipe-path", self.kept / "recipe.json"], project)

    def args(self):
        return ["env", "-C", self.kept, FOUND["chef"], "chef", "cook", "--release"]


class Sccache(Chef):
    def __init__(self, name, temp):
        super().__init__(name, temp)
        own = {"SCCACHE_DIR": str(temp / "sccache-cache"), "SCCACHE_SERVER_UDS": str(temp / "sccache.socket"), "SCCACHE_IDLE_TIMEOUT": "0"}
        self.env = self.env | own | {"RUSTC_WRAPPER": FOUND["sccache"], "CARGO_INCREMENTAL": "0"}
        self.server = subprocess.Popen([FOUND["sccache"]], env=BASE | own | {"SCCACHE_START_SERVER": "1", "SCCACHE_NO_DAEMON": "1"},
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)


class Kache(Chef):
    """Its daemon starts by itself, and is no child of this process: its time is not counted."""

    def __init__(self, name, temp):
        super().__init__(name, temp)
        self.env = self.env | {"KACHE_CACHE_DIR": str(temp / "kache-cache"), "RUSTC_WRAPPER": FOUND["kache"], "CARGO_INCREMENTAL": "0"}

    def end(self):
        subprocess.run([FOUND["kache"], "daemon", "stop"], env=BASE | self.env, capture_output=True)


def ratio(a, b):
    return f"{statistics.median(x / y for x, y in zip(a, b)):.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", default="fd")
    parser.add_argument("changes", nargs="?", type=int, default=4)
    parser.add_argument("--without", default="", help="ways to leave out, separated by commas")
    options = parser.parse_args()
    history = SHARED / f"corpus/history/{options.project}"
    rows = [line.split("\t") for line in pathlib.Path(f"{history}.truth.tsv").read_text().splitlines()[1:]]
    rows = [row for row in rows if row[1] not in ("", "-")]
    changed = [i for i in range(1, len(rows)) if rows[i][1] != rows[i - 1][1]][-options.changes:]
    with tempfile.TemporaryDirectory(prefix="larder-bench-", ignore_cleanup_errors=True) as temp:
        temp = pathlib.Path(temp)
        run([sys.executable, SHARED / "tools/unpack.py", f"{history}.tar.xz", temp / "all"], temp)
        places = {place.name.split("-", 1)[1]: place for place in (temp / "all").iterdir()}
        makers = {"seed": Seed, "store": Store, "plain": Plain, "chef": Chef, "chef + sccache": Sccache, "chef + kache": Kache}
        without = [name.strip() for name in options.without.split(",")]
        has = {name: all(FOUND.get(tool) for tool in name.split(" + ") if tool in FOUND) for name in makers}
        ways = [make(name, temp) for name, make in makers.items() if has[name] and name not in without]
        for name in makers:
            if not has[name]:
                print(f"left out, as its program is not installed: {name}", flush=True)
        try:
            measure(ways, [(rows[i], places[rows[i][0]]) for i in [changed[0] - 1, *changed]], temp)
        finally:
            for way in ways:
                way.end()


def measure(ways, commits, temp):
    by_name = {way.name: way for way in ways}
    print("| commit | new units | " + " | ".join(f"{way.name}: {what}" for way in ways for what in ("processors", "time")) + " |")
    print("|" + "---|" * (2 + 2 * len(ways)), flush=True)
    for at, ((commit, _, _, new, *_), sources) in enumerate(commits):
        project = temp / "project"
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(sources, project)
        for name in ("rust-toolchain", "rust-toolchain.toml"):
            (project / name).unlink(missing_ok=True)
        stand_ins(project)
        run([LARDER, "larder", "prepare", "--release"], project)
        run(["cargo", "fetch", "--locked"], project)
        turn = at % len(ways)
        for way in ways[turn:] + ways[:turn]:
            if at or way.name != "chef":
                way.take(project, counts=at > 0)
        if at:
            first = ways[0]
            cells = [f"{figures[-1] / base[-1]:.2f}" for way in ways for figures, base in ((way.cpu, first.cpu), (way.wall, first.wall))]
            print("| " + " | ".join([commit, new, *cells]) + " |", flush=True)
    print(f"\nEach row is relative to `{ways[0].name}`. Medians of {len(commits) - 1} changes:\n\n| | processors | time |\n|---|---|---|")
    for other in ("chef", "chef + sccache", "chef + kache"):
        for own in ("seed", "store"):
            if other in by_name and own in by_name:
                a, b = by_name[other], by_name[own]
                print(f"| {other} / {own} | {ratio(a.cpu, b.cpu)} | {ratio(a.wall, b.wall)} |")
    for own in ("seed", "store"):
        if own in by_name and "plain" in by_name:
            a, b = by_name[own], by_name["plain"]
            print(f"| {own} / plain | {ratio(a.cpu, b.cpu)} | {ratio(a.wall, b.wall)} |", flush=True)


if __name__ == "__main__":
    main()
