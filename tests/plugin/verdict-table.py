#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the table of verdicts in plugins/ioffice/README.md to the rows of edxml-verdict.c.

usage: verdict-table.py SOURCE-FOLDER [--update]
"""
import re
import sys

ROW = re.compile(r'\{ "([a-z0-9.-]+)", EDXML_(\w+), "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)" \}')


def main():
    folder = sys.argv[1]
    with open(f"{folder}/plugins/ioffice/edxml-verdict.c", encoding="utf-8") as file:
        rows = ROW.findall(file.read())
    path = f"{folder}/plugins/ioffice/README.md"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    table = "| code | level | what is odd |\n|---|---|---|\n" + "\n".join(f"| `{code}` | {level.lower()} | {meaning} |" for code, level, meaning, _ in rows)
    wanted = re.sub(r"(<!-- verdicts -->\n).*?(\n?<!-- end -->)", lambda found: found[1] + table + "\n<!-- end -->", text, count=1, flags=re.S)
    if "--update" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(wanted)
    elif wanted != text:
        sys.exit(f"{path}: the verdicts are not those of edxml-verdict.c; run {sys.argv[0]} {folder} --update")
    print(f"ok: {len(rows)} verdicts")


main()
