#!/usr/bin/env python3
"""Cross builds that really run: after `cook` for another platform, the real build compiles no third-party crate, and its
program, started under an emulator, prints what it should.

    targets.py [--only NAME]… [--keep]

Needs root and debootstrap, on Debian. Compilers, linkers, and emulators are installed in a Debian of their own (see
debian.py). `targets/` is the project that is built. `prepare` runs beside its sources, `cook` in a directory that holds
recipe.json and nothing else; then the sources come in. Prints Markdown."""
import argparse
import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from debian import RUSTUP, Debian, Failed
from larder import BINARY, finish, table

HERE = Path(__file__).resolve().parent
SCRATCH = "/targets"
ARM, WINDOWS = "aarch64-unknown-linux-gnu", "x86_64-pc-windows-gnu"
HERE_TOO, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"
FOR_ARM = ["libstd-rust-dev:arm64", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"]
RUN_ARM = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
FOR_WASM = ["libstd-rust-dev-wasm32", "lld", "clang", "wasi-libc", "nodejs"]
ZIG = ["ziglang", "cargo-zigbuild"]
RUN_WASM = ["node", "--no-warnings", "run.mjs"]

EMULATORS = {"qemu-aarch64": "under QEMU", "node": "in Node.js", "/usr/lib/wine/wine64": "under Wine"}


@dataclass
class Case:
    """A build. `says` is what the program of each directory in the target directory prints."""

    title: str
    packages: list[str]
    flags: list[str]
    says: dict[str, str]
    run: dict[str, list[str]] = field(default_factory=dict)
    config: str = ""
    std: str = ""
    pip: list[str] = field(default_factory=list)
    zig: bool = False
    # A toolchain of rustup with the target's standard library, where Debian has none.
    rustup: str = ""
    scoped: bool = True
    file: str = "crossing"
    glibc: str = ""
    static: bool = False


def said(platform, system):
    return f'Jars {{"text":"plums and beans","platform":"{platform}","system":"{system}"}}'


CASES = {
    "arm": Case(ARM, FOR_ARM, ["--target", ARM], {ARM: said("aarch64-linux", "libc")}, {ARM: RUN_ARM}),
    "config": Case(f"{ARM} by `build.target`", FOR_ARM, [], {ARM: said("aarch64-linux", "libc")}, {ARM: RUN_ARM},
                   config=f'\n[build]\ntarget = "{ARM}"\n'),
    "two": Case(f"{ARM} and {HERE_TOO}, unscoped", FOR_ARM, ["--target", ARM, "--target", HERE_TOO],
                {ARM: said("aarch64-linux", "libc"), HERE_TOO: said("x86_64-linux", "libc")}, {ARM: RUN_ARM}, scoped=False),
    "wasi": Case("wasm32-wasip1", FOR_WASM, ["--target", "wasm32-wasip1"], {"wasm32-wasip1": said("wasm32-", "none")},
                 {"wasm32-wasip1": RUN_WASM}, file="crossing.wasm"),
    "wasm": Case("wasm32-unknown-unknown, a cdylib", FOR_WASM, ["-p", "crossing-page", "--target", "wasm32-unknown-unknown"],
                 {"wasm32-unknown-unknown": "42"}, {"wasm32-unknown-unknown": RUN_WASM}, file="crossing_page.wasm"),
    "windows": Case(WINDOWS, ["gcc-mingw-w64-x86-64-win32", "wine64"], ["--target", WINDOWS], {WINDOWS: said("x86_64-windows", "windows-sys")},
                    {WINDOWS: ["/usr/lib/wine/wine64"]}, std=WINDOWS, file="crossing.exe"),
    "musl": Case(MUSL, ["musl-tools", "binutils"], ["--target", MUSL], {MUSL: said("x86_64-linux", "libc")}, rustup="1.85", static=True),
    "zig": Case(f"{HERE_TOO}.2.17 with `--zigbuild`", ["binutils"], ["--target", f"{HERE_TOO}.2.17"], {HERE_TOO: said("x86_64-linux", "libc")},
                pip=ZIG, zig=True, glibc="2.17"),
    "zig-arm": Case(f"{ARM}.2.28 with `--zigbuild`", [*FOR_ARM, "binutils"], ["--target", f"{ARM}.2.28"], {ARM: said("aarch64-linux", "libc")},
                    {ARM: RUN_ARM}, pip=ZIG, zig=True, glibc="2.28"),
}


class Broken(Exception):
    """A promise does not hold."""


def check(debian, case, env):
    """Prepares, cooks, and builds. Returns the number of third-party units that the build looks at."""
    shutil.rmtree(debian.root / SCRATCH.lstrip("/"), ignore_errors=True)
    sources, place = debian.root / f"{SCRATCH}/sources".lstrip("/"), debian.root / f"{SCRATCH}/project".lstrip("/")
    shutil.copytree(HERE / "targets", sources, ignore=shutil.ignore_patterns("target"))
    with Path(sources, ".cargo/config.toml").open("a") as config:
        config.write(case.config)
    place.mkdir()
    flags = ["--release", *case.flags]
    debian.run("cargo", "larder", "prepare", "--recipe-path", f"{SCRATCH}/project/recipe.json", *(flags if case.scoped else []), cwd=f"{SCRATCH}/sources", env=env)
    debian.run("cargo", "larder", "cook", *flags, *(["--zigbuild"] if case.zig else []), cwd=f"{SCRATCH}/project", env=env)
    shutil.copytree(sources, place, dirs_exist_ok=True)
    # A checkout is newer than what was cooked before it.
    now = time.time()
    for file in (path for path in place.rglob("*") if "target" not in path.relative_to(place).parts and path.is_file()):
        os.utime(file, (now, now))
    built = debian.start("cargo", "zigbuild" if case.zig else "build", "-v", "--locked", "--message-format", "json", *flags, cwd=f"{SCRATCH}/project", env=env)
    if built.returncode:
        raise Broken("the real build failed:\n" + "\n".join(built.stderr.splitlines()[-15:]))
    return again(built)


def again(built):
    """Numbers of third-party units that a build looked at; fails if it compiled one, or no local package."""
    artifacts = [message for message in map(json.loads, filter(None, built.stdout.splitlines())) if message["reason"] == "compiler-artifact"]
    third = [message for message in artifacts if not message["package_id"].startswith("path+")]
    compiled = {message["package_id"].split("#")[-1] for message in third if not message["fresh"]}
    # A build script that runs again shows in the words only. Local packages end in a path.
    compiled |= {line.strip() for line in built.stderr.splitlines() if re.match(r" *(Dirty|Compiling) ", line) and "(/" not in line}
    if compiled:
        raise Broken("compiled again: " + ", ".join(sorted(compiled)[:8]))
    if not third or all(message["fresh"] for message in artifacts if message not in third):
        raise Broken("the real build compiled no local package, or has no third-party ones")
    return len(third)


def check_program(debian, case):
    for directory, text in case.says.items():
        program = f"target/{directory}/release/{case.file}"
        # `run.mjs` is a file of the project.
        printed = debian.run(*case.run.get(directory, []), f"{SCRATCH}/project/{program}", cwd=f"{SCRATCH}/project").strip()
        if printed != text:
            raise Broken(f"`{program}` printed `{printed}`, not `{text}`")
        if case.static and "NEEDED" in debian.run("readelf", "-d", program, cwd=f"{SCRATCH}/project"):
            raise Broken(f"`{program}` is not static")
        if case.glibc:
            symbols = debian.run("readelf", "-W", "--version-info", program, cwd=f"{SCRATCH}/project")
            needed = max(tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([0-9.]+)", symbols))
            if needed > tuple(map(int, case.glibc.split("."))):
                raise Broken(f"`{program}` needs glibc {'.'.join(map(str, needed))}")


def tried(debian, name, case):
    """A row of the table, and what is wrong, if anything."""
    debian.install(*case.packages)
    if case.std:
        debian.make_std(case.std)
    if case.pip:
        debian.pip(*case.pip)
    done = ["-"] * 3
    try:
        env = debian.rustup(case.rustup, "-t", *case.flags[1:]) if case.rustup else {}
        seen = check(debian, case, env)
        done = ["ok", f"{seen} units", "0"]
        check_program(debian, case)
        emulators = {EMULATORS[run[0]] for run in case.run.values()}
        return [*done, ", ".join(["yes", *sorted(emulators)])], ""
    except (Broken, Failed) as error:
        return [*done, "no"], str(error)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=CASES, metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    RUSTUP.mkdir(parents=True, exist_ok=True)
    debian = Debian(seen=RUSTUP)
    debian.bring(BINARY)
    toolchain = "Rust " + debian.run("rustc", "--version").split()[1]
    rows, failed = [], 0
    for name in options.only or CASES:
        row, wrong = tried(debian, name, CASES[name])
        rows.append([toolchain, CASES[name].title, *row])
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'}: {name}" + (f": {wrong}" if wrong else ""), flush=True)
    if not options.keep:
        shutil.rmtree(debian.root / SCRATCH.lstrip("/"), ignore_errors=True)
    print("\n" + table(["toolchain", "target", "prepare", "cook", "compiled again", "program runs"], rows))
    finish(len(rows) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
