#!/bin/sh
# The reference of the store's tables follows from the SQL, and every migration is built into the program.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
python3 schemas/store/generate.py --check
for file in schemas/store/[0-9]*.sql; do
    grep -q "<file>$(basename "$file")</file>" hub/store/store-schema.gresource.xml || { echo "$file is not in hub/store/store-schema.gresource.xml"; exit 1; }
done
echo "ok: the reference of the tables follows from the SQL"
