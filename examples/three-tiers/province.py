# SPDX-License-Identifier: Apache-2.0
"""The sample province on one machine: its keys, its configuration, its processes. Used by the story and by the flow tests."""
import http.client
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEMS = os.path.join(os.path.dirname(HERE), "systems")
HUB_UNIT = "H52"
COMMUNES = ["H52.119.24", "H52.119.30", "H52.119.72", "H52.125.23", "H52.125.35", "H52.125.38"]
PULLING = ["H52.119.72", "H52.125.38"]
DISTRICTS = ["H52.119", "H52.125"]
PROVINCE = ["H52.90", "H52.08", "H52.11", "H52.13"]


class Failed(Exception):
    """A step of the story went wrong; the text says which."""


def call(port, method, path, body=None, timeout=10):
    """JSON in, JSON out, on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else None
    finally:
        connection.close()


class Process:
    """A process of ours: started, stopped, killed, started again on the same port."""

    def __init__(self, name, command, log):
        self.name, self.command, self.log, self.port, self.process = name, command, log, 0, None

    def start(self, port_option=None):
        command = list(self.command)
        if port_option:
            command += [port_option, str(self.port)]
        with open(self.log, "ab") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        return self.process

    def first_line(self, timeout=30):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(timeout)
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise Failed(f"{self.name} did not start:\n{log.read()[-2000:]}")
        return line.strip()

    def stop(self, how=signal.SIGTERM, timeout=15):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise Failed(f"{self.name} did not stop") from error
        finally:
            self.process.stdout.close()


class Province:
    def __init__(self, lthub, folder):
        self.lthub, self.folder = os.path.abspath(lthub), os.path.abspath(folder)
        self.pki = os.path.join(self.folder, "pki")
        self.config = os.path.join(self.folder, "lthub.conf")
        self.logs = os.path.join(self.folder, "logs")
        self.systems = {}
        self.hub = Process("hub", [self.lthub, "serve", "--demo", "--json", "--config", self.config], os.path.join(self.folder, "hub.log"))
        os.makedirs(self.logs, exist_ok=True)

    # The command line

    def run(self, *arguments, check=True):
        done = subprocess.run([self.lthub, *arguments, "--config", self.config], capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise Failed(f"lthub {' '.join(arguments)} → {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    # Systems

    def add_system(self, name, script, *arguments):
        command = [sys.executable, os.path.join(SYSTEMS, script), "--state", os.path.join(self.folder, "systems", name), *arguments]
        process = Process(name, command, os.path.join(self.logs, name + ".log"))
        process.start("--port")
        process.port = int(process.first_line())
        self.systems[name] = process
        return process

    def restart_system(self, name):
        process = self.systems[name]
        process.start("--port")
        process.first_line()

    def start_hub(self):
        self.hub.start("--port")
        answer = json.loads(self.hub.first_line())
        self.hub.port = int(answer["url"].rsplit(":", 1)[1])

    def kill_hub(self):
        self.hub.stop(signal.SIGKILL)

    def stop(self):
        for process in [*self.systems.values(), self.hub]:
            try:
                process.stop()
            except Failed as error:
                print(error, file=sys.stderr)


def wait_for(condition, seconds, what):
    """Waits until condition() is true; raises after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.05)
    raise Failed(f"waited {seconds} s in vain: {what}")
