#!/usr/bin/env bash
# cargo-larder beside cargo-chef 0.1.77, both measured in the same run on the same machine.
# shellcheck disable=SC2016 # backticks in text
#
#     rival.sh [install] [recipes] [bump]      without an argument: all three
#
# install   the time to install each from source, nothing built before
# recipes   how often the recipe of each changes over the histories in ../shared/corpus, beside what cargo says had to
# bump      fd, cooked by each in an empty directory and then built; built again after a source was edited; cooked again
#           over the target directory of the first cook after one dependency was bumped in Cargo.lock
#
# Read the ratios and the counts: the seconds are those of this machine at this hour, and stand beside them for scale.
# `LARDER` names the binary to measure (default: target/release/cargo-larder). `CHEF` names that of cargo-chef; without
# it the one on PATH is taken if it is of that version, else it is installed below the user's cache directory. `CHEF=none`
# leaves it out of `recipes`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
shared=$(dirname "$root")/shared
larder=$(realpath -m "${LARDER:-$root/target/release/cargo-larder}")
chef_version=0.1.77
cargo=$(command -v cargo)
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR
die() { echo "error: $*" >&2; exit 1; }

temp=$(mktemp -d "${TMPDIR:-/tmp}/larder-rival-XXXXXX")
trap 'rm -rf "$temp"' EXIT

# A published crate as `cargo install` would get it. `cargo info` downloads it and unpacks it below cargo's home.
download() { # name, version, directory
  local found
  (cd "$temp" && cargo info --quiet --registry crates-io "$1@$2" >/dev/null)
  found=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -maxdepth 2 -name "$1-$2" -type d | head -n 1)
  [ -f "$found/Cargo.lock" ] || die "\`$1\` $2 could not be downloaded with its Cargo.lock"
  cp -r "$found" "$3"
  rm -f "$3/.cargo-ok" "$3"/rust-toolchain*
}

find_chef() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/cargo-larder/cargo-chef-$chef_version
  chef=${CHEF:-$(command -v cargo-chef || true)}
  is_right() { [ -x "$chef" ] && [ "$("$chef" --version)" = "cargo-chef $chef_version" ]; }
  is_right && return
  chef=$cache/bin/cargo-chef
  is_right && return
  echo "installing cargo-chef $chef_version (a few minutes, once)"
  cargo install cargo-chef --version "$chef_version" --locked --root "$cache" >"$temp/log" 2>&1 || die "$(tail -n 20 "$temp/log")"
}

