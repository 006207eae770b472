#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""S5 of security.md at its stated sizes: 50 uploads of 50 MB at once, and 500 connections that are slow.

What is asserted: each upload is accepted whole, with the receipt after the commit; the hub's own memory stays within 64 MiB above what it was at
rest; contents lie on disk once each and nothing is left in quarantine; another caller is answered meanwhile. The slow connections are all ended
within their time-outs, cost no more memory than that either, and keep nobody waiting.
"""
import os
import shutil
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

UPLOADS, ATTACHMENT = 50, 50_000_000
SLOW = 500
MEMORY_KIB = 64 * 1024
# Under a sanitizer memory is not the hub's own.
SANITIZED = b"__asan_init" in open(lab.LTHUB, "rb").read()


def memory_kib(hub, word):
    with open(f"/proc/{hub.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(word + ":"))


def forget_peak(hub):
    with open(f"/proc/{hub.process.pid}/clear_refs", "w", encoding="ascii") as out:
        out.write("5")


def within_memory(tap, hub, base, what):
    grown = memory_kib(hub, "VmHWM") - base
    if SANITIZED:
        tap.note(f"SKIP memory with a sanitizer: {grown} KiB")
    else:
        tap.ok(grown < MEMORY_KIB, f"{what}: memory grew by {grown / 1024:.0f} MiB at its peak (limit 64)")


def parts_of(hub, shared):
    """A container as three pieces, of which the large one is shared by all."""
    mark = os.urandom(16)
    _, body = hub.seal(receiver=lab.PULLER, attachments=[("evidence", "application/pdf", mark + shared)])
    at = body.index(mark) + len(mark)
    return body[:at], shared, body[at + len(shared):]


def upload(hub, pieces, answers, gate):
    """One connection of its own, which writes as fast as it is read."""
    size = sum(len(piece) for piece in pieces)
    head = (f"POST /v1/envelopes HTTP/1.1\r\nHost: lthub\r\nAuthorization: Bearer {hub.tokens[lab.SENDER]}\r\nConnection: close\r\n"
            f"Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: {size}\r\n\r\n").encode()
    answer = b""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=120) as client:
        gate.wait()
        client.sendall(head)
        for piece in pieces:
            client.sendall(piece)
        while chunk := client.recv(65536):
            answer += chunk
    answers.append(int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0)


def check_uploads(tap):
    hub = lab.Lab()
    try:
        hub.must_start()
        hub.post(hub.seal()[1])  # what is made on first use is there
        shared = os.urandom(ATTACHMENT - 16)
        pieces = [parts_of(hub, shared) for _ in range(UPLOADS)]
        base, answers, gate, waits = memory_kib(hub, "VmRSS"), [], threading.Event(), []
        forget_peak(hub)
        threads = [threading.Thread(target=upload, args=(hub, one, answers, gate)) for one in pieces]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        gate.set()
        while any(thread.is_alive() for thread in threads):
            asked = time.monotonic()
            hub.call("GET", "/v1/inbox", unit=lab.PULLER, timeout=60)
            waits.append(time.monotonic() - asked)
            time.sleep(0.2)
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        tap.ok(answers == [202] * UPLOADS, f"{UPLOADS} uploads of {ATTACHMENT // 1_000_000} MB at once are accepted, in {took:.0f} s", str(sorted(answers)))
        within_memory(tap, hub, base, "the uploads")
        tap.ok(max(waits) < 10, f"another caller is answered meanwhile: {max(waits) * 1000:.0f} ms at most of {len(waits)}")
        blobs = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(hub.store, "blobs")) for name in names]
        tap.ok(len(blobs) == UPLOADS and all(os.path.getsize(path) == ATTACHMENT for path in blobs), "each content lies on disk once, whole", str(len(blobs)))
        left = [name for _, _, names in os.walk(os.path.join(hub.store, "quarantine")) for name in names]
        lab.wait_for(lambda: not [name for _, _, names in os.walk(os.path.join(hub.store, "quarantine")) for name in names], 10, f"quarantine to be empty: {left[:3]}")
        tap.ok(True, "nothing is left in quarantine")
    finally:
        hub.stop(signal.SIGKILL)
        shutil.rmtree(hub.folder)


def check_slow(tap):
    hub = lab.Lab()
    hub.write_config("head_timeout = 3s\nbody_timeout = 3s\nidle_timeout = 3s\nmax_open = 600\n")
    starts = [b"GET /v1/inbox HTTP/1.1\r\nHost: lt",
              f"POST /v1/envelopes HTTP/1.1\r\nHost: lthub\r\nAuthorization: Bearer {hub.tokens[lab.SENDER]}\r\n"
              "Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: 5000000\r\n\r\nPK\x03\x04".encode("latin-1"), b""]
    clients = []
    try:
        hub.must_start()
        hub.post(hub.seal()[1])
        base = memory_kib(hub, "VmRSS")
        forget_peak(hub)
        begun = time.monotonic()
        for i in range(SLOW):
            client = socket.create_connection(("127.0.0.1", hub.port), timeout=30)
            client.sendall(starts[i % len(starts)])
            clients.append(client)
        waits = []
        for _ in range(5):
            asked = time.monotonic()
            tap.ok(hub.post(hub.seal()[1])[0] == 202, f"with {SLOW} slow connections open an envelope is accepted")
            waits.append(time.monotonic() - asked)
        tap.ok(max(waits) < 2, f"at once: {max(waits) * 1000:.0f} ms at most")
        for client in clients:
            while client.recv(65536):
                pass
        took = time.monotonic() - begun
        tap.ok(took < 20, f"all {SLOW} are ended {took:.1f} s after the first came (limit 3 s each)")
        within_memory(tap, hub, base, "the slow connections")
        metrics = hub.call("GET", "/metrics", unit=None)[1].decode()
        cut = next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith("lthub_http_cut_total "))
        tap.ok(cut >= SLOW, f"and counted: {cut:.0f}")
    finally:
        for client in clients:
            client.close()
        hub.stop(signal.SIGKILL)
        shutil.rmtree(hub.folder)


def main():
    tap = lab.Tap()
    try:
        check_slow(tap)
        check_uploads(tap)
    except (lab.Failed, OSError) as error:
        tap.ok(False, "the story came to its end", repr(error))
    tap.exit()


if __name__ == "__main__":
    main()
