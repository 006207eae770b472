# SPDX-License-Identifier: Apache-2.0
"""A stand-in of examples/systems as a process of a test: started on a free port, told to misbehave, asked what it has, started again."""
import http.client
import json
import os
import subprocess
import sys

import lab


class StandIn:
    def __init__(self, script, folder, *options):
        self.command = [sys.executable, os.path.join(lab.SOURCE, "examples", "systems", script), "--state", folder, *options]
        self.port, self.process = 0, None
        self.start()

    def start(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([*self.command, "--port", str(self.port)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise lab.Failed(f"{self.command[1]} did not start")
        self.port = int(line)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(15)
        if self.process is not None:
            self.process.stdout.close()
        self.process = None

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def fault(self, mode, count=1, path=""):
        self.call("POST", "/_fault", {"mode": mode, "count": count, "path": path})

    def report(self):
        return self.call("GET", "/desk/report")
