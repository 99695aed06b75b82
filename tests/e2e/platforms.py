#!/usr/bin/env python3
"""The tables of docs/platforms.md: toolchains, cross builds, tools around cargo, and cargo-larder on other systems.

    platforms.py [--only SCRIPT]…

Runs the four scripts one after the other, each with everything that it has, and prints how many rows passed in all. Needs
what they need: root and debootstrap, on Debian, the corpus, and rustup. The file systems that they make are kept for the
next run (see debian.py)."""
import argparse
import re
import subprocess
import sys
from pathlib import Path

from larder import finish

HERE = Path(__file__).resolve().parent
SCRIPTS = ["toolchains", "targets", "tools", "systems"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=SCRIPTS, metavar="SCRIPT", help=", ".join(SCRIPTS))
    passed = failed = 0
    for name in parser.parse_args().only or SCRIPTS:
        print(f"\n=== {name}", flush=True)
        with subprocess.Popen([HERE / f"{name}.py"], stdout=subprocess.PIPE, text=True) as script:
            said = []
            for line in script.stdout:
                print(line, end="", flush=True)
                said.append(line)
        counts = re.search(r"^(\d+) passed, (\d+) failed$", "".join(said), re.M)
        passed += int(counts[1]) if counts else 0
        # A script that ended without its counts has failed as a whole.
        failed += int(counts[2]) if counts else 1
    finish(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
