#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backup of a hub that runs under load, and its way back: a drill beside the hub, a damaged copy, and an old one."""
import json
import os
import shutil
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position


def load(hub, stop, sent):
    while not stop.is_set():
        message, body = hub.seal(receiver=lab.PULLER, attachments=[("evidence", "application/pdf", os.urandom(90_000))])
        status, _, _ = hub.post(body)
        if status == 202:
            sent.append(message)


def drill(hub, backup, name):
    """Restores into another folder with the hub's own configuration and keys; gives (exit code, output, folder)."""
    folder = os.path.join(hub.folder, name)
    config = os.path.join(hub.folder, name + ".conf")
    with open(hub.config, encoding="utf-8") as old, open(config, "w", encoding="utf-8") as new:
        new.write(old.read().replace(f"folder = {hub.store}", f"folder = {folder}").replace("admin.sock", name + ".sock"))
    own, hub.config = hub.config, config
    try:
        done = hub.run("restore", backup, check=False)
        return done.returncode, done.stdout + done.stderr, folder
    finally:
        hub.config = own


def count(folder):
    database = lab.sqlite3.connect(f"file:{folder}/lthub.db?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM message").fetchone()[0]
    finally:
        database.close()


def main():
    tap, hub, stop, sent = lab.Tap(), lab.Lab(), threading.Event(), []
    try:
        hub.must_start()
        threads = [threading.Thread(target=load, args=(hub, stop, sent)) for _ in range(2)]
        for thread in threads:
            thread.start()
        lab.wait_for(lambda: len(sent) >= 5, 30, "some messages")
        before = len(sent)
        backup = os.path.join(hub.folder, "backup")
        made = json.loads(hub.run("backup", backup, "--json").stdout)
        tap.ok(made["size"] > 5 and made["files"] >= 5, "a backup is made while the hub takes messages", str(made))
        stop.set()
        for thread in threads:
            thread.join()
        listed = hub.run("audit", "list", "--event", "backup.made").stdout
        tap.ok(f"root={made['root'][:8]}" in listed and f"sha={made['sha'][:8]}" in listed, "the running hub has recorded it", listed)

        code, said, folder = drill(hub, backup, "drill")
        tap.ok(code == 0, "it comes back, and its log is whole", said)
        tap.ok(before <= count(folder) <= len(sent), "with every message that was answered before it began", f"{before} {count(folder)} {len(sent)}")
        code, said, _ = drill(hub, backup, "drill")
        tap.ok(code != 0 and "restore.folder" in said, "a store is never overwritten", said)

        # The signer remembers what it has confirmed since: the same folder without its database.
        hub.stop()
        for name in ("lthub.db", "lthub.db-wal", "lthub.db-shm", "blobs"):
            path = os.path.join(hub.store, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
        done = hub.run("restore", backup, check=False)
        tap.ok(done.returncode == 1 and "log.signer-ahead" in done.stdout, "an old backup is said to be old", done.stdout + done.stderr)
        hub.must_start()
        _, body = hub.seal(receiver=lab.PULLER)
        status, answer, _ = hub.post(body)
        tap.ok(status == 503 and b"env.store.halted" in answer, "a hub that starts on it takes nothing", f"{status} {answer[:200]!r}")
        hub.stop()

        with open(os.path.join(backup, "lthub.db"), "r+b") as file:
            file.seek(50_000)
            byte = file.read(1)
            file.seek(50_000)
            file.write(bytes([byte[0] ^ 1]))
        code, said, _ = drill(hub, backup, "damaged")
        tap.ok(code != 0 and "log.db" in said, "a damaged backup is refused", said)
    finally:
        stop.set()
        hub.stop()
        shutil.rmtree(hub.folder)
    tap.exit()


main()
