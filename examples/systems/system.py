# SPDX-License-Identifier: Apache-2.0
"""The frame of a stand-in: a small durable HTTP server with faults that can be asked for.

POST /_fault {"mode": M, "count": N, "path": P} makes the next N answers (of paths that begin with P) go wrong: see faults.py. Paths under /_ and /desk/
always work.
"""
import argparse
import http.server
import json
import os
import signal
import sqlite3
import ssl
import sys
import threading

import faults


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
        self.faults = faults.Faults()
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

    def error_answer(self):
        """Overridden: (status, body, headers) of a 200 that says in this system's own words that it went wrong."""
        return None

    def work(self):
        """Overridden: what runs beside the server."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    system = None

    def log_message(self, *_):
        pass

    def respond(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, path, query, body):
        """(status, bytes, headers) of a request that is handled."""
        arguments = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
        try:
            status, given, headers = 200, self.system.handle(self.command, path, arguments, self.headers, body), {}
        except Answer as other:
            status, given, headers = other.status, other.body, other.headers
        data = given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode()
        return status, data, {"Content-Type": "application/json; charset=utf-8", **headers}

    def run(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        path, _, query = self.path.partition("?")
        if path == "/_fault":
            asked = json.loads(body)
            self.system.faults.ask(asked["mode"], asked.get("count", 1), asked.get("path", ""))
            self.respond(200, b'{"ok": true}', {"Content-Type": "application/json"})
            return
        mode = None if path.startswith(("/_", "/desk/")) else self.system.faults.take(path)
        try:
            if mode is not None:
                faults.misbehave(self, mode, lambda: self.answer(path, query, body), self.system.error_answer())
            else:
                self.respond(*self.answer(path, query, body))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = run


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if kind not in (BrokenPipeError, ConnectionResetError, ssl.SSLError, ssl.SSLEOFError):
            super().handle_error(request, client_address)


def options(description, *extra):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0: any free one")
    parser.add_argument("--state", required=True, help="folder in which the system keeps what it knows")
    parser.add_argument("--tls", metavar="FOLDER", help="speak TLS with a certificate made in FOLDER (its CA: FOLDER/ca.pem)")
    parser.add_argument("--expired", action="store_true", help="with --tls: the certificate has expired")
    for name, arguments in extra:
        parser.add_argument(name, **arguments)
    return parser.parse_args()


def serve(system):
    """Runs until SIGTERM; prints the port on one line so that a script can read it."""
    Handler.system = system
    server = Server(("127.0.0.1", system.options.port), Handler)
    if system.options.tls:
        faults.wrap(server, system.options.tls, system.options.expired)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(server.server_address[1], flush=True)
    threading.Thread(target=system.work, daemon=True).start()
    server.serve_forever(poll_interval=0.1)
    system.stopping.set()
