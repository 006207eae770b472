#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bytes straight on the hub's sockets: of all shapes that smuggle, only well-formed requests reach a resource (security.md S2, S3, S5)."""
import http.client
import json
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

HOST = b"Host: lthub\r\n"
GET = b"GET /v1/inbox HTTP/1.1\r\n"
POST = b"POST /v1/envelopes HTTP/1.1\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# name, bytes, code: each is answered by 400 and the end of the connection, and what follows is never taken for a request.
HEADS = [
    ("both framings", POST + HOST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n", "http.transfer-encoding"),
    ("Transfer-Encoding with a space before the colon", POST + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "http.field"),
    ("Transfer-Encoding: identity", POST + HOST + b"Transfer-Encoding: identity\r\n\r\n", "http.transfer-encoding"),
    ("two lengths", POST + HOST + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd", "http.length"),
    ("a length with a sign", POST + HOST + b"Content-Length: +4\r\n\r\nabcd", "http.length"),
    ("a length in hexadecimal", POST + HOST + b"Content-Length: 0x4\r\n\r\nabcd", "http.length"),
    ("a length of eleven digits", POST + HOST + b"Content-Length: 18446744073\r\n\r\n", "http.length"),
    ("two hosts", GET + HOST + b"Host: other\r\n\r\n", "http.host"),
    ("no host", GET + b"\r\n", "http.host"),
    ("Upgrade", GET + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "http.upgrade"),
    ("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http.method"),
    ("TRACE", b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", "http.method"),
    ("CONNECT", b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\n", "http.method"),
    ("HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", "http.version"),
    ("an absolute target", b"GET http://lthub/v1/inbox HTTP/1.1\r\n" + HOST + b"\r\n", "http.target"),
    ("%00 in the path", b"GET /v1/inbox%00 HTTP/1.1\r\n" + HOST + b"\r\n", "http.target"),
    (".. in the path", b"GET /v1/../metrics HTTP/1.1\r\n" + HOST + b"\r\n", "http.target"),
    ("// in the path", b"GET //v1/inbox HTTP/1.1\r\n" + HOST + b"\r\n", "http.target"),
    ("a path that is not ASCII", "GET /v1/hộp HTTP/1.1\r\n".encode() + HOST + b"\r\n", "http.target"),
    ("65 fields", GET + HOST + b"".join(b"X-%d: a\r\n" % i for i in range(64)) + b"\r\n", "http.fields"),
    ("a field of 40,000 bytes", GET + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n", None),
    ("bare LF", b"GET /v1/inbox HTTP/1.1\nHost: lthub\n\n" + GET + HOST + b"\r\n", "http.request-line"),
    ("a folded field", GET + HOST + b"X: a\r\n Transfer-Encoding: chunked\r\n\r\n", "http.field"),
]
CHUNK_BODIES = [b"4\r\nabcd\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"+3\r\nabc\r\n0\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n", b"3;a=b\r\nabc\r\n0\r\n\r\n", b"3\nabc\n0\n\n",
                b"FFFFFFFFFFFFFFFF\r\nabc", b"10000000000000003\r\nabc\r\n0\r\n\r\n", b"-1\r\nabc", b"\r\n\r\n", b"0\r\nContent-Length: 4\r\n\r\n"]
SMUGGLED = GET + HOST + b"\r\n"


def connect(place):
    client = socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET)
    client.settimeout(10)
    client.connect(place)
    return client


def read_all(client):
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def exchange(place, data):
    with connect(place) as client:
        try:
            client.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_all(client)


def split(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode(), body


def refused(answer, code):
    if answer.count(b"HTTP/1.1 400 ") != 1 or answer.count(b"\r\n\r\n") != 1:
        return False
    status, head, body = split(answer)
    problem = json.loads(body)
    return status == 400 and problem["status"] == 400 and "onnection: close" in head and (code is None or problem["code"] == code)


def check_heads(tap, place, where):
    for name, data, code in HEADS:
        answer = exchange(place, data + SMUGGLED)
        tap.ok(refused(answer, code), f"{where}: {name} is refused, and nothing after it is read", repr(answer[:300]))
    for body in CHUNK_BODIES:
        answer = exchange(place, POST + HOST + CHUNKED + b"\r\n" + body + SMUGGLED)
        tap.ok(refused(answer, "http.transfer-encoding"), f"{where}: chunks {body[:18]!r} are refused", repr(answer[:300]))


def bearer(hub):
    return b"Authorization: Bearer " + hub.tokens[lab.SENDER].encode() + b"\r\n"


def check_dropped_fields(tap, hub, place):
    message, envelope = hub.seal(receiver=lab.PULLER)
    hub.post(envelope)
    path = b"GET /v1/envelopes/" + lab.SENDER.encode() + b"/" + message.encode() + b" HTTP/1.1\r\n"
    ranges = b"Range: bytes=" + b",".join(b"%d-" % i for i in range(500)) + b"\r\n"
    answer = exchange(place, path + HOST + bearer(hub) + ranges + b"If-Range: x\r\nConnection: close\r\n\r\n")
    status, _, body = split(answer)
    tap.ok(status == 200 and body == envelope, "500 ranges give one plain answer")
    answer = exchange(place, GET + HOST + bearer(hub) + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
    tap.ok(split(answer)[0] == 200, "Expect is not answered by 100", repr(answer[:60]))


def check_pipeline(tap, hub, place):
    _, envelope = hub.seal(receiver=lab.PULLER)
    post = POST + HOST + bearer(hub) + b"Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: %d\r\n\r\n" % len(envelope) + envelope
    answer = exchange(place, post + GET + HOST + bearer(hub) + b"\r\n" + GET + HOST + bearer(hub) + b"Connection: close\r\n\r\n")
    tap.ok(answer.count(b"HTTP/1.1 ") == 3 and answer.count(b"HTTP/1.1 202") == 1 and answer.count(b"HTTP/1.1 200") == 2,
           "three requests in one piece get three answers in order", repr(answer[:80]))
    with connect(place) as client:
        for i in range(0, len(post), 97):
            client.sendall(post[i:i + 97])
        client.sendall(GET + HOST + bearer(hub) + b"Connection: close\r\n\r\n")
        answer = read_all(client)
    tap.ok(answer.count(b"HTTP/1.1 200") == 2, "in small pieces as well; the second copy gets 200", repr(answer[:80]))


def check_early_refusals(tap, hub, place):
    """Answers that come before the body, which is then never sent."""
    kind = b"Content-Type: application/vnd.etsi.asic-e+zip\r\n"
    rows = [
        ("no token", POST + HOST + kind + b"Content-Length: 50000000\r\n\r\n", 401, "env.peer.unknown"),
        ("another media type", POST + HOST + bearer(hub) + b"Content-Type: application/zip\r\nContent-Length: 50000000\r\n\r\n", 422, "env.http.media-type"),
        ("too large", POST + HOST + bearer(hub) + kind + b"Content-Length: 9999999999\r\n\r\n", 413, "env.size.total"),
        ("no length", POST + HOST + bearer(hub) + kind + b"Connection: close\r\n\r\n", 422, "env.http.length"),
        ("no such resource", b"POST /v1/nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 50000000\r\n\r\n", 404, "http.not-found"),
    ]
    for name, data, status, code in rows:
        answer = exchange(place, data)
        found, head, body = split(answer)
        tap.ok(found == status and json.loads(body)["code"] == code and ("onnection: close" in head or code == "env.http.length"), f"refused before the body: {name}", repr(answer[:200]))
    refs = [json.loads(split(exchange(place, data))[2]).get("ref") for name, data, _, code in rows if code in ("env.size.total", "env.http.media-type")]
    events = hub.rows("SELECT CAST(entry AS TEXT) FROM log WHERE idx = ?", refs[0]) if refs[0] is not None else []
    tap.ok(all(ref is not None for ref in refs) and '"env.http.media-type"' in events[0][0], "a refusal of a known caller is in the log, and its place is told", str(refs))


def open_files(hub):
    return len(os.listdir(f"/proc/{hub.process.pid}/fd"))


def check_gone(tap, hub, place):
    before = open_files(hub)
    head = POST + HOST + bearer(hub) + b"Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: 5000000\r\n\r\n"
    for size in (0, 1, 100, 70000, 1000000):
        for _ in range(4):
            with connect(place) as client:
                client.sendall(head + b"PK\x03\x04" + b"x" * size)
    with connect(place) as client:   # gone between two requests
        client.sendall(GET + HOST + bearer(hub) + b"\r\n")
        client.recv(65536)
    lab.wait_for(lambda: open_files(hub) <= before, 10, "what gone clients held to be freed")
    left = os.listdir(os.path.join(hub.store, "quarantine")) if os.path.isdir(os.path.join(hub.store, "quarantine")) else []
    tap.ok(not [name for name in left if name.endswith(".part") or name.startswith("tmp")], "clients gone mid-upload leave no descriptor and no file", str(left[:5]))


def check_gone_before_the_answer(tap, hub, place):
    before, ids = open_files(hub), []
    for i in range(30):
        message, envelope = hub.seal(receiver=lab.PULLER)
        ids.append(message)
        client = connect(place)
        client.sendall(POST + HOST + bearer(hub) + b"Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: %d\r\n\r\n" % len(envelope) + envelope)
        if i % 2:  # reset instead of closing
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    lab.wait_for(lambda: open_files(hub) <= before, 10, "what gone clients held to be freed")
    kept = [bytes(row[0]).hex() for row in hub.rows("SELECT id FROM message")]
    tap.ok(all(kept.count(message.replace("-", "")) <= 1 for message in ids), "a client that does not wait for its receipt leaves its message once, or not at all")
    tap.ok(hub.call("GET", "/v1/inbox")[0] == 200, "and the hub goes on")


def check_stop_under_load(tap, hub):
    """Whoever was answered 202 has his message kept; whoever was not sees an end, not nonsense."""
    envelopes = [hub.seal(receiver=lab.PULLER) for _ in range(200)]
    accepted, odd = [], []

    def send(part):
        for message, envelope in part:
            try:
                status = hub.post(envelope)[0]
            except (OSError, http.client.HTTPException):
                return
            (accepted if status == 202 else odd).append((message, status))

    threads = [threading.Thread(target=send, args=(envelopes[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    lab.wait_for(lambda: len(accepted) > 20, 20, "some to be accepted")
    begun = time.monotonic()
    code = hub.stop()
    took = time.monotonic() - begun
    for thread in threads:
        thread.join()
    kept = {bytes(row[0]).hex() for row in hub.rows("SELECT id FROM message")}
    tap.ok(code == 0 and took < 10, f"a stop under load is clean and takes {took:.1f} s", str(code))
    tap.ok(all(message.replace("-", "") in kept for message, _ in accepted), f"{len(accepted)} were accepted until then, and all are kept")
    tap.ok(all(status == 503 for _, status in odd), "the others were told to come again, or saw the end", str(odd[:3]))


def check_slow(tap, hub, place):
    slow = [connect(place) for _ in range(40)]
    for i, client in enumerate(slow):
        client.sendall((GET if i % 2 else POST + HOST + bearer(hub) + b"Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: 9\r\n\r\nPK"))
    begun = time.monotonic()
    tap.ok(hub.call("GET", "/v1/inbox")[0] == 200, "forty slow clients do not keep another one waiting")
    for client in slow:
        read_all(client)
        client.close()
    took = time.monotonic() - begun
    tap.ok(took < 8, f"slow clients are gone after {took:.1f} s (limit 2 s)")


def check_limit(tap, place):
    held = [connect(place) for _ in range(20)]
    time.sleep(0.3)
    answer = exchange(place, GET + HOST + b"\r\n")
    status, head, body = split(answer)
    tap.ok(status == 503 and "Retry-After: 1" in head and json.loads(body)["code"] == "http.busy", "over max_open: 503 and when to come again", repr(answer[:200]))
    for client in held:
        client.close()
    lab.wait_for(lambda: split(exchange(place, GET + HOST + b"Connection: close\r\n\r\n"))[0] == 403, 10, "room again")
    tap.ok(True, "and there is room again when they are gone")


def check_strangers(tap, hub, peer):
    """S2: another uid is not let in at all. Only root can try."""
    if os.geteuid() != 0:
        tap.note("SKIP another uid: needs root")
        return
    os.chmod(hub.folder, 0o755)
    os.chmod(peer, 0o666)
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        os._exit(0 if exchange(peer, GET + HOST + b"\r\n") == b"" else 1)
    tap.ok(os.waitpid(pid, 0)[1] == 0, "a process of another user is closed out before its first byte")


def main():
    tap = lab.Tap()
    hub = lab.Lab()
    peer = os.path.join(hub.folder, "peer.sock")
    hub.write_config(f"peer_socket = {peer}\nhead_timeout = 2s\nbody_timeout = 2s\nidle_timeout = 2s\nmax_open = 64\n")
    try:
        hub.must_start()
        place = ("127.0.0.1", hub.port)
        tap.ok(os.stat(peer).st_mode & 0o777 == 0o660, "the socket has mode 0660")
        check_heads(tap, peer, "peer.sock")
        check_heads(tap, place, "demo port")
        check_dropped_fields(tap, hub, place)
        check_pipeline(tap, hub, place)
        check_early_refusals(tap, hub, place)
        check_gone(tap, hub, place)
        check_gone_before_the_answer(tap, hub, place)
        check_slow(tap, hub, place)
        check_strangers(tap, hub, peer)
        check_stop_under_load(tap, hub)
        hub.write_config(f"peer_socket = {peer}\nmax_open = 16\nhead_timeout = 30s\n")
        hub.must_start()
        check_limit(tap, peer)
        tap.ok(hub.stop() == 0, "a clean stop")
        tap.ok("CRITICAL" not in hub.read_log() and "runtime error" not in hub.read_log() and "Sanitizer" not in hub.read_log(), "and a clean journal", hub.read_log()[-2000:])
    finally:
        hub.stop()
    tap.exit()


if __name__ == "__main__":
    main()
