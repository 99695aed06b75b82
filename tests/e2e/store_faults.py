#!/usr/bin/env python3
"""What can go wrong with a store, in numbers: kills, cooks at once, broken entries, a small disk.

    store_faults.py [--quick] [kills] [at-once] [removed] [broken] [disk]      without a name: all of them

Every fault ends with the same questions. Does the real build compile no third-party crate, and does its program print the
right text? Is the store whole (`cargo larder cache verify`)? Does a new checkout get its units from the store? `disk` mounts
a tmpfs of 20 MB, which takes root on Linux."""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import larder

# Build scripts, a proc-macro, and crates that include what their build scripts generate.
MANIFEST = """[package]
name = "faults"
version = "0.1.0"
edition = "2021"
[dependencies]
anyhow = "1"
libc = "0.2"
paste = "1"
serde_json = "1"
[profile.release]
opt-level = 0
"""
PROGRAM = """fn main() -> anyhow::Result<()> {
    let is_unix = unsafe { libc::getpid() } > 0;
    paste::paste! { let [<let ters>] = "larder".len(); }
    println!("{}", serde_json::to_string(&serde_json::json!({ "letters": letters, "unix": is_unix }))?);
    Ok(())
}
"""
SAYS = '{"letters":6,"unix":true}'
ENV = dict(os.environ, CARGO_TERM_COLOR="never")
for name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "LARDER_SEED", "LARDER_CACHE"):
    ENV.pop(name, None)


