#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the one-stop software of communes: speaks envelope 1 itself.

Outwards it seals with the commune's own key and posts to the hub until the hub's receipt is there; the same bytes each time.
Inwards the hub posts signed containers to /hub, or, for a commune whose name stands in --inbox, this system pulls the
hub's inbox. The desk's side: POST /desk/file files dossiers, GET /desk/report says where they are.
"""
import datetime
import http.client
import json
import os
import random
import threading
import time
import urllib.parse
import uuid

import envelope
import pdf
import system

PROCEDURES = [
    ("2.000635", "Đăng ký lại khai sinh", "H52.13", "TP", "Tư pháp"),
    ("1.004082", "Xác nhận hợp đồng tiếp cận nguồn gen", "H52.11", "MT", "Tài nguyên và Môi trường"),
    ("1.012373", "Tặng giấy khen của cơ quan thuế", "H52.08", "NV", "Nội vụ"),
]
ZONE = datetime.timezone(datetime.timedelta(hours=7))


def local_time(days=0):
    return (datetime.datetime.now(ZONE) + datetime.timedelta(days=days)).isoformat(timespec="seconds")


class Commune(system.System):
    schema = """
        CREATE TABLE IF NOT EXISTS dossier (code TEXT PRIMARY KEY, unit TEXT, reference TEXT UNIQUE, filed REAL, accepted REAL, home REAL,
                                            results INTEGER DEFAULT 0, supplements INTEGER DEFAULT 0, poison INTEGER);
        CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, unit TEXT, code TEXT, kind TEXT, body BLOB, tries INTEGER DEFAULT 0, receipt BLOB,
                                           refusal TEXT);
        CREATE TABLE IF NOT EXISTS sequence (sender TEXT, receiver TEXT, seq INTEGER, PRIMARY KEY (sender, receiver));
        CREATE TABLE IF NOT EXISTS handled (id TEXT PRIMARY KEY, kind TEXT, times INTEGER DEFAULT 1);
        CREATE TABLE IF NOT EXISTS inbox (unit TEXT PRIMARY KEY, cursor TEXT);
    """

    def __init__(self, options):
        super().__init__(options)
        self.hub = urllib.parse.urlsplit(options.hub)
        self.units = options.units.split(",")
        self.pulling = [unit for unit in options.inbox.split(",") if unit]
        self.tokens = {}
        self.random = random.Random(options.seed)

    # What the desk asks

    def handle(self, method, path, query, headers, body):
        if (method, path) == ("POST", "/desk/file"):
            asked = json.loads(body)
            return {"codes": [self.file(n, asked) for n in range(asked["count"])]}
        if (method, path) == ("GET", "/desk/report"):
            return self.report()
        if (method, path) == ("POST", "/hub"):
            if headers.get("Content-Type") != envelope.MEDIA_TYPE:
                raise system.Answer(415, {"error": "media type"})
            self.take_in(body)
            return {"ok": True}
        raise system.Answer(404, {"error": "not found"})

    def file(self, number, asked):
        unit = self.units[number % len(self.units)]
        district = unit.rsplit(".", 1)[0]
        day = datetime.datetime.now(ZONE).strftime("%y%m%d")
        code = f"{unit}-{day}-{asked.get('first', 1) + number:04d}"
        poison = asked.get("poison") == number
        procedure, title, department, field, field_name = PROCEDURES[number % len(PROCEDURES)]
        sizes = asked.get("sizes") or [20_000, 60_000, 200_000, 2_000_000]
        size = sizes[0] if number % 20 else sizes[-1]
        size = size if number % 20 == 0 else self.random.choice(sizes[:-1] or sizes)
        payload = {
            "MaHoSo": code, "MaTTHC": procedure, "TenTTHC": title, "MaLinhVuc": field, "TenLinhVuc": field_name, "KenhThucHien": 1,
            "ChuHoSo": "Nguyễn Văn A", "LoaiDoiTuong": 1, "TrichYeuHoSo": title, "NgayTiepNhan": local_time(), "NgayHenTra": local_time(5),
            "DonViXuLy": department,
            "TaiLieuNop": [{"TepDinhKemId": "att/0001", "TenTepDinhKem": f"Tờ khai {code}.pdf"}],
        }
        if poison:
            del payload["DonViXuLy"]
        reference = str(uuid.uuid4())
        attachments = [("form", "application/pdf", pdf.make("To khai " + code, size, number))]
        self.write(("INSERT INTO dossier (code, unit, reference, filed, poison) VALUES (?,?,?,?,?)",
                    (code, unit, reference, time.time(), int(poison))))
        self.send(unit, district, code, "dossier.submit", payload, reference, attachments=attachments)
        return code

    def report(self):
        fields = ("unit", "filed", "accepted", "home", "twice", "supplements")
        rows = self.rows("SELECT unit, count(*), count(accepted), count(home), sum(results > 1), sum(supplements) FROM dossier GROUP BY unit")
        waiting = self.rows("SELECT code, unit FROM dossier WHERE home IS NULL ORDER BY code LIMIT 5")
        return {"units": [dict(zip(fields, row)) for row in rows], "away": [dict(zip(("code", "unit"), row)) for row in waiting],
                "outbox": self.value("SELECT count(*) FROM outbox WHERE receipt IS NULL AND refusal IS NULL"),
                "refused": [dict(zip(("id", "code", "reason"), row)) for row in
                            self.rows("SELECT id, code, refusal FROM outbox WHERE refusal IS NOT NULL")],
                "redelivered": self.value("SELECT coalesce(sum(times - 1), 0) FROM handled")}

    # Outwards

    def send(self, unit, receiver, code, kind, payload, reference, re_=None, attachments=()):
        with self.lock:
            seq = (self.value("SELECT seq FROM sequence WHERE sender = ? AND receiver = ?", unit, receiver) or 0) + 1
            self.write(("INSERT OR REPLACE INTO sequence VALUES (?,?,?)", (unit, receiver, seq)))
        keys = os.path.join(self.options.pki, unit)
        message, _, body = envelope.seal(kind, unit, receiver, seq, payload, keys + ".pem", keys + ".key", dossier=reference, re_=re_,
                                         attachments=attachments)
        self.write(("INSERT INTO outbox (id, unit, code, kind, body) VALUES (?,?,?,?,?)", (message, unit, code, kind, body)))

    def token(self, unit):
        if unit not in self.tokens:
            with open(self.options.tokens, encoding="utf-8") as lines:
                self.tokens = dict(line.split() for line in lines if line.strip())
        return self.tokens[unit]

    def call(self, unit, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.hub.hostname, self.hub.port, timeout=20)
        try:
            connection.request(method, path, body, {"Authorization": "Bearer " + self.token(unit), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post_one(self, message, unit, code, body):
        """TRUE when there is nothing more to do for this message."""
        self.write(("UPDATE outbox SET tries = tries + 1 WHERE id = ?", (message,)))
        try:
            status, answer = self.call(unit, "POST", "/v1/envelopes", body, {"Content-Type": envelope.MEDIA_TYPE})
        except (OSError, http.client.HTTPException, KeyError):
            return False
        if status in (200, 202):
            self.write(("UPDATE outbox SET receipt = ? WHERE id = ?", (answer, message)),
                       ("UPDATE dossier SET accepted = coalesce(accepted, ?) WHERE code = ?", (time.time(), code)))
            return True
        if status in (429, 500, 502, 503, 504):
            return False
        self.write(("UPDATE outbox SET refusal = ? WHERE id = ?", (f"{status} {answer[:300]!r}", message)))
        return True

    def run_outbox(self, share, shares):
        while not self.stopping.is_set():
            rows = self.rows("SELECT id, unit, code, body FROM outbox WHERE receipt IS NULL AND refusal IS NULL AND rowid % ? = ? ORDER BY rowid LIMIT 8",
                             shares, share)
            done = [self.post_one(*row) for row in rows]
            if not rows or not all(done):
                time.sleep(0.2)

    # Inwards

    def take_in(self, body):
        try:
            header, payload, _, manifest = envelope.open_envelope(body, self.options.anchors)
        except ValueError as error:
            raise system.Answer(422, {"error": str(error)}) from error
        with self.lock:
            if self.value("SELECT 1 FROM handled WHERE id = ?", header["id"]):
                self.write(("UPDATE handled SET times = times + 1 WHERE id = ?", (header["id"],)))
                return
            code = self.value("SELECT code FROM dossier WHERE reference = ?", header.get("dossier"))
            self.write(("INSERT INTO handled (id, kind) VALUES (?,?)", (header["id"], header["type"])), *self.effect(header, code))
        if header["type"] == "dossier.supplement" and payload.get("kind") == "request":
            self.answer_supplement(header, code, manifest)

    @staticmethod
    def effect(header, code):
        if header["type"] == "dossier.result":
            return [("UPDATE dossier SET home = coalesce(home, ?), results = results + 1 WHERE code = ?", (time.time(), code))]
        if header["type"] == "dossier.supplement":
            return [("UPDATE dossier SET supplements = supplements + 1 WHERE code = ?", (code,))]
        return []

    def answer_supplement(self, header, code, manifest):
        payload = {"kind": "answer", "MaHoSo": code, "NoiDungBoSung": "Đã bổ sung bản sao giấy tờ theo yêu cầu", "NgayBoSung": local_time(),
                   "TaiLieuNop": [{"TepDinhKemId": "att/0001", "TenTepDinhKem": "Bản sao bổ sung.pdf"}]}
        self.send(header["to"], header["from"], code, "dossier.supplement", payload, header["dossier"],
                  re_={"from": header["from"], "id": header["id"], "manifest": manifest},
                  attachments=[("evidence", "application/pdf", pdf.make("Bo sung " + code, 30_000, 1))])

    def pull(self, unit):
        cursor = self.value("SELECT cursor FROM inbox WHERE unit = ?", unit) or ""
        status, answer = self.call(unit, "GET", "/v1/inbox?limit=50" + ("&after=" + cursor if cursor else ""))
        if status != 200:
            return False
        listing = json.loads(answer)
        for item in listing["items"]:
            place = f"/v1/envelopes/{item['from']}/{item['id']}"
            status, body = self.call(unit, "GET", place)
            if status != 200:
                return False
            self.take_in(body)
            status, _ = self.call(unit, "POST", f"/v1/inbox/{item['from']}/{item['id']}/ack")
            if status not in (200, 204):
                return False
        if listing["items"]:
            self.write(("INSERT OR REPLACE INTO inbox VALUES (?,?)", (unit, listing["next"])))
        return bool(listing["items"])

    def run_inbox(self, unit):
        while not self.stopping.is_set():
            try:
                busy = self.pull(unit)
            except (OSError, http.client.HTTPException, KeyError, system.Answer):
                busy = False
            if not busy:
                time.sleep(0.3)

    def work(self):
        for share in range(3):
            threading.Thread(target=self.run_outbox, args=(share, 3), daemon=True).start()
        for unit in self.pulling:
            threading.Thread(target=self.run_inbox, args=(unit,), daemon=True).start()


if __name__ == "__main__":
    system.serve(Commune(system.options(
        __doc__,
        ("--hub", {"required": True, "help": "URL of the hub"}), ("--units", {"required": True, "help": "commune ids, comma separated"}),
        ("--inbox", {"default": "", "help": "those of them that pull the hub's inbox"}),
        ("--pki", {"required": True, "help": "folder with UNIT.pem and UNIT.key"}), ("--anchors", {"required": True, "help": "PEM of the unit CA"}),
        ("--tokens", {"required": True, "help": "file with lines: UNIT TOKEN"}), ("--seed", {"type": int, "default": 1}))))
