#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped nginx sites, with a real nginx, client certificates made by openssl, and clients that cheat (security.md sections 1 and 3, S1, S2, S5)."""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ASICE = "application/vnd.etsi.asic-e+zip"
CA_CONFIG = """[ca]
default_ca = lab
[lab]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[server]
extendedKeyUsage = serverAuth
subjectAltName = DNS:hub.example.vn,DNS:api.hub.example.vn
[client]
extendedKeyUsage = clientAuth
[serveronly]
extendedKeyUsage = serverAuth
"""


class Authority:
    """A throwaway CA for TLS."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)
        for name, text in (("index.txt", ""), ("serial", "01\n"), ("ca.conf", CA_CONFIG.format(folder=folder))):
            with open(self.path(name), "w", encoding="ascii") as out:
                out.write(text)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=Lab TLS CA",
                     "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60, env={**os.environ, "OPENSSL_CONF": self.path("ca.conf")})

    def issue(self, name, extension, key=None, dates=("-days", "20")):
        key = key or name
        if not os.path.exists(self.path(key + ".key")):
            self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(key + ".key"))
        self.openssl("req", "-new", "-key", self.path(key + ".key"), "-subj", "/CN=" + name, "-out", self.path(name + ".csr"))
        self.openssl("ca", "-batch", "-config", self.path("ca.conf"), "-cert", self.path("ca.pem"), "-keyfile", self.path("ca.key"), "-in", self.path(name + ".csr"),
                     "-out", self.path(name + ".pem"), "-extensions", extension, "-notext", *dates)
        return self.path(name + ".pem"), self.path(key + ".key")

    def revoke(self, name):
        self.openssl("ca", "-config", self.path("ca.conf"), "-cert", self.path("ca.pem"), "-keyfile", self.path("ca.key"), "-revoke", self.path(name + ".pem"))

    def write_crl(self):
        self.openssl("ca", "-config", self.path("ca.conf"), "-cert", self.path("ca.pem"), "-keyfile", self.path("ca.key"), "-gencrl", "-out", self.path("crl.pem"))


class Nginx:
    """The files of examples/nginx/ with this test's paths and ports."""

    def __init__(self, hub, authority):
        self.folder = os.path.join(hub.folder, "nginx")
        self.ports = {"peer": lab.free_port(), "api": lab.free_port()}
        os.makedirs(os.path.join(self.folder, "body"), mode=0o700)
        for site, port in self.ports.items():
            with open(os.path.join(lab.SOURCE, "examples", "nginx", f"lthub-{site}.conf"), encoding="utf-8") as shipped:
                text = shipped.read()
            changes = [("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("/run/lthub/", hub.folder + "/"), ("/run/lthub-body", self.folder + "/body"),
                       ("/etc/lthub/tls/unit-tls-ca.pem", authority.path("ca.pem")), ("/etc/lthub/tls/crl.pem", authority.path("crl.pem")),
                       ("/etc/lthub/tls/hub.pem", authority.path("hub.pem")), ("/etc/lthub/tls/hub.key", authority.path("hub.key")),
                       ("client_max_body_size    101m", "client_max_body_size    1m"), ("client_header_timeout   10s", "client_header_timeout   1s"),
                       ("client_body_timeout     30s", "client_body_timeout     1s")]
            for old, new in changes:
                if old not in text and not (site == "api" and ("unit-tls-ca" in old or "crl.pem" in old)):
                    raise lab.Failed(f"lthub-{site}.conf no longer has {old!r}")
                text = text.replace(old, new)
            with open(os.path.join(self.folder, site + ".conf"), "w", encoding="utf-8") as out:
                out.write(text)
        user = "user root;\n" if os.geteuid() == 0 else ""
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as out:
            out.write(f"{user}worker_processes 1;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log info;\nevents {{ worker_connections 256; }}\nhttp {{\n"
                      f"access_log off;\nproxy_temp_path {self.folder}/proxy;\nfastcgi_temp_path {self.folder}/f;\nuwsgi_temp_path {self.folder}/u;\nscgi_temp_path {self.folder}/s;\n"
                      f"include {self.folder}/peer.conf;\ninclude {self.folder}/api.conf;\n}}\n")
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["nginx", "-p", self.folder, "-e", self.folder + "/error.log", "-c", self.folder + "/nginx.conf", "-g", "daemon off;"],
                                        stderr=subprocess.DEVNULL)
        lab.wait_for(lambda: all(self.listens(port) for port in self.ports.values()), 10, "nginx to listen")

    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        time.sleep(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


class Caller:
    def __init__(self, nginx, authority):
        self.nginx, self.authority = nginx, authority

    def connect(self, site, identity=None):
        context = ssl.create_default_context(cafile=self.authority.path("ca.pem"))
        if identity:
            context.load_cert_chain(*identity)
        plain = socket.create_connection(("127.0.0.1", self.nginx.ports[site]), timeout=20)
        return context.wrap_socket(plain, server_hostname="hub.example.vn" if site == "peer" else "api.hub.example.vn")

    def raw(self, data, identity=None, site="peer"):
        """Sends bytes; returns the status of the first answer and everything that came, or 0 when nothing did."""
        answer = b""
        try:
            with self.connect(site, identity) as client:
                client.sendall(data)
                while piece := client.recv(65536):
                    answer += piece
        except (OSError, ssl.SSLError):
            pass
        return (int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else 0), answer

    def call(self, method, path, identity=None, body=b"", headers=(), site="peer"):
        fields = "".join(f"{name}: {value}\r\n" for name, value in (("Host", "hub.example.vn"), ("Connection", "close"), *headers))
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        status, answer = self.raw(f"{method} {path} HTTP/1.1\r\n{fields}{length}\r\n".encode() + body, identity, site)
        return status, answer.partition(b"\r\n\r\n")[2]


def code_of(body):
    try:
        return json.loads(body).get("code")
    except ValueError:
        return None


def admin(hub, path, body):
    status, answer, _ = hub.call("POST", path, json.dumps(body), None, {"Content-Type": "application/json"})
    if status != 200:
        raise lab.Failed(f"{path}: {status} {answer!r}")


def register(hub, unit, certificate):
    with open(certificate, encoding="ascii") as pem:
        admin(hub, f"/v1/admin/units/{unit}/keys", {"use": "tls", "certificate": pem.read()})


def check_identities(tap, hub, authority, nginx, caller):
    good = authority.issue("good", "client")
    register(hub, lab.SENDER, good[0])
    status, body = caller.call("GET", "/v1/inbox", good)
    tap.ok(status == 200 and json.loads(body)["items"] == [], "a registered certificate is its unit", repr(body))
    tap.ok(caller.call("GET", "/v1/inbox")[0] == 400, "no certificate: 400")
    tap.ok(caller.call("GET", "/v1/inbox", authority.issue("serveronly", "serveronly"))[0] == 400, "a certificate for servers only: 400")
    tap.ok(caller.call("GET", "/v1/inbox", authority.issue("old", "client", dates=("-startdate", "20200101000000Z", "-enddate", "20210101000000Z")))[0] == 400,
           "an expired certificate: 400")
    status, body = caller.call("GET", "/v1/inbox", authority.issue("stranger", "client"))
    tap.ok(status == 403 and code_of(body) == "env.peer.unknown", "a good certificate of an unknown key: 403 env.peer.unknown", repr(body))
    tap.ok(caller.call("GET", "/v1/inbox", authority.issue("renewed", "client", key="good"))[0] == 200, "renewed with the same key: still its unit")
    other = authority.issue("otherkey", "client")
    tap.ok(caller.call("GET", "/v1/inbox", other)[0] == 403, "renewed with another key: unknown")
    register(hub, lab.SENDER, other[0])
    tap.ok(caller.call("GET", "/v1/inbox", other)[0] == 200, "until it is registered: then known at once")
    closed = authority.issue("closed", "client")
    register(hub, lab.RECEIVER, closed[0])
    tap.ok(caller.call("GET", "/v1/inbox", closed)[0] == 200, "a unit in office may call")
    admin(hub, "/v1/admin/units", {"units": [{"id": lab.RECEIVER, "name": "Huyện mẫu hai", "level": "district", "parent": lab.HUB, "valid_from": "2017-01-01",
                                              "valid_to": "2025-07-01"}]})
    tap.ok(caller.call("GET", "/v1/inbox", closed)[0] == 403, "a unit that was dissolved may not")
    authority.revoke("otherkey")
    authority.write_crl()
    nginx.reload()
    tap.ok(caller.call("GET", "/v1/inbox", other)[0] == 400, "revoked: 400")
    return good


def check_messages(tap, hub, good, caller):
    message, envelope = hub.seal(receiver=lab.PULLER)
    kind = (("Content-Type", ASICE),)
    tap.ok(caller.call("POST", "/v1/envelopes", good, envelope, kind)[0] == 202, "an envelope is accepted through nginx")
    status, body = caller.call("GET", f"/v1/envelopes/{lab.SENDER}/{message}", good)
    tap.ok(status == 200 and body == envelope, "and comes back byte for byte")
    _, foreign = hub.seal(receiver=lab.SENDER, sender=lab.PULLER)
    status, body = caller.call("POST", "/v1/envelopes", good, foreign, kind)
    tap.ok(status == 403 and code_of(body) == "env.from.peer", "another unit's envelope is not relayed: env.from.peer", repr(body[:200]))
    tap.ok(isinstance(json.loads(body).get("ref"), int), "and the refusal names its place in the log")
    _, envelope = hub.seal(receiver=lab.PULLER)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(envelope[i:i + 1000]), envelope[i:i + 1000]) for i in range(0, len(envelope), 1000)) + b"0\r\n\r\n"
    head = f"POST /v1/envelopes HTTP/1.1\r\nHost: hub.example.vn\r\nConnection: close\r\nContent-Type: {ASICE}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    tap.ok(caller.raw(head + chunks, good)[0] == 202, "a chunked upload arrives with a length")


