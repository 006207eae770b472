# What the hub sends to one-stop software with the JSON interface of examples/systems/one_stop.py.
def files: [.attachments[] | select(.role != "original") | {ten: .name, noiDung: .content}];
def common: {maThongDiep: .header.id, maHoSo: .payload.MaHoSo, donViGui: .header.from, donViNhan: .header.to};

if .header.type == "dossier.submit" then
  {method: "POST", path: "/api/ho-so",
   body: (common + {maThuTuc: .payload.MaTTHC, tenThuTuc: .payload.TenTTHC, chuHoSo: .payload.ChuHoSo,
                    loaiDoiTuong: .payload.LoaiDoiTuong, ngayTiepNhan: .payload.NgayTiepNhan, tepTin: files,
                    donViXuLy: (.payload.DonViXuLy // error("hồ sơ không có DonViXuLy"))})}
elif .header.type == "dossier.supplement" and .payload.kind == "answer" then
  {method: "POST", path: "/api/ho-so/bo-sung", body: (common + {noiDung: .payload.NoiDungBoSung, tepTin: files})}
elif .header.type == "dossier.result" then
  {method: "POST", path: "/api/ho-so/ket-qua", body: (common + {noiDung: .payload.ThongTinTra, tepTin: files})}
else null end
