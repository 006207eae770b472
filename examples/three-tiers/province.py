# SPDX-License-Identifier: Apache-2.0
"""The sample province on one machine: its keys, its configuration, its processes. Used by the story and by the flow tests."""
import csv
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEMS = os.path.join(os.path.dirname(HERE), "systems")
HUB_UNIT = "H52"
COMMUNES = ["H52.119.24", "H52.119.30", "H52.119.72", "H52.125.23", "H52.125.35", "H52.125.38"]
PULLING = ["H52.119.72", "H52.125.38"]
DISTRICTS = ["H52.119", "H52.125"]
PROVINCE = ["H52.90", "H52.08", "H52.11", "H52.13"]


KEY = "khoa-thu-nghiem"  # of the stand-ins; they hold nothing worth a secret


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Failed(Exception):
    """A step of the story went wrong; the text says which."""


def call(port, method, path, body=None, timeout=10):
    """JSON in, JSON out, on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else None
    finally:
        connection.close()


class Process:
    """A process of ours: started, stopped, killed, started again on the same port."""

    def __init__(self, name, command, log):
        self.name, self.command, self.log, self.port, self.process = name, command, log, 0, None

    def start(self, port_option=None):
        command = list(self.command)
        if port_option:
            command += [port_option, str(self.port)]
        with open(self.log, "ab") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        return self.process

    def first_line(self, timeout=30):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(timeout)
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise Failed(f"{self.name} did not start:\n{log.read()[-2000:]}")
        return line.strip()

    def stop(self, how=signal.SIGTERM, timeout=15):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise Failed(f"{self.name} did not stop") from error
        finally:
            self.process.stdout.close()


class Province:
    def __init__(self, lthub, folder):
        self.lthub, self.folder = os.path.abspath(lthub), os.path.abspath(folder)
        self.pki = os.path.join(self.folder, "pki")
        self.config = os.path.join(self.folder, "lthub.conf")
        self.logs = os.path.join(self.folder, "logs")
        self.tokens = os.path.join(self.folder, "tokens")
        self.systems = {}
        self.hub = Process("hub", [self.lthub, "serve", "--demo", "--json", "--config", self.config], os.path.join(self.folder, "hub.log"))
        os.makedirs(self.logs, exist_ok=True)

    # The command line

    def run(self, *arguments, check=True):
        done = subprocess.run([self.lthub, *arguments, "--config", self.config], capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise Failed(f"lthub {' '.join(arguments)} → {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def make_keys(self):
        self.run("pki", "init", self.pki, "--demo", "--name", "Lienthong Hub demo CA")
        self.run("pki", "log-key", os.path.join(self.pki, "log.key"))
        for unit in [HUB_UNIT, *COMMUNES]:
            self.run("pki", "issue", self.pki, unit, "--unit", unit, "--name", self.read_names()[unit])

    def register_units(self):
        self.run("unit", "import", os.path.join(HERE, "units.csv"))
        for unit in [HUB_UNIT, *COMMUNES]:
            role = ["--role", "hub"] if unit == HUB_UNIT else []
            self.run("unit", "key", "add", unit, "--certificate", os.path.join(self.pki, unit + ".pem"), "--use", "sign", *role)
        with open(self.tokens, "w", encoding="utf-8") as out:
            for unit in COMMUNES:
                out.write(unit + " " + json.loads(self.run("unit", "token", unit, "--json").stdout)["token"] + "\n")

    @staticmethod
    def read_names():
        with open(os.path.join(HERE, "units.csv"), encoding="utf-8") as lines:
            return {row["id"]: row["name"] for row in csv.DictReader(lines)}

    def write_config(self):
        ports = {name.replace("-", "_"): process.port for name, process in self.systems.items()}
        names = {"unit": HUB_UNIT, "folder": self.folder, "pki": self.pki, "key": KEY, "maps": os.path.join(HERE, "maps"),
                 "posted": ";".join(unit for unit in COMMUNES if unit not in PULLING), **ports}
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(one_stop=ONE_STOP.format(**names), **names))

    # Systems

    def add_systems(self):
        self.hub.port = free_port()
        for name in ("thuan-chau", "mai-son"):
            self.add_system(name, "one_stop.py", "--key", KEY)
        self.add_system("tinh", "one_stop.py", "--key", KEY, "--settles")
        self.add_system("cong", "portal.py", "--key", KEY)
        self.add_system("xa", "commune.py", "--hub", f"http://127.0.0.1:{self.hub.port}", "--units", ",".join(COMMUNES), "--inbox", ",".join(PULLING),
                        "--pki", self.pki, "--anchors", os.path.join(self.pki, "root.pem"), "--tokens", self.tokens)

    def add_system(self, name, script, *arguments):
        command = [sys.executable, os.path.join(SYSTEMS, script), "--state", os.path.join(self.folder, "systems", name), *arguments]
        process = Process(name, command, os.path.join(self.logs, name + ".log"))
        process.start("--port")
        process.port = int(process.first_line())
        self.systems[name] = process
        return process

    def restart_system(self, name):
        process = self.systems[name]
        process.start("--port")
        process.first_line()

    def start_hub(self):
        self.hub.start("--port")
        answer = json.loads(self.hub.first_line())
        self.hub.port = int(answer["url"].rsplit(":", 1)[1])

    def kill_hub(self):
        self.hub.stop(signal.SIGKILL)

    def stop(self):
        for process in [*self.systems.values(), self.hub]:
            try:
                process.stop()
            except Failed as error:
                print(error, file=sys.stderr)


def wait_for(condition, seconds, what):
    """Waits until condition() is true; raises after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.05)
    raise Failed(f"waited {seconds} s in vain: {what}")


