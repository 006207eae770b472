#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Texts to citizens, with a whole hub: who agreed gets one, once, through every fault of the gateway; who asks with a code gets the state."""
import json
import os
import sys
import uuid

sys.path.insert(0, os.path.join(os.environ.get("LTHUB_SOURCE", "."), "tests", "lib"))
import lab  # noqa: E402
import standin  # noqa: E402
import faults  # noqa: E402  pylint: disable=wrong-import-order  (lab puts examples/systems on the path)

FAULTS = [mode for mode in faults.MODES if mode not in ("hang-headers", "hang-body", "endless", "error-body", "empty")]  # a plain 200 counts as taken
ENDPOINT = """
[endpoint tin-nhan]
plugin = sms
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
units = H52.103
sender = SONLA
auth = header
token = khoa-nhan-tin
quiet_from = 00:00
quiet_to = 00:00
timeout = 3s
max_reply = 1M
retry_first = 50ms
retry_cap = 400ms
breaker_failures = 1000
"""
ROUTES = "\n[route tin-nhan]\nkind = dossier.submit;dossier.status\nendpoints = inbox;tin-nhan\n\n[route hop-thu]\nendpoints = inbox\n"


def submit(hub, **more):
    dossier = str(uuid.uuid4())
    code = f"{lab.SENDER}-261123-{hub.seq + 1:05d}"
    payload = {"MaHoSo": code, "MaTTHC": "2.000635", "TenTTHC": "Đăng ký lại khai sinh", "ChuHoSo": "Nguyễn Văn A", "LoaiDoiTuong": 1,
               "NgayTiepNhan": "2026-11-23T08:00:00+07:00", **more}
    hub.post(hub.seal(payload=payload, dossier=dossier)[1])
    return code, dossier


def tell(hub, code, dossier, state):
    hub.post(hub.seal(kind="dossier.status", dossier=dossier, payload={"MaHoSo": code, "TrangThaiHoSo": state, "ThoiDiemXuLy": "2026-11-23T09:30:00+07:00"})[1])


def waiting(hub):
    return [one for one in hub.deliveries("waiting") if one["endpoint"] == "tin-nhan"]


def story(tap, hub, gateway):
    agreed = {"SoDienThoai": "0912 345 678", "ThongTinKhac": {"NhanTinNhan": True}}
    code, dossier = submit(hub, **agreed)
    lab.wait_for(lambda: len(gateway.report()["texts"]) == 1, 10, "the first text")
    text = gateway.report()["texts"][0]
    tap.ok(text == {"to": "84912345678", "text": f"Ho so {code} da duoc tiep nhan.", "encoding": "gsm7", "segments": 1}, "who agreed is told that it was taken in", str(text))
    submit(hub, SoDienThoai="0912345679")
    tell(hub, code, dossier, 4)
    tell(hub, code, dossier, 9)
    lab.wait_for(lambda: len(gateway.report()["texts"]) == 2, 10, "the text of the result")
    tap.ok("da co ket qua" in gateway.report()["texts"][1]["text"], "a state of which nobody wants to hear sends none, the next one does")
    for mode in FAULTS:
        before = len(gateway.report()["texts"])
        gateway.fault(mode, 1, "/send")
        submit(hub, **agreed)
        lab.wait_for(lambda: not waiting(hub), 20, "nothing waits")
        tap.ok(len(gateway.report()["texts"]) == before + 1 and not hub.deliveries("held"), f"a gateway with the fault {mode} sends the text, once")
        gateway.fault(None)
    gateway.process.terminate()
    gateway.process.wait(10)
    submit(hub, **agreed)
    before_start = waiting(hub)
    gateway.start()
    lab.wait_for(lambda: not waiting(hub), 20, "nothing waits")
    tap.ok(len(before_start) == 1, "a gateway that was away gets the text when it is back")
    for asked, said in ((f"TC {code.lower()}", f"Ho so {code}: da co ket qua."), ("xin chao", "Khong tim thay ho so.")):
        status, body, _ = hub.call("POST", "/v1/endpoints/tin-nhan/tra-cuu", json.dumps({"from": "84912345678", "text": asked}), lab.PULLER,
                                   {"Content-Type": "application/json"})
        tap.ok(status == 200 and json.loads(body)["text"].startswith(said), f"the answer to a question: {said}", f"{status} {body}")
    tap.ok("912345678" not in hub.read_log(), "no number stands in the journal")


def main():
    tap = lab.Tap()
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lthub-sms-{uuid.uuid4().hex}")
    gateway = standin.StandIn("sms_gateway.py", folder, "--key", "khoa-nhan-tin")
    hub = lab.Lab(ENDPOINT.format(port=gateway.port), ROUTES)
    try:
        hub.must_start()
        story(tap, hub, gateway)
    except lab.Failed as error:
        tap.ok(False, str(error))
    finally:
        hub.stop()
        gateway.stop()
    tap.exit()


main()
