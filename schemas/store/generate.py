#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/store.md from the numbered SQL files: tables, columns and the comments that say what they are.

    schemas/store/generate.py            writes the reference
    schemas/store/generate.py --check    says whether it is up to date
"""
import pathlib
import re
import sqlite3
import sys

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = HERE.parents[1] / "docs" / "reference" / "store.md"

INTRODUCTION = """# Tables of the store

Made from `schemas/store/NNNN-*.sql` by `schemas/store/generate.py`; edit those. The database is `lthub.db` in the hub's folder, SQLite in WAL mode; large
contents lie beside it in `blobs/`. Nothing outside `hub/store/` writes here, and reading is meant for people who look into a copy: the interfaces are the
HTTP API and the commands. Times are UTC microseconds unless a table says otherwise, UUIDs their 16 bytes, digests their 32.
"""


def columns_of(connection, table):
    return {row[1]: row for row in connection.execute(f"PRAGMA table_info('{table}')")}


def read_tables(text):
    """Yields (table, comment above it, {column: comment beside it}, comment beside the table)."""
    comment, lines = [], iter(text.splitlines())
    for line in lines:
        if line.startswith("--"):
            comment.append(line[2:].strip())
        elif not line.strip():
            comment = []
        elif match := re.match(r"CREATE TABLE (\w+) \(", line):
            table, notes, aside = match[1], {}, ""
            if line.rstrip().endswith("("):
                for line in lines:
                    if line.startswith(")"):
                        break
                    if note := re.match(r"\s+(\w+)\b.*?--\s*(.*)", line):
                        notes[note[1]] = note[2]
            if "--" in line:
                aside = line.split("--", 1)[1].strip()
            yield table, " ".join(comment), notes, aside
            comment = []
        else:
            comment = comment if line.startswith("CREATE") else []


def added_columns(text):
    """Yields (table, column, comment) of `ALTER TABLE … ADD COLUMN …; -- comment`, or of the comment on the line above."""
    above = ""
    for line in text.splitlines():
        if match := re.match(r"ALTER TABLE (\w+) ADD COLUMN (\w+)[^;]*;\s*(?:--\s*(.*))?", line):
            yield match[1], match[2], match[3] or above
        above = line[2:].strip() if line.startswith("--") else ""


def write():
    connection = sqlite3.connect(":memory:")
    files = [(path, path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("[0-9]*.sql"))]
    home, added = {}, {}
    for path, text in files:
        connection.executescript(text)
        home.update({table: path for table, *_ in read_tables(text)})  # one that was made anew stands with its last form
        for table, column, note in added_columns(text):
            added.setdefault(table, {})[column] = note
    out = [INTRODUCTION]
    for path, text in files:
        out.append(f"## {path.name}\n")
        for table, comment, notes, aside in read_tables(text):
            if home[table] != path:
                continue
            notes.update(added.get(table, {}))
            out.append(f"### `{table}`\n")
            description = " ".join(part for part in (comment, aside) if part)
            if description:
                out.append(description + "\n")
            out.append("| column | type | | meaning |\n|---|---|---|---|")
            for name, row in columns_of(connection, table).items():
                flags = "key" if row[5] else ("" if row[3] else "may be NULL")
                out.append(f"| `{name}` | {row[2]} | {flags} | {notes.get(name, '').replace('|', '/')} |")
            indexes = connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name", (table,))
            lines = [f"    {row[0]}" for row in indexes]
            if lines:
                out.append("\nIndexes:\n\n" + "\n".join(lines))
            out.append("")
    return "\n".join(out).rstrip() + "\n"


def main():
    text = write()
    if sys.argv[1:] == ["--check"]:
        if not REFERENCE.exists() or REFERENCE.read_text(encoding="utf-8") != text:
            sys.exit("docs/reference/store.md is not what the SQL says; write it anew: schemas/store/generate.py")
        return
    REFERENCE.write_text(text, encoding="utf-8")


main()
