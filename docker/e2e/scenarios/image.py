"""docker/image: the static program on nothing, and the variant with a toolchain."""
import shutil

import engine
import report
from bench import ROOT

TITLE = "the image of cargo-larder: static, small, and a sub-command in the variant with a toolchain"
LIMIT = 6_500_000


def run(bench):
    image = bench.larder
    bench.check(f"the image is smaller than {report.size(LIMIT)}", image.size < LIMIT, report.size(image.size))
    files = files_of(bench, image.image)
    bench.check("it holds the program and nothing else", files == ["cargo-larder"], files)
    program = bench.copy_from(image.image, "/cargo-larder")
    bench.check("the program is static", not interpreter(program.read_bytes()))
    bench.check("it runs where nothing else is", bench.run(image.image, "--version").startswith("cargo-larder "))

    toolchain = bench.build(ROOT, "toolchain", "docker/image/Dockerfile", target="toolchain",
                            args={"RUST": bench.larder_base, "TOOLCHAIN": bench.bases["rust"]})
    bench.check("the program is not built again for the variant", toolchain.step("cargo build").cached)
    listed = bench.run(toolchain.image, "cargo", "--list")
    bench.check("cargo knows `larder` as a sub-command", "\n    larder" in listed, listed)
    said = bench.run(toolchain.image, "cargo", "larder", "--help")
    bench.check("`cargo larder` works there", "prepare" in said and "cook" in said, said)

    # Both images have the same program, and do the same.
    project = bench.project(ROOT / "docker/hello")
    recipes = []
    for command in [[image.image, "prepare"], [toolchain.image, "cargo", "larder", "prepare"]]:
        bench.run(command[0], *command[1:], "--release", flags=["-v", f"{project}:/app", "-w", "/app"])
        recipes.append((project / "recipe.json").read_bytes())
        (project / "recipe.json").unlink()
    bench.check("both write the same recipe", recipes[0] == recipes[1])

    # A release makes its images from programs that were compiled before.
    shutil.copytree(ROOT / "docker/image", bench.temp / "release/docker/image")
    place = bench.temp / "release/dist/linux" / engine.docker("version", "--format", "{{.Server.Arch}}")
    place.mkdir(parents=True)
    shutil.copy(program, place)
    released = bench.build(bench.temp / "release", "released", "docker/image/release.Dockerfile", target="larder", args={"TOOLCHAIN": bench.bases["rust"]})
    bench.check("the image of a release has the same program", bench.copy_from(released.image, "/cargo-larder").read_bytes() == program.read_bytes())
    bench.check("it runs, too", bench.run(released.image, "--version").startswith("cargo-larder "))
    other = bench.build(bench.temp / "release", "released-toolchain", "docker/image/release.Dockerfile", target="toolchain", args={"TOOLCHAIN": bench.bases["rust"]})
    bench.check("cargo knows it in the variant with a toolchain", "\n    larder" in bench.run(other.image, "cargo", "--list"))

    added = toolchain.size - engine.size(bench.bases["rust"])
    built = image.step("cargo build")
    bench.report.table(["image", "size", "time to compile larder"], [
        ("larder (FROM scratch)", report.size(image.size), "CACHED" if built.cached else report.seconds(built.seconds)),
        ("toolchain", f"its base + {report.size(added)}", "the same step"),
    ])


def files_of(bench, image):
    """Names in the image; a container of it also has those that the engine puts in."""
    from_engine = {".dockerenv", "dev", "etc", "proc", "sys"}
    return sorted({name.split("/")[0] for name in bench.names_in(image)} - from_engine)


def interpreter(elf):
    """Does an ELF file of 64 bits ask for a dynamic loader (PT_INTERP)?"""
    word = lambda at, count: int.from_bytes(elf[at:at + count], "little")
    assert elf[:5] == b"\x7fELF\x02", "not an ELF file of 64 bits"
    start, size, count = word(32, 8), word(54, 2), word(56, 2)
    return any(word(start + i * size, 4) == 3 for i in range(count))
