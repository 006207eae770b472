#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the document axis and the VNPT-iOffice behind it: mailboxes for edXML over VXP REST and over a provincial LGSP's REST.

It is as strict as the real one is said to be. VXP: every request must carry the signed headers (names, order, values, HMAC, a timestamp of these five
minutes); LGSP: login, then three headers. A document must be well-formed edXML with its elements in the usual order, ZIPs of one entry, and From and To
that are registered. An item stays in the received list until it is acknowledged. A document that comes again (same sender, DocumentId and kind) is
answered like the first and kept once.

  VXP   POST /getReceivedEdocList /getEdoc /updateStatus /sendEdoc /getSentEdocList
  LGSP  POST /v1/auth/login; GET /v1/syncReceivedEdocList /v1/getEdoc; POST /v1/updateStatus /v1/sendEdoc
  POST /desk/put?type=edoc      lays the body down in the hub's mailbox, whatever it is
  GET  /desk/report             what was sent, how often, what waits

With --office the iOffice answers each dossier by itself: states 01, 03, 05, 06 and a letter with the result; a recall with 15.
"""
import base64
import datetime
import email.parser
import email.policy
import hashlib
import hmac
import io
import json
import re
import time
import urllib.parse
import uuid
import xml.etree.ElementTree
import zipfile

import system

NS = "{http://www.mic.gov.vn/TBT/QCVN_102_2016}"
ZONE = datetime.timezone(datetime.timedelta(hours=7))
DOCUMENT = ["From", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo", "DueDate", "OtherInfo", "ResponseFor",
            "SteeringType", "ToPlaces", "ApplicationType"]
STATUS = ["From", "ResponseFor", "StaffInfo", "StatusCode", "Description", "Timestamp"]
STATES = (("01", "Đã đến"), ("03", "Đã tiếp nhận"), ("05", "Đang xử lý"), ("06", "Đã hoàn thành"))


class Wrong(Exception):
    """(code, text) of an error of the axis."""


def now():
    return datetime.datetime.now(ZONE).strftime("%Y/%m/%d %H:%M:%S")


def check_order(header, wanted):
    names = [child.tag.replace(NS, "") for child in header]
    places = [wanted.index(name) if name in wanted else -1 for name in names]
    if -1 in places or places != sorted(places):
        raise Wrong("22", "Sai cấu trúc edXML: " + ", ".join(names))


def check_attachments(root):
    for one in root.iter(NS + "Attachment"):
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(one.findtext(NS + "ContentTransferEncoded"), validate=True))) as packed:
            if len(packed.namelist()) != 1 or packed.testzip():
                raise Wrong("10", "Tệp đính kèm không hợp lệ")


def read(body, registered):
    """What the axis needs of a document; refuses what it would refuse."""
    try:
        root = xml.etree.ElementTree.fromstring(body)
        check_attachments(root)
    except (xml.etree.ElementTree.ParseError, zipfile.BadZipFile, ValueError, TypeError) as error:
        raise Wrong("10", "Tệp không hợp lệ") from error
    header = root.find(f".//{NS}MessageHeader")
    if root.tag != NS + "edXML" or header is None:
        raise Wrong("22", "Không phải edXML")
    status = header.findtext(NS + "StatusCode")
    check_order(header, STATUS if status else DOCUMENT)
    sender = header.findtext(f"{NS}From/{NS}OrganId")
    receiver = header.findtext(f"{NS}ResponseFor/{NS}OrganId") if status else header.findtext(f"{NS}To/{NS}OrganId")
    if sender not in registered:
        raise Wrong("19", "Đơn vị gửi chưa đăng ký")
    if receiver not in registered:
        raise Wrong("18", "Không có đơn vị nhận")
    kind = root.findtext(f".//{NS}BussinessDocType")
    names = [one.findtext(NS + "AttachmentName") for one in root.iter(NS + "Attachment")]
    return {"sender": sender, "receiver": receiver, "status": status, "kind": kind, "names": names,
            "document": header.findtext(f"{NS}ResponseFor/{NS}DocumentId") if status else header.findtext(NS + "DocumentId"),
            "code": header.findtext(f"{NS}Code/{NS}CodeNumber") or "", "application": header.findtext(NS + "ApplicationType"),
            "signed": root.find(".//{http://www.w3.org/2000/09/xmldsig#}Signature") is not None}


def element(name, text):
    return f"<edXML:{name}>{text.replace('&', '&amp;').replace('<', '&lt;')}</edXML:{name}>"


def response_for(document):
    return element_group("ResponseFor", element("OrganId", document["sender"]) + element("Code", document["code"] + "/Hồ sơ liên thông")
                         + element("PromulgationDate", now()[:10]) + element("DocumentId", document["document"]))


def element_group(name, inner):
    return f"<edXML:{name}>{inner}</edXML:{name}>"


def envelope(header, rest=""):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope '
            f'xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader><edXML:MessageHeader>{header}</edXML:MessageHeader>{rest}</edXML>').encode()


def status_message(document, code, text):
    return envelope(element_group("From", element("OrganId", document["receiver"]) + element("OrganName", "Cơ quan mẫu") + element("OrganizationInCharge", "Cơ quan mẫu"))
                    + response_for(document) + element_group("StaffInfo", element("Department", "Văn thư") + element("Staff", "Nguyễn Văn A"))
                    + element("StatusCode", code) + element("Description", text) + element("Timestamp", now()), "</edXML:edXMLHeader></edXML:edXMLEnvelope>")


def letter(document):
    """The result, with one paper, as an iOffice writes it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(str(uuid.uuid4()) + ".pdf", b"%PDF-1.4\n% ket qua mau\n%%EOF\n")
    header = (element_group("From", element("OrganId", document["receiver"]) + element("OrganName", "Cơ quan mẫu"))
              + element_group("To", element("OrganId", document["sender"])) + element("DocumentId", str(uuid.uuid4()))
              + element_group("Code", element("CodeNumber", "77") + element("CodeNotation", "UBND-VP")) + element_group("PromulgationInfo", element("PromulgationDate", now()[:10]))
              + element_group("DocumentType", element("Type", "1") + element("TypeName", "Công văn")) + element("Subject", "Trả kết quả hồ sơ " + document["code"])
              + element_group("SignerInfo", element("Position", "Chủ tịch") + element("FullName", "Nguyễn Văn B")) + response_for(document))
    trace = element_group("TraceHeaderList", element_group("TraceHeader", element("OrganId", document["receiver"]) + element("Timestamp", now()))
                          + element_group("Bussiness", element("BussinessDocType", "0") + element("Paper", "0")))
    reference = element("ContentId", "cid:1") + element("ContentType", "application/zip") + element("AttachmentName", "quyet-dinh.pdf")
    return envelope(header, trace + "</edXML:edXMLHeader><edXML:edXMLBody><edXML:edXMLManifest version=\"1.0\">" + element_group("Reference", reference)
                    + "</edXML:edXMLManifest></edXML:edXMLBody></edXML:edXMLEnvelope><AttachmentEncoded><Attachment><ContentId>cid:1</ContentId>"
                    "<AttachmentName>quyet-dinh.pdf</AttachmentName><ContentType>application/pdf</ContentType><edXML:ContentTransferEncoded "
                    'xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">' + base64.b64encode(packed.getvalue()).decode()
                    + "</edXML:ContentTransferEncoded></Attachment></AttachmentEncoded>")


