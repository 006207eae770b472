# Filings that the national portal hands in → messages. Input: {path, body, unit, codes, units}; `units` turns the portal's unit codes into ours. Output: {messages}.
# The body is a list of HoSo, one HoSo, or either of them in `data`; each HoSo as in the session form: strings, yyyyMMddHHmmss.
def time: if . == null or . == "" then null
  elif test("^[0-9]{14}$") then .[0:4] + "-" + .[4:6] + "-" + .[6:8] + "T" + .[8:10] + ":" + .[10:12] + ":" + .[12:14] + "+07:00"
  elif test("^[0-9-]{10} [0-9:]{8}$") then .[0:10] + "T" + .[11:19] + "+07:00"
  elif test("^[0-9-]{10}T[0-9:.]{8,15}\\+07:00$") then .
  elif test("^[0-9-]{10}T[0-9:.]{8,12}$") then . + "+07:00"
  else error("a time of another form") end;
def number: if . == null or . == "" then null else tonumber end;
def flag: if . == null or . == "" then null else IN("1", 1, true, "true", "True") end;
def text: if . == null or . == "" then null else tostring end;

def unit($units): (.DonViXuLy // .MaDonViTiepNhan // .MaDonVi // .madonvi) as $code | $units["\($code)"] // $code;
def kind($codes): $codes.from["\(.LoaiDoiTuong)"];
def payload($codes): . as $all | kind($codes) as $kind
  | {MaHoSo, MaTTHC, TenTTHC: (.TenTTHC | text), MaLinhVuc: (.MaLinhVuc | text), TenLinhVuc: (.TenLinhVuc | text), KenhThucHien: (.KenhThucHien | number // 2),
     ChuHoSo, LoaiDoiTuong: ($kind // error("LoaiDoiTuong of no table")), MaDoiTuong: (.MaDoiTuong | text), SoGiayToChuHoSo: (.SoGiayToChuHoSo | text),
     SoDienThoai: (.SoDienThoai | text), Email: (.Email | text), TrichYeuHoSo: (.TrichYeuHoSo | text),
     NgayNopHoSo: (.NgayNopHoSo // .NgayNop | time), NgayTiepNhan: (.NgayTiepNhan // .NgayNopHoSo // .NgayNop | time), NgayHenTra: (.NgayHenTra | time),
     TrangThaiHoSo: (.TrangThaiHoSo | number // 1), DuocThanhToanTrucTuyen: (.DuocThanhToanTrucTuyen | flag),
     TaiKhoanDuocXacThucVoiVNeID: (.TaiKhoanDuocXacThucVoiVNeID | flag),
     DinhDanhCHS: (if (.DinhDanhCHS // []) == [] then null else [.DinhDanhCHS[] | {LoaiDinhDanh: (.LoaiDinhDanh | number), SoDinhDanh}] end),
     ThongTinKhac: {DuongDanTaiTepTin: [.TaiLieuNop // [] | .[] | {TenTepDinhKem, DuongDanTaiTepTin, MaThanhPhanHoSo}],
                    LoaiDoiTuongDVCQG: ($codes.marks["\($all.LoaiDoiTuong)"])}}
  | .TenTTHC //= .MaTTHC
  | .ThongTinKhac |= with_entries(select(.value != null and .value != []))
  | with_entries(select(.value != null and .value != {}));

.units as $units | .codes as $codes | .unit as $from
| {messages: [.body | (.data? // .) | (if type == "array" then .[] else . end)
   | {key: "nhanhs-\(.MaHoSo)", type: "dossier.submit", from: $from, to: unit($units), dossier_of: .MaHoSo, payload: payload($codes), original: .}]}
