#!/bin/sh
# The description of the HTTP API is what the program prints from its table of routes.
#   check-openapi.sh PRINT-OPENAPI [--write]
set -eu
reference=${LTHUB_SOURCE:-$(dirname "$0")/../..}/docs/reference/openapi.json
if [ "${2:-}" = --write ]; then
    "$1" >"$reference"
    exit 0
fi
"$1" | diff -u "$reference" - || {
    echo "docs/reference/openapi.json is not what the table of routes says; write it anew:"
    echo "tests/style/check-openapi.sh build/tests/style/print-openapi --write"
    exit 1
}
echo "ok: description of the HTTP API"