CONFIG = """# The hub of the sample province. Written by province.py; see docs/reference/settings.md for every key.
[hub]
unit = {unit}
folder = {folder}/store
certificate = {pki}/{unit}.pem
key = {pki}/{unit}.key
log_key = {pki}/log.key
workers = 16

[trust]
anchors = {pki}/root.pem
crl = {pki}/crl.pem

[http]
admin_socket = {folder}/admin.sock

# Two tiers above the commune, and the portal that citizens ask.
[endpoint mot-cua-thuan-chau]
units = H52.119
url = http://127.0.0.1:{thuan_chau}
{one_stop}

[endpoint mot-cua-mai-son]
units = H52.125
url = http://127.0.0.1:{mai_son}
{one_stop}

[endpoint mot-cua-tinh]
units = H52.90;H52.08;H52.11;H52.13
url = http://127.0.0.1:{tinh}
{one_stop}

[endpoint cong-dich-vu-cong]
plugin = rest
url = http://127.0.0.1:{cong}
allowed_addresses = 127.0.0.1
auth = header
token = {key}
deliver_map = {maps}/portal.jq
reply_map = {maps}/reply.jq
retry_first = 200ms
retry_cap = 2s

# Communes whose software takes the signed containers as they are.
[endpoint mot-cua-xa]
plugin = rest
units = {posted}
url = http://127.0.0.1:{xa}
allowed_addresses = 127.0.0.1
form = envelope
path = /hub
retry_first = 200ms
retry_cap = 2s

# The first route whose kind, procedure, from and to all match is taken. @unit: the endpoint that serves the receiver.
[route trang-thai-ve-xa]
kind = dossier.status;dossier.result
to = level:commune
endpoints = @unit;cong-dich-vu-cong

[route trang-thai-ve-hop-thu]
kind = dossier.status;dossier.result
to = level:commune
endpoints = inbox;cong-dich-vu-cong

[route he-thong-cua-don-vi]
endpoints = @unit

[route hop-thu]
to = level:commune
endpoints = inbox
"""

ONE_STOP = """plugin = rest
allowed_addresses = 127.0.0.1
auth = header
token = {key}
attachments = base64
deliver_map = {maps}/deliver.jq
reply_map = {maps}/reply.jq
collect_map = {maps}/collect.jq
items_map = {maps}/items.jq
collect_every = 200ms
retry_first = 200ms
retry_cap = 2s
breaker_rest = 1s"""
