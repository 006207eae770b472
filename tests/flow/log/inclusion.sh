#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: inclusion.sh ENTRY TLOG-PROOF ; says whether the entry is in the tree of the proof's checkpoint. sh, sed, xxd and openssl alone;
# the signature is checked apart from it.
set -eu
body=$(mktemp)
trap 'rm -f "$body"' EXIT
H() { xxd -r -p | openssl dgst -sha256 -binary | xxd -p -c 32; }
i=$(sed -n 's/^index //p' "$2" | head -n 1)
sed '1,/^$/d' "$2" | sed '/^$/,$d' >"$body"
n=$(sed -n 2p "$body")
s=$((n - 1))
r=$({ printf 00; xxd -p -c 0 "$1"; } | tr -d '\n' | H)
# shellcheck disable=SC2013 # a line of a proof is one word
for p in $(sed -n '/^index /,/^$/p' "$2" | sed '1d;$d'); do
    p=$(printf %s "$p" | base64 -d | xxd -p -c 32)
    [ "$s" -gt 0 ] || { echo FAIL; exit 1; }
    if [ $((i & 1)) = 1 ] || [ "$i" = "$s" ]; then
        r=$(printf 01%s%s "$p" "$r" | H)
        while [ $((i & 1)) = 0 ] && [ "$i" != 0 ]; do i=$((i >> 1)); s=$((s >> 1)); done
    else
        r=$(printf 01%s%s "$r" "$p" | H)
    fi
    i=$((i >> 1))
    s=$((s >> 1))
done
if [ "$s" != 0 ] || [ "$(sed -n 3p "$body")" != "$(printf %s "$r" | xxd -r -p | base64)" ]; then
    echo FAIL
    exit 1
fi
echo OK
