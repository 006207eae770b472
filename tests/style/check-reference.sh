#!/bin/sh
# Pages of docs/reference that are printed from the program's tables are what the program prints now.
#   check-reference.sh PRINT-REFERENCE [--write]
set -eu
folder=${LTHUB_SOURCE:-$(dirname "$0")/../..}/docs/reference
for page in delivery-states dossier-states routes errors; do
    if [ "${2:-}" = --write ]; then
        "$1" "$page" >"$folder/$page.md"
        continue
    fi
    "$1" "$page" | diff -u "$folder/$page.md" - || {
        echo "docs/reference/$page.md is not what the program prints; write it anew:"
        echo "tests/style/check-reference.sh build/tests/style/print-reference --write"
        exit 1
    }
done
echo "ok: reference pages"
