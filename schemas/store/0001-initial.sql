-- SPDX-License-Identifier: Apache-2.0
-- The store of the hub, version 1. Migrations are numbered, only ever added, and run each in one transaction.
-- Times are UTC microseconds unless a comment says otherwise. UUIDs are kept as their 16 bytes, digests as their 32.
-- docs/reference/store.md is made from the comments of these files.

-- Accepted envelopes: one row for each, in order of acceptance. Its unique index is the table `seen` of envelope.md §8.
CREATE TABLE message (
  row       INTEGER PRIMARY KEY,
  id        BLOB NOT NULL,              -- `id` of the envelope
  sender    TEXT NOT NULL,              -- `from`
  receiver  TEXT NOT NULL,              -- unit that it goes to: `to`, or its successor on that day
  addressee TEXT,                       -- `to`, when a successor took over
  type      TEXT NOT NULL,
  manifest  BLOB NOT NULL,              -- manifest digest: the name of the envelope
  dossier   INTEGER,                    -- row of `dossier`
  expires   INTEGER NOT NULL,
  at        INTEGER NOT NULL,           -- time of its log entry
  log_index INTEGER NOT NULL,           -- of env.accepted
  state     INTEGER NOT NULL DEFAULT 0  -- 0 live, 1 failed: every delivery ended refused or withdrawn
) STRICT;
CREATE UNIQUE INDEX message_seen ON message (id, sender);

-- Header, payload and signature of a message, as signed. The container is rebuilt from these and the attachments, byte for byte.
-- Read and written by hub/store/content.c only, so that encryption at rest lies beneath it.
CREATE TABLE content (
  message   INTEGER PRIMARY KEY,        -- row of `message`
  header    BLOB NOT NULL,              -- envelope.json
  payload   BLOB,                       -- payload.json or payload.xml of less than 64 KiB; a larger one is an attachment numbered 0
  signature BLOB NOT NULL               -- signature001.p7s
) STRICT;

-- Attachments: small ones in the row, those of 64 KiB and more in blobs/ under their digest.
CREATE TABLE attachment (
  row       INTEGER PRIMARY KEY,        -- message × 1024 + number (0001 … 0999; 0: the payload)
  digest    BLOB NOT NULL,              -- SHA-256
  size      INTEGER NOT NULL,
  crc       INTEGER NOT NULL,           -- CRC-32, needed to rebuild the container while streaming
  bytes     BLOB                        -- NULL: a file in blobs/
) STRICT;

CREATE INDEX attachment_file ON attachment (digest) WHERE bytes IS NULL;

-- One message under way to one endpoint. The partial indexes hold unfinished ones only, so that cost does not grow with history.
CREATE TABLE delivery (
  id         INTEGER PRIMARY KEY,       -- message × 256 + number: also the order of arrival
  endpoint   TEXT NOT NULL,
  receiver   TEXT NOT NULL,             -- unit
  dossier    INTEGER,                   -- row of `dossier`
  plan       INTEGER NOT NULL,          -- generation of the configuration that routed it
  state      INTEGER NOT NULL,          -- 1 waiting, 2 delivered, 3 confirmed, 4 held, 5 refused, 6 withdrawn
  attempts   INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0, -- 0: at once
  changed    INTEGER NOT NULL,
  reason     TEXT,                      -- reason word of the last error
  cause      TEXT,                      -- of a held one: data, mapping, outage, bug
  text       TEXT                       -- the last error for people; never content
) STRICT;
CREATE INDEX delivery_waiting ON delivery (endpoint, id, not_before) WHERE state = 1;
CREATE INDEX delivery_delayed ON delivery (endpoint, not_before) WHERE state = 1 AND not_before > 0;
CREATE INDEX delivery_held ON delivery (endpoint, id) WHERE state = 4;
CREATE INDEX delivery_order ON delivery (dossier, endpoint, id) WHERE state IN (1, 4) AND dossier IS NOT NULL;
CREATE INDEX delivery_inbox ON delivery (receiver, id) WHERE endpoint = 'inbox' AND state = 1;

