#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When a system goes down, one alert begins and one ends, with a count and a dossier's code, in the journal and at an endpoint of its own; status says the same."""
import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ENDPOINTS = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
retry_first = 50ms
retry_cap = 100ms
breaker_failures = 3
breaker_rest = 200ms

[endpoint bao-dong]
plugin = rest
url = http://127.0.0.1:{alerts}
allowed_addresses = 127.0.0.1
deliver_map = {map}
"""


def main():
    tap = lab.Tap()
    sink, bell = lab.Sink(), lab.Sink()
    heard = []
    bell.answer = lambda body: heard.append(json.loads(body)) or (200, b"{}", {})
    hub = lab.Lab("")
    jq = os.path.join(hub.folder, "bao-dong.jq")
    with open(jq, "w", encoding="utf-8") as out:
        out.write('{method: "POST", path: "/tin", body: .payload}')
    hub.write_config(ENDPOINTS.format(port=sink.port, alerts=bell.port, map=jq), hub_extra="alerts = bao-dong\n")
    try:
        hub.must_start()
        sink.status = 503
        sent = []
        for _ in range(8):
            message, body = hub.seal()
            hub.post(body)
            sent.append(message)
        lab.wait_for(lambda: heard, 20, "the alert")
        tap.ok(heard[0]["state"] == "trouble" and heard[0]["endpoint"] == "noi-nhan" and heard[0]["reason"] == "http.503", "one alert begins", str(heard))
        tap.ok(heard[0]["count"] >= 1 and heard[0]["code"].startswith("H52.101-"), "it has a count and a dossier's code", str(heard[0]))
        status = hub.run("endpoint", "status", "noi-nhan", "--json", check=False)
        row = json.loads(status.stdout)
        tap.ok(status.returncode in (0, 1) and row["breaker"] in ("open", "probing") and int(row["failed_5min"]) >= 3, "status says the same", status.stdout)
        sink.status = 200
        lab.wait_for(lambda: all(message in sink.times for message in sent), 20, "all deliveries")
        lab.wait_for(lambda: len(heard) >= 2, 20, "the alert that ends it")
        tap.ok([alert["state"] for alert in heard] == ["trouble", "ended"], "one alert ends it, and there are no others", str(heard))
        log = hub.read_log()
        tap.ok(log.count("trouble begins") == 1 and log.count("trouble has ended") == 1, "the journal has both, once", log[-1500:])
        listed = [json.loads(line) for line in hub.run("endpoint", "list", "--json").stdout.splitlines()]
        tap.ok({row["endpoint"] for row in listed} == {"noi-nhan", "bao-dong"}, "list has both endpoints", str(listed))
        tap.ok(hub.stop() == 0, "the hub stops cleanly", hub.read_log()[-1500:])
        stopped = hub.run("endpoint", "list")
        tap.ok("on disk" in stopped.stderr, "without a hub, list says so", stopped.stderr)
    except lab.Failed as error:
        tap.ok(False, "the story came to its end", str(error) + "\n" + hub.read_log()[-1500:])
    finally:
        hub.stop(signal.SIGKILL)
        sink.close()
        bell.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
