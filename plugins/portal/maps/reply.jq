# What an answer of the portal means. Input: {service, status, headers, body}. Output: "ok", "exists" (a dossier that was added is there already), "missing" (no
# such dossier), "expired" (the session is not known any more), "refused", "postponed", or {outcome, reason}.
def code: [.body.error_code?, .body.code?, .body.errorCode?] | map(select(. != null)) | if . == [] then null else .[0] | tostring end;
def said: [.body.message?, .body.result?] | map(select(type == "string")) | .[0] // "" | ascii_downcase;
def good: code | IN("0", "00", "000", "200");
def exists: said | test("đã tồn tại|Đã tồn tại|đã tồn tại");
def expired: .status == 401 or (code | IN("401", "-401")) or (said | test("session|phiên làm việc|phiên đăng nhập|hết phiên"));

if .status == 429 or .status == 408 or .status >= 500 then "postponed"
elif expired and (good | not) then "expired"
elif .status == 403 then error("forbidden")
elif .status >= 400 then {outcome: "refused", reason: "http.\(.status)"}
elif (.body | type) != "object" or code == null then error("no error_code")
elif .service == "TraCuuHoSo" then
  if good and (.body.result? // .body.data? // null | . != null and . != "" and . != [] and . != {}) then "ok" else "missing" end
elif exists and (code | IN("0", "00", "3", "-3")) then "exists"
elif good then "ok"
else {outcome: "refused", reason: "code.\(code | ascii_downcase | gsub("[^a-z0-9.-]"; "-"))"} end
