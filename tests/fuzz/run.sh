#!/usr/bin/env bash
# run.sh: builds the fuzz targets with clang and runs each for a while; ends with one line: N passed, N failed.
#
#   tests/fuzz/run.sh                    every target for 10 seconds
#   tests/fuzz/run.sh 600 json note      these targets for 600 seconds each
#   tests/fuzz/run.sh --build            build them and stop
#   LTHUB_FUZZ_BUILD=DIR                 where to build (default: build-fuzz)
#   LTHUB_FUZZ_CORPUS=DIR                where inputs that were found are kept (default: DIR of the build/corpus)
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
only_build=
[ "${1:-}" != --build ] || { only_build=yes; shift; }
seconds=${1:-10}
[ $# -eq 0 ] || shift
build=${LTHUB_FUZZ_BUILD:-build-fuzz}
found=${LTHUB_FUZZ_CORPUS:-$build/corpus}

[ -f "$build/build.ninja" ] ||
    CC=clang meson setup "$build" -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized >/dev/null
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in tests/fuzz/fuzz-*.c; do
        name=${file##*/fuzz-}
        targets+=("${name%.c}")
    done
fi
programs=()
for name in "${targets[@]}"; do programs+=("tests/fuzz/fuzz-$name"); done
ninja -C "$build" "${programs[@]}" >"$build/fuzz-build.log" 2>&1 || { tail -n 40 "$build/fuzz-build.log"; echo "0 passed, 1 failed"; exit 1; }
[ -z "$only_build" ] || exit 0

passed=0
failed=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 LTHUB_SOURCE=$PWD
for name in "${targets[@]}"; do
    mkdir -p "$found/$name" "$build/crashes/$name"
    dictionary=()
    [ ! -f "tests/fuzz/$name.dict" ] || dictionary=(-dict="tests/fuzz/$name.dict")
    if "$build/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=16384 \
        -artifact_prefix="$build/crashes/$name/" -print_final_stats=1 "${dictionary[@]}" "$found/$name" "tests/fuzz/corpus/$name" \
        >"$build/fuzz-$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok fuzz-$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz-$name.log") inputs in $seconds s"
    else
        failed=$((failed + 1))
        echo "not ok fuzz-$name: see $build/fuzz-$name.log and $build/crashes/$name/"
        tail -n 30 "$build/fuzz-$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
