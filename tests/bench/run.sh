#!/usr/bin/env bash
# run.sh: builds with optimisation, runs every measurement of performance.md that is made here, and writes the table into docs/performance.md.
#
#   tests/bench/run.sh              all: about 25 minutes on two cores
#   tests/bench/run.sh p1 p2        these
#   LTHUB_BENCH_STORED=100000       for P10: how many dossiers are stored before it is measured (default 1000000)
#   LTHUB_BENCH_BUILD=DIR           where to build (default: build-bench)
#   LTHUB_BENCH_FOLDER=DIR          where hub and yardsticks write: a disk, not a tmpfs (default: the build folder)
# Needs node and npm for P2, valgrind for P4. The Node packages are installed into the build folder, at pinned versions.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(p1 p2 p4 p6 p8 p13 p15 p10)
build=${LTHUB_BENCH_BUILD:-build-bench}

[ -f "$build/build.ninja" ] || meson setup "$build" -Dbench=true --buildtype=release >/dev/null
ninja -C "$build" >"$build/bench-build.log" 2>&1 || { tail -n 40 "$build/bench-build.log"; exit 1; }
mkdir -p "$build/node"
cp tests/bench/yardsticks/node/package.json tests/bench/yardsticks/node/*.mjs "$build/node/"
if [[ " ${cases[*]} " == *" p2 "* ]] && [ ! -d "$build/node/node_modules/better-sqlite3" ]; then
    (cd "$build/node" && npm install --no-audit --no-fund >install.log 2>&1) || { tail -n 20 "$build/node/install.log"; exit 1; }
fi

: >"$build/bench-results"
for name in "${cases[@]}"; do
    echo "== $name"
    LTHUB_BENCH_BUILD=$build python3 tests/bench/bench.py "$name" | tee -a "$build/bench-results" || echo "$name - - - failed" | tee -a "$build/bench-results"
done
python3 tests/bench/table.py "$build/bench-results" docs/performance.md
! grep -qE ' (missed|failed)$' "$build/bench-results"
