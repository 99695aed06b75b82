#!/usr/bin/env python3
"""`show --format dot` of every workspace of the corpus, drawn by Graphviz.

    graph.py [--only NAME]… [--pictures DIRECTORY]

Graphviz must read each graph without a message and draw it. The picture must have the nodes and the edges that the
recipe has: a node for each package of the recipe, and for each member that requires one.

Needs Graphviz: `apt-get install graphviz`. DOT is the command that starts it (default: `dot`). It reads from a pipe, so
`DOT='chroot ROOT dot'` works, too."""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
from larder import CORPUS, Failed, check_setup, drop_toolchain, finish, larder, unpack


def drawn(graph, pictures, name):
    """The picture as SVG: its nodes and edges."""
    command = [*shlex.split(os.environ.get("DOT") or "dot"), "-Tsvg"]
    done = subprocess.run(command, input=graph, capture_output=True, text=True)
    if done.returncode or done.stderr.strip():
        raise Failed(done.stderr.strip() or f"exit code {done.returncode}")
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        (pictures / f"{name}.svg").write_text(done.stdout)
    root = xml.etree.ElementTree.fromstring(done.stdout)
    titles = {kind: set() for kind in ["node", "edge"]}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        if group.get("class") in titles:
            titles[group.get("class")].add(group.find("{http://www.w3.org/2000/svg}title").text)
    return titles["node"], titles["edge"]


def judged(name, pictures):
    """The numbers of a workspace: packages, nodes, edges."""
    with tempfile.TemporaryDirectory() as place:
        unpack(CORPUS / "workspaces" / f"{name}.tar.xz", place)
        place = Path(place)
        drop_toolchain(place)
        larder("prepare", "--offline", "--quiet", cwd=place)
        graph = larder("show", "--format", "dot", cwd=place)
        shown = json.loads(larder("show", "--format", "json", cwd=place))
        nodes, edges = drawn(graph, pictures, name)
    # A member has no version in the graph.
    packages = {node for node in nodes if " " in node}
    if len(packages) != shown["packages"]:
        raise Failed(f"{len(packages)} nodes for {shown['packages']} packages")
    missing = {f"{it['name']} {it['version']}" for it in shown["requirements"]} - {" ".join(node.split(" ")[:2]) for node in nodes}
    if missing:
        raise Failed(f"no node for {sorted(missing)[:5]}")
    if not edges:
        raise Failed("no edge")
    return len(packages), len(nodes), len(edges)


def main():
    names = sorted(path.name.split(".tar")[0] for path in (CORPUS / "workspaces").glob("*.tar.xz"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=names, help="only this workspace (repeatable)")
    parser.add_argument("--pictures", type=Path, help="where to write the pictures")
    args = parser.parse_args()
    check_setup()
    passed = failed = 0
    for name in args.only or names:
        try:
            packages, nodes, edges = judged(name, args.pictures)
            print(f"ok     {name}: {packages} packages, {nodes} nodes, {edges} edges", flush=True)
            passed += 1
        except Failed as error:
            print(f"FAILED {name}: {error}", flush=True)
            failed += 1
    finish(passed, failed)


if __name__ == "__main__":
    main()