def check_cheats(tap, good, caller):
    host = b"Host: hub.example.vn\r\nConnection: close\r\n"
    rows = [
        ("both framings", b"POST /v1/envelopes HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("two hosts", b"GET /v1/inbox HTTP/1.1\r\n" + host + b"Host: other\r\n\r\n", 400),
        ("two lengths", b"POST /v1/envelopes HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345", 400),
        ("%00 in the path", b"GET /v1/inbox%00 HTTP/1.1\r\n" + host + b"\r\n", 400),
        ("a path outside /v1/", b"GET /metrics HTTP/1.1\r\n" + host + b"\r\n", 404),
        ("a way out of /v1/", b"GET /v1/../metrics HTTP/1.1\r\n" + host + b"\r\n", 404),
        ("the operator's routes", b"GET /v1/admin/units HTTP/1.1\r\n" + host + b"\r\n", 404),
        ("Upgrade", b"GET /v1/inbox HTTP/1.1\r\nHost: hub.example.vn\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200),
    ]
    for name, data, wanted in rows:
        status, answer = caller.raw(data, good)
        tap.ok(status == wanted, f"{name}: {wanted}", repr(answer[:200]))


def check_spoofing(tap, hub, authority, good, caller):
    with open(good[0], encoding="ascii") as pem:
        escaped = re.sub("\n", "%0A", re.sub(" ", "%20", pem.read()))
    fields = (("X-Lt-Verify", "SUCCESS"), ("X-Lt-Cert", escaped), ("X_Lt_Verify", "SUCCESS"))
    stranger = (authority.path("stranger.pem"), authority.path("stranger.key"))
    tap.ok(caller.call("GET", "/v1/inbox", stranger, headers=fields)[0] == 403, "X-Lt-* of a stranger are overwritten")
    tap.ok(caller.call("GET", "/v1/inbox", headers=fields, site="api")[0] == 401, "and do not pass the other site")
    token = (("Authorization", "Bearer " + hub.tokens[lab.SENDER]),)
    tap.ok(caller.call("GET", "/v1/inbox", headers=token, site="api")[0] == 200, "a token is known on its own site")
    tap.ok(caller.call("GET", "/v1/inbox", stranger, headers=token)[0] == 403, "a token on the site of certificates is not looked at")
    message, envelope = hub.seal(receiver=lab.PULLER)
    hub.post(envelope)
    ranges = (("Range", "bytes=0-1,0-2,0-3"), ("If-Range", "x"))
    status, body = caller.call("GET", f"/v1/envelopes/{lab.SENDER}/{message}", good, headers=ranges)
    tap.ok(status == 200 and body == envelope, "Range never arrives")


def check_sizes_and_speed(tap, good, caller):
    status, body = caller.call("POST", "/v1/envelopes", good, b"x" * 1100000, (("Content-Type", ASICE),))
    tap.ok(status == 413 and code_of(body) == "env.size.total", "a body over the limit: 413 as a problem document", repr(body[:200]))
    begun = time.monotonic()
    head = f"POST /v1/envelopes HTTP/1.1\r\nHost: hub.example.vn\r\nContent-Type: {ASICE}\r\nContent-Length: 500\r\n\r\nPK".encode()
    status, _ = caller.raw(head, good)
    took = time.monotonic() - begun
    tap.ok(status in (0, 408) and took < 10, f"a slow body ends after {took:.1f} s (limit 1 s)", str(status))
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda _: caller.call("GET", "/v1/inbox", good)[0], range(200)))
    tap.ok(statuses == [200] * 200, "forty clients at once are served", str(set(statuses)))


