"""A Debian of its own, for compilers and emulators that the machine does not have: a directory made by debootstrap, in
which programs run by chroot. It is kept for the next run. Needs root; changes nothing outside the directory."""
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cargo-larder")
SUITE = "trixie"
# Nobody reads these here.
LEFT_OUT = ["doc", "info", "locale", "man"]
# Programs inside see nothing else of the caller's environment.
PASSED = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
OWN = {"HOME": "/home", "CARGO_HOME": "/cargo", "PATH": "/cargo/bin:/venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
       "DEBIAN_FRONTEND": "noninteractive", "WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"}
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env -i "$@"'


class Failed(Exception):
    """A program did not work; holds the end of what it printed."""


class Debian:
    """The system in `root`, made if it is not there."""

    def __init__(self, root=None):
        self.root = Path(root or KEPT / SUITE).resolve()
        if os.geteuid() or not shutil.which("debootstrap"):
            sys.exit("error: this takes root and debootstrap, on Debian: apt-get install debootstrap")
        if not (self.root / "ready").exists():
            self.make()

    def make(self):
        print(f"making Debian {SUITE} in `{self.root}` (once)", flush=True)
        self.root.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, self.root], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"error: `debootstrap` failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        self.write("etc/dpkg/dpkg.cfg.d/slim", "".join(f"path-exclude /usr/share/{place}/*\n" for place in LEFT_OUT))
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        self.run("apt-get", "update", "-qq")
        self.write("ready", "")

    def write(self, path, text):
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def bring(self, program, name="cargo-larder"):
        """Puts a program of this machine on PATH inside, even while an older one runs there."""
        place = self.root / "usr/local/bin" / name
        beside = place.with_name(f"{place.name}.new")
        shutil.copy(program, beside)
        beside.rename(place)

    def install(self, *packages):
        """Debian's packages; `name:arm64` is one of another architecture."""
        known = self.run("dpkg-query", "-W", "-f", "${Package}:${Architecture} ${db:Status-Status}\n").splitlines()
        there = {line.split()[0] for line in known if line.endswith(" installed")}
        missing = [name for name in packages if not there & {name, f"{name}:amd64", f"{name}:all"}]
        if not missing:
            return
        print(f"installing {' '.join(missing)} (once)", flush=True)
        for architecture in sorted({name.split(":")[1] for name in missing if ":" in name}):
            self.run("dpkg", "--add-architecture", architecture)
        self.run("apt-get", "update", "-qq")
        self.run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing)

    def pip(self, *packages):
        """Programs that Python packages bring."""
        self.install("python3-venv")
        if not (self.root / "venv/bin/pip").exists():
            self.run("python3", "-m", "venv", "/venv")
        self.run("pip", "install", "--quiet", *packages, env={"PIP_CERT": f"/{BUNDLE}"})

    def run(self, *args, cwd="/", env=None):
        """Standard output of a program inside."""
        done = self.start(*args, cwd=cwd, env=env)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
            raise Failed(f"`{shlex.join(map(str, args))}` failed with {done.returncode}:\n{said}")
        return done.stdout

    def start(self, *args, cwd="/", env=None):
        """The same, and it may fail."""
        self.trust()
        known = OWN | {name: os.environ[name] for name in PASSED if name in os.environ} | (env or {})
        inside = [f"--chdir={cwd}", *(f"{name}={value}" for name, value in known.items()), *map(str, args)]
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, self.root, *inside]
        return subprocess.run([str(word) for word in enter], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")

    def trust(self):
        """Gives programs inside the machine's certificates, for machines that reach registries through one of their own."""
        bundle, place = Path(os.environ.get("SSL_CERT_FILE") or f"/{BUNDLE}"), self.root / BUNDLE
        if bundle.is_file() and place.parent.is_dir() and (not place.exists() or place.stat().st_size != bundle.stat().st_size):
            shutil.copy(bundle, place)

    def make_std(self, target):
        """Compiles the standard library for a target that Debian has no package of, and installs it as one would."""
        place = f"/usr/lib/rustlib/{target}/lib"
        if list((self.root / place.lstrip("/")).glob("libstd-*.rlib")):
            return
        print(f"compiling the standard library for {target} (once)", flush=True)
        self.install("rustc", "cargo", "rust-src", "gcc", "libc6-dev")
        self.write("std/src/lib.rs", "")
        self.write("std/Cargo.toml", '[package]\nname = "std-of"\nedition = "2021"\n')
        bootstrap = {"RUSTC_BOOTSTRAP": "1"}
        self.run("cargo", "build", "--release", "-Zbuild-std=std,test,panic_abort,panic_unwind", "--target", target, cwd="/std", env=bootstrap)
        self.run("mkdir", "-p", place)
        self.run("sh", "-c", f"rm -f {place}/*.rlib && cp target/{target}/release/deps/*.rlib {place}/ && rm {place}/libstd_of-*", cwd="/std")
        if target.endswith("-windows-gnu"):
            for name in ("rsbegin", "rsend"):
                source = f"/usr/lib/rustlib/src/rust/library/rtstartup/{name}.rs"
                self.run("rustc", "--target", target, "--crate-type=lib", "--emit=obj", "-o", f"{place}/{name}.o", source, env=bootstrap)
