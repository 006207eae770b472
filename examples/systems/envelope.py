# SPDX-License-Identifier: Apache-2.0
"""Envelope 1 in another language: what a one-stop system writes to seal and to open an envelope.

It shares no code with the hub: the container is written by hand (the profile is strict and short), the signature is made
and checked by the stock `openssl cms`. Anyone who ports it to PHP, Java or .NET needs nothing that is not in here.
"""
import base64
import datetime
import hashlib
import json
import os
import re
import secrets
import struct
import subprocess
import tempfile
import time
import uuid
import zlib

MEDIA_TYPE = "application/vnd.etsi.asic-e+zip"
MANIFEST = "META-INF/ASiCManifest001.xml"
SIGNATURE = "META-INF/signature001.p7s"
DOS_DATE = 0x0021
LIFETIME_S = 604800


def uuid7():
    """A time-ordered UUID (RFC 9562 section 5.7)."""
    value = (int(time.time() * 1000) << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def write_zip(entries):
    """The strict profile: stored, no dates, no attributes, no gaps; entries is a list of (name, bytes)."""
    out, central = bytearray(), bytearray()
    for name, data in entries:
        raw, crc = name.encode("ascii"), zlib.crc32(data)
        fields = struct.pack("<HHHHIIIHH", 0, 0, 0, DOS_DATE, crc, len(data), len(data), len(raw), 0)
        central += b"PK\x01\x02" + struct.pack("<HH", 10, 10) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + raw
        out += b"PK\x03\x04" + struct.pack("<H", 10) + fields + raw + data
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(central), len(out), 0)
    return bytes(out + central + b"PK\x05\x06" + end)


def read_zip(data):
    """Entries of a container, walked forward once; raises ValueError when it is not of the profile."""
    entries, at = {}, 0
    while data[at:at + 4] == b"PK\x03\x04":
        version, flags, method, _, date, crc, size, same, length, extra = struct.unpack_from("<HHHHHIIIHH", data, at + 4)
        if (version, flags, method, date, extra) != (10, 0, 0, DOS_DATE, 0) or size != same:
            raise ValueError("not the strict ZIP profile")
        name = data[at + 30:at + 30 + length].decode("ascii")
        content = data[at + 30 + length:at + 30 + length + size]
        if zlib.crc32(content) != crc or name in entries:
            raise ValueError("entry " + name)
        entries[name] = content
        at += 30 + length + size
    if not entries or write_zip(list(entries.items())) != data:
        raise ValueError("not the strict ZIP profile")
    return entries


def write_manifest(rows):
    """rows: (name, media type, content)."""
    refs = "".join(
        f'<asic:DataObjectReference URI="{name}" MimeType="{kind}">'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{base64.b64encode(hashlib.sha256(data).digest()).decode()}</ds:DigestValue></asic:DataObjectReference>"
        for name, kind, data in rows)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" '
            'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><asic:SigReference URI="META-INF/signature001.p7s" '
            f'MimeType="application/pkcs7-signature"/>{refs}</asic:ASiCManifest>\n').encode()


def sign(manifest, certificate, key):
    """The detached CAdES signature over the manifest, by the stock tool."""
    with tempfile.NamedTemporaryFile() as content:
        content.write(manifest)
        content.flush()
        return subprocess.run(
            ["openssl", "cms", "-sign", "-cades", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER",
             "-in", content.name, "-signer", certificate, "-inkey", key],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seal(kind, sender, receiver, seq, payload, certificate, key, dossier=None, re_=None, attachments=(), message_id=None):
    """Makes a container. payload: a dict; attachments: (role, media type, bytes); re_: {"from","id","manifest"}.

    Returns (id, manifest digest, bytes).
    """
    now = int(time.time())
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    contents = [("payload.json", "payload", "application/json", body)]
    contents += [(f"att/{i:04d}", role, media, data) for i, (role, media, data) in enumerate(attachments, 1)]
    header = {"v": "hub-env/1", "id": message_id or uuid7(), "type": kind, "from": sender, "to": receiver,
              "issued": instant(now), "expires": instant(now + LIFETIME_S), "seq": seq,
              "nonce": base64.b64encode(secrets.token_bytes(32)).decode()}
    if dossier:
        header["dossier"] = dossier
    if re_:
        header["re"] = re_
    header["parts"] = [{"name": n, "role": r, "mediaType": m, "size": len(d)} for n, r, m, d in contents]
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    manifest = write_manifest([("envelope.json", "application/json", head)] + [(n, m, d) for n, _, m, d in contents])
    entries = [("mimetype", MEDIA_TYPE.encode()), ("envelope.json", head)] + [(n, d) for n, _, _, d in contents]
    entries += [(MANIFEST, manifest), (SIGNATURE, sign(manifest, certificate, key))]
    return header["id"], hashlib.sha256(manifest).hexdigest(), write_zip(entries)


def verify(entries, anchors):
    """Checks signature and digests with the stock tool; raises ValueError."""
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("manifest", MANIFEST), ("signature", SIGNATURE)):
            with open(os.path.join(folder, name), "wb") as out:
                out.write(entries[part])
        done = subprocess.run(
            ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", os.path.join(folder, "signature"),
             "-content", os.path.join(folder, "manifest"), "-CAfile", anchors, "-out", "/dev/null"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise ValueError("signature: " + done.stderr.decode(errors="replace").strip().splitlines()[-1])
    listed = re.findall(rb'<asic:DataObjectReference URI="([^"]*)".*?<ds:DigestValue>([^<]*)<', entries[MANIFEST])
    names = [name.decode() for name, _ in listed]
    if ["mimetype"] + names + [MANIFEST, SIGNATURE] != list(entries):
        raise ValueError("list of files")
    for name, digest in listed:
        if base64.b64encode(hashlib.sha256(entries[name.decode()]).digest()) != digest:
            raise ValueError("digest of " + name.decode())


def open_envelope(data, anchors):
    """Returns (header, payload, entries, manifest digest) of a verified container."""
    entries = read_zip(data)
    verify(entries, anchors)
    header = json.loads(entries["envelope.json"])
    payload = json.loads(entries["payload.json"]) if "payload.json" in entries else None
    return header, payload, entries, hashlib.sha256(entries[MANIFEST]).hexdigest()
