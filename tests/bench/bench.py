#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One measurement: `bench.py p1` prints lines `name value unit target verdict`. Each has its yardstick in the same run, in turn with it, and takes the median.

Needs a build with -Dbench=true (LTHUB_BENCH_BUILD, default build-bench) and, for p2, the Node packages that run.sh installs there.
"""
import atexit
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("LTHUB_BENCH_BUILD", os.path.join(SOURCE, "build-bench")))
os.environ["LTHUB"] = os.environ.get("LTHUB", os.path.join(BUILD, "hub", "lthub"))
os.environ.setdefault("LTHUB_PLUGINS", os.path.join(BUILD, "plugins"))
sys.path.insert(0, os.path.join(SOURCE, "tests"))
from lib import lab  # noqa: E402  pylint: disable=wrong-import-position

# Everything lies in one folder of its own: on a disk, not on a tmpfs, or syncs cost nothing.
tempfile.tempdir = tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("LTHUB_BENCH_FOLDER", BUILD))
atexit.register(shutil.rmtree, tempfile.tempdir, True)

ROUNDS = int(os.environ.get("LTHUB_BENCH_ROUNDS", "5"))
COUNT = int(os.environ.get("LTHUB_BENCH_COUNT", "12000"))
STORED = int(os.environ.get("LTHUB_BENCH_STORED", "1000000"))
CONNECTIONS = 256
PAYLOAD = os.path.join(HERE, "payload.json")
SENDERS = ["H52.2%02d" % i for i in range(1, 9)]
SCHEMA = os.path.join(SOURCE, "schemas", "payload", "dossier.submit.schema.json")
NODE = os.path.join(BUILD, "node")

ENDPOINT = """[endpoint dich]
plugin = rest
form = envelope
path = /v1/envelopes
url = http://127.0.0.1:{port}
allowed_addresses = 127.0.0.1
units = H52.102
max_in_flight = 16
"""


def tool(name):
    return os.path.join(BUILD, "tests", "bench", name)


def say(name, value, unit, target, met):
    """One result. `target` is text such as ≥0.10; `met` its verdict, None where there is no target."""
    verdict = "-" if met is None else "met" if met else "missed"
    print(f"{name} {value:.4g} {unit} {target} {verdict}", flush=True)


def note(text):
    print("# " + text, file=sys.stderr, flush=True)


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False, **more)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed with {done.returncode}")
    return done.stdout


class Sink:
    """The cheap server that takes deliveries."""

    def __init__(self):
        self.process = subprocess.Popen([tool("sink")], stdout=subprocess.PIPE, text=True)  # pylint: disable=consider-using-with
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Hub(lab.Lab):
    """A hub with eight sending units and one system that takes what it delivers."""

    def __init__(self, sink, environment=None, store=None):
        lines = "".join(f"{unit},{20000 + i},Xã mẫu {i},commune,H52,2017-01-01,,mẫu,,\n" for i, unit in enumerate(SENDERS))
        super().__init__(endpoints=ENDPOINT.format(port=sink.port), units=lab.UNITS + lines, store=store)
        self.first, self.sink = 1, sink
        self.senders = os.path.join(self.folder, "senders")
        with open(self.senders, "w", encoding="utf-8") as out:
            for unit in SENDERS:
                self.run("pki", "issue", self.pki, unit, "--unit", unit)
                self.run("unit", "key", "add", unit, "--certificate", f"{self.pki}/{unit}.pem", "--use", "sign")
                token = json.loads(self.run("unit", "token", unit, "--json").stdout)["token"]
                out.write(f"{unit} {token} {self.pki}/{unit}.pem {self.pki}/{unit}.key\n")
        self.begin(environment)

    def begin(self, environment=None, wrapper=()):
        kept = dict(os.environ)
        os.environ.update(environment or {})
        try:
            if not self.start(wrapper):
                raise SystemExit("the hub did not start:\n" + self.read_log()[-3000:])
        finally:
            os.environ.clear()
            os.environ.update(kept)

    def load(self, count=COUNT, connections=CONNECTIONS, **more):
        result = post(self.port, self.sink, self.senders, count, connections, self.first, **more)
        self.first += -(-count // len(SENDERS))
        return result

    def cpu_s(self):
        """User and system time of the hub so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as text:
            fields = text.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, name):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as text:
            return int(re.search(rf"^{name}:\s+(\d+)", text.read(), re.M).group(1)) * 1024 / 1e6

    def wakeups(self):
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/status"):
            with open(path, encoding="utf-8") as text:
                total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text.read(), re.M).group(1))
        return total


