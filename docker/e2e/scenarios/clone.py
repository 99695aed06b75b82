"""The README's commands for a checkout, word for word: in a clone named `cargo-larder`, on a base that has a C compiler and
Rust, and no git, no Python, and nothing beside the clone."""
import re
import shutil
import subprocess
import time

import engine
import report
from bench import ROOT, Stopped

TITLE = "the README's commands in a fresh clone: try it, and run the tests"
PLACE = "/clone/cargo-larder"
ABSENT = ["git", "python3", "strace"]
# Seconds that CONTRIBUTING.md promises at most, on cores that nothing else uses. Cores are counted in their own time, so that
# other work on the machine does not matter.
# 280 s where nothing else runs. A noisy machine takes up to a third more.
LIMIT, CORES = 400, 2


def run(bench):
    clone = bench.temp / "cargo-larder"
    copy_of_checkout(clone)
    shell = lambda command: ["sh", "-c", command]
    there = bench.run(bench.bases["rust"], *shell(f"for name in {' '.join(ABSENT)}; do command -v $name || true; done"))
    bench.check("the base is bare", not there, there)
    install, test = command_of("Try it", "cargo install"), command_of("Contributing", "cargo test")
    rows = []
    if not bench.ci:
        start = time.monotonic()
        said = bench.run(bench.bases["rust"], *shell(f"{install} 2>&1"), flags=mount(clone))
        own = said[said.rfind("Installed package"):]
        compiled = re.findall(r"Compiling (\S+) v\S+ \(/", own)
        bench.check("the last command of `Try it` compiles the project alone", compiled == ["hello"], compiled)
        rows.append((f"`{install}`", report.seconds(time.monotonic() - start), "", "", ""))
    start = time.monotonic()
    said, code = followed(bench, clone, test)
    took = time.monotonic() - start
    programs = re.findall(r"^ +Running (?:unittests )?(\S+)", said, re.M)
    expected = sorted(path.relative_to(clone).as_posix() for path in (clone / "tests").glob("*.rs"))
    bench.check("every test program runs", expected == sorted(name for name in programs if name.startswith("tests/")), programs)
    passed, failed = (sum(map(int, re.findall(rf"(\d+) {word}", said))) for word in ["passed", "failed"])
    bench.check("all tests pass", code == 0 and passed > 100 and not failed, "\n".join(lines_of_failures(said)))
    left_out = re.findall(r"test (\S+) is left out: there is no `git`", said)
    bench.check("what needs git says that it is left out", left_out, said[-2000:])
    work = core_seconds(said)
    bench.check(f"{CORES} cores need less than {LIMIT} s for it", 0 < work < LIMIT * CORES, report.seconds(work))
    rows.append((f"`{test}`", report.seconds(took), report.seconds(work), passed, len(left_out)))
    bench.report.table(["command", "time", "time of cores", "tests passed", "left out without git"], rows)


def copy_of_checkout(place):
    """What a clone holds: the tracked files, as they are now."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached"], capture_output=True, text=True)
    if listed.returncode:
        raise Stopped(f"git cannot list the files of the checkout: {listed.stderr}")
    for name in filter(None, listed.stdout.split("\0")):
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, target)


def command_of(section, word):
    """The command in a section of the README that begins with `word`."""
    readme = (ROOT / "README.md").read_text()
    block = re.search(rf"^## {section}\n.*?^```sh\n({re.escape(word)}[^\n]*)", readme, re.M | re.S)
    if not block:
        raise Stopped(f"README.md has no command `{word} …` below `{section}`")
    return block[1].split("  #")[0].strip()


def mount(clone):
    # With the cargo home of the image; what is installed is found on its PATH.
    return ["-v", f"{clone}:{PLACE}", "-w", PLACE]


def followed(bench, clone, command):
    """Runs a long command; shows which test program is at work. Returns what it said and its exit code."""
    args = [engine.client(), "run", "--rm", "--network", "host", *mount(clone), bench.bases["rust"], "sh", "-c", f"{command} 2>&1; code=$?; times; exit $code"]
    said = []
    start = time.monotonic()
    with subprocess.Popen([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        for line in child.stdout:
            said.append(line)
            if re.match(r" +(Running|Finished|Doc-tests) |test result|test .* FAILED", line):
                print(f"  {time.monotonic() - start:4.0f} s {line.rstrip()}", flush=True)
    return "".join(said), child.returncode


def core_seconds(said):
    """The sum of what the shell's `times` prints for its children, user and system, as `1m2.345s 0m6.78s`."""
    found = re.findall(r"^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$", said, re.M)
    return sum(60 * int(minutes) + float(seconds) for a, b, c, d in found for minutes, seconds in [(a, b), (c, d)])


def lines_of_failures(said):
    return [line for line in said.splitlines() if re.search(r"FAILED|panicked|^error", line)][:40]
