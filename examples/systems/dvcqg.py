#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the national public-service portal: its session form and its form of 2026, both strict.

Session form (dstcode in the query or as a header on every call):
  POST /forward/login   {username, password} → {session, error_code: 0}
  POST /forward/mc      {session, madonvi, service, …}: TraCuuHoSo, DongBoHoSoMC, CapNhatTienDoHoSoMC (at most 10), DongBoDanhGia, LayDanhSachTTHC, LayThuTuc,
                        LayDanhMucCoQuan, LayDanhMucLinhVuc
Form of 2026 (Authorization: Bearer):
  POST /token           {client_id, client_secret} → {data: {access_token, expires_in, token_type, scope}}
  POST /TaiTep          multipart, one file `files` → {data: [{response: {data: [{IdTepTin, HashTepTin}]}}]}
  POST /TaoHoSo, /CapNhatTienTrinh (array), /CapNhatTrangThai (array) → {code, message, data}

A session is known for --uses calls. Every value of the session form must be a string, every time 14 digits, every member a known one in the order of the form. A
dossier that is there cannot be added, one that is not cannot be updated; progress needs its dossier, and one that is missing refuses its whole batch.
GET /desk/report tells what it has; POST /desk/expire forgets all sessions and tokens.
"""
import hashlib
import json
import re
import secrets
import urllib.parse

import system

ORDER = ["MaHoSo", "MaTTHC", "TenTTHC", "MaLinhVuc", "TenLinhVuc", "KenhThucHien", "SoGiayToChuHoSo", "ChuHoSo", "LoaiDoiTuong", "MaDoiTuong", "ThongTinKhac", "Email",
         "Fax", "SoDienThoai", "TrichYeuHoSo", "NgayTiepNhan", "NgayHenTra", "TrangThaiHoSo", "NgayTra", "ThongTinTra", "HinhThuc", "NgayKetThucXuLy", "DonViXuLy",
         "GhiChu", "SoBienNhan", "NoiNopHoSo", "HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID", "DuocThanhToanTrucTuyen", "NgayTuChoi", "NgayNopHoSo",
         "DinhDanhCHS", "DSKetNoiCSDL", "TaiLieuNop", "DanhSachLePhi", "TrangThaiThanhToan", "DanhSachTepDinhKemKhac", "DanhSachHoSoBoSung", "DanhSachGiayToKetQua"]
PROGRESS = ["MaHoSo", "NguoiXuLy", "ChucDanh", "ThoiDiemXuLy", "PhongBanXuLy", "NoiDungXuLy", "TrangThai", "NgayBatDau", "NgayKetThucTheoQuyDinh"]
PROGRESS_2026 = {"IDHoSo", "MaHoSo", "NguoiXuLy", "ThoiDiemXuLy", "PhongBanXuLy", "NoiDungXuLy", "TrangThai", "NgayBatDau", "NgayKetThucTheoQuyDinh"}
CREATE_2026 = {"MaHoSo", "MaTTHC", "MaDichVuCong", "ChuHoSo", "LoaiDoiTuong", "MaDonViTiepNhan", "NgayNop", "NgayTiepNhan", "NgayHenTra", "ThanhPhanHoSo",
               "ThongTinNguoiNop"}
CODE = re.compile(r"[0-9A-Za-z]+(\.[0-9A-Za-z]+)*-[0-9]{6}([0-9]{2})?-[0-9]{4,7}")
PROCEDURES = [{"MaTTHC": "2.000635", "TenTTHC": "Đăng ký lại khai sinh", "MaLinhVuc": "G03-TP01"},
              {"MaTTHC": "1.004222", "TenTTHC": "Đăng ký thường trú", "MaLinhVuc": "G01-AN03"}]
UNITS = [{"MADONVI": "000.00.00.H52", "TENDONVI": "UBND tỉnh mẫu", "CAPDONVI": "1"}, {"MADONVI": "000.00.01.H52", "TENDONVI": "Xã mẫu một", "CAPDONVI": "3"}]


class Wrong(Exception):
    """The portal's own words for a call that is wrong: (code, message)."""


