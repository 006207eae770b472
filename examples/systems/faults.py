# SPDX-License-Identifier: Apache-2.0
"""Faults that a stand-in can be asked for: what real peers do to a hub, one word each.

A server built on system.py has them already: POST /_fault {"mode": M, "count": N, "path": P} makes the next N answers go wrong, only those whose path
begins with P when it is given; {"mode": null} ends it. Any other http.server handler uses three lines:

    FAULTS = faults.Faults()                                     # one per server
    mode = FAULTS.take(self.path)                                # at the start of a request, its body read
    if mode: return faults.misbehave(self, mode, answer)         # answer() handles the request: (status, bytes, {header: value})

The body must have been read (Content-Length) before. Modes that handle the request first, so that the peer *did* what was asked and only its answer is
lost, are marked +: a hub that repeats must not make it happen twice.

  slow          +  the answer comes after SLOW_S seconds
  hang-headers     nothing comes for HANG_S seconds
  hang-body        headers and one byte, then nothing for HANG_S seconds
  500              status 500 with a JSON body
  error-body       200, and a body that says it went wrong (ERROR_BODY, or what the server's own words are)
  empty            200 and {}
  html             200 and a sign-in page
  charset       +  the right answer in UTF-16 under the header of UTF-8
  gzip-bomb        200, Content-Encoding: gzip, 1 MiB that unpacks to 256 MiB
  endless          200, chunked, a body that does not end (BIG_BYTES, then the connection closes)
  duplicate     +  the right answer twice in a row on one connection
  lost          +  the connection is closed without an answer
  cut           +  the first half of the answer, then the end
  reset            the connection is reset
  restart       +  the first half of the answer, then the process starts anew on the same port

A certificate that has expired is no answer but a way to serve: system.py --tls FOLDER --expired; see certificate() for other servers.
"""
import contextlib
import functools
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import zlib

SLOW_S = 2
HANG_S = 30
BIG_BYTES = 256 << 20
ERROR_BODY = '{"status":"FAIL","ErrorCode":"99","ErrorDesc":"Lỗi hệ thống","data":null}'.encode()
SIGN_IN = "<!DOCTYPE html><html><body><form>Đăng nhập hệ thống</form></body></html>".encode()
MODES = ("slow", "hang-headers", "hang-body", "500", "error-body", "empty", "html", "charset", "gzip-bomb", "endless", "duplicate", "lost", "cut", "reset",
         "restart")
HANDLED = ("slow", "charset", "duplicate", "lost", "cut", "restart")


class Faults:
    """What was asked for. Safe to use from several threads."""

    def __init__(self):
        self.lock, self.mode, self.count, self.path = threading.Lock(), None, 0, ""

    def ask(self, mode, count=1, path=""):
        if mode is not None and mode not in MODES:
            raise ValueError(f"no fault {mode!r}; there are {', '.join(MODES)}")
        with self.lock:
            self.mode, self.count, self.path = mode, count if mode else 0, path

    def take(self, path=""):
        """The mode of this answer, or None."""
        with self.lock:
            if self.count <= 0 or not path.startswith(self.path):
                return None
            self.count -= 1
            return self.mode


@functools.lru_cache
def bomb(size=256 << 20):
    """gzip bytes that unpack to `size` zeros."""
    packer, piece = zlib.compressobj(1, wbits=31), bytes(1 << 20)
    return b"".join([*(packer.compress(piece) for _ in range(size >> 20)), packer.flush()])


def wire(status, body, headers):
    head = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Content-Length": len(body)}.items())
    return f"HTTP/1.1 {status} Answer\r\n{head}\r\n".encode() + body


def restart(port):
    """This program again, with the port that it has now."""
    arguments = list(sys.argv)
    for i, word in enumerate(arguments):
        if word == "--port":
            del arguments[i:i + 2]
            break
        if word.startswith("--port="):
            del arguments[i]
            break
    # What it prints again (the port) is for nobody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.executable, [sys.executable, *arguments, "--port", str(port)])


def planted(mode):
    """(status, body, headers) of a fault that is a plain answer; None for the others."""
    text = {"Content-Type": "application/json; charset=utf-8"}
    if mode == "gzip-bomb":
        return 200, bomb(), {**text, "Content-Encoding": "gzip"}
    return {"500": (500, b'{"error": "planted fault"}', text), "empty": (200, b"{}", text),
            "html": (200, SIGN_IN, {"Content-Type": "text/html; charset=utf-8"}), "error-body": (200, ERROR_BODY, text)}.get(mode)


def stream_without_end(out):
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(BIG_BYTES >> 16):
        out.write(b"10000\r\n" + b" " * 65536 + b"\r\n")


def misbehave(handler, mode, answer, error=None):
    """Answers badly; `error`: the server's own (status, body, headers) for error-body. `handler` is an http.server request handler."""
    out = handler.wfile
    handler.close_connection = True
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        given = error if mode == "error-body" and error else planted(mode)
        status, body, headers = given or (answer() if mode in HANDLED else (0, b"", {}))
        if mode == "slow":
            time.sleep(SLOW_S)
        if mode == "charset":
            body = body.decode("utf-8", "replace").encode("utf-16")
        whole = wire(status, body, headers)
        if mode == "hang-headers":
            time.sleep(HANG_S)
        elif mode == "hang-body":
            out.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
            out.flush()
            time.sleep(HANG_S)
        elif mode == "endless":
            stream_without_end(out)
        elif mode == "duplicate":
            handler.close_connection = False
            out.write(whole + whole)
        elif mode in ("cut", "restart"):
            out.write(whole[:-max(1, len(body) // 2)])
            out.flush()
            if mode == "restart":
                restart(handler.server.server_address[1])
        elif mode == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif mode != "lost":
            out.write(whole)
        out.flush()


CA_CONFIG = """[ca]
default_ca = lab
[lab]
database = {0}/index.txt
unique_subject = no
new_certs_dir = {0}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = host
[any]
commonName = supplied
[host]
subjectAltName = IP:127.0.0.1,DNS:localhost
extendedKeyUsage = serverAuth
"""


def certificate(folder, expired=False):
    """(certificate, key, CA) for 127.0.0.1, made in `folder` by openssl the first time; `expired`: its last day was in 2025."""
    paths = [os.path.join(folder, name) for name in ("expired.pem" if expired else "server.pem", "server.key", "ca.pem")]
    if all(map(os.path.exists, paths)):
        return paths
    os.makedirs(folder, exist_ok=True)

    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    with open(os.path.join(folder, "ca.conf"), "w", encoding="ascii") as out:
        out.write(CA_CONFIG.format(os.path.abspath(folder)))
    with open(os.path.join(folder, "index.txt"), "a", encoding="ascii"):
        pass
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    if not os.path.exists(paths[2]):
        run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=Stand-in CA")
    run("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    dates = ("-startdate", "20240101000000Z", "-enddate", "20251231000000Z" if expired else "20451231000000Z")
    run("ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", "server.csr", "-out", paths[0], *dates)
    return paths


def wrap(server, folder, expired=False):
    """Makes an http.server speak TLS with that certificate."""
    chain, key, _ = certificate(folder, expired)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
