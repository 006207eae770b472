#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A store that was damaged: a bit flipped or a file cut, in contents and in the database. It is named and refused, never silently served."""
import glob
import json
import os
import shutil
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position


ENDPOINT = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
"""


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x10]))


def make():
    """A stopped hub that holds one message with a large attachment and one without."""
    hub = lab.Lab()
    hub.must_start()
    large, body = hub.seal(receiver=lab.PULLER, attachments=[("evidence", "application/pdf", os.urandom(200_000))])
    small, other = hub.seal(receiver=lab.PULLER)
    for one in (body, other):
        status, answer, _ = hub.post(one)
        if status != 202:
            raise lab.Failed(f"{status} {answer[:300]!r}")
    hub.stop()
    return hub, large, small


def blobs(hub):
    return [path for path in glob.glob(os.path.join(hub.store, "blobs", "**"), recursive=True) if os.path.isfile(path)]


def damaged_blob(tap, name, harm):
    hub, large, small = make()
    try:
        (path,) = blobs(hub)
        harm(path)
        hub.must_start()
        status, answer, _ = hub.call("GET", f"/v1/envelopes/{lab.SENDER}/{large}")
        # The answer streams: either an error before it, or a body that ends early and never looks whole.
        tap.ok(status >= 500 or len(answer) < 200_000, f"{name}: the content is not served", f"{status}, {len(answer)} bytes")
        tap.ok(hub.call("GET", f"/v1/envelopes/{lab.SENDER}/{small}")[0] == 200, f"{name}: the other message is served")
        checked = hub.run("audit", "check", "--full", check=False)
        tap.ok(checked.returncode == 1 and ("log.blob-hash" in checked.stdout or "log.missing-blob" in checked.stdout), f"{name}: the check names it",
               checked.stdout + checked.stderr)
    finally:
        hub.stop(signal.SIGKILL)
        shutil.rmtree(hub.folder)


def damaged_database(tap, name, harm):
    hub, _, _ = make()
    try:
        harm(hub)
        started = hub.start()
        text = hub.read_log()
        checked = hub.run("audit", "check", "--full", check=False)
        tap.ok(not started or checked.returncode in (1, 4), f"{name}: the start is refused, or the check fails", checked.stdout + checked.stderr)
        tap.ok("log." in text or "store." in text or "log." in checked.stdout + checked.stderr, f"{name}: with a code", text[-500:] + checked.stdout)
    finally:
        hub.stop(signal.SIGKILL)
        shutil.rmtree(hub.folder)


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def flip_entry(hub):
    """One bit of one entry's text in the database file."""
    path = os.path.join(hub.store, "lthub.db")
    with open(path, "rb") as file:
        at = file.read().index(b'"ev":"env.accepted"')
    flip(path, at + 8)


def change(hub, sql):
    database = sqlite3.connect(os.path.join(hub.store, "lthub.db"), timeout=10)
    try:
        database.execute(sql)
        database.commit()
    finally:
        database.close()


def ready(hub):
    status, body, _ = hub.call("GET", "/readyz", unit=None)
    return status, json.loads(body)


def damaged_while_it_runs(tap):
    """The hub finds the damage by itself, stops writing and delivering, goes on reading, and stays so over a restart until it is mended."""
    sink = lab.Sink()
    hub = lab.Lab(ENDPOINT.format(port=sink.port), store_extra="reserve = 1M\ncheck_every = 1s\n")
    try:
        hub.must_start()
        message, body = hub.seal(receiver=lab.PULLER)
        tap.ok(hub.post(body)[0] == 202, "a message is accepted before")
        lab.wait_for(lambda: hub.rows("SELECT count(*) FROM log WHERE instr(entry, 'anchor.cms') > 0") != [(0,)], 20, "the signature under the log, which is an entry, too")
        ((size, root),) = hub.rows("SELECT size, hex(root) FROM checkpoint ORDER BY size DESC LIMIT 1")
        change(hub, f"UPDATE checkpoint SET root = zeroblob(32) WHERE size = {size}")
        lab.wait_for(lambda: ready(hub)[0] == 503, 20, "the check to find it")
        tap.ok(ready(hub)[1] == {"state": "halted", "code": "log.note"}, "readiness says halted, with the code", str(ready(hub)))
        status, answer, headers = hub.post(hub.seal()[1])
        tap.ok(status == 503 and json.loads(answer)["code"] == "env.store.halted", "a new envelope gets 503 env.store.halted", f"{status} {answer!r}")
        tap.ok(hub.call("GET", f"/v1/envelopes/{lab.SENDER}/{message}")[0] == 200, "what was taken is still served")
        tap.ok("read.dossier" in hub.read_log(), "and the journal has the trace of it")
        tap.ok(hub.call("GET", "/v1/log/checkpoint")[0] != 500, "the log is still read")
        metrics = hub.call("GET", "/metrics", unit=None)[1].decode()
        tap.ok('lthub_log_check{code="log.note"} 1' in metrics and "lthub_store_state 2" in metrics, "so do the metrics")
        tap.ok("log.note" in hub.read_log(), "and the journal")
        tap.ok(hub.rows("SELECT max(size) FROM checkpoint") == [(size,)], "no checkpoint was signed over damage")
        hub.stop()
        hub.must_start()
        tap.ok(ready(hub)[0] == 503, "a restart does not loosen it")
        hub.stop()
        change(hub, f"UPDATE checkpoint SET root = x'{root}' WHERE size = {size}")
        hub.must_start()
        tap.ok(ready(hub) == (200, {"state": "ok"}), "mended, it is well after a whole check", str(ready(hub)))
        message, body = hub.seal()
        tap.ok(hub.post(body)[0] == 202, "and takes envelopes again")
        lab.wait_for(lambda: message in sink.times, 10, "the delivery")
        tap.ok(hub.run("audit", "check", "--full", check=False).returncode == 0, "the log is sound")
    finally:
        hub.stop(signal.SIGKILL)
        sink.close()
        shutil.rmtree(hub.folder)


def main():
    tap = lab.Tap()
    try:
        damaged_blob(tap, "a bit of a content file", lambda path: flip(path, 1000))
        damaged_blob(tap, "a content file cut in half", cut)
        damaged_blob(tap, "a content file gone", os.unlink)
        damaged_database(tap, "a bit of a log entry", flip_entry)
        damaged_while_it_runs(tap)
        damaged_database(tap, "a database cut in half", lambda hub: cut(os.path.join(hub.store, "lthub.db")))
    except (lab.Failed, ValueError) as error:
        tap.ok(False, "the damage could be done and looked at", repr(error))
    tap.exit()


if __name__ == "__main__":
    main()
