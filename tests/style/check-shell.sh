#!/bin/sh
# All shell scripts pass shellcheck; all Python compiles.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
command -v shellcheck >/dev/null || { echo "SKIP shellcheck: not installed"; exit 77; }
find . -path './build*' -prune -o -path ./.git -prune -o \( -name '*.sh' -o -path ./.ci/run \) -exec shellcheck -x -S warning {} +
find tests examples -name '*.py' -print | while read -r file; do
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$file"
done
echo "ok: scripts"