-- What the other side answered to a delivery, verbatim.
CREATE TABLE answer (
  row      INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  type     TEXT,                        -- media type
  bytes    BLOB NOT NULL
) STRICT;
CREATE INDEX answer_delivery ON answer (delivery);

-- Receipts that the hub has promised: the fields from which they are made again with the same manifest (envelope.md §7).
CREATE TABLE receipt (
  row        INTEGER PRIMARY KEY,       -- message × 8 + stage (1 received, 2 delivered, 3 confirmed, 4 failed); of a refusal: −row of `refusal`
  id         BLOB NOT NULL,             -- the receipt's own envelope id
  seq        INTEGER NOT NULL,
  nonce      BLOB NOT NULL,
  code       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  log_index  INTEGER NOT NULL,          -- of the entry that it speaks of
  checkpoint INTEGER NOT NULL           -- row of `receipt_checkpoint`
) STRICT;
-- `cp` of receipts: one row for each group of writes that made receipts.
CREATE TABLE receipt_checkpoint (
  row    INTEGER PRIMARY KEY,
  unit   TEXT NOT NULL,                 -- of the hub: `from` of its receipts
  origin TEXT NOT NULL,                 -- log whose entries the receipts name
  note   TEXT NOT NULL                  -- newest checkpoint committed before
) STRICT;
-- Signatures of receipts, kept by a later group.
CREATE TABLE receipt_signature (
  row       INTEGER PRIMARY KEY,        -- row of `receipt`
  signature BLOB NOT NULL
) STRICT;

-- Envelopes that were refused. The bytes lie in quarantine under `commitment`.
CREATE TABLE refusal (
  row        INTEGER PRIMARY KEY,
  log_index  INTEGER NOT NULL,          -- of env.refused
  at         INTEGER NOT NULL,
  code       TEXT NOT NULL,
  commitment BLOB NOT NULL,             -- SHA-256 of salt and bytes
  sender     TEXT,                      -- from here on only when step V7 was passed
  id         BLOB,
  manifest   BLOB,
  dossier    TEXT
) STRICT;
CREATE INDEX refusal_id ON refusal (id, sender) WHERE id IS NOT NULL;

