#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A plan is swapped whole or not at all: under load a broken one is refused with every reason, a good one takes over, and no message is lost between them."""
import os
import shutil
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

ENDPOINT = """[endpoint noi-nhan]
plugin = rest
units = H52.102
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
form = envelope
path = /nhan
retry_first = 50ms
"""
BROKEN = """[endpoint noi-nhan]
plugin = rest
units = H52.102
urll = http://127.0.0.1:1
form = envelop

[endpoint khac]
plugin = khong-co
"""


def held(tap, hub):
    """A unit is suspended and resumed while the hub runs; a change of the register that is wrong is the asker's fault."""
    hub.run("unit", "suspend", lab.SENDER, "--basis", "CV 12/TTDL")
    status, answer, _ = hub.post(hub.seal()[1])
    tap.ok(status == 403 and b'"env.peer.suspended"' in answer, "a suspended unit gets 403 env.peer.suspended", f"{status} {answer!r}")
    tap.ok("CV 12/TTDL" in hub.run("unit", "show", lab.SENDER).stdout, "unit show says why")
    hub.run("unit", "resume", lab.SENDER)
    tap.ok(hub.post(hub.seal()[1])[0] == 202, "resumed, it sends again")
    tap.ok(hub.run("unit", "resume", lab.SENDER, check=False).returncode == 1, "a unit that is not suspended cannot be resumed")
    status, answer, _ = hub.operator("POST", "/v1/admin/units", {"units": [{"id": "H52.7", "name": "Xã", "level": "commune", "valid_from": "2020-01-01",
                                                                          "parent": "H52.none"}]})
    tap.ok(status == 422 and b'"registry.faults"' in answer, "a register that would be wrong is refused with 422 and its code", f"{status} {answer!r}")


def main():
    tap = lab.Tap()
    old, new = lab.Sink(), lab.Sink()
    hub = lab.Lab(ENDPOINT.format(port=old.port))
    try:
        hub.must_start()
        envelopes = [hub.seal() for _ in range(60)]
        statuses = []
        sender = threading.Thread(target=lambda: statuses.extend(hub.post(body)[0] for _, body in envelopes))
        sender.start()
        hub.write_config(BROKEN)
        done = hub.run("reload", check=False)
        text = done.stdout + done.stderr
        tap.ok(done.returncode != 0, "a broken plan is refused")
        tap.ok(all(word in text for word in ("urll", "envelop", "khong-co")), "all reasons are printed at once", text)
        checked = hub.run("check", check=False)
        tap.ok(checked.returncode == 1 and "urll" in checked.stdout, "lthub check says the same before", checked.stdout)
        hub.write_config(ENDPOINT.format(port=new.port))
        tap.ok(hub.run("reload", check=False).returncode == 0, "a good plan is taken")
        sender.join()
        tap.ok(set(statuses) == {202}, "all messages were accepted meanwhile", str(set(statuses)))
        lab.wait_for(lambda: len(set(old.times) | set(new.times)) == len(envelopes), 20, "all deliveries")
        tap.ok(True, f"all were delivered: {len(old.times)} under the old plan, {len(new.times)} under the new")
        message, body = hub.seal()
        hub.post(body)
        lab.wait_for(lambda: message in new.times, 10, "the new plan to be used")
        tap.ok(True, "what comes now goes by the new plan")
        for _ in range(30):
            hub.run("reload")
        tap.ok(hub.process.poll() is None, "thirty reloads in a row")
        told = lambda: len(hub.rows("SELECT idx FROM log WHERE CAST(entry AS TEXT) LIKE '%\"crl.updated\"%'"))  # noqa: E731
        tap.ok(told() == 1, "a revocation list is told once, however often it is loaded", str(told()))
        hub.run("pki", "crl", hub.pki)
        hub.run("reload")
        tap.ok(told() == 2, "a new one is told when it comes into force", str(told()))
        hub.post(hub.seal()[1])
        sets = hub.rows("SELECT count(*), count(DISTINCT crl) FROM message")
        tap.ok(sets[0][1] == 2 and hub.rows("SELECT count(*) FROM crl") == [(2,)], "each message has the lists that were in force", str(sets))
        held(tap, hub)
        tap.ok(hub.stop() == 0, "the hub stops cleanly", hub.read_log()[-1500:])
    except lab.Failed as error:
        tap.ok(False, "the story came to its end", str(error) + "\n" + hub.read_log()[-1500:])
    finally:
        hub.stop(signal.SIGKILL)
        old.close()
        new.close()
        if tap.failed == 0:
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
