"""Debian's suites, each in a directory of its own, for compilers, emulators, and tools that this machine does not have.

In: a suite, the packages that it must have, and a directory of this machine to see there. Out: a `Debian`, in which
programs run by chroot with this machine's network. debootstrap makes each directory once. They are shared by all scripts
and kept for the next run, where LARDER_CHROOTS says or in the user's cache directory. Needs root, and changes nothing
else on this machine."""
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from larder import ROOT, Failed, run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
KEPT = Path(os.environ.get("LARDER_CHROOTS") or CACHE / "cargo-larder/debian").resolve()
# Suite → its packages of Rust. The Rust that browsers need comes with updates of security.
RUST = {
    "bookworm": ["rustc", "cargo"],
    "trixie": ["rustc", "cargo"],
    "bookworm-security": ["rustc-web", "cargo-web"],
    "sid": ["rustc", "cargo"],
}
# What a build needs in addition to Rust.
SYSTEM = ["gcc", "libc6-dev", "ca-certificates"]
# Nobody reads these here, and a directory that is lost in a crash is made again.
DPKG = "".join(f"path-exclude /usr/share/{place}/*\n" for place in ["doc", "info", "locale", "man"]) + "force-unsafe-io\n"
# Programs inside see nothing else of the caller's environment.
PASSED = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
OWN = {"HOME": "/home", "CARGO_HOME": "/cargo", "PATH": "/cargo/bin:/venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
       "DEBIAN_FRONTEND": "noninteractive", "WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"}
# For builds of cargo-larder inside: nobody debugs them, and one directory keeps what they share.
BUILD = {"CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_TARGET_DIR": str(ROOT / "target/debian")}
# Toolchains of rustup, for what Debian has no package of.
RUSTUP = ROOT / "target/rustup"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
# Arguments: root, directory of this machine to see there or nothing, arguments of `env`. The mounts end with the program.
ENTER = """
set -e
root=$1 seen=$2 && shift 2
if [ -n "$seen" ]; then mkdir -p "$root$seen" && mount --bind "$seen" "$root$seen"; fi
mount -t proc proc "$root/proc"
exec chroot "$root" /usr/bin/env -i "$@"
"""


def debootstrap(*args, root=None):
    program = ["chroot", root, "/debootstrap/debootstrap"] if root else ["debootstrap"]
    done = subprocess.run([*program, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: `debootstrap` failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


class Debian:
    """The system of a suite, made if it is not there."""

    def __init__(self, suite="trixie", packages=(), seen=None):
        self.suite, self.seen, self.root = suite, seen, KEPT / suite
        if os.geteuid() or not shutil.which("debootstrap"):
            sys.exit("error: this takes root and debootstrap, on Debian: apt-get install debootstrap")
        if not self.root.is_dir():
            self.make()
        for name in ("resolv.conf", "hosts"):
            if Path("/etc", name).is_file():
                shutil.copyfile(f"/etc/{name}", self.root / "etc" / name)
        self.install(*SYSTEM, *RUST[suite], *packages)

    def make(self):
        print(f"making Debian {self.suite} in `{self.root}` (once)", flush=True)
        part = self.root.with_name(f"{self.suite}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        base, _, security = self.suite.partition("-")
        debootstrap("--foreign", "--variant=minbase", "--include=ca-certificates", base, part)
        # Between the two stages, so that it counts for all packages.
        (part / "etc/dpkg/dpkg.cfg.d/larder").write_text(DPKG)
        debootstrap("--second-stage", root=part)
        if security:
            # Its archive is next to the one that debootstrap has chosen.
            sources = part / "etc/apt/sources.list"
            kind, mirror, *_ = sources.read_text().split()
            sources.write_text(f"{sources.read_text()}{kind} {mirror.rstrip('/')}-security {self.suite} main\n")
        part.rename(self.root)

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
        # A run that was interrupted may have left packages half done.
        self.run("dpkg", "--configure", "-a")
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

    def cargo(self, env, *crates):
        """Programs of crates.io, `name@version` and flags, compiled with the toolchain of `env`. cargo leaves out those that are there."""
        # Quick to compile is all that they must be. An interrupted run goes on where it was.
        cheap = {"CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_TARGET_DIR": "/crates"}
        for crate in crates:
            self.run("cargo", "install", "--locked", "--debug", *crate.split(), env=env | cheap)
        shutil.rmtree(self.root / "crates", ignore_errors=True)

    def run(self, *args, cwd="/", env=None):
        """Standard output of a program inside."""
        done = self.start(*args, cwd=cwd, env=env)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
            raise Failed(f"`{shlex.join(map(str, args))}` failed with {done.returncode}:\n{said}")
        return done.stdout

    def start(self, *args, cwd="/", env=None):
        """The same, and it may fail."""
        return subprocess.run(self.command(args, cwd, env), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")

    def command(self, args, cwd="/", env=None):
        """The command of this machine that runs a program inside."""
        self.trust()
        known = OWN | {name: os.environ[name] for name in PASSED if name in os.environ} | (env or {})
        inside = [f"--chdir={cwd}", *(f"{name}={value}" for name, value in known.items()), *args]
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", self.root, self.seen or "", *inside]
        return [str(word) for word in enter]

    def trust(self):
        """Gives programs inside the machine's certificates, for machines that reach registries through one of their own."""
        bundle, place = Path(os.environ.get("SSL_CERT_FILE") or f"/{BUNDLE}"), self.root / BUNDLE
        if bundle.is_file() and place.parent.is_dir() and (not place.exists() or place.stat().st_size != bundle.stat().st_size):
            shutil.copyfile(bundle, place)

    def rustup(self, toolchain, *parts):
        """The environment in which programs inside take a toolchain of rustup instead of Debian's. `parts` are flags that name
        its components and targets. The directory `seen` must be above it."""
        flags = ["--profile", "minimal", "--no-self-update", *parts]
        run(["rustup", "toolchain", "install", toolchain, *flags], ROOT, RUSTUP_HOME=str(RUSTUP))
        return {"PATH": f"{next(RUSTUP.glob(f'toolchains/{toolchain}-*'))}/bin:{OWN['PATH']}"}

    def make_std(self, target):
        """Compiles the standard library for a target that Debian has no package of, and installs it as one would."""
        place = f"/usr/lib/rustlib/{target}/lib"
        if list((self.root / place.lstrip("/")).glob("libstd-*.rlib")):
            return
        print(f"compiling the standard library for {target} (once)", flush=True)
        self.install("rust-src")
        self.write("std/src/lib.rs", "")
        self.write("std/Cargo.toml", '[package]\nname = "std-of"\nedition = "2021"\n')
        # Nothing that runs with it takes long.
        bootstrap = {"RUSTC_BOOTSTRAP": "1", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0"}
        self.run("cargo", "build", "--release", "-Zbuild-std=std,test,panic_abort,panic_unwind", "--target", target, cwd="/std", env=bootstrap)
        self.run("mkdir", "-p", place)
        self.run("sh", "-c", f"rm -f {place}/*.rlib && cp target/{target}/release/deps/*.rlib {place}/ && rm {place}/libstd_of-*", cwd="/std")
        if target.endswith("-windows-gnu"):
            for name in ("rsbegin", "rsend"):
                source = f"/usr/lib/rustlib/src/rust/library/rtstartup/{name}.rs"
                self.run("rustc", "--target", target, "--crate-type=lib", "--emit=obj", "-o", f"{place}/{name}.o", source, env=bootstrap)
