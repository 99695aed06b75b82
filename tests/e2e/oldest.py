#!/usr/bin/env python3
"""cargo-larder with the oldest Rust that Cargo.toml promises: it is built and its quick tests pass, in the Debian suite
that has this Rust (debian.py; as root).

    oldest.py [ARGUMENT]…      arguments for `cargo test` instead of the quick tests, such as `--test kept`

The first run compiles everything; what it compiles is kept in target/debian. No requirement may need a newer Rust: the
versions that cargo would choose without Cargo.lock are looked at, too.
"""
import re
import shutil
import subprocess
import sys

from debian import BUILD, Debian
from larder import ROOT

SUITE = "trixie"
QUICK = ["--lib", "--test", "bad_input"]


def main():
    debian = Debian(SUITE, seen=ROOT)
    promised = re.search(r'^rust-version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    said = debian.run("rustc", "--version")
    if not said.startswith(f"rustc {promised}."):
        sys.exit(f"error: Cargo.toml promises Rust {promised}, and `{SUITE}` has `{said.strip()}`")
    print(said, end="", flush=True)
    choose(debian, promised)
    test = ["cargo", "test", "--locked", "--no-fail-fast", *(sys.argv[1:] or QUICK)]
    sys.exit(subprocess.run(debian.command(test, ROOT, BUILD)).returncode)


def choose(debian, promised):
    """Fails if cargo would choose a version that says it needs a newer Rust, as `cargo install` without `--locked` does."""
    shutil.rmtree(debian.root / "chosen", ignore_errors=True)
    debian.write("chosen/src/lib.rs", "")
    debian.write("chosen/Cargo.toml", (ROOT / "Cargo.toml").read_text().replace("[[bench]]", "[package.metadata.bench]"))
    done = debian.start("cargo", "generate-lockfile", cwd="/chosen")
    newer = [line for line in done.stderr.splitlines() if re.search(r"Adding .*\(requires Rust", line)]
    if done.returncode or newer:
        sys.exit(f"error: a requirement cannot be met with Rust {promised}:\n" + ("\n".join(newer) or done.stderr))


if __name__ == "__main__":
    main()
