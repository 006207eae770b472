#!/bin/sh
# A file over 500 lines, or a function over 60, is asking to be two things.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
long_files=$(find hub plugins include tests -name '*.[ch]' -exec wc -l {} + | awk '$1 > 500 && $2 != "total"')
long_functions=$(find hub plugins -name '*.c' -exec awk '
    FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^\}/ { if (start && FNR - start > 61) printf "%s:%d: %d lines\n", FILENAME, start, FNR - start - 1; start = 0 }' {} +)
[ -z "$long_files$long_functions" ] && { echo "ok: sizes"; exit 0; }
[ -n "$long_files" ] && echo "files over 500 lines:" && echo "$long_files"
[ -n "$long_functions" ] && echo "functions over 60 lines:" && echo "$long_functions"
exit 1
