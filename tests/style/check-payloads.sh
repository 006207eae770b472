#!/bin/sh
# The XSD and the reference of the payloads follow from their JSON Schemas.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
python3 schemas/payload/generate.py --check
echo "ok: payload reference and XSD follow from the schemas"