# Runs a program in a directory. What it says goes to $temp/NAME.said; wall and processor seconds to $temp/NAME.time.
timed() { # name, directory, program …
  local name=$1 TIMEFORMAT='%R %U %S'
  pushd "$2" >/dev/null
  shift 2
  { time "$@" >"$temp/$name.said" 2>&1; } 2>"$temp/$name.time" || { tail -n 20 "$temp/$name.said" >&2; die "\`$*\` failed"; }
  popd >/dev/null
}
wall() { cut -d ' ' -f 1 "$temp/$1.time"; }
processor() { awk '{ print $2 + $3 }' "$temp/$1.time"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
# Packages that cargo says it compiles: all of them, or those that are in no directory of this machine.
all_crates() { grep -cE '^ *Compiling ' "$temp/$1.said" || true; }
third_party() { grep -E '^ *Compiling ' "$temp/$1.said" | grep -cvE '\(/' || true; }

row() { printf '| %s | %s | %s | %s |\n' "$@"; }
head_row() { row "$1" cargo-larder cargo-chef 'cargo-chef / cargo-larder'; row --- --- --- ---; }
# The processor time tells more than the wall time where the machine has other things to do.
time_rows() { # what, name of the measurement
  local larder_s chef_s
  for clock in wall processor; do
    larder_s=$($clock "larder-$2") chef_s=$($clock "chef-$2")
    row "$1, $clock time" "$larder_s s" "$chef_s s" "$(ratio "$chef_s" "$larder_s")"
  done
}

measure_install() {
  local tool from jobs=2
  echo "## install: from source into an empty target directory, $jobs jobs, crates downloaded before"
  download cargo-chef "$chef_version" "$temp/cargo-chef"
  for tool in larder chef; do
    from=$root
    [ $tool = larder ] || from=$temp/cargo-chef
    (cd "$from" && cargo fetch --quiet --locked)
    timed "$tool-install" "$temp" env CARGO_TARGET_DIR="$temp/$tool-install" \
      cargo install --offline --locked --jobs "$jobs" --path "$from" --root "$temp/$tool-root"
    rm -rf "$temp/$tool-install"
  done
  head_row 'from source'
  time_rows 'install' install
  row 'crates compiled' "$(all_crates larder-install)" "$(all_crates chef-install)" "$(ratio "$(all_crates chef-install)" "$(all_crates larder-install)")"
  local sizes
  sizes=("$(stat -c %s "$temp/larder-root/bin/cargo-larder")" "$(stat -c %s "$temp/chef-root/bin/cargo-chef")")
  row 'size of the binary' "$((sizes[0] / 1000)) kB" "$((sizes[1] / 1000)) kB" "$(ratio "${sizes[1]}" "${sizes[0]}")"
}

measure_recipes() {
  echo '## recipes: changed from one commit to the next, beside what cargo says of the dependency units'
  [ -d "$shared/corpus" ] || die "no corpus at \`$shared/corpus\`"
  [ "${CHEF:-}" = none ] && chef='' || find_chef
  python3 - "$shared" "$temp/history" "$larder" "$chef" <<'PY'
import pathlib, subprocess, sys
shared, temp, larder, chef = sys.argv[1:]
triple = "x86_64-unknown-linux-gnu"  # the truth is that of `cargo build --release --target` with it
ours = [["--release", "--target", triple], ["--release", "--host", triple], ["--release"], ["--any-build"]]
# The commands of the Dockerfile in cargo-chef's README, with the word replaced.
IN_DOCKERFILE = "`cargo larder prepare`, in the Dockerfile of cargo-chef's README"
DOCKERFILE = """RUN cargo larder prepare --recipe-path recipe.json
RUN cargo larder cook --release --recipe-path recipe.json
"""
ways = {f"`cargo larder {' '.join(['prepare', *flags])}`": [larder, "larder", "prepare", *flags] for flags in ours}
ways[IN_DOCKERFILE] = [larder, "larder", "prepare"]
if chef:
    ways["`cargo chef prepare`"] = [chef, "chef", "prepare"]
same, changed, missed = {}, {}, {}  # for each project: commits; for each project and way: recipes
for table in sorted(pathlib.Path(shared, "corpus/history").glob("*.truth.tsv")):
    project = table.name.removesuffix(".truth.tsv")
    place = pathlib.Path(temp, project)
    subprocess.run([sys.executable, f"{shared}/tools/unpack.py", table.with_name(f"{project}.tar.xz"), place], check=True)
    directories = {d.name.split("-", 1)[1]: d for d in place.iterdir()}
    rows = [line.split("\t") for line in table.read_text().splitlines()[1:]]
    before, counts = None, {True: 0, False: 0}
    for commit, truth, *_ in rows:
        if truth in ("", "-"):
            continue
        # The truth was taken with one toolchain; those that the files name need not be installed.
        for name in ("rust-toolchain", "rust-toolchain.toml"):
            (directories[commit] / name).unlink(missing_ok=True)
        now = {"truth": truth}
        for number, (way, command) in enumerate(ways.items()):
            path = directories[commit].with_name(f"{number}") / "recipe.json"
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            if way == IN_DOCKERFILE:
                for own in directories[commit].rglob("*ockerfile*"):
                    own.unlink()
                (directories[commit] / "Dockerfile").write_text(DOCKERFILE)
            subprocess.run([*command, "--recipe-path", path], cwd=directories[commit], check=True, capture_output=True)
            now[way] = path.read_text()
        if before:
            units_are_the_same = now["truth"] == before["truth"]
            counts[units_are_the_same] += 1
            for way in ways:
                recipe_is_the_same = now[way] == before[way]
                changed[project, way] = changed.get((project, way), 0) + (units_are_the_same and not recipe_is_the_same)
                missed[way] = missed.get(way, 0) + (recipe_is_the_same and not units_are_the_same)
        before = now
    same[project] = counts[True], counts[False]
print("commits that leave the units as they are, and how many of them change the recipe")
print("| |", " | ".join(same), "| all | missed |")
print("|---" * (len(same) + 3) + "|")
print("| commits that change no unit |", " | ".join(str(n) for n, _ in same.values()), f"| {sum(n for n, _ in same.values())} | |")
for way in ways:
    cells = [changed[project, way] for project in same]
    print(f"| {way} |", " | ".join(map(str, cells)), f"| {sum(cells)} | {missed[way]} |")
print(f"\nmissed: of {sum(n for _, n in same.values())} commits that change the units, those that leave the recipe as it was")
PY
}

# fd as published, and a crate on which some of its dependencies rest.
project=fd-find project_version=10.5.0
bumped=memchr bumped_to=2.7.6

prepare_with() { # tool, directory of the sources, recipe
  case $1 in
    larder) (cd "$2" && "$larder" larder prepare --release --recipe-path "$3") >/dev/null 2>&1 ;;
    chef) (cd "$2" && "$chef" chef prepare --recipe-path "$3") >/dev/null 2>&1 ;;
  esac
}
# Called as cargo calls them, which says where it is.
cook_with() { # tool, name of the measurement, directory with the recipe
  case $1 in
    larder) timed "larder-$2" "$3" env CARGO="$cargo" "$larder" larder cook ;;
    chef) timed "chef-$2" "$3" env CARGO="$cargo" "$chef" chef cook --release ;;
  esac
}
count_row() { row "$1" "$(third_party "larder-$2")" "$(third_party "chef-$2")" -; }

