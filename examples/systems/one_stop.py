#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for one-stop software with a JSON interface of its own: a district's, or the province's.

It knows nothing of envelopes. The hub calls it and asks it for what is new:
  POST /api/ho-so               a dossier: maThongDiep, maHoSo, maThuTuc, tenThuTuc, chuHoSo, loaiDoiTuong, ngayTiepNhan, donViGui, donViNhan, donViXuLy,
                                tepTin [{ten, noiDung (base64)}]
  POST /api/ho-so/bo-sung       the answer to a request for a supplement
  POST /api/ho-so/ket-qua       a result, for a dossier that was passed on
  GET  /api/su-kien?sau=N       events after N, oldest first
Answers are {"ketQua": "00"} or {"ketQua": "<code>", "thongBao": text}. Header X-Api-Key is required. A message that comes again (same maThongDiep)
is answered like the first time and changes nothing.
"""
import base64
import datetime
import json
import time

import system

SUPPLEMENT_EVERY = 5
FORM = ("maThuTuc", "tenThuTuc", "chuHoSo", "loaiDoiTuong", "ngayTiepNhan")
ZONE = datetime.timezone(datetime.timedelta(hours=7))


def local_time():
    return datetime.datetime.now(ZONE).isoformat(timespec="seconds")


class OneStop(system.System):
    schema = """
        CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, times INTEGER DEFAULT 1);
        CREATE TABLE IF NOT EXISTS dossier (code TEXT, unit TEXT, sender TEXT, procedure TEXT, department TEXT, state TEXT, files INTEGER,
                                            bytes INTEGER, received REAL, finished REAL, scan BLOB, form TEXT, PRIMARY KEY (code, unit));
        CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, code TEXT, sender TEXT, receiver TEXT, body TEXT, at REAL);
    """

    def handle(self, method, path, query, headers, body):
        if path == "/desk/report":
            return self.report()
        if headers.get("X-Api-Key") != self.options.key:
            raise system.Answer(401, {"ketQua": "15", "thongBao": "Sai khóa truy cập"})
        if (method, path) == ("GET", "/api/su-kien"):
            return self.events(int(query.get("sau") or 0))
        posts = {"/api/ho-so": self.take_dossier, "/api/ho-so/bo-sung": self.take_supplement, "/api/ho-so/ket-qua": self.take_result}
        if method != "POST" or path not in posts:
            raise system.Answer(404, {"ketQua": "04", "thongBao": "Không có chức năng này"})
        message = json.loads(body)
        with self.lock:
            if self.value("SELECT 1 FROM message WHERE id = ?", message["maThongDiep"]):
                self.write(("UPDATE message SET times = times + 1 WHERE id = ?", (message["maThongDiep"],)))
            else:
                self.write(("INSERT INTO message (id) VALUES (?)", (message["maThongDiep"],)), *posts[path](message))
        return {"ketQua": "00", "thongBao": "Đã nhận"}

    def report(self):
        rows = self.rows("SELECT unit, count(*), count(finished), sum(files), sum(bytes) FROM dossier GROUP BY unit")
        return {"units": [dict(zip(("unit", "received", "finished", "files", "bytes"), row)) for row in rows],
                "redelivered": self.value("SELECT coalesce(sum(times - 1), 0) FROM message")}

    def events(self, after):
        fields = ("so", "loai", "maHoSo", "donViGui", "donViNhan", "duLieu")
        rows = self.rows("SELECT number, kind, code, sender, receiver, body FROM event WHERE number > ? ORDER BY number LIMIT 20", after)
        items = [dict(zip(fields, row)) for row in rows]
        for item in items:
            item["duLieu"] = json.loads(item["duLieu"])
            if item["loai"] == "chuyen-tiep":
                scan = self.value("SELECT scan FROM dossier WHERE code = ? AND unit = ?", item["maHoSo"], item["donViGui"])
                item["tepTin"] = [{"ten": "ho-so.pdf", "noiDung": base64.b64encode(scan).decode()}]
        return {"suKien": items, "tiep": items[-1]["so"] if items else after}

    @staticmethod
    def event(kind, code, sender, receiver, **body):
        return ("INSERT INTO event (kind, code, sender, receiver, body, at) VALUES (?,?,?,?,?,?)",
                (kind, code, sender, receiver, json.dumps(body, ensure_ascii=False), time.time()))

    def take_dossier(self, message):
        files = [base64.b64decode(one["noiDung"]) for one in message["tepTin"]]
        code, unit = message["maHoSo"], message["donViNhan"]
        kept = ("INSERT INTO dossier VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (code, unit, message["donViGui"], message["maThuTuc"], message.get("donViXuLy"), "4", len(files), sum(map(len, files)), time.time(), None,
                 files[0] if files else b"", json.dumps({key: message[key] for key in FORM}, ensure_ascii=False)))
        if self.options.settles:
            return [kept, *self.settle(code, unit, message["donViGui"])]
        kept = [kept, self.event("trang-thai", code, unit, message["donViGui"], trangThai=4, luc=local_time())]
        if int(code.rsplit("-", 1)[1]) % SUPPLEMENT_EVERY == 0:
            return [*kept, self.event("yeu-cau-bo-sung", code, unit, message["donViGui"], noiDung="Thiếu bản sao giấy tờ tùy thân", luc=local_time())]
        return [*kept, self.forward(code, unit, message["donViXuLy"], {key: message[key] for key in FORM})]

    def forward(self, code, unit, department, form):
        return self.event("chuyen-tiep", code, unit, department, **form)

    def settle(self, code, unit, sender):
        return [("UPDATE dossier SET state = '9', finished = ? WHERE code = ? AND unit = ?", (time.time(), code, unit)),
                self.event("ket-qua", code, unit, sender, noiDung="Đồng ý giải quyết", soKyHieu="QĐ-" + code[-4:], luc=local_time())]

    def take_supplement(self, message):
        code, unit = message["maHoSo"], message["donViNhan"]
        department, form = self.rows("SELECT department, form FROM dossier WHERE code = ? AND unit = ?", code, unit)[0]
        return [self.forward(code, unit, department, json.loads(form))]

    def take_result(self, message):
        code, unit = message["maHoSo"], message["donViNhan"]
        sender = self.value("SELECT sender FROM dossier WHERE code = ? AND unit = ?", code, unit)
        return self.settle(code, unit, sender)


if __name__ == "__main__":
    system.serve(OneStop(system.options(
        __doc__, ("--key", {"required": True, "help": "the key that callers must send as X-Api-Key"}),
        ("--settles", {"action": "store_true", "help": "decides itself (a department) instead of passing on (a district)"}))))