class NodeHub:
    """The same job in Node."""

    def __init__(self, sink, key):
        self.folder = tempfile.mkdtemp(prefix="lthub-node-")
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["node", os.path.join(NODE, "hub.mjs"), self.folder, key, str(sink.port), SCHEMA], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def post(port, sink, senders, count, connections, first, rate=0.0, attachment=0, wait=True, timeout=600):
    text = run(tool("load"), "--port", port, "--sink-port", sink.port if wait else 0, "--connections", connections, "--count", count, "--first", first,
               "--rate", rate, "--senders", senders, "--to", "H52.102", "--payload", PAYLOAD, "--attachment", attachment, "--timeout", timeout)
    return json.loads(text.splitlines()[-1])


def sqlite_rows(folder):
    return float(run(tool("sqlite-rows"), folder, 64, 2))


def in_turn(*measures):
    """Runs the measures in turn, ROUNDS times, and gives the medians of each."""
    results = [[] for _ in measures]
    for _ in range(ROUNDS):
        for result, measure in zip(results, measures):
            result.append(measure())
    for result in results:
        note(" ".join(f"{value:.0f}" for value in result))
    return results


def ratio(above, below):
    return statistics.median(a / b for a, b in zip(above, below))


def p1():
    sink = Sink()
    hub = Hub(sink)
    hub.load(count=500)
    delivered, rows = in_turn(lambda: hub.load()["delivered_per_s"], lambda: sqlite_rows(hub.folder))
    say("P1.delivered", statistics.median(delivered), "dossiers/s", "-", None)
    say("P1.sqlite-rows", statistics.median(rows), "rows/s", "-", None)
    say("P1", ratio(delivered, rows), "ratio", "≥0.10", ratio(delivered, rows) >= 0.10)
    hub.stop()
    sink.close()


