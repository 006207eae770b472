#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A plugin's verb that runs on past its deadline, in the whole hub: its neighbour goes on as ever, the endpoint is reported stuck, and no longer once
the verb has come back. A verb that heeds its cancelling is postponed and goes again, also when the plan was changed while it ran."""
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ENDPOINTS = """[endpoint ket]
plugin = echo
units = H52.102
then = {then}
pause = {pause}
deadline = 500ms
max_in_flight = 2
retry_first = 100ms
retry_cap = 200ms
breaker_rest = 500ms

[endpoint ben-canh]
plugin = rest
units = H52.103
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
"""


def stuck(hub):
    lines = hub.call("GET", "/metrics", unit=None)[1].decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith('lthub_endpoint_stuck{endpoint="ket"}'))


def story(tap, name, then, pause, counts):
    sink = lab.Sink()
    hub = lab.Lab(ENDPOINTS.format(then=then, pause=pause, port=sink.port))
    try:
        hub.must_start()
        for _ in range(4):
            hub.post(hub.seal(receiver=lab.RECEIVER)[1])
        if counts:
            lab.wait_for(lambda: stuck(hub) >= 1, 10, "the endpoint to be reported stuck")
            tap.ok(1 <= stuck(hub) <= 2, f"{name}: the endpoint is reported stuck, with its share and no more", str(stuck(hub)))
        neighbours = [hub.seal(receiver=lab.PULLER) for _ in range(20)]
        begun = time.monotonic()
        for _, body in neighbours:
            hub.post(body)
        lab.wait_for(lambda: all(one in sink.times for one, _ in neighbours), 10, "the neighbour's deliveries")
        tap.ok(time.monotonic() - begun < 8, f"{name}: its neighbour gets its own meanwhile, in {time.monotonic() - begun:.1f} s")
        tap.ok(hub.post(hub.seal(receiver=lab.RECEIVER)[1])[0] == 202, f"{name}: what is sent to it is accepted, and waits")
        lab.wait_for(lambda: any(row["attempts"] > 0 for row in hub.deliveries("waiting")), 20, "an attempt to be over")
        mine = [row for row in hub.deliveries("waiting") if row["endpoint"] == "ket"]
        tap.ok(len(mine) == 5, f"{name}: nothing is lost, all wait for the next try", str(mine))
        hub.write_config(ENDPOINTS.format(then="pass", pause="0s", port=sink.port))
        hub.run("reload")
        lab.wait_for(lambda: not hub.deliveries("waiting"), 30, "all to arrive")
        tap.ok(len(hub.deliveries("delivered")) == 25, f"{name}: mended, all arrive")
        lab.wait_for(lambda: stuck(hub) == 0, 10, "the report to end")
        tap.ok(True, f"{name}: and nothing is reported stuck any more")
        begun = time.monotonic()
        tap.ok(hub.stop() == 0 and time.monotonic() - begun < 10, f"{name}: the hub stops cleanly")
    finally:
        hub.stop(signal.SIGKILL)
        sink.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)


def main():
    tap = lab.Tap()
    try:
        story(tap, "a verb that hangs and heeds its cancelling", "hang", "0s", False)
        story(tap, "a verb that does not even heed that", "stubborn", "0s", True)
    except lab.Failed as error:
        tap.ok(False, "the story came to its end", repr(error))
    tap.exit()


if __name__ == "__main__":
    main()
