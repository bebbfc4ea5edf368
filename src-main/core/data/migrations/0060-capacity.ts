import type { Migration } from '../migrate';

/** How full every pool was (`metadata_percent` for thin pools only), and which pools the last reading found. */
export const migration: Migration = {
  version: 60,
  name: 'capacity',
  up: (db) => {
    db.exec(`
      CREATE TABLE capacity (
        host_id TEXT NOT NULL,
        pool_id TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
        used_bytes INTEGER NOT NULL CHECK (used_bytes >= 0),
        metadata_percent REAL,
        PRIMARY KEY (host_id, pool_id, at_ms)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE capacity_pools (
        host_id TEXT NOT NULL,
        pool_id TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        PRIMARY KEY (host_id, pool_id)
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
