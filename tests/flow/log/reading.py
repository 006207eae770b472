#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who looks at a dossier's entries leaves a record first, whether a hub runs or not; who looks at the log alone leaves none."""
import os
import shutil
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position


def by_people(hub):
    """Entries that the hub's own work did not make: that goes on meanwhile."""
    return [line for line in entries(hub)[1] if not any(f'"ev":"{own}' in line for own in ("delivery.", "receipt.", "clock.", "hub.", "env.", "dossier."))]


def entries(hub, *arguments):
    done = hub.run("audit", "list", "--limit", "0", "--json", *arguments, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def reads(hub):
    return len(entries(hub, "--event", "read.dossier")[1])


def look(tap, hub, dossier, code, state):
    before = reads(hub)
    for name in (dossier, code):
        status, lines, text = entries(hub, "--dossier", name)
        tap.ok(status == 0 and any('"ev":"env.accepted"' in line for line in lines), f"{state}: a dossier is found by {name}", text)
        tap.ok('"ev":"read.dossier"' in lines[-1] and all(dossier in line or '"re_from"' in line for line in lines),
               f"{state}: what is shown ends with the reading itself", lines)
    tap.ok(reads(hub) == before + 2, f"{state}: each reading is recorded once", f"{before} → {reads(hub)}")
    status, lines, text = entries(hub, "--dossier", str(uuid.uuid4()))
    tap.ok(status == 1 and not lines, f"{state}: an unknown dossier is not shown", text)
    tap.ok(reads(hub) == before + 2, f"{state}: and leaves no record")
    size = len(by_people(hub))
    for verb in (["status"], ["check", "--full"], ["show", "0"], ["prove", "0"], ["consistency", "1"], ["checkpoint"]):
        done = hub.run("audit", *verb, check=False)
        tap.ok(done.returncode == 0, f"{state}: audit {verb[0]}", done.stdout + done.stderr)
    tap.ok(len(by_people(hub)) == size, f"{state}: looking at the log writes nothing")


def main():
    tap = lab.Tap()
    hub = None
    try:
        hub = lab.Lab()
        hub.must_start()
        dossier = str(uuid.uuid4())
        status, answer, _ = hub.post(hub.seal(receiver=lab.PULLER, dossier=dossier)[1])
        if status != 202:
            raise lab.Failed(f"{status} {answer[:200]!r}")
        code = f"{lab.SENDER}-261123-{hub.seq:05d}"
        look(tap, hub, dossier, code, "running")
        hub.stop()
        look(tap, hub, dossier, code, "stopped")
    except lab.Failed as error:
        tap.ok(False, "the hub took a message", str(error))
    finally:
        if hub is not None:
            hub.stop()
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
