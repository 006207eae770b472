#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that misbehave: down, slow, hanging, cut short, nonsense, refusing, asking for a pause. Their dossiers wait or are held; the neighbour's never do."""
import json
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ENDPOINT = """[endpoint {name}]
plugin = rest
units = {unit}
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
timeout = 1s
deadline = 2s
retry_first = 50ms
retry_cap = 200ms
breaker_failures = 3
breaker_rest = 200ms

"""


class Moody(lab.Sink):
    """A sink whose answers go wrong as `mood` says."""

    mood = "well"

    def answer(self, body):
        if self.mood == "well":
            return super().answer(body)
        if self.mood == "slow":
            time.sleep(0.5)
            return super().answer(body)
        if self.mood == "hang":
            time.sleep(5)
            raise ConnectionResetError
        if self.mood == "cut":
            return 200, b"", {"Content-Length": "500", "Connection": "close"}
        if self.mood == "page":
            return 200, b"<html>sign in</html>", {"Content-Type": "text/html"}
        if self.mood == "pause":
            return 503, b"", {"Retry-After": "1"}
        return int(self.mood), b"{}", {}


def story(tap, hub, good, bad, mood, outcome):
    """Five dossiers to each peer while one is in a mood; then it is well again."""
    bad.mood = mood
    sent = {}
    for _ in range(5):
        for unit in (lab.RECEIVER, lab.PULLER):
            message, body = hub.seal(receiver=unit)
            status, answer, _ = hub.post(body)
            if status != 202:
                raise lab.Failed(f"{mood}: {status} {answer[:200]!r}")
            sent[message] = unit
    to_good = [message for message, unit in sent.items() if unit == lab.RECEIVER]
    to_bad = [message for message, unit in sent.items() if unit == lab.PULLER]
    began = time.monotonic()
    lab.wait_for(lambda: all(message in good.times for message in to_good), 5, f"{mood}: the neighbour's five")
    tap.ok(True, f"{mood}: the neighbour got its five in {time.monotonic() - began:.2f} s")
    if outcome == "arrives":
        time.sleep(0.3)
        bad.mood = "well"
        lab.wait_for(lambda: all(message in bad.times for message in to_bad), 15, f"{mood}: all to arrive once it is well")
        tap.ok(True, f"{mood}: all five arrive once the peer is well")
        return
    lab.wait_for(lambda: {row["message"] for row in hub.deliveries(outcome)} >= set(to_bad), 10, f"{mood}: five {outcome}")
    rows = [row for row in hub.deliveries(outcome) if row["message"] in to_bad]
    tap.ok(all(row.get("reason") for row in rows), f"{mood}: five are {outcome}, each with a reason: {rows[0].get('reason')}")
    bad.mood = "well"
    if outcome == "held":
        for row in rows:
            hub.run("delivery", "release", str(row["delivery"]))
        lab.wait_for(lambda: all(message in bad.times for message in to_bad), 10, f"{mood}: the released to arrive")
        tap.ok(True, f"{mood}: all arrive when they are released")
    else:
        status, _, _ = hub.post_again(to_bad[0])
        tap.ok(status == 409, f"{mood}: the sender who repeats is told that it failed (409)", str(status))


def main():
    tap = lab.Tap()
    good, bad = Moody(), Moody()
    endpoints = ENDPOINT.format(name="tot", unit=lab.RECEIVER, port=good.port) + ENDPOINT.format(name="xau", unit=lab.PULLER, port=bad.port)
    hub = lab.Lab(endpoints)
    bodies = {}
    seal = hub.seal

    def remember(**more):
        message, body = seal(**more)
        bodies[message] = body
        return message, body

    hub.seal = remember
    hub.post_again = lambda message: hub.post(bodies[message])
    try:
        hub.must_start()
        for mood, outcome in (("slow", "arrives"), ("hang", "arrives"), ("cut", "arrives"), ("500", "arrives"), ("pause", "arrives"),
                              ("page", "arrives"), ("401", "held"), ("422", "refused")):
            story(tap, hub, good, bad, mood, outcome)
        bad.close()
        message, body = hub.seal(receiver=lab.PULLER)
        tap.ok(hub.post(body)[0] == 202, "down: a dossier for a peer that is gone is taken")
        lab.wait_for(lambda: any(row["message"] == message and row["attempts"] > 1 for row in hub.deliveries("waiting")), 10, "down: attempts to be counted")
        tap.ok(True, "down: it waits, and its attempts are counted")
        tap.ok(hub.call("GET", "/readyz", unit=None)[0] == 200, "the hub stays ready")
        tap.ok(hub.stop() == 0, "the hub stops cleanly with work left", hub.read_log()[-1000:])
        checked = hub.run("audit", "check", "--full", check=False)
        tap.ok(checked.returncode == 0, "the audit log is whole", checked.stdout + checked.stderr)
    except (lab.Failed, KeyError, json.JSONDecodeError) as error:
        tap.ok(False, "the story came to its end", repr(error) + "\n" + hub.read_log()[-1500:])
    finally:
        hub.stop(signal.SIGKILL)
        good.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
