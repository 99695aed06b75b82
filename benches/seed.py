#!/usr/bin/env python3
"""What a cook compiles after a dependency change, when it starts from the target directory of the commit before.

    benches/seed.py [PROJECT] [CHANGES]          default: fd 20

Walks over the last commits in ../shared/corpus/history that change the third-party units of `cargo build --release`, cooks each
with `--seed` of the one before, into a new directory, and prints beside it how many units cargo's unit graph calls new there
(`*.truth.tsv`). Then the real build runs, with stand-ins for the project's own sources, and must compile no third-party crate.
`LARDER` names the binary (default: target/release/cargo-larder). Optimization is off, which does not change what is compiled."""
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
for name in ("CARGO_TARGET_DIR", "LARDER_SEED"):
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


def main():
    project = sys.argv[1] if len(sys.argv) > 1 else "fd"
    changes = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    rows = [line.split("\t") for line in (SHARED / f"corpus/history/{project}.truth.tsv").read_text().splitlines()[1:]]
    rows = [row for row in rows if row[1] not in ("", "-")]
    changed = [i for i in range(1, len(rows)) if rows[i][1] != rows[i - 1][1]][-changes:]
    with tempfile.TemporaryDirectory(prefix="larder-bench-") as temp:
        temp = pathlib.Path(temp)
        run([sys.executable, SHARED / "tools/unpack.py", SHARED / f"corpus/history/{project}.tar.xz", temp / "all"], temp)
        places = {d.name.split("-", 1)[1]: d for d in (temp / "all").iterdir()}
        seed, total = None, [0, 0, 0]
        print("| commit | units | new (truth) | run or compiled with a seed | crates compiled again by the real build |\n|---|---|---|---|---|")
        for i in [changed[0] - 1, *changed]:
            commit, _, units, new = rows[i][:4]
            place = places[commit]
            for name in ("rust-toolchain", "rust-toolchain.toml"):
                (place / name).unlink(missing_ok=True)
            stand_ins(place)
            run([LARDER, "larder", "prepare", "--release"], place)
            flags = ["--seed", seed] if seed else []
            run([LARDER, "larder", "cook", "--report", "report.json", *flags], place)
            report = json.loads((place / "report.json").read_text())
            compiled = report["units"]["compiled"]
            rebuilt = again(place)
            if seed:
                total = [a + b for a, b in zip(total, (int(new), compiled, rebuilt))]
                print(f"| {commit} | {units} | {new} | {compiled} | {rebuilt} |", flush=True)
                shutil.rmtree(seed)
            else:
                print(f"| {commit}, without a seed | {units} | | {compiled} | {rebuilt} |", flush=True)
            seed = temp / "seed"
            (place / "target").rename(seed)
        print(f"| {len(changed)} changes | | {total[0]} | {total[1]} | {total[2]} |")


main()
