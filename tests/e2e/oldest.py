#!/usr/bin/env python3
"""cargo-larder with the oldest Rust that Cargo.toml promises: it is built and its quick tests pass, in a chroot of the
Debian suite that has this Rust (chroots.py; as root).

    oldest.py [ARGUMENT]…      arguments for `cargo test` instead of the quick tests, such as `--test kept`

The first run compiles everything; what it compiles is kept in target/oldest. No requirement may need a newer Rust: the
versions that cargo would choose without Cargo.lock are looked at, too.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import chroots
from larder import ROOT

SUITE = "trixie"
QUICK = ["--lib", "--test", "bad_input", "--test", "command_line", "--test", "readme"]
PLACE = ROOT / "target/oldest"


def main():
    chroot = chroots.chroot(SUITE)
    # Nobody debugs what is built here.
    env = {"CARGO_HOME": PLACE / "home", "CARGO_TARGET_DIR": PLACE, "CARGO_PROFILE_DEV_DEBUG": "0"}
    there = lambda args, cwd: chroot.command(args, ROOT, cwd, env)
    PLACE.mkdir(parents=True, exist_ok=True)
    promised = re.search(r'^rust-version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    said = subprocess.run(there(["rustc", "--version"], ROOT), capture_output=True, text=True, check=True).stdout
    if not said.startswith(f"rustc {promised}."):
        sys.exit(f"error: Cargo.toml promises Rust {promised}, and `{SUITE}` has `{said.strip()}`")
    print(said, end="", flush=True)
    with tempfile.TemporaryDirectory(prefix="chosen-", dir=PLACE) as temp:
        choose(Path(temp), there, promised)
    test = ["cargo", "test", "--locked", "--no-fail-fast", *(sys.argv[1:] or QUICK)]
    sys.exit(subprocess.run(there(test, ROOT)).returncode)


def choose(temp, there, promised):
    """Fails if cargo would choose a version that says it needs a newer Rust, as `cargo install` without `--locked` does."""
    (temp / "src").mkdir()
    (temp / "src/lib.rs").touch()
    (temp / "Cargo.toml").write_text((ROOT / "Cargo.toml").read_text().replace("[[bench]]", "[package.metadata.bench]"))
    done = subprocess.run(there(["cargo", "generate-lockfile"], temp), capture_output=True, text=True)
    newer = [line for line in done.stderr.splitlines() if re.search(r"Adding .*\(requires Rust", line)]
    if done.returncode or newer:
        sys.exit(f"error: a requirement cannot be met with Rust {promised}:\n" + ("\n".join(newer) or done.stderr))


if __name__ == "__main__":
    main()
