// SPDX-License-Identifier: Apache-2.0
// store.mjs: better-sqlite3 with group commit: everything that was queued since the last turn goes into one transaction, with one signed
// checkpoint over a hash chain of audit entries.
import { createHash, randomBytes, randomUUID, sign } from "node:crypto";
import Database from "better-sqlite3";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, sender TEXT NOT NULL, dossier TEXT, body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS seen(sender TEXT NOT NULL, envelope TEXT NOT NULL, manifest TEXT NOT NULL, PRIMARY KEY(sender, envelope)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dossier(id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, code TEXT, procedure TEXT, holder TEXT NOT NULL, changed INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS event(dossier INTEGER NOT NULL, at INTEGER NOT NULL, log INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY(dossier, at, log)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS queue(message INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS queue_waiting ON queue(endpoint, message) WHERE state = 'waiting';
  CREATE TABLE IF NOT EXISTS receipt(message INTEGER NOT NULL, stage TEXT NOT NULL, id TEXT NOT NULL, nonce BLOB NOT NULL, at INTEGER NOT NULL, log INTEGER NOT NULL, signature BLOB, PRIMARY KEY(message, stage)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit(id INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS checkpoint(size INTEGER PRIMARY KEY, hash BLOB NOT NULL, signature BLOB NOT NULL);
`;
const GROUP_MAX = 256;

export class Store {
  constructor(path, logKey) {
    this.db = new Database(path);
    this.db.exec(SCHEMA);
    this.logKey = logKey;
    this.waiting = [];
    this.running = false;
    this.size = 0;
    this.head = Buffer.alloc(32);
    this.addMessage = this.db.prepare("INSERT INTO message(sender, dossier, body) VALUES(?, ?, ?)");
    this.addSeen = this.db.prepare("INSERT INTO seen VALUES(?, ?, ?)");
    this.addDossier = this.db.prepare("INSERT INTO dossier(reference, code, procedure, holder, changed) VALUES(?, ?, ?, ?, ?) ON CONFLICT(reference) DO UPDATE SET holder = excluded.holder, changed = excluded.changed");
    this.findDossier = this.db.prepare("SELECT id FROM dossier WHERE reference = ?").pluck();
    this.addEvent = this.db.prepare("INSERT INTO event VALUES(?, ?, ?, ?)");
    this.addQueue = this.db.prepare("INSERT INTO queue VALUES(?, 'dich', 'waiting', 0)");
    this.setQueue = this.db.prepare("UPDATE queue SET state = ?, attempts = attempts + 1 WHERE message = ?");
    this.addReceipt = this.db.prepare("INSERT INTO receipt VALUES(?, ?, ?, ?, ?, ?, NULL)");
    this.signReceipt = this.db.prepare("UPDATE receipt SET signature = ? WHERE message = ? AND stage = ?");
    this.addAudit = this.db.prepare("INSERT INTO audit(entry, hash) VALUES(?, ?)");
    this.addCheckpoint = this.db.prepare("INSERT INTO checkpoint VALUES(?, ?, ?)");
    this.commit = this.db.transaction((group) => {
      for (const job of group) job.result = job.write(this);
      this.addCheckpoint.run(this.size, this.head, sign(null, Buffer.concat([this.head, Buffer.from(String(this.size))]), this.logKey));
    });
  }

  audit(entry) {
    this.head = createHash("sha256").update(this.head).update(entry).digest();
    this.addAudit.run(entry, this.head);
    return this.size++;
  }

  promise(message, stage, id, at) {
    const log = this.audit(JSON.stringify({ actor: "H52", ak: "hub", ev: "receipt.out", id, n: this.size, stage, t: new Date(at).toISOString(), v: 1 }));
    this.addReceipt.run(message, stage, randomUUID(), randomBytes(32), at, log);
    return log;
  }

  accept(header, payload, manifest, body) {
    return this.submit(() => {
      const at = Date.now();
      const id = this.addMessage.run(header.from, header.dossier, body).lastInsertRowid;
      this.addSeen.run(header.from, header.id, manifest);
      this.addDossier.run(header.dossier, payload.MaHoSo, payload.MaTTHC, header.to, at);
      const dossier = this.findDossier.get(header.dossier);
      this.addQueue.run(id);
      const log = this.audit(JSON.stringify({ actor: header.from, ak: "unit", d: header.dossier, ev: "env.accepted", id: header.id, m: manifest, n: this.size, t: new Date(at).toISOString(), to: header.to, type: header.type, v: 1 }));
      this.addEvent.run(dossier, at, log, "message");
      this.promise(id, "received", header.id, at);
      return { id, dossier, index: log };
    });
  }

  settle({ id, dossier }, header, state) {
    return this.submit(() => {
      const at = Date.now();
      this.setQueue.run(state, id);
      const log = this.audit(JSON.stringify({ actor: "dich", ak: "plugin", d: header.dossier, ev: "delivery.arrived", id: header.id, n: this.size, t: new Date(at).toISOString(), v: 1 }));
      this.addEvent.run(dossier, at, log, "delivery.arrived");
      this.promise(id, "delivered", header.id, at);
    });
  }

  keepSignature(id, signature) {
    return this.submit(() => this.signReceipt.run(signature, id, "received"));
  }

  submit(write) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ write, resolve, reject, result: undefined });
      if (!this.running) {
        this.running = true;
        setImmediate(() => this.flush());
      }
    });
  }

  flush() {
    const group = this.waiting.splice(0, GROUP_MAX);
    try {
      this.commit(group);
      for (const job of group) job.resolve(job.result);
    } catch (error) {
      for (const job of group) job.reject(error);
    }
    this.running = this.waiting.length > 0;
    if (this.running) setImmediate(() => this.flush());
  }
}
