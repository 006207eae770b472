#!/bin/sh
# Proves the arrows between the rooms: a room includes only itself and the rooms before it (design: one-way layers), and a
# plugin includes nothing of the hub but <lienthong/…>.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
rooms="base trust store registry casework routing http"
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

allowed=""
for room in $rooms; do
    allowed="${allowed:+$allowed|}$room"
    [ -d "hub/$room" ] || continue
    grep -nE '^#include "' -r "hub/$room" --include='*.[ch]' | grep -vE "#include \"($allowed)/" >>"$bad" || true
done
grep -nE '^#include "(cli|hub\.h)' hub/*.h hub/hub*.c 2>/dev/null | grep -vE 'hub/hub[a-z-]*\.[ch]:[0-9]+:#include "hub\.h"' >>"$bad" || true
grep -nE '^#include "' -r include --include='*.h' >>"$bad" || true
grep -nE '^#include ("(base|trust|store|registry|routing|http|cli)/|"hub\.h)' -r plugins --include='*.[ch]' | grep -v '/test-' >>"$bad" || true

if [ -s "$bad" ]; then
    echo "these includes run against the layers ($rooms → hub.c → cli):"
    cat "$bad"
    exit 1
fi
echo "ok: layers $rooms"
