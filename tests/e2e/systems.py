#!/usr/bin/env python3
"""cargo-larder itself on other systems: it compiles for them, its unit tests pass there, and `prepare` writes the same
bytes there as here.

    systems.py [--only TARGET]… [--check | --quick]

Needs root and debootstrap, on Debian. Compilers and emulators are in a Debian of their own (see debian.py). --check runs
`cargo check` and nothing else. Without it, the corpus is needed, too; --quick leaves out the unit tests. For macOS there
is no emulator: the sources are only checked. Line ends are compared here: each workspace is prepared again with CRLF in
all files that `prepare` reads."""
import argparse
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

from debian import BUILD, Debian, Failed
from larder import BINARY, CORPUS, ROOT, check_setup, drop_toolchain, finish, run, table, unpack

PLACE = "/systems"
# The sources of the standard library, where Debian has no package of it.
FROM_SOURCE = "rust-src"
SCOPES = [[], ["--release"]]


@dataclass
class System:
    """`std` is Debian's package of the standard library, and `check` what compiling that takes. `packages` and the rest
    are for running what is built."""

    target: str
    std: str = FROM_SOURCE
    check: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    linker: str = "cc"
    runner: list[str] = field(default_factory=list)
    suffix: str = ""


SYSTEMS = {system.target: system for system in [
    System("aarch64-unknown-linux-gnu", "libstd-rust-dev:arm64", [], ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"],
           "aarch64-linux-gnu-gcc", ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]),
    System("x86_64-pc-windows-gnu", FROM_SOURCE, ["binutils-mingw-w64-x86-64"], ["gcc-mingw-w64-x86-64-win32", "wine64"],
           "x86_64-w64-mingw32-gcc", ["/usr/lib/wine/wine64"], ".exe"),
    System("aarch64-apple-darwin"),
]}


def cargo(debian, system, *args, **variables):
    name = system.target.upper().replace("-", "_")
    env = {f"CARGO_TARGET_{name}_LINKER": system.linker, f"CARGO_TARGET_{name}_RUNNER": " ".join(system.runner) or "false"}
    return debian.run("cargo", *args, "--locked", "--target", system.target, cwd=ROOT, env=BUILD | env | variables)


def check(debian, system):
    """Nothing of cargo-larder is compiled to machine code or linked."""
    debian.install(system.std, *system.check)
    if system.std == FROM_SOURCE:
        # cargo compiles the standard library, even though it only checks the rest. rustc then does no more than check it.
        cargo(debian, system, "check", "-Zbuild-std=std", RUSTC_BOOTSTRAP="1", CARGO_ENCODED_RUSTFLAGS="-Zno-codegen")
    else:
        cargo(debian, system, "check")
    return [system.target, "checked", "-", "-"], []


def patched(debian, place):
    """The project of targets.py with two dependencies patched by path, so that their files travel in the recipe."""
    if place.exists():
        return
    shutil.copytree(ROOT / "tests/e2e/targets", place, ignore=shutil.ignore_patterns("target"))
    inside = f"/{place.relative_to(debian.root)}"
    debian.run("cargo", "fetch", "--locked", cwd=inside)
    sources = next((debian.root / "cargo/registry/src").iterdir())
    with (place / "Cargo.toml").open("a") as manifest:
        manifest.write("\n[patch.crates-io]\n")
        for name in ("itoa", "zmij"):
            shutil.copytree(max(sources.glob(f"{name}-[0-9]*")), place / "patches" / name)
            manifest.write(f'{name} = {{ path = "patches/{name}" }}\n')
    debian.run("cargo", "generate-lockfile", "--offline", cwd=inside)


def workspaces(debian):
    """Lays the corpus out inside, and a project with patched dependencies; their directories."""
    place = debian.root / f"{PLACE}/corpus".lstrip("/")
    patched(debian, place / "patched")
    for archive in sorted((CORPUS / "workspaces").glob("*.tar.xz")):
        directory = place / archive.name.removesuffix(".tar.xz")
        if not directory.exists():
            unpack(archive, directory)
            drop_toolchain(directory)
    return sorted(path for path in place.iterdir() if (path / "Cargo.toml").exists())


def prepared_here(workspace, scope):
    recipe = workspace / "here.json"
    run([BINARY, "prepare", "--recipe-path", recipe, *scope], workspace)
    return recipe.read_bytes()


def same_bytes(debian, system, all_workspaces):
    """How many recipes are the same as here, and which are not."""
    program = f"{BUILD['CARGO_TARGET_DIR']}/{system.target}/debug/cargo-larder{system.suffix}"
    same, different = 0, []
    for workspace in all_workspaces:
        inside = f"/{workspace.relative_to(debian.root)}"
        for scope in SCOPES:
            (workspace / "there.json").unlink(missing_ok=True)
            debian.run(*system.runner, program, "prepare", "--recipe-path", "there.json", *scope, cwd=inside)
            if (workspace / "there.json").read_bytes() == prepared_here(workspace, scope):
                same += 1
            else:
                different.append(f"{workspace.name} {' '.join(scope)}")
    return same, different


def with_other_line_ends(all_workspaces):
    """The same for files with CRLF, here."""
    same, different = 0, []
    for workspace in all_workspaces:
        files = [path for path in workspace.rglob("*") if path.is_file() and (path.suffix == ".toml" or path.name in ("Cargo.lock", "config"))]
        before = [prepared_here(workspace, scope) for scope in SCOPES]
        texts = {path: path.read_bytes() for path in files}
        for path, text in texts.items():
            path.write_bytes(text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        for scope, recipe in zip(SCOPES, before):
            if prepared_here(workspace, scope) == recipe:
                same += 1
            else:
                different.append(f"{workspace.name} {' '.join(scope)}")
        for path, text in texts.items():
            path.write_bytes(text)
    return same, different


def tried(debian, system, all_workspaces, quick):
    """A row of the table, and what is wrong."""
    debian.install(system.std, *system.packages)
    if system.std == FROM_SOURCE:
        debian.make_std(system.target)
    cargo(debian, system, "build")
    tests = "-"
    if not quick:
        printed = cargo(debian, system, "test", "--lib")
        tests = next(line.split(". ")[1] for line in printed.splitlines() if line.startswith("test result: ok. ")).split(";")[0]
    same, different = same_bytes(debian, system, all_workspaces)
    return [system.target, "built", tests, f"{same} of {same + len(different)}"], different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=SYSTEMS, metavar="TARGET", help=", ".join(SYSTEMS))
    less = parser.add_mutually_exclusive_group()
    less.add_argument("--check", action="store_true")
    less.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if not options.check:
        check_setup()
    debian = Debian(seen=ROOT)
    all_workspaces = [] if options.check else workspaces(debian)
    rows, failed = [], 0
    for name in options.only or SYSTEMS:
        try:
            system = SYSTEMS[name]
            row, wrong = check(debian, system) if options.check or not system.runner else tried(debian, system, all_workspaces, options.quick)
        except (Failed, subprocess.SubprocessError) as error:
            row, wrong = [name, "failed", "-", "-"], [str(error)]
        rows.append(row)
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'}: {name}" + "".join(f"\n    {line}" for line in wrong), flush=True)
    if all_workspaces:
        same, different = with_other_line_ends(all_workspaces)
        rows.append(["this one, with CRLF", "-", "-", f"{same} of {same + len(different)}"])
        failed += bool(different)
    print("\n" + table(["system", "compiles", "unit tests", "recipes with the same bytes"], rows))
    finish(len(rows) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
