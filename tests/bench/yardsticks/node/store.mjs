// SPDX-License-Identifier: Apache-2.0
// store.mjs: better-sqlite3 with group commit: everything that was queued since the last turn goes into one transaction, with one signed
// checkpoint over a hash chain of audit entries.
import { createHash, sign } from "node:crypto";
import Database from "better-sqlite3";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, sender TEXT NOT NULL, dossier TEXT, body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS seen(sender TEXT NOT NULL, envelope TEXT NOT NULL, manifest TEXT NOT NULL, PRIMARY KEY(sender, envelope)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS queue(message INTEGER PRIMARY KEY, state TEXT NOT NULL);
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
    this.addQueue = this.db.prepare("INSERT INTO queue VALUES(?, 'waiting')");
    this.setQueue = this.db.prepare("UPDATE queue SET state = ? WHERE message = ?");
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

  accept(header, manifest, body) {
    return this.submit(() => {
      const id = this.addMessage.run(header.from, header.dossier, body).lastInsertRowid;
      this.addSeen.run(header.from, header.id, manifest);
      this.addQueue.run(id);
      const index = this.audit(JSON.stringify({ ev: "env.accepted", from: header.from, id: header.id, m: manifest, n: this.size, t: new Date().toISOString() }));
      this.audit(JSON.stringify({ ev: "receipt.out", id: header.id, n: this.size, t: new Date().toISOString() }));
      return { id, index };
    });
  }

  settle(id, state) {
    return this.submit(() => {
      this.setQueue.run(state, id);
      return this.audit(JSON.stringify({ ev: "delivery.arrived", id: String(id), n: this.size, t: new Date().toISOString() }));
    });
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
