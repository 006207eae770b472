#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stand-in for an operator's SMS gateway.

  POST /send            {to, text, from, encoding, segments, id}; header X-Api-Key → {"status": "queued", "id": id}
  POST /desk/ask        {from, text}: a citizen's text comes in; it is put to the hub (--hub) and the answer is given back
  GET  /desk/report     {"texts": [{to, text, encoding, segments}], "repeated": N}

It checks the alphabet and the count of segments by itself. The same id is taken once.
"""
import http.client
import json
import re

import system

GSM = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà", "^{}\\[~]|€\f")


def measure(text):
    """(encoding, segments): 3GPP TS 23.038; texts of citizens hold no character beyond the plane."""
    if all(c in GSM[0] + GSM[1] for c in text):
        units, whole, part, name = [2 if c in GSM[1] else 1 for c in text], 160, 153, "gsm7"
    else:
        units, whole, part, name = [1] * len(text), 70, 67, "ucs2"
    if sum(units) <= whole:
        return name, 1
    segments, filled = 1, 0
    for unit in units:
        if filled + unit > part:
            segments, filled = segments + 1, 0
        filled += unit
    return name, segments


class Gateway(system.System):
    schema = "CREATE TABLE IF NOT EXISTS text (id TEXT PRIMARY KEY, number TEXT, body TEXT, encoding TEXT, segments INTEGER, times INTEGER DEFAULT 1);"

    def handle(self, method, path, query, headers, body):
        if path == "/desk/report":
            rows = self.rows("SELECT number, body, encoding, segments FROM text ORDER BY rowid")
            return {"texts": [dict(zip(("to", "text", "encoding", "segments"), row)) for row in rows],
                    "repeated": self.value("SELECT coalesce(sum(times - 1), 0) FROM text")}
        if path == "/desk/ask":
            return self.ask(body)
        if headers.get("X-Api-Key") != self.options.key:
            raise system.Answer(401, {"status": "error", "message": "key"})
        if (method, path) != ("POST", "/send"):
            raise system.Answer(404, {"status": "error", "message": "no such service"})
        self.take(json.loads(body))
        return {"status": "queued", "id": json.loads(body)["id"]}

    def take(self, text):
        if set(text) != {"to", "text", "from", "encoding", "segments", "id"} or not re.fullmatch(r"84[35789][0-9]{8}", text["to"]):
            raise system.Answer(422, {"status": "error", "message": "members or number"})
        if (text["encoding"], text["segments"]) != measure(text["text"]):
            raise system.Answer(422, {"status": "error", "message": f"this text is {measure(text['text'])}"})
        self.write(("INSERT INTO text (id, number, body, encoding, segments) VALUES (?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET times = times + 1",
                    (text["id"], text["to"], text["text"], text["encoding"], text["segments"])))

    def ask(self, body):
        host, port = self.options.hub.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        try:
            connection.request("POST", f"/v1/endpoints/{self.options.endpoint}/tra-cuu", body,
                               {"Authorization": "Bearer " + self.options.token, "Content-Type": "application/json"})
            answer = connection.getresponse()
            return {"status": answer.status, "answer": json.loads(answer.read() or b"null")}
        finally:
            connection.close()


if __name__ == "__main__":
    system.serve(Gateway(system.options(
        __doc__, ("--key", {"required": True, "help": "the key that callers must send as X-Api-Key"}), ("--hub", {"default": "", "help": "http://HOST:PORT of the hub"}),
        ("--token", {"default": "", "help": "our token at the hub"}), ("--endpoint", {"default": "tin-nhan", "help": "name of our endpoint at the hub"}))))
