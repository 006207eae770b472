#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The portal in both forms, with a whole hub: a dossier's way to the portal, batches, sessions that end, every fault, filings that come in, lists."""
import json
import os
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.environ.get("LTHUB_SOURCE", "."), "tests", "lib"))
import lab  # noqa: E402
import standin  # noqa: E402
import faults  # noqa: E402  pylint: disable=wrong-import-order  (lab puts examples/systems on the path)

FAULTS = [mode for mode in faults.MODES if mode not in ("hang-headers", "hang-body", "endless")]
PORTAL = """
[endpoint cong]
plugin = portal
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
units = {units}
{form}
max_in_flight = 12
timeout = 3s
max_reply = 1M
retry_first = 50ms
retry_cap = 400ms
breaker_failures = 1000
"""
SESSION = """login_path = /forward/login
service_path = /forward/mc
dstcode = VN:GOV:000.00.00.G22:vpcpdvcprovider
username = sonla
password = mat-khau-mau
unit_code = 000.00.00.H52
portal_unit = H52.102
unit_codes = 000.00.03.H52=H52.103
catalogue = {folder}
collect_every = 1s
batch_wait = 200ms"""
TOKEN = "form = token\nclient_id = sonla\nclient_secret = mat-khau-mau"
ROUTES = """
[route cong]
to = H52.102
endpoints = cong

[route hop-thu]
endpoints = inbox
"""


def status(code, state, minute=30):
    return {"MaHoSo": code, "TrangThaiHoSo": state, "ThoiDiemXuLy": f"2026-11-23T09:{minute:02d}:00+07:00"}


class Story:
    def __init__(self, tap, form, *options):
        self.tap = tap
        folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lthub-portal-{uuid.uuid4().hex}")
        self.lists = os.path.join(folder, "lists")
        os.makedirs(self.lists)
        self.portal = standin.StandIn("dvcqg.py", os.path.join(folder, "portal"), *options)
        endpoint = PORTAL.format(port=self.portal.port, form=form.format(folder=self.lists), units="H52.102")
        self.hub = lab.Lab(endpoint, ROUTES, hub_extra="workers = 16\n")
        self.hub.must_start()

    def close(self):
        self.hub.stop()
        self.portal.stop()

    def send(self, kind="dossier.submit", payload=None, dossier=None, **more):
        message, body = self.hub.seal(lab.RECEIVER, kind, payload, dossier=dossier, **more)
        answer = self.hub.post(body)[0]
        if answer not in (200, 202):
            raise lab.Failed(f"the hub answers {answer}")
        return message

    def submit(self):
        """A dossier; returns its code and reference."""
        dossier = str(uuid.uuid4())
        self.send(dossier=dossier)
        return f"{lab.SENDER}-261123-{self.hub.seq:05d}", dossier

    def quiet(self, seconds=30):
        """Until nothing waits any more."""
        lab.wait_for(lambda: not self.hub.deliveries("waiting"), seconds, "deliveries are done")

    def state(self, code):
        return self.portal.report()["dossiers"].get(code, {}).get("state")


def tell_session(tap):
    story = Story(tap, SESSION, "--uses", "7")
    try:
        code, dossier = story.submit()
        lab.wait_for(lambda: story.state(code) == "2", 10, "the portal has the dossier")
        tap.ok(True, "a dossier is looked up, added and its progress told")
        story.send("dossier.status", status(code, 4), dossier)
        lab.wait_for(lambda: story.state(code) == "4", 10, "the portal has its state")
        tap.ok(True, "a state follows")
        rating = {**status(code, 4, 31), "ThongTinKhac": {"DanhGia": {"MucDo": 5}}}
        story.send("dossier.status", rating, dossier)
        lab.wait_for(lambda: story.portal.report()["ratings"] == 1, 10, "the portal has the rating")
        tap.ok(True, "a rating is carried on")
        batches(story)
        each_fault(story)
        poison(story)
        filing(story)
        lists = os.path.join(story.lists, "LayDanhSachTTHC.json")
        lab.wait_for(lambda: os.path.exists(lists), 10, "the lists are laid down")
        with open(lists, encoding="utf-8") as given:
            tap.ok([one["MaTTHC"] for one in json.load(given)] == ["2.000635", "1.004222"], "the portal's lists are laid down as files")
        tap.ok("phien" not in story.hub.read_log(), "no session stands in the journal")
    finally:
        story.close()


def batches(story):
    """Many states at once go in few requests, none over ten, and the session ends on the way again and again."""
    dossiers = [story.submit() for _ in range(30)]
    story.quiet()
    before = len(story.portal.report()["batches"])
    for code, dossier in dossiers:
        story.send("dossier.status", status(code, 4), dossier)
    story.quiet()
    sizes = story.portal.report()["batches"][before:]
    story.tap.note(f"30 states went in batches of {sizes}")
    story.tap.ok(sum(sizes) == 30 and max(sizes) <= 10 and len(sizes) < 30, "states go in batches of at most ten", str(sizes))
    story.tap.ok(all(story.state(code) == "4" for code, _ in dossiers), "each dossier has its state, through sessions that end after seven calls")


