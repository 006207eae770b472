#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A dossier to a district's iOffice and back, over each transport, and what becomes of it when the axis misbehaves: nothing is lost, nothing counts twice."""
import json
import os
import shutil
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

AXIS_ID = "000.00.12.H52"
COMMON = """units = {unit}
organ_ids = {unit}={organ}
names = {unit}=Huyện mẫu hai
collect_every = 200ms
timeout = 1s
deadline = 5s
retry_first = 50ms
retry_cap = 300ms
breaker_rest = 200ms
max_reply = 4M
"""
REST = """[endpoint ioffice]
plugin = ioffice
transport = {transport}
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
system_id = vxp.mau.01
secret = bi-mat-thu-nghiem
user = hub
password = mat-khau-thu
""" + COMMON
FOLDER = """[endpoint ioffice]
plugin = ioffice
transport = folder
in = {folder}/vao
out = {folder}/ra
""" + COMMON
EXPECTED = ["dossier.result"] + ["dossier.status"] * 4
# mode, the operation it is planted at, how many answers go wrong
FAULTS = (("slow", "/sendEdoc", 1), ("hang-headers", "/sendEdoc", 1), ("hang-body", "/sendEdoc", 1), ("500", "/sendEdoc", 2), ("error-body", "/sendEdoc", 2),
          ("empty", "/sendEdoc", 2), ("html", "/sendEdoc", 2), ("charset", "/sendEdoc", 1), ("gzip-bomb", "/sendEdoc", 1), ("endless", "/sendEdoc", 1),
          ("duplicate", "/sendEdoc", 1), ("lost", "/sendEdoc", 1), ("cut", "/sendEdoc", 1), ("reset", "/sendEdoc", 1), ("restart", "/sendEdoc", 1),
          ("cut", "/getReceivedEdocList", 1), ("html", "/getReceivedEdocList", 2), ("lost", "/getEdoc", 1), ("cut", "/getEdoc", 2), ("empty", "/getEdoc", 2),
          ("duplicate", "/getEdoc", 1), ("error-body", "/getEdoc", 2), ("restart", "/getEdoc", 1), ("lost", "/updateStatus", 2), ("500", "/updateStatus", 2),
          ("duplicate", "/updateStatus", 1), ("restart", "/updateStatus", 1))


