#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for a system that no shipped configuration knows: a provincial archive with a REST interface of its own. The guide wires it from nothing.

  PUT /kho/ho-so/CODE      {"nhan": {"id", "tu"}, "thuTuc": {"ma", "ten"}, "chu": text, "nhanLuc": epoch seconds} → {"bienNhan": "LT-000001", "trangThai": "DA_LUU"}
  GET /kho/ho-so/CODE      what is kept; 404 when nothing is

Header `X-Kho-Khoa` holds the key. A body of another form is answered 422 with {"loi": text}. A code that comes again with the same content gets the receipt that it got before,
with other content 409.
"""
import json
import urllib.parse

import system

FORM = {"nhan": {"id": str, "tu": str}, "thuTuc": {"ma": str, "ten": str}, "chu": str, "nhanLuc": int}


def fits(value, form):
    if isinstance(form, dict):
        return isinstance(value, dict) and set(value) == set(form) and all(fits(value[name], form[name]) for name in form)
    return isinstance(value, form) and not isinstance(value, bool)


class Archive(system.System):
    schema = "CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE, body TEXT, times INTEGER DEFAULT 1);"

    def handle(self, method, path, query, headers, body):
        if path == "/desk/report":
            return {"kept": self.value("SELECT count(*) FROM kept"), "repeated": self.value("SELECT coalesce(sum(times - 1), 0) FROM kept")}
        if headers.get("X-Kho-Khoa") != self.options.key:
            raise system.Answer(401, {"loi": "sai khóa"})
        if not path.startswith("/kho/ho-so/") or method not in ("PUT", "GET"):
            raise system.Answer(404, {"loi": "không có chức năng này"})
        code = urllib.parse.unquote(path.removeprefix("/kho/ho-so/"))
        with self.lock:
            found = self.rows("SELECT number, body FROM kept WHERE code = ?", code)
            if method == "GET":
                return self.show(found)
            return self.keep(code, json.loads(body), found)

    @staticmethod
    def show(found):
        if not found:
            raise system.Answer(404, {"loi": "chưa lưu"})
        return {"bienNhan": f"LT-{found[0][0]:06d}", **json.loads(found[0][1])}

    def keep(self, code, dossier, found):
        if not fits(dossier, FORM):
            raise system.Answer(422, {"loi": "sai cấu trúc"})
        if found and json.loads(found[0][1]) != dossier:
            raise system.Answer(409, {"loi": "đã lưu nội dung khác"})
        self.write(("INSERT INTO kept (code, body) VALUES (?,?) ON CONFLICT (code) DO UPDATE SET times = times + 1", (code, json.dumps(dossier, ensure_ascii=False))))
        return {"bienNhan": f"LT-{self.value('SELECT number FROM kept WHERE code = ?', code):06d}", "trangThai": "DA_LUU"}


if __name__ == "__main__":
    system.serve(Archive(system.options(__doc__, ("--key", {"required": True, "help": "the key that callers must send as X-Kho-Khoa"}))))
