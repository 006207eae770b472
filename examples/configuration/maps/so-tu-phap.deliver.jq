# What the department's software is sent: {header, payload, attachments} in, {method, path, body} out; null: nothing to send.
if .header.type == "dossier.submit" then
  {method: "POST", path: "/ho-so",
   body: {maThongDiep: .header.id, maHoSo: .payload.MaHoSo, maThuTuc: .payload.MaTTHC, chuHoSo: .payload.ChuHoSo,
          ngayTiepNhan: .payload.NgayTiepNhan, ngayHenTra: .payload.NgayHenTra,
          tepTin: [.attachments[] | {ten: .name, noiDung: .content}]}}
else null end
