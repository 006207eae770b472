#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two real hubs: one witnesses the other's log. And a real time stamp authority (openssl ts) behind a small server, which also goes away.

What the witness has cosigned is checked by Go's implementation, by verify.sh and by `lthub verify`; a store that is behind what the witness saw does not go on.
"""
import base64
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

SCRIPT = os.path.join(lab.SOURCE, "hub", "casework", "verify.sh")
OUTSIDE = os.path.join(lab.SOURCE, "tests", "flow", "log", "outside.go")


def command(*words, **options):
    return subprocess.run(words, capture_output=True, check=False, **options)


def vkey(name, kind, key):
    """The verifier key of a private key, by openssl and Python: not by the hub."""
    public = command("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER").stdout[-32:]
    data = bytes([kind]) + public
    number = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4].hex()
    return f"{name}+{number}+{base64.b64encode(data).decode()}"


class Authority:
    """A time stamp authority: openssl ts behind HTTP. `broken`: None, "down" or "other"."""

    def __init__(self, folder):
        self.folder, self.broken, self.asked = folder, None, 0
        os.makedirs(folder)
        with open(os.path.join(folder, "ext"), "w", encoding="ascii") as out:
            out.write("[tsa]\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
        with open(os.path.join(folder, "ts.conf"), "w", encoding="ascii") as out:
            out.write("[tsa]\ndefault_tsa=c\n[c]\nserial=serial\nsigner_cert=tsa.pem\ncerts=ca.pem\nsigner_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3\n"
                      "digests=sha256\naccuracy=secs:1\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n")
        with open(os.path.join(folder, "serial"), "w", encoding="ascii") as out:
            out.write("01\n")
        steps = ["req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 30",
                 "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa",
                 "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 30 -extfile ext -extensions tsa"]
        for step in steps:
            done = command("openssl", *step.split(), cwd=folder)
            if done.returncode != 0:
                raise lab.Failed(done.stderr.decode())
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked += 1
                status, answer = authority.answer(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, body):
        if self.broken == "down":
            return 503, b""
        query = os.path.join(self.folder, "q.tsq")
        with open(query, "wb") as out:
            out.write(body)
        if self.broken == "other":
            command("openssl", "ts", "-query", "-data", "ext", "-sha256", "-cert", "-out", "q.tsq", cwd=self.folder)
        done = command("openssl", "ts", "-reply", "-config", "ts.conf", "-section", "c", "-queryfile", "q.tsq", cwd=self.folder)
        return (200, done.stdout) if done.returncode == 0 else (500, done.stderr)


WITNESS = lab.RECEIVER


class Peer(lab.Lab):
    """The second hub: of another unit; it cosigns."""

    def write_config(self, *given, **more):
        super().write_config(*given, **more)
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        for old, new in ((f"unit = {lab.HUB}\n", f"unit = {WITNESS}\n"), (f"/{lab.HUB}.pem", f"/{WITNESS}.pem"), (f"/{lab.HUB}.key", f"/{WITNESS}.key")):
            text = text.replace(old, new)
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(text)


def configure(hub, witness, token, authority):
    key = vkey(f"hub.{WITNESS}/witness", 4, os.path.join(witness.pki, "witness.key"))
    extra = (f"[audit]\nwitness_every = 1s\nanchor_every = 1s\n\n[witness xa-ben]\nvkey = {key}\nurl = http://127.0.0.1:{witness.port}\n"
             f"allowed_addresses = 127.0.0.1\ntoken = {token}\n\n[timestamp]\nurl = {authority.url}\nallowed_addresses = 127.0.0.1\n"
             f"tsa_ca = {authority.folder}/ca.pem\n")
    hub.write_config(extra)
    return key


def post(hub, dossier=None):
    status, answer, _ = hub.post(hub.seal(receiver=lab.PULLER, dossier=dossier)[1])
    if status != 202:
        raise lab.Failed(f"{status} {answer[:200]!r}")


def events(hub, name):
    return [json.loads(line) for line in hub.run("audit", "list", "--event", name, "--limit", "0", "--json").stdout.splitlines()]


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(text)


def verify(hub, path, *more):
    words = ["--trust", os.path.join(hub.pki, "root.pem"), "--vkey", os.path.join(hub.folder, "log.vkey"), "--witness", os.path.join(hub.folder, "w.vkey"), *more]
    environment = {**os.environ, "LC_ALL": "C", "LTHUB_CONFIG": ""}
    ours = command(lab.LTHUB, "verify", path, *words, env=environment)
    stock = command("sh", SCRIPT, path, *words, env=environment)
    return (ours.returncode, stock.returncode), (ours.stdout + stock.stdout).decode()


def cosigned_evidence(tap, hub, authority, dossier):
    lab.wait_for(lambda: events(hub, "anchor.tsr") and events(hub, "wit.cosigned"), 30, "a cosignature and a time stamp")
    hub.run("audit", "witness", "push")
    hub.run("audit", "anchor")
    path = os.path.join(hub.folder, "evidence.asice")
    hub.run("audit", "evidence", "--dossier", dossier, "-o", path)
    codes, text = verify(hub, path, "--tsa-ca", os.path.join(authority.folder, "ca.pem"))
    tap.ok(codes == (0, 0), "evidence with cosignature and time stamp is valid, by both", text)
    tap.ok("anchor.cms" in text and "anchor.tsr" in text, "its legal signature and its time stamp are looked at", text)
    codes, text = verify(hub, path, "--quorum", "2")
    tap.ok(codes == (3, 3), "one witness is not two", text)
    codes, text = verify(hub, path, "--tsa-ca", os.path.join(hub.pki, "root.pem"))
    tap.ok(codes == (1, 1), "a token of another authority is refused", text)
    report = json.loads(command(lab.LTHUB, "verify", path, "--json", "--tsa-ca", os.path.join(authority.folder, "ca.pem")).stdout)
    tap.ok(report.get("time_source") == "tsr", "the time is that of the token", report)


def outside(tap, hub, folder):
    if shutil.which("go") is None or not os.path.isdir("/usr/share/gocode/src/golang.org/x/mod/sumdb"):
        tap.ok(True, "Go opens the cosigned checkpoint # SKIP golang-go or golang-golang-x-mod-dev is not installed")
        return
    program = os.path.join(folder, "outside")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": os.path.join(folder, "go"), "GOFLAGS": "-buildvcs=false"}
    command("go", "build", "-o", program, OUTSIDE, env=environment)
    hub.run("audit", "checkpoint", "-o", os.path.join(folder, "checkpoint"))
    done = command(program, "checkpoint", os.path.join(hub.folder, "log.vkey"), os.path.join(folder, "checkpoint"))
    tap.ok(done.returncode == 0, "Go opens the cosigned checkpoint", done.stderr.decode())


def authority_goes(tap, hub, authority):
    authority.broken = "down"
    n = len(events(hub, "anchor.failed"))
    post(hub)
    lab.wait_for(lambda: len(events(hub, "anchor.failed")) > n, 20, "the gap is recorded")
    lab.wait_for(lambda: b"anchor.tsr" in hub.call("GET", "/readyz", unit=None)[1], 10, "the gap is shown")
    tap.ok(hub.call("GET", "/readyz", unit=None)[0] == 200, "without time stamps the hub is degraded, and serves")
    post(hub)
    tap.ok(True, "dossiers go on")
    authority.broken = "other"
    done = hub.run("audit", "anchor", check=False)
    tap.ok(done.returncode != 0, "a token for other bytes is not taken", done.stdout + done.stderr)
    authority.broken = None
    done = hub.run("audit", "anchor", check=False)
    ready = hub.call("GET", "/readyz", unit=None)[1]
    tap.ok(done.returncode == 0 and b"anchor.tsr" not in ready, "the next token ends the gap", f"{done.stderr} {ready}")


def add_checkpoint(witness, body, unit=lab.SENDER):
    return witness.call("POST", "/v1/witness/add-checkpoint", body.encode(), unit, {"Content-Type": "text/plain; charset=utf-8"})


def refusals(tap, hub, witness):
    """The table of the protocol, each row once, from outside."""
    note = hub.run("audit", "checkpoint").stdout
    origin, size = note.split("\n")[:2]
    digest = hashlib.sha256(origin.encode()).hexdigest()
    status, seen, _ = witness.call("GET", f"/v1/witness/{digest}/checkpoint")
    stored = int(seen.split(b"\n")[1])
    tap.ok(status == 200 and seen.decode().split("\n")[0] == origin, "the witness shows what it has cosigned", seen)
    other = note.replace(origin, origin + "b")
    rows = [
        ("no request", "hello", 400), ("no checkpoint", "old 0\n\nhello\n", 400), ("a leading zero", f"old 0{stored}\n\n{note}", 400),
        ("a hash too short", f"old {stored}\nAAAA\n\n{note}", 400), ("64 hashes", f"old {stored}\n" + (base64.b64encode(bytes(32)).decode() + "\n") * 64 + f"\n{note}", 400),
        ("an unknown log", f"old 0\n\n{other}", 404), ("a size that was not signed", f"old {stored}\n\n" + note.replace(f"\n{size}\n", f"\n{int(size) + 1}\n", 1), 403),
        ("no signature of the log", f"old {stored}\n\n" + "\n".join(note.split("\n")[:4]) + "\n— other.example AAAAAAEC\n", 403),
        ("an old size above the new", f"old {int(size) + 5}\n\n{note}", 400), ("another old size", f"old {stored - 1}\n\n{note}", 409),
    ]
    for name, body, wanted in rows:
        status, answer, headers = add_checkpoint(witness, body)
        tap.ok(status == wanted, f"add-checkpoint: {name}: {wanted}", f"{status} {answer!r}")
        if wanted == 409:
            tap.ok(answer.decode() == f"{stored}\n" and headers.get("Content-Type") == "text/x.tlog.size", "409 tells the size that was seen", answer)
    status, answer, _ = add_checkpoint(witness, f"old {stored}\n{base64.b64encode(bytes(32)).decode()}\n\n{note}")
    tap.ok(status == 422, "add-checkpoint: a proof that does not verify: 422", f"{status} {answer!r}")
    tap.ok(len(events(witness, "peer.fork")) == 1, "which the witness records")


def old_store(tap, hub):
    """T11, T12: the store is put back; the signer's memory with it. Only the witness knows."""
    hub.stop()
    kept = hub.store + ".kept"
    shutil.copytree(hub.store, kept)
    hub.must_start()
    post(hub)
    hub.run("audit", "witness", "push")
    hub.stop()
    shutil.rmtree(hub.store)
    shutil.copytree(kept, hub.store)
    hub.must_start()
    status, ready, _ = hub.call("GET", "/readyz", unit=None)
    tap.ok(status == 503 and b"log.witness-ahead" in ready, "a store that was put back does not go on: the witness has seen more", f"{status} {ready}")
    status, answer, _ = hub.post(hub.seal(receiver=lab.PULLER)[1])
    tap.ok(status == 503, "it takes no envelope", f"{status} {answer[:200]!r}")
    tap.ok("reconcile" in hub.read_log() and "log.witness-ahead" in hub.read_log(), "the journal says why, and what to do", hub.read_log()[-600:])
    tap.ok(hub.run("audit", "checkpoint", check=False).returncode == 0, "it can still be read")


