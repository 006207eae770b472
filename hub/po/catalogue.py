#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps vi.po complete: finds every text for people in the sources and compares.

    hub/po/catalogue.py            adds what is missing (untranslated), drops what nobody uses
    hub/po/catalogue.py --check    writes nothing; says what is missing, untranslated or unused; exit code 1 then

Texts for people are _("…") and N_("…") anywhere in hub/, and in hub/cli/ what the rows of commands and options say: summary,
description and help. xgettext cannot see the rows; that is why this script exists.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
HUB = HERE.parent
LITERALS = r'((?:(?:"(?:[^"\\\n]|\\.)*"|G_GU?INT64_FORMAT)\s*)+)'
ROW = r"LT_(STRING|URL|PATH|SECRET|NUMBER|BYTES|DURATION|BOOLEAN|CHOICE|LIST)\s*\("


def join(literals):
    """Adjacent C literals as one, escapes kept: C and PO write them alike. The two macros are what GLib makes of them on a
    64-bit Linux; elsewhere such a text stays English."""
    literals = literals.replace("G_GINT64_FORMAT", '"li"').replace("G_GUINT64_FORMAT", '"lu"')
    return "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literals))


def last_literal(text, start):
    """The last argument of the call whose bracket is open at @start, when it is text."""
    depth, i = 1, start
    while depth and i < len(text):
        if text[i] == '"':
            i = re.compile(r'"(?:[^"\\\n]|\\.)*"').match(text, i).end() - 1
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        i += 1
    found = re.search(LITERALS + r"$", text[start : i - 1])
    return join(found.group(1)) if found else None


def texts_of(path):
    text = path.read_text("utf-8")
    found = [(m.start(), join(m.group(1))) for m in re.finditer(r"\bN?_\(\s*" + LITERALS, text)]
    if path.parent.name == "cli":
        found += [(m.start(), join(m.group(1))) for m in re.finditer(r"\.(?:summary|description) = " + LITERALS, text)]
        found += [(m.start(), join(m.group(1))) for m in re.finditer(r"const LtCommand \w+ = \{\s*\"[^\"]*\",\s*" + LITERALS, text)]
        found += [(m.start(), last_literal(text, m.end())) for m in re.finditer(ROW, text)]
    return [literal for _, literal in sorted(found) if literal]


def used():
    """Every text with the files that use it, in order of the sources."""
    texts = {}
    for path in sorted(HUB.rglob("*.c")):
        for text in texts_of(path):
            texts.setdefault(text, [])
            name = str(path.relative_to(HUB.parent))
            if name not in texts[text]:
                texts[text].append(name)
    return texts


def read(path):
    """Translations by text; the head is the translation of the empty text."""
    entries = re.findall(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text("utf-8"), re.M)
    return {join(text): join(translation) for text, translation in entries}


def lines_of(keyword, text):
    pieces = re.findall(r".*?\\n|.+$", text) or [""]
    if len(pieces) == 1:
        return f'{keyword} "{text}"'
    return "\n".join([f'{keyword} ""'] + [f'"{piece}"' for piece in pieces])


def write(path, head, texts, translations):
    out = ["# SPDX-License-Identifier: Apache-2.0", "# Kept complete by catalogue.py.", lines_of("msgid", ""), lines_of("msgstr", head), ""]
    for text, files in texts.items():
        flag = ["#, c-format"] if re.search(r"%[-+ #0-9.*]*(l|ll|z)?[a-zA-Z]", text) else []
        out += [f"#: {' '.join(files)}", *flag, lines_of("msgid", text), lines_of("msgstr", translations.get(text, "")), ""]
    path.write_text("\n".join(out), "utf-8")


def formats(text):
    return re.findall(r"%[-+ #0-9.*]*(?:l|ll|z)?[a-zA-Z]", text.replace("%%", ""))


def main():
    path = HERE / "vi.po"
    texts, translations = used(), read(path)
    head = translations.pop("")
    if "--check" not in sys.argv[1:]:
        write(path, head, texts, translations)
        print(f"{len(texts)} texts, {sum(not translations.get(text) for text in texts)} without translation")
        return 0
    faults = [f"not in vi.po: {text!r} ({files[0]})" for text, files in texts.items() if text not in translations]
    faults += [f"not translated: {text!r}" for text in texts if translations.get(text) == ""]
    faults += [f"not used any more: {text!r}" for text in translations if text not in texts]
    faults += [f"other conversions than the text: {text!r}" for text in texts
               if translations.get(text) and formats(text) != formats(translations[text])]
    print("\n".join(faults) if faults else f"ok: {len(texts)} texts, all in Vietnamese")
    if faults:
        print("run hub/po/catalogue.py and translate in hub/po/vi.po")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
