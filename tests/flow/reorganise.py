#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A district is closed while dossiers are under way: rehearsed, refused while something has no home, applied through the running hub; everything comes home."""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

DISTRICT, COMMUNE, DEPARTMENT = lab.RECEIVER, lab.PULLER, "H52.104"
UNITS = lab.UNITS + "H52.104,,Sở mẫu bốn,department,H52,2017-01-01,,mẫu,,\n"
ROUTES = "[route hop-thu]\nendpoints = inbox\n"
BIRTH, LAND, TRADE = "2.000635", "1.004227", "1.009999"
PROCEDURES = """code,name,field,level,time,cutoff,publisher,basis,steps
2.000635,Đăng ký lại khai sinh,TU_PHAP,commune,5d,15:00,H52,QĐ mẫu,Tiếp nhận|commune|Một cửa|20%;Giải quyết|district|Tư pháp|80%
1.004227,Đăng ký biến động đất đai,DAT_DAI,district,10d,15:00,H52,QĐ mẫu,
1.009999,Cấp phép kinh doanh mẫu,CONG_THUONG,district,3d,15:00,H52,QĐ mẫu,
"""


def payload(code, procedure):
    return {"MaHoSo": code, "MaTTHC": procedure, "TenTTHC": "Thủ tục mẫu", "ChuHoSo": "Nguyễn Văn A", "LoaiDoiTuong": 1,
            "NgayTiepNhan": "2026-11-23T08:00:00+07:00"}


