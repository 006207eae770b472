#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test points in meson's testlog.json: TAP points where a test prints them, else one per test."""
import json
import re
import sys


def points(test):
    """(passed, failed, skipped) of one test."""
    text = test.get("stdout", "")
    ok = re.findall(r"^\s{0,8}ok\b(.*)$", text, re.M)
    bad = re.findall(r"^\s{0,8}not ok\b(.*)$", text, re.M)
    skipped = sum(1 for rest in ok if "# SKIP" in rest.upper())
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    if test["result"] == "SKIP":
        return 0, 0, max(skipped, 1)
    if not ok and not bad:
        return (1, 0, 0) if good else (0, 1, 0)
    failed = len(bad) if bad else (0 if good else 1)
    return len(ok) - skipped, failed, skipped


def main(path, log):
    passed = failed = skipped = 0
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                counts = points(json.loads(line))
                passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    except OSError:
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
