# What its answers mean. HTTP says whether the call arrived; ketQua says what became of it.
if .status == 429 or .status >= 500 then "postponed"
elif .status >= 400 then {outcome: "refused", reason: "one-stop.\(.body.ketQua? // "http")"}
elif (.body | type) == "object" and .body.ketQua == "00" then "accepted"
elif (.body | type) == "object" and (.body | has("ketQua")) then {outcome: "refused", reason: "one-stop.\(.body.ketQua)"}
else "postponed" end
