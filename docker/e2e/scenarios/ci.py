"""docker/ci: the files are what GitHub and GitLab read, and the commands in them keep the dependencies."""
import re
import subprocess

import steps
from bench import ROOT, edit

TITLE = "workflows are checked by a linter, and their commands keep what was cooked"
SCHEMAS = {"github-actions.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}
LINTERS = "check-jsonschema==0.39.0 yamllint==1.38.0"
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
    bench.report.table(["file", "linters", "third-party crates cooked", "compiled by the next run's build"], rows)


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
