// SPDX-License-Identifier: Apache-2.0
// hub.mjs: the yardstick of P2 and P7: the hub's job done the obvious way in Node. Takes a signed container, verifies it, checks its payload, makes it
// durable with its dossier, receipts, audit entries and a signed checkpoint (group commit), answers with a signed receipt after the commit, delivers the
// container to the sink and settles the delivery.
//
//   node hub.mjs FOLDER KEY.pem SINK-PORT SCHEMA      prints the port that it listens on
import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Pool } from "undici";
import { openContainer } from "./container.mjs";
import { Store } from "./store.mjs";

const [folder, keyPath, sinkPort, schemaPath] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyPath));
const store = new Store(join(folder, "node.db"), generateKeyPairSync("ed25519").privateKey);
const sink = new Pool(`http://127.0.0.1:${sinkPort}`, { connections: 16, pipelining: 1 });
const TYPE = "application/vnd.etsi.asic-e+zip";

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const isPayload = ajv.compile(JSON.parse(readFileSync(schemaPath)));

function makeReceipt(header, manifest, index) {
  const receipt = JSON.stringify({ v: 1, stage: "received", code: "ok", from: "H52", to: header.from, id: header.id, manifest, index, at: new Date().toISOString() });
  const digest = createHash("sha256").update(receipt).digest();
  return { receipt, signature: sign("sha256", digest, key) };
}

async function deliver(accepted, header, body) {
  const answer = await sink.request({ method: "POST", path: "/v1/envelopes", headers: { "content-type": TYPE }, body });
  await answer.body.dump();
  await store.settle(accepted, header, answer.statusCode === 200 ? "delivered" : "held");
}

async function take(body, response) {
  const { header, payload, manifest } = openContainer(body);
  if (!isPayload(payload)) throw new Error(ajv.errorsText(isPayload.errors));
  const accepted = await store.accept(header, payload, manifest, body);
  const { receipt, signature } = makeReceipt(header, manifest, accepted.index);
  response.writeHead(202, { "content-type": "application/json" });
  response.end(JSON.stringify({ receipt, signature: signature.toString("base64") }));
  await Promise.all([store.keepSignature(accepted.id, signature), deliver(accepted, header, body)]);
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    take(Buffer.concat(pieces), response).catch((error) => {
      if (!response.headersSent) response.writeHead(422);
      response.end(error.message);
    });
  });
});
server.keepAliveTimeout = 60000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
