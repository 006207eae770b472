#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An evidence file of a real hub, whole and damaged in each way: `lthub verify` and `verify.sh` must give the same, right exit code.

Most damage is done by somebody who holds the hub's key and seals the file again, so that what is found is found by the log and by the messages' own signatures.
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position
envelope = lab.envelope

VALID, INVALID, INCOMPLETE = 0, 1, 3
SCRIPT = os.path.join(lab.SOURCE, "hub", "casework", "verify.sh")


def flip(data, at=None):
    at = len(data) // 2 if at is None else at
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class File:
    """An evidence file taken apart, to be changed and sealed again."""

    def __init__(self, data):
        self.entries = dict(envelope.read_zip(data))
        self.payload = json.loads(self.entries["payload.json"])
        rows = [line.split("\t") for line in self.entries["att/0001"].decode().splitlines()]
        self.files = {name: self.entries[entry] for entry, name, _ in rows}
        self.map = None

    def write(self, hub, signer=lab.HUB):
        lines = [f"att/{i:04d}\t{name}\t{hashlib.sha256(data).hexdigest()}\n" for i, (name, data) in enumerate(self.files.items(), 2)]
        listed = "".join(self.map(lines) if self.map else lines).encode()
        parts = [("evidence", "text/plain", listed)] + [("evidence", "application/octet-stream", data) for data in self.files.values()]
        keys = os.path.join(hub.pki, signer)
        return envelope.seal("audit.evidence", lab.HUB, lab.HUB, 99, self.payload, keys + ".pem", keys + ".key", dossier=self.payload["dossier"],
                             attachments=parts)[2]

    def names(self, ending):
        return [name for name in self.files if name.endswith(ending)]

    def message(self, state="present"):
        return [row for row in self.payload["messages"] if row["state"] == state][0]


# What somebody does to a file that he can seal again. Each takes the file and the hub.

def change_entry(file, _):
    name = file.names(".entry")[0]
    file.files[name] = file.files[name].replace(b'"H52.103"', b'"H52.104"')


def change_time(file, _):
    event = file.payload["events"][0]
    old, event["t"] = event["t"], "2026-01-01T00:00:00.000Z"
    name = f"log/{event['index']}.entry"
    file.files[name] = file.files[name].replace(old.encode(), event["t"].encode())


def turn_hash(file, _):
    name = file.names(".tlog-proof")[0]
    lines = file.files[name].decode().split("\n")
    lines[2] = base64.b64encode(flip(base64.b64decode(lines[2]))).decode()
    file.files[name] = "\n".join(lines).encode()


def swap_proofs(file, _):
    a, b = file.names(".tlog-proof")[:2]
    file.files[a], file.files[b] = file.files[b], file.files[a]


def drop_hash(file, _):
    name = file.names(".tlog-proof")[0]
    lines = file.files[name].decode().split("\n")
    del lines[2]
    file.files[name] = "\n".join(lines).encode()


def in_all_notes(file, old, new):
    """Changes the checkpoint, and its copies in the proofs with it."""
    for name in ["log/checkpoint"] + file.names(".tlog-proof"):
        file.files[name] = file.files[name].replace(old, new)


def other_root(file, _):
    root = file.files["log/checkpoint"].split(b"\n")[2]
    in_all_notes(file, root, base64.b64encode(flip(base64.b64decode(root))))


def larger_size(file, _):
    origin, size = file.files["log/checkpoint"].split(b"\n")[:2]
    in_all_notes(file, origin + b"\n" + size + b"\n", origin + b"\n" + str(int(size) + 1).encode() + b"\n")
    file.payload["checkpoint"]["size"] += 1


def other_size_in_payload(file, _):
    file.payload["checkpoint"]["size"] += 1


def turn_log_signature(file, _):
    line = [line for line in file.files["log/checkpoint"].split(b"\n") if line.startswith("— ".encode())][0]
    value = line.split(b" ")[2]
    in_all_notes(file, value, base64.b64encode(flip(base64.b64decode(value), 40)))


def unsigned_checkpoint(file, _):
    line = [line for line in file.files["log/checkpoint"].split(b"\n") if line.startswith("— ".encode())][0]
    in_all_notes(file, line, "— other.example AAAAAAEC".encode())


def other_checkpoint_in_proofs(file, _):
    name = file.names(".tlog-proof")[0]
    file.files[name] += "— other.example AAAAAAEC\n".encode()


def no_checkpoint(file, _):
    del file.files["log/checkpoint"]


def replace_message(file, hub):
    """Another good envelope of the same sender in its place."""
    other = hub.seal(receiver=lab.PULLER, dossier=file.payload["dossier"])[1]
    file.files[f"msg/{file.message()['k']:03d}.asice"] = other


def replace_message_and_digest(file, hub):
    other = hub.seal(receiver=lab.PULLER, dossier=file.payload["dossier"])[1]
    row = file.message()
    file.files[f"msg/{row['k']:03d}.asice"] = other
    row["manifest"] = hashlib.sha256(dict(envelope.read_zip(other))[envelope.MANIFEST]).hexdigest()


