#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every resource of the HTTP API over a running hub: what it answers, to whom, what it leaves in the log, and what it never tells (S5, S15, S29, S31)."""
import concurrent.futures
import http.client
import json
import os
import re
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ECHO = """[endpoint goi-vao]
plugin = echo
units = H52.102
"""
HTTP_KEYS = "hour_messages = 60\n"
JSON = {"Content-Type": "application/json"}


def events(hub, name):
    return [json.loads(row[0]) for row in hub.rows("SELECT CAST(entry AS TEXT) FROM log ORDER BY idx") if f'"ev":"{name}"' in row[0]]


def read(answer):
    return json.loads(answer[1])


def check_health(tap, hub):
    tap.ok(hub.call("GET", "/healthz", unit=None)[:2] == (200, b"ok\n"), "it lives")
    tap.ok(read(hub.call("GET", "/readyz", unit=None)) == {"state": "ok"}, "it is ready")
    version = read(hub.call("GET", "/v1/version", unit=None))
    tap.ok(version["unit"] == lab.HUB and version["demo"] is True, "it says what it is")
    document = read(hub.call("GET", "/v1/openapi.json", unit=None))
    tap.ok(document["openapi"].startswith("3.1") and "/v1/envelopes" in document["paths"], "it describes itself")
    status, text, headers = hub.call("GET", "/metrics", unit=None)
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    good = all(re.fullmatch(r'[a-z_]+(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? [0-9.e+-]+', line) for line in lines)
    tap.ok(status == 200 and good and headers["Content-Type"].startswith("text/plain; version=0.0.4"), "figures are Prometheus text", str(lines[:3]))


def check_matrix(tap, hub):
    """A message from SENDER to PULLER: who may see what. Everybody else gets the same answer as for nothing at all."""
    message, body = hub.seal(receiver=lab.PULLER, dossier=(reference := str(uuid.uuid4())))
    tap.ok(hub.post(body)[0] == 202, "an envelope is accepted")
    item = read(hub.call("GET", "/v1/inbox", unit=lab.PULLER))["items"][0]
    tap.ok(item["id"] == message and item["from"] == lab.SENDER and item["dossier"] == reference, "it waits in the receiver's inbox")
    index = next(event["n"] for event in events(hub, "env.accepted") if event["id"] == message)
    name = f"{lab.SENDER}/{message}"
    places = ["/v1/envelopes/" + name, "/v1/receipts/" + name, "/v1/dossiers/" + item["code"], "/v1/dossiers/" + reference, f"/v1/log/entry/{index}", f"/v1/log/proof/{index}"]
    nothing = ["/v1/envelopes/" + lab.SENDER + "/" + message[:-1] + ("0" if message[-1] != "0" else "1"), "/v1/dossiers/" + str(uuid.uuid4()), "/v1/log/entry/999999",
               "/v1/dossiers/H52.101-261123-99999", "/v1/receipts/H52/" + message, "/v1/log/proof/0", "/v1/log/entry/-1", "/v1/log/entry/01", "/v1/envelopes/x/y"]
    for place in places:
        statuses = [hub.call("GET", place, unit=unit)[0] for unit in (lab.SENDER, lab.PULLER, lab.RECEIVER, None)]
        tap.ok(statuses == [200, 200, 404, 401], f"{re.sub('[0-9a-f-]{36}', 'ID', place)}: sender and receiver see it, another unit does not, nobody is asked who he is", str(statuses))
    for place in nothing:
        tap.ok(all(hub.call("GET", place, unit=unit)[0] == 404 for unit in (lab.SENDER, lab.RECEIVER)), f"nothing at {re.sub('[0-9a-f-]{36}', 'ID', place)}: 404")
    foreign, missing = hub.call("GET", places[0], unit=lab.RECEIVER), hub.call("GET", nothing[0], unit=lab.RECEIVER)
    tap.ok({**read(foreign), "id": ""} == {**read(missing), "id": ""}, "what is another's reads like what is not there", str((foreign[1], missing[1])))
    tap.ok(hub.call("GET", places[0])[1] == body, "the container comes back byte for byte")
    return message, reference, name


