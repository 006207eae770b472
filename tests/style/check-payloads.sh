#!/bin/sh
# The XSD and the reference of the payloads follow from their JSON Schemas, and every schema is built into the program.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
python3 schemas/payload/generate.py --check
for file in schemas/payload/*.schema.json schemas/payload/*.xsd; do
    list=hub/trust/payload-schemas.gresource.xml
    grep -q "<file>$(basename "$file")</file>" "$list" || { echo "$file is not in $list"; exit 1; }
done
echo "ok: payload reference and XSD follow from the schemas"
