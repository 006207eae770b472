# What its answers mean: {status, headers, body, header} in, "accepted", "refused" or "postponed" out, or {outcome, reason}.
if .status == 200 or .status == 201 then "accepted"
elif .status == 409 then "accepted" # it has this maThongDiep already
elif .status == 422 then {outcome: "refused", reason: (.body.loi // "no reason given")}
else "postponed" end