def each_fault(story):
    """The portal goes wrong in each way, at the sign-in and at the services; every dossier gets there, once."""
    for mode in FAULTS:
        story.portal.call("POST", "/desk/expire", {})
        story.portal.fault(mode, 1, "/forward/login")
        code, _ = story.submit()
        story.quiet()
        at_login = story.state(code)
        story.portal.fault(mode, 2, "/forward/mc")
        other, _ = story.submit()
        story.quiet()
        if mode == "error-body":
            refused_in_words(story)
            story.portal.fault(None, 0)
            continue
        failed = [one for one in story.hub.deliveries("held") + story.hub.deliveries("refused") if one["code"] in (code, other)]
        story.tap.ok(at_login == "2" and story.state(other) == "2" and not failed, f"a portal with the fault {mode} loses nothing",
                     f"{at_login}, {story.state(other)}, {failed}")
        story.portal.fault(None, 0)


def refused_in_words(story):
    """200 and an error code: at the sign-in a person must look, at a service it is a refusal. Released, all goes on."""
    held, refused = story.hub.deliveries("held"), story.hub.deliveries("refused")
    story.tap.ok([one["reason"] for one in held] == ["portal.login"] and [one["reason"] for one in refused] == ["portal.code.99"],
                 "an error in the portal's words has its own fate", f"{held} {refused}")
    for one in held + refused:
        story.hub.run("delivery", "release" if one in held else "show", str(one["delivery"]))
    story.quiet()


def poison(story):
    """A state of a dossier that the portal does not know refuses its batch; its neighbours are told all the same."""
    before = len(story.hub.deliveries("refused"))
    dossiers = [story.submit() for _ in range(5)]
    story.quiet()
    for i, (code, dossier) in enumerate(dossiers):
        story.send("dossier.status", status(code, 9), dossier)
        if i == 2:
            story.send("dossier.status", status("H52.101-261123-99999", 9), str(uuid.uuid4()))
    story.quiet()
    refused = story.hub.deliveries("refused")
    story.tap.ok(len(refused) == before + 1 and all(story.state(code) == "9" for code, _ in dossiers), "one bad dossier refuses no other of its batch", str(refused))


def filing(story):
    dossier = {"MaHoSo": "G22.1-261123-0007", "MaTTHC": "2.000635", "TenTTHC": "Đăng ký lại khai sinh", "ChuHoSo": "Nguyễn Văn A", "LoaiDoiTuong": "1",
               "NgayNopHoSo": "20261123160230", "DonViXuLy": "000.00.03.H52"}
    call = lambda body, unit: story.hub.call("POST", "/v1/endpoints/cong/nhanhsdvcqg", json.dumps(body), unit, {"Content-Type": "application/json"})
    answers = [call({"data": [dossier]}, lab.RECEIVER) for _ in range(2)]
    story.tap.ok([json.loads(body)["error_code"] for _, body, _ in answers] == ["00", "00"], "a filing is answered in the portal's words, twice the same")
    kept = story.hub.rows("SELECT count(*) FROM message WHERE sender = (SELECT sender FROM message WHERE type = 'dossier.submit' ORDER BY row DESC LIMIT 1)")[0][0]
    items = json.loads(story.hub.call("GET", "/v1/inbox", unit=lab.PULLER)[1])["items"]
    story.tap.ok([item["type"] for item in items] == ["dossier.submit"] and kept == 1, "it lies in the inbox of the office, once", f"{items} {kept}")
    bad = json.loads(call({"data": [{**dossier, "NgayNopHoSo": "hôm nay"}]}, lab.RECEIVER)[1])
    stranger = call({"data": [dossier]}, lab.SENDER)[0]
    story.tap.ok(bad["error_code"] == "-1" and stranger == 404, "a broken filing and a stranger are turned away", f"{bad} {stranger}")


def tell_token(tap):
    story = Story(tap, TOKEN, "--uses", "5")
    try:
        payload = {"MaHoSo": "H52.101-261123-70001", "MaTTHC": "1.005129", "TenTTHC": "Thủ tục mẫu", "ChuHoSo": "Nguyễn Văn A", "LoaiDoiTuong": 2,
                   "NgayTiepNhan": "2026-11-23T08:00:00+07:00", "TaiLieuNop": [{"TepDinhKemId": "att/0001", "TenTepDinhKem": "đơn.pdf"}]}
        dossier = str(uuid.uuid4())
        story.send(payload=payload, dossier=dossier, attachments=[("form", "application/pdf", b"%PDF-1.4 mau")])
        lab.wait_for(lambda: story.state(payload["MaHoSo"]) == "2", 10, "the portal has the dossier")
        tap.ok(story.portal.report()["files"] == 1, "in the form of 2026 papers are uploaded, the dossier made, progress and state told")
        for i, mode in enumerate(FAULTS):
            if mode == "error-body":
                continue
            story.portal.fault(mode, 2)
            story.send("dossier.status", status(payload["MaHoSo"], 4 + i % 2, i), dossier)
            story.quiet()
        tap.ok(not story.hub.deliveries("held") and not story.hub.deliveries("refused"), "no fault loses a state",
               str(story.hub.deliveries("held") + story.hub.deliveries("refused")))
        tap.ok(story.portal.report()["progress"] == len(FAULTS), "each state is told once", str(story.portal.report()))
        code = {**payload, "MaHoSo": "H52.101-261123-70002", "LoaiDoiTuong": 3, "TaiLieuNop": []}
        story.send(payload=code)
        story.quiet()
        tap.ok([one["reason"] for one in story.hub.deliveries("refused")] == ["portal.code"], "what the form cannot say is refused with its reason")
    finally:
        story.close()


def main():
    tap = lab.Tap()
    began = time.monotonic()
    try:
        tell_session(tap)
        tell_token(tap)
    except lab.Failed as error:
        tap.ok(False, str(error))
    tap.note(f"{time.monotonic() - began:.1f} s")
    tap.exit()


main()
