#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One thing altered at a time in the tables and files of a hub that has taken messages: the full check names code, table, entry and dossier.

T16 of the detection matrix, for what the log promises of messages; the log's own tables are in tests/unit/test-log-tampering.c.
"""
import glob
import json
import os
import shutil
import sqlite3
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

# SQLite without the functions of a shell: one byte of a blob is exchanged through a Python function.
CASES = [
    # name, statement, code, table
    ("id of a message", "UPDATE message SET id = flip(id) WHERE row = (SELECT max(row) FROM message)", "log.blob-hash", "message"),
    ("sender of a message", "UPDATE message SET sender = 'H52.102' WHERE row = (SELECT max(row) FROM message)", "log.blob-hash", "message"),
    ("manifest of a message", "UPDATE message SET manifest = flip(manifest) WHERE row = (SELECT max(row) FROM message)", "log.blob-hash", "message"),
    ("log index of a message", "UPDATE message SET log_index = log_index + 1 WHERE row = (SELECT max(row) FROM message)", "log.missing-blob", "message"),
    ("a message gone", "DELETE FROM message WHERE row = (SELECT max(row) FROM message)", "log.missing-blob", "message"),
    ("header", "UPDATE content SET header = flip(header) WHERE message = (SELECT max(row) FROM message)", "log.blob-hash", "content"),
    ("payload", "UPDATE content SET payload = flip(payload) WHERE message = (SELECT max(row) FROM message)", "log.blob-hash", "content"),
    ("signature", "UPDATE content SET signature = flip_last(signature) WHERE message = (SELECT max(row) FROM message)", "log.blob-hash", "content"),
    ("content gone", "DELETE FROM content WHERE message = (SELECT max(row) FROM message)", None, None),
    ("digest of an attachment", "UPDATE attachment SET digest = flip(digest) WHERE row = (SELECT max(row) FROM attachment)", "log.blob-hash", "content"),
    ("a small attachment", "UPDATE attachment SET bytes = flip(bytes) WHERE row = (SELECT max(row) FROM attachment WHERE bytes IS NOT NULL)",
     "log.blob-hash", "attachment"),
    ("an attachment gone", "DELETE FROM attachment WHERE row = (SELECT max(row) FROM attachment)", None, None),
    ("nonce of a receipt", "UPDATE receipt SET nonce = flip(nonce) WHERE row = (SELECT max(row) FROM receipt)", "log.blob-hash", "receipt"),
    ("number of a receipt", "UPDATE receipt SET seq = seq + 1 WHERE row = (SELECT max(row) FROM receipt)", "log.blob-hash", "receipt"),
    ("id of a receipt", "UPDATE receipt SET id = flip(id) WHERE row = (SELECT max(row) FROM receipt)", "log.blob-hash", "receipt"),
]


def flip(blob):
    return bytes([blob[0] ^ 1]) + blob[1:]


def flip_file(path):
    with open(path, "r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(flip(byte))


def cut_file(path):
    os.truncate(path, os.path.getsize(path) - 1)


def alter(store, statement):
    database = sqlite3.connect(os.path.join(store, "lthub.db"))
    database.create_function("flip", 1, flip)
    database.create_function("flip_last", 1, lambda blob: blob[:-1] + flip(blob[-1:]))
    with database:
        if database.execute(statement).rowcount != 1:
            raise lab.Failed("changed no row: " + statement)
    database.close()


def findings(hub):
    done = hub.run("audit", "check", "--full", "--json", check=False)
    return done.returncode, json.loads(done.stdout or '{"findings":[]}')["findings"]


def fill(hub):
    """Three dossiers; the last message has a small and a large attachment."""
    hub.must_start()
    for i in range(3):
        dossier = str(uuid.uuid4())
        attachments = [("evidence", "application/pdf", os.urandom(100_000)), ("form", "application/pdf", os.urandom(3000))] if i == 2 else []
        status, answer, _ = hub.post(hub.seal(receiver=lab.PULLER, dossier=dossier, attachments=attachments)[1])
        if status != 202:
            raise lab.Failed(f"{status} {answer[:200]!r}")
    hub.stop()
    return dossier


def named(found, code, table, dossier):
    return any((code is None or one["code"] == code) and (table is None or one.get("table") == table) and one.get("dossier") == dossier and
               "index" in one for one in found)


def run(tap, hub):
    dossier = fill(hub)
    kept = hub.store + ".kept"
    shutil.copytree(hub.store, kept)
    code, found = findings(hub)
    tap.ok(code == 0 and not found, "nothing is found in what was not altered", found)
    blob = [path for path in glob.glob(os.path.join(hub.store, "blobs", "**"), recursive=True) if os.path.isfile(path)][0]
    harms = [(name, lambda statement=statement: alter(hub.store, statement), code, table) for name, statement, code, table in CASES]
    harms += [("a bit of a file", lambda: flip_file(blob), "log.blob-hash", "attachment"),
              ("a file cut", lambda: cut_file(blob), "log.blob-hash", "attachment"),
              ("a file gone", lambda: os.unlink(blob), "log.missing-blob", "attachment")]
    for name, harm, wanted, table in harms:
        shutil.rmtree(hub.store)
        shutil.copytree(kept, hub.store)
        harm()
        code, found = findings(hub)
        tap.ok(code == 1 and named(found, wanted, table, dossier), f"{name}: {wanted or 'a code'}, table, entry and dossier", found)


def main():
    tap = lab.Tap()
    hub = None
    try:
        hub = lab.Lab()
        run(tap, hub)
    except lab.Failed as error:
        tap.ok(False, "the hub could be filled", str(error))
    finally:
        if hub is not None:
            hub.stop()
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
