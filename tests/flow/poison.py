#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ten dossiers that a system never takes, beside two thousand good ones: the good ones all arrive, none waits for a poisoned one, and the ten are held with their reason.

The ratio of times with and without poison is a measurement and is taken with `poison.py --measure`, on a quiet machine.
"""
import os
import shutil
import signal
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

POISONED = 10
ENDPOINT = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
retry_first = 50ms
retry_cap = 200ms
breaker_failures = 20
"""


def send_all(hub, bodies):
    failed = []

    def part(mine):
        for body in mine:
            if hub.post(body)[0] != 202:
                failed.append(1)

    threads = [threading.Thread(target=part, args=(bodies[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise lab.Failed(f"{len(failed)} envelopes were not accepted")


def run(n_good, n_poisoned):
    """Returns (hub, sink, good ids, poisoned ids, seconds until the last good one was delivered)."""
    sink = lab.Sink()
    poisoned = set()
    take = sink.answer

    def answer(body):
        return (503, b"{}", {}) if any(message.encode() in body[:2000] for message in poisoned) else take(body)

    sink.answer = answer
    hub = lab.Lab(ENDPOINT.format(port=sink.port))
    hub.must_start()
    bad = [hub.seal(dossier=str(uuid.uuid4())) for _ in range(n_poisoned)]
    poisoned.update(message for message, _ in bad)
    good = [hub.seal(dossier=str(uuid.uuid4())) for _ in range(n_good)]
    every = max(len(good) // max(len(bad), 1), 1)
    bodies = []
    for n, (_, body) in enumerate(good):
        if n % every == 0 and n // every < len(bad):
            bodies.append(bad[n // every][1])
        bodies.append(body)
    began = time.monotonic()
    send_all(hub, bodies)
    lab.wait_for(lambda: all(message in sink.times for message, _ in good), 120, "the good ones")
    return hub, sink, good, bad, time.monotonic() - began


def measure():
    times = {}
    for n_poisoned in (0, POISONED, 0, POISONED):
        hub, sink, _, _, seconds = run(2000, n_poisoned)
        hub.stop()
        sink.close()
        shutil.rmtree(hub.folder)
        times.setdefault(n_poisoned, []).append(seconds)
    ratio = min(times[POISONED]) / min(times[0])
    print(f"2000 good dossiers: {min(times[0]):.2f} s alone, {min(times[POISONED]):.2f} s beside {POISONED} poisoned: ratio {ratio:.3f} (at most 1.1)")
    return 0 if ratio <= 1.1 else 1


def main():
    if "--measure" in sys.argv[1:]:
        sys.exit(measure())
    tap = lab.Tap()
    hub = None
    try:
        hub, sink, good, bad, seconds = run(2000, POISONED)
        tap.ok(all(sink.times[message] == 1 for message, _ in good), f"2000 good dossiers arrived, each once, in {seconds:.1f} s")
        tap.ok(not any(message in sink.times for message, _ in bad), "no poisoned one did")
        lab.wait_for(lambda: len(hub.deliveries("held")) == POISONED or trickle(hub), 90, "the poisoned ones to be held")
        held = hub.deliveries("held")
        tap.ok({row["reason"] for row in held} == {"delivery.poison"}, "the ten are held, and their reason says why", str(held[:1]))
        tap.ok(hub.stop() == 0, "the hub stops cleanly", hub.read_log()[-1500:])
    except lab.Failed as error:
        tap.ok(False, "the story came to its end", str(error) + "\n" + (hub.read_log()[-1500:] if hub else ""))
    finally:
        if hub is not None:
            hub.stop(signal.SIGKILL)
            sink.close()
            if tap.failed == 0:
                shutil.rmtree(hub.folder)
    tap.exit()


def trickle(hub):
    """What passes between their attempts tells a poisoned one from a system that is down."""
    hub.post(hub.seal(dossier=str(uuid.uuid4()))[1])
    return False


if __name__ == "__main__":
    main()
