"""What the python scripts here share: where things are, how larder is called, how the corpus is laid out."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"
BINARY = Path(os.environ.get("LARDER") or ROOT / "target/release/cargo-larder").resolve()


class Failed(Exception):
    """A program that was expected to work did not; holds the last lines it wrote."""


def check_setup():
    if not CORPUS.is_dir():
        sys.exit(f"error: no corpus at `{CORPUS}`")
    if not BINARY.is_file():
        sys.exit(f"error: no binary at `{BINARY}`: run `cargo build --release`, or say where it is with LARDER=…")


def run(args, cwd, **env):
    """Standard output of a program; `Failed` with the end of its standard error where it fails."""
    done = subprocess.run([str(a) for a in args], cwd=cwd, env=dict(os.environ, **env), capture_output=True, text=True)
    if done.returncode:
        raise Failed(brief(done.stderr) or f"exit code {done.returncode}, nothing on stderr")
    return done.stdout


def larder(verb, *args, cwd):
    return run([BINARY, "larder", verb, *args], cwd)


def unpack(archive, directory):
    """Lay out an archive of the corpus."""
    run([sys.executable, SHARED / "tools/unpack.py", archive, directory], ROOT)


def drop_toolchain(workspace):
    """The toolchains that the corpus names are not installed here, and are not what is compared."""
    for name in ("rust-toolchain", "rust-toolchain.toml"):
        (Path(workspace) / name).unlink(missing_ok=True)


def brief(text, lines=12):
    """What a program says went wrong, without progress and backtraces."""
    text = text.split("Stack backtrace:")[0]
    noise = ("Updating ", "Downloading ", "Downloaded ", "Blocking ", "Locking ", "Adding ")
    kept = [l.rstrip() for l in text.splitlines() if l.strip() and not l.strip().startswith(noise)]
    return "\n".join(kept[:lines])


def table(head, rows):
    """A markdown table, columns aligned."""
    widths = [max(len(str(r[i])) for r in [head, *rows]) for i in range(len(head))]
    line = lambda cells: "| " + " | ".join(str(c).ljust(w) for c, w in zip(cells, widths)) + " |"
    return "\n".join([line(head), line(["-" * w for w in widths]), *map(line, rows)])


def finish(passed, failed):
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
