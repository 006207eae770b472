#!/bin/sh
# The reference of the configuration is what the program prints from the rows that it enforces.
#   check-settings.sh LTHUB PLUGINS [--write]
set -eu
lthub=$1
plugins=$2
reference=${LTHUB_SOURCE:-$(dirname "$0")/../..}/docs/reference/settings.md
print() { "$lthub" endpoint describe --lang en --markdown --plugins "$plugins" folder portal rest sms soap; }
if [ "${3:-}" = --write ]; then
    print >"$reference"
    exit 0
fi
print | diff -u "$reference" - || {
    echo "docs/reference/settings.md is not what the program says; write it anew:"
    echo "tests/style/check-settings.sh build/hub/lthub build/plugins --write"
    exit 1
}
echo "ok: reference of the configuration"
