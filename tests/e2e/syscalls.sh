#!/usr/bin/env bash
# What larder does not do, seen from outside by strace.
# shellcheck disable=SC2016 # backticks in text
#
# `prepare` starts no program and opens no source file. `cook` starts no rustc for a stub and no linker at all, where the
# third-party crates need none. Last, for information, the time of `prepare` beside that of `cargo metadata --no-deps`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
shared=$(dirname "$root")/shared
larder=$(realpath -m "${LARDER:-$root/target/release/cargo-larder}")
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR
die() { echo "error: $*" >&2; exit 1; }
[ -x "$larder" ] || die "no binary at \`$larder\`: run \`cargo build --release\`, or say where it is with LARDER=…"
[ -d "$shared/corpus" ] || die "no corpus at \`$shared/corpus\`"
command -v strace >/dev/null || die "strace is not installed"

temp=$(mktemp -d "${TMPDIR:-/tmp}/larder-syscalls-XXXXXX")
trap 'rm -rf "$temp"' EXIT
passed=0 failed=0 table='| promise | seen |\n|---|---|\n'
verdict() { # promise, what was seen, `ok` or what is wrong
  table+="| $1 | $2 |\n"
  if [ "$3" = ok ]; then passed=$((passed + 1)); echo "ok: $1"
  else failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$1" "$(head -n 12 <<<"$3")"; fi
}

# Runs a program in a directory; one trace file a process, so that no line is torn by another process.
trace() { # name, directory, calls, program …
  mkdir "$temp/$1"
  (cd "$2" && strace -ff -s 4096 -e "trace=$3" -e signal=none -o "$temp/$1/trace" "${@:4}") >"$temp/$1/said" 2>&1 || {
    tail -n 20 "$temp/$1/said" >&2
    die "\`${*:4}\` failed"
  }
}

# A workspace with nothing below it but a crate that needs no linker.
one_dependency() {
  mkdir -p "$1/src" && echo 'fn main() {}' >"$1/src/main.rs"
  printf '[package]\nname = "one"\nedition = "2021"\n\n[dependencies]\nitoa = "1"\n' >"$1/Cargo.toml"
}

# Everything that would be linked, were it not a stub: a program, a proc-macro, a build script, a C library, with LTO.
much_to_link() {
  mkdir -p "$1/src" "$1/mac/src" "$1/ffi/src"
  echo 'fn main() {}' | tee "$1/src/main.rs" >"$1/build.rs"
  touch "$1/mac/src/lib.rs" "$1/ffi/src/lib.rs"
  cat >"$1/Cargo.toml" <<'EOT'
[workspace]
members = ["mac", "ffi"]
default-members = [".", "mac", "ffi"]
[package]
name = "much"
edition = "2021"
[dependencies]
itoa = "1"
mac = { path = "mac" }
[build-dependencies]
cfg-if = "1"
[profile.release]
lto = "fat"
EOT
  printf '[package]\nname = "mac"\nedition = "2021"\n\n[lib]\nproc-macro = true\n\n[dependencies]\nfnv = "1"\n' >"$1/mac/Cargo.toml"
  printf '[package]\nname = "ffi"\nedition = "2021"\n\n[lib]\ncrate-type = ["cdylib", "rlib"]\n\n[dependencies]\nitoa = "1"\n' >"$1/ffi/Cargo.toml"
}

