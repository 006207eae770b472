#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plans are generations: each is kept and recorded, one can go back, over a restart too, and a changed endpoint that fails more often than before goes back by itself."""
import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ENDPOINT = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
deliver_map = {map}
auth = bearer
token = bi-mat-trong-cau-hinh
retry_first = 50ms
retry_cap = 200ms
canary = 5
"""
GOOD = '{method: "POST", path: "/nhan", body: {id: .header.id}}'
CHANGED = '{method: "POST", path: "/nhan-moi", body: {id: .header.id}}'
BROKEN = '{method: "POST", path: "/nhan", body: {id: (.header.khongco.id | ltrimstr(1) | error("hong"))}}'


def history(hub):
    return [json.loads(line) for line in hub.run("plan", "history", "--json").stdout.splitlines()]


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def deliver(hub, sink, n):
    sent = []
    for _ in range(n):
        message, body = hub.seal()
        status = hub.post(body)[0]
        if status != 202:
            raise lab.Failed(f"an envelope was answered {status}")
        sent.append(message)
    lab.wait_for(lambda: all(message in sink.times for message in sent), 20, f"{n} deliveries")


def generations(tap, hub, sink, jq):
    rows = history(hub)
    tap.ok(len(rows) == 1 and rows[0]["origin"] == "start" and "+endpoint noi-nhan" in rows[0]["changes"], "the first start is generation 1", str(rows))
    hub.run("reload")
    tap.ok(len(history(hub)) == 1, "a reload that changes nothing makes no generation")
    write(jq, CHANGED)
    differs = hub.run("plan", "diff").stdout
    tap.ok("[endpoint noi-nhan]" in differs and "sha256 deliver_map" in differs, "plan diff shows a changed map before it is applied", differs)
    hub.run("plan", "apply")
    rows = history(hub)
    tap.ok(len(rows) == 2 and rows[0]["changes"] == "~endpoint noi-nhan", "a changed map is a new generation", str(rows))
    shown = hub.run("plan", "show", "1").stdout
    tap.ok("bi-mat-trong-cau-hinh" not in shown and "masked:" in shown, "what is kept holds no secret", shown)
    entries = [row[0] for row in hub.rows("SELECT entry FROM log") if b'"cfg.changed"' in row[0]]
    tap.ok(entries and b'"endpoint noi-nhan"' in entries[-1], "the log says what changed", str(entries[-1:]))
    deliver(hub, sink, 8)
    hub.run("plan", "rollback")
    rows = history(hub)
    tap.ok(rows[0]["generation"] == 3 and rows[0]["origin"] == "rollback" and rows[0]["was"] == 1, "going back is a generation, too", str(rows))
    deliver(hub, sink, 3)
    tap.ok(sink.paths[-1] == "/nhan", "the map of then is used although its file has changed since", str(sink.paths[-5:]))
    hub.run("reload")
    hub.stop()
    hub.must_start()
    deliver(hub, sink, 1)
    tap.ok(sink.paths[-1] == "/nhan" and len(history(hub)) == 3, "a reload and a restart keep what was gone back to", str(sink.paths[-3:]))
    again = hub.run("plan", "rollback", "3", check=False)
    tap.ok(again.returncode != 0 and "already" in again.stderr, "going back to what is in force is said to be nothing", again.stderr)
    hub.run("plan", "apply", "--again")
    deliver(hub, sink, 1)
    tap.ok(sink.paths[-1] == "/nhan-moi" and history(hub)[0]["generation"] == 4, "apply --again takes the files all the same")
    missing = hub.run("plan", "rollback", "99", check=False)
    tap.ok(missing.returncode != 0 and "99" in missing.stderr, "a generation that is not there is named", missing.stderr)


def canary(tap, hub, sink, jq):
    deliver(hub, sink, 6)
    before = len(history(hub))
    write(jq, BROKEN)
    hub.run("reload")
    sent = []
    for _ in range(4):
        message, body = hub.seal()
        hub.post(body)
        sent.append(message)
    lab.wait_for(lambda: history(hub)[0]["origin"] == "canary", 20, "the endpoint to go back by itself")
    rows = history(hub)
    tap.ok(len(rows) == before + 2, "the broken map went back by itself, as a generation", str(rows[:3]))
    lab.wait_for(lambda: all(message in sink.times for message in sent), 20, "what was held meanwhile")
    tap.ok(True, "what the broken map had held was released and delivered")
    tap.ok("it has gone back" in hub.read_log(), "the journal says so")
    write(jq, GOOD)
    hub.run("reload")
    deliver(hub, sink, 8)
    tap.ok(history(hub)[0]["origin"] == "reload" and sink.paths[-1] == "/nhan", "a change that works stays")


def main():
    tap = lab.Tap()
    sink = lab.Sink()
    sink.paths = []
    take = sink.take

    def note(body, path):
        sink.paths.append(path)
        take(body)

    handler = sink.server.RequestHandlerClass
    original = handler.do_POST

    def do_post(self):
        sink.take = lambda body: note(body, self.path)
        original(self)

    handler.do_POST = do_post
    hub = lab.Lab("")
    jq = os.path.join(hub.folder, "gui.jq")
    write(jq, GOOD)
    hub.write_config(ENDPOINT.format(port=sink.port, map=jq))
    try:
        hub.must_start()
        generations(tap, hub, sink, jq)
        canary(tap, hub, sink, jq)
        tap.ok(hub.stop() == 0, "the hub stops cleanly", hub.read_log()[-1500:])
    except lab.Failed as error:
        tap.ok(False, "the story came to its end", str(error) + "\n" + hub.read_log()[-1500:])
    finally:
        hub.stop(signal.SIGKILL)
        sink.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
