"""docker/ci: the files are what GitHub and GitLab read, and the commands in them keep the dependencies."""
import re
import subprocess

import steps
from bench import ROOT, Stopped, edit

TITLE = "workflows are checked by a linter, and their commands keep what was cooked"
SCHEMAS = {"github-actions.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}
LINTERS = "check-jsonschema==0.39.0 yamllint==1.38.0"
# Variables, each with a value that makes cargo compile dependencies again.
DECIDE = {"RUSTFLAGS": "-C target-cpu=native", "CARGO_HOME": "/elsewhere", "CARGO_PROFILE_RELEASE_LTO": "thin", "CC": "clang",
          "CFLAGS": "-O1", "CC_x86_64_unknown_linux_gnu": "clang", "TARGET_CC": "clang"}
YAMLLINT = "{extends: default, rules: {line-length: {max: 140}, document-start: disable, truthy: disable}}"


def run(bench):
    files = bench.project(ROOT / "docker/ci", "ci")
    wrong = bench.project(ROOT / "docker/ci", "wrong")
    edit(wrong / "github-actions.yml", "runs-on:", "run-on:")
    edit(wrong / "gitlab-ci.yml", "script:", "scripts:")
    rows, passes = [], {}
    verdicts = lint(bench, [files, wrong])
    for file in SCHEMAS:
        said = verdicts[f"ci/{file}"]
        bench.check(f"{file} is accepted by the linters", said == "ok", said)
        bench.check(f"{file} with a key misspelt is not", verdicts[f"wrong/{file}"] != "ok")
        commands = tuple(re.findall(r"^\s+(?:- |run: )(cargo .*)$", (files / file).read_text(), re.M))
        bench.check(f"{file} prepares, cooks and builds", [c.split()[1] for c in commands] == ["larder", "larder", "build"], commands)
        # Files that have the same commands share one pass.
        if commands not in passes:
            passes[commands] = prewarm(bench, file, commands)
        rows.append((file, said, *passes[commands]))
    for file in SCHEMAS:
        names_of_arguments(bench, file, (files / file).read_text())
    names(bench, (files / "github-actions.yml").read_text())
    bench.report.table(["file", "linters", "third-party crates cooked", "compiled by the next run's build"], rows)


def names_of_arguments(bench, file, text):
    """What the image job gives to the Dockerfile, which is that of the README, is an argument of it."""
    given = re.findall(r"(?:build-args: |--build-arg \")(\w+)=", text)
    declared = re.findall(r"^ARG (\w+)", (ROOT / "docker/Dockerfile").read_text(), re.M)
    bench.check(f"{file} gives arguments that the Dockerfile has", given and set(given) <= set(declared), [given, declared])


def names(bench, workflow):
    """Names of images are in lower case; that of the cache holds all that decides what cargo compiles again."""
    owner = {"GITHUB_REPOSITORY": "Some-Owner/My-App", "GITHUB_REPOSITORY_OWNER": "Some-Owner"}
    images = outcome(bench, workflow, "name the images", "GITHUB_ENV", owner)
    wanted = "IMAGE=ghcr.io/some-owner/my-app\nLARDER_IMAGE=ghcr.io/some-owner/cargo-larder:latest"
    bench.check("names of images are in lower case", images == wanted, images)
    key = lambda env=(), recipe="{}": outcome(bench, workflow, "name the cache", "GITHUB_OUTPUT", dict(env), recipe)
    first = key()
    bench.check("the cache has a name", re.fullmatch("key=larder-[0-9a-f]{32}", first), first)
    bench.check("other variables leave the cache its name", key({"EDITOR": "vi", "CARGO_REGISTRY_TOKEN": "secret"}) == first)
    for name, value in DECIDE.items():
        bench.check(f"{name} decides the name of the cache", key({name: value}) != first)
    bench.check("the recipe decides the name of the cache", key(recipe="{ }") != first)


def outcome(bench, workflow, step, file, env, recipe="{}"):
    """What a step of the workflow writes to the file that a variable of GitHub names."""
    block = re.search(rf"- name: {step}\n(?: +id: .*\n)? +run: \|\n((?: {{10}}.*\n)+)", workflow)
    if not block:
        raise Stopped(f"the workflow has no step `{step}` with a script")
    script = f"cd /tmp && printf '%s' '{recipe}' >recipe.json && export {file}=/tmp/told\nset -eo pipefail\n{block[1]}\ncat /tmp/told"
    flags = [word for pair in env.items() for word in ("-e", "=".join(pair))]
    return bench.run(bench.bases["rust"], "bash", "-c", script, flags=flags)


def lint(bench, places):
    """Directory/file → `ok`, or what the linters say."""
    script = ["pip install --quiet --root-user-action=ignore " + LINTERS + " >&2 || exit 1"]
    for place in places:
        for file, schema in SCHEMAS.items():
            path = f"/ci/{place.name}/{file}"
            script.append(f"echo '== {place.name}/{file}'; {{ check-jsonschema --builtin-schema {schema} {path} && yamllint --strict -d '{YAMLLINT}' {path}; }} 2>&1 && echo passed")
    script.append("true")
    said = bench.run(bench.bases["python"], "sh", "-c", "\n".join(script), flags=["-v", f"{bench.temp}:/ci:ro"])
    parts = (part.split("\n", 1) for part in said.split("== ")[1:])
    return {name: "ok" if told.strip().endswith("passed") else told for name, told in parts}


def prewarm(bench, file, commands):
    """Runs the commands of the job without an image: in a first checkout, and in a second one that has its target directory."""
    toolchain = bench.build(ROOT, "toolchain", "docker/image/Dockerfile", target="toolchain", args={"RUST": bench.larder_base, "TOOLCHAIN": bench.bases["rust"]})
    name = file.removesuffix(".yml")
    first, second = (bench.hurried(ROOT / "docker/hello", f"{name}-{turn}") for turn in ["first", "second"])

    cooked, built = pass_of(bench, toolchain.image, first, commands)
    bench.check(f"{file}: cook compiles the dependencies", len(cooked) > 10, cooked)
    bench.check(f"{file}: the build compiles none of them", not built, built)
    # Times as an archive keeps them: whole seconds.
    subprocess.run(["tar", "--format=ustar", "-cf", bench.temp / "cache.tar", "-C", first, "target"], check=True)
    subprocess.run(["tar", "-xf", bench.temp / "cache.tar", "-C", second], check=True)
    edit(second / "src/main.rs", "use anyhow", "// edited\nuse anyhow")
    again, rebuilt = pass_of(bench, toolchain.image, second, commands)
    bench.check(f"{file}: the next run compiles no third-party crate", not again and not rebuilt, [again, rebuilt])
    return len(cooked), len(rebuilt)


def pass_of(bench, image, checkout, commands):
    """Third-party crates that the second and the third command compile."""
    flags = ["-v", f"{checkout}:/app", "-w", "/app"]
    script = "\n".join(["set -e", *(f"echo '== {number}'; {command} 2>&1" for number, command in enumerate(commands))])
    parts = bench.run(image, "sh", "-c", script, flags=flags).split("== ")[1:]
    return [steps.Step(said=part.splitlines()).third_party() for part in parts[1:]]
