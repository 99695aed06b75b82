#!/usr/bin/env python3
"""What a cook compiles after a dependency change, when it starts from what the commit before has left.

    benches/seed.py [--cache | --both] [PROJECT] [CHANGES]          default: fd 20

Walks over the last commits in ../shared/corpus/history that change the third-party units of `cargo build --release`. It cooks
each into a new directory, with `--seed` of the directory before, or with `--cache` of one store. Beside it stands how many units
cargo's unit graph calls new there (`*.truth.tsv`). Then the real build runs, with stand-ins for the project's own sources, and
must compile no third-party crate. It fails if it compiles one, or if a cook compiles a unit that no row explains.

All commits are cooked at one path, as in a container. At another path, cargo needs more: what names the path of the seed stays
behind. In fd these are the run of the build script of `tikv-jemalloc-sys`, its library, and `tikv-jemallocator`. A store brings
units of all earlier commits, so a cook with it may compile less than is new.

`LARDER` names the binary (default: target/release/cargo-larder). Optimization is off, to save time. Then a crate that the host
and the target need alike is one unit, where the truth has two: docs.rs has 729 units instead of 814, and its largest change
makes 291 new instead of 303."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LARDER = os.environ.get("LARDER", str(ROOT / "target/release/cargo-larder"))
ENV = dict(os.environ, CARGO_PROFILE_RELEASE_OPT_LEVEL="0", CARGO_PROFILE_RELEASE_LTO="off", CARGO_PROFILE_RELEASE_DEBUG="0")
for name in ("CARGO_TARGET_DIR", "LARDER_SEED", "LARDER_CACHE"):
    ENV.pop(name, None)


def run(args, cwd):
    done = subprocess.run(args, cwd=cwd, env=ENV, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, args))} failed in {cwd}\n{done.stderr[-3000:]}")
    return done


def stand_ins(place):
    """The corpus has names of source files only."""
    for path in place.rglob("*.rs"):
        if path.stat().st_size == 0:
            is_program = path.name in ("main.rs", "build.rs") or path.parent.name == "bin"
            path.write_text("fn main() {}\n" if is_program else "\n")


def again(place):
    """Third-party crates that the real build compiles."""
    done = subprocess.run(["cargo", "build", "--release", "--message-format", "json", "--keep-going"],
                          cwd=place, env=ENV, capture_output=True, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    artifacts = [m for m in messages if m["reason"] == "compiler-artifact" and not m["package_id"].startswith("path+")]
    if not artifacts:
        sys.exit(f"the real build in {place} did not begin\n{done.stderr[-3000:]}")
    return sum(not m["fresh"] for m in artifacts)


def keys(place):
    """The hash and the name of each third-party unit, as the truth has them."""
    tool = [sys.executable, SHARED / "tools/third-party-units.py", "--keys", "--", "build", "--release"]
    return set(run(tool, place).stdout.splitlines())


class Way:
    """One way of starting from earlier work, and what it compiled altogether."""

    def __init__(self, name, temp):
        self.name, self.place, self.total = name, temp / name, [0, 0]

    def flags(self):
        if self.name == "store":
            return ["--cache", self.place]
        return ["--seed", self.place] if self.place.exists() else []

    def keep(self, target):
        if self.name == "seed":
            shutil.rmtree(self.place, ignore_errors=True)
            target.rename(self.place)
        else:
            shutil.rmtree(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", default="fd")
    parser.add_argument("changes", nargs="?", type=int, default=20)
    parser.add_argument("--cache", action="store_true", help="with a store instead of a seed")
    parser.add_argument("--both", action="store_true", help="with each of them")
    options = parser.parse_args()
    rows = [line.split("\t") for line in (SHARED / f"corpus/history/{options.project}.truth.tsv").read_text().splitlines()[1:]]
    rows = [row for row in rows if row[1] not in ("", "-")]
    changed = [i for i in range(1, len(rows)) if rows[i][1] != rows[i - 1][1]][-options.changes:]
    with tempfile.TemporaryDirectory(prefix="larder-bench-") as temp:
        temp = pathlib.Path(temp)
        run([sys.executable, SHARED / "tools/unpack.py", SHARED / f"corpus/history/{options.project}.tar.xz", temp / "all"], temp)
        places = {d.name.split("-", 1)[1]: d for d in (temp / "all").iterdir()}
        names = ["seed", "store"] if options.both else ["store" if options.cache else "seed"]
        ways = [Way(name, temp) for name in names]
        head = ["commit", "units", "new (truth)", "new (cargo here)", *(f"{way}: {what}" for way in names for what in ("run or compiled", "again by the real build"))]
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        new_units, before, unexplained = [0, 0], None, 0
        for i in [changed[0] - 1, *changed]:
            commit, _, units, by_truth = rows[i][:4]
            # At one path, as in a container: some units name it.
            place = temp / "project"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(places[commit], place)
            for name in ("rust-toolchain", "rust-toolchain.toml"):
                (place / name).unlink(missing_ok=True)
            stand_ins(place)
            now = keys(place)
            new = [] if before is None else [line.split(" ", 1)[1] for line in now - before]
            run([LARDER, "larder", "prepare", "--release"], place)
            cells, more = [], []
            for way in ways:
                run([LARDER, "larder", "cook", "--report", "report.json", *way.flags()], place)
                report = json.loads((place / "report.json").read_text())
                compiled = [f"{row['package']}@{row['version']}" for row in report["rows"] if row["from"] == "compiled"]
                rebuilt = again(place)
                cells += [len(compiled), rebuilt]
                if before is not None:
                    way.total = [way.total[0] + len(compiled), way.total[1] + rebuilt]
                    rest = [name for name in compiled if name not in new]
                    more += [f"{way.name}: {' '.join(sorted(rest))}"] if rest else []
                way.keep(place / "target")
            if before is not None:
                new_units = [new_units[0] + int(by_truth), new_units[1] + len(new)]
            print("| " + " | ".join(map(str, [commit, units, by_truth if before is not None else "", len(new) if before is not None else "", *cells])) + " |", flush=True)
            for line in more:
                unexplained += 1
                print(f"compiled in {commit} and not new by the unit graph: {line}", flush=True)
            before = now
        totals = [cell for way in ways for cell in way.total]
        print("| " + " | ".join(map(str, [f"{len(changed)} changes", "", *new_units, *totals])) + " |")
        return 1 if unexplained or any(way.total[1] for way in ways) else 0


if __name__ == "__main__":
    sys.exit(main())
