# SPDX-License-Identifier: Apache-2.0
"""A whole hub for a test: its keys, three units, its configuration, its process, and a sink that takes what it delivers.

Senders seal with examples/systems/envelope.py, which shares no code with the hub.
"""
import http.client
import http.server
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid

SOURCE = os.environ.get("LTHUB_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "examples", "systems"))
import envelope  # noqa: E402  pylint: disable=wrong-import-position

HUB, SENDER, RECEIVER, PULLER = "H52", "H52.101", "H52.102", "H52.103"
UNITS = """id,admin_code,name,level,parent,valid_from,valid_to,basis,aliases,successors
H52,14,Tỉnh mẫu,province,,2017-01-01,,mẫu,,
H52.101,00101,Xã mẫu một,commune,H52,2017-01-01,,mẫu,,
H52.102,00102,Huyện mẫu hai,district,H52,2017-01-01,,mẫu,,
H52.103,00103,Xã mẫu ba,commune,H52,2017-01-01,,mẫu,,
"""
ROUTES = """
[route he-thong]
endpoints = @unit

[route hop-thu]
endpoints = inbox
"""
LTHUB = os.environ.get("LTHUB", os.path.join(SOURCE, "build", "hub", "lthub"))


class Failed(Exception):
    """The test's own words for what is wrong."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, what):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.02)
    raise Failed(f"waited {seconds} s in vain: {what}")


class Sink:
    """Takes containers on loopback and remembers how often each id came. `answer` may be replaced to misbehave."""

    def __init__(self):
        self.times, self.lock, self.status, self.closed = {}, threading.Lock(), 200, False
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if sink.closed:
                    self.close_connection = True
                    return
                status, data, headers = sink.answer(body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(data)))
                self.close_connection = headers.get("Connection") == "close"
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def take(self, body):
        name = re.search(rb'"id":"([0-9a-f-]{36})"', body[:2000])
        with self.lock:
            key = name.group(1).decode()
            self.times[key] = self.times.get(key, 0) + 1

    def answer(self, body):
        if self.status // 100 == 2:
            self.take(body)
        return self.status, b"{}", {}

    def close(self):
        self.closed = True
        self.server.shutdown()
        self.server.server_close()


class Lab:
    def __init__(self, endpoints="", routes=ROUTES, hub_extra="", store_extra="reserve = 1M\n", units=UNITS, store=None):
        self.folder = tempfile.mkdtemp(prefix="lthub-test-")
        self.store = store or os.path.join(self.folder, "store")
        self.pki = os.path.join(self.folder, "pki")
        self.config = os.path.join(self.folder, "lthub.conf")
        self.log = os.path.join(self.folder, "hub.log")
        self.port, self.process, self.tokens, self.seq = free_port(), None, {}, 0
        self.lock = threading.Lock()
        self.write_config(endpoints, routes, hub_extra, store_extra)
        self.run("pki", "init", self.pki, "--demo")
        self.run("pki", "log-key", os.path.join(self.pki, "log.key"))
        for unit in (HUB, SENDER, RECEIVER, PULLER):
            self.run("pki", "issue", self.pki, unit, "--unit", unit)
        with open(os.path.join(self.folder, "units.csv"), "w", encoding="utf-8") as out:
            out.write(units)
        self.run("unit", "import", os.path.join(self.folder, "units.csv"))
        for unit in (HUB, SENDER, RECEIVER, PULLER):
            role = ["--role", "hub"] if unit == HUB else []
            self.run("unit", "key", "add", unit, "--certificate", os.path.join(self.pki, unit + ".pem"), "--use", "sign", *role)
        for unit in (SENDER, RECEIVER, PULLER):
            self.tokens[unit] = json.loads(self.run("unit", "token", unit, "--json").stdout)["token"]

    def write_config(self, endpoints, routes=ROUTES, hub_extra="", store_extra="reserve = 1M\n"):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(f"[hub]\nunit = {HUB}\nfolder = {self.store}\ncertificate = {self.pki}/{HUB}.pem\nkey = {self.pki}/{HUB}.key\n"
                      f"log_key = {self.pki}/log.key\n{hub_extra}\n[trust]\nanchors = {self.pki}/root.pem\ncrl = {self.pki}/crl.pem\n\n"
                      f"[store]\n{store_extra}\n[http]\nadmin_socket = {self.folder}/admin.sock\n\n{endpoints}\n{routes}")

    def run(self, *arguments, check=True):
        done = subprocess.run([LTHUB, *arguments, "--config", self.config], capture_output=True, text=True, check=False, timeout=120)
        if check and done.returncode != 0:
            raise Failed(f"lthub {' '.join(arguments)} → {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, wrapper=()):
        with open(self.log, "ab") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen([*wrapper, LTHUB, "serve", "--demo", "--json", "--config", self.config, "--port", str(self.port)],
                                            stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(20)
            return False
        return True

    def must_start(self):
        if not self.start():
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise Failed("the hub did not start:\n" + log.read()[-3000:])

    def stop(self, how=signal.SIGTERM, seconds=20):
        if self.process is None:
            return 0
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        code = self.process.wait(seconds)
        self.process.stdout.close()
        self.process = None
        return code

    def seal(self, receiver=RECEIVER, kind="dossier.submit", payload=None, sender=SENDER, **more):
        """Returns (id, bytes) of a new envelope."""
        with self.lock:
            self.seq += 1
            seq = self.seq
        code = f"{sender}-261123-{seq:05d}"
        payload = payload or {"MaHoSo": code, "MaTTHC": "2.000635", "TenTTHC": "Đăng ký lại khai sinh", "ChuHoSo": "Nguyễn Văn A",
                              "LoaiDoiTuong": 1, "NgayTiepNhan": "2026-11-23T08:00:00+07:00"}
        keys = os.path.join(self.pki, sender)
        message, _, body = envelope.seal(kind, sender, receiver, seq, payload, keys + ".pem", keys + ".key",
                                         dossier=more.pop("dossier", None) or str(uuid.uuid4()), **more)
        return message, body

    def call(self, method, path, body=None, unit=SENDER, headers=None, timeout=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            known = {"Authorization": "Bearer " + self.tokens[unit]} if unit else {}
            connection.request(method, path, body, {**known, **(headers or {})})
            answer = connection.getresponse()
            try:
                body = answer.read()
            except http.client.IncompleteRead as cut:
                body = cut.partial
            return answer.status, body, dict(answer.getheaders())
        finally:
            connection.close()

    def operator(self, method, path, body=None, timeout=20):
        """As the commands call the running hub: on the admin socket, JSON in and out."""
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.settimeout(timeout)
            connection.sock.connect(os.path.join(self.folder, "admin.sock"))
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def post(self, body, unit=SENDER, timeout=20):
        return self.call("POST", "/v1/envelopes", body, unit, {"Content-Type": envelope.MEDIA_TYPE}, timeout)

    def rows(self, sql, *arguments):
        """Asks the database file itself, read only."""
        database = sqlite3.connect(f"file:{self.store}/lthub.db?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(sql, arguments).fetchall()
        finally:
            database.close()

    def deliveries(self, state):
        lines = self.run("delivery", "list", "--state", state, "--json").stdout.splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()


class Tap:
    """Prints test points; exit() ends with the right code."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}" + (f"\n# {detail}" if detail and not good else ""), flush=True)
        return good

    def note(self, text):
        print("# " + text.replace("\n", "\n# "), flush=True)

    def exit(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
