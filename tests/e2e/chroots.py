"""Debian's Rust of several suites, each in a root file system that debootstrap makes once.

In: the name of a suite. Out: a `Chroot`, which runs a program there with this machine's network and one directory of
this machine. The root file systems are kept in target/chroots, or where LARDER_CHROOTS says. Needs root."""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from larder import ROOT

KEPT = Path(os.environ.get("LARDER_CHROOTS") or ROOT / "target/chroots").resolve()
MIRROR, SECURITY = "http://deb.debian.org/debian", "http://deb.debian.org/debian-security"
# What a build needs beside Rust.
SYSTEM = ["gcc", "libc6-dev", "ca-certificates"]
# Suite → its packages of Rust. The Rust that browsers need comes with updates of security.
PACKAGES = {
    "bookworm": ["rustc", "cargo"],
    "trixie": ["rustc", "cargo"],
    "bookworm-security": ["rustc-web", "cargo-web"],
    "sid": ["rustc", "cargo"],
}
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
# Arguments: root, directory of this machine to see there, directory to be in, program and its arguments.
ENTER = """
set -e
mkdir -p "$1$2" && mount --bind "$2" "$1$2" && mount -t proc proc "$1/proc"
root=$1 dir=$3 && shift 3
exec chroot "$root" sh -c 'cd "$1" && shift && exec "$@"' sh "$dir" "$@"
"""


@dataclass
class Chroot:
    suite: str
    root: Path

    def command(self, args, seen, cwd, env):
        """The command that runs a program there. Its mounts are gone when it ends."""
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", **env}
        words = ["env", "-i", *(f"{key}={value}" for key, value in variables.items())]
        words += ["unshare", "--mount", "--pid", "--fork", "sh", "-c", ENTER, "sh", self.root, seen, cwd, *args]
        return [str(word) for word in words]


def chroot(suite):
    """The root file system of a suite, made if it is not there."""
    root = KEPT / suite
    if not root.is_dir():
        if os.geteuid() or not shutil.which("debootstrap"):
            sys.exit(f"error: to make `{root}` takes root and debootstrap")
        print(f"making `{suite}` from Debian's packages (once)", flush=True)
        make(suite, root)
    # Machines that reach the network through a proxy of their own have a bundle that Debian does not.
    bundle = os.environ.get("SSL_CERT_FILE", "")
    for source, place in [(bundle, BUNDLE), ("/etc/resolv.conf", "etc/resolv.conf"), ("/etc/hosts", "etc/hosts")]:
        if Path(source).is_file():
            shutil.copyfile(source, root / place)
    return Chroot(suite, root)


def make(suite, root):
    part = root.with_name(f"{suite}.part")
    shutil.rmtree(part, ignore_errors=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    base, _, security = suite.partition("-")
    packages = [*SYSTEM, *(PACKAGES[suite] if not security else [])]
    do(["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", base, part, MIRROR])
    if security:
        (part / "etc/apt/sources.list").write_text(f"deb {MIRROR} {base} main\ndeb {SECURITY} {suite} main\n")
        shutil.copyfile("/etc/resolv.conf", part / "etc/resolv.conf")
        install = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(PACKAGES[suite])}"
        do(["chroot", part, "sh", "-c", install], DEBIAN_FRONTEND="noninteractive")
    part.rename(root)


def do(args, **env):
    done = subprocess.run([str(a) for a in args], env=dict(os.environ, **env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"error: `{args[0]}` failed\n{done.stdout[-3000:]}")
