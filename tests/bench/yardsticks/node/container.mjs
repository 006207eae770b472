// SPDX-License-Identifier: Apache-2.0
// container.mjs: opens a signed container: entries, manifest digests, CMS signature with a cached signer. No stricter than the job needs.
import { X509Certificate, createHash, verify } from "node:crypto";

const signers = new Map(); // certificate bytes, hex of their digest → public key

function readEntries(bytes) {
  const entries = new Map();
  let at = 0;
  while (bytes.readUInt32LE(at) === 0x04034b50) {
    const size = bytes.readUInt32LE(at + 18);
    const nameSize = bytes.readUInt16LE(at + 26);
    const start = at + 30 + nameSize;
    entries.set(bytes.toString("latin1", at + 30, start), bytes.subarray(start, start + size));
    at = start + size;
  }
  return entries;
}

// One DER element: its tag, content, and where the next begins.
function element(bytes, at) {
  let size = bytes[at + 1];
  let start = at + 2;
  if (size >= 0x80) {
    const n = size & 0x7f;
    size = bytes.readUIntBE(start, n);
    start += n;
  }
  return { tag: bytes[at], start, end: start + size, whole: bytes.subarray(at, start + size), content: bytes.subarray(start, start + size) };
}

function children(bytes) {
  const list = [];
  for (let at = 0; at < bytes.length; ) {
    const child = element(bytes, at);
    list.push(child);
    at = child.end;
  }
  return list;
}

const MESSAGE_DIGEST = "2a864886f70d010904";

function publicKeyOf(certificate) {
  const id = createHash("sha256").update(certificate).digest("hex");
  let key = signers.get(id);
  if (key === undefined) {
    key = new X509Certificate(certificate).publicKey;
    signers.set(id, key);
  }
  return key;
}

function verifySignature(signature, manifest) {
  const signedData = children(children(element(signature, 0).content)[1].content)[0];
  const fields = children(signedData.content);
  const certificates = fields.find((field) => field.tag === 0xa0);
  const signer = children(children(fields[fields.length - 1].content)[0].content);
  const attributes = signer.find((field) => field.tag === 0xa0);
  const value = signer.find((field) => field.tag === 0x04);
  const digest = children(attributes.content)
    .map((attribute) => children(attribute.content))
    .find(([oid]) => oid.content.toString("hex") === MESSAGE_DIGEST);
  const signed = Buffer.from(attributes.whole);
  signed[0] = 0x31;
  if (!children(digest[1].content)[0].content.equals(createHash("sha256").update(manifest).digest())) return false;
  return verify("sha256", signed, publicKeyOf(children(certificates.content)[0].whole), value.content);
}

export function openContainer(bytes) {
  const entries = readEntries(bytes);
  const manifest = entries.get("META-INF/ASiCManifest001.xml");
  if (!verifySignature(entries.get("META-INF/signature001.p7s"), manifest)) throw new Error("signature");
  for (const [, name, value] of manifest.toString("latin1").matchAll(/URI="([^"]*)" MimeType="[^"]*"><ds:DigestMethod[^>]*><ds:DigestValue>([^<]*)</g))
    if (createHash("sha256").update(entries.get(name)).digest("base64") !== value) throw new Error("digest");
  return {
    header: JSON.parse(entries.get("envelope.json")),
    payload: JSON.parse(entries.get("payload.json")),
    manifest: createHash("sha256").update(manifest).digest("hex"),
  };
}
