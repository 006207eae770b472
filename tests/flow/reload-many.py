#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand reloads under load, of valid, invalid and half-written files: nothing is lost, nothing pauses, and neither memory nor descriptors leak."""
import http.client
import os
import shutil
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

RELOADS, WARM = 1000, 200
ENDPOINT = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
deliver_map = {map}
retry_first = {retry}ms
"""
ROUTES = lab.ROUTES


class Admin(http.client.HTTPConnection):
    """HTTP over the admin socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


def reload(hub):
    admin = Admin(os.path.join(hub.folder, "admin.sock"))
    try:
        admin.request("POST", "/v1/admin/reload", b"", {"Content-Type": "application/json"})
        answer = admin.getresponse()
        answer.read()
        return answer.status
    finally:
        admin.close()


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def files(hub, jq, port):
    """In turn: (what stands on disk, whether it is taken; None: whichever)."""
    valid = [ENDPOINT.format(port=port, map=jq, retry=50 + n) for n in range(2)]
    with open(hub.config, encoding="utf-8") as config:
        head = config.read().split("[endpoint", maxsplit=1)[0]
    texts = [head + text + ROUTES for text in valid]
    wrong = texts[0].replace("allowed_addresses", "allowed_adresses")
    return [(texts[0], True), (wrong, False), (texts[1], True), (texts[0][: len(texts[0]) // 2], None), (texts[0] + "[endpoint hong\nplugin", False)]


class Load(threading.Thread):
    """Sends envelope after envelope until it is stopped."""

    def __init__(self, hub):
        super().__init__()
        self.hub, self.stopped, self.sent, self.statuses, self.slowest = hub, threading.Event(), [], set(), 0.0

    def run(self):
        while not self.stopped.is_set():
            message, body = self.hub.seal()
            began = time.monotonic()
            self.statuses.add(self.hub.post(body, timeout=60)[0])
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.sent.append(message)


def story(tap, hub, sink, jq):
    states = files(hub, jq, sink.port)
    load = Load(hub)
    load.start()
    wrong, measured, refused = 0, None, 0
    for n in range(RELOADS):
        text, taken = states[n % len(states)]
        with open(hub.config, "w", encoding="utf-8") as out:
            out.write(text)
        status = reload(hub)
        refused += status != 200
        wrong += taken is not None and (status == 200) != taken
        if n == WARM:
            measured = (resident_kib(hub.process.pid), descriptors(hub.process.pid))
    last = (resident_kib(hub.process.pid), descriptors(hub.process.pid))
    with open(hub.config, "w", encoding="utf-8") as out:
        out.write(states[0][0])
    tap.ok(reload(hub) == 200, "the last good file is taken")
    load.stopped.set()
    load.join()
    tap.ok(wrong == 0, f"{RELOADS} reloads: {refused} were refused, whole, as they should be", f"{wrong} were judged otherwise")
    tap.ok(load.statuses == {202}, f"all {len(load.sent)} envelopes were accepted meanwhile", str(load.statuses))
    tap.ok(load.slowest < 2, f"nothing paused: the slowest answer took {load.slowest * 1000:.0f} ms")
    lab.wait_for(lambda: all(message in sink.times for message in load.sent), 60, "all deliveries")
    tap.ok(True, "all were delivered")
    tap.ok(last[1] <= measured[1] + 4, f"no descriptor leaks: {measured[1]} after {WARM}, {last[1]} after {RELOADS}")
    with open(lab.LTHUB, "rb") as program:
        sanitized = b"__asan_init" in program.read()
    # A sanitizer keeps what was freed in quarantine, so the size says nothing there; it counts leaks itself at the end.
    tap.ok(sanitized or last[0] < measured[0] * 1.25 + 8192, f"{'SKIP (sanitizer)' if sanitized else 'no memory leaks'}: {measured[0]} KiB after {WARM}, {last[0]} KiB after {RELOADS}")


def main():
    tap = lab.Tap()
    sink = lab.Sink()
    hub = lab.Lab("")
    jq = os.path.join(hub.folder, "gui.jq")
    with open(jq, "w", encoding="utf-8") as out:
        out.write('{method: "POST", path: "/nhan", body: {id: .header.id}}')
    hub.write_config(ENDPOINT.format(port=sink.port, map=jq, retry=50))
    try:
        hub.must_start()
        story(tap, hub, sink, jq)
        tap.ok(hub.stop() == 0, "the hub stops cleanly", hub.read_log()[-1500:])
    except lab.Failed as error:
        tap.ok(False, "the story came to its end", str(error) + "\n" + hub.read_log()[-1500:])
    finally:
        hub.stop(signal.SIGKILL)
        sink.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