def p2():
    sink = Sink()
    hub = Hub(sink)
    node = NodeHub(sink, f"{hub.pki}/{lab.HUB}.key")
    used = [1]

    def node_load():
        used[0] += -(-COUNT // len(SENDERS))
        return post(node.port, sink, hub.senders, COUNT, CONNECTIONS, used[0])["delivered_per_s"]

    hub.load(count=500)
    node_load()
    ours, theirs = in_turn(lambda: hub.load()["delivered_per_s"], node_load)
    say("P2.delivered", statistics.median(ours), "dossiers/s", "-", None)
    say("P2.node", statistics.median(theirs), "dossiers/s", "-", None)
    say("P2", ratio(ours, theirs), "ratio", "≥1.5", ratio(ours, theirs) >= 1.5)
    node.close()
    hub.stop()
    sink.close()


def instructions(command, environment=None):
    """Runs under callgrind; the number of instructions it counted."""
    with tempfile.TemporaryDirectory() as folder:
        run("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "-q", *command, env={**os.environ, **(environment or {})})
        return counted(f"{folder}/out")


def counted(path):
    with open(path, encoding="utf-8") as text:
        return int(re.search(r"^(?:summary|totals): (\d+)", text.read(), re.M).group(1))


def hub_instructions(sink, count):
    hub = Hub(sink)
    hub.stop()
    out = os.path.join(hub.folder, "callgrind.out")
    hub.begin(wrapper=("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "-q"))
    hub.load(count=count, connections=8)
    hub.stop(seconds=120)
    return counted(out)


def p4():
    sink = Sink()
    few, many = 64, 320
    per_dossier = (hub_instructions(sink, many) - hub_instructions(sink, few)) / (many - few)
    keys = Hub(sink)
    keys.stop()
    key = f"{keys.pki}/{lab.HUB}.key"
    least = (instructions((tool("primitives"), many, key, PAYLOAD)) - instructions((tool("primitives"), few, key, PAYLOAD))) / (many - few)
    say("P4.instructions", per_dossier / 1000, "k/dossier", "-", None)
    say("P4.primitives", least / 1000, "k/dossier", "-", None)
    say("P4", per_dossier / least, "ratio", "≤1.5", per_dossier / least <= 1.5)
    sink.close()


def p6():
    sink = Sink()
    hub = Hub(sink)
    top = statistics.median(hub.load()["delivered_per_s"] for _ in range(3))
    results = [hub.load(count=int(top / 2 * 8), rate=top / 2) for _ in range(ROUNDS)]
    p50 = statistics.median(result["p50_ms"] for result in results)
    p99 = statistics.median(result["p99_ms"] for result in results)
    say("P6.rate", top / 2, "dossiers/s", "-", None)
    say("P6.p50", p50, "ms", "≤4", p50 <= 4)
    say("P6.p99", p99, "ms", "≤20", p99 <= 20)
    hub.stop()
    sink.close()


def p8():
    sink = Sink()
    plain = Hub(sink)
    slow = Hub(sink, {"LD_PRELOAD": tool("slow-sync.so")})
    for hub in (plain, slow):
        hub.load(count=1000, connections=256)
    with_delay, without = in_turn(lambda: slow.load(connections=256)["accepted_per_s"], lambda: plain.load(connections=256)["accepted_per_s"])
    say("P8", ratio(with_delay, without), "ratio", "≥0.8", ratio(with_delay, without) >= 0.8)
    plain.stop()
    slow.stop()
    sink.close()


def cpu_per_dossier(hub):
    before = hub.cpu_s()
    hub.load()
    return (hub.cpu_s() - before) / COUNT * 1e6


def fill(hub, upto):
    while (hub.first - 1) * len(SENDERS) < upto:
        hub.load(count=min(20000, upto - (hub.first - 1) * len(SENDERS)), connections=128)


def p10():
    sink = Sink()
    small, large = Hub(sink), Hub(sink)
    fill(small, 10000)
    began = time.monotonic()
    fill(large, STORED)
    note(f"{STORED} stored in {time.monotonic() - began:.0f} s")
    many, few = in_turn(lambda: cpu_per_dossier(large), lambda: cpu_per_dossier(small))
    say("P10.cpu", statistics.median(few), "us/dossier", "-", None)
    say(f"P10.cpu-at-{STORED}", statistics.median(many), "us/dossier", "-", None)
    say("P10", ratio(many, few), "ratio", "≤1.2", ratio(many, few) <= 1.2)
    for hub in (small, large):
        hub.stop(seconds=60)
        run("rm", "-rf", hub.folder)
    sink.close()


def upload(hub):
    """MB/s of one envelope with a 50 MB attachment, and the memory it took beyond what was used before."""
    with open(f"/proc/{hub.process.pid}/clear_refs", "w", encoding="utf-8") as out:
        out.write("5")
    before = hub.memory_mb("VmRSS")
    result = hub.load(count=1, connections=1, attachment=50_000_000, wait=False)
    return 50 / (result["max_ms"] / 1000), hub.memory_mb("VmHWM") - before


def p13():
    sink = Sink()
    hub = Hub(sink)
    hub.load(count=200)
    results = []

    def measure():
        results.append(upload(hub))
        return results[-1][0]

    rates, written = in_turn(measure, lambda: float(run(tool("synced-write"), hub.folder)))
    extra = max(memory for _, memory in results)
    say("P13.memory", extra, "MB", "≤16", extra <= 16)
    say("P13.rate", statistics.median(rates), "MB/s", "-", None)
    say("P13", ratio(rates, written), "ratio", "≥0.25", ratio(rates, written) >= 0.25)
    hub.stop()
    sink.close()


def p15():
    sink = Sink()
    hub = Hub(sink)
    hub.load(count=200)
    time.sleep(3)
    seconds, cpu, wakeups = 30, hub.cpu_s(), hub.wakeups()
    time.sleep(seconds)
    percent = (hub.cpu_s() - cpu) / seconds * 100
    rate = (hub.wakeups() - wakeups) / seconds
    hub.stop()
    hub.begin()
    time.sleep(2)
    memory = hub.memory_mb("VmRSS")
    say("P15.cpu", percent, "%", "≤0.1", percent <= 0.1)
    say("P15.wakeups", rate, "/s", "≤5", rate <= 5)
    say("P15.memory", memory, "MB", "≤40", memory <= 40)
    hub.stop()
    sink.close()


def log():
    """The audit log: what an entry costs to append and check, and a proof to make; P12."""
    with tempfile.TemporaryDirectory() as folder:
        result = json.loads(run(tool("log"), folder, 200000, ROUNDS))
    say("log-append", result["append_us"], "µs", "-", None)
    say("log-prove", result["prove_us"] / 1000, "ms", "≤5", result["prove_us"] <= 5000)
    whole = result["hash_us"] / result["check_us"]
    say("p12", whole, "ratio", "≥0.5", whole >= 0.5)


CASES = {"log": log, "p1": p1, "p2": p2, "p4": p4, "p6": p6, "p8": p8, "p10": p10, "p13": p13, "p15": p15}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CASES:
        raise SystemExit(f"usage: bench.py {'|'.join(CASES)}")
    CASES[sys.argv[1]]()
