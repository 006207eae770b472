# Events of the one-stop software → messages. `code` finds the dossier and, for an answer, the submission that it answers.
def message($type; $payload): {key: "\(.donViGui)/\(.so)", type: $type, from: .donViGui, to: .donViNhan, code: .maHoSo,
                               payload: ({MaHoSo: .maHoSo} + $payload), original: (del(.tepTin) | tojson)};

{cursor: (.body.tiep | tostring), more: (.body.suKien | length == 20), messages: [.body.suKien[] |
  if .loai == "chuyen-tiep" then
    message("dossier.submit"; {MaTTHC: .duLieu.maThuTuc, TenTTHC: .duLieu.tenThuTuc, ChuHoSo: .duLieu.chuHoSo, LoaiDoiTuong: .duLieu.loaiDoiTuong,
                               NgayTiepNhan: .duLieu.ngayTiepNhan, DonViXuLy: .donViNhan})
    + {re: null, attachments: [.tepTin[] | {role: "form", media_type: "application/pdf", content: .noiDung}]}
  elif .loai == "yeu-cau-bo-sung" then message("dossier.supplement"; {kind: "request", NoiDungBoSung: .duLieu.noiDung, NgayBoSung: .duLieu.luc})
  elif .loai == "trang-thai" then message("dossier.status"; {TrangThaiHoSo: .duLieu.trangThai, ThoiDiemXuLy: .duLieu.luc})
  elif .loai == "ket-qua" then message("dossier.result"; {TrangThaiHoSo: 9, NgayKetThucXuLy: .duLieu.luc, ThongTinTra: "\(.duLieu.soKyHieu): \(.duLieu.noiDung)"})
  else empty end]}
