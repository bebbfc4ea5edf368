import type { Migration } from '../migrate';

/** Hosts without secrets, pinned host keys, sealed credentials, chosen key files. */
export const migration: Migration = {
  version: 10,
  name: 'hosts',
  up: (db) => {
    db.exec(`
      CREATE TABLE hosts (
        id TEXT PRIMARY KEY,
        body TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE host_keys (
        address TEXT NOT NULL,
        port INTEGER NOT NULL,
        type TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        public_key TEXT NOT NULL,
        revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
        pinned_at_ms INTEGER NOT NULL,
        PRIMARY KEY (address, port, sha256)
      ) STRICT;
      CREATE TABLE credentials (
        host_id TEXT PRIMARY KEY,
        sealed BLOB NOT NULL
      ) STRICT;
      CREATE TABLE key_files (
        id TEXT PRIMARY KEY,
        path TEXT NOT NULL UNIQUE
      ) STRICT;
    `);
  },
};