def run(tap, hub, witness, authority):
    dossier = str(uuid.uuid4())
    hub.must_start()
    origin = json.loads(hub.run("audit", "status", "--json").stdout)
    hub.stop()
    write(hub.folder, "log.vkey", origin["vkey"] + "\n")
    witness.run("pki", "log-key", os.path.join(witness.pki, "witness.key"))
    witness.write_config(f"[audit]\nwitness_key = {witness.pki}/witness.key\n\n[log ben]\nvkey = {origin['vkey']}\n")
    witness.must_start()
    write(hub.folder, "w.vkey", configure(hub, witness, witness.tokens[lab.SENDER], authority) + "\n")
    hub.must_start()
    post(hub, dossier)
    cosigned_evidence(tap, hub, authority, dossier)
    outside(tap, hub, hub.folder)
    status = json.loads(hub.run("audit", "status", "--json").stdout)
    tap.ok(status.get("quorum_size", 0) > 0 and status.get("time_stamp_size", 0) > 0, "status tells both", status)
    listed = hub.run("audit", "witness", "list").stdout
    tap.ok("xa-ben" in listed, "the witness is listed", listed)
    authority_goes(tap, hub, authority)
    refusals(tap, hub, witness)
    tap.ok(hub.run("audit", "check", "--full", check=False).returncode == 0, "the log is whole")
    old_store(tap, hub)


def main():
    tap = lab.Tap()
    hub = witness = None
    try:
        hub, witness = lab.Lab(), Peer()
        run(tap, hub, witness, Authority(os.path.join(hub.folder, "tsa")))
    except lab.Failed as error:
        tap.ok(False, "the hubs could be run", str(error).replace("\n", "\n# "))
        for one in (hub, witness):
            tap.note(one.read_log()[-2000:] if one is not None else "")
    finally:
        for one in (hub, witness):
            if one is not None:
                one.stop()
                shutil.rmtree(one.folder)
    tap.exit()


if __name__ == "__main__":
    main()
