-- SPDX-License-Identifier: Apache-2.0
-- The store of the hub, version 2: facts of units have a beginning of their own, procedures have versions, and re-organisations
-- are known before they happen.

ALTER TABLE unit RENAME TO unit_1;
-- The registry: dated facts, one row for each stretch of time in which nothing of them changed. Dates are YYYY-MM-DD;
-- `valid_to` is the first day on which it is no more so.
CREATE TABLE unit (
  id         TEXT NOT NULL,
  admin_code TEXT,
  name       TEXT NOT NULL,
  level      TEXT NOT NULL,
  parent     TEXT,
  valid_from TEXT NOT NULL,
  valid_to   TEXT,
  basis      TEXT,
  PRIMARY KEY (id, valid_from)
) STRICT, WITHOUT ROWID;
INSERT INTO unit (id, admin_code, name, level, parent, valid_from, valid_to, basis)
  SELECT id, admin_code, name, level, parent, valid_from, valid_to, basis FROM unit_1;
DROP TABLE unit_1;

-- Re-organisations that were applied, or will be on their day: then dossiers and deliveries under way go to the successors.
CREATE TABLE reorganisation (
  digest     TEXT NOT NULL,             -- SHA-256 over all that it changes, hex, as in its `cfg.changed`
  effective  TEXT NOT NULL,             -- its day
  basis      TEXT,
  asked      INTEGER NOT NULL,          -- when it was taken in
  done       INTEGER,                   -- when all dossiers were home; NULL: its day has not come, or some have no home
  dossiers   INTEGER NOT NULL DEFAULT 0, -- how many were moved
  deliveries INTEGER NOT NULL DEFAULT 0,
  homeless   INTEGER NOT NULL DEFAULT 0, -- how many were left where they are when it was tried last
  PRIMARY KEY (digest)
) STRICT, WITHOUT ROWID;
-- Senders that are still to be told that their message went to a successor.
CREATE TABLE notice (
  message INTEGER NOT NULL PRIMARY KEY, -- row of `message`
  old     TEXT NOT NULL,
  new     TEXT NOT NULL,
  basis   TEXT
) STRICT, WITHOUT ROWID;

-- The catalogue of procedures: one row for each version. Dates as in `unit`.
CREATE TABLE procedure (
  code       TEXT NOT NULL,             -- MaTTHC
  valid_from TEXT NOT NULL,
  valid_to   TEXT,
  publisher  TEXT NOT NULL,             -- unit whose catalogue it is: it binds the units within
  name       TEXT NOT NULL,
  field      TEXT NOT NULL,             -- code of the field (lĩnh vực)
  level      TEXT NOT NULL,             -- of the units that settle it
  minutes    INTEGER NOT NULL,          -- the promise, in working minutes
  cutoff     TEXT,                      -- HH:MM; what comes later counts from the next working day
  merged     TEXT,                      -- code of the procedure into which it was merged on `valid_to`
  basis      TEXT,
  PRIMARY KEY (code, valid_from)
) STRICT, WITHOUT ROWID;
-- Parts of its dossier, its fees and its steps, numbered from 1 within each kind.
CREATE TABLE procedure_item (
  code       TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  kind       TEXT NOT NULL,             -- part, fee, step
  number     INTEGER NOT NULL,
  word       TEXT,                      -- code of the part or fee
  name       TEXT NOT NULL,
  level      TEXT,                      -- of a step: level of the unit that does it
  role       TEXT,                      -- of a step: who is responsible; of a part: code of its form
  value      INTEGER NOT NULL,          -- of a part: copies; of a fee: đồng; of a step: share of the promise in per mille
  PRIMARY KEY (code, valid_from, kind, number)
) STRICT, WITHOUT ROWID;
-- Which version a dossier keeps: the first day of the one in force at its receipt.
ALTER TABLE dossier ADD COLUMN procedure_from TEXT;