def check_outage(tap, hub, good, caller):
    hub.stop()
    status, body = caller.call("GET", "/v1/inbox", good)
    tap.ok(status == 503 and code_of(body) == "unavailable", "while the hub is down: 503 as a problem document", repr(body[:200]))
    hub.must_start()
    tap.ok(caller.call("GET", "/v1/inbox", good)[0] == 200, "and as before when it is back")


def main():
    tap = lab.Tap()
    if shutil.which("nginx") is None:
        print("1..0 # SKIP nginx is not installed")
        return
    hub, nginx = lab.Lab(), None
    hub.write_config(f"peer_socket = {hub.folder}/peer.sock\napi_socket = {hub.folder}/api.sock\n")
    try:
        authority = Authority(os.path.join(hub.folder, "tls"))
        authority.issue("hub", "server")
        authority.write_crl()
        hub.must_start()
        nginx = Nginx(hub, authority)
        caller = Caller(nginx, authority)
        good = check_identities(tap, hub, authority, nginx, caller)
        check_messages(tap, hub, good, caller)
        check_cheats(tap, good, caller)
        check_spoofing(tap, hub, authority, good, caller)
        check_sizes_and_speed(tap, good, caller)
        check_outage(tap, hub, good, caller)
        tap.ok(hub.stop() == 0, "a clean stop")
    finally:
        if nginx:
            nginx.stop()
        hub.stop()
    tap.exit()


if __name__ == "__main__":
    main()
