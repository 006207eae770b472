#!/bin/sh
# Every text for people is in the Vietnamese catalogue and translated, with the same conversions.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
python3 hub/po/catalogue.py --check
