#!/usr/bin/env python3
"""The page of `cook --html` in a browser: a real cook, then headless Chromium at the width of a phone and of a desktop.

    page.py [--pictures DIRECTORY] [PAGE]…

Without a PAGE, cooks a project of crates that are made on the spot, first a part of it into a store, then all of it. At
390 and 1280 pixels, light and dark, the page must not be wider than the window, load nothing, and log nothing. Sorting
and the arrow keys must work. Writes a picture of each.

Needs Chromium: `apt-get install chromium`. CHROMIUM is the command that starts it (default: `chromium`). It sees the files
that this script writes below TMPDIR. If it is in a root of its own, that directory has to be mounted there:

    debootstrap --include=chromium,fonts-dejavu-core bookworm ROOT
    mount --bind /tmp ROOT/tmp && mount --bind /dev ROOT/dev && mount -t proc proc ROOT/proc
    CHROMIUM='chroot ROOT chromium' tests/e2e/page.py"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from browser import Browser
from larder import BINARY, finish

SIZES = [("phone", 390, 844), ("desktop", 1280, 900)]
LONG = "a-package-whose-name-is-as-long-as-a-registry-will-ever-accept-x"
# What sticks out of the window, without what is cut off.
OVERFLOW = """[...document.querySelectorAll('body *')].filter(it => !it.closest('.lanes')
    && it.getBoundingClientRect().right > innerWidth + 0.5).map(it => it.outerHTML.slice(0, 90))"""
COLUMN = "[...document.querySelectorAll('table')[1].tBodies[0].rows].map(row => %s)"


def crate(vendor, name, number, needs):
    """A crate of a directory source. Every third one has a build script, and its code grows with its number."""
    place = vendor / name
    (place / "src").mkdir(parents=True)
    lines = [f'[package]\nname = "{name}"\nversion = "1.{number}.0"\nedition = "2021"\n[dependencies]']
    (place / "Cargo.toml").write_text("\n".join([*lines, *(f'{need} = "1"' for need in needs)]) + "\n")
    code = [f"pub fn f{i}(x: &[u64]) -> u64 {{ x.iter().map(|a| a.wrapping_mul({i})).sum() }}" for i in range(number * 5)]
    (place / "src/lib.rs").write_text("\n".join(code) + "\n")
    if number % 3 == 0:
        (place / "build.rs").write_text("fn main() { std::thread::sleep(std::time::Duration::from_millis(150)) }\n")
    (place / ".cargo-checksum.json").write_text(json.dumps({"files": {}}))


def cooked(place):
    """The page of a cook that took some units from a store and compiled the others."""
    names = [f"crate-{chr(97 + number)}" for number in range(24)] + [LONG]
    for number, name in enumerate(names):
        crate(place / "vendor", name, number, names[max(0, number - 5):max(0, number - 3)])
    project = place / "project"
    (project / "src").mkdir(parents=True)
    (project / "src/main.rs").write_text("fn main() {}\n")
    (project / ".cargo").mkdir()
    (project / ".cargo/config.toml").write_text('[source.crates-io]\nreplace-with = "near"\n[source.near]\ndirectory = "../vendor"\n')
    for part, flags in [(names[:9], []), (names, ["--html", "cook.html"])]:
        needs = "".join(f'{name} = "1"\n' for name in part)
        (project / "Cargo.toml").write_text(f'[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{needs}')
        shutil.rmtree(project / "target", ignore_errors=True)
        subprocess.run([BINARY, "cook", "--offline", "--release", "--cache", place / "store", *flags], cwd=project, check=True)
    return project / "cook.html"


def judged(browser, path, width, height, scheme):
    """What is wrong with a page at a size."""
    browser.open(path, width, height, scheme)
    yield from (f"sticks out: {what}" for what in browser.value(OVERFLOW))
    scrolled = browser.value("document.documentElement.scrollWidth")
    if scrolled > width:
        yield f"the page is {scrolled} pixels wide"
    bars = browser.value("document.querySelectorAll('.bar').length")
    if bars:
        browser.value("document.querySelector('.chart').focus()")
        browser.key("ArrowRight")
        chosen = browser.value("[document.querySelector('output').textContent, document.querySelector('.bar.on')?.title]")
        if not chosen[1] or chosen[0] != chosen[1]:
            yield f"an arrow key shows {chosen}"
    times = COLUMN % "+row.children[2].dataset.v"
    if browser.value(times) != sorted(browser.value(times), reverse=True):
        yield "the slowest package is not the first"
    browser.value("document.querySelectorAll('table')[1].querySelector('th button').click()")
    packages = browser.value(COLUMN % "row.children[0].textContent")
    if packages != sorted(packages):
        yield f"not sorted by name: {packages[:9]}"
    browser.value("document.querySelector('details').open = true")
    yield from (f"sticks out of the open page: {what}" for what in browser.value(OVERFLOW))
    yield from (f"says: {json.dumps(error)[:300]}" for error in browser.errors())
    if browser.requests() != [Path(path).resolve().as_uri()]:
        yield f"loads {browser.requests()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=Path, default=Path("target/pictures"), help="where to write pictures")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    args = parser.parse_args()
    args.pictures.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as place:
        pages = args.pages or [cooked(Path(place))]
        browser = Browser(os.environ.get("CHROMIUM") or "chromium")
        for page in pages:
            for name, width, height in SIZES:
                for scheme in ["light", "dark"]:
                    wrong = list(judged(browser, page, width, height, scheme))
                    browser.open(page, width, height, scheme)
                    picture = args.pictures / f"{page.stem}-{name}-{scheme}.png"
                    browser.screenshot(picture)
                    print(f"{'ok    ' if not wrong else 'FAILED'} {page.name} at {width} pixels, {scheme}: {picture}")
                    print("".join(f"       {it}\n" for it in wrong), end="")
                    passed, failed = passed + (not wrong), failed + bool(wrong)
        browser.close()
    finish(passed, failed)


if __name__ == "__main__":
    main()
