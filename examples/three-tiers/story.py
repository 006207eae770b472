#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job, told as a story: dossiers travel commune → district → province and come home, through an outage and a crash.

Run by examples/demo.sh. Exits with 0 only when every dossier is home exactly once, but for the one that was planted to fail, and the audit log verifies.
"""
import argparse
import json
import os
import sys
import tempfile
import threading
import time

from province import COMMUNES, DISTRICTS, Failed, Province, call, wait_for

BOLD, DIM, OFF = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def say(text):
    print(f"{BOLD}{text}{OFF}", flush=True)


def table(header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for number, row in enumerate([header, *rows]):
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells))
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


class Story:
    def __init__(self, options, folder):
        self.options, self.count = options, options.dossiers
        self.province = Province(options.lthub, folder)
        self.names = {}
        self.codes, self.poison = [], None
        self.filing = threading.Thread(target=self.desk, daemon=True)
        self.started = 0.0

    # Reports of the systems

    def report(self, system):
        status, answer = call(self.province.systems[system].port, "GET", "/desk/report")
        if status != 200:
            raise Failed(f"{system} gave no report")
        return answer

    def home(self):
        return sum(unit["home"] for unit in self.report("xa")["units"])

    def accepted(self):
        return sum(unit["accepted"] for unit in self.report("xa")["units"])

    # Chapters

    def prepare(self):
        say("1. A sample province: keys, units, configuration")
        self.province.make_keys()
        self.province.add_systems()
        self.province.write_config()
        self.province.register_units()
        done = self.province.run("check")
        print("  " + done.stdout.strip().replace("\n", "\n  "))

    def file(self):
        say(f"2. {self.count} dossiers are filed at six communes; one of them is planted to fail at the district")
        self.started = time.monotonic()
        self.filing.start()

    def desk(self):
        """The communes' desks at work: filing goes on while the other chapters are told."""
        poison = self.count // 2
        status, answer = call(self.province.systems["xa"].port, "POST", "/desk/file", {"count": self.count, "poison": poison}, timeout=300)
        if status == 200:
            self.codes, self.poison = answer["codes"], answer["codes"][poison]

    def watch(self, until, what, seconds=120):
        def come():
            home = self.home()
            if sys.stdout.isatty():
                print(f"\r  accepted {self.accepted():4d}/{self.count}   home {home:4d}/{self.count}\033[K", end="", flush=True)
            return home >= until
        wait_for(come, seconds, what)
        if sys.stdout.isatty():
            print("\r\033[K", end="")

    def outage(self):
        say("3. The district of Thuận Châu goes down for two seconds; what is for it waits, everything else goes on")
        wait_for(lambda: self.accepted() >= max(1, self.count // 10), 60, "the first dossiers to be accepted")
        before = self.report("mai-son")["units"]
        self.province.systems["thuan-chau"].stop()
        time.sleep(2)
        after = self.report("mai-son")["units"]
        print(f"  meanwhile Mai Sơn received {sum(u['received'] for u in after) - sum(u['received'] for u in before)} dossiers")
        self.province.restart_system("thuan-chau")

    def crash(self):
        say("4. The hub is killed with SIGKILL in the middle, and started again")
        self.watch(self.count * 4 // 10, "four tenths to come home")
        self.province.kill_hub()
        began = time.monotonic()
        self.province.start_hub()
        print(f"  back after {time.monotonic() - began:.2f} s, with the start check of the audit log")
        self.watch(self.count - 1, "all dossiers to come home", 240)
        self.filing.join()
        print(f"  all home {time.monotonic() - self.started:.1f} s after the first was filed")

    # The end

    def tiers(self):
        say("5. What each tier saw")
        rows = []
        for unit in self.report("xa")["units"]:
            rows.append((f"{self.names[unit['unit']]} ({unit['unit']})", unit["filed"], unit["accepted"], unit["supplements"], unit["home"], unit["twice"]))
        table(("commune", "filed", "accepted", "supplements", "home", "twice"), rows)
        rows = []
        for system in ("thuan-chau", "mai-son", "tinh"):
            for unit in self.report(system)["units"]:
                rows.append((f"{self.names[unit['unit']]} ({unit['unit']})", unit["received"], unit["finished"], unit["files"], f"{unit['bytes'] / 1e6:.1f} MB"))
        table(("district or department", "received", "finished", "files", "content"), rows)
        portal = self.report("cong")
        print(f"  provincial portal: {portal['dossiers']} dossiers can be looked up, {portal['done']} of them done")
        again = sum(self.report(system)["redelivered"] for system in ("xa", "thuan-chau", "mai-son", "tinh"))
        print(f"  handed over again after the crash or the outage, and recognised by the receiver: {again}")

    def timeline(self):
        code = next(code for code in self.codes if int(code.rsplit("-", 1)[1]) % 5 == 0 and code != self.poison)
        say(f"6. The way of one dossier with a supplement: lthub dossier show {code}")
        print("  " + self.province.run("dossier", "show", code).stdout.strip().replace("\n", "\n  "))

    def held(self):
        say("7. What is held, and why: lthub delivery list --state held")
        print("  " + self.province.run("delivery", "list", "--state", "held").stdout.strip().replace("\n", "\n  "))

    def verdict(self):
        say("8. The audit log: lthub audit check --full")
        checked = self.province.run("audit", "check", "--full", check=False)
        print("  " + checked.stdout.strip().replace("\n", "\n  "))
        report = self.report("xa")
        lost = [dossier["code"] for dossier in report["away"] if dossier["code"] != self.poison]
        twice = sum(unit["twice"] for unit in report["units"])
        held = json.loads("[" + ",".join(self.province.run("delivery", "list", "--state", "held", "--json").stdout.split("\n")[:-1]) + "]")
        good = not lost and twice == 0 and self.home() == self.count - 1 and report["outbox"] == 0 and not report["refused"] and len(held) == 1 and \
            checked.returncode == 0
        say(f"{'Everything is home' if good else 'SOMETHING IS WRONG'}: {self.home()} of {self.count} home, {len(lost)} lost, {twice} twice, "
            f"{len(held)} held (planted)")
        return good

    def tell(self):
        self.names = self.province.read_names()
        self.prepare()
        self.province.start_hub()
        self.file()
        self.outage()
        self.crash()
        time.sleep(0.5)
        self.tiers()
        self.timeline()
        self.held()
        return self.verdict()

    def where_to_look(self):
        config = self.province.config
        lthub = os.path.relpath(self.province.lthub)
        say("What to look at next")
        print(f"  everything is in {os.path.dirname(config)}; remove it when you are done\n  export LTHUB_CONFIG={config}")
        for line in ("dossier list", "delivery list --state held", "audit list --limit 5", "audit prove 2 -o proof.tlog-proof", "--help"):
            print(f"  {lthub} {line}")
        if self.options.keep:
            ports = ", ".join(f"{name} {process.port}" for name, process in self.province.systems.items())
            print(f"  the hub: http://127.0.0.1:{self.province.hub.port}/healthz   stand-ins on loopback: {ports}")
            print(f"  a citizen's look-up: http://127.0.0.1:{self.province.systems['cong'].port}/tra-cuu?ma={self.codes[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lthub", required=True)
    parser.add_argument("--dossiers", type=int, default=200)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    options = parser.parse_args()
    folder = os.environ.get("LTHUB_DEMO") or tempfile.mkdtemp(prefix="lthub-demo-")
    story = Story(options, folder)
    good = False
    try:
        good = story.tell()
        story.where_to_look()
        if options.keep:
            print("  Ctrl-C ends it.")
            while True:
                time.sleep(3600)
    except Failed as error:
        print(f"FAILED: {error}\n  logs: {folder}/logs, {folder}/hub.log", file=sys.stderr)
    except KeyboardInterrupt:
        print()
    finally:
        story.province.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
