"""A wheel by maturin, whose environment pyo3's build scripts watch: what is cooked must be what maturin finds fresh."""
import report
from bench import edit

TITLE = "a Python extension by maturin, a dev target, a runtime with the wheel alone"
DATA = 5_000_000


def run(bench):
    project = bench.project(bench.setup)
    # What a project has lying about, and no image needs.
    (project / "data").mkdir()
    (project / "data/sample.bin").write_bytes(bytes(DATA))

    first = bench.build(project, "first", target="runtime")
    bench.check("the wheel works in the runtime", bench.run(first.image) == "letters 2")
    bench.check("cook compiled pyo3", "pyo3-ffi" in first.step("cook").third_party(), first.step("cook").third_party())
    bench.check("maturin compiled no third-party crate", not wheel(first).third_party(), wheel(first).third_party())
    bench.check("the context is without what `.dockerignore` names", 0 < first.context < DATA / 10, first.context)

    bench.check("verify finds all of maturin's build fresh", "third-party units fresh" in first.log, first.log[-2000:])

    edit(project / "src/lib.rs", '"letters"', '"letters, edited"')
    edited = bench.build(project, "edited", target="runtime")
    bench.check("cook is CACHED after a source edit", edited.step("cook").cached)
    bench.check("maturin compiles the extension", wheel(edited).local() == ["letters"], wheel(edited).local())
    bench.check("and no third-party crate", not edited.third_party(), edited.third_party())
    bench.check("the edited wheel is installed", bench.run(edited.image) == "letters, edited 2")

    without = twin(project, bench, "cook --locked --maturin=python3", "cook --locked")
    edit(without / "Dockerfile", "verify --release --lib --locked --maturin=python3", "verify --release --lib --locked --maturin=python3 || true")
    without = bench.build(without, "without", target="runtime")
    wanted = "a build script watches `PYO3_BUILD_EXTENSION_MODULE`"
    bench.check("verify says what a cook without `--maturin` lacks", wanted in without.log, without.log[-4000:])
    bench.check("it is `--maturin` that does it", wheel(without).third_party(), "maturin compiles nothing without it, either")

    rust = bench.run(first.image, "sh", "-c", "command -v cargo rustc maturin gcc; find /wheels /app -type f; true", flags=["--entrypoint", ""])
    bench.check("the runtime has no toolchain and no sources", rust == "", rust)
    dev = bench.build(project, "dev", target="dev")
    said = bench.run(dev.image, "sh", "-c", "cargo larder --version && maturin --version && rustc --version")
    bench.check("the dev target has the toolchain", len(said.splitlines()) == 3, said)

    rows = [(name, report.seconds(b.seconds), report.ratio(b.seconds, first.seconds), b.step("cook").state, len(b.step("cook").third_party()), len(wheel(b).third_party()), f"{b.context:,}")
            for name, b in [("first build", first), ("a source edited", edited), ("edited, cooked without `--maturin`", without)]]
    bench.report.table(["build", "time", "of the first", "`cook` step", "compiled by cook", "third-party crates compiled by maturin", "context sent, bytes"], rows)
    bench.report.table(["target", "size"], [(name, report.size(b.size)) for name, b in [("dev", dev), ("runtime", edited)]])


def wheel(build):
    return build.step("maturin build")


def twin(project, bench, old, new):
    copy = bench.project(project, "twin")
    edit(copy / "Dockerfile", old, new)
    edit(copy / "src/lib.rs", "edited", "edited again")
    return copy
