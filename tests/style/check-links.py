#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every relative link of the documents leads to a file, and every #part of it to a heading or an anchor."""
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("LTHUB_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")


def documents():
    listed = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [SOURCE / name for name in listed.stdout.splitlines()]
    return [path for path in SOURCE.rglob("*.md") if not path.relative_to(SOURCE).parts[0].startswith("build")]


def anchors(path):
    """As web pages of repositories make them: lower case, spaces to hyphens, other signs dropped."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
    found = set(re.findall(r'<a id="([^"]+)"', text))
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        plain = re.sub(r"<[^>]+>|[`*]", "", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def faults_of(document):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text("utf-8"), flags=re.S)
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, part = urllib.parse.unquote(link).partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists():
            yield f"{document.relative_to(SOURCE)}: {link} leads nowhere"
        elif part and target.suffix == ".md" and part not in anchors(target):
            yield f"{document.relative_to(SOURCE)}: {link} has no such part"


def main():
    faults = [fault for document in documents() if document.exists() for fault in faults_of(document)]
    print("\n".join(faults) if faults else "ok: links")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