class Place:
    """A directory with the project, a store, and what came of each fault."""

    def __init__(self, temp, full):
        self.temp, self.full, self.rows, self.failed = Path(temp), full, [], 0
        self.project, self.store, self.tmp = self.temp / "project", self.temp / "store", self.temp / "tmp"
        (self.project / "src").mkdir(parents=True)
        self.tmp.mkdir()
        (self.project / "Cargo.toml").write_text(MANIFEST)
        (self.project / "src/main.rs").write_text(PROGRAM)
        larder.run(["cargo", "generate-lockfile", "--quiet"], self.project)
        larder.run(["cargo", "fetch", "--quiet", "--locked"], self.project)
        start = time.monotonic()
        self.units = self.cook("--cache", self.store)["units"]["compiled"]
        self.seconds = time.monotonic() - start
        self.build("target")

    def command(self, target, *flags):
        return [str(it) for it in (larder.BINARY, "larder", "cook", "--release", "--offline", "--target-dir", target, *flags)]

    def cook(self, *flags, target="target", fresh=True):
        """A cook that must succeed; its report, with what it said."""
        if fresh:
            shutil.rmtree(self.project / target, ignore_errors=True)
        report = self.temp / f"{target}.json"
        done = subprocess.run(self.command(target, "--report", report, *flags), cwd=self.project, env=ENV, capture_output=True, text=True)
        if done.returncode:
            raise larder.Failed(f"cook failed\n{done.stderr}")
        return json.loads(report.read_text()) | {"said": done.stderr}

    def start(self, target, *flags):
        return subprocess.Popen(self.command(target, *flags), cwd=self.project, env=dict(ENV, TMPDIR=str(self.tmp)),
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def build(self, target):
        """The real build compiles no third-party crate, and its program prints what it should."""
        args = ["cargo", "build", "--release", "--offline", "--locked", "--message-format", "json", "--target-dir", target]
        done = subprocess.run(args, cwd=self.project, env=ENV, capture_output=True, text=True)
        if done.returncode:
            raise larder.Failed(f"the real build failed\n{done.stderr}")
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        artifacts = [it for it in messages if it["reason"] == "compiler-artifact" and not it["package_id"].startswith("path+")]
        again = [it["package_id"] for it in artifacts if not it["fresh"]]
        if again or not artifacts:
            raise larder.Failed(f"the real build compiled {again}")
        said = subprocess.run([self.project / target / "release/faults"], capture_output=True, text=True).stdout.strip()
        if said != SAYS:
            raise larder.Failed(f"the program said `{said}`")

    def cache(self, verb, *flags, store=None):
        words = ["cache", verb, "--cache", store or self.store, "--format", "json", *flags]
        return json.loads(larder.run([larder.BINARY, "larder", *words], self.project))

    def files(self, folder, store=None):
        return sorted(path for path in ((store or self.store) / "v1" / folder).rglob("*") if path.is_file())

    def serves(self):
        """After one cook, the store serves every unit. A broken object whose record is lost stays until `verify`; nobody reads it."""
        first = self.cook("--cache", self.store)
        self.build("target")
        again = self.cook("--cache", self.store)["units"]
        if again["stored"] != self.units or again["compiled"]:
            raise larder.Failed(f"the store gave {again}, and there are {self.units} units")
        self.cache("verify")
        if broken := self.cache("verify")["broken"]:
            raise larder.Failed(f"still broken after `verify`: {broken[:3]}")
        return first["units"]["stored"]

    def row(self, fault, number, told):
        self.rows.append((fault, number, *told))
        print("| " + " | ".join(map(str, self.rows[-1])) + " |", flush=True)

    def attempt(self, fault, number, act):
        try:
            self.row(fault, number, ("yes", act()))
        except larder.Failed as failed:
            self.failed += 1
            self.row(fault, number, ("NO", str(failed)[-1500:]))


def kills(place):
    """Cooks that are killed: half of them from nothing, and half of them over what the one before has left, in the time in
    which units come back and are kept. Every tenth is followed by one that must be right."""
    count = 50 if place.full else 8
    dice = random.Random(12)

    def act():
        shutil.rmtree(place.store)
        for i in range(count):
            if i % 2 == 0:
                shutil.rmtree(place.project / "target", ignore_errors=True)
            cook = place.start("target", "--cache", place.store)
            time.sleep(dice.uniform(0.0, place.seconds if i % 2 == 0 else place.seconds / 4))
            try:
                os.killpg(cook.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            cook.wait()
            if i % 10 == 9:
                place.cook("--cache", place.store, fresh=False)
                place.build("target")
        return f"after the last kill the store had {place.serves()} of {place.units} units, then all"

    place.attempt("cooks killed at random moments", count, act)


def together(place, fault, number, beside):
    """Cooks at once, into directories of their own, while `beside` runs until they end."""

    def act():
        targets = [f"target-{i}" for i in range(number)]
        for target in targets:
            shutil.rmtree(place.project / target, ignore_errors=True)
        ended = threading.Event()
        other = threading.Thread(target=beside, args=(ended,))
        other.start()
        cooks = [place.start(target, "--cache", place.store) for target in targets]
        codes = [cook.wait() for cook in cooks]
        ended.set()
        other.join()
        if any(codes):
            raise larder.Failed(f"exit codes {codes}")
        for target in targets:
            place.build(target)
            shutil.rmtree(place.project / target)
        return f"all {number} built right; then the store had {place.serves()} of {place.units} units, then all"

    place.attempt(fault, number, act)


def at_once(place):
    shutil.rmtree(place.store)
    together(place, "cooks at once, the store empty", 8 if place.full else 3, lambda ended: None)


def removed(place):
    """What is used is removed meanwhile: by `gc` to a small size, and by `clear`."""

    def remove(ended):
        turn = 0
        while not ended.wait(0.05):
            verb = ["gc", "--cache-size", "2MB"] if turn % 4 else ["clear"]
            place.cache(*verb)
            turn += 1

    together(place, "cooks at once, `gc` and `clear` running", 8 if place.full else 3, remove)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def other_format(path):
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"format": 1', b'"format": 2', 1).replace(b'"format":1', b'"format":2', 1))


def directory(path):
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("")


def dangling(path):
    path.unlink()
    path.symlink_to("nowhere")


def swap(path):
    others = [it for it in path.parent.iterdir() if it.is_file() and it != path]
    path.write_bytes(others[0].read_bytes() if others else b"larder unit 1\n")


BREAKS = {
    "one bit turned": flip,
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "of another format": other_format,
    "the content of another": swap,
    "gone": lambda path: path.unlink(),
    "a directory": directory,
    "a link to nothing": dangling,
    "noise": lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
}


def broken(place):
    """Entries of both folders, broken in every way: 20 of each."""
    each = 10 if place.full else 2
    dice = random.Random(12)
    for kind, breaks in BREAKS.items():

        def act():
            place.serves()
            count = 0
            for folder in ("objects", "index"):
                files = place.files(folder)
                for path in dice.sample(files, min(each, len(files))):
                    breaks(path)
                    count += 1
            act.count = count
            return f"{place.serves()} of {place.units} units were still served, then all"

        act.count = 0
        place.attempt(f"entries broken: {kind}", 2 * each, act)


def disk(place):
    """A store on a disk of 20 MB, which the units of the project do not fit into."""
    for flags in ([], ["--cache-size", "15MB"]):

        def act():
            small = place.temp / "small"
            small.mkdir(exist_ok=True)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", small], capture_output=True).returncode:
                raise larder.Failed("no tmpfs can be mounted")
            try:
                served = []
                for _ in range(3):
                    cooked = place.cook("--cache", small / "store", *flags)
                    place.build("target")
                    served.append(cooked["units"]["stored"])
                    notes = [line for line in cooked["said"].splitlines() if line.startswith("note: ")]
                    if len(notes) > 1:
                        raise larder.Failed("more than one line:\n" + "\n".join(notes))
                verified = place.cache("verify", store=small / "store")
                if verified["broken"] or not served[-1] or place.files("tmp", small / "store"):
                    raise larder.Failed(f"served {served}, broken {verified['broken']}, left {place.files('tmp', small / 'store')}")
                return f"served {', '.join(map(str, served))} of {place.units} units, one cook after the other"
            finally:
                subprocess.run(["umount", small], check=True)

        place.attempt(f"20 MB of disk{', ' + ' '.join(flags) if flags else ''}", 3, act)


FAULTS = {"kills": kills, "at-once": at_once, "removed": removed, "broken": broken, "disk": disk}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="FAULT")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, as CI has time for")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in FAULTS]:
        parser.error(f"no fault `{unknown[0]}`; there are: {', '.join(FAULTS)}")
    if not larder.BINARY.is_file():
        sys.exit(f"error: no binary at `{larder.BINARY}`: run `cargo build --release`, or say where it is with LARDER=…")
    with tempfile.TemporaryDirectory(prefix="larder-faults-") as temp:
        place = Place(temp, not options.quick)
        print("| fault | times | builds right | the store |\n|---|---|---|---|")
        for name in options.names or FAULTS:
            FAULTS[name](place)
        print(f"\n{len(place.rows) - place.failed} passed, {place.failed} failed")
        return 1 if place.failed or not place.rows else 0


if __name__ == "__main__":
    sys.exit(main())
