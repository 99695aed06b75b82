#!/usr/bin/env python3
"""The compressed size of a cooked layer, beside that of cargo-chef: the target directory, and what stays in cargo's home.

    benches/layers.py [CRATE@VERSION …]          default: three published programs, one of them with large -sys crates

Each tool cooks into an empty directory with an empty cargo's home, as in a RUN step. The layer is then compressed with `tar` and
`gzip -6`. After `cook --slim`, and after `cook --slim --pack` and `unpack`, the real build runs without a network, in the same
cargo's home. It must compile no third-party crate.

`LARDER` names the binary (default: target/release/cargo-larder), `CHEF` that of cargo-chef (default: the one on PATH; `none`
leaves it out)."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LARDER = pathlib.Path(os.environ.get("LARDER") or ROOT / "target/release/cargo-larder").resolve()
CHEF = os.environ.get("CHEF") or shutil.which("cargo-chef") or "none"
CARGO = shutil.which("cargo")
HOME = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
FLAGS = {"larder": [], "slim": ["--slim"], "packed": ["--slim", "--pack"]}
# Without C; with libgit2, zlib and oniguruma; with debug information.
PROJECTS = ["fd-find@10.5.0", "bat@0.26.1", "ripgrep@15.1.0"]


def run(args, cwd, home, **env):
    env = {key: value for key, value in os.environ.items() if key not in ("CARGO_TARGET_DIR", "LARDER_SEED", "LARDER_CACHE")} | env
    done = subprocess.run([str(a) for a in args], cwd=cwd, env=env | {"CARGO_HOME": str(home), "CARGO": CARGO}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"`{' '.join(map(str, args))}` failed\n{done.stderr[-3000:]}")
    return done.stderr


def download(crate, place):
    """A published crate, as `cargo install` would get it."""
    run([CARGO, "info", "--quiet", "--registry", "crates-io", crate], place, HOME)
    found = next((HOME / "registry/src").glob(f"*/{crate.replace('@', '-')}"), None)
    if not found or not (found / "Cargo.lock").is_file():
        sys.exit(f"`{crate}` could not be downloaded with its Cargo.lock")
    sources = place / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    shutil.copytree(found, sources)
    for name in (".cargo-ok", "rust-toolchain", "rust-toolchain.toml"):
        (sources / name).unlink(missing_ok=True)
    return sources


def compressed(place, paths):
    """Bytes of these paths as a layer."""
    tar = subprocess.Popen(["tar", "-C", place, "-c", *paths], stdout=subprocess.PIPE)
    gzip = subprocess.Popen(["gzip", "-6"], stdin=tar.stdout, stdout=subprocess.PIPE)
    size = sum(len(part) for part in iter(lambda: gzip.stdout.read(1 << 20), b""))
    if tar.wait() or gzip.wait():
        sys.exit("`tar` or `gzip` failed")
    return size


def new(place, name):
    """An empty directory with an empty cargo's home, but for its configuration."""
    layer = place / name
    (layer / "home").mkdir(parents=True)
    (layer / "app").mkdir()
    for config in ("config.toml", "config"):
        if (HOME / config).is_file():
            shutil.copy(HOME / config, layer / "home")
    return layer


def cook(tool, sources, layer):
    app, home = layer / "app", layer / "home"
    if tool == "chef":
        run([CHEF, "chef", "prepare", "--recipe-path", app / "recipe.json"], sources, home)
        run([CHEF, "chef", "cook", "--release"], app, home)
    else:
        run([LARDER, "larder", "prepare", "--release", "--offline", "--recipe-path", app / "recipe.json"], sources, home)
        run([LARDER, "larder", "cook", *FLAGS[tool]], app, home)


def build(sources, layer):
    """The real build without a network."""
    shutil.copytree(sources, layer / "app", dirs_exist_ok=True)
    run([LARDER, "larder", "unpack"], layer / "app", layer / "home")
    said = run([CARGO, "build", "--release", "--frozen"], layer / "app", layer / "home")
    compiled = [line.strip() for line in said.splitlines() if line.strip().startswith("Compiling") and "(/" not in line]
    if compiled:
        sys.exit(f"the real build compiled {compiled}")


def row(cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main():
    row(["project", "layer", "target", "cargo's home", "both", "of the first"])
    row(["---"] * 6)
    worst = dict.fromkeys(FLAGS, 0.0)
    for crate in sys.argv[1:] or PROJECTS:
        with tempfile.TemporaryDirectory(prefix="larder-layers-") as temp:
            place = pathlib.Path(temp)
            sources = download(crate, place)
            sizes = {}
            for tool in ["chef", *FLAGS] if CHEF != "none" else FLAGS:
                layer = new(place, tool)
                cook(tool, sources, layer)
                parts = compressed(layer, ["app/target"]), compressed(layer, ["home"])
                sizes[tool] = sum(parts)
                name = "`cargo chef cook`" if tool == "chef" else f"`{' '.join(['cook', *FLAGS[tool]])}`"
                ratio = sizes[tool] / sizes.get("chef", sizes.get("larder"))
                row([crate, name, *(f"{part / 1e6:.1f} MB" for part in (*parts, sizes[tool])), f"{ratio:.2f}"])
                if tool != "chef":
                    worst[tool] = max(worst[tool], ratio)
                if tool in ("slim", "packed"):
                    build(sources, layer)
                shutil.rmtree(layer)
    print("\nthe largest ratios: " + ", ".join(f"`{' '.join(['cook', *FLAGS[tool]])}` {ratio:.2f}" for tool, ratio in worst.items()))
    return 0


sys.exit(main())
