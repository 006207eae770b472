#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guide's way from nothing to the first delivery: its commands are read from docs/endpoints.md and docs/vi/diem-ket-noi.md, run as they stand, and counted."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("LTHUB_SOURCE", "."), "tests", "lib"))
import lab  # noqa: E402
import standin  # noqa: E402

GUIDES = ["docs/endpoints.md", "docs/vi/diem-ket-noi.md"]
MOST = 6


def commands_of(guide):
    """The commands of the block behind the mark; a line that goes on, and a file in <<'END' … END, belong to theirs."""
    with open(os.path.join(lab.SOURCE, guide), encoding="utf-8") as text:
        block = re.search(r"<!-- first delivery -->\n+```sh\n(.*?)```", text.read(), re.S)
    if not block:
        raise lab.Failed(f"{guide} has no first delivery")
    found, current, in_file = [], "", False
    for line in block[1].splitlines():
        if not current and (not line.strip() or line.startswith("#")):
            continue
        current += line + "\n"
        in_file = (in_file or "<<'END'" in line) and line != "END"
        if not in_file and not line.endswith("\\"):
            found.append(current)
            current = ""
    return found


def follow(tap, guide):
    commands = commands_of(guide)
    hub = lab.Lab(routes="\n[route he-thong]\nendpoints = @unit\n\n[route hop-thu]\nendpoints = inbox\n")
    archive = standin.StandIn("archive.py", os.path.join(hub.folder, "archive"), "--key", "khoa-kho-mau")
    try:
        hub.must_start()
        os.makedirs(os.path.join(hub.folder, "secrets"))
        with open(os.open(os.path.join(hub.folder, "secrets", "kho.key"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as key:
            key.write("khoa-kho-mau\n")
        environment = {**os.environ, "LTHUB_CONFIG": hub.config, "PATH": os.path.dirname(lab.LTHUB) + ":" + os.environ["PATH"], "LTHUB_PKI": hub.pki}
        for command in commands:
            ours = command.replace("127.0.0.1:18090", f"127.0.0.1:{archive.port}").replace("/etc/lthub", hub.folder)
            done = subprocess.run(["sh", "-ec", ours], env=environment, cwd=hub.folder, capture_output=True, text=True, check=False, timeout=60)
            tap.ok(done.returncode == 0, f"{guide}: {command.splitlines()[0][:70]}", (done.stdout + done.stderr)[-1500:])
        _, body = hub.seal()
        hub.post(body)
        lab.wait_for(lambda: archive.report()["kept"] >= 1 and hub.deliveries("delivered") + hub.deliveries("confirmed"), 15, "the archive keeps a dossier")
        tap.ok(len(commands) <= MOST, f"{guide}: the first dossier is delivered after {len(commands)} commands, at most {MOST}")
    finally:
        hub.stop()
        archive.stop()


def main():
    tap = lab.Tap()
    for guide in GUIDES:
        try:
            follow(tap, guide)
        except lab.Failed as error:
            tap.ok(False, f"{guide}: {error}")
    tap.exit()


main()
