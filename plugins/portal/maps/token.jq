# Messages → what the portal's form of 2026 is told. Input: {header, payload, attachments, submission, codes, uploads}; `uploads` gives for an attachment's name
# {IdTepTin, HashTepTin}. Output: {dossier, progress, states}, {refuse, text}, or null. Numbers are numbers here, and each place has its own form of time.

def seconds: .[0:10] + " " + .[11:19];                                             # 2026-11-23 16:02:30
def compact: .[0:4] + .[5:7] + .[8:10] + .[11:13] + .[14:16] + .[17:19];           # 20261123160230
def iso: .[0:19] + ((.[19:-6] + ".000") | .[0:4]);                                 # 2026-11-23T16:02:30.000
def maybe(f): if . == null then null else f end;

def papers($uploads; $attachments): [.TaiLieuNop // [] | .[] | select(.IsDeleted != true) | . as $paper
  | {MaThanhPhanHoSo: (.MaThanhPhanHoSo // ""), TenThanhPhanHoSo: (.TenThanhPhanHoSo // .TenTepDinhKem), SoLuong: 1, LoaiBan: 2,
     GiayToDinhKem: [{IdGiayTo: $uploads[.TepDinhKemId].IdTepTin, MaKetQua: (.MaKetQuaThayThe // ""), TenGiayTo: .TenTepDinhKem,
                      HashTepTin: ($uploads[.TepDinhKemId].HashTepTin // ($attachments[] | select(.name == $paper.TepDinhKemId) | .sha256))}]}];
def person: ([.DinhDanhCHS // [] | .[].SoDinhDanh][0] // .SoGiayToChuHoSo // "") as $number
  | {TenNguoiNop: .ChuHoSo, SoDinhDanh: $number, SoDienThoai: (.SoDienThoai // ""), Email: (.Email // ""), Fax: (.Fax // ""), TenChuHs: .ChuHoSo,
     SoDinhDanhChuHs: $number};
def dossier($code; $uploads; $attachments; $unit):
  {MaHoSo, MaTTHC, MaDichVuCong: .MaTTHC, ChuHoSo, LoaiDoiTuong: $code, MaDonViTiepNhan: $unit,
   NgayNop: (.NgayNopHoSo // .NgayTiepNhan | seconds), NgayTiepNhan: (.NgayTiepNhan | seconds), NgayHenTra: (.NgayHenTra | maybe(seconds)),
   ThanhPhanHoSo: papers($uploads; $attachments),
   ThongTinNguoiNop: {LoaiDoiTuong: $code, IdDoiTuong: (.MaDoiTuong // ""), ThongTinChiTiet: person}}
  | with_entries(select(.value != null));

def state: .TrangThaiHoSo // {"02": 3, "03": 2, "04": 4, "05": 4, "06": 9}[.StatusCode // ""];
def progress($number; $at; $text):
  {IDHoSo: "", MaHoSo, NguoiXuLy: ((.NguoiXuLy // .NguoiKy // .NguoiYeuCauBoSung // "")[0:50]), ThoiDiemXuLy: ($at | iso),
   PhongBanXuLy: (.PhongBanXuLy // .DonViXuLy // ""), NoiDungXuLy: ($text // ""), TrangThai: $number, NgayBatDau: (.NgayBatDau // $at | iso),
   NgayKetThucTheoQuyDinh: (.NgayKetThucTheoQuyDinh // .NgayHenTra // $at | iso)};
def now_at($number; $at; $text): {progress: [progress($number; $at; $text)], states: [{IdHoSo: "", MaHoSo, TrangThai: $number}]};

.payload as $payload | .codes as $codes | .header.type as $type | .uploads as $uploads | .attachments as $attachments | .header.to as $to
| if $type == "dossier.submit" then
    ($payload.ThongTinKhac.LoaiDoiTuongDVCQG? // $codes.to["\($payload.LoaiDoiTuong)"]) as $code
    | if $code == null then {refuse: "portal.code", text: "the 2026 form has no code for this LoaiDoiTuong"}
      else {dossier: ($payload | dossier($code; $uploads; $attachments; $to))} + ($payload | now_at(.TrangThaiHoSo // 2; .NgayTiepNhan; "Tiếp nhận hồ sơ")) end
  elif $type == "dossier.status" and ($payload | state) != null then $payload | now_at(state; .ThoiDiemXuLy; .NoiDungXuLy)
  elif $type == "dossier.supplement" and $payload.kind == "request" then $payload | now_at(5; .NgayBoSung; .NoiDungBoSung)
  elif $type == "dossier.result" then $payload | now_at(.TrangThaiHoSo // 9; .NgayKetThucXuLy; .ThongTinTra)
  else null end