def check_traces(tap, hub, reference):
    reads = [(event["actor"], event["what"]) for event in events(hub, "read.dossier") if event["d"] == reference]
    tap.ok(reads.count((lab.SENDER, "view")) == 2 and reads.count((lab.PULLER, "view")) == 2, "each look at the dossier is in the log", str(reads))
    tap.ok((lab.PULLER, "download") in reads and not [actor for actor, _ in reads if actor == lab.RECEIVER], "each download, too; what was refused is not a look")


def check_inbox(tap, hub, name):
    ack = f"/v1/inbox/{name}/ack"
    tap.ok(hub.call("POST", ack, unit=lab.RECEIVER)[0] == 404 and hub.call("POST", ack, unit=lab.SENDER)[0] == 404, "only the receiver acknowledges")
    tap.ok([hub.call("POST", ack, unit=lab.PULLER)[0] for _ in range(2)] == [204, 204], "twice is no error")
    tap.ok(read(hub.call("GET", "/v1/inbox", unit=lab.PULLER))["items"] == [], "and the inbox is empty")
    for _ in range(7):
        hub.post(hub.seal(receiver=lab.PULLER)[1])
    seen, after = [], ""
    while items := (page := read(hub.call("GET", "/v1/inbox?limit=3" + after, unit=lab.PULLER)))["items"]:
        seen += [item["id"] for item in items]
        after = "&after=" + page["next"]
    tap.ok(len(seen) == len(set(seen)) == 7, "pages hold each message once", str(len(seen)))
    bad = ["limit=x", "limit=501", "after=-1", "after=1&x=2", "limit=%31%00"]
    statuses = [hub.call("GET", "/v1/inbox?" + query, unit=lab.PULLER)[0] for query in bad]
    tap.ok(statuses == [400] * len(bad), "other parameters are refused", str(statuses))


def check_log(tap, hub):
    note = hub.call("GET", "/v1/log/checkpoint")[1].decode()
    size = int(note.splitlines()[1])
    tap.ok(note.startswith(f"hub.{lab.HUB}/") and size > 20, "the checkpoint is a signed note")
    rows = [("?old=1&new=2", 200), (f"?old={size}", 200), (f"?old=3&new={size}", 200), ("?old=0&new=2", 422), ("?old=3&new=2", 422), ("?old=1&new=999999", 422), ("?old=x", 400), ("", 422)]
    for query, status in rows:
        answer = hub.call("GET", "/v1/log/consistency" + query)
        tap.ok(answer[0] == status, f"consistency{query}: {status}", repr(answer[1][:100]))


def check_answers(tap, hub):
    garbage = b"PK\x03\x04" + b"<script>alert('Nguyen Van A')</script>" * 20
    status, text, headers = hub.post(garbage)
    problem = json.loads(text)
    tap.ok(status == 422 and headers["Content-Type"] == "application/problem+json" and problem["code"].startswith("env.zip."), "garbage has its code", repr(text))
    tap.ok("script" not in text.decode() and str(hub.folder) not in text.decode(), "nothing of it comes back")
    entry = next(event for event in events(hub, "env.refused") if event["n"] == problem["ref"])
    tap.ok(entry["code"] == problem["code"] and entry["size"] == len(garbage), "and `ref` is its place in the log")
    english = read(hub.call("GET", "/v1/nothing", headers={"Accept-Language": "en"}))
    vietnamese = read(hub.call("GET", "/v1/nothing"))
    tap.ok(english["title"] == english["title_en"] and vietnamese["title"] == vietnamese["title_vi"], "the title is in the language that was asked for; Vietnamese first")
    status, _, headers = hub.call("DELETE", "/v1/envelopes")
    tap.ok(status == 405 and headers["Allow"] == "POST", "another method: 405 and Allow")
    codes = [hub.call("GET", "/v1/dossiers/" + path)[0] for path in ("%27%20OR%201=1", "%F0%9F%98%80", "x" * 3000, "%E2%80%AE")]
    tap.ok(codes == [404] * 4, "odd names of dossiers are just unknown", str(codes))


