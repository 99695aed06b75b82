#!/usr/bin/env bash
# docker/Dockerfile on a real engine: after an edit of a source, or of a manifest in a way that dependencies do not see,
# the layer with the dependencies is CACHED and cargo compiles the program alone.
# shellcheck disable=SC2016 # backticks in text
#
#     docker.sh [--keep]
#
# Needs a Docker engine with BuildKit; says so and exits with 0 where there is none. No image is pulled: the base is made
# with debootstrap and this machine's toolchain, and stays as the image larder-test-base, so that the next run is quick.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
larder=$(realpath -m "${LARDER:-$root/target/release/cargo-larder}")
keep=''
[ "${1:-}" != --keep ] || keep=yes
base=larder-test-base slim=larder-test-slim image='' images=()
skip() { echo "skipped: $*"; exit 0; }
die() { echo "error: $*" >&2; exit 1; }
[ -x "$larder" ] || die "no binary at \`$larder\`: run \`cargo build --release\`, or say where it is with LARDER=…"

# A client that can ask this engine for BuildKit: one with buildx, or one of the engine's own version.
find_docker() {
  local client server
  server=$(timeout 20 docker version --format '{{.Server.Version}}' 2>/dev/null) && [ -n "$server" ] || return 1
  for client in $(type -ap docker); do
    if "$client" buildx version >/dev/null 2>&1 || [ "$("$client" version --format '{{.Client.Version}}')" = "$server" ]; then
      echo "$client"
      return
    fi
  done
  return 1
}
command -v docker >/dev/null || skip 'no Docker client'
docker=$(find_docker) || skip 'no Docker engine with BuildKit can be reached'

