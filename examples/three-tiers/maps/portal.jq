# States and results → the provincial portal's look-up; other messages are not its business.
def state($number): {method: "POST", path: "/api/trang-thai",
                     body: {maThongDiep: .header.id, maHoSo: .payload.MaHoSo, trangThai: $number, thoiDiem: .header.issued}};

if .header.type == "dossier.status" and .payload.TrangThaiHoSo != null then state(.payload.TrangThaiHoSo)
elif .header.type == "dossier.result" then state(9)
else null end
