-- SPDX-License-Identifier: Apache-2.0
-- The store of the hub, version 3: the revocation lists in force when an envelope was taken are kept beside it.

-- Revocation lists on which the verdict on a signer rested, once for each different set (security.md S22): without them evidence turns bad
-- when a certificate is revoked later.
CREATE TABLE crl (
  row    INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,          -- SHA-256 of `pem`
  at     INTEGER NOT NULL,              -- when the first envelope needed it
  pem    BLOB NOT NULL                  -- the lists of all authorities of the chain, in PEM
) STRICT;
ALTER TABLE message ADD COLUMN crl INTEGER; -- row of `crl`; NULL: taken before version 3
