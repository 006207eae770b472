# Messages → what the national portal's session form is told. Input: {header, payload, attachments, submission, codes}; `submission` is the payload
# of the dossier.submit that came here before, or null. Output: {dossier, add, progress, rating}, {refuse, text}, or null: nothing to tell.
# Every value of this form is a string, times are yyyyMMddHHmmss in Vietnamese local time, and members stand in the order of the form.

def plain: if type == "boolean" then (if . then "1" else "0" end)
  elif type == "number" then tostring
  elif type == "string" and test("^[0-9-]{10}T[0-9:.]{8,15}\\+07:00$") then .[0:4] + .[5:7] + .[8:10] + .[11:13] + .[14:16] + .[17:19]
  elif type == "array" then map(plain)
  elif type == "object" then with_entries(.value |= plain)
  else . end;
def in_order($names): . as $all | reduce $names[] as $name ({}; if $all[$name] != null then .[$name] = $all[$name] else . end);

def papers: map({TepDinhKemId, TenTepDinhKem, IsDeleted: (.IsDeleted // false), MaThanhPhanHoSo: (.MaThanhPhanHoSo // ""), DuongDanTaiTepTin: "",
                 DuocSoHoa: (.DuocSoHoa // false), DuocTaiSuDung: (.DuocTaiSuDung // false), DuocLayTuKhoDMQG: (.DuocLayTuKhoDMQG // false),
                 MaKetQuaThayThe: (.MaKetQuaThayThe // "")});
def dossier($codes): . as $payload
  | (if .LoaiDoiTuong != null then .LoaiDoiTuong = $codes.to["\(.LoaiDoiTuong)"] else . end)
  | (if .TaiLieuNop != null then .TaiLieuNop |= papers else . end)
  | (if .DinhDanhCHS != null then .DinhDanhCHS |= map({LoaiDinhDanh, SoDinhDanh}) else . end)
  | (if .ThongTinKhac != null then .ThongTinKhac |= tojson else . end)
  | in_order(["MaHoSo", "MaTTHC", "TenTTHC", "MaLinhVuc", "TenLinhVuc", "KenhThucHien", "SoGiayToChuHoSo", "ChuHoSo", "LoaiDoiTuong", "MaDoiTuong",
              "ThongTinKhac", "Email", "Fax", "SoDienThoai", "TrichYeuHoSo", "NgayTiepNhan", "NgayHenTra", "TrangThaiHoSo", "NgayTra", "ThongTinTra", "HinhThuc",
              "NgayKetThucXuLy", "DonViXuLy", "GhiChu", "SoBienNhan", "NoiNopHoSo", "HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID",
              "DuocThanhToanTrucTuyen", "NgayTuChoi", "NgayNopHoSo", "DinhDanhCHS", "DSKetNoiCSDL", "TaiLieuNop", "DanhSachLePhi", "TrangThaiThanhToan",
              "DanhSachTepDinhKemKhac", "DanhSachHoSoBoSung", "DanhSachGiayToKetQua"])
  | plain;

# The document axis' codes, where a sender speaks no other language.
def state: .TrangThaiHoSo // {"02": 3, "03": 2, "04": 4, "05": 4, "06": 9}[.StatusCode // ""];
def progress($number; $at; $text):
  {MaHoSo, NguoiXuLy: ((.NguoiXuLy // .NguoiKy // .NguoiYeuCauBoSung // "")[0:50]), ChucDanh: (.ChucDanh // ""), ThoiDiemXuLy: $at,
   PhongBanXuLy: (.PhongBanXuLy // .DonViXuLy // ""), NoiDungXuLy: ($text // ""), TrangThai: $number, NgayBatDau: (.NgayBatDau // $at),
   NgayKetThucTheoQuyDinh: (.NgayKetThucTheoQuyDinh // .NgayHenTra // "")} | plain;

.payload as $payload | .submission as $before | .codes as $codes | .header.type as $type
| if $type == "dossier.submit" then
    {add: true, dossier: ($payload | .TrangThaiHoSo //= 2 | dossier($codes)),
     progress: [$payload | progress(.TrangThaiHoSo // 2; .NgayTiepNhan; "Tiếp nhận hồ sơ")]}
  elif $type == "dossier.update" then
    {add: false, dossier: ((($before // {}) + $payload) | del(.mode, .LyDo) | dossier($codes)), progress: []}
  elif $type == "dossier.status" then
    {rating: (if $payload.ThongTinKhac.DanhGia? then ({MaHoSo: $payload.MaHoSo} + $payload.ThongTinKhac.DanhGia | plain) else null end),
     progress: (if ($payload | state) != null then [$payload | progress(state; .ThoiDiemXuLy; .NoiDungXuLy)] else [] end)}
    | if .rating == null and .progress == [] then null else . end
  elif $type == "dossier.supplement" and $payload.kind == "request" then
    {add: false, progress: [$payload | progress(5; .NgayBoSung; .NoiDungBoSung)],
     dossier: (if $before == null then null else
       $before + {TrangThaiHoSo: 5, DanhSachHoSoBoSung: [$payload | del(.kind, .MaHoSo, .ThongTinKhac, .TaiLieuNop)]} | dossier($codes) end)}
  elif $type == "dossier.result" then
    ($payload.TrangThaiHoSo // 9) as $number
    | {add: false, progress: [$payload | progress($number; .NgayKetThucXuLy; .ThongTinTra)],
       dossier: (if $before == null then null else
         $before + ($payload | del(.NguoiKy, .ChucDanh, .ThongTinKhac)) + {TrangThaiHoSo: $number}
         | (if .DanhSachGiayToKetQua != null then .DanhSachGiayToKetQua |= map({TenGiayTo, MaThanhPhanHoSo: (.MaThanhPhanHoSo // ""),
              GiayToId: (.GiayToId // .TepDinhKemId), DuongDanTepTinKetQua: "", MaGiayToKetQua: (.MaGiayToKetQua // "")}) else . end)
         | dossier($codes) end)}
  else null end
