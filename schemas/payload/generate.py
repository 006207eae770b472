#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what follows from the JSON Schemas of this folder: dossier.xsd (the XML form of the dossier messages) and
docs/reference/payloads.md (the reference for people). With --check nothing is written; a difference is an error.

    schemas/payload/generate.py [--check]

The XML form: the document element is the message type, in the namespace urn:lienthong:payload:1; members become child
elements of the same name in any order; the items of a list are elements Muc.
"""
import json
import pathlib
import sys
from xml.sax.saxutils import escape, quoteattr

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
NAMESPACE = "urn:lienthong:payload:1"
SUFFIX = ".schema.json"


def load():
    return {path.name[: -len(SUFFIX)]: json.loads(path.read_text("utf-8")) for path in sorted(HERE.glob("*" + SUFFIX))}


def resolve(schema, root):
    """The definition behind a $ref, with the title and description of the place that refers."""
    if "$ref" not in schema:
        return schema
    target = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


# XSD


def xsd_pattern(pattern):
    """A pattern of ours is anchored at both ends, as every pattern of XSD is."""
    assert pattern.startswith("^") and pattern.endswith("$"), pattern
    return pattern[1:-1]


def simple_type(schema):
    base = {"string": "xs:string", "integer": "xs:long", "boolean": "xs:boolean"}[schema["type"]]
    facets = []
    if schema.get("format") == "date-time":
        base = "xs:dateTime"
    for value in schema.get("enum", [schema["const"]] if "const" in schema else []):
        facets.append(("enumeration", value))
    names = {"minLength": "minLength", "maxLength": "maxLength", "minimum": "minInclusive", "maximum": "maxInclusive"}
    facets += [(name, schema[key]) for key, name in names.items() if key in schema]
    if schema["type"] == "boolean":
        facets.append(("pattern", "true|false"))
    if "pattern" in schema:
        facets.append(("pattern", xsd_pattern(schema["pattern"])))
    return base, facets


def write_simple(out, indent, schema):
    base, facets = simple_type(schema)
    out.append(f'{indent}<xs:simpleType><xs:restriction base="{base}">')
    out += [f"{indent}  <xs:{name} value={quoteattr(str(value))}/>" for name, value in facets]
    out.append(f"{indent}</xs:restriction></xs:simpleType>")


def write_object(out, indent, schema, root):
    if "properties" not in schema:
        out.append(f'{indent}<xs:complexType><xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/>'
                   "</xs:sequence></xs:complexType>")
        return
    out.append(f"{indent}<xs:complexType><xs:all>")
    for name, member in schema["properties"].items():
        write_element(out, indent + "  ", name, member, root, optional=name not in schema.get("required", []))
    out.append(f"{indent}</xs:all></xs:complexType>")


def write_element(out, indent, name, schema, root, optional=False, many=None):
    schema = resolve(schema, root)
    occurs = ' minOccurs="0"' if optional else ""
    if many:
        occurs = f' minOccurs="{many[0]}" maxOccurs="{many[1]}"'
    out.append(f"{indent}<xs:element name={quoteattr(name)}{occurs}>")
    if schema["type"] == "object":
        write_object(out, indent + "  ", schema, root)
    elif schema["type"] == "array":
        out.append(f"{indent}  <xs:complexType><xs:sequence>")
        write_element(out, indent + "    ", "Muc", schema["items"], root, many=(schema.get("minItems", 0), schema["maxItems"]))
        out.append(f"{indent}  </xs:sequence></xs:complexType>")
    else:
        write_simple(out, indent + "  ", schema)
    out.append(f"{indent}</xs:element>")


def make_xsd(schemas):
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           "<!-- Made from the JSON Schemas of this folder by generate.py; edit those. -->",
           f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}" '
           'elementFormDefault="qualified" version="1">']
    for name, schema in schemas.items():
        if name.startswith("dossier."):
            out.append(f"  <!-- {escape(schema['title'])} -->")
            write_element(out, "  ", name, schema, schema)
    return "\n".join(out + ["</xs:schema>", ""])


# Reference


def pattern_words(schema):
    """The pattern as code in a table, where a bar must be escaped."""
    return f", `{schema['pattern']}`".replace("|", "\\|") if "pattern" in schema else ""


def value_words(schema):
    kind = schema["type"]
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"]) + (" (integer)" if kind == "integer" else "")
    if schema.get("format"):
        return schema["format"]
    if kind == "integer" and "minimum" in schema:
        return f"integer {schema['minimum']}…{schema['maximum']}"
    if kind == "string" and "maxLength" in schema:
        low = f"{schema['minLength']}…" if "minLength" in schema else "at most "
        return f"text, {low}{schema['maxLength']} characters" + pattern_words(schema)
    if kind == "object" and "properties" not in schema:
        return "object, open"
    return {"string": "text", "boolean": "boolean"}.get(kind, kind) + pattern_words(schema)


def anchor_of(root_name, name):
    return f"{root_name}-{name}".replace(".", "-").lower()


def member_words(schema, root, root_name):
    target = resolve(schema, root)
    if target["type"] == "array":
        name = target["items"]["$ref"].removeprefix("#/$defs/")
        if "properties" in root["$defs"][name]:
            return f"list of [{name}](#{anchor_of(root_name, name)}), at most {target['maxItems']}"
        return f"list of {value_words(root['$defs'][name])}, at most {target['maxItems']}"
    if target["type"] == "object" and "properties" in target:
        name = schema["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{anchor_of(root_name, name)})"
    return value_words(target)


def write_table(out, schema, root, root_name):
    out += ["| field | | value | tên | meaning |", "|---|---|---|---|---|"]
    for name, member in schema["properties"].items():
        shown = resolve(member, root)
        required = "**required**" if name in schema.get("required", []) else ""
        out.append(f"| `{name}` | {required} | {member_words(member, root, root_name)} | {shown['title']} | {shown['description']} |")
    out.append("")


def make_example(name):
    """The shortest sample of the type, as a block to copy."""
    samples = sorted((SOURCE / "tests" / "data" / "payload" / name).glob("*.json"), key=lambda path: (path.stat().st_size, path.name))
    value = json.loads(samples[0].read_text("utf-8"))
    return ["For example:", "", "```json", json.dumps(value, ensure_ascii=False, indent=2), "```", ""]


def capital(text):
    return text[:1].upper() + text[1:]


def make_reference(schemas):
    out = ["# Payloads of the message types", "",
           "Made from `schemas/payload/*.schema.json` by `schemas/payload/generate.py`; edit those. The same files are compiled into",
           "the hub and enforced: a field that is not in the table is refused, except inside `ThongTinKhac`. Field names are those",
           "of the national public-service portal, values are typed. Times are local with their offset, `2026-11-23T16:02:30+07:00`.",
           "Attachments are named by their entry in the envelope, `att/0001`; the names that people gave to files stand here.", ""]
    for name, schema in sorted(schemas.items(), key=lambda item: not item[0].startswith("dossier.")):
        out += [f"## {name}: {schema['title']}", "", schema["description"], ""]
        write_table(out, schema, schema, name)
        out += make_example(name)
        for definition, target in schema.get("$defs", {}).items():
            if "properties" in target:
                out += [f'### <a id="{anchor_of(name, definition)}"></a>{definition}: {target["title"]}', "", capital(target["description"]) + ".", ""]
                write_table(out, target, schema, name)
    return "\n".join(out)


def main():
    schemas = load()
    made = {HERE / "dossier.xsd": make_xsd(schemas), SOURCE / "docs" / "reference" / "payloads.md": make_reference(schemas)}
    wrong = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in wrong:
            print(f"{path.relative_to(SOURCE)} does not follow from the schemas: run schemas/payload/generate.py")
        sys.exit(1 if wrong else 0)
    for path in wrong:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], "utf-8")
        print("written:", path.relative_to(SOURCE))


if __name__ == "__main__":
    main()