def write(hub, name, text):
    path = os.path.join(hub.folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def inbox(hub, unit):
    status, body, _ = hub.call("GET", "/v1/inbox", unit=unit)
    assert status == 200, body
    return json.loads(body)["items"]


def show(hub, code):
    return hub.run("dossier", "show", code).stdout


class Story:
    def __init__(self, tap):
        self.tap = tap
        self.hub = lab.Lab("", ROUTES, units=UNITS)
        self.hub.tokens[DEPARTMENT] = json.loads(self.hub.run("unit", "token", DEPARTMENT, "--json").stdout)["token"]
        self.codes = {}

    def send(self, procedure, receiver=DISTRICT, dossier=None):
        code = f"{lab.SENDER}-261123-{len(self.codes) + 1:05d}"
        message, body = self.hub.seal(receiver, payload=payload(code, procedure), **({"dossier": dossier} if dossier else {}))
        status, answer, _ = self.hub.post(body)
        if status == 202:
            self.codes[code] = (procedure, message)
        return status, answer, code

    def catalogue(self):
        tap, hub = self.tap, self.hub
        status, _, free = self.send("9.000001")
        tap.ok(status == 202, "without a catalogue every procedure is taken in", str(status))
        path = write(hub, "procedures.csv", PROCEDURES)
        done = hub.run("procedure", "import", path, "--effective", "2020-01-01")
        tap.ok("3" in done.stdout, "a catalogue is imported through the running hub", done.stdout)
        status, answer, _ = self.send("9.000001")
        tap.ok(status == 403, "with one, an unpublished procedure is refused", f"{status} {answer[:200]}")
        tap.ok(b"env.policy.procedure" in answer, "by code, in a receipt", str(answer[-300:]))
        for procedure in (BIRTH, BIRTH, BIRTH, LAND, LAND, TRADE):
            status, answer, _ = self.send(procedure)
            assert status == 202, answer
        kept = hub.rows("SELECT DISTINCT procedure_from FROM dossier WHERE procedure = ?", BIRTH)
        tap.ok(kept == [("2020-01-01",)], "a dossier keeps the version in force at its receipt", str(kept))
        del self.codes[free]

    def refused(self):
        tap, hub = self.tap, self.hub
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600))
        self.options = ["--effective", today, "--basis", "NQ 1681/NQ-UBTVQH15"]
        short = write(hub, "short.csv", f"id,successors\n{DISTRICT},{BIRTH}={COMMUNE};area:DAT_DAI={DEPARTMENT}\n")
        before = hub.run("unit", "export").stdout
        done = hub.run("unit", "rehearse", short, *self.options, "--json", check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        moves = {line["procedure"]: line.get("successor") for line in lines if line["kind"] == "move"}
        tap.ok(done.returncode == 1, "a rehearsal says by its exit code that it cannot be applied", done.stdout + done.stderr)
        tap.ok(moves.get(BIRTH) == COMMUNE and moves.get(LAND) == DEPARTMENT, "each procedure and field has its successor", str(moves))
        tap.ok(any(line["kind"] == "move" and line["procedure"] == TRADE and "no successor for procedure" in line["why"] for line in lines),
               "what has no home is named, and why", done.stdout)
        done = hub.run("unit", "apply", short, *self.options, check=False)
        tap.ok(done.returncode == 1 and TRADE in done.stderr, "it is not applied either", done.stdout + done.stderr)
        tap.ok(hub.run("unit", "export").stdout == before and len(inbox(hub, DISTRICT)) == 7, "and nothing was changed")
        faulty = write(hub, "faulty.csv", "id,successors\nH52.999,H52\nH52..1,H52\n")
        done = hub.run("unit", "rehearse", faulty, *self.options, check=False)
        tap.ok("faulty.csv:2:1" in done.stderr and "faulty.csv:3:1" in done.stderr, "every fault of a file is named with its place", done.stderr)

    def applied(self):
        tap, hub = self.tap, self.hub
        whole = write(hub, "whole.csv", f"id,successors\n{DISTRICT},{BIRTH}={COMMUNE};area:DAT_DAI={DEPARTMENT};{DEPARTMENT}\n")
        done = hub.run("unit", "rehearse", whole, *self.options)
        tap.ok("key" in done.stdout and "token" in done.stdout, "a rehearsal names keys and tokens of the unit that ends", done.stdout)
        done = hub.run("unit", "apply", whole, *self.options, "--json")
        answer = json.loads(done.stdout)
        tap.ok(answer == {"dossiers": 7, "deliveries": 7}, "seven dossiers and seven deliveries are moved", done.stdout)
        homes = [len(inbox(hub, COMMUNE)), len([i for i in inbox(hub, DEPARTMENT)])]
        tap.ok(homes == [3, 4], "they wait at the successors", str(homes))
        text = show(hub, next(iter(self.codes)))
        tap.ok(f"{DISTRICT} {COMMUNE}" in text, "the move shows in the timeline", text)
        told = lambda: [i for i in inbox(hub, lab.SENDER) if i["type"] == "dossier.status"]  # noqa: E731
        lab.wait_for(lambda: len(told()) == 7, 10, "the sender to be told of seven messages")
        status, body, _ = hub.call("GET", f"/v1/envelopes/H52/{told()[0]['id']}", unit=lab.SENDER)
        tap.ok(status == 200 and "không còn hoạt động".encode() in body, "the sender is told, in words and in an envelope of the hub", str(status))
        code, (_, message) = next(iter(self.codes.items()))
        tap.ok(hub.call("GET", f"/v1/envelopes/{lab.SENDER}/{message}", unit=COMMUNE)[0] == 200, "a successor fetches what was sent to the closed unit")
        tap.ok(hub.call("GET", f"/v1/dossiers/{code}", unit=COMMUNE)[0] == 200, "and sees the dossier under its old code")
        tap.ok(hub.call("GET", "/v1/inbox", unit=DISTRICT)[0] in (401, 403), "the closed unit's token counts no more")

    def after(self):
        tap, hub = self.tap, self.hub
        status, _, code = self.send(LAND)
        tap.ok(status == 202, "a message to the closed unit is still taken", str(status))
        tap.ok(any(item["code"] == code for item in inbox(hub, DEPARTMENT)), "and goes to the successor for its field")
        lab.wait_for(lambda: any(item["code"] == code for item in inbox(hub, lab.SENDER)), 10, "the sender to be told")
        again = hub.run("unit", "apply", os.path.join(hub.folder, "whole.csv"), *self.options, check=False)
        tap.ok(again.returncode == 1 and "nothing would change" in again.stderr, "applied once, it is not applied again", again.stdout + again.stderr)
        moves = hub.rows("SELECT count(*) FROM event WHERE event = 'readdress'")[0][0]
        tap.ok(moves == 8, "each move is recorded once", str(moves))
        done = hub.run("unit", "apply", write(hub, "later.csv", "id,successors\nH52.104,H52\n"), "--effective", "2199-01-01", "--basis", "NQ mẫu")
        waiting = len(inbox(hub, DEPARTMENT))
        tap.ok("0" in done.stdout and waiting == 5, "a day that is to come is kept", f"{waiting} {done.stdout}")
        tap.ok(hub.rows("SELECT count(*) FROM reorganisation WHERE done IS NULL AND effective = '2199-01-01'") == [(1,)], "and not forgotten")
        hub.stop()
        checked = hub.run("audit", "check", "--full", check=False)
        tap.ok(checked.returncode == 0, "the log verifies", checked.stdout)
        basis = hub.run("audit", "list", "--event", "cfg.changed", "--json").stdout
        tap.ok("NQ 1681/NQ-UBTVQH15" in basis, "changes of units name their legal basis in the log", basis[-500:])
        tap.ok("ERROR: " not in hub.read_log() and "Sanitizer" not in hub.read_log(), "no sanitizer had a word to say", hub.read_log()[-2000:])


def main():
    tap = lab.Tap()
    story = Story(tap)
    try:
        story.hub.must_start()
        story.catalogue()
        story.refused()
        story.applied()
        story.after()
    finally:
        story.hub.stop()
    if tap.failed == 0:
        shutil.rmtree(story.hub.folder)
    tap.exit()


main()