measure_bump() {
  local tool place
  echo "## bump: $project $project_version, \`--release\`, cooked in an empty directory"
  [ -x "$larder" ] || die "no binary at \`$larder\`: run \`cargo build --release\`, or say where it is with LARDER=…"
  find_chef
  download "$project" "$project_version" "$temp/sources"
  cp -r "$temp/sources" "$temp/bumped"
  (cd "$temp/bumped" && cargo update --quiet "$bumped" --precise "$bumped_to")
  cargo fetch --quiet --locked --manifest-path "$temp/sources/Cargo.toml"
  cargo fetch --quiet --locked --manifest-path "$temp/bumped/Cargo.toml"
  for tool in larder chef; do
    place=$temp/$tool
    mkdir "$place" "$place-bumped"
    prepare_with $tool "$temp/sources" "$place/recipe.json"
    cook_with $tool cook "$place"
    # What a cache mount or a restored cache gives: the target directory with its times, and no sources.
    cp -a "$place/target" "$place-bumped/target"
    prepare_with $tool "$temp/bumped" "$place-bumped/recipe.json"
    cook_with $tool bump "$place-bumped"
    cp -r "$temp/sources/." "$place/"
    timed "$tool-build" "$place" cargo build --release --locked
    echo '// edited' >>"$place/src/main.rs"
    timed "$tool-edit" "$place" cargo build --release --locked
  done
  head_row 'third-party crates compiled'
  count_row 'by the first cook' cook
  count_row 'by the build after it' build
  count_row 'by the build after a source edit' edit
  count_row "by a cook over the first one's target directory, $bumped bumped" bump
  echo
  head_row 'time'
  time_rows 'first cook' cook
  time_rows 'build after it' build
  time_rows 'build after a source edit' edit
  time_rows 'cook after the bump' bump
}

[ $# -gt 0 ] || set -- install recipes bump
for part in "$@"; do
  case $part in
    install | recipes | bump) ;;
    *) echo "error: no such part: \`$part\`" >&2; exit 2 ;;
  esac
  "measure_$part"
  echo
done
