#!/usr/bin/env bash
# What `cook` has built in an empty directory, the real build keeps: no third-party crate is compiled again.
#
#     kept.sh [--only NAME] [--quick] [--keep]      NAME: ripgrep, fd-find, hyperfine, just, patched, twelve
#
# --quick: the published ones without their optimizations, by CARGO_PROFILE_RELEASE_… in the environment of all steps;
# hyperfine only as patched
#
# Four published programs, one of them once more with two dependencies patched by path (patched), and a workspace of twelve
# members (twelve/). For each: `prepare` beside the sources; `cook` in
# a directory that holds recipe.json and nothing else; then the sources come in, once all from the year 2020 and once all
# just written, and are built with cargo. That build must find every third-party crate fresh, and its programs must be
# the real ones: they are run.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
larder=$(realpath -m "${LARDER:-$root/target/release/cargo-larder}")
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR
only='' keep='' quick=''
while [ $# -gt 0 ]; do
  case $1 in
    --only) only=${2:?a name after --only}; shift 2 ;;
    --keep) keep=yes; shift ;;
    --quick) quick=yes; shift ;;
    *) echo "error: unknown argument \`$1\`" >&2; exit 2 ;;
  esac
done
[ -x "$larder" ] || { echo "error: no binary at \`$larder\`: run \`cargo build --release\`, or say where it is with LARDER=…" >&2; exit 1; }

temp=$(mktemp -d "${TMPDIR:-/tmp}/larder-kept-XXXXXX")
trap '[ -n "$keep" ] && echo "kept: $temp" || rm -rf "$temp"' EXIT
passed=0 failed=0
table='| project | flags | sources | third-party | compiled again | programs |\n|---|---|---|---|---|---|\n'

row() { # project, flags, sources, third-party, compiled again, programs, what is wrong ('' if nothing)
  table+="| $1 | \`$2\` | $3 | $4 | $5 | $6 |\n"
  if [ -z "$7" ]; then passed=$((passed + 1)); echo "ok: $1 $2 ($3)"
  else failed=$((failed + 1)); printf 'FAILED: %s %s (%s):\n%s\n' "$1" "$2" "$3" "    ${7//$'\n'/$'\n'    }"; fi
}

# A published crate as `cargo install` would get it. `cargo info` downloads it and unpacks it below cargo's home.
download() { # name, version, directory
  local home=${CARGO_HOME:-$HOME/.cargo} found
  (cd "$temp" && cargo info --quiet --registry crates-io "$1@$2" >/dev/null) || return 1
  found=$(find "$home"/registry/src -maxdepth 2 -name "$1-$2" -type d | head -n 1)
  [ -f "$found/Cargo.lock" ] || { echo "error: \`$1\` $2 has no Cargo.lock" >&2; return 1; }
  cp -r "$found" "$3" && rm -f "$3/.cargo-ok" "$3"/rust-toolchain*
}

# Reads cargo's messages (file 1) and its words (file 2, `cargo build -v`): how many third-party units were looked at, how
# many compiled, and their names.
judge() {
  python3 - "$1" "$2" <<'PY'
import json, re, sys
seen, again, local = 0, set(), 0
for line in open(sys.argv[1]):
    message = json.loads(line)
    if message["reason"] != "compiler-artifact":
        continue
    if message["package_id"].startswith("path+"):
        local += not message["fresh"]
        continue
    seen += 1
    if not message["fresh"]:
        again.add(message["package_id"].split("#")[-1])
# A build script that runs again shows in the words only. Local packages end in a path.
for line in open(sys.argv[2]):
    found = re.match(r" *(Dirty|Compiling) (\S+) v(\S+?):?(?: (.*))?$", line.rstrip())
    if found and not (found[4] or "").startswith("("):
        again.add(f"{found[2]}@{found[3]}" + (f" ({found[4]})" if found[1] == "Dirty" else ""))
print(seen, len(again), local)
print("\n".join(sorted(again)))
PY
}

