#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes results of bench.py as a table between the marks in docs/performance.md, with the machine they were taken on."""
import datetime
import os
import re
import subprocess
import sys

BEGIN, END = "<!-- results: written by tests/bench/run.sh -->", "<!-- end of results -->"
TITLES = {
    "P1": "accepted, durable and delivered dossiers ÷ bare SQLite rows at groups of 64", "P2": "dossiers ÷ the same job in Node",
    "P4": "instructions per dossier ÷ (verify + sign + scan)", "P6.p50": "half of the top rate: median", "P6.p99": "half of the top rate: 99 %",
    "P8": "throughput with 5 ms added to every sync ÷ without, 256 connections", "P10": "CPU per dossier with many stored ÷ with 10,000",
    "P13": "50 MB attachment ÷ one synced sequential write", "P13.memory": "memory beyond the idle hub's during it",
    "P15.cpu": "idle: processor", "P15.wakeups": "idle: wake-ups", "P15.memory": "idle: resident memory",
}


def first_match(path, pattern):
    with open(path, encoding="utf-8") as text:
        found = re.search(pattern, text.read(), re.M)
    return found.group(1).strip() if found else "?"


def machine(results):
    memory = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)")) // 1024 // 1024
    system = subprocess.run(["findmnt", "-no", "FSTYPE", "-T", os.path.dirname(results)], capture_output=True, text=True, check=False).stdout.strip()
    name = first_match("/etc/os-release", "^PRETTY_NAME=.([^\\n]*).$")
    return (f"{os.cpu_count()} × {first_match('/proc/cpuinfo', r'^model name.*: (.*)')}, {memory} GiB, {system or '?'}, Linux {os.uname().release}, "
            f"{name}; {datetime.date.today()}. Load generator and sink share the cores.")


def rows(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if len(words) == 5:
                yield words


def main(results, document):
    table = ["| | what | value | target | |", "|---|---|---|---|---|"]
    for name, value, unit, target, verdict in rows(results):
        table.append(f"| {name} | {TITLES.get(name, '')} | {value} {unit if unit != 'ratio' else ''} | {target} | {verdict} |")
    with open(document, encoding="utf-8") as text:
        before, rest = text.read().split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(document, "w", encoding="utf-8") as out:
        out.write(f"{before}{BEGIN}\n{machine(results)}\n\n" + "\n".join(table) + f"\n{END}{after}")


if __name__ == "__main__":
    main(*sys.argv[1:])
