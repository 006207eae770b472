-- SPDX-License-Identifier: Apache-2.0
-- The store of the hub, version 5: units that may not call for a time.

-- A unit that is suspended: whoever calls in its name gets `env.peer.suspended`. What is addressed to it waits. One row for each unit: the last
-- suspension; earlier ones are in the log (`cfg.changed`).
CREATE TABLE suspension (
  unit       TEXT NOT NULL PRIMARY KEY,
  valid_from INTEGER NOT NULL,
  valid_to   INTEGER NOT NULL,          -- 0: until it is lifted
  basis      TEXT NOT NULL              -- who decided it, where
) STRICT, WITHOUT ROWID;
