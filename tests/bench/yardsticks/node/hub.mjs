// SPDX-License-Identifier: Apache-2.0
// hub.mjs: the yardstick of P2 and P7: the hub's job done the obvious way in Node. Takes a signed container, verifies it, checks its payload, makes it
// durable with audit entries and a signed checkpoint (group commit), answers with a signed receipt after the commit, delivers the container to the sink and
// settles the delivery.
//
//   node hub.mjs FOLDER KEY.pem SINK-PORT      prints the port that it listens on
import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { Pool } from "undici";
import { openContainer } from "./container.mjs";
import { Store } from "./store.mjs";

const [folder, keyPath, sinkPort] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyPath));
const store = new Store(join(folder, "node.db"), generateKeyPairSync("ed25519").privateKey);
const sink = new Pool(`http://127.0.0.1:${sinkPort}`, { connections: 16, pipelining: 1 });
const TYPE = "application/vnd.etsi.asic-e+zip";

function checkPayload(payload) {
  for (const name of ["MaHoSo", "MaTTHC", "TenTTHC", "ChuHoSo", "NgayTiepNhan"])
    if (typeof payload[name] !== "string" || payload[name].length === 0) throw new Error(name);
  if (!/^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*-[0-9]{6}([0-9]{2})?-[0-9]{4,7}$/.test(payload.MaHoSo)) throw new Error("MaHoSo");
  if (![1, 2, 3, 4].includes(payload.LoaiDoiTuong)) throw new Error("LoaiDoiTuong");
}

function makeReceipt(header, manifest, index) {
  const receipt = JSON.stringify({ v: 1, stage: "received", code: "ok", id: header.id, manifest, index, at: new Date().toISOString() });
  const digest = createHash("sha256").update(receipt).digest();
  return JSON.stringify({ receipt, signature: sign("sha256", digest, key).toString("base64") });
}

async function deliver(id, body) {
  const answer = await sink.request({ method: "POST", path: "/v1/envelopes", headers: { "content-type": TYPE }, body });
  await answer.body.dump();
  await store.settle(id, answer.statusCode === 200 ? "delivered" : "held");
}

async function take(body, response) {
  const { header, payload, manifest } = openContainer(body);
  checkPayload(payload);
  const { id, index } = await store.accept(header, manifest, body);
  response.writeHead(202, { "content-type": "application/json" });
  response.end(makeReceipt(header, manifest, index));
  deliver(id, body).catch((error) => console.error("deliver:", error.message));
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    take(Buffer.concat(pieces), response).catch((error) => {
      response.writeHead(422);
      response.end(error.message);
    });
  });
});
server.keepAliveTimeout = 60000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
