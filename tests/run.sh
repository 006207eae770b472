#!/usr/bin/env bash
# run.sh: installs what is missing, builds with the sanitizers, runs every suite, and ends with one line: N passed, N failed.
#
#   tests/run.sh                 everything (what CI runs)
#   tests/run.sh unit plugin     only these suites: unit plugin flow fault abi style fuzz tsan
#   LTHUB_VECTORS=DIR            outside test vectors (default: ../shared/vectors beside the checkout)
#   LTHUB_BUILD=DIR              where to build (default: build-tests)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/lib/packages.sh
. tests/lib/packages.sh

case "${1:-}" in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(unit plugin abi style flow fault fuzz tsan)
build=${LTHUB_BUILD:-build-tests}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# shellcheck disable=SC2086
lt_install $LT_PACKAGES_BUILD $LT_PACKAGES_DEMO $LT_PACKAGES_TEST

export LSAN_OPTIONS="suppressions=$PWD/tests/lib/lsan.supp:print_suppressions=0"

# configure FOLDER OPTION…: sets a build folder up, once.
configure() {
    local folder=$1
    shift
    [ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >"$results/setup.log" 2>&1 || {
        cat "$results/setup.log"
        return 1
    }
}

# meson_suite FOLDER SUITE: runs one suite of meson tests and counts its test points.
meson_suite() {
    local folder=$1 suite=$2 log
    log="$results/$suite-$(basename "$folder").log"
    echo "== $suite ($folder)"
    meson test -C "$folder" --no-rebuild --suite "$suite" --print-errorlogs --num-processes 2 >"$log" 2>&1 || true
    grep -E '^ *[0-9]+/[0-9]+ |^SKIP|^not ok' "$log" || cat "$log"
    grep -hE '^SKIP' "$folder"/meson-logs/testlog.txt 2>/dev/null | sort -u || true
    python3 tests/lib/count-results.py "$folder/meson-logs/testlog.json" "$log" >>"$results/counts"
}

echo "== build with AddressSanitizer and UndefinedBehaviorSanitizer"
configure "$build" -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized
ninja -C "$build" >"$results/build.log" 2>&1 || { tail -n 60 "$results/build.log"; echo "0 passed, 1 failed"; exit 1; }
! grep -E 'warning:' "$results/build.log" || { echo "the build must not warn"; echo 1 failed build >>"$results/counts"; }

# The two other builds go on beside the suites that mostly wait: ThreadSanitizer, and clang for the fuzz targets.
wanted=" ${suites[*]} "
build_others() {
    case "$wanted" in *" tsan "*)
        configure build-tsan -Db_sanitize=thread -Db_lundef=false --buildtype=debugoptimized
        nice ninja -C build-tsan >"$results/build-tsan.log" 2>&1 || echo failed >"$results/tsan.failed" ;;
    esac
    case "$wanted" in *" fuzz "*)
        tests/fuzz/run.sh --build >"$results/build-fuzz.log" 2>&1 || echo failed >"$results/fuzz.failed" ;;
    esac
}
build_others &
others=$!

for suite in "${suites[@]}"; do
    case "$suite" in fuzz | tsan) wait "$others" || true ;; esac
    case "$suite" in
        fuzz)
            echo "== fuzz (clang)"
            [ ! -e "$results/fuzz.failed" ] || { tail -n 60 "$results/build-fuzz.log"; echo "0 passed, 1 failed" >>"$results/counts"; continue; }
            tests/fuzz/run.sh 6 | tee "$results/fuzz.log" || true
            tail -n 1 "$results/fuzz.log" >>"$results/counts" ;;
        tsan)
            echo "== threads (ThreadSanitizer)"
            [ ! -e "$results/tsan.failed" ] || { tail -n 60 "$results/build-tsan.log"; echo "0 passed, 1 failed" >>"$results/counts"; continue; }
            TSAN_OPTIONS="suppressions=$PWD/tests/lib/tsan.supp" G_SLICE=always-malloc meson_suite build-tsan threads ;;
        *) meson_suite "$build" "$suite" ;;
    esac
done

passed=$(awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^passed/) n += $(i - 1) } END { print n + 0 }' "$results/counts")
failed=$(awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^failed/) n += $(i - 1) } END { print n + 0 }' "$results/counts")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