class Axis:
    """The stand-in as a process."""

    def __init__(self, folder, *more):
        script = os.path.join(lab.SOURCE, "examples", "systems", "axis.py")
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([sys.executable, script, "--state", folder, "--secret", "bi-mat-thu-nghiem", "--password", "mat-khau-thu", *more,
                                         "--units", AXIS_ID, lab.SENDER], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def call(self, path, body=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", body, timeout=10) as answer:
            return json.loads(answer.read())

    def fault(self, mode, path, count):
        self.call("/_fault", json.dumps({"mode": mode, "path": path, "count": count}).encode())

    def report(self):
        return self.call("/desk/report")

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


def answers(hub, message):
    """Types of what answers this message, as the hub keeps it."""
    dossier = hub.rows("SELECT dossier FROM message WHERE id = ?", bytes.fromhex(message.replace("-", "")))[0][0]
    return sorted(row[0] for row in hub.rows("SELECT type FROM message WHERE dossier = ? AND sender = ? AND type != 'receipt'", dossier, lab.RECEIVER))


def hand_in(hub, **more):
    message, body = hub.seal(**more)
    status, answer, _ = hub.post(body)
    if status != 202:
        raise lab.Failed(f"{status} {answer[:300]!r}")
    return message


def story(tap, hub, axis, name):
    """One dossier there and back."""
    message = hand_in(hub)
    lab.wait_for(lambda: answers(hub, message) == EXPECTED, 30, f"{name}: four states and the result; there are {answers(hub, message)}")
    sent = [one for one in axis.report()["sent"] if one["document"] == message]
    lab.wait_for(lambda: axis.report()["waiting"] == 0, 10, f"{name}: all acknowledged")
    tap.ok(axis.report()["faults_left"] == 0 and len(sent) == 1 and sent[0]["application"] == "MCDT_DT" and sent[0]["names"] == ["dossier.submit.json"],
           f"{name}: one document, four states and one result, each once, all acknowledged (sent {sent[0]['times']} times)", str(sent))
    return message


def rest_story(tap, transport, folder):
    # Tokens of one second: logging in again is part of the story.
    axis = Axis(os.path.join(folder, transport), "--office", "--token-life", "1")
    hub = lab.Lab(REST.format(transport=transport, port=axis.port, unit=lab.RECEIVER, organ=AXIS_ID))
    try:
        hub.must_start()
        first = story(tap, hub, axis, transport)
        check_refusals(tap, hub, axis, transport)
        if transport == "vxp":
            for mode, path, count in FAULTS:
                axis.fault(mode, path, count)
                story(tap, hub, axis, f"{mode} at {path}")
            check_recall(tap, hub, axis, first)
        else:
            for mode, path, count in (("lost", "/v1/sendEdoc", 1), ("html", "/v1/auth/login", 1), ("cut", "/v1/getEdoc", 1), ("restart", "/v1/updateStatus", 1)):
                axis.fault(mode, path, count)
                story(tap, hub, axis, f"lgsp: {mode} at {path}")
        tap.ok(hub.stop() == 0, f"{transport}: the hub stops cleanly")
        tap.ok(hub.run("audit", "check", "--full", check=False).returncode == 0, f"{transport}: the audit log is whole")
    finally:
        close(hub, axis)


def check_refusals(tap, hub, axis, transport):
    """What nobody can read is put aside; what is for an unknown unit stays; neither holds up the next."""
    broken = [b"<edXML>", b"\xff\xfe<\x00e\x00"] if transport == "vxp" else [b"<edXML>"]  # an LGSP puts documents into JSON as they are
    for body in broken:
        axis.call("/desk/put?type=edoc", body)
    lab.wait_for(lambda: axis.report()["box"].get("FAIL") == len(broken), 10, f"{transport}: what is unreadable put aside")
    tap.ok("cannot be read" in hub.read_log(), f"{transport}: what cannot be read is acknowledged as failed and named in the log")


def check_recall(tap, hub, axis, first):
    dossier, manifest = hub.rows("SELECT d.reference, m.manifest FROM message m JOIN dossier d ON d.row = m.dossier WHERE m.id = ?", bytes.fromhex(first.replace("-", "")))[0]
    code = [one for one in axis.report()["sent"] if one["document"] == first][0]["code"]
    hand_in(hub, kind="dossier.recall", dossier=as_text(dossier), re_={"from": lab.SENDER, "id": first, "manifest": manifest.hex()},
            payload={"MaHoSo": code, "LyDo": "Công dân rút hồ sơ", "ThoiDiem": "2026-11-23T10:00:00+07:00"})
    lab.wait_for(lambda: answers(hub, first) == EXPECTED + ["dossier.status"], 20, "the answer to the recall")
    kinds = [one["kind"] for one in axis.report()["sent"] if one["document"] == first]
    tap.ok(kinds == ["0", "1"], "a recall goes out as a revocation of the first document, and is answered by 15", str(kinds))


def as_text(value):
    if isinstance(value, str):
        return value
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def folder_story(tap, folder):
    for name in ("vao", "ra"):
        os.makedirs(os.path.join(folder, name))
    hub = lab.Lab(FOLDER.format(folder=folder, unit=lab.RECEIVER, organ=AXIS_ID))
    try:
        hub.must_start()
        message = hand_in(hub)
        out = os.path.join(folder, "ra", message + ".edxml")
        lab.wait_for(lambda: os.path.exists(out), 10, "the document in the folder")
        read = subprocess.run([lab.LTHUB, "edxml", "read", out, "--json"], capture_output=True, text=True, check=False)
        told = json.loads(read.stdout)
        tap.ok(read.returncode == 0 and told["verdicts"] == [] and told["header"]["To"][0]["OrganName"] == "Huyện mẫu hai", "folder: what we write has nothing odd about it", read.stdout)
        checked = subprocess.run([lab.LTHUB, "edxml", "check", out], capture_output=True, text=True, check=False)
        tap.ok(checked.returncode == 0, "folder: it has the strict form", checked.stdout)
        answer = f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>{AXIS_ID}</OrganId></From><ResponseFor>
<OrganId>{lab.SENDER}</OrganId><DocumentId>{message}</DocumentId></ResponseFor><StatusCode>03</StatusCode><Description>Đã tiếp nhận</Description>
<Timestamp>2026/11/23 09:00:00</Timestamp></MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"""
        for name in ("a.edxml", "hong.edxml"):
            with open(os.path.join(folder, "vao", "." + name), "w", encoding="utf-8") as file:
                file.write(answer if name == "a.edxml" else "khong phai")
            os.rename(os.path.join(folder, "vao", "." + name), os.path.join(folder, "vao", name))
        lab.wait_for(lambda: answers(hub, message) == ["dossier.status"], 10, "the state from the folder")
        lab.wait_for(lambda: os.path.exists(os.path.join(folder, "vao", ".unreadable", "hong.edxml.reason.txt")), 10, "the broken file put aside")
        tap.ok(os.listdir(os.path.join(folder, "vao", ".done")) == ["a.edxml"], "folder: what was taken and what is broken lie apart")
        tap.ok(hub.stop() == 0, "folder: the hub stops cleanly")
    finally:
        close(hub)


def close(hub, axis=None):
    hub.stop()
    shutil.rmtree(hub.folder, ignore_errors=True)
    if axis is not None:
        axis.close()


def main():
    tap = lab.Tap()
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lthub-axis-{os.getpid()}")
    try:
        for run in (lambda: folder_story(tap, os.path.join(folder, "thu-muc")), lambda: rest_story(tap, "vxp", folder), lambda: rest_story(tap, "lgsp", folder)):
            try:
                run()
            except (lab.Failed, KeyError, OSError, json.JSONDecodeError) as error:
                tap.ok(False, "the story came to its end", repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.exit()


main()
