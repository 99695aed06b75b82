#!/usr/bin/env bash
# What a store costs and what it saves, as ratios from one run: a cook with an empty store and one with a full store, over a cook
# without a store. Times of one machine say nothing to another; ratios do.
#
#     benches/store.sh [PROJECT] [ROUNDS]
#
# PROJECT is a directory with Cargo.toml and Cargo.lock; without one, a small project of well-known crates is made, which
# needs the network once. Wants a release build of cargo-larder, or LARDER with the path of another.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
larder=${LARDER:-$here/target/release/cargo-larder}
rounds=${2:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

project=${1:-}
if [ -z "$project" ]; then
    project=$work/project
    mkdir -p "$project/src"
    echo 'fn main() {}' > "$project/src/main.rs"
    cat > "$project/Cargo.toml" <<'TOML'
[package]
name = "bench"
version = "0.1.0"
edition = "2021"
[dependencies]
clap = { version = "4", features = ["derive"] }
regex = "1"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
TOML
fi
cd "$project"
[ -e Cargo.lock ] || cargo generate-lockfile --quiet
"$larder" larder prepare --release --recipe-path "$work/recipe.json"
cargo fetch --quiet --locked

# Seconds that a cook takes, in a target directory that is not there before.
cook() {
    rm -rf "$work/target"
    local began ended
    began=$(date +%s.%N)
    "$larder" larder cook --offline --recipe-path "$work/recipe.json" --target-dir "$work/target" --report "$work/report.json" "$@" 2> "$work/said" ||
        { cat "$work/said" >&2; exit 1; }
    ended=$(date +%s.%N)
    echo "$began $ended" | awk '{ printf "%.3f", $2 - $1 }'
}

units() { grep -m1 "\"$1\"" "$work/report.json" | tr -dc 0-9; }

median() { tr ' ' '\n' | sort -n | awk '{ it[NR] = $1 } END { print it[int((NR + 1) / 2)] }'; }

cook > /dev/null # The page cache.
none=() empty=() full=()
for _ in $(seq "$rounds"); do
    none+=("$(cook)")
    rm -rf "$work/store"
    empty+=("$(cook --cache "$work/store")")
    compiled=$(units compiled)
    full+=("$(cook --cache "$work/store")")
    [ "$(units stored)" = "$compiled" ] || { echo "the store brought $(units stored) of $compiled units" >&2; exit 1; }
done
a=$(echo "${none[*]}" | median) b=$(echo "${empty[*]}" | median) c=$(echo "${full[*]}" | median)
printf '%d units, %s of store, medians of %d rounds\n' "$compiled" "$(du -sh "$work/store" | cut -f1)" "$rounds"
echo "$a $b $c" | awk '{ printf "without a store  1.00\nan empty store   %.2f\na full store     %.2f\n", $2 / $1, $3 / $1 }'
