#!/usr/bin/env bash
# What a store costs and what it saves, as ratios from one run, over a cook without a store: a cook with an empty store, one with
# a full store, and one over a target directory that has everything. Each ratio stands there twice: for the time of all processors
# (user and system), which other work on the machine hardly changes, and for the time that passes.
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

exec 3>&2
# The seconds of processors and of time that a cook takes.
cook() {
    local TIMEFORMAT='%U %S %R'
    { time "$larder" larder cook --offline --recipe-path "$work/recipe.json" --target-dir "$work/target" --report "$work/report.json" "$@" > "$work/said" 2>&1 ||
        { cat "$work/said" >&3; exit 1; }; } 2>&1 | awk '{ printf "%.3f,%.3f", $1 + $2, $3 }'
}

# The same in a target directory that is not there before.
anew() {
    rm -rf "$work/target"
    cook "$@"
}

units() { grep -m1 "\"$1\"" "$work/report.json" | tr -dc 0-9; }

# The median of the column of processors (1) or of time (2).
median() { tr ' ' '\n' | cut -d, -f"$1" | sort -n | awk '{ it[NR] = $1 } END { print it[int((NR + 1) / 2)] }'; }

anew > /dev/null # The page cache.
none=() empty=() full=() warm=() warm_store=()
for _ in $(seq "$rounds"); do
    none+=("$(anew)")
    warm+=("$(cook)")
    rm -rf "$work/store"
    empty+=("$(anew --cache "$work/store")")
    compiled=$(units compiled)
    warm_store+=("$(cook --cache "$work/store")")
    [ "$(units fresh)" = "$compiled" ] || { echo "$(units fresh) of $compiled units were fresh" >&2; exit 1; }
    full+=("$(anew --cache "$work/store")")
    [ "$(units stored)" = "$compiled" ] || { echo "the store brought $(units stored) of $compiled units" >&2; exit 1; }
done
ratio() { echo "$(echo "$1" | median "$3") $(echo "$2" | median "$3")" | awk '{ printf "%.2f", $1 / $2 }'; }
row() { printf '%-42s %10s %10s\n' "$1" "$(ratio "$2" "$3" 1)" "$(ratio "$2" "$3" 2)"; }
printf '%d units, %s of store, medians of %d rounds\n\n' "$compiled" "$(du -sh "$work/store" | cut -f1)" "$rounds"
printf '%-42s %10s %10s\n' "" processors time
row "an empty store / no store" "${empty[*]}" "${none[*]}"
row "a full store / no store" "${full[*]}" "${none[*]}"
row "a store / no store, all of it is there" "${warm_store[*]}" "${warm[*]}"