# Reads the traces of a cook; prints what was seen and then what is wrong.
judge_cook() { # directory of traces, crates that rustc may compile …
  python3 - "$@" <<'PY'
import ast, os, pathlib, re, sys
allowed = set(sys.argv[2:])
programs, compiled, stubs, linkers, wrong = 0, set(), 0, 0, []
for file in pathlib.Path(sys.argv[1]).glob("trace.*"):
    for line in file.read_text(errors="replace").splitlines():
        found = re.match(r'execve\("(.*?)", (\[.*\]), 0x.*\) = 0$', line)
        if not found:
            continue
        programs += 1
        name, args = os.path.basename(found[1]), ast.literal_eval(found[2])
        crate = args[args.index("--crate-name") + 1] if "--crate-name" in args else None
        if re.fullmatch(r"(.*-)?(cc|c\+\+|gcc|g\+\+|clang|clang\+\+|ld|ld\..*|lld|rust-lld|collect2|mold|wild|link)(-\d+)?", name):
            linkers += 1
            wrong.append(f"a linker ran: {' '.join(args)[:200]}")
        elif name == "cargo-larder" and crate not in (None, "___"):
            stubs += 1
        # `___` is the crate that cargo asks rustc about, with --print.
        elif name.startswith(("rustc", "clippy-driver")) and crate not in (None, "___"):
            compiled.add(crate)
            if crate not in allowed:
                wrong.append(f"rustc ran for a stub: {' '.join(args)[:200]}")
if compiled != allowed:
    wrong.append(f"compiled {sorted(compiled)}, expected {sorted(allowed)}")
if not stubs:
    wrong.append("the wrapper was asked to compile no stub, so the trace shows nothing")
print(f"{programs} programs started; rustc compiled {', '.join(sorted(compiled))}; {stubs} stubs; {linkers} linkers")
print("\n".join(wrong) or "ok")
PY
}

"$shared/tools/unpack.py" "$shared/corpus/workspaces/docs.rs.tar.xz" "$temp/docs.rs"
trace prepare "$temp/docs.rs" execve,execveat,open,openat,openat2,creat "$larder" larder prepare --release
programs=$(cat "$temp"/prepare/trace.* | grep -E '^execve.* = 0$' | tail -n +2)
verdict '`prepare` starts no program' "$(grep -c . <<<"$programs" || true)" "${programs:-ok}"
sources=$(cat "$temp"/prepare/trace.* | grep -E '\.rs"' || true)
opened=$(cat "$temp"/prepare/trace.* | grep -cE '^open.* = [0-9]+$' || true)
verdict '`prepare` opens no source file' "$(grep -c . <<<"$sources" || true) of $opened files opened" "${sources:-ok}"

for kind in one_dependency much_to_link; do
  $kind "$temp/$kind"
  (cd "$temp/$kind" && cargo generate-lockfile --quiet && cargo fetch --quiet)
  mkdir "$temp/$kind.cooked"
  (cd "$temp/$kind" && "$larder" larder prepare --release --recipe-path "$temp/$kind.cooked/recipe.json") 2>"$temp/said" || die "$(cat "$temp/said")"
  trace "$kind.trace" "$temp/$kind.cooked" execve "$larder" larder cook
  crates=(itoa)
  [ $kind = one_dependency ] || crates+=(cfg_if fnv)
  seen=$(judge_cook "$temp/$kind.trace" "${crates[@]}")
  verdict "\`cook\` starts no rustc for a stub and no linker (${kind//_/ })" "$(head -n 1 <<<"$seen")" "$(tail -n +2 <<<"$seen")"
done

# Without the toolchain file, because its toolchain may not be installed, and cargo would not start.
rm -f "$temp"/docs.rs/rust-toolchain*
table+="| time of \`prepare\` on docs.rs, for information | $(cd "$temp/docs.rs" && python3 - "$larder" <<'PY'
import statistics, subprocess, sys, time
commands = [[sys.argv[1], "larder", "prepare", "--release"], ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]]
times = [[], []]
for _ in range(20):
    for command, taken in zip(commands, times):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append((time.perf_counter() - start) * 1000)
ours, cargo = map(statistics.median, times)
print(f"{ours:.1f} ms, {ours / cargo:.2f} times `cargo metadata --no-deps --offline` ({cargo:.1f} ms), medians of 20")
PY
) |\n"
printf "\n$table\n%d passed, %d failed\n" "$passed" "$failed"
[ "$failed" -eq 0 ]
