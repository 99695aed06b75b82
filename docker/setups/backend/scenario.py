"""A backend that links the system's OpenSSL, in both of its profiles."""
import json

import report
from bench import edit, free_port

TITLE = "libssl-dev in the builder, offline query data, release or debug by a build argument"


def run(bench):
    rows = []
    for environment in ["production", "development"]:
        project = bench.hurried(bench.setup, environment)
        args = {"BUILD_ENV": environment}

        first = bench.build(project, f"{environment}-first", args=args)
        said = ask(bench, first)
        bench.check(f"{environment}: the image is the application", (said["service"], said["columns"]) == ("backend", "id,name"), said)
        bench.check(f"{environment}: the profile is the one that was asked for", said["debug"] == (environment == "development"), said)
        bench.check(f"{environment}: cook compiled the dependencies", "openssl-sys" in first.step("cook").third_party())
        bench.check(f"{environment}: the build compiled none of them", not first.step("cargo build").third_party(),
                    first.step("cargo build").third_party())
        rows.append(row(environment, "first build", first))

        edit(project / "src/main.rs", '"service": "backend"', '"service": "backend, edited"')
        rows.append(kept(bench, environment, "a source edited", project, args, lambda said: said["service"] == "backend, edited"))
        edit(project / ".sqlx/query-customers.json", '"name": "name"', '"name": "full_name"')
        edit(project / "src/main.rs", "edited", "edited again")
        rows.append(kept(bench, environment, "query data edited", project, args, lambda said: said["columns"] == "id,full_name"))
    runtime(bench, first)
    bench.report.table(["BUILD_ENV", "build", "time", "of the first", "`cook` step", "third-party crates compiled"],
                       [(r[0], r[1], report.seconds(r[2]), report.ratio(r[2], of_first(rows, r[0])), *r[3:]) for r in rows])


def kept(bench, environment, what, project, args, expected):
    build = bench.build(project, f"{environment}-{what.replace(' ', '-')}", args=args)
    said = ask(bench, build)
    bench.check(f"{environment}, {what}: cook is CACHED", build.step("cook").cached)
    bench.check(f"{environment}, {what}: no third-party crate is compiled", not build.third_party(), build.third_party())
    bench.check(f"{environment}, {what}: the image is the edited application", expected(said), said)
    return row(environment, what, build)


def row(environment, what, build):
    return environment, what, build.seconds, build.step("cook").state, len(build.third_party())


def of_first(rows, environment):
    return next(row[2] for row in rows if row[0] == environment)


def ask(bench, build):
    port = free_port()
    with bench.serve(build.image, port, flags=["-e", f"PORT={port}"]) as served:
        return json.loads(served.get("/"))


def runtime(bench, build):
    """What the last stage is: the program, certificates, a user who can write nothing of it."""
    script = "id -u; stat -c '%U %a' /usr/local/bin/backend; test -s /etc/ssl/certs/ca-certificates.crt && echo certificates; command -v cargo; ls -d /app"
    said = bench.run(build.image, "sh", "-c", f"{{ {script}; }} 2>/dev/null; true").split("\n")
    bench.check("it does not run as root", said[0] not in ("0", ""), said)
    bench.check("the program belongs to root, and others can read and run it", said[1] == "root 755", said)
    bench.check("the certificates are there, and neither cargo nor sources", said[2:] == ["certificates"], said)
