"""One workspace, edited in many ways, each from the same start: some must keep the layer of the dependencies, the others
must build it again."""
import base
from bench import edit

TITLE = "which edits keep the layer of the dependencies"
SAYS = "r in larder: 2"


def source_edit(project, bench):
    edit(project / "app/src/main.rs", '"{}: {}"', '"edited, {}: {}"')
    return "edited, " + SAYS


def new_file(project, bench):
    write(project / "app/src/extra.rs", 'pub const EXTRA: &str = "with more, ";\n')
    edit(project / "app/src/main.rs", 'fn main() {\n', 'mod extra;\n\nfn main() {\n    print!("{}", extra::EXTRA);\n')
    return "with more, " + SAYS


def new_binary(project, bench):
    write(project / "app/src/bin/second.rs", 'fn main() {\n    println!("second");\n}\n')


def new_test(project, bench):
    write(project / "app/tests/titles.rs", '#[test]\nfn titles() {\n    assert_eq!(util::title(""), "r in nothing");\n}\n')


def description(project, bench):
    edit(project / "app/Cargo.toml", "Counts letters", "Counts one letter")


def version(project, bench):
    edit(project / "app/Cargo.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    bench.lock(project)


def new_member(project, bench):
    edit(project / "Cargo.toml", '"util"]', '"util", "third"]')
    write(project / "third/Cargo.toml", '[package]\nname = "third"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nutil = { path = "../util" }\n')
    write(project / "third/src/lib.rs", "pub use util::title;\n")
    bench.lock(project)


def moved_dependency(project, bench):
    edit(project / "app/Cargo.toml", 'itoa = "1"\n', "")
    edit(project / "util/Cargo.toml", "[dependencies]\n", '[dependencies]\nitoa = "1"\n')
    edit(project / "util/src/lib.rs", "use either", "pub use itoa;\n\nuse either")
    edit(project / "app/src/main.rs", "itoa::", "util::itoa::")
    bench.lock(project)


def unused_profile(project, bench):
    edit(project / "Cargo.toml", "[profile.release]", "[profile.dev]\nopt-level = 2\n\n[profile.release]")


def new_dependency(project, bench):
    edit(project / "app/Cargo.toml", "[dependencies]\n", '[dependencies]\ncfg-if = "1"\n')
    bench.lock(project)


def version_bump(project, bench):
    bench.lock(project, "--package", "itoa", "--precise", "1.0.11")


def feature(project, bench):
    edit(project / "app/Cargo.toml", 'version = "2", default-features = false', 'version = "2", default-features = false, features = ["std"]')


def used_profile(project, bench):
    edit(project / "Cargo.toml", "opt-level = 1", "opt-level = 2")


def toolchain_file(project, bench):
    write(project / "rust-toolchain.toml", '[toolchain]\nchannel = "stable"\n')


def toolchain(project, bench):
    """Another base image: here the same toolchain, but an engine cannot know that."""
    bench.other_rust = base.of_run(bench.token, bench.bases["rust"], "other-rust")
    bench.images.append(bench.other_rust)


KEEP = [source_edit, new_file, new_binary, new_test, description, version, new_member, moved_dependency, unused_profile]
REBUILD = [new_dependency, version_bump, feature, used_profile, toolchain_file, toolchain]


def run(bench):
    start = bench.project(bench.setup, "start")
    first = bench.build(start, "start")
    bench.check("cook compiles the three dependencies at first", first.step("cook").third_party() == ["either", "itoa", "memchr"],
                first.step("cook").third_party())
    bench.check("the image is the application", bench.run(first.image) == SAYS)
    rows = [("start", "run", *state(first))]
    for edits, wanted in [(KEEP, "CACHED"), (REBUILD, "run")]:
        for change in edits:
            rows.append(case(bench, change, wanted))
    bench.report.table(["edit", "`cook` must be", "is", "compiled by cook", "third-party crates compiled by the build"], rows)


def case(bench, change, wanted):
    title, bench.other_rust = change.__name__.replace("_", " "), None
    project = bench.project(bench.setup, change.__name__)
    says = change(project, bench) or SAYS
    args = {"RUST": bench.other_rust} if bench.other_rust else {}
    build = bench.build(project, change.__name__.replace("_", "-"), args=args)
    bench.check(f"{title}: cook is {wanted}", build.step("cook").state == wanted)
    if wanted == "run":
        bench.check(f"{title}: cook compiles what is needed", build.step("cook").third_party())
    bench.check(f"{title}: the build compiles no third-party crate", not build.step("cargo build").third_party(), build.step("cargo build").third_party())
    verified = "\n".join(build.step("verify").said)
    bench.check(f"{title}: verify finds all of them fresh", "third-party units fresh" in verified, verified)
    said = bench.run(build.image)
    bench.check(f"{title}: the image is the application", said == says, said)
    return (title, wanted, *state(build))


def state(build):
    return build.step("cook").state, len(build.step("cook").third_party()), len(build.step("cargo build").third_party())


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