def rewrite(file, change):
    row = file.message()
    name = f"msg/{row['k']:03d}.asice"
    entries = dict(envelope.read_zip(file.files[name]))
    change(entries)
    file.files[name] = envelope.write_zip(list(entries.items()))


def change_content(file, _):
    rewrite(file, lambda entries: entries.update({"payload.json": flip(entries["payload.json"])}))


def turn_signature(file, _):
    rewrite(file, lambda entries: entries.update({envelope.SIGNATURE: flip(entries[envelope.SIGNATURE], len(entries[envelope.SIGNATURE]) - 8)}))


def longer_message(file, _):
    name = f"msg/{file.message()['k']:03d}.asice"
    file.files[name] += b"x"


def drop_content(file, _):
    rewrite(file, lambda entries: entries.pop("payload.json"))


def drop_message(file, _):
    del file.files[f"msg/{file.message()['k']:03d}.asice"]


def forget_message(file, _):
    row = file.payload["messages"].pop(0)
    del file.files[f"msg/{row['k']:03d}.asice"]


def forget_message_and_entry(file, _):
    row = file.payload["messages"].pop(0)
    del file.files[f"msg/{row['k']:03d}.asice"]
    file.payload["events"] = [event for event in file.payload["events"] if event["index"] != row["index"]]


def drop_entry(file, _):
    del file.files[file.names(".entry")[-1]]


def drop_proof(file, _):
    del file.files[file.names(".tlog-proof")[-1]]


def erase_message(file, _):
    row = file.message()
    del file.files[f"msg/{row['k']:03d}.asice"]
    row["state"] = "erased"


def wrong_map(file, _):
    file.map = lambda lines: [lines[0][:-2] + ("0" if lines[0][-2] != "0" else "1") + "\n"] + lines[1:]


def short_map(file, _):
    file.map = lambda lines: lines[:-1]


def escaping_map(file, _):
    file.files = {("../evil" if name == "summary.html" else name): data for name, data in file.files.items()}


def no_crl(file, _):
    for name in [name for name in file.files if name.startswith("trust/crl-")]:
        del file.files[name]


def nothing(_file, _hub):
    pass


CASES = [
    # name, what is done, options left out or changed, exit code
    ("whole", nothing, {}, VALID),
    ("whole, without the log's key", nothing, {"--vkey": None}, INCOMPLETE),
    ("whole, without an anchor", nothing, {"--trust": None}, INCOMPLETE),
    ("whole, but a witness is wanted", nothing, {"--quorum": "1"}, INCOMPLETE),
    ("whole, but of another authority", nothing, {"--trust": "elsewhere/root.pem"}, INVALID),
    ("whole, but the log's key is another", nothing, {"--vkey": "other.vkey"}, INVALID),
    ("whole, a time stamp is asked for", nothing, {"--tsa-ca": "pki/root.pem"}, INCOMPLETE),
    ("an entry changed", change_entry, {}, INVALID),
    ("the time of an entry changed, and in the contents too", change_time, {}, INVALID),
    ("a hash of a proof turned", turn_hash, {}, INVALID),
    ("two proofs exchanged", swap_proofs, {}, INVALID),
    ("a proof too short", drop_hash, {}, INVALID),
    ("another root in checkpoint and proofs", other_root, {}, INVALID),
    ("a larger size in checkpoint and proofs", larger_size, {}, INVALID),
    ("another size in the contents", other_size_in_payload, {}, INVALID),
    ("the log's signature turned", turn_log_signature, {}, INVALID),
    ("a checkpoint that the log did not sign", unsigned_checkpoint, {}, INVALID),
    ("a proof to another checkpoint", other_checkpoint_in_proofs, {}, INVALID),
    ("no checkpoint", no_checkpoint, {}, INVALID),
    ("another message in the place of one", replace_message, {}, INVALID),
    ("another message, and its digest in the contents", replace_message_and_digest, {}, INVALID),
    ("content of a message changed", change_content, {}, INVALID),
    ("signature of a message turned", turn_signature, {}, INVALID),
    ("a byte behind a message", longer_message, {}, INVALID),
    ("a part of a message gone", drop_content, {}, INVALID),
    ("a message gone", drop_message, {}, INVALID),
    ("a message gone, and its row", forget_message, {}, INVALID),
    ("a message gone, its row and its event", forget_message_and_entry, {}, INVALID),
    ("an entry gone", drop_entry, {}, INVALID),
    ("a proof gone", drop_proof, {}, INVALID),
    ("a message that is said to be erased", erase_message, {}, INCOMPLETE),
    ("a digest in MAP.txt", wrong_map, {}, INVALID),
    ("a line of MAP.txt gone", short_map, {}, INVALID),
    ("a name in MAP.txt that leads out", escaping_map, {}, INVALID),
    ("no revocation list", no_crl, {}, INCOMPLETE),
    ("no revocation list inside, one outside", no_crl, {"--crl": "pki/crl.pem"}, VALID),
]

