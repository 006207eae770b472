#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub that is no demo: no TCP, sockets by path or from systemd by name, and each site for its own callers only (security.md sections 1 and 7, S2, S4)."""
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position


class Production:
    """A hub with keys of an ordinary CA, and its process."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lthub-test-")
        self.config = os.path.join(self.folder, "lthub.conf")
        self.pki = os.path.join(self.folder, "pki")
        self.process = None
        self.write_config(f"peer_socket = {self.path('peer.sock')}\napi_socket = {self.path('api.sock')}\nadmin_socket = {self.path('admin.sock')}\n")
        self.run("pki", "init", self.pki)
        self.run("pki", "log-key", os.path.join(self.pki, "log.key"))
        self.run("pki", "issue", self.pki, lab.HUB, "--unit", lab.HUB)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_config(self, http_keys):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(f"[hub]\nunit = {lab.HUB}\nfolder = {self.path('store')}\ncertificate = {self.pki}/{lab.HUB}.pem\nkey = {self.pki}/{lab.HUB}.key\n"
                      f"log_key = {self.pki}/log.key\n[trust]\nanchors = {self.pki}/root.pem\ncrl = {self.pki}/crl.pem\n[store]\nreserve = 1M\n[http]\n{http_keys}\n{lab.ROUTES}")

    def run(self, *arguments):
        return subprocess.run([lab.LTHUB, *arguments, "--config", self.config], capture_output=True, text=True, check=False, timeout=60)

    def start(self, *wrapper):
        with open(self.path("hub.log"), "ab") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen([*wrapper, lab.LTHUB, "serve", "--config", self.config], stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)

    def stop(self):
        if self.process is None:
            return 0
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        code = self.process.wait(20)
        self.process = None
        return code

    def get(self, name, path):
        """Returns the status, or 0 when nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(self.path(name))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: lthub\r\nConnection: close\r\n\r\n".encode())
                answer = http.client.HTTPResponse(client)
                answer.begin()
                answer.read()
                return answer.status
        except OSError:
            return 0


def tcp_listeners(process):
    listing = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if f"pid={process.pid}," in line]


def check_paths(tap, hub):
    hub.start()
    lab.wait_for(lambda: hub.get("admin.sock", "/readyz") == 200, 20, "the hub to be ready")
    tap.ok(shutil.which("ss") is None or tcp_listeners(hub.process) == [], "no TCP port is open")
    tap.ok(all(os.stat(hub.path(name)).st_mode & 0o777 == 0o660 for name in ("peer.sock", "api.sock", "admin.sock")), "the sockets have mode 0660")
    rows = [("peer.sock", "/v1/inbox", 403), ("api.sock", "/v1/inbox", 401), ("admin.sock", "/v1/inbox", 404), ("peer.sock", "/metrics", 404), ("api.sock", "/v1/admin/units", 404),
            ("peer.sock", "/healthz", 404), ("admin.sock", "/metrics", 200), ("admin.sock", "/v1/admin/units", 200)]
    for name, path, status in rows:
        tap.ok(hub.get(name, path) == status, f"{name} {path}: {status}")
    os.kill(hub.process.pid, signal.SIGKILL)
    hub.process.wait(10)
    tap.ok(os.path.exists(hub.path("peer.sock")), "a hub that is killed leaves its sockets")
    hub.start()
    lab.wait_for(lambda: hub.get("admin.sock", "/readyz") == 200, 20, "the hub to be ready again")
    tap.ok(True, "the next one replaces them")
    second = hub.run("serve")
    tap.ok(second.returncode != 0 and hub.get("admin.sock", "/readyz") == 200, "a second hub does not start, and takes nothing away", second.stderr)
    tap.ok(hub.stop() == 0 and not os.path.exists(hub.path("peer.sock")), "a clean stop takes the sockets away")


def check_faults(tap, hub):
    hub.write_config("")
    done = hub.run("serve")
    tap.ok(done.returncode != 0 and "socket" in done.stderr, "no socket at all is a fault", done.stderr)
    hub.write_config(f"peer_socket = {hub.path('peer.sock')}\nproxy_user = nobody-of-this-name\n")
    done = hub.run("serve")
    tap.ok(done.returncode != 0 and "nobody-of-this-name" in done.stderr, "a proxy_user that is not there is a fault", done.stderr)
    hub.write_config(f"peer_socket = {hub.path('x' * 120)}\n")
    done = hub.run("serve")
    tap.ok(done.returncode != 0, "a path that is too long is a fault", done.stderr)
    hub.write_config("port = 8080\n")
    done = hub.run("serve")
    tap.ok(done.returncode != 0 and "port" in done.stderr, "a TCP port in the configuration is a fault", done.stderr)
    hub.write_config(f"peer_socket = {hub.path('peer.sock')}\n")
    done = hub.run("serve", "--demo")
    tap.ok(done.returncode != 0, "--demo refuses keys that are not of a demo's CA", done.stderr)
    done = hub.run("serve", "--port", "8080")
    tap.ok(done.returncode != 0, "--port without --demo is refused", done.stderr)


def check_systemd(tap, hub):
    if shutil.which("systemd-socket-activate") is None:
        tap.note("SKIP systemd-socket-activate is not installed")
        return
    hub.write_config("")
    hub.start("systemd-socket-activate", f"--listen={hub.path('one.sock')}", f"--listen={hub.path('two.sock')}", "--fdname=admin:peer")
    lab.wait_for(lambda: os.path.exists(hub.path("two.sock")), 10, "systemd to listen")
    tap.ok(hub.get("one.sock", "/readyz") == 200, "a socket from systemd is known by its name: admin")
    tap.ok(hub.get("two.sock", "/v1/inbox") == 403 and hub.get("two.sock", "/readyz") == 404, "and peer")
    tap.ok(hub.stop() == 0 and os.path.exists(hub.path("one.sock")), "the hub leaves systemd's sockets alone")


def main():
    tap = lab.Tap()
    hub = Production()
    try:
        check_paths(tap, hub)
        check_faults(tap, hub)
        check_systemd(tap, hub)
    except lab.Failed as failure:
        with open(hub.path("hub.log"), encoding="utf-8", errors="replace") as log:
            tap.ok(False, str(failure), log.read()[-2000:])
    finally:
        hub.stop()
    tap.exit()


if __name__ == "__main__":
    main()