def check_strings(value, where):
    if isinstance(value, dict):
        for name, member in value.items():
            check_strings(member, f"{where}.{name}")
    elif isinstance(value, list):
        for member in value:
            check_strings(member, where)
    elif not isinstance(value, str):
        raise Wrong("05", f"{where} không phải chuỗi")


def check_order(item, order, what):
    known = [name for name in order if name in item]
    if list(item) != known:
        raise Wrong("05", f"{what}: trường lạ hoặc sai thứ tự")


def check_times(item, names):
    for name in names:
        if item.get(name) and not re.fullmatch(r"[0-9]{14}", item[name]):
            raise Wrong("06", f"{name} không đúng yyyyMMddHHmmss")


class Portal(system.System):
    schema = """
        CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, left INTEGER);
        CREATE TABLE IF NOT EXISTS dossier (code TEXT PRIMARY KEY, body TEXT, state TEXT, times INTEGER DEFAULT 1);
        CREATE TABLE IF NOT EXISTS progress (code TEXT, body TEXT, UNIQUE (code, body));
        CREATE TABLE IF NOT EXISTS batch (size INTEGER);
        CREATE TABLE IF NOT EXISTS rating (code TEXT, body TEXT);
        CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, sha256 TEXT, size INTEGER);
    """

    def error_answer(self):
        return 200, json.dumps({"error_code": "99", "message": "Lỗi hệ thống"}, ensure_ascii=False).encode(), {"Content-Type": "application/json"}

    def handle(self, method, path, query, headers, body):
        if path == "/desk/report":
            return self.report()
        if path == "/desk/expire":
            self.write(("DELETE FROM session", ()))
            return {"ok": True}
        if method != "POST":
            raise system.Answer(405, {"message": "POST"})
        if path.startswith("/forward/"):
            if urllib.parse.unquote(query.get("dstcode") or headers.get("dstcode") or "") != self.options.dstcode:
                raise system.Answer(404, {"message": "dstcode"})
            try:
                return self.login(json.loads(body)) if path == "/forward/login" else self.service(json.loads(body))
            except Wrong as wrong:
                return {"error_code": wrong.args[0], "message": wrong.args[1]}
        return self.form_2026(path, headers, body)

    def report(self):
        return {"dossiers": {code: {"state": state, "times": times} for code, state, times in self.rows("SELECT code, state, times FROM dossier")},
                "progress": self.value("SELECT count(*) FROM progress"), "batches": [size for (size,) in self.rows("SELECT size FROM batch")],
                "ratings": self.value("SELECT count(*) FROM rating"), "files": self.value("SELECT count(*) FROM file")}

    def admit(self, name):
        """A session or token, used once more."""
        left = self.value("SELECT left FROM session WHERE id = ?", name or "")
        if not left:
            return False
        self.write(("UPDATE session SET left = left - 1 WHERE id = ?", (name,)))
        return True

    def open_session(self):
        name = secrets.token_hex(16)
        self.write(("INSERT INTO session VALUES (?,?)", (name, self.options.uses)))
        return name

    # Session form

    def login(self, call):
        if call != {"username": self.options.user, "password": self.options.password}:
            return {"session": "", "error_code": 2, "message": "Sai tên đăng nhập hoặc mật khẩu"}
        return {"session": self.open_session(), "error_code": 0}

    def service(self, call):
        if list(call)[:3] != ["session", "madonvi", "service"]:
            raise Wrong("05", "Thiếu session, madonvi, service")
        if not self.admit(call["session"]):
            raise Wrong("-1", "Session không tồn tại hoặc đã hết hạn")
        if call["madonvi"] != self.options.unit:
            raise Wrong("15", "madonvi không đúng")
        with self.lock:
            found = {"TraCuuHoSo": self.look_up, "DongBoHoSoMC": self.put, "CapNhatTienDoHoSoMC": self.take_progress, "DongBoDanhGia": self.rate}.get(call["service"])
            if found:
                return found(call)
        lists = {"LayDanhSachTTHC": PROCEDURES, "LayDanhMucCoQuan": UNITS, "LayDanhMucLinhVuc": [{"MALINHVUC": "G03-TP01", "TENLINHVUC": "Hộ tịch"}],
                 "LayThuTuc": [one for one in PROCEDURES if one["MaTTHC"] == call.get("maTTHC")]}
        if call["service"] not in lists:
            raise Wrong("04", "Không có dịch vụ này")
        return {"error_code": "00", "result": lists[call["service"]]}

    def look_up(self, call):
        body = self.value("SELECT body FROM dossier WHERE code = ?", call.get("mahoso"))
        return {"error_code": 0, "result": json.loads(body)} if body else {"error_code": "1", "message": "Không tìm thấy hồ sơ"}

    def put(self, call):
        if call.get("isUpdating") not in ("True", "False") or len(call.get("data") or []) != 1:
            raise Wrong("05", "isUpdating, data")
        item = call["data"][0]
        check_strings(item, "HoSo")
        check_order(item, ORDER, "HoSo")
        check_times(item, ("NgayTiepNhan", "NgayHenTra", "NgayTra", "NgayKetThucXuLy", "NgayNopHoSo"))
        if not CODE.fullmatch(item.get("MaHoSo", "")) or not item.get("MaTTHC") or not item.get("ChuHoSo") or item.get("LoaiDoiTuong") not in ("1", "2", "3", "4"):
            raise Wrong("07", "Thiếu trường bắt buộc")
        there = self.value("SELECT 1 FROM dossier WHERE code = ?", item["MaHoSo"])
        if there and call["isUpdating"] == "False":
            raise Wrong("-3", "Hồ sơ đã tồn tại")
        if not there and call["isUpdating"] == "True":
            raise Wrong("08", "Không tìm thấy hồ sơ cần cập nhật")
        self.write(("INSERT INTO dossier (code, body, state) VALUES (?,?,?) ON CONFLICT (code) DO UPDATE SET body = excluded.body, state = excluded.state, times = times + 1",
                    (item["MaHoSo"], json.dumps(item), item.get("TrangThaiHoSo"))))
        return {"error_code": "00", "result": "Thành công"}

    def take_progress(self, call):
        items = call.get("data") or []
        if not 1 <= len(items) <= 10:
            raise Wrong("09", "Mỗi lần tối đa 10 hồ sơ")
        for item in items:
            check_strings(item, "TienDo")
            check_order(item, PROGRESS, "TienDo")
            check_times(item, ("ThoiDiemXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh"))
            if not self.value("SELECT 1 FROM dossier WHERE code = ?", item.get("MaHoSo")):
                raise Wrong("08", "Không tìm thấy hồ sơ")
            if item.get("TrangThai") not in map(str, range(1, 11)) or len(item.get("NguoiXuLy", "")) > 50:
                raise Wrong("05", "TrangThai, NguoiXuLy")
        statements = [("INSERT OR IGNORE INTO progress VALUES (?,?)", (item["MaHoSo"], json.dumps(item))) for item in items]
        states = [("UPDATE dossier SET state = ? WHERE code = ?", (item["TrangThai"], item["MaHoSo"])) for item in items]
        self.write(("INSERT INTO batch VALUES (?)", (len(items),)), *statements, *states)
        return {"error_code": "00", "result": "Thành công"}

    def rate(self, call):
        item = call["data"][0]
        check_strings(item, "DanhGia")
        self.write(("INSERT INTO rating VALUES (?,?)", (item["MaHoSo"], json.dumps(item))))
        return {"error_code": "00", "result": "Thành công"}

    # Form of 2026

    def form_2026(self, path, headers, body):
        if path == "/token":
            if json.loads(body) != {"client_id": self.options.user, "client_secret": self.options.password}:
                raise system.Answer(401, {"message": "client_id, client_secret"})
            return {"data": {"access_token": self.open_session(), "expires_in": 300, "token_type": "Bearer", "scope": "dvcqg"}}
        kind, _, token = (headers.get("Authorization") or "").partition(" ")
        if kind != "Bearer" or not self.admit(token):
            raise system.Answer(401, {"message": "token"})
        if path == "/TaiTep":
            return self.upload(headers, body)
        found = {"/TaoHoSo": self.create, "/CapNhatTienTrinh": self.take_progress_2026, "/CapNhatTrangThai": self.take_states}.get(path)
        if not found:
            raise system.Answer(404, {"message": path})
        with self.lock:
            return found(json.loads(body))

    def upload(self, headers, body):
        boundary = re.fullmatch(r"multipart/form-data; boundary=([0-9A-Za-z-]+)", headers.get("Content-Type") or "")
        parts = body.split(b"--" + boundary[1].encode()) if boundary else []
        if len(parts) != 3 or b'name="files"' not in parts[1] or parts[2].strip() != b"--":
            raise system.Answer(400, {"message": "multipart"})
        content = parts[1].partition(b"\r\n\r\n")[2][:-2]
        digest = hashlib.sha256(content).hexdigest()
        self.write(("INSERT OR IGNORE INTO file VALUES (?,?,?)", ("tep-" + digest[:16], digest, len(content))))
        return {"data": [{"response": {"data": [{"IdTepTin": "tep-" + digest[:16], "HashTepTin": digest}]}}]}

    def create(self, item):
        papers = [paper for part in item.get("ThanhPhanHoSo", []) for paper in part["GiayToDinhKem"]]
        if set(item) - CREATE_2026 or not isinstance(item.get("LoaiDoiTuong"), int) or not 0 <= item["LoaiDoiTuong"] <= 2:
            raise system.Answer(400, {"code": "400", "message": "trường lạ hoặc LoaiDoiTuong"})
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}", item.get("NgayTiepNhan", "")):
            raise system.Answer(400, {"code": "400", "message": "NgayTiepNhan"})
        if any(self.value("SELECT sha256 FROM file WHERE id = ?", paper["IdGiayTo"]) != paper["HashTepTin"] for paper in papers):
            raise system.Answer(400, {"code": "400", "message": "IdGiayTo, HashTepTin"})
        if self.value("SELECT 1 FROM dossier WHERE code = ?", item["MaHoSo"]):
            return {"code": "3", "message": "Hồ sơ đã tồn tại"}
        self.write(("INSERT INTO dossier (code, body, state) VALUES (?,?,'1')", (item["MaHoSo"], json.dumps(item))))
        return {"code": "00", "message": "Thành công", "data": {"idHoSo": "id-" + item["MaHoSo"], "maHoSo": item["MaHoSo"]}}

    def take_progress_2026(self, items):
        for item in items:
            if set(item) != PROGRESS_2026 or not isinstance(item["TrangThai"], int):
                raise system.Answer(400, {"code": "400", "message": "trường lạ hoặc TrangThai"})
            if not re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}", item["ThoiDiemXuLy"]) or not self.value("SELECT 1 FROM dossier WHERE code = ?", item["MaHoSo"]):
                raise system.Answer(400, {"code": "400", "message": "ThoiDiemXuLy, MaHoSo"})
        statements = [("INSERT OR IGNORE INTO progress VALUES (?,?)", (item["MaHoSo"], json.dumps(item))) for item in items]
        self.write(("INSERT INTO batch VALUES (?)", (len(items),)), *statements)
        return {"code": "00", "message": "Thành công"}

    def take_states(self, items):
        for item in items:
            if set(item) != {"IdHoSo", "MaHoSo", "TrangThai"} or not isinstance(item["TrangThai"], int):
                raise system.Answer(400, {"code": "400", "message": "trường lạ hoặc TrangThai"})
        self.write(*[("UPDATE dossier SET state = ? WHERE code = ?", (str(item["TrangThai"]), item["MaHoSo"])) for item in items])
        return {"code": "00", "message": "Thành công"}


if __name__ == "__main__":
    system.serve(Portal(system.options(
        __doc__, ("--user", {"default": "sonla", "help": "user name, or client_id"}), ("--password", {"default": "mat-khau-mau", "help": "password, or client_secret"}),
        ("--unit", {"default": "000.00.00.H52", "help": "madonvi that may call"}), ("--uses", {"type": int, "default": 1000, "help": "calls that a session is good for"}),
        ("--dstcode", {"default": "VN:GOV:000.00.00.G22:vpcpdvcprovider", "help": "the address that calls must name"}))))
