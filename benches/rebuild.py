#!/usr/bin/env python3
"""Measures how long a rebuild of an image takes with cargo-larder, with cargo-chef, and with neither. Writes docs/rebuild.svg.

    benches/rebuild.py [--keep-picture]

The project is fd as published. Two changes are built: a source is edited, and one dependency is bumped in Cargo.lock. All builds
run at one path, as in a container, and begin as Docker begins them:

- Neither: one stage. Any change compiles everything in an empty target directory.
- cargo-chef: after an edit, the layer of `cook` is there. After the bump, `cook` runs in an empty target directory.
- cargo-larder: the same, but `cook` has a store (`--cache`) in a cache mount.

The figures are ratios of processor time, which depends less on what else the machine does than wall time. `--keep-picture` prints
the figures and writes no picture. `LARDER` and `CHEF` name the binaries; benches/rival.sh says where they are looked for."""
import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARDER = os.environ.get("LARDER", str(ROOT / "target/release/cargo-larder"))
CHEF_VERSION = "0.1.77"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
CHEF = os.environ.get("CHEF", str(CACHE / f"cargo-larder/cargo-chef-{CHEF_VERSION}/bin/cargo-chef"))
PROJECT, VERSION = "fd-find", "10.5.0"
BUMPED, BUMPED_TO = "memchr", "2.7.6"
ENV = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_TARGET", "LARDER_"))}
# cargo says to its sub-commands where it is.
ENV["CARGO"] = shutil.which("cargo") or "cargo"
BUILD = ["cargo", "build", "--release", "--locked"]


def run(args, cwd):
    """Standard error, and the seconds of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, env=ENV, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"error: `{' '.join(map(str, args))}` failed\n{done.stderr[-3000:]}")
    return done.stderr, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Rebuild:
    """Processor time, and the third-party crates that cargo compiled."""

    def __init__(self):
        self.seconds, self.crates = 0.0, 0

    def add(self, args, cwd):
        said, seconds = run(args, cwd)
        self.seconds += seconds
        self.crates += sum("(/" not in line for line in re.findall(r"^ *Compiling .*", said, re.M))


def download(temp):
    """fd as `cargo install` would get it, and again with one dependency bumped."""
    run(["cargo", "info", "--quiet", "--registry", "crates-io", f"{PROJECT}@{VERSION}"], temp)
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    found = next((home / "registry/src").glob(f"*/{PROJECT}-{VERSION}"))
    ignored = shutil.ignore_patterns(".cargo-ok", "rust-toolchain*")
    places = [temp / "sources", temp / "bumped"]
    for place in places:
        shutil.copytree(found, place, ignore=ignored)
    run(["cargo", "update", "--quiet", BUMPED, "--precise", BUMPED_TO], places[1])
    for place in places:
        run(["cargo", "fetch", "--quiet", "--locked"], place)
    return places


class Machine:
    """A directory that stands for that of an image."""

    def __init__(self, temp):
        self.place, self.recipe, self.store = temp / "app", temp / "recipe", temp / "store"

    def empty(self):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()

    def cook(self, tool, sources, rebuild):
        """`prepare` in the sources, and `cook` in an empty directory."""
        self.empty()
        recipe = self.place / "recipe.json"
        if tool == "larder":
            rebuild.add([LARDER, "larder", "prepare", "--release", "--recipe-path", recipe], sources)
            rebuild.add([LARDER, "larder", "cook", "--cache", self.store], self.place)
        else:
            rebuild.add([CHEF, "chef", "prepare", "--recipe-path", recipe], sources)
            rebuild.add([CHEF, "chef", "cook", "--release"], self.place)

    def build(self, sources, rebuild):
        """`COPY . .` and `cargo build`."""
        shutil.copytree(sources, self.place, dirs_exist_ok=True)
        rebuild.add(BUILD, self.place)


def measure(temp):
    """Tool → what an edit costs, and what a bump costs."""
    sources, bumped = download(temp)
    machine, found = Machine(temp), {}
    for tool in ["larder", "chef"]:
        machine.cook(tool, sources, Rebuild())
        machine.build(sources, Rebuild())
        edit, bump = Rebuild(), Rebuild()
        main = machine.place / "src/main.rs"
        main.write_text(main.read_text() + "// edited\n")
        edit.add(BUILD, machine.place)
        machine.cook(tool, bumped, bump)
        machine.build(bumped, bump)
        found[tool] = [edit, bump]
    machine.empty()
    neither = Rebuild()
    machine.build(bumped, neither)
    return {"cargo-larder": found["larder"], "cargo-chef": found["chef"], "neither": [neither, neither]}


STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .head { font-weight: 600 }
    .small { fill: #59636e; font-size: 12px }
    .larder { fill: #1a7f37 }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .small { fill: #9198a1 }
      .larder { fill: #3fb950 }
      .other { fill: #6e7681 }
    }
"""
TITLES = ["A source was edited", f"One dependency was bumped ({BUMPED})"]
WIDTH, LEFT, BAR = 720, 120, 380


def picture(figures):
    """An SVG with a group of bars for each change, relative to the longest."""
    lines, y = [], 24
    whole = figures["neither"][1].seconds
    longest = max(rebuild.seconds for rebuilds in figures.values() for rebuild in rebuilds)
    for number, title in enumerate(TITLES):
        lines.append(f'<text class="head" x="8" y="{y}">{title}</text>')
        for tool, rebuilds in figures.items():
            y += 24
            rebuild = rebuilds[number]
            ratio = rebuild.seconds / whole
            crates = "1 crate" if rebuild.crates == 1 else f"{rebuild.crates} crates"
            name = "larder" if tool == "cargo-larder" else "other"
            width = max(2, round(BAR * rebuild.seconds / longest))
            lines.append(f'<text x="8" y="{y}">{tool}</text>')
            lines.append(f'<rect class="{name}" x="{LEFT}" y="{y - 12}" width="{width}" height="16" rx="2"/>')
            lines.append(f'<text class="small" x="{LEFT + width + 8}" y="{y}">{ratio:.2f} · {crates} compiled again</text>')
        y += 36
    lines.append(f'<text class="small" x="8" y="{y}">Processor time of a rebuild of fd {VERSION}, relative to one without either tool; benches/rebuild.py</text>')
    body = "\n  ".join(lines)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 14}" width="{WIDTH}" role="img" aria-label="Rebuilds with cargo-larder, cargo-chef, and neither">
  <style>{STYLE}  </style>
  {body}
</svg>
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep-picture", action="store_true")
    options = parser.parse_args()
    for name, program in [("LARDER", LARDER), ("CHEF", CHEF)]:
        if not Path(program).is_file():
            sys.exit(f"error: no program at `{program}`\nhelp: set `{name}`, or run `cargo build --release` and `benches/rival.sh bump`")
    with tempfile.TemporaryDirectory(prefix="larder-rebuild-") as temp:
        figures = measure(Path(temp))
    whole = figures["neither"][1].seconds
    print("| | a source edited | crates | one dependency bumped | crates |\n|---|---|---|---|---|")
    for tool, (edit, bump) in figures.items():
        print(f"| {tool} | {edit.seconds / whole:.2f} | {edit.crates} | {bump.seconds / whole:.2f} | {bump.crates} |")
    if not options.keep_picture:
        (ROOT / "docs/rebuild.svg").write_text(picture(figures))


main()