RAW = [
    ("a byte turned", flip),
    ("a byte cut off", lambda data: data[:-1]),
    ("cut in half", lambda data: data[:len(data) // 2]),
    ("a byte added", lambda data: data + b"x"),
    ("a byte before it", lambda data: b"x" + data),
    ("nothing left", lambda data: b"PK"),
]


def verdicts(folder, path, changes):
    options = {"--trust": "pki/root.pem", "--vkey": "log.vkey", "--quorum": "0"}
    options.update(changes)
    words = [word for name, value in options.items() if value for word in (name, value)]
    environment = {**os.environ, "LC_ALL": "C", "LTHUB_CONFIG": ""}
    ours = subprocess.run([lab.LTHUB, "verify", path, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment)
    stock = subprocess.run(["sh", SCRIPT, path, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment)
    return ours.returncode, stock.returncode, f"{ours.stdout}{ours.stderr}\n{stock.stdout}{stock.stderr}"


def judge(tap, hub, name, data, changes, wanted):
    with open(os.path.join(hub.folder, "case.asice"), "wb") as out:
        out.write(data)
    ours, stock, text = verdicts(hub.folder, "case.asice", changes)
    tap.ok(ours == wanted and stock == wanted, f"{name}: {wanted}", f"lthub verify {ours}, verify.sh {stock}\n{text}".replace("\n", "\n# "))


def fill(hub):
    """A dossier with three messages, one with a large attachment, and somebody who looked at it."""
    dossier = str(uuid.uuid4())
    hub.must_start()
    for i in range(3):
        attachments = [("evidence", "application/pdf", os.urandom(100_000)), ("form", "application/pdf", os.urandom(3000))] if i == 1 else []
        status, answer, _ = hub.post(hub.seal(receiver=lab.PULLER, dossier=dossier, attachments=attachments)[1])
        if status != 202:
            raise lab.Failed(f"{status} {answer[:200]!r}")
    hub.run("dossier", "show", dossier)
    return dossier


def export(hub, dossier, *options):
    path = os.path.join(hub.folder, "evidence.asice")
    hub.run("audit", "evidence", "--dossier", dossier, "-o", path, *options)
    with open(path, "rb") as file:
        return file.read()


def keys(hub):
    vkey = json.loads(hub.run("audit", "status", "--json").stdout)["vkey"]
    other = os.path.join(hub.folder, "other.key")
    hub.run("pki", "init", os.path.join(hub.folder, "elsewhere"))
    hub.run("pki", "log-key", other)
    public = subprocess.run(["openssl", "pkey", "-in", other, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout[-32:]
    origin = vkey.split("+")[0]
    number = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4].hex()
    with open(os.path.join(hub.folder, "log.vkey"), "w", encoding="ascii") as out:
        out.write(vkey + "\n")
    with open(os.path.join(hub.folder, "other.vkey"), "w", encoding="ascii") as out:
        out.write(f"{origin}+{number}+{base64.b64encode(bytes([1]) + public).decode()}\n")


def run(tap, hub):
    dossier = fill(hub)
    running = export(hub, dossier)
    keys(hub)
    withheld = export(hub, dossier, "--without-content")
    listed = hub.run("audit", "list", "--event", "export.evidence", "--json").stdout.splitlines()
    tap.ok(len(listed) == 2, "each export is recorded", listed)
    hub.stop()
    alone = export(hub, dossier)
    for name, data in (("made by the running hub", running), ("made without one", alone)):
        judge(tap, hub, name, data, {}, VALID)
    file = File(alone)
    tap.ok(b"read.dossier" in b"".join(file.files.values()), "who looked at the dossier is in it")
    page = file.files["summary.html"].decode()
    tap.ok("Ai đã xem" in page and "Xem hồ sơ" in page and "Nguyễn Văn A" not in page, "the summary tells who looked and nothing of the content", page)
    tap.ok(file.files["verify.sh"] == open(SCRIPT, "rb").read(), "verify.sh inside is the one of the sources")
    judge(tap, hub, "without content", withheld, {}, INCOMPLETE)
    lean = File(withheld)
    tap.ok(b"MaHoSo" not in b"".join(data for name, data in lean.files.items() if name.startswith("msg/")), "nothing of the content is in it")
    lean.files["msg/001/envelope.json"] = flip(lean.files["msg/001/envelope.json"])
    judge(tap, hub, "without content, a header changed", lean.write(hub), {}, INVALID)
    for name, harm, changes, wanted in CASES:
        file = File(alone)
        harm(file, hub)
        judge(tap, hub, name, file.write(hub), changes, wanted)
    for name, harm in RAW:
        judge(tap, hub, name, harm(alone), {}, INVALID)


def main():
    tap = lab.Tap()
    hub = None
    try:
        hub = lab.Lab()
        run(tap, hub)
    except lab.Failed as error:
        tap.ok(False, "the hub could be filled", str(error))
    finally:
        if hub is not None:
            hub.stop()
            shutil.rmtree(hub.folder)
    tap.exit()


if __name__ == "__main__":
    main()
