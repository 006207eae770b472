#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: refused cleanly, nothing acknowledged is lost, and everything goes on when space returns.

The store lies on a small tmpfs (root only; else the test says SKIP). First the reserve is reached, then, without a reserve, the writes themselves fail.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

SIZE = 24 << 20


def fill(folder, leave):
    """Writes a file so that about `leave` bytes stay free."""
    path = os.path.join(folder, "filler")
    left = os.statvfs(folder)
    want = left.f_bavail * left.f_frsize - leave
    with open(path, "wb") as out:
        out.write(b"\0" * max(want, 0))
    return path


def send_all(hub, envelopes):
    """Posts each once: (acknowledged ids, {status: count})."""
    acknowledged, seen = {}, {}
    for message, body in envelopes:
        status, answer, _ = hub.post(body)
        seen[status] = seen.get(status, 0) + 1
        if status in (200, 202):
            acknowledged[message] = body
        elif status == 503 and b"env.store.full" not in answer and b"env.busy" not in answer:
            seen["odd"] = answer
    return acknowledged, seen


def check_kept(tap, hub, acknowledged, when):
    wrong = [message for message, body in acknowledged.items()
             if hub.call("GET", f"/v1/envelopes/{lab.SENDER}/{message}")[1] != body]
    tap.ok(not wrong, f"{when}: every acknowledged container comes back byte for byte", f"{len(wrong)} do not")


def stage(tap, folder, name, reserve, leave):
    hub = lab.Lab(store=os.path.join(folder, name), store_extra=f"reserve = {reserve}\n")
    try:
        hub.must_start()
        pdf = os.urandom(300_000)
        small = [hub.seal(receiver=lab.PULLER) for _ in range(20)]
        large = [hub.seal(receiver=lab.PULLER, attachments=[("evidence", "application/pdf", pdf + bytes([i]))]) for i in range(20)]
        before, _ = send_all(hub, small[:5] + large[:2])
        tap.ok(len(before) == 7, f"{name}: with space all is taken")
        filler = fill(folder, leave)
        time.sleep(1.2)
        during, seen = send_all(hub, large[2:12] + small[5:15])
        tap.note(f"{name}: full disk answered {seen}")
        tap.ok(seen.get(503, 0) > 0 and "odd" not in seen and set(seen) <= {202, 503}, f"{name}: what cannot be kept is refused with 503", str(seen))
        tap.ok(hub.process.poll() is None, f"{name}: the hub goes on running")
        if reserve != "0":  # without one a read cannot be recorded, so it is not answered either
            check_kept(tap, hub, {**before, **during}, name)
        os.unlink(filler)
        time.sleep(1.5)
        after, seen = send_all(hub, large[12:] + small[15:] + [item for item in large[2:12] + small[5:15] if item[0] not in during])
        tap.ok(set(seen) <= {202, 200}, f"{name}: with space again all is taken", str(seen))
        check_kept(tap, hub, {**before, **during, **after}, name + ", later")
        hub.stop()
        checked = hub.run("audit", "check", "--full", check=False)
        tap.ok(checked.returncode == 0, f"{name}: the audit log is whole", checked.stdout + checked.stderr)
    except lab.Failed as error:
        tap.ok(False, name, str(error) + "\n" + hub.read_log()[-1500:])
    finally:
        hub.stop(signal.SIGKILL)
        shutil.rmtree(hub.folder)
        shutil.rmtree(hub.store, ignore_errors=True)


def main():
    tap = lab.Tap()
    folder = tempfile.mkdtemp(prefix="lthub-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True, check=False).returncode == 0
    if not mounted:
        print("1..0 # SKIP disk-full: a small tmpfs cannot be mounted here (needs root)")
        os.rmdir(folder)
        sys.exit(0)
    try:
        stage(tap, folder, "reserve", "4M", 2 << 20)
        stage(tap, folder, "no-reserve", "0", 200 << 10)
    finally:
        subprocess.run(["umount", folder], check=False)
        os.rmdir(folder)
    tap.exit()


if __name__ == "__main__":
    main()
