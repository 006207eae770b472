#!/bin/sh
# Rules of the house that are patterns: where they are broken, the line is shown with the rule.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
found=0

# never RULE PATTERN WHERE…
never() {
    rule=$1
    pattern=$2
    shift 2
    wrong=$(grep -nE "$pattern" -r "$@" --include='*.[ch]' 2>/dev/null || true)
    [ -n "$wrong" ] || return 0
    echo "$rule:"
    echo "$wrong"
    found=1
}

never 'no goto' '^[[:space:]]*goto ' hub plugins
never 'no alloca or variable-length arrays (security: sizes from outside)' '\balloca\(|g_alloca|g_newa' hub plugins
never 'random numbers come from lt_random_bytes()' '\bg_random_|\brand\(\)|\brandom\(\)' hub plugins
never 'the wall clock is asked in one place, base/clock.c' '\bg_get_real_time|[^_]time\(NULL\)|gettimeofday' hub/trust hub/store hub/registry hub/routing hub/http
never 'SQL is never put together from text (bound parameters only)' 'g_strdup_printf\(.*(SELECT|INSERT|UPDATE|DELETE) ' hub
never 'JSON is read by the strict scanner' 'json_parser_(load|new)' hub plugins
never 'no words of unfinished work' '\b(TODO|FIXME|XXX|HACK)\b' hub plugins include schemas examples
unnamed=$(find hub plugins include tests examples -name '*.[ch]' -exec grep -L 'SPDX-License-Identifier: Apache-2.0' {} +)
[ -z "$unnamed" ] || { echo "no SPDX line:"; echo "$unnamed"; found=1; }
for room in hub/*/ plugins/*/ tests/*/ examples/ examples/*/ schemas/ docs/; do
    case "$room" in hub/po/ | tests/data/ | *'*'*) continue ;; esac
    [ -f "${room}README.md" ] || { echo "a room without a README: $room"; found=1; }
done
[ "$found" = 0 ] && echo "ok: rules of the house"
exit "$found"