def check_receive(tap, hub):
    path = "/v1/endpoints/goi-vao/a/b"
    answer = hub.call("POST", path, b"<xin chao/>", lab.RECEIVER, {"Content-Type": "application/xml"})
    tap.ok(answer[0] == 200 and b"xin chao" in answer[1], "an outside system reaches the plugin of its own endpoint", repr(answer[:2]))
    tap.ok(hub.call("POST", path, b"x", lab.SENDER, {"Content-Type": "application/xml"})[0] == 404, "another unit does not")
    tap.ok(hub.call("POST", "/v1/endpoints/khac/a", b"x", lab.RECEIVER)[0] == 404, "nor an endpoint that is not there")
    tap.ok(hub.call("POST", path, b"x" * (17 << 20), lab.RECEIVER, {"Content-Type": "text/plain"})[0] == 413, "17 MiB are too much")


def check_operator(tap, hub, reference):
    units = read(hub.call("GET", "/v1/admin/units", unit=None))
    tap.ok({unit["id"] for unit in units["units"]} == {lab.HUB, lab.SENDER, lab.RECEIVER, lab.PULLER}, "the register is listed")
    rows = [
        ("/v1/admin/units", {"units": [{"id": "H52.9"}]}, 422, "http.json"),
        ("/v1/admin/units", {"units": [{"id": "H52.9", "name": "a", "level": "commune", "valid_from": "2020-01-01", "parent": "khong-co"}]}, 422, None),
        ("/v1/admin/units", {"unit": []}, 422, None),
        ("/v1/admin/units", {"things": [{"a": "b"}]}, 422, "http.json"),
        ("/v1/admin/units/H52.999/keys", {"use": "tls", "spki": "0" * 64}, 404, None),
        (f"/v1/admin/units/{lab.SENDER}/keys", {"use": "both", "spki": "0" * 64}, 422, "http.json"),
        (f"/v1/admin/units/{lab.SENDER}/keys", {"use": "tls", "spki": "xyz"}, 422, "http.json"),
        (f"/v1/admin/units/{lab.SENDER}/keys", {"use": "tls", "certificate": "xyz"}, 422, None),
        (f"/v1/admin/units/{lab.SENDER}/tokens", {"until": "tomorrow"}, 422, "http.json"),
        (f"/v1/admin/units/{lab.SENDER}/tokens", {"until": "2020-01-01T00:00:00Z"}, 422, "http.json"),
    ]
    for path, body, status, code in rows:
        answer = hub.call("POST", path, json.dumps(body), None, JSON)
        good = answer[0] == status and (code is None or read(answer)["code"] == code) if body != {"unit": []} else answer[0] in (200, 422)
        tap.ok(good, f"refused: {path} {list(body)}", repr(answer[:2]))
    tap.ok(len(read(hub.call("GET", "/v1/admin/units", unit=None))["units"]) == 4, "and nothing of it is kept")
    made = read(hub.call("POST", f"/v1/admin/units/{lab.SENDER}/tokens", b"{}", None, JSON))
    bearer = {"Authorization": "Bearer " + made["token"]}
    tap.ok(hub.call("GET", "/v1/inbox", unit=None, headers=bearer)[0] == 200, "a new token counts at once")
    retire = f"/v1/admin/units/{lab.SENDER}/tokens/{made['id']}/retire"
    tap.ok(hub.run("unit", "token", "retire", lab.SENDER, made["id"], check=False).returncode == 0, "an operator ends a token through the running hub")
    tap.ok(hub.call("GET", "/v1/inbox", unit=None, headers=bearer)[0] == 401, "a token that was ended counts no more")
    tap.ok(hub.call("POST", retire, b"", unit=None)[0] == 404, "and cannot be ended twice")
    dossier = read(hub.call("GET", "/v1/admin/dossiers/" + reference, unit=None))
    tap.ok(dossier["reference"] == reference and len(dossier["events"]) >= 2, "the operator sees a dossier's way")
    tap.ok((lab.HUB, "view") in [(event["actor"], event["what"]) for event in events(hub, "read.dossier")], "and that is recorded, too")
    endpoints = read(hub.call("GET", "/v1/admin/endpoints", unit=None))["items"]
    tap.ok([entry["endpoint"] for entry in endpoints if entry["endpoint"] == "goi-vao"] == ["goi-vao"], "endpoints are listed", str(endpoints))
    tap.ok(hub.call("POST", "/v1/admin/deliveries/1/release", unit=None)[0] == 404, "no such delivery: 404")
    listing = read(hub.call("GET", "/v1/admin/deliveries?state=delivered", unit=None))["items"]
    tap.ok(len(listing) == 1 and listing[0]["dossier"] == reference, "deliveries are listed by state", str(len(listing)))


