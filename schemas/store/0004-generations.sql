-- SPDX-License-Identifier: Apache-2.0
-- The store of the hub, version 4: every generation of the plan (endpoints and routes) is kept, so that it can be shown and gone back to.

-- One row for each plan that was in force. The text holds no secret: what stood in the configuration itself is there as a digest.
CREATE TABLE generation (
  number  INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  actor   TEXT NOT NULL,                -- who brought it into force: a unit id, or "signal"
  origin  TEXT NOT NULL,                -- start, reload, rollback, canary
  was     INTEGER,                      -- generation whose text it took up; NULL: the files
  files   TEXT NOT NULL,                -- SHA-256 of the configuration's files as they were then
  digest  TEXT NOT NULL,                -- SHA-256 of the text
  changes TEXT NOT NULL,                -- sections that differ from the generation before, one a line: "+endpoint a", "-route b", "~endpoint c"
  text    TEXT NOT NULL                 -- sections [endpoint …] and [route …], each file named
) STRICT;
-- Maps and other text files that a generation names; never private keys.
CREATE TABLE generation_file (
  digest TEXT PRIMARY KEY,              -- SHA-256, hex
  bytes  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