# The programs of a project do what they are for. Arguments: project, directory of the programs, a directory to play in.
# Prints what is wrong.
try_programs() {
  local bin=$2 play=$3
  mkdir -p "$play/jars" && echo 'plums and beans' >"$play/jars/list.txt" && printf 'greet name:\n    @echo hello {{name}}\n' >"$play/justfile"
  expect() { # program, its arguments …, --, what the output must hold
    local program=$1 args=() said
    shift
    while [ "$1" != -- ] || [ $# -gt 2 ]; do args+=("$1"); shift; done
    said=$(cd "$play" && "$bin/$program" "${args[@]}" 2>&1) || { echo "\`$program ${args[*]}\` failed: $said"; return; }
    grep -qF -- "$2" <<<"$said" || echo "\`$program ${args[*]}\` said \"$said\", not \"$2\""
  }
  case $1 in
    ripgrep)
      expect rg --version -- "ripgrep $version"
      expect rg --no-heading -n 'b..ns' jars -- '1:plums and beans' ;;
    fd-find)
      expect fd --version -- "fd $version"
      expect fd -e txt . jars -- 'jars/list.txt' ;;
    patched)
      expect hyperfine --version -- "hyperfine $version"
      expect hyperfine --shell=none --warmup 0 --runs 2 true -- 'Time (' ;;
    hyperfine)
      expect hyperfine --version -- "hyperfine $version"
      expect hyperfine --shell=none --warmup 0 --runs 2 true -- 'Time (' ;;
    just)
      expect just --version -- "just $version"
      expect just greet larder -- 'hello larder' ;;
    twelve)
      expect pantry -- '[{"name":"plums","count":3},{"name":"beans","count":4}] on shelf 2 of Cellar'
      expect pantry -- 'stamp-1.2.3-2 0.0.0'
      expect pantry -- 'unix 10'
      expect pantry -- '42 jar:0102fa'
      expect pantry-admin -- '7 jars'
      [ -n "${part:-}" ] && return
      expect pantry-tools -- 'Jar { name: "peas", count: 5 } 2542a331590a1575'
      expect count a b c -- 3
      python3 - "$bin" <<'PY' || echo 'the C library does not work'
import ctypes, sys
library = ctypes.CDLL(sys.argv[1] + "/libpantry_ffi.so")
library.pantry_hash.restype, library.pantry_hash.argtypes = ctypes.c_uint64, [ctypes.c_uint64]
sys.exit(library.pantry_hash(7) != 0xaf63aa4c86019796)
PY
      ;;
  esac
}

