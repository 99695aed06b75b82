"""SOURCE_DATE_EPOCH: two cooks from nothing, compared file by file as they are in the layer."""
import hashlib
import json
import shutil
import tarfile

import engine
from bench import ROOT, edit

TITLE = "cooked twice from nothing, the layers have the same names, modes and times"
EPOCH = 1_700_000_000
# What cargo knows of rustc. It writes a hash map (`Cache` in cargo's `util/rustc.rs`), whose order is another one each time.
UNORDERED = "app/target/.rustc_info.json"


def run(bench):
    project = bench.hurried(ROOT / "docker/hello")
    shutil.copy(ROOT / "docker/epoch/Dockerfile", project)
    args = {"SOURCE_DATE_EPOCH": EPOCH}
    layers, digests = [], []
    for turn in ["one", "two"]:
        # Other mounts each time, and no step from before.
        mounts = {"BUILDKIT_CACHE_MOUNT_NS": f"{bench.token}-{turn}"}
        build = bench.build(project, turn, target="deps", args=args | mounts, flags=["--no-cache"])
        bench.check(f"cook {turn} compiles the dependencies", "regex" in build.step("cook").third_party())
        layer, digest = last_layer(bench, build.image)
        layers.append(layer)
        digests.append(digest)
    one, two = layers
    below = lambda layer: {name: entry for name, entry in layer.items() if name.startswith("app/target")}
    bench.check("the layer has many files", len(below(one)) > 100, len(below(one)))
    bench.check("names are the same", one.keys() == two.keys(), sorted(one.keys() ^ two.keys())[:20])
    both = sorted(one.keys() & two.keys())
    for what in ["mode", "owner", "type", "mtime"]:
        differ = [name for name in both if name in below(one) and one[name][what] != two[name][what]]
        bench.check(f"below the target directory, {what} is the same", not differ, differ[:20])
    times = {entry["mtime"] for entry in below(one).values()}
    bench.check("every time is SOURCE_DATE_EPOCH", times == {EPOCH}, sorted(times)[:5])
    contents = [name for name in both if one[name]["sha256"] != two[name]["sha256"]]
    others = [name for name in contents if name != UNORDERED]
    bench.check("contents are the same, but for the order of keys in `.rustc_info.json`", not others, others[:20])
    bench.check("which has the same keys and values", json.loads(one[UNORDERED]["content"]) == json.loads(two[UNORDERED]["content"]))

    edit(project / "src/main.rs", "use anyhow", "// edited\nuse anyhow")
    build = bench.build(project, "build", target="builder", args=args | mounts)
    bench.check("what was cooked with these times is fresh", not build.step("cargo build").third_party(), build.step("cargo build").third_party())
    bench.check("and the program is compiled", build.step("cargo build").local() == ["hello"])

    rows = [("names in the layer", len(one.keys() | two.keys()), len(one.keys() ^ two.keys()))]
    rows += [(what, len(both), sum(one[name][what] != two[name][what] for name in both)) for what in ["type", "mode", "owner", "mtime"]]
    rows.append(("contents", sum(one[name]["type"] == "file" for name in both), len(contents)))
    bench.report.table(["two cooks from nothing", "compared", "differ"], rows, f"digests of the layers: {digests[0][:16]}, {digests[1][:16]}")
    differ = [(name, key) for name in both for key in one[name] if key != "content" and one[name][key] != two[name][key]]
    if differ:
        bench.report.table(["what differs", "in", "why"], [(*what, "keys in another order" if what == (UNORDERED, "sha256") else "") for what in differ])


def last_layer(bench, image):
    """Name → what a layer says of it, for the layer that the last step made; and the digest of its bytes."""
    archive = bench.temp / "image.tar"
    engine.docker("save", "--output", archive, image)
    with tarfile.open(archive) as tar:
        name = json.load(tar.extractfile("manifest.json"))[0]["Layers"][-1]
        layer = bench.temp / "layer.tar"
        with open(layer, "wb") as to:
            shutil.copyfileobj(tar.extractfile(name), to)
    archive.unlink()
    with open(layer, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with tarfile.open(layer) as tar:
        return {entry.name: told(tar, entry) for entry in tar}, digest


def told(tar, entry):
    content = tar.extractfile(entry).read() if entry.isreg() else entry.linkname.encode()
    kind = "directory" if entry.isdir() else "link" if entry.issym() else "file"
    return {"type": kind, "mode": entry.mode, "owner": (entry.uid, entry.gid), "mtime": entry.mtime, "sha256": hashlib.sha256(content).hexdigest(),
            "content": content if entry.name == UNORDERED else None}