temp=$(mktemp -d "${TMPDIR:-/tmp}/larder-docker-XXXXXX")
clean() {
  [ -n "$keep" ] || [ ${#images[@]} = 0 ] || "$docker" rmi --force "${images[@]}" >/dev/null 2>&1
  rm -rf "$temp"
}
trap clean EXIT
passed=0 failed=0 table='| build | seconds | `cook` step | compiled by cook | compiled by the build | says |\n|---|---|---|---|---|---|\n'

make_base() {
  local rootfs=$temp/rootfs sysroot
  [ "$(id -u)" = 0 ] || skip "no image \`$base\`, and only root can make it"
  command -v debootstrap >/dev/null || { apt-get update && apt-get install -y debootstrap; } >"$temp/log" 2>&1 || skip 'debootstrap is not installed'
  echo "making the image $base (a few minutes, once)"
  debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$rootfs" >"$temp/log" 2>&1 || die "debootstrap failed: $(tail -n 5 "$temp/log")"
  sysroot=$(rustc --print sysroot)
  cp -a "$sysroot"/{bin,lib,libexec,etc} "$rootfs/usr/local/" || die "cannot copy the toolchain"
  mkdir -p "$rootfs/usr/local/cargo/bin"
  cp -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$rootfs/etc/ssl/certs/ca-certificates.crt"
  rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
  tar -C "$rootfs" -c . | "$docker" import \
    -c 'ENV CARGO_HOME=/usr/local/cargo' -c 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    -c "LABEL toolchain=\"$(rustc --version)\"" - "$base" >/dev/null || die "cannot import the image \`$base\`"
  rm -rf "$rootfs"
}
# To run programs on: the C library and nothing else.
make_slim() {
  "$docker" run --rm "$base" sh -c 'cd / && tar -ch lib*/ld-linux* lib/*/libc.so.6 lib/*/libm.so.6 lib/*/libgcc_s.so.1' \
    | "$docker" import - "$slim" >/dev/null || die "cannot import the image \`$slim\`"
}
label=$("$docker" image inspect --format '{{index .Config.Labels "toolchain"}}' "$base" 2>/dev/null)
if [ "$label" != "$(rustc --version)" ]; then
  make_base
  make_slim
fi
"$docker" image inspect "$slim" >/dev/null 2>&1 || make_slim

# Builds the image, and looks at what it did. Arguments: title, what the cook step must be (`run` or `CACHED`), what the
# image must say, further flags of `docker build`.
build() {
  local title=$1 want=$2 output=$3 start seconds cook cooked compiled said wrong='' state=run
  shift 3
  image=larder-test-hello:$$-${#images[@]} start=$SECONDS
  images+=("$image")
  if ! DOCKER_BUILDKIT=1 "$docker" build --network host --progress plain --build-arg "RUST=$base" --build-arg "RUNTIME=$slim" \
    -t "$image" "$@" "$temp/hello" >"$temp/log" 2>&1; then
    failed=$((failed + 1))
    table+="| $title | - | - | - | - | - |\n"
    printf 'FAILED: %s\n%s\n' "$title" "$(tail -n 30 "$temp/log")"
    return 1
  fi
  seconds=$((SECONDS - start))
  # A step's lines begin with its number: `#12 [builder 3/5] RUN …`, `#12 CACHED`, `#12 1.234 Compiling …`.
  number() { grep -F "$1" "$temp/log" | grep -oE '^#[0-9]+ \[' | tail -n 1 | tr -d ' ['; }
  crates() { grep -E "^$1 [0-9.]+ +Compiling " "$temp/log" | grep -oE 'Compiling [^ ]+' | cut -d ' ' -f 2 | sort -u; }
  cook=$(number 'RUN cargo larder cook')
  grep -qx "$cook CACHED" "$temp/log" && state=CACHED
  cooked=$(crates "$cook" | wc -l)
  compiled=$(crates "$(number 'RUN cargo build')" | tr '\n' ' ')
  said=$("$docker" run --rm "$image" larder 2>&1)
  [ "$state" = "$want" ] || wrong+="the cook step was not $want but $state"$'\n'
  [ "$want" = CACHED ] || [ "$cooked" -gt 10 ] || wrong+="cook compiled $cooked crates only"$'\n'
  [ "$compiled" = 'hello ' ] || wrong+="the build compiled \"$compiled\", not hello alone"$'\n'
  [ "$said" = "$output" ] || wrong+="the image says \"$said\", not \"$output\""$'\n'
  table+="| $title | $seconds | $state | $cooked | $compiled| \`$said\` |\n"
  if [ -z "$wrong" ]; then passed=$((passed + 1)); echo "ok: $title"
  else failed=$((failed + 1)); printf 'FAILED: %s\n%s' "$title" "$wrong"; fi
}

cp -r "$root/docker/hello" "$temp/hello"
rm -rf "$temp/hello/target"
cp "$root/docker/Dockerfile" "$temp/hello/"
cp "$larder" "$temp/hello/cargo-larder"
if build 'first' run '{"hello":"larder","letters":6}' --no-cache; then
  # What is edited differs from run to run, or an earlier run's steps would be CACHED.
  echo "// $(date +%s%N)" >>"$temp/hello/src/main.rs"
  sed -i 's/letters: usize/bytes: usize/; s/let letters = hello.chars().count()/let bytes = hello.len()/; s/{ hello, letters }/{ hello, bytes }/' "$temp/hello/src/main.rs"
  build 'a source edited' CACHED '{"hello":"larder","bytes":6}'
  sed -i "s/^description = .*/description = \"Says hello, as JSON, since $(date +%s%N)\"/" "$temp/hello/Cargo.toml"
  build 'the description edited' CACHED '{"hello":"larder","bytes":6}'
  size=$("$docker" image inspect --format '{{.Size}}' "$image") slim_size=$("$docker" image inspect --format '{{.Size}}' "$slim")
  table+="\nThe image has $((size / 1000)) kB, its base $((slim_size / 1000)) kB.\n"
fi
printf "\n$table\n%d passed, %d failed\n" "$passed" "$failed"
[ "$failed" -eq 0 ]