def check_guessing(tap, hub):
    """S15: ids are random, so guessing finds nothing, and a thousand tries cost the hub next to nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=20)
    headers = {"Authorization": "Bearer " + hub.tokens[lab.RECEIVER]}
    found = 0
    begun = time.monotonic()
    for _ in range(1000):
        connection.request("GET", f"/v1/dossiers/{uuid.uuid4()}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        found += answer.status != 404
    connection.close()
    tap.ok(found == 0, f"1,000 guessed references find nothing ({time.monotonic() - begun:.1f} s on one connection)")


def peak_memory_kb(hub):
    with open(f"/proc/{hub.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))


def check_large(tap, hub):
    """Attachments go to disk while they arrive; they never lie in memory whole."""
    envelopes = [hub.seal(receiver=lab.SENDER, sender=lab.RECEIVER, attachments=[("evidence", "application/pdf", os.urandom(20 << 20))])[1] for _ in range(6)]
    hub.post(hub.seal(receiver=lab.SENDER, sender=lab.RECEIVER)[1], unit=lab.RECEIVER)
    before = peak_memory_kb(hub)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda body: hub.post(body, unit=lab.RECEIVER, timeout=120)[0], envelopes))
    grown = (peak_memory_kb(hub) - before) / 1024
    tap.ok(statuses == [202] * 6, "six envelopes of 20 MB at once are accepted", str(statuses))
    sanitized = b"__asan_init" in (binary := open(lab.LTHUB, "rb").read()) or b"__tsan_init" in binary
    tap.ok(grown < 64 or sanitized, f"and cost {grown:.0f} MiB of memory (limit 64)")
    item = read(hub.call("GET", "/v1/inbox", unit=lab.SENDER))["items"][1]
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=60)
    connection.request("GET", f"/v1/envelopes/{item['from']}/{item['id']}", headers={"Authorization": "Bearer " + hub.tokens[lab.SENDER]})
    body = connection.getresponse().read()
    connection.close()
    tap.ok(body in envelopes, "a large one comes back byte for byte")
    grown = (peak_memory_kb(hub) - before) / 1024
    tap.ok(grown < 64 or sanitized, f"at {grown:.0f} MiB")


def check_quota(tap, hub):
    statuses = []
    for _ in range(70):
        status, text, headers = hub.post(hub.seal(receiver=lab.SENDER, sender=lab.PULLER)[1], unit=lab.PULLER)
        statuses.append(status)
    problem = json.loads(text)
    tap.ok(statuses.count(202) == 60 and problem["code"] == "env.quota" and 0 < int(headers["Retry-After"]) <= 3600,
           "over the unit's quota: 503 env.quota and when to come again", str((statuses.count(202), problem)))


def main():
    tap = lab.Tap()
    hub = lab.Lab()
    hub.write_config(HTTP_KEYS + "\n" + ECHO, routes="[route hop-thu]\nendpoints = inbox\n")
    try:
        hub.must_start()
        check_health(tap, hub)
        _, reference, name = check_matrix(tap, hub)
        check_traces(tap, hub, reference)
        check_inbox(tap, hub, name)
        check_log(tap, hub)
        check_answers(tap, hub)
        check_receive(tap, hub)
        check_operator(tap, hub, reference)
        check_guessing(tap, hub)
        check_large(tap, hub)
        check_quota(tap, hub)
        tap.ok(hub.stop() == 0, "a clean stop")
        secrets = [token.split(".")[1] for token in hub.tokens.values()]
        tap.ok(not [secret for secret in secrets if secret in hub.read_log()], "no token is in the journal")
    finally:
        hub.stop()
    tap.exit()


if __name__ == "__main__":
    main()
