#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill −9 under load, at every stop of a dossier's way: what was acknowledged is there exactly once, and delivered; the log is whole.

The hub runs under strace, which kills it at the n-th call of one kind: reading a request (stops 1–6), writing and syncing the database
(7, 11), answering (2, 12), connecting and sending to the peer (9). n is drawn anew in each round. Then it is started again without strace, the senders repeat
what was not acknowledged, and the books are compared. Rounds: $LTHUB_KILLS (default 100).
"""
import os
import random
import shutil
import signal
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS = int(os.environ.get("LTHUB_KILLS", "100"))
PER_ROUND = 8
STOPS = [("accept4", 12), ("recvmsg,recvfrom,read", 250), ("pwrite64", 120), ("fdatasync,fsync", 14), ("sendmsg,sendto,writev,write", 120),
         ("connect", 3), ("futex", 400), ("openat", 30)]
ENDPOINT = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
retry_first = 50ms
retry_cap = 200ms
breaker_failures = 1000
"""


class Load:
    """Senders that post each envelope until it is acknowledged."""

    def __init__(self, hub):
        self.hub, self.waiting, self.acknowledged, self.stopping = hub, [], {}, threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    def add(self, envelopes):
        with self.lock:
            self.waiting += envelopes

    def work(self):
        while not self.stopping.is_set():
            with self.lock:
                item = self.waiting.pop(0) if self.waiting else None
            if item is None:
                time.sleep(0.005)
                continue
            try:
                status, _, _ = self.hub.post(item[1], timeout=5)
            except (OSError, lab.http.client.HTTPException):
                status = 0
            with self.lock:
                if status in (200, 202):
                    self.acknowledged[item[0]] = self.acknowledged.get(item[0], 0) + 1
                else:
                    self.waiting.append(item)
            if status == 0:
                time.sleep(0.02)


def one_round(hub, load, number, dice, envelopes):
    """Kills the hub once under load; TRUE when strace's kill struck (else an ordinary SIGKILL ends the round)."""
    calls, most = STOPS[number % len(STOPS)]
    wrapper = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:signal=SIGKILL:when={dice.randint(1, most)}")
    if hub.start(wrapper):
        load.add(envelopes)
        try:
            hub.process.wait(0.5 + dice.random() * 0.3)
        except lab.subprocess.TimeoutExpired:
            hub.stop(signal.SIGKILL)
            return False
    else:
        load.add(envelopes)
    hub.stop(signal.SIGKILL)
    return True


def main():
    tap, dice = lab.Tap(), random.Random(20261123)
    sink = lab.Sink()
    hub = lab.Lab(ENDPOINT.format(port=sink.port))
    load = Load(hub)
    struck = 0
    try:
        tap.note(f"sealing {ROUNDS * PER_ROUND} envelopes")
        batches = [[hub.seal() for _ in range(PER_ROUND)] for _ in range(ROUNDS)]
        for number, batch in enumerate(batches):
            struck += one_round(hub, load, number, dice, batch)
        hub.must_start()
        lab.wait_for(lambda: len(load.acknowledged) == ROUNDS * PER_ROUND, 120, "all envelopes to be acknowledged")
        lab.wait_for(lambda: len(sink.times) >= ROUNDS * PER_ROUND, 120, "all deliveries")
        tap.ok(struck >= ROUNDS // 2, f"the kill struck inside a call in {struck} of {ROUNDS} rounds")
        code = hub.stop()
        tap.ok(code == 0, "the hub stops cleanly at the end", hub.read_log()[-1500:])
        books = {str(uuid.UUID(bytes=key)): count for key, count in hub.rows("SELECT id, count(*) FROM message GROUP BY sender, id")}
        acknowledged = set(load.acknowledged)
        tap.ok(not acknowledged - set(books), "every acknowledged message is in the store", f"{len(acknowledged - set(books))} are not")
        tap.ok(all(books.get(key) == 1 for key in acknowledged), "none is there twice")
        tap.ok(not acknowledged - set(sink.times), "every acknowledged message was delivered at least once")
        tap.note(f"{sum(times - 1 for times in sink.times.values())} were handed over again after a kill, which the contract allows")
        checked = hub.run("audit", "check", "--full", check=False)
        tap.ok(checked.returncode == 0, "the audit log is whole: lthub audit check --full", checked.stdout + checked.stderr)
    except lab.Failed as error:
        tap.ok(False, "the round came to its end", str(error) + "\n" + hub.read_log()[-1500:])
    finally:
        load.stopping.set()
        hub.stop(signal.SIGKILL)
        sink.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
