#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds a README to the keys that the code declares.

usage: readme-keys.py DESCRIBE-PROGRAM NAME README [--update]

The rows between the line `<!-- keys NAME -->` and `<!-- end -->` must be what the program prints; --update writes them.
The README of a plugin must also have the fixed headings, in their order.
"""
import re
import subprocess
import sys

HEADINGS = ["Purpose", "Settings", "Security", "Outside interfaces", "Limits"]


def main():
    program, name, path = sys.argv[1:4]
    rows = subprocess.run([program, name], check=True, capture_output=True, text=True).stdout.strip()
    with open(path, encoding="utf-8") as file:
        text = file.read()
    pattern = re.compile(r"(<!-- keys " + re.escape(name) + r" -->\n)(.*?)(\n?<!-- end -->)", re.S)
    found = pattern.search(text)
    if not found:
        sys.exit(f"{path}: no line <!-- keys {name} -->")
    if "--update" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[:found.start()] + found[1] + rows + "\n<!-- end -->" + text[found.end():])
        return
    headings = [heading for heading in re.findall(r"^## (.*)$", text, re.M) if heading in HEADINGS]
    if "plugins/" in path and headings != HEADINGS:
        sys.exit(f"{path}: the headings must be {', '.join(HEADINGS)}, in this order")
    if found[2].strip() != rows:
        sys.exit(f"{path}: the keys are not what the code declares; run {sys.argv[0]} {' '.join(sys.argv[1:4])} --update")
    print(f"ok: {path}")


main()
