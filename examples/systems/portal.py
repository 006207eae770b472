#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the provincial portal's look-up: takes states and answers a citizen who asks with a dossier code.

  POST /api/trang-thai          {maThongDiep, maHoSo, trangThai (1–10), thoiDiem}; header X-Api-Key
  GET  /tra-cuu?ma=CODE         {maHoSo, trangThai, ten, thoiDiem}: state and time, no names of persons
"""
import json
import urllib.parse

import system

STATES = {"1": "Mới đăng ký", "2": "Được tiếp nhận", "3": "Không được tiếp nhận", "4": "Đang xử lý", "5": "Yêu cầu bổ sung giấy tờ",
          "6": "Yêu cầu thực hiện nghĩa vụ tài chính", "7": "Công dân yêu cầu rút", "8": "Dừng xử lý", "9": "Đã xử lý xong", "10": "Đã trả kết quả"}


class Portal(system.System):
    schema = """
        CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, times INTEGER DEFAULT 1);
        CREATE TABLE IF NOT EXISTS state (code TEXT PRIMARY KEY, state TEXT, at TEXT);
    """

    def handle(self, method, path, query, headers, body):
        if (method, path) == ("GET", "/tra-cuu"):
            found = self.rows("SELECT code, state, at FROM state WHERE code = ?", urllib.parse.unquote(query.get("ma", "")))
            if not found:
                raise system.Answer(404, {"thongBao": "Không tìm thấy hồ sơ"})
            code, state, at = found[0]
            return {"maHoSo": code, "trangThai": int(state), "ten": STATES[state], "thoiDiem": at}
        if path == "/desk/report":
            return {"dossiers": self.value("SELECT count(*) FROM state"), "done": self.value("SELECT count(*) FROM state WHERE state = '9'")}
        if headers.get("X-Api-Key") != self.options.key:
            raise system.Answer(401, {"ketQua": "15", "thongBao": "Sai khóa truy cập"})
        if (method, path) != ("POST", "/api/trang-thai"):
            raise system.Answer(404, {"ketQua": "04", "thongBao": "Không có chức năng này"})
        self.take(json.loads(body))
        return {"ketQua": "00", "thongBao": "Đã nhận"}

    def take(self, message):
        with self.lock:
            if self.value("SELECT 1 FROM message WHERE id = ?", message["maThongDiep"]):
                self.write(("UPDATE message SET times = times + 1 WHERE id = ?", (message["maThongDiep"],)))
                return
            state = str(message["trangThai"])
            if state not in STATES:
                raise system.Answer(422, {"ketQua": "02", "thongBao": "Trạng thái không hợp lệ"})
            # States may come out of order: one that is done does not go back.
            self.write(("INSERT INTO message (id) VALUES (?)", (message["maThongDiep"],)),
                       ("INSERT INTO state VALUES (?,?,?) ON CONFLICT (code) DO UPDATE SET state = excluded.state, at = excluded.at "
                        "WHERE CAST(state.state AS INTEGER) < CAST(excluded.state AS INTEGER)",
                        (message["maHoSo"], state, message["thoiDiem"])))


if __name__ == "__main__":
    system.serve(Portal(system.options(__doc__, ("--key", {"required": True, "help": "the key that callers must send as X-Api-Key"}))))
