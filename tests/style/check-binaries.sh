#!/bin/sh
# The hardening that security.md S35 asks for, read back from the binaries.
# usage: check-binaries.sh BINARY…
set -eu
for binary in "$@"; do
    readelf -lW "$binary" | grep -q 'GNU_RELRO' || { echo "$binary: no RELRO"; exit 1; }
    readelf -dW "$binary" | grep -qE 'BIND_NOW|FLAGS.*NOW' || { echo "$binary: no BIND_NOW"; exit 1; }
    readelf -lW "$binary" | grep 'GNU_STACK' | grep -q 'RWE' && { echo "$binary: executable stack"; exit 1; }
    readelf -hW "$binary" | grep -q 'DYN' || { echo "$binary: not position independent"; exit 1; }
    readelf -sW "$binary" | grep -q '__stack_chk_fail' || { echo "$binary: no stack protector"; exit 1; }
done
echo "ok: $# binaries hardened"