-- Numbers of envelopes: given by the hub (`seq` of its receipts) and taken from senders.
CREATE TABLE sequence_out (sender TEXT NOT NULL, receiver TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (sender, receiver)) STRICT, WITHOUT ROWID;
CREATE TABLE sequence_in (sender TEXT NOT NULL, receiver TEXT NOT NULL, highest INTEGER NOT NULL, PRIMARY KEY (sender, receiver)) STRICT, WITHOUT ROWID;
-- Numbers below `highest` that have not come: recorded as seq.gap when open for 15 minutes.
CREATE TABLE sequence_gap (
  sender   TEXT NOT NULL,
  receiver TEXT NOT NULL,
  first    INTEGER NOT NULL,
  last     INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  recorded INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sender, receiver, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX sequence_gap_open ON sequence_gap (since) WHERE recorded = 0;

-- The case that messages speak of.
CREATE TABLE dossier (
  row       INTEGER PRIMARY KEY,
  reference BLOB NOT NULL UNIQUE,       -- random UUID, the same in all its envelopes
  code      TEXT,                       -- MaHoSo, that citizens see
  procedure TEXT,                       -- MaTTHC
  origin    TEXT NOT NULL,              -- unit that sent it first
  holder    TEXT NOT NULL,              -- unit where it is now
  state     TEXT NOT NULL DEFAULT '',   -- 1 … 10; '' when unknown
  created   INTEGER NOT NULL,
  changed   INTEGER NOT NULL,
  messages  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX dossier_code ON dossier (code) WHERE code IS NOT NULL;
-- Who takes part in a dossier, and so may see it.
CREATE TABLE participant (unit TEXT NOT NULL, dossier INTEGER NOT NULL, PRIMARY KEY (unit, dossier)) STRICT, WITHOUT ROWID;
-- What happened to a dossier, in order of the log.
CREATE TABLE event (
  dossier   INTEGER NOT NULL,
  log_index INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  event     TEXT NOT NULL,              -- message, delivery.arrived, state, readdress, …
  message   INTEGER,                    -- row of `message`
  endpoint  TEXT,
  detail    TEXT,
  PRIMARY KEY (dossier, at, log_index)
) STRICT, WITHOUT ROWID;

-- What plugins have collected: where they stand, and the foreign keys of what they handed in.
CREATE TABLE cursor (endpoint TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE source (endpoint TEXT NOT NULL, key TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (endpoint, key)) STRICT, WITHOUT ROWID;

-- The registry: dated facts. Dates are YYYY-MM-DD; `valid_to` is the first day on which it is no more.
CREATE TABLE unit (
  id         TEXT PRIMARY KEY,
  admin_code TEXT,
  name       TEXT NOT NULL,
  level      TEXT NOT NULL,
  parent     TEXT,
  valid_from TEXT NOT NULL,
  valid_to   TEXT,
  basis      TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE unit_alias (alias TEXT PRIMARY KEY, unit TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE unit_successor (
  unit      TEXT NOT NULL,
  successor TEXT NOT NULL,
  procedure TEXT NOT NULL DEFAULT '',   -- '': any
  area      TEXT NOT NULL DEFAULT '',   -- '': all
  effective TEXT NOT NULL,
  basis     TEXT,
  PRIMARY KEY (unit, successor, procedure, area)
) STRICT, WITHOUT ROWID;
CREATE TABLE unit_key (
  spki       TEXT NOT NULL,             -- SHA-256 of the SubjectPublicKeyInfo, hex
  unit       TEXT NOT NULL,
  use        TEXT NOT NULL,             -- sign, tls
  role       TEXT NOT NULL,             -- unit, hub
  valid_from INTEGER NOT NULL,
  valid_to   INTEGER NOT NULL,          -- 0: open
  PRIMARY KEY (spki, unit, use)
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
  id         TEXT PRIMARY KEY,          -- public id, hex
  hash       TEXT NOT NULL,             -- SHA-256 of the secret, hex
  unit       TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID; -- `registry`: generation

-- The audit log (audit-log.md §4): the evidence.
CREATE TABLE log (
  idx   INTEGER PRIMARY KEY CHECK (idx >= 0),
  entry BLOB NOT NULL CHECK (length(entry) BETWEEN 2 AND 65535),
  leaf  BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;
-- Hashes of complete subtrees: node (level, i) covers entries [i·2^level, (i+1)·2^level).
CREATE TABLE node (
  level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 62),
  i     INTEGER NOT NULL,
  hash  BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note BLOB NOT NULL, t INTEGER NOT NULL) STRICT;
CREATE TABLE cosig (size INTEGER, name TEXT, kid BLOB, line BLOB NOT NULL, t INTEGER NOT NULL, PRIMARY KEY (size, name, kid)) STRICT;
CREATE TABLE anchor (size INTEGER, kind TEXT CHECK (kind IN ('tsr','cms')), t INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (size, kind)) STRICT;
CREATE TABLE peer_log (origin TEXT PRIMARY KEY, vkey TEXT NOT NULL, size INTEGER, root BLOB, note BLOB, t INTEGER, proven INTEGER) STRICT;
CREATE TABLE witnessed (origin TEXT PRIMARY KEY, vkey TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, t INTEGER NOT NULL) STRICT;
CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
-- For searching only; derived, can be rebuilt, no evidence. It holds rare entries (kind 1: of a dossier, 2: event, 3: actor); those of
-- messages and deliveries are found through `event` and `receipt`, so that the message path writes no row here.
CREATE TABLE log_ref (kind INTEGER NOT NULL, key TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (kind, key, idx)) STRICT, WITHOUT ROWID;
