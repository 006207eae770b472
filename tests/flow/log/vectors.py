#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every conforming sample that others have made, through `lthub verify` and `lthub envelope check`, whatever files are there; and, in a folder with an
expect.tsv (file, code, time), every file with the code and at the time that stand there.

A folder named `trust` beside or above the files has root.pem, crl.pem, attime.txt and units.tsv; log.vkey and witness.vkey lie beside checkpoints and proofs.
"""
import csv
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

VECTORS = os.environ.get("LTHUB_VECTORS") or os.path.join(lab.SOURCE, "..", "shared", "vectors")
UNIT = "H52"
VALID = ("ok", "valid", "-", "")


def run(*arguments):
    environment = {**os.environ, "LC_ALL": "C", "LTHUB_CONFIG": ""}
    done = subprocess.run([lab.LTHUB, *arguments], capture_output=True, text=True, check=False, timeout=120, env=environment)
    return done.returncode, done.stdout, done.stderr


def find_trust(folder):
    """The nearest folder `trust`, up to the root of the vectors; else the one of the conforming samples."""
    while folder.startswith(os.path.abspath(VECTORS)):
        if os.path.isfile(os.path.join(folder, "trust", "root.pem")):
            return os.path.join(folder, "trust")
        folder = os.path.dirname(folder)
    return os.path.join(os.path.abspath(VECTORS), "conforming", "trust")


def default_time(trust):
    with open(os.path.join(trust, "attime.txt"), encoding="ascii") as file:
        return file.read().strip()


def seconds(text):
    """A time of expect.tsv: Unix seconds, or as in envelopes."""
    if text.isdigit():
        return text
    done = subprocess.run(["date", "-u", "-d", text, "+%s"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def received(path, trust, at):
    """The code of the receiving function."""
    code, out, err = run("envelope", "check", "--trust", trust, "--unit", UNIT, "--now", at, "--no-payload-schema", path)
    found = out.rstrip("\n").split("\t")[-1]
    return ("ok" if code == 0 else found or f"exit code {code}"), err


def verified(path, trust, at):
    """Result and first failed code of the verifier."""
    more = []
    if path.endswith(".asice"):
        more += ["--trust", os.path.join(trust, "root.pem"), "--crl", os.path.join(trust, "crl.pem"), "--at", at]
    for option, name in (("--vkey", "log.vkey"), ("--witness", "witness.vkey")):
        key = os.path.join(os.path.dirname(path), name)
        if os.path.isfile(key) and not path.endswith(".asice"):
            more += [option, key]
    if path.endswith(".tlog-proof"):
        more += ["--entry", path[:-len(".tlog-proof")] + ".entry"]
    code, out, err = run("verify", path, "--json", *more)
    try:
        report = json.loads(out)
    except ValueError:
        return f"exit code {code}", "", err
    failed = [check["code"] for check in report["checks"] if not check["ok"]] + report["missing"]
    return report["result"], failed[0] if failed else "ok", out + err


def conforming(tap, path):
    trust = find_trust(os.path.dirname(path))
    at = default_time(trust)
    name = os.path.relpath(path, VECTORS)
    result, code, detail = verified(path, trust, at)
    tap.ok(result == "valid" and code == "ok", f"{name} is valid", detail)
    if path.endswith(".asice"):
        found, detail = received(path, trust, at)
        # A receipt names an envelope that only its own hub knows.
        wanted = ("ok", "env.re.unknown") if "receipt" in os.path.basename(path) else ("ok",)
        tap.ok(found in wanted, f"{name} would be received", f"{found} {detail}")


def expected(tap, folder):
    trust = find_trust(folder)
    with open(os.path.join(folder, "expect.tsv"), encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if row and not row[0].startswith("#")]
    if rows and rows[0][0] == "file":
        rows = rows[1:]
    for row in rows:
        name, code, at = (row + ["", ""])[:3]
        path = os.path.join(folder, name)
        at = seconds(at) if at else default_time(trust)
        found, detail = received(path, trust, at) if name.endswith(".asice") else verified(path, trust, at)[1:]
        wanted = "ok" if code in VALID else code
        tap.ok(found == wanted, f"{os.path.relpath(path, VECTORS)}: {wanted}", f"{found} {detail}")
    tap.ok(bool(rows), f"{os.path.relpath(folder, VECTORS)}/expect.tsv has rows")


def is_sample(name):
    return name.endswith((".asice", ".tlog-proof")) or name == "checkpoint" or name.startswith("checkpoint.") and not name.endswith((".tsr", ".p7s"))


def main():
    tap = lab.Tap()
    if not os.path.isdir(VECTORS):
        print("SKIP vectors: ../shared/vectors not found")
        tap.ok(True, "vectors of others # SKIP vectors: ../shared/vectors not found")
        tap.exit()
    root = os.path.abspath(VECTORS)
    for folder, _, names in sorted(os.walk(root)):
        if "expect.tsv" in names:
            expected(tap, folder)
        elif os.path.relpath(folder, root).split(os.sep)[0] == "conforming":
            for name in sorted(filter(is_sample, names)):
                conforming(tap, os.path.join(folder, name))
    tap.exit()


if __name__ == "__main__":
    main()
