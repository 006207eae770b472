# SPDX-License-Identifier: Apache-2.0
"""The frame of a stand-in: a small durable HTTP server with faults that can be asked for.

POST /_fault {"mode": M, "count": N} makes the next N answers go wrong: "slow" (two seconds), "hang-headers", "hang-body",
"500", "html" (a sign-in page with 200), "empty" ({}), "cut" (half the body, then the end), "reset".
"""
import argparse
import http.server
import json
import os
import signal
import socket
import sqlite3
import struct
import sys
import threading
import time

HANG_S = 30


class Faults:
    def __init__(self):
        self.lock, self.mode, self.count = threading.Lock(), None, 0

    def ask(self, mode, count):
        with self.lock:
            self.mode, self.count = mode, count

    def take(self):
        with self.lock:
            if self.count <= 0:
                return None
            self.count -= 1
            return self.mode


class Answer(Exception):
    """Raised by a handler to answer something else than 200."""

    def __init__(self, status, body, headers=()):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, dict(headers)


class System:
    """One stand-in: `routes` maps (method, first path segments) to functions; state is one SQLite file."""

    schema = ""

    def __init__(self, options):
        self.options = options
        self.faults = Faults()
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        os.makedirs(options.state, exist_ok=True)
        self.db = sqlite3.connect(os.path.join(options.state, "state.db"), check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.executescript(self.schema)

    def write(self, *statements):
        """Runs (sql, arguments) in one transaction."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                for sql, arguments in statements:
                    self.db.execute(sql, arguments)
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise

    def rows(self, sql, *arguments):
        with self.lock:
            return self.db.execute(sql, arguments).fetchall()

    def value(self, sql, *arguments):
        found = self.rows(sql, *arguments)
        return found[0][0] if found else None

    def handle(self, method, path, query, headers, body):
        """Overridden: returns an object (JSON) or raises Answer."""
        raise Answer(404, {"error": "not found"})

    def work(self):
        """Overridden: what runs beside the server."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    system = None

    def log_message(self, *_):
        pass

    def respond(self, status, body, headers):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def misbehave(self, mode):
        """TRUE when the answer was already given, or never will be."""
        if mode == "slow":
            time.sleep(2)
            return False
        self.close_connection = True
        if mode == "hang-headers":
            time.sleep(HANG_S)
        elif mode == "hang-body":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            self.wfile.flush()
            time.sleep(HANG_S)
        elif mode == "500":
            self.respond(500, {"error": "planted fault"}, {})
        elif mode == "html":
            self.respond(200, "<html><body>Đăng nhập</body></html>".encode(), {"Content-Type": "text/html; charset=utf-8"})
        elif mode == "empty":
            self.respond(200, {}, {})
        elif mode == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"ket")
        elif mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return True

    def run(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        path, _, query = self.path.partition("?")
        if path == "/_fault":
            asked = json.loads(body)
            self.system.faults.ask(asked["mode"], asked.get("count", 1))
            self.respond(200, {"ok": True}, {})
            return
        mode = None if path.startswith("/_") or path.startswith("/desk/") else self.system.faults.take()
        if mode is not None and self.misbehave(mode):
            return
        arguments = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
        try:
            self.respond(200, self.system.handle(self.command, path, arguments, self.headers, body), {})
        except Answer as answer:
            self.respond(answer.status, answer.body, answer.headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = run


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if kind not in (BrokenPipeError, ConnectionResetError):
            super().handle_error(request, client_address)


def options(description, *extra):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0: any free one")
    parser.add_argument("--state", required=True, help="folder in which the system keeps what it knows")
    for name, arguments in extra:
        parser.add_argument(name, **arguments)
    return parser.parse_args()


def serve(system):
    """Runs until SIGTERM; prints the port on one line so that a script can read it."""
    Handler.system = system
    server = Server(("127.0.0.1", system.options.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(server.server_address[1], flush=True)
    threading.Thread(target=system.work, daemon=True).start()
    server.serve_forever(poll_interval=0.1)
    system.stopping.set()