class Axis(system.System):
    schema = """
        CREATE TABLE IF NOT EXISTS sent (id TEXT PRIMARY KEY, name TEXT UNIQUE, times INTEGER DEFAULT 1, type TEXT, facts TEXT, body BLOB);
        CREATE TABLE IF NOT EXISTS box (id TEXT PRIMARY KEY, type TEXT, body BLOB, state TEXT DEFAULT 'INITIAL', fetched INTEGER DEFAULT 0);
        CREATE TABLE IF NOT EXISTS token (value TEXT PRIMARY KEY, until REAL);
    """

    def handle(self, method, path, query, headers, body):
        if path == "/desk/report":
            return self.report()
        if path == "/desk/put":
            return {"docId": self.put(query.get("type", "edoc"), body)}
        if path.startswith("/v1/"):
            return self.lgsp(method, path, query, headers, body)
        try:
            return {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong", **self.vxp(method, path, self.check_signature(headers), body)}
        except Wrong as wrong:
            return {"status": "FAIL", "ErrorCode": wrong.args[0], "ErrorDesc": wrong.args[1], "data": None}

    def report(self):
        sent = [{**json.loads(facts), "times": times, "type": kind} for times, kind, facts in self.rows("SELECT times, type, facts FROM sent ORDER BY rowid")]
        return {"sent": sent, "faults_left": self.faults.count, "waiting": self.value("SELECT count(*) FROM box WHERE state = 'INITIAL'"), "box": dict(self.rows("SELECT state, count(*) FROM box GROUP BY state"))}

    # VXP

    def check_signature(self, headers):
        names, told = headers.get("XroadVnpt-sign-header-key", "").split(";"), headers.get("XroadVnpt-sign-header", "")
        expected = hmac.new(self.options.secret.encode(), told.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, headers.get("XroadVnpt-hash-header", "")):
            raise Wrong("15", "Sai chữ ký HMAC")
        values = json.loads(told)
        if list(values) != ["XroadVnpt-" + name for name in names] or told != json.dumps(values, ensure_ascii=False, separators=(",", ":")):
            raise Wrong("15", "Thứ tự hoặc dạng của sign-header không đúng")
        if any(headers.get(name) != value for name, value in values.items()) or headers.get("Content-Type") != values.get("XroadVnpt-Content-Type"):
            raise Wrong("15", "Header không khớp với sign-header")
        if not {"timestamp", "systemid", "Content-Type"} <= set(names) or values["XroadVnpt-systemid"] != self.options.system_id:
            raise Wrong("15", "Sai systemid")
        if headers.get("XroadVnpt-version") != "3.0.201608" or headers.get("User-Agent") != "JAVASDKAgent/1.0.0 XRoad/VPCP":
            raise Wrong("15", "Sai phiên bản SDK")
        stamp = values["XroadVnpt-timestamp"]
        if not re.fullmatch(r"\d{8}T\d{6}\+\d{4}", stamp):
            raise Wrong("15", "Sai timestamp")
        at = datetime.datetime.strptime(stamp[:15], "%d%m%YT%H%M%S").replace(tzinfo=ZONE)
        if abs(at.timestamp() - time.time()) > 300:
            raise Wrong("15", "Hết hạn timestamp")
        return {name[len("XroadVnpt-"):]: value for name, value in values.items()}

    def vxp(self, method, path, values, body):
        if method != "POST":
            raise system.Answer(405, {"status": "FAIL"})
        if path == "/getReceivedEdocList":
            return {"data": self.received(values["messagetype"], values.get("servicetype"))}
        if path == "/getEdoc":
            return {"data": base64.b64encode(self.fetch(values["docId"])).decode()}
        if path == "/updateStatus":
            return self.update(values["docId"], values["status"])
        if path == "/getSentEdocList":
            return {"data": [{"senderDocId": name, "receiverDocId": number} for number, name in self.rows("SELECT id, name FROM sent")]}
        if path == "/sendEdoc":
            told, real = values["hash-file"], hashlib.sha256(body).hexdigest()
            short = "".join(f"{byte:x}" for byte in hashlib.sha256(body).digest())  # a known fault of the SDK
            if told not in (real, short):
                raise Wrong("10", "Sai hash-file")
            facts = read(body, self.options.units)
            if (facts["sender"], facts["receiver"]) != (values["from"], values["to"]):
                raise Wrong("10", "from, to không khớp với văn bản")
            return {"DocId": self.keep(values["messagetype"], facts, body)}
        raise system.Answer(404, {"status": "FAIL", "ErrorCode": "404"})

    # LGSP

    def lgsp(self, method, path, query, headers, body):
        if (method, path) == ("POST", "/v1/auth/login"):
            return self.log_in(json.loads(body))
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        known = self.value("SELECT 1 FROM token WHERE value = ? AND until > ?", token, time.time())
        if not known or (headers.get("X-SystemId"), headers.get("X-SecretKey")) != (self.options.system_id, self.options.secret):
            raise system.Answer(401, b"Unauthorized", {"Content-Type": "text/plain"})
        try:
            return {"success": True, "message": "OK", **self.lgsp_call(method, path, query, headers, body)}
        except Wrong as wrong:
            return {"success": False, "message": wrong.args[1], "data": {"docId": None, "status": "FAIL", "errorCode": wrong.args[0], "errorDesc": wrong.args[1]}}

    def log_in(self, asked):
        if list(asked) != ["username", "password", "applicationCode", "otp", "twoFactorProvider", "typeObjs"] or asked["typeObjs"] != [0, 1]:
            raise system.Answer(400, {"success": False, "message": "Sai dữ liệu đăng nhập"})
        if (asked["username"], asked["password"]) != (self.options.user, self.options.password):
            raise system.Answer(401, b"Unauthorized", {"Content-Type": "text/plain"})
        token = uuid.uuid4().hex
        self.write(("INSERT INTO token VALUES (?,?)", (token, time.time() + self.options.token_life)))
        return {"success": True, "data": {"token": token}}

    def lgsp_call(self, method, path, query, headers, body):
        if (method, path) == ("GET", "/v1/syncReceivedEdocList"):
            if not all(re.fullmatch(r"\d{4}/\d\d/\d\d", urllib.parse.unquote(query.get(day, ""))) for day in ("fromDate", "toDate")):
                raise Wrong("10", "fromDate, toDate phải là yyyy/MM/dd")
            rows = self.received(query["messageType"], "eDoc")
            return {"count": len(rows), "data": [{**row, "createdTime": row["created_time"], "statusDesc": ""} for row in rows]}
        if (method, path) == ("GET", "/v1/getEdoc"):
            number = urllib.parse.unquote(query["docId"])
            return {"data": {"docId": number, "from": "", "fromName": "", "edocCode": "", "edocAbstract": "", "attachments": [],
                             "edxml": self.fetch(number).decode("utf-8", "replace")}}
        if (method, path) == ("POST", "/v1/updateStatus"):
            return self.update(json.loads(body)["docId"], json.loads(body)["status"])
        if (method, path) == ("POST", "/v1/sendEdoc"):
            parts = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
            fields = {part.get_param("name", header="content-disposition"): part for part in parts.iter_parts()}
            if set(fields) != {"messageType", "edocFile"} or fields["edocFile"].get_content_type() != "application/xml":
                raise Wrong("21", "Thiếu edocFile hoặc messageType")
            document = fields["edocFile"].get_payload(decode=True)
            return {"docId": self.keep(fields["messageType"].get_payload().strip(), read(document, self.options.units), document)}
        raise system.Answer(404, {"success": False})

    # mailboxes

    def received(self, kind, service):
        if service != "eDoc" or kind not in ("edoc", "status"):
            raise Wrong("10", "Sai servicetype hoặc messagetype")
        rows = self.rows("SELECT id FROM box WHERE state = 'INITIAL' AND type = ? ORDER BY rowid LIMIT 50", kind)
        return [{"docId": number, "serviceType": "eDoc", "messageType": kind, "created_time": now(), "updated_time": now(), "from": "", "to": "", "status": "INITIAL",
                 "status_desc": ""} for number, in rows]

    def fetch(self, number):
        found = self.rows("SELECT body FROM box WHERE id = ?", number)
        if not found:
            raise Wrong("10", "Không có văn bản")
        self.write(("UPDATE box SET fetched = fetched + 1 WHERE id = ?", (number,)))
        return bytes(found[0][0])

    def update(self, number, state):
        if state.upper() not in ("INITIAL", "PROCESSING", "DONE", "FAIL"):
            raise Wrong("10", "Sai trạng thái")
        self.write(("UPDATE box SET state = ? WHERE id = ?", (state.upper(), number)))
        return {"data": None}

    def put(self, kind, body):
        number = str(uuid.uuid4())
        self.write(("INSERT INTO box (id, type, body) VALUES (?,?,?)", (number, kind, body)))
        return number

    def keep(self, kind, facts, body):
        name = "|".join(str(facts[key]) for key in ("sender", "document", "kind", "status"))
        with self.lock:
            known = self.value("SELECT id FROM sent WHERE name = ?", name)
            if known:
                self.write(("UPDATE sent SET times = times + 1 WHERE id = ?", (known,)))
                return known
            number = str(uuid.uuid4())
            answers = self.answers(facts) if self.options.office else []
            self.write(("INSERT INTO sent (id, name, type, facts, body) VALUES (?,?,?,?,?)", (number, name, kind, json.dumps(facts, ensure_ascii=False), body)),
                       *(("INSERT INTO box (id, type, body) VALUES (?,?,?)", (str(uuid.uuid4()), one, text)) for one, text in answers))
            return number

    @staticmethod
    def answers(facts):
        if facts["status"] or facts["application"] != "MCDT_DT":
            return []
        if facts["kind"] != "0":
            return [("status", status_message(facts, "15", "Đồng ý"))]
        return [*(("status", status_message(facts, code, text)) for code, text in STATES), ("edoc", letter(facts))]


if __name__ == "__main__":
    system.serve(Axis(system.options(
        __doc__, ("--system-id", {"default": "vxp.mau.01", "help": "the system id that the hub was given"}),
        ("--secret", {"required": True, "help": "VXP: signs every request; LGSP: the X-SecretKey"}),
        ("--user", {"default": "hub", "help": "LGSP: user name"}), ("--password", {"default": "", "help": "LGSP: password"}),
        ("--token-life", {"type": float, "default": 1800, "help": "LGSP: seconds that a token lives"}),
        ("--units", {"nargs": "+", "required": True, "help": "identifiers that are registered"}),
        ("--office", {"action": "store_true", "help": "the iOffice answers each dossier by itself"}))))
