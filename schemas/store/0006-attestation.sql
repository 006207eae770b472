-- SPDX-License-Identifier: Apache-2.0
-- The store of the hub, version 6: evidence against logs that show different trees to different people.

-- A log that this hub witnesses has shown a checkpoint that does not continue what was seen of it: both notes, signed by its own key, are the proof.
CREATE TABLE fork (
  row    INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,                 -- of the other log
  size   INTEGER NOT NULL,              -- of the checkpoint that was shown
  at     INTEGER NOT NULL,
  seen   BLOB,                          -- note that was seen before; NULL: none
  shown  BLOB NOT NULL                  -- note that contradicts it
) STRICT;