# One project in one scope. Arguments: project, its sources, `scoped` or `unscoped`, flags of cargo.
keep_dependencies() {
  local project=$1 sources=$2 how=$3 said wrong programs seen again
  shift 3
  local flags="$*" place
  place=$(mktemp -d "$temp/$project-XXXXXX")
  local title="$flags"
  [ "$how" = unscoped ] && title="$flags (unscoped)"

  mkdir "$place/cooked"
  local prepare=("$@")
  [ "$how" = unscoped ] && prepare=()
  (cd "$sources" && "$larder" larder prepare --recipe-path "$place/cooked/recipe.json" "${prepare[@]}") >"$place/log" 2>&1 \
    || { row "$project" "$title" - - - - "prepare failed: $(tail -n 15 "$place/log")"; return; }
  (cd "$place/cooked" && "$larder" larder cook "$@") >"$place/log" 2>&1 \
    || { row "$project" "$title" - - - - "cook failed: $(tail -n 15 "$place/log")"; return; }
  said=$(cd "$place/cooked" && find . -mindepth 1 -maxdepth 1 ! -name recipe.json ! -name target)
  [ -z "$said" ] || { row "$project" "$title" - - - - "cook left in its directory: $said"; return; }

  # Sources older than the cook must not be taken for what was cooked; newer ones are what a fresh checkout looks like.
  for age in 2020 new; do
    cp -a "$place/cooked" "$place/$age"
    cp -r "$sources/." "$place/$age/"
    (cd "$sources" && find . -type f -print0) | (cd "$place/$age" && if [ $age = 2020 ]; then xargs -0 touch -d 2020-06-01; else xargs -0 touch; fi)
    # Sources that third-party crates are built on are compared by mtime: another cook says that they are the same.
    [ "$project $age" != 'patched new' ] || (cd "$place/$age" && "$larder" larder cook "$@") >"$place/log" 2>&1 \
      || { row "$project" "$title" "$age" - - - "the second cook failed: $(tail -n 15 "$place/log")"; continue; }
    wrong='' programs=-
    if (cd "$place/$age" && cargo build -v --locked --message-format json "$@") >"$place/json" 2>"$place/words"; then
      said=$(judge "$place/json" "$place/words")
      read -r seen again local_units <<<"$(head -n 1 <<<"$said")"
      [ "$seen" -gt 0 ] || wrong+="the build has no third-party crates"$'\n'
      [ "$local_units" -gt 0 ] || wrong+="the build compiled no local package: all were taken for fresh"$'\n'
      [ "$again" -eq 0 ] || wrong+="compiled again: $(tail -n +2 <<<"$said" | head -n 12)"$'\n'
      said=$(try_programs "$project" "$place/$age/target/$profile" "$place/play")
      programs=ok
      [ -z "$said" ] || { programs=wrong; wrong+=$said; }
    else
      seen=- again=-
      wrong="the real build failed: $(grep -v '^ *\(Fresh\|Running\|Dirty\|Compiling\) ' "$place/words" | tail -n 15)"
    fi
    row "$project" "$title" "$age" "$seen" "$again" "$programs" "${wrong%$'\n'}"
    rm -rf "${place:?}/$age"
  done
  rm -rf "${place:?}/cooked"
}

# Puts the crate that Cargo.lock names into patches/, by path.
patch() {
  local name=$1 version
  version=$(sed -n "/^name = \"$name\"/{n;s/version = \"\(.*\)\"/\1/p}" "$temp/patched/Cargo.lock")
  [ -n "$version" ] && (cd "$temp" && cargo info --quiet --registry crates-io "$name@$version" >/dev/null) \
    && mkdir -p "$temp/patched/patches" && cp -r "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name-$version" "$temp/patched/patches/$name" \
    && rm -f "$temp/patched/patches/$name/.cargo-ok" && echo "$name = { path = \"patches/$name\" }" >>"$temp/patched/Cargo.toml"
}

profile=release
[ -z "$quick" ] || export CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0
while read -r name version; do
  [ -z "$only" ] || [ "$only" = "$name" ] || continue
  [ -z "$quick" ] || [ "$name" != hyperfine ] || continue
  if ! download "$name" "$version" "$temp/$name"; then
    row "$name" --release - - - - "$version could not be downloaded"
    continue
  fi
  keep_dependencies "$name" "$temp/$name" scoped --release
done <<'EOP'
ripgrep 15.2.0
fd-find 10.5.0
hyperfine 1.20.0
just 1.59.0
EOP
if [ -z "$only" ] || [ "$only" = patched ]; then
  # Both stand below third-party crates there, and libc has a build script.
  if download hyperfine 1.20.0 "$temp/patched" && printf '\n[patch.crates-io]\n' >>"$temp/patched/Cargo.toml" \
    && patch itoa && patch libc && (cd "$temp/patched" && cargo fetch --quiet); then
    keep_dependencies patched "$temp/patched" scoped --release
  else
    row patched --release - - - - 'hyperfine could not be patched with itoa and libc'
  fi
fi
unset "${!CARGO_PROFILE_RELEASE_@}"
if [ -z "$only" ] || [ "$only" = twelve ]; then
  cp -r "$here/twelve" "$temp/twelve"
  keep_dependencies twelve "$temp/twelve" scoped --release
  keep_dependencies twelve "$temp/twelve" unscoped --release
  profile=debug part=yes keep_dependencies twelve "$temp/twelve" scoped --workspace --all-targets
fi

printf "\n$table\n%d passed, %d failed\n" "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
